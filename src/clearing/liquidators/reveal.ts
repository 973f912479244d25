import { contractAt, interfaceOf } from "../../chain/binding.js";
import type { Connection } from "../../chain/connection.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../chain/generated/ClearingHouse.js";
import { STAGE_NAMES } from "../../chain/generated/enums.js";
import { proofWords } from "../../chain/submit.js";
import type { Transactions } from "../../chain/transactions/transactions.js";
import { InvalidProofError } from "../../errors.js";
import type { Groth16Proof } from "../../groth16/proof.js";
import type { ClearedBook, ClearedOpening } from "../../protocol/sealedBook.js";
import { makeReveal, placeWord, termsWord } from "../../protocol/transition.js";
import type { ClearingSession } from "../../prove/clearing.js";
import { jsonText } from "../notation.js";
import type { LiquidatorsKey } from "./ceremony.js";
import type { Message } from "./messages.js";
import { openByPartials, type SealedAccount } from "./partials.js";

const DEFAULTS = interfaceOf(clearingDefaults);
/** What the chain calls a revealed account. Later stages are above it. */
const REVEALED = BigInt(STAGE_NAMES.indexOf("revealed"));
const FORMAT = "zkmargin/clearing-reveal@1";

/** A frozen account's book with the proof that the commitment hides it: what the house takes. The salt is not in it. */
export interface RevealedBook {
  readonly account: string;
  readonly sequence: bigint;
  readonly commitment: bigint;
  readonly book: ClearedBook;
  /** What the words hash to: the first public signal. */
  readonly hash: bigint;
  readonly words: readonly bigint[];
  readonly proof: Groth16Proof;
}

/**
 * Opens a frozen account's book by parts of its decryption, and proves that its commitment hides that book.
 * @param session of RevealBook for the house's slots
 * @throws what openByPartials throws, NotProvableError
 *
 * @example
 * ```ts
 * import { revealBook } from "zkmargin/clearing";
 *
 * const { key, sealed, parts } = liquidators;
 * const revealed = await revealBook(key, sealed, parts, { session: revealSession, assets: 16 });
 * console.log(revealed.commitment === sealed.commitment); // true
 * ```
 */
export async function revealBook(
  key: LiquidatorsKey,
  account: SealedAccount,
  messages: readonly Message[],
  { session, assets }: { readonly session: ClearingSession; readonly assets: number },
): Promise<RevealedBook> {
  return proveReveal(openByPartials(key, account, messages, assets), account, session);
}

/**
 * Proves that an account's commitment hides a book: for a reveal, an exit, or a claim at the end of the market.
 * @param session of RevealBook for the house's slots
 * @throws InvalidProofError if the commitment hides another book, NotProvableError
 */
export async function proveReveal(
  opening: ClearedOpening,
  account: Omit<SealedAccount, "sealed">,
  session: ClearingSession,
): Promise<RevealedBook> {
  const { sequence, listing } = account;
  const terms = { place: placeWord(account), terms: termsWord(sequence, 0n), listing };
  const { commitment, words, inputs } = makeReveal(opening, terms);
  if (commitment !== account.commitment)
    throw new InvalidProofError("reveal: expected the account's commitment, got another");
  const proof = await session.prove(inputs);
  const { perp, basis } = opening;
  return {
    ...{ account: account.account, sequence, commitment, words, proof },
    book: { perp, basis },
    hash: inputs["hash"]?.[0] ?? 0n,
  };
}

/**
 * The text of a reveal, `zkmargin/clearing-reveal@1`. It has the whole book.
 *
 * @example
 * ```ts
 * import { revealBook, serialiseReveal } from "zkmargin/clearing";
 *
 * const { key, sealed, parts } = liquidators;
 * const revealed = await revealBook(key, sealed, parts, { session: revealSession, assets: 16 });
 * console.log(JSON.parse(serialiseReveal(sealed, revealed)).format); // zkmargin/clearing-reveal@1
 * ```
 */
export function serialiseReveal(
  { chainId, house }: { readonly chainId: bigint; readonly house: string },
  { account, sequence, commitment, book, hash, proof }: RevealedBook,
): string {
  const numbers = { sequence, commitment, hash, basis: book.basis, perp: book.perp };
  return jsonText({ format: FORMAT, chainId, house, account, ...numbers, proof });
}

/** What the contract of the house's defaults takes of a reveal, or of a claim at the end of the market. */
export function revealArguments({ account, book, hash, proof }: RevealedBook) {
  return [account, book.basis, book.perp, hash, proofWords(proof)] as const;
}

/** Call data of a reveal, for the contract of the house's defaults. */
export function encodeReveal(revealed: RevealedBook): string {
  return DEFAULTS.encodeFunctionData("reveal", revealArguments(revealed));
}

/**
 * Sends a reveal to the contract of the house's defaults, unless the house has one of this account. The book is public then.
 * @throws what Transactions.send throws
 */
export async function sendReveal(
  { provider }: Pick<Connection, "provider">,
  address: string,
  transactions: Pick<Transactions, "send">,
  revealed: RevealedBook,
): Promise<unknown> {
  const house = contractAt(clearingHouse, address, provider);
  const { account, sequence } = revealed;
  return transactions.send({
    key: `clearing ${address} reveal ${account} ${sequence}`,
    to: await house.defaults(),
    data: encodeReveal(revealed),
    isDone: async () => (await house.stageOf(account)) >= REVEALED,
  });
}
