import { listingDigest } from "../protocol/listing.js";
import { contractAt } from "./binding.js";
import { type OpenDeployment, openVault } from "./contracts.js";
import type { Deployment } from "./deployment.js";
import { fundingIndex } from "./generated/FundingIndex.js";

/** What contracts say of each other and of the listing, by `contract.question`: addresses and numbers as text. */
export type Ties = Readonly<Record<string, string>>;

/** What every contract of a deployment must answer. */
export function expectedTies({ contracts, marginVault, sources, listing }: Deployment): Ties {
  const { accessManager, signalTable, riskProfile, marketLedger, bookRegistry, marginGate } = contracts;
  return {
    "riskProfile.table": signalTable.address,
    "marketLedger.table": signalTable.address,
    "marketLedger.profile": riskProfile.address,
    "bookRegistry.profile": riskProfile.address,
    "marginGate.profile": riskProfile.address,
    "marginGate.ledger": marketLedger.address,
    "marginGate.registry": bookRegistry.address,
    "riskProfile.authority": accessManager.address,
    "marketLedger.authority": accessManager.address,
    "riskProfile.listing": listingDigest(listing).toString(),
    "riskProfile.listed": listing.length.toString(),
    ...(marginVault === undefined
      ? {}
      : { "marginVault.gate": marginGate.address, "marginVault.authority": accessManager.address }),
    ...Object.fromEntries(
      governedSources(sources).map(([name]) => [`sources.${name}.authority`, accessManager.address]),
    ),
  };
}

/** What they do answer, in the newest block. */
export async function readTies(open: OpenDeployment): Promise<Ties> {
  const { contracts, deployment, connection } = open;
  const { riskProfile, marketLedger, bookRegistry, marginGate } = contracts;
  const vault = deployment.marginVault && openVault(open);
  const sources = governedSources(deployment.sources).map(
    async ([name, { address }]): Promise<[string, string]> => [
      `sources.${name}.authority`,
      await contractAt(fundingIndex, address, connection.provider).authority(),
    ],
  );
  return {
    "riskProfile.table": await riskProfile.table(),
    "marketLedger.table": await marketLedger.table(),
    "marketLedger.profile": await marketLedger.profile(),
    "bookRegistry.profile": await bookRegistry.profile(),
    "marginGate.profile": await marginGate.profile(),
    "marginGate.ledger": await marginGate.ledger(),
    "marginGate.registry": await marginGate.registry(),
    "riskProfile.authority": await riskProfile.authority(),
    "marketLedger.authority": await marketLedger.authority(),
    "riskProfile.listing": (await riskProfile.listing()).toString(),
    "riskProfile.listed": (await riskProfile.listed()).toString(),
    ...(vault && {
      "marginVault.gate": await vault.gate(),
      "marginVault.authority": await vault.authority(),
    }),
    ...Object.fromEntries(await Promise.all(sources)),
  };
}

/** Ties that are not what they must be; one that is not there has no `got`. */
export function* brokenTies(expected: Ties, got: Ties) {
  for (const [what, value] of Object.entries(expected))
    if (got[what]?.toLowerCase() !== value.toLowerCase())
      yield { what, expected: value, got: got[what] ?? "none" };
}

/** What the ledger is to read, in the order in which it answers: a feed for each asset, and address zero where there is none. */
export interface LedgerSources {
  readonly feeds: readonly string[];
  readonly fundingSource: string;
  readonly sequencerGuard: string;
}

/** The manifest's sources that a ledger reads otherwise: by name, with what the ledger has instead. */
export function* otherSources({ listing, sources }: Deployment, got: LedgerSources) {
  const pairs: [name: string, got: string | undefined][] = [
    ...listing.map(({ symbol }, u): [string, string | undefined] => [symbol, got.feeds[u]]),
    ["funding", got.fundingSource],
    ["sequencer", got.sequencerGuard],
  ];
  for (const [name, address] of pairs) {
    const expected = sources[name]?.address ?? NOBODY;
    if (address !== expected) yield { name, expected, got: address ?? "none" };
  }
}

const NOBODY = `0x${"0".repeat(40)}`;

/** Sources whose restricted functions are the access manager's to give. */
function governedSources(sources: Deployment["sources"]) {
  return Object.entries(sources).filter(([, { contract }]) => contract === fundingIndex.name);
}
