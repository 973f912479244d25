import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type DisclosedOpening, disclosedOpening } from "../../../src/audit/disclosure.js";
import { denseBook, type Opening, openBook } from "../../../src/book/opening.js";
import type { SleeveArraysFile, SleeveBand } from "../../../src/book/sleeveFile.js";
import { Anvil } from "../../../src/chain/anvil.js";
import { openAccount, registryOf, relayBook, signBook } from "../../../src/chain/attest.js";
import { openDerived } from "../../../src/chain/derived.js";
import { LogTape } from "../../../src/chain/eventLog/export.js";
import { poke, roundMarket } from "../../../src/chain/rounds.js";
import { submit } from "../../../src/chain/submit.js";
import { type MarketFile, marketToJson } from "../../../src/market/file.js";
import type { AttestedTerms, SleeveTerms } from "../../../src/protocol/attestation.js";
import { profileWords, shocksHash } from "../../../src/protocol/profileWords.js";
import { parseSleeve, sleeveToJson } from "../../../src/risk/options/sleeve.js";
import { sleeveArrays } from "../../../src/risk/options/sleeveArrays.js";
import { sleeveDetail, sleeveSalt } from "../../../src/risk/options/sleeveDetail.js";
import { calibratedRule } from "../../../src/risk/options/sleeveRules.js";
import { parseSurface, surfaceToJson } from "../../../src/risk/options/surface.js";
import { GENESIS, LocalChain } from "../../support/localChain.js";

const example = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../examples/options/${name}`, import.meta.url)), "utf8");
const SLEEVE = parseSleeve(example("sleeve.csv"));
const SECRET = new Uint8Array(32).map((_, i) => i + 1);
const POSITIONS = [
  { asset: "BTC", spot: "20", perp: "0" },
  { asset: "USDC", spot: "2000000", perp: "0" },
];
const HOURS = 8;
/** A second market, whose profile has the same shocks. */
const DERIVED = "initial";

/** How the sleeve of a desk differs from an honest one. */
export interface SleeveVariant {
  readonly name: string;
  /** Other arrays than its positions give. */
  readonly arrays?: (honest: SleeveArraysFile) => Partial<SleeveArraysFile>;
  /** Another band that they are made for. */
  readonly band?: Partial<SleeveBand>;
  /** Seconds after the round at which its prices are said to have been observed. */
  readonly observed?: number;
  /** Other terms than its arrays are for. */
  readonly terms?: (honest: SleeveTerms) => Partial<SleeveTerms>;
}

/** What was recorded of some options desks on one chain, each with a sleeve that is in its own way not what it should be. */
export interface SleeveStory {
  readonly lines: readonly string[];
  /** The log of the derived market. */
  readonly derived: readonly string[];
  /** By the name of each variant: what opens its book. */
  readonly openings: ReadonlyMap<string, DisclosedOpening>;
}

/**
 * Attests a book of each variant at round 2 and proves the first healthy in both markets at round 3, of which prices are half a percent higher.
 * Proofs are simulated, and valid.
 */
export async function sleeveStory(variants: readonly SleeveVariant[]): Promise<SleeveStory> {
  const chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), "2021-05-17", (plan) => ({
    ...plan,
    sleeves: ["USDC", "BTC", "ETH"],
    derived: [{ name: DERIVED, profile: { ...plan.profile, pnlFactor: 0 }, terms: plan.terms }],
  }));
  try {
    const markets = [chain.open, openDerived(chain.open, DERIVED)];
    const tapes = [await LogTape.start(chain.open), await LogTape.start(chain.open, DERIVED)] as const;
    const record = async () => {
      for (const tape of tapes) await tape.advance();
    };
    const keeper = chain.transactionsOf(chain.keeper);
    const round = async (share: bigint) => {
      await chain.pass(chain.plan.timing.provingWindow / 2);
      const closes = chain.closes.map((close, u) => (u === 0 ? close : (close * share) / 10_000n));
      await chain.feeds.post(closes);
      const { number } = await poke(chain.open, keeper);
      await record();
      return (await roundMarket(chain.open, number, chain.key.key)).market;
    };
    await round(10_000n);
    const market = await round(10_000n);
    const openings = new Map<string, Opening>();
    for (const variant of variants) {
      openings.set(variant.name, await attest(chain, market, variant));
      await record();
    }
    await round(10_050n);
    const [first] = variants;
    const opening = openings.get(first?.name ?? "");
    if (opening === undefined) throw new RangeError("a variant");
    const account = chain.accountOf(opening);
    for (const open of markets) {
      const { number } = await open.contracts.marketLedger.latestRound();
      const { market: later } = await roundMarket(open, number, chain.key.key);
      const terms = { theta: 10_000, envelope: 0, healthy: true };
      const { claim, proof } = await chain.session.prove({ opening, market: later, ...terms });
      await submit(open, keeper, { account, round: number, sequence: 1n, claim, proof });
      await record();
    }
    await round(10_050n);
    // Beyond the band of every sleeve.
    await round(10_200n);
    const disclosed = [...openings].map(
      ([name, each]) => [name, disclosedOpening(each, market.listing, 1n)] as const,
    );
    const [lines = [], derived = []] = tapes.map((tape) => tape.text().trimEnd().split("\n"));
    return { lines, derived, openings: new Map(disclosed) };
  } finally {
    await chain.close();
  }
}

async function attest(chain: LocalChain, market: MarketFile, variant: SleeveVariant): Promise<Opening> {
  const { listing, tier } = chain.open;
  const surface = { ...parseSurface(example("surface.json")), time: market.time + (variant.observed ?? 0) };
  const until = market.time + HOURS * 3_600;
  const band = { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until, ...variant.band };
  const request = { sleeve: SLEEVE, surface, market, rule: calibratedRule(), band };
  const header = { account: `options/${variant.name}`, sequence: 1, isolated: false };
  const linear = denseBook({ ...header, positions: POSITIONS }, listing, listing.length);
  const salt = sleeveSalt(SECRET, header.account, header.sequence);
  const honest: SleeveArraysFile = {
    ...sleeveArrays({ ...request, book: linear }),
    detail: sleeveDetail(request, salt),
    sources: {
      salt,
      sleeve: sleeveToJson(SLEEVE),
      surface: surfaceToJson(surface),
      market: marketToJson(market),
    },
  };
  const sleeve = { ...honest, ...variant.arrays?.(honest) };
  const opening = openBook({ ...header, positions: POSITIONS, sleeve }, SECRET, listing, tier);
  const { institution, custodian } = chain;
  const account = await openAccount(chain.open, chain.transactionsOf(institution), {
    name: header.account,
    isolated: false,
    attesters: [custodian.address],
    threshold: 1,
  });
  const asOf = await chain.now();
  const terms: SleeveTerms = {
    ledger: chain.open.addresses.marketLedger,
    pricedAt: "round" in market.source ? BigInt(market.source.round) : 0n,
    band: 100n,
    until: BigInt(until),
    shocks: shocksHash(profileWords(market.profile, tier), tier),
  };
  const book: AttestedTerms = {
    account,
    commitment: opening.commitment,
    sequence: 1n,
    asOf,
    expiresAt: asOf + BigInt(chain.plan.profile.bookMaxAge),
    sleeve: { ...terms, ...variant.terms?.(terms) },
  };
  const signed = await signBook(custodian, registryOf(chain.open), book);
  await relayBook(chain.open, chain.transactionsOf(institution), [signed]);
  return opening;
}
