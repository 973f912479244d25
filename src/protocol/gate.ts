import type { Claim } from "./claim.js";
import type { OdometerReading } from "./odometer.js";

/**
 * What the gate knows: an account's book, claim of health and marks, and the market that they are held to. Times are whole
 * unix seconds, periods seconds; 0 stands for "none", as in the contract.
 */

/** How long the sleeve of a claim of health holds, unless it is voided: as IMarginGate.SleeveRecord. */
export interface ProvenSleeve {
  /** Reading of the sleeve odometer up to which it holds, units of 10^-8. */
  readonly limit: bigint;
  readonly until: number;
  /** Since when the profile had its shocks as the gate accepted the claim. */
  readonly shocksSince: number;
}

/** The claim of health on record. */
export interface ProvenHealth extends OdometerReading {
  readonly claim: Pick<Claim, "envelope">;
  /** Number, time and epoch of the round that it is proven at. */
  readonly round: number;
  readonly time: number;
  readonly epoch: number;
  /** Of the proven book. */
  readonly sequence: number;
  /** Null or absent without a sleeve. */
  readonly sleeve?: ProvenSleeve | null;
}

/** The newest attested book, as BookRegistry.bookStateOf has it. */
export interface AttestedBook {
  readonly sequence: number;
  readonly asOf: number;
  readonly expiresAt: number;
  readonly attestedAt: number;
  /** When it lost so many signers that it broke. */
  readonly brokenAt: number;
  /** When its sleeve was voided; 0 or absent if it was not, or if it has none. */
  readonly sleeveVoidedAt?: number;
}

/** The marks against an account: the part of IMarginGate.Marks that its status depends on. */
export interface StatusMarks {
  readonly breachRound: number;
  readonly callRound: number;
  readonly callSince: number;
  /** The lapse that was recorded on chain. */
  readonly lapsedAt: number;
  /** Start of the epoch whose grace the breach waits for. */
  readonly graceSince: number;
}

/** An account as the gate sees it. */
export interface GateAccount {
  readonly book: AttestedBook;
  readonly health: ProvenHealth | null;
  readonly marks: StatusMarks;
}

/** A round as the gate sees it. */
export interface GateRound extends OdometerReading {
  /** Reading of the sleeve odometer; absent where there are no sleeves. */
  readonly sleeveOdometer?: bigint;
  readonly number: number;
  readonly time: number;
  readonly epoch: number;
}

/** What a status depends on beside the account. */
export interface GateMarket {
  readonly constants: {
    readonly gate: {
      readonly maxProofAge: number;
      readonly gracePeriod: number;
      readonly callPeriod: number;
    };
    readonly ledger: { readonly maxRoundAge: number };
  };
  readonly profile: Pick<BookTerms<number>, "bookMaxAge"> & {
    readonly epoch: number;
    /** When each epoch began, from the first on. */
    readonly epochStarts: readonly number[];
    readonly expiresAt: number;
    readonly paused: boolean;
    readonly resumedAt: number;
    /** Since when its shocks are in force; absent where there are no sleeves. */
    readonly shocksSince?: number;
  };
  readonly ledger: {
    readonly newest: GateRound | null;
    /** The last rounds, by number modulo ROUNDS. */
    readonly ring: readonly (GateRound | null)[];
    /** When the market last came back from an outage. */
    readonly liveSince: number;
  };
}

/** The profile's terms that end books. */
export interface BookTerms<Seconds extends number | bigint> {
  /** Longest age of a book whose interest the debt factor covers. */
  readonly bookMaxAge: Seconds;
  /** When the epoch began. */
  readonly epochSince: Seconds;
}
