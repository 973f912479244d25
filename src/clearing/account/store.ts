import { readFile } from "node:fs/promises";
import { hkdf } from "@noble/hashes/hkdf";
import { sha256 } from "@noble/hashes/sha2";
import { utf8ToBytes } from "@noble/hashes/utils";
import * as z from "zod/mini";
import { address, hex } from "../../encoding/address.js";
import { type DeepReadonly, document, integer, shaped } from "../../encoding/shape.js";
import { parseStrictJson, privateKeys } from "../../encoding/strictJson.js";
import { FormatError } from "../../errors.js";
import { writeAtomic } from "../../groth16/artefacts/writeAtomic.js";
import { NOTES } from "../../protocol/bounds.js";
import { jsonText, sealText, unsealText, whole } from "../notation.js";

const FORMAT = "zkmargin/clearing-store@1";
const CONTENT_FORMAT = "zkmargin/clearing-books@1";

const side = z.strictObject({
  asset: integer(0, 255),
  side: z.enum(["buy", "sell"]),
  size: whole,
  quote: whole,
  blind: whole,
});
const book = z.strictObject({
  sequence: integer(1, 2 ** 40 - 1),
  commitment: whole,
  salt: whole,
  basis: whole,
  perp: z.array(whole),
  /** What the account agreed on with another, of which the books alone show the sum. */
  notes: z.array(side).check(z.maxLength(NOTES, `at most ${NOTES}`)),
});
const fields = {
  chainId: integer(1, Number.MAX_SAFE_INTEGER),
  house: address,
  /** By account: every book of it that was made here or read from the chain, whether it became the account's or not. */
  accounts: z.array(z.strictObject({ account: hex(32), books: z.array(book) })),
};
const content = document(CONTENT_FORMAT, fields);
const file = document(FORMAT, { sealed: hex() });
const quotable = privateKeys([
  "format",
  ...Object.keys(fields),
  "account",
  "books",
  ...Object.keys(book.shape),
  ...Object.keys(side.shape),
]);

/** A book of the store, and the notes that it took. */
export type KeptBook = DeepReadonly<z.infer<typeof book>>;
/** What a store holds: accounts of one house. */
export type StoreContent = DeepReadonly<z.infer<typeof content>>;

/**
 * The books of a member's accounts, in one file under the member's secret. It is a copy: what it lacks is read from the chain again
 * (`recoverOpening`), where each book stands sealed. So losing it, or a kill between the chain's answer and its writing, loses only
 * the notes of past trades.
 *
 * The file is XChaCha20-Poly1305 under a key that HKDF-SHA256 makes of the secret. It is replaced whole or not at all.
 *
 * @example
 * ```ts
 * import { MemberStore } from "zkmargin/clearing";
 *
 * const store = await MemberStore.open(`${folder}/empty.books`, secret, { chainId: 1, house: `0x${"22".repeat(20)}` });
 * console.log(store.accounts.length); // 0
 * ```
 */
export class MemberStore {
  readonly #path: string;
  readonly #key: Uint8Array;
  #content: StoreContent;

  private constructor(path: string, key: Uint8Array, stored: StoreContent) {
    [this.#path, this.#key, this.#content] = [path, key, stored];
  }

  /**
   * The store of a file, or an empty one where there is none yet.
   * @throws FormatError for a file of another secret, house or chain, or one that is damaged
   */
  static async open(
    path: string,
    secret: Uint8Array,
    place: Pick<StoreContent, "chainId" | "house">,
  ): Promise<MemberStore> {
    const key = keyOfStore(secret);
    const stored = await readStore(path, key);
    if (stored === undefined) return new MemberStore(path, key, { ...place, accounts: [] });
    if (stored.chainId !== place.chainId || stored.house.toLowerCase() !== place.house.toLowerCase())
      throw new FormatError(
        path,
        `the books of the house ${place.house} on chain ${place.chainId}`,
        "another's",
      );
    return new MemberStore(path, key, stored);
  }

  /** The books of an account, in the order in which they were kept. */
  booksOf(account: string): readonly KeptBook[] {
    return this.#content.accounts.find((one) => one.account === account)?.books ?? [];
  }

  /** The accounts that have a book here. */
  get accounts(): readonly string[] {
    return this.#content.accounts.map(({ account }) => account);
  }

  /** Keeps a book, once it is on the disk, beside those that another process has put there. One of the same commitment is replaced. */
  async keep(account: string, kept: KeptBook): Promise<void> {
    this.#content = (await readStore(this.#path, this.#key)) ?? this.#content;
    const others = this.booksOf(account).filter(({ commitment }) => commitment !== kept.commitment);
    const accounts = this.#content.accounts.filter((one) => one.account !== account);
    this.#content = { ...this.#content, accounts: [...accounts, { account, books: [...others, kept] }] };
    await writeAtomic(this.#path, seal(this.#content, this.#key));
  }
}

/** What a file holds; undefined where there is none yet. */
async function readStore(path: string, key: Uint8Array): Promise<StoreContent | undefined> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : unseal(text, key, path);
}

function keyOfStore(secret: Uint8Array): Uint8Array {
  return hkdf(sha256, secret, utf8ToBytes(FORMAT), utf8ToBytes("key"), 32);
}

function seal(stored: StoreContent, key: Uint8Array): string {
  return jsonText({
    format: FORMAT,
    sealed: sealText(key, FORMAT, jsonText({ format: CONTENT_FORMAT, ...stored })),
  });
}

function unseal(text: string, key: Uint8Array, path: string): StoreContent {
  const { sealed } = shaped(file, parseStrictJson(text, path), { path });
  const plain = unsealText(key, FORMAT, sealed);
  if (plain === undefined)
    throw new FormatError(
      `${path}.sealed`,
      "a store under this secret",
      "one under another, or a damaged one; `zkmargin clearing recover` makes it again",
    );
  return shaped(content, parseStrictJson(plain, path, quotable), { path, quotable });
}
