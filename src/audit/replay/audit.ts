import { isLocalChain } from "../../chain/connection.js";
import { codeAddresses } from "../../chain/eventLog/chainState.js";
import type { LogHead } from "../../chain/eventLog/record.js";
import type { NamedKey } from "../../chain/verificationKey.js";
import { QUALIFIER } from "../../prove/statementWords.js";
import type { AccountRecord, EpochVerdict, VaultSummary, Verdict } from "../accountRecord.js";
import type { Audit, AuditedDeployment } from "../result.js";
import type { AccountLog, AccountState, EpochLog } from "./account.js";
import { findingSummary } from "./context.js";
import type { ReplayState } from "./replayState.js";
import { countedBy } from "./vault.js";

/** The key that a log is held to, and what is known of how it came about. */
export interface KeyStory {
  readonly named: NamedKey;
  readonly warning: string;
  readonly lineage: readonly string[];
}

const WORDS =
  "The health factor of the committed book is above θ at the prices of its round, and at all prices within its envelope of them; " +
  "or, where ill health was proven, not above θ at the prices of its round.";

const DOES_NOT_SAY = [
  "that no debt was left out which no registered attester knows of",
  "what prices did between two rounds, or that the feeds told the truth",
  "anything about a book that was not attested, or after it was replaced or had expired",
  "that the secrets of the key's set-up are unknown: a proof is worth what its key is",
];
const OF_SLEEVES =
  "what the options of a book with a sleeve are worth: its attesters computed that, for prices within the band and times before the end that they signed";
const OF_SUPPORT =
  "that dollars which a claim adds to the collateral are there: it says what would be true with them";

/** What no proof says; of sleeves and support where there are any. */
function unsaid({ constants }: LogHead, { logs }: ReplayState): string[] {
  const claims = [...logs.values()].flatMap(({ claims }) => claims.items);
  return [
    ...DOES_NOT_SAY,
    ...(constants.ledger.sleeveSlots === 0 ? [] : [OF_SLEEVES]),
    ...(claims.some(({ asItIs }) => !asItIs) ? [OF_SUPPORT] : []),
  ];
}

/** What a replay has come to, as a result. */
export function auditOf(head: LogHead, state: ReplayState, key: KeyStory, digest: string): Audit {
  return {
    deployment: deploymentOf(head, key, state),
    range: {
      fromBlock: state.first?.number ?? 0,
      toBlock: state.last?.number ?? 0,
      fromTime: state.first?.time ?? 0,
      toTime: state.last?.time ?? 0,
      log: digest,
    },
    statement: { words: WORDS, qualifier: QUALIFIER, doesNotSay: unsaid(head, state) },
    coverage: { ...state.coverage },
    epochs: { omitted: state.epochs.omitted, items: state.epochs.items.map((epoch) => ({ ...epoch })) },
    prices: pricesOf(head, state),
    accounts: [...state.accounts.values()].flatMap((account) => {
      const log = state.logs.get(account.account);
      return log === undefined ? [] : [recordOf(head, account, log)];
    }),
    findings: findingSummary(state.findings),
  };
}

function deploymentOf(head: LogHead, key: KeyStory, { vault }: ReplayState): AuditedDeployment {
  const { deployment, constants } = head;
  return {
    chainId: deployment.chainId.toString(),
    local: isLocalChain(deployment.chainId) && constants.local,
    tier: deployment.tier.name,
    assets: deployment.listing.map(({ symbol }) => symbol),
    tokens: [...vault.tokens].map(([token, state]) => ({ token, ...countedBy(state, deployment) })),
    settlement: constants.vault?.settlement ?? null,
    contracts: codeAddresses(head, constants.credit),
    key: { hash: key.named.hash, kind: key.named.kind, warning: key.warning, lineage: key.lineage },
    terms: {
      ...constants.ledger,
      ...constants.gate,
      rotationDelay: constants.registry.rotationDelay,
      initialMargin: constants.vault?.initialMargin ?? null,
    },
  };
}

/** Prices of whole units, which are easier to read than those of quanta. */
function pricesOf({ deployment }: LogHead, { priceSeries }: ReplayState): Audit["prices"] {
  const ofUnits = (prices: readonly bigint[]) =>
    prices.map((price, u) => (price * 10n ** BigInt(deployment.listing[u]?.decimals ?? 0)).toString());
  return priceSeries.stretches.map(({ least, greatest, ...rounds }) => ({
    ...rounds,
    least: ofUnits(least),
    greatest: ofUnits(greatest),
  }));
}

function recordOf({ constants }: LogHead, account: AccountState, log: AccountLog): AccountRecord {
  return {
    account: account.account,
    owner: account.owner,
    name: log.name ?? log.subaccount,
    isolated: account.isolated,
    attesters: account.attesters,
    threshold: account.threshold,
    openedAt: log.openedAt,
    books: {
      attested: log.attested,
      disclosed: log.disclosed,
      firstSequence: log.firstSequence,
      lastSequence: account.book.sequence,
    },
    status: log.seen.status,
    deadline: log.seen.deadline === 0 ? null : log.seen.deadline,
    secondsIn: { ...log.secondsIn },
    verdicts: { omitted: log.epochs.omitted, items: log.epochs.items.map(verdictOf) },
    claims: { omitted: log.claims.omitted, items: log.claims.items.map((claim) => ({ ...claim })) },
    statuses: { omitted: log.statuses.omitted, items: [...log.statuses.items] },
    headroom: log.headroom.stretches.map(({ least, greatest, ...rest }) => ({
      ...rest,
      least: least?.toString() ?? null,
      greatest: greatest?.toString() ?? null,
    })),
    composition: { omitted: log.composition.omitted, items: [...log.composition.items] },
    vault: constants.vault === null ? null : vaultOf(account, log),
  };
}

function verdictOf(epoch: EpochLog): EpochVerdict {
  const { proofsOfHealth, proofsOfIllHealth, books, disclosed } = epoch;
  return {
    epoch: epoch.epoch,
    verdict: worst(epoch),
    proofsOfHealth,
    proofsOfIllHealth,
    books,
    disclosed,
    leastHealthFactor: epoch.least?.toString() ?? null,
  };
}

/** In the order of VERDICTS. */
function worst(epoch: EpochLog): Verdict {
  if (epoch.contradicted) return "contradicted";
  if (epoch.liquidatable) return "liquidatable";
  if (epoch.called) return "called";
  if (epoch.lapsed) return "lapsed";
  return epoch.proofsOfHealth === 0 ? "unproven" : "healthy";
}

function vaultOf({ vault }: AccountState, log: AccountLog): VaultSummary {
  return {
    creditor: vault.creditor,
    debt: vault.debt.toString(),
    balances: [...vault.balances]
      .filter(([, amount]) => amount !== 0n)
      .map(([token, amount]) => ({ token, amount: amount.toString() })),
    withdrawals: log.withdrawals,
    loans: log.loans,
    auctions: { omitted: log.auctions.omitted, items: log.auctions.items.map((auction) => ({ ...auction })) },
  };
}
