/**
 * Every failure this package raises on purpose, one class each. Match the class, never the text.
 *
 * A message says what was expected, what was found, where, and what to do. `got` describes a value; it never
 * quotes one that may be private (a quantity, a salt, an asset held), so that an error can be logged.
 */

import { oneLine, printable } from "./printable.js";

export { UNPRINTABLE, withoutUnprintable } from "./printable.js";

/** Process exit codes, one per family of failure; documented in docs/cli/README.md. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  input: 3,
  notProvable: 4,
  invalidProof: 5,
  mismatch: 6,
  artefact: 7,
  chain: 8,
  findings: 9,
  // The worst status of the accounts asked about: `status --check`, `keep --once`, `liquidate run --once`.
  grace: 10,
  marginCall: 11,
  liquidatable: 12,
  unknown: 13,
} as const;

/** Every failure that this package raises on purpose. `exitCode` is what the command line ends with. */
export abstract class ZkMarginError extends Error {
  abstract readonly exitCode: number;
  override get name(): string {
    return this.constructor.name;
  }
}

/** A command line that cannot be understood. */
export class UsageError extends ZkMarginError {
  readonly exitCode = EXIT.usage;
}

/** A port that cannot be listened on: in use, not allowed, or of an address that is not this machine's. */
export class PortError extends ZkMarginError {
  readonly exitCode = EXIT.usage;
}

// ---- input: the data of a file or a call is not what it should be --------------------------------------

/** Base of every error about one field of some input; `path` names the field, e.g. `positions[3].spot`. */
export abstract class InputError extends ZkMarginError {
  readonly exitCode = EXIT.input;
  constructor(
    readonly path: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super([path, ": expected ", expected, ", got ", got].map(oneLine).join(""));
  }
}

/** The text is not JSON or CSV at all, or ends early. */
export class MalformedError extends InputError {}
/** The field has the wrong type or notation (hex, exponent, plus sign, leading zeros, empty, −0, NaN). */
export class FormatError extends InputError {}
/** The number is well written but lies outside its bound. */
export class OutOfRangeError extends InputError {}
/** The number has more decimals than its unit can hold; it is refused, never rounded. */
export class PrecisionError extends InputError {}
/** A required field is absent. */
export class MissingFieldError extends InputError {}
/** A field that this format does not know. */
export class UnknownFieldError extends InputError {}
/** The same key twice in one JSON object. */
export class DuplicateFieldError extends InputError {}
/** An asset that the listing does not contain. */
export class UnknownAssetError extends InputError {
  /** @param listed the assets that are listed, where there is a listing */
  constructor(
    path: string,
    expected: string,
    got: string,
    readonly listed: readonly string[] = [],
  ) {
    super(path, expected, got);
  }
}
/** The same asset twice in one list. */
export class DuplicateAssetError extends InputError {}
/** More assets or scenarios than the tier has room for. */
export class TooManyError extends InputError {}
/** A price history too short for what is to be learnt from it. */
export class TooLittleHistoryError extends InputError {}
/** A price that stands still, or nearly so, where it should move: carried forward, halted or delisted. */
export class StalePricesError extends InputError {}
/** A price that jumps as after a redenomination or by a bad print. */
export class PriceJumpError extends InputError {}
/** A low price above the high price. */
export class CrossedPricesError extends InputError {}
/** A book marked isolated that holds more than one perpetual or more than one collateral asset. */
export class NotIsolatedError extends InputError {}
/** What stands at an address of a deployment plan is not what the plan takes it for, or a contract refuses its terms. */
export class PlanMismatchError extends InputError {}
/** A file that cannot be read. */
export class UnreadableError extends InputError {}
/** A file that cannot be written, or may not be replaced. */
export class UnwritableError extends InputError {}

// ---- answers that are not a proof ----------------------------------------------------------------------

/** The statement is false of this book in this market, so no proof of it exists. An answer, not a fault. */
export class NotProvableError extends ZkMarginError {
  readonly exitCode = EXIT.notProvable;
}

/** The proof, or a word of it, is not valid for its statement. */
export class InvalidProofError extends ZkMarginError {
  readonly exitCode = EXIT.invalidProof;
}

/** The signature of an attestation is not its attester's, as far as that can be told without its chain. */
export class InvalidAttestationError extends ZkMarginError {
  readonly exitCode = EXIT.invalidProof;
}

// ---- two things that do not belong together ------------------------------------------------------------

/** Two things that do not belong together; the message ends with what to do. */
export abstract class MismatchError extends ZkMarginError {
  readonly exitCode = EXIT.mismatch;
  constructor(what: string, expected: string, got: string, todo: string) {
    super([what, ": expected ", expected, ", got ", got, "; ", todo].map(oneLine).join(""));
  }
}
/** The market given is not the one the bundle was proven against. */
export class MarketMismatchError extends MismatchError {}
/** The tier named is not the tier of the key, the book or the market. */
export class TierMismatchError extends MismatchError {}
/** The verification key is not the one the bundle was made with, or not one that is pinned. */
export class KeyMismatchError extends MismatchError {}
/** A secret does not open the sealed book of an account, so it is another's, or an older one. */
export class UnrecoverableBookError extends MismatchError {
  constructor(account: string, sequence: bigint) {
    super(
      `book ${sequence} of ${account}`,
      "a seal that this secret opens",
      "one that it does not",
      "give the secret that the account was opened with",
    );
  }
}
/** Nobody has opened the account in this clearing house. */
export class AccountNotClearedError extends MismatchError {
  constructor(account: string, house: string) {
    super("account", `one of the house ${house}`, account, "open it first (zkmargin clearing open)");
  }
}
/** One side of a cleared trade does not complete the offer. */
export class HalfMismatchError extends MismatchError {}
/** A checkpoint of a replay that is none, or of another log, key or disclosure. */
export class CheckpointError extends ZkMarginError {
  readonly exitCode = EXIT.mismatch;
}
/** A proving queue of another version, another deployment, or one that another keeper has. */
export class QueueConflictError extends MismatchError {}
/** No book that a keeper is given is the attested one of its account. */
export class BookMismatchError extends MismatchError {}
/** The attestation is of another book than the one that was proven. */
export class AttestationMismatchError extends MismatchError {}
/** The parts of a bundle (words, numbers, claim) or of a proposal (profiles, call data, times) contradict each other. */
export class StatementMismatchError extends MismatchError {}

/** The secret or the auditor's key given is not one that opens this archive. */
export class ArchiveKeyError extends MismatchError {}
/** An archive has another opening of the same account and sequence. */
export class ArchiveConflictError extends MismatchError {}

// ---- what an audit finds -------------------------------------------------------------------------------

/** Something does not fit. The findings are the result, and were told; this ends the command with a code of its own. */
export class FindingsError extends ZkMarginError {
  readonly exitCode = EXIT.findings;
}
/** No record of an archive is sound, or not the newest, which another that is added would vouch for. */
export class ArchiveDamagedError extends ZkMarginError {
  readonly exitCode = EXIT.findings;
}

/** What one of the liquidators can be shown to have done, by a message that it signed. */
export type MemberFault =
  /** A deal whose proof does not hold, or that deals another number than it should. */
  | "deal"
  /** Two deals of one ceremony. */
  | "two-deals"
  /** A share that is none, as anybody can see with the key that the complaint opens. */
  | "share"
  /** A complaint about a share that is sound, or that proves nothing. */
  | "false-complaint"
  /** Two lists of accepted deals. */
  | "two-accepts"
  /** A list of accepted deals that are not those on the board. */
  | "accept"
  /** Points that are not those of its deal. */
  | "extract"
  /** A share of a silent member that is not the one that was dealt. */
  | "recover"
  /** A part of a decryption that was not made with its share. */
  | "partial";
/** A member of the liquidators did what no honest one does. It is named by its number, and by its address in the message. */
export class MemberFaultError extends ZkMarginError {
  readonly exitCode = EXIT.findings;
  constructor(
    readonly fault: MemberFault,
    readonly member: number,
    message: string,
  ) {
    super(printable(message));
  }
}

// ---- what the gate says of accounts --------------------------------------------------------------------

/** Some account is not healthy. The statuses are the result, and were told; this ends the command with a code of its own. */
export class AccountStatusError extends ZkMarginError {
  readonly exitCode: number;
  /**
   * @param worst of the statuses of all accounts
   * @param statuses of all accounts
   */
  constructor(
    readonly worst: "grace" | "marginCall" | "liquidatable" | "unknown",
    statuses: readonly string[],
  ) {
    const counted = [...new Set(statuses)].map(
      (name) => `${statuses.filter((s) => s === name).length} ${name}`,
    );
    super(`accounts: expected all to be healthy, got ${counted.join(", ")}`);
    this.exitCode = EXIT[worst];
  }
}

/** Some books of several were refused. The others are the result, and all were told; this ends the command with the worst code. */
export class BooksRefusedError extends ZkMarginError {
  readonly exitCode: number;
  /**
   * @param codes the exit codes of the books that were refused
   * @param books how many there were in all
   */
  constructor(codes: readonly number[], books: number) {
    super(
      `books: expected none of ${books} to be refused, got ${codes.length}; each is told with its reason`,
    );
    this.exitCode = [...codes].sort((a, b) => b - a)[0] as number;
  }
}

// ---- artefacts: compiled circuits and keys -------------------------------------------------------------

/** A circuit, a key or a ceremony that is absent, altered or not valid. */
export abstract class ArtefactError extends ZkMarginError {
  readonly exitCode = EXIT.artefact;
  /** @param message made one line that steers no terminal: it may quote the folder of a stranger */
  constructor(message: string) {
    super(printable(message));
  }
}
/** A circuit, key or manifest is not there. */
export class ArtefactMissingError extends ArtefactError {}
/** A circuit, key or manifest is there but its SHA-256 is not the pinned one. */
export class ArtefactAlteredError extends ArtefactError {}
/** A phase-1 file that is not one of the published ones, or is too small. */
export class PhaseOneError extends ArtefactError {}
/** What the key gate can find wrong with a Groth16 key. */
export type KeyFault =
  /** Bytes or points that are no whole key of this curve. */
  | "not-a-key"
  /** Nobody contributed to phase 2: a beacon does not count, as everybody can derive it. */
  | "no-contribution"
  | "gamma-is-delta"
  | "delta-is-generator"
  /** γ is not the generator, so it may be a known multiple of δ. */
  | "gamma-is-chosen"
  /** α or β is the generator: nobody contributed to phase 1. */
  | "phase-one-is-empty"
  /** δ in G1, δ in G2 and the δ that the last contribution left are not one. */
  | "delta-mismatch"
  /** A key that is said to be of a ceremony, and that no public beacon closes. */
  | "no-beacon"
  | "infinity"
  | "off-curve"
  | "wrong-subgroup"
  /** Not one point for each public signal, and one more. */
  | "ic-count";
/** A Groth16 key that the key gate refuses: by how it was made anybody can forge under it, or it is none. */
export class KeyLineageError extends ArtefactError {
  constructor(
    readonly fault: KeyFault,
    message: string,
  ) {
    super(message);
  }
}
/** What can be wrong with a ceremony's folder, transcript or manifest. */
export type CeremonyFault =
  /** The terms are not signed by the coordinator whom they name. */
  | "terms"
  /** The circuit is not that of the terms, or not the one that this package pins. */
  | "circuit"
  /** Phase 1 is not that of the terms. */
  | "phase-one"
  /** The key that the ceremony starts from is not the one that circuit and phase 1 give. */
  | "initial-key"
  /** A contribution is missing, out of order, or of another ceremony. */
  | "order"
  /** An attestation is not signed by the contributor whom it names. */
  | "attestation"
  /** A key file is not the one that its contribution names. */
  | "key-file"
  /** The key's record is not what was attested, or its equations do not hold. */
  | "contribution"
  /** A beacon that is not last, not of the coordinator, or not as the terms say. */
  | "beacon"
  /** The manifest of the final artefacts is not signed by the coordinator, or not of this transcript. */
  | "manifest";
/** A ceremony that does not verify. Nothing is contributed to it and no key is taken from it. */
export class CeremonyError extends ArtefactError {
  constructor(
    readonly fault: CeremonyFault,
    message: string,
  ) {
    super(message);
  }
}
/** A step that a ceremony does not take now: a second contribution of one person, one after the beacon, an early end. */
export class CeremonyStepError extends ArtefactError {}
/** A circuit source did not compile, or compiled to another size than its snapshot. */
export class CompileError extends ArtefactError {
  /** @param output what the compiler said, which follows on lines of its own */
  constructor(message: string, output = "") {
    super(message);
    if (output !== "") this.message = [this.message, ...output.split("\n").map(printable)].join("\n");
  }
}

// ---- chain: nodes, keys, deployments, transactions -----------------------------------------------------

/** A node, a signing key, a deployment or a transaction that fails. */
export abstract class ChainError extends ZkMarginError {
  readonly exitCode = EXIT.chain;
}
/** The node does not answer, or not as a node does. What was sent may have arrived: run the command again. */
export class NodeUnreachableError extends ChainError {
  /**
   * @param message made one line that steers no terminal: it may quote a node
   * @param kind `request`: of this request alone; `state`: the node has no state of that block any more; else a wait may
   *   end it (`passing`), or another URL, key or node (`lasting`)
   */
  constructor(
    message: string,
    readonly kind: "passing" | "lasting" | "request" | "state" = "passing",
  ) {
    super(printable(message));
  }
}
/** The node refuses a signed transaction, in words that are quoted. */
export class TransactionRefusedError extends ChainError {
  /** The node's words and code, as one line to be quoted. */
  readonly said: string;
  constructor(
    what: string,
    readonly code: number,
    readonly words: string,
    todo = "run again to carry on",
  ) {
    const said = `"${oneLine(words)}" (code ${code})`;
    super(`${what}: expected a node to take the transaction, got ${said}; ${todo}`);
    this.said = said;
  }
}
/** The node is of another chain than the deployment. */
export class WrongChainError extends ChainError {}
/** A key that cannot be had: no such variable, a wrong password, a file that is no keystore. Quotes none of it. */
export class KeystoreError extends ChainError {}
/** A chain that is no developer's own, feeds that are no mocks, or a node without anvil's methods: nothing there is ours to move. */
export class NotLocalError extends ChainError {}
/** An external signer that does not answer, refuses, or signs something else than it was asked to. Quotes its words, of its URL the host alone. */
export class SignerError extends ChainError {
  constructor(message: string) {
    super(printable(message));
  }
}
/** A keystore that would take gigabytes of memory, or hours, to open: no wallet writes such a one. */
export class KeystoreCostError extends ChainError {}
/** A program that is not there: anvil, or forge, of this platform. */
export class ToolMissingError extends ChainError {}
/** A development key, with which anybody can forge proofs, on a chain that is not local. */
export class DevelopmentKeyError extends ChainError {}
/** What stands at an address is not what the deployment manifest, this package or the pinned key says. */
export class DeploymentMismatchError extends ChainError {}
/** A node's events are fewer than its own headers, receipts or contracts count: it leaves some out and does not say so. */
export class IncompleteLogsError extends ChainError {}
/** The contract refuses. `reason` is the name of its error, or null where it gave none. */
export class RevertedError extends ChainError {
  readonly #args: readonly unknown[];
  constructor(
    what: string,
    readonly reason: string | null,
    detail: string,
    args: readonly unknown[] = [],
  ) {
    super(`${what}: the contract refused: ${detail}`);
    this.#args = args;
  }

  /** Arguments of the contract's error, decoded. Not among the fields that are printed. */
  get args(): readonly unknown[] {
    return this.#args;
  }
}
/** A vote of a DAO that is not as far as what is asked for needs it: not proposed, still active, defeated. */
export class VoteStateError extends ChainError {}
/** A step of a default that is not due: the account is in time, an auction runs, or the market has not ended. */
export class DefaultNotDueError extends ChainError {
  /** @param from Unix seconds from which on it may be, unless something else happens; null where no clock runs */
  constructor(
    message: string,
    readonly from: bigint | null,
  ) {
    super(message);
  }
}
/** A transaction that was not mined in time. It is in the journal, so running again carries on with it. */
export class TransactionPendingError extends ChainError {}
/** The chain asks for more per gas than the cap. Nothing was signed for more. */
export class FeeCapError extends TransactionPendingError {}
/** The account that sends cannot pay for gas. */
export class InsufficientFundsError extends ChainError {}
/** A round that is not on the chain (any more), or whose folded point is not that of its prices and profile. */
export class RoundMismatchError extends ChainError {}
/** The database of a proving queue does not answer, is full or cannot be written. What was queued is still there. */
export class QueueError extends ChainError {
  constructor(message: string) {
    super(printable(message));
  }
}
/** A journal that is not one, or of another account or chain. */
export class JournalError extends ChainError {}

/** How a dry run ends: the transaction that would be signed and sent next. The node has simulated it without a refusal. */
export class DryRun extends Error {
  /**
   * @param submission what it is, its target (null for a new contract) and its call data as hex
   * @param maxFeePerGas wei
   */
  constructor(
    readonly submission: { readonly key: string; readonly to: string | null; readonly data: string },
    readonly gas: bigint,
    readonly maxFeePerGas: bigint,
  ) {
    super("a dry run has come to what it would send");
  }
}
