import type { ContractLogHead } from "../../chain/contractLog.js";
import type { StageName } from "../../chain/generated/enums.js";
import { type BatchItem, BatchVerifier } from "../../groth16/batchVerifier.js";
import type { VerificationKey } from "../../groth16/verificationKey.js";
import type { Note } from "../../protocol/note.js";
import type { ReadTransition } from "../../protocol/readTransition.js";
import type { ClearedOpening } from "../../protocol/sealedBook.js";
import { commitCleared } from "../../protocol/transition.js";
import type { About, Report } from "../replay/context.js";
import { type ClearedMarket, type ClearedRound, newClearedMarket } from "./clearedMarket.js";
import { FUND_AUDIT, type FundReplay } from "./defaultFund.js";
import { type HouseGates, newHouseGates } from "./houseGates.js";

/** What the replay of a clearing house knows: of its books, of estates, and of the market's end. */

/** Slots of a cleared book. */
export const SLOTS = 16;
/** Index of shares of payments that nothing has cut, as HouseAccounts.WHOLE. */
export const WHOLE = 10n ** 27n;

/** What a member discloses of one book: its opening, and the notes that it took. */
export interface DisclosedBook {
  readonly account: string;
  readonly opening: ClearedOpening;
  readonly notes: readonly Note[];
}

/** What an auditor of a house has beside its log. */
export interface ClearingEvidence {
  /** Of the transition's circuit. */
  readonly key: VerificationKey;
  /** Of the margin statement, which both gates verify. */
  readonly margin: VerificationKey;
  /** Of RevealBook. */
  readonly reveal: VerificationKey;
  readonly disclosed: readonly DisclosedBook[];
}

/** A cleared account, as the events have it. */
export interface Account {
  readonly owner: string;
  sequence: bigint;
  commitment: bigint;
  /** Sequence of the book that an exit showed to be empty; 0 without one. */
  emptyAt: bigint;
  stage: StageName;
  /** What its owner has asked for and was not paid, as HouseAccounts.Asked. */
  asked: { readonly shares: bigint; readonly due: bigint; readonly era: number };
  /** Number of the newest tear-up that its book has applied. */
  tearUps: number;
  /** The disclosed opening of its book; undefined where none was disclosed. */
  opening: ClearedOpening | undefined;
}

/** A change of a book, until its transaction has ended. */
export interface Change {
  readonly account: string;
  readonly read: ReadTransition;
  readonly about: About;
  readonly report: Report;
  /** Attodollars that the transaction's payments explain, and an estate's takeover. */
  explained: bigint;
  /** Quanta that an estate's takeover explains. */
  readonly taken: readonly bigint[];
  /** Whether the account left with it. */
  exited: boolean;
}

/** Net price by slot of a tear-up; undefined for an asset that it leaves. */
export type TearUpPrices = readonly (bigint | undefined)[];

/** What verifies one circuit's proofs, and its folded constant. */
export interface CircuitVerifier {
  readonly verifier: BatchVerifier;
  readonly constant: { readonly x: bigint; readonly y: bigint };
}

/** The circuits whose proofs a house takes, or its gates. */
export type ClearedCircuit = "transition" | "reveal" | "margin";

/** What is left of an account in default. */
export interface Estate {
  /** Unix seconds; 0 for a book that was not revealed. */
  readonly startedAt: number;
  revealedAt: number;
  readonly sequence: bigint;
  readonly commitment: bigint;
  /** Attodollars. */
  cash: bigint;
  /** Quanta that are not sold, and of one part. */
  perp: bigint[];
  lot: bigint[];
  /** Parts that are not sold. */
  left: bigint;
  /** Whether the fund was asked to pay its loss. */
  absorbed: boolean;
  /** Attodollars that the fund could pay at the reveal; 0 once it was asked. */
  funded: bigint;
  /** Smallest units that the fund has paid. */
  paid: bigint;
  /** Number of the newest tear-up that it has applied. */
  tearUps: number;
}

/** What a settlement has told of so far, within one transaction. */
export interface Settling {
  /** Smallest units that the fund has paid, that the house was not credited with yet. */
  owedByFund: bigint;
  /** Whether payments that are asked for were cut. */
  cut: boolean;
  /** Smallest units that went back to the fund, and that the owner is owed. */
  back: bigint;
  owed: bigint;
}

/** The market after its end. */
export interface EndedMarket {
  readonly time: number;
  readonly marks: ClearedRound;
  /** Smallest units that are divided. */
  held: bigint;
  /** Attodollars of all claims, and of those that are not paid. */
  claims: bigint;
  readonly claimOf: Map<string, bigint>;
}

/** Everything that the replay of a house has come to. */
export interface HouseState {
  readonly house: string;
  readonly chainId: bigint;
  readonly keyX: bigint;
  readonly keyY: bigint;
  readonly listing: bigint;
  readonly unit: bigint;
  readonly accounts: Map<string, Account>;
  /** Disclosed books by account and commitment. */
  readonly books: Map<string, DisclosedBook>;
  /** Accounts of which a book is disclosed. */
  readonly disclosing: ReadonlySet<string>;
  readonly verifiers: Readonly<Record<ClearedCircuit, CircuitVerifier>>;
  /** Of defaults: seconds, and basis points. As DefaultTerms. */
  readonly terms: Readonly<
    Record<
      | "revealPeriod"
      | "auctionPeriod"
      | "settlePeriod"
      | "closePeriod"
      | "claimPeriod"
      | "premium"
      | "discount",
      number
    >
  >;
  /** Seconds from a request to its payment. */
  readonly horizon: number;
  /** Lower case, of the contract of defaults. */
  readonly defaults: string;
  readonly market: ClearedMarket;
  readonly gates: HouseGates;
  readonly fund: FundReplay;
  readonly estates: Map<string, Estate>;
  /** Settlements of this transaction, by account; accounts that it froze, settled, and set the cap of. */
  readonly settling: Map<string, Settling>;
  readonly starting: Set<string>;
  settled: string[];
  renewed: string[];
  readonly capped: Set<string>;
  /** Attodollars that the fund can pay for estates whose losses it was not asked for yet. */
  promised: bigint;
  /** Attodollars that settlements have left. */
  dustOfDefaults: bigint;
  openDefaults: number;
  /** Unix seconds; 0 while the market takes new risk. */
  closedAt: number;
  ended: EndedMarket | undefined;
  readonly tearUps: TearUpPrices[];
  /** An estate's share whose buyer's change of book follows. */
  takeover:
    | { readonly account: string; readonly deltaPerp: readonly bigint[]; readonly deltaBasis: bigint }
    | undefined;
  /** Rounds that every box of this transaction can be of; undefined where it has none. */
  boxRounds: readonly number[] | undefined;
  readonly pending: {
    readonly circuit: ClearedCircuit;
    /** One that is valid is the accepted one: call data may repeat others. */
    readonly candidates: readonly BatchItem[];
    readonly about: About;
    readonly report: Report;
  }[];
  changes: Change[];
  /** Smallest units that back the books, and that are asked for, after all cuts. */
  held: bigint;
  asked: bigint;
  dust: bigint;
  /** What a share of what is asked for is worth, of {@link WHOLE}; a cut to nothing begins another era. */
  index: bigint;
  era: number;
  /** Notes of which both sides are disclosed count as matched. */
  readonly counts: {
    changes: number;
    renewals: number;
    notes: number;
    matched: number;
    reductions: number;
    sales: number;
    /** Of transitions and reveals, and of claims at the gates. */
    proofs: number;
    claims: number;
    opened: number;
  };
}

/** A house before its first event. */
export function newHouse(
  head: ContractLogHead,
  { key, margin, reveal, disclosed }: ClearingEvidence,
  report: Report,
): HouseState {
  const fact = (name: string) => BigInt(head.facts[name] ?? "0");
  const term = (name: string) => Number(fact(`clearingDefaults.${name}`));
  const addressOf = (role: string) => head.contracts.find((one) => one.role === role)?.address ?? "0x";
  const listing = fact("clearingHouse.listing");
  const circuit = (of: VerificationKey) => {
    const verifier = new BatchVerifier(of);
    return { verifier, constant: verifier.refold(null, []) };
  };
  const gates = newHouseGates(head, margin, report);
  const { verifier } = gates.basis;
  return {
    house: addressOf("clearingHouse"),
    chainId: head.chainId,
    keyX: fact("clearingHouse.keyX"),
    keyY: fact("clearingHouse.keyY"),
    listing,
    unit: fact("clearingHouse.unit"),
    accounts: new Map(),
    books: new Map(
      disclosed.map((book) => [
        `${book.account.toLowerCase()} ${commitCleared(book.opening, listing)}`,
        book,
      ]),
    ),
    disclosing: new Set(disclosed.map(({ account }) => account.toLowerCase())),
    verifiers: {
      transition: circuit(key),
      reveal: circuit(reveal),
      margin: { verifier, constant: verifier.refold(null, []) },
    },
    terms: {
      revealPeriod: term("revealPeriod"),
      auctionPeriod: term("auctionPeriod") || 1,
      settlePeriod: term("settlePeriod"),
      closePeriod: term("closePeriod"),
      claimPeriod: term("claimPeriod"),
      premium: term("premium"),
      discount: term("discount"),
    },
    horizon: Number(fact("clearingHouse.horizon")),
    defaults: addressOf("clearingDefaults").toLowerCase(),
    market: newClearedMarket(fact, gates),
    gates,
    fund: FUND_AUDIT.begin(head, report),
    estates: new Map(),
    settling: new Map(),
    starting: new Set(),
    ...{ settled: [], renewed: [] },
    capped: new Set(),
    ...{ promised: 0n, dustOfDefaults: 0n, openDefaults: 0, closedAt: 0, ended: undefined },
    tearUps: [],
    ...{ takeover: undefined, boxRounds: undefined },
    pending: [],
    changes: [],
    ...{ held: 0n, asked: 0n, dust: 0n, index: WHOLE, era: 0 },
    counts: {
      ...{ changes: 0, renewals: 0, notes: 0, matched: 0 },
      ...{ reductions: 0, sales: 0, proofs: 0, claims: 0, opened: 0 },
    },
  };
}
