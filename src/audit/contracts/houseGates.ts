import { type ContractLogHead, callDataOf, type LoggedTransaction } from "../../chain/contractLog.js";
import { keyWords } from "../../chain/eventLog/chainState.js";
import type { LogCall } from "../../chain/eventLog/record.js";
import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import type { MarginGateEvents } from "../../chain/generated/MarginGate.js";
import type { RiskProfileEvents } from "../../chain/generated/RiskProfile.js";
import { verifyingKeyWords } from "../../chain/verificationKey.js";
import { checksummed } from "../../encoding/address.js";
import { shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError } from "../../errors.js";
import { BatchVerifier } from "../../groth16/batchVerifier.js";
import type { VerificationKey } from "../../groth16/verificationKey.js";
import { listingSchema } from "../../protocol/listing.js";
import { TIERS } from "../../protocol/tiers.js";
import { type AccountLog, type AccountState, newAccount, newAccountLog } from "../replay/account.js";
import type { PendingProof } from "../replay/callData.js";
import { type About, countOf, type Report } from "../replay/context.js";
import { type AwaitedHealth, type GateContext, gateHandlers } from "../replay/gate.js";
import {
  derivedMarket,
  type LedgerState,
  type MarketBasis,
  newLedger,
  ownMarket,
  type ReplayedMarket,
} from "../replay/ledger.js";
import { newProfile, type ProfileState, takeProfile } from "../replay/profile.js";
import type { LoggedContext, LoggedHandlers } from "./replay.js";

/**
 * Claims of health at the two gates of a clearing house, by the rules that the audit of a deployment holds every gate to: the claim
 * against the book, the round and the gate's terms, and its proof against the market that is folded here again.
 * What the house asks of its gates is in houseHealth.ts.
 */

export type GateRole = "marginGate" | "stressGate";

/** An account at one gate. Both gates see the same book. */
interface Standing {
  readonly account: AccountState;
  readonly log: AccountLog;
}

interface HouseGate {
  readonly market: ReplayedMarket;
  readonly accounts: Map<string, Standing>;
  readonly awaited: GateContext["awaited"] & AwaitedHealth;
}

/** A changed book whose claims of health have to follow within its transaction. */
export interface Claiming {
  /** Whether the change opens risk. */
  opens: boolean;
  /** Whether the account was liquidatable before it. */
  readonly liquidatable: boolean;
  readonly about: About;
  readonly report: Report;
}

/** What the replay of a house knows of its gates. */
export interface HouseGates {
  /** Checksummed: the one attester of all accounts. */
  readonly house: string;
  /** Basis points. */
  readonly initialMargin: number;
  /** Seconds. */
  readonly longestBook: number;
  readonly basis: MarketBasis;
  /** Of the base, which the registry and the house's gate go by, and of the stress market. */
  readonly profile: ProfileState;
  readonly stressProfile: ProfileState;
  readonly ledger: LedgerState;
  readonly marginGate: HouseGate;
  readonly stressGate: HouseGate;
  readonly claiming: Map<string, Claiming>;
  /** Lapses of caps that are on record: unix seconds, and the newest round that then had the cap proven. */
  readonly lapses: Map<string, { readonly at: number; readonly round: number }>;
  readonly coverage: { proofs: number };
}

/** The part of a house's replay that its gates need. */
interface GatesPart {
  readonly gates: HouseGates;
  readonly pending: {
    push(
      proof: Pick<PendingProof, "candidates"> & {
        readonly circuit: "margin";
        readonly about: About;
        readonly report: Report;
      },
    ): unknown;
  };
}

const TERMS = ["maxProofAge", "gracePeriod", "callPeriod", "callMargin"] as const;

/**
 * The gates before their first event, by the facts of a log.
 * @throws FormatError for a log that has nothing of the gates
 */
export function newHouseGates(head: ContractLogHead, margin: VerificationKey, report: Report): HouseGates {
  const text = (name: string) => {
    const found = head.facts[name];
    if (found === undefined)
      throw new FormatError(
        `log.facts.${name}`,
        "what the house's gates go by; export the log again",
        "nothing",
      );
    return found;
  };
  const fact = (name: string) => countOf(BigInt(text(name)));
  const addressOf = (role: string) => {
    const found = head.contracts.find((one) => one.role === role)?.address ?? "";
    return checksummed(found) ?? found;
  };
  const key = keyWords(verifyingKeyWords(margin)).join(" ");
  for (const role of ["marginGate", "stressGate"] as const)
    if (text(`${role}.key`) !== key)
      report("key-mismatch", {}, `the key of the margin statement at ${role}`, "another key");
  const ledgerTerms = {
    provingWindow: fact("marketLedger.provingWindow"),
    maxRoundAge: fact("marketLedger.maxRoundAge"),
    sleeveSlots: fact("marketLedger.sleeveSlots"),
  };
  const deployment = {
    listing: shaped(listingSchema, parseStrictJson(text("clearingHouse.assets"), "log.facts"), {
      path: "log.facts.clearingHouse.assets",
    }),
    // The contracts take no other.
    tier: TIERS[0],
    contracts: { marketLedger: { address: addressOf("marketLedger") } },
  };
  const verifier = new BatchVerifier(margin);
  const basisOf = (role: GateRole): MarketBasis => {
    const [maxProofAge = 0, gracePeriod = 0, callPeriod = 0, callMargin = 0] = TERMS.map((term) =>
      fact(`${role}.${term}`),
    );
    const gate = { maxProofAge, gracePeriod, callPeriod, callMargin };
    return { deployment, verifier, constants: { gate, ledger: ledgerTerms } };
  };
  const [profile, stressProfile] = [newProfile(), newProfile()];
  const ledger = newLedger([]);
  const gateOf = (market: ReplayedMarket): HouseGate => ({
    market,
    accounts: new Map(),
    awaited: { event: null, claim: null, support: null },
  });
  const basis = basisOf("marginGate");
  return {
    house: addressOf("clearingHouse"),
    initialMargin: fact("clearingHouse.initialMargin"),
    longestBook: fact("bookRegistry.longestBook"),
    ...{ basis, profile, stressProfile, ledger },
    marginGate: gateOf(ownMarket(basis, profile, ledger)),
    stressGate: gateOf(derivedMarket(basisOf("stressGate"), stressProfile, profile, ledger)),
    claiming: new Map(),
    lapses: new Map(),
    coverage: { proofs: 0 },
  };
}

/** An account of the house is opened: the house is its only attester. */
export function openAtGates(gates: HouseGates, account: string, time: number): void {
  const { house, profile, stressProfile } = gates;
  const opened = { account, owner: house, isolated: false, attesters: [house], threshold: 1 };
  const first = newAccount(opened);
  gates.marginGate.accounts.set(account, {
    account: first,
    log: newAccountLog(account, time, profile.epoch),
  });
  gates.stressGate.accounts.set(account, {
    account: { ...newAccount(opened), book: first.book },
    log: newAccountLog(account, time, stressProfile.epoch),
  });
}

const calls = new WeakMap<LoggedTransaction, readonly LogCall[]>();

function callsOf(transaction: LoggedTransaction): readonly LogCall[] {
  const known = calls.get(transaction);
  if (known !== undefined) return known;
  const { tx, from, to } = transaction;
  const made = [{ tx, from, to, data: callDataOf(transaction) }];
  calls.set(transaction, made);
  return made;
}

/** Cleared books that are disclosed are held to their notes instead. */
const NOT_DISCLOSED = { checkClaim() {} };

function handlersOf(role: GateRole): LoggedHandlers<GatesPart, MarginGateEvents> {
  const handler =
    (name: keyof MarginGateEvents) =>
    (
      state: GatesPart,
      fields: { readonly account: string },
      { transaction, index, report }: LoggedContext,
    ) => {
      const { market, accounts, awaited } = state.gates[role];
      const standing = accounts.get(fields.account);
      // Anybody may prove at a gate: another's accounts are none of the house's.
      if (standing === undefined) return;
      const { block: number, time, tx } = transaction;
      const context: GateContext = {
        ...standing,
        ...{ market, awaited, report, tx, logIndex: index ?? 0, disclosed: NOT_DISCLOSED },
        block: { number, time, calls: [...callsOf(transaction)] },
        verifyLater: ({ candidates, about }) =>
          state.pending.push({ circuit: "margin", candidates, about, report }),
      };
      gateHandlers[name]({ coverage: state.gates.coverage }, fields as never, context);
    };
  const names = Object.keys(gateHandlers) as (keyof MarginGateEvents)[];
  return Object.fromEntries(names.map((name) => [name, handler(name)])) as never;
}

export const marginGateHandlers = handlersOf("marginGate");
export const stressGateHandlers = handlersOf("stressGate");

export const stressProfileHandlers: LoggedHandlers<GatesPart, RiskProfileEvents> = {
  AuthorityUpdated() {},
  Paused({ gates: { stressProfile } }) {
    stressProfile.paused = true;
  },
  Unpaused({ gates: { stressProfile } }, _, { transaction: { time } }) {
    Object.assign(stressProfile, { paused: false, resumedAt: time });
  },
  ProfileChanged({ gates: { basis, stressProfile } }, event, { transaction: { time }, report }) {
    takeProfile(basis, stressProfile, event, time, report);
  },
};

/** Of the registry's events only this one says more than the house's own. */
export const brokenBook = {
  BookBroken(
    { gates }: GatesPart,
    { account, sequence }: BookRegistryEvents["BookBroken"],
    { transaction: { time }, report }: LoggedContext,
  ): void {
    const book = gates.marginGate.accounts.get(account)?.account.book;
    if (book === undefined) return;
    if (countOf(sequence) !== book.sequence || book.brokenAt !== 0)
      report("event-impossible", { account }, `book ${book.sequence}, which is whole, broken`, `${sequence}`);
    book.brokenAt = time;
  },
};
