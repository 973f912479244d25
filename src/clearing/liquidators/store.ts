import { randomBytes, scrypt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import * as z from "zod/mini";
import { withFileLock } from "../../chain/lineFile.js";
import { address, hex } from "../../encoding/address.js";
import { document, shaped } from "../../encoding/shape.js";
import { parseStrictJson, privateKeys } from "../../encoding/strictJson.js";
import { FormatError, KeystoreError, OutOfRangeError, UnreadableError } from "../../errors.js";
import { writeAtomic } from "../../groth16/artefacts/writeAtomic.js";
import { keyOf } from "../../protocol/sealedBook.js";
import { fromHex, jsonText, natural, sealText, toHex, unsealText } from "../notation.js";
import { keySchema, type LiquidatorsKey, type Terms, termsDigest, termsSchema } from "./ceremony.js";
import { samePoint } from "./curve.js";
import type { KeyShare } from "./dealing.js";
import type { CeremonyState } from "./member.js";
import { indexField, messageJson, messageSchema, scalar } from "./messages.js";

const FORMAT = "zkmargin/liquidator-store@1";
const CONTENT_FORMAT = "zkmargin/liquidator-shares@1";
const SALT_BYTES = 32;
/** 128 MiB and about half a second for each password that is tried. They are not read from the file, which may be another's. */
const SCRYPT = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 };
const KEY_BYTES = 32;
const OWNER_ONLY = 0o600;
const quotable = privateKeys(["format", "salt", "sealed"]);

const ceremony = z.strictObject({
  terms: termsSchema,
  secrets: z.exactOptional(
    z.strictObject({ coefficients: z.array(scalar), blinds: z.array(scalar), ephemeral: scalar }),
  ),
  sent: z.array(messageSchema),
  done: z.boolean(),
});
const contentFile = document(CONTENT_FORMAT, {
  address,
  chainId: natural,
  secrets: z.array(scalar),
  ceremonies: z.array(ceremony),
  shares: z.array(z.strictObject({ key: keySchema, index: indexField, value: scalar })),
});
const storeFile = document(FORMAT, { salt: hex(SALT_BYTES), sealed: hex() });
const derive = promisify<string, Uint8Array, number, object, Buffer>(scrypt);

/** A ceremony in a store. */
export interface KeptCeremony extends CeremonyState {
  /** Whether its key is there. Then nothing of it is kept that opens a share. */
  readonly done: boolean;
}

interface Content {
  /** The liquidator's bonded address. */
  readonly address: string;
  readonly chainId: bigint;
  /** Secrets of encryption keys, of cards whose ceremony is not over. */
  readonly secrets: readonly bigint[];
  readonly ceremonies: readonly KeptCeremony[];
  /** One for each key, of its newest generation. */
  readonly shares: readonly KeyShare[];
}

/**
 * What a liquidator keeps: its shares, and what it needs of ceremonies that are under way. The file is XChaCha20-Poly1305 under a key
 * that scrypt makes of a password. It is replaced whole or not at all.
 *
 * A share that a resharing has replaced is dropped, with the secrets that could open it again. A backup of the file keeps it: so
 * replace backups after each resharing.
 *
 * @example
 * ```ts
 * import { LiquidatorStore } from "zkmargin/clearing";
 *
 * const owner = { address: houseMember.address, chainId: 31_337n };
 * const store = await LiquidatorStore.create(`${folder}/l1.store`, "a password of some length", owner);
 * console.log(store.shareOf(liquidators.key.key) === undefined); // true
 * ```
 */
export class LiquidatorStore {
  readonly #path: string;
  readonly #salt: Uint8Array;
  readonly #key: Uint8Array;
  #content: Content;

  private constructor(path: string, salt: Uint8Array, key: Uint8Array, content: Content) {
    [this.#path, this.#salt, this.#key, this.#content] = [path, salt, key, content];
  }

  /** A new store, which is written. The caller checks that the file is new. */
  static async create(
    path: string,
    password: string,
    { address, chainId }: Pick<Content, "address" | "chainId">,
  ): Promise<LiquidatorStore> {
    const salt = new Uint8Array(randomBytes(SALT_BYTES));
    const content = { address, chainId, secrets: [], ceremonies: [], shares: [] };
    const store = new LiquidatorStore(path, salt, await keyOfPassword(password, salt), content);
    await store.#write(content);
    return store;
  }

  /**
   * The store of a file.
   * @throws UnreadableError, KeystoreError for another password or a damaged file; neither quotes any of it
   */
  static async open(path: string, password: string): Promise<LiquidatorStore> {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      throw new UnreadableError(path, "a readable file", error.code ?? "another");
    });
    const json = parseStrictJson(text, path, quotable);
    const read = shaped(storeFile, json, { path, expected: "the fields of a liquidator's store", quotable });
    const salt = fromHex(read.salt);
    const key = await keyOfPassword(password, salt);
    const plain = unsealText(key, FORMAT, read.sealed);
    if (plain === undefined) throw new KeystoreError(`${path}: the password does not open this store`);
    const content = shaped(contentFile, parseStrictJson(plain, path, quotable), { path, quotable });
    return new LiquidatorStore(path, salt, key, content);
  }

  /** Runs `work` on the store as its file is now, while no other process does. */
  static exclusively<T>(
    path: string,
    password: string,
    work: (store: LiquidatorStore) => Promise<T>,
  ): Promise<T> {
    return withFileLock(`${path}.lock`, async () => work(await LiquidatorStore.open(path, password)));
  }

  get address(): string {
    return this.#content.address;
  }

  get chainId(): bigint {
    return this.#content.chainId;
  }

  get shares(): readonly KeyShare[] {
    return this.#content.shares;
  }

  get ceremonies(): readonly KeptCeremony[] {
    return this.#content.ceremonies;
  }

  /** Keeps the secret of a new card. */
  async addSecret(secret: bigint): Promise<void> {
    await this.#write({ ...this.#content, secrets: [...this.#content.secrets, secret] });
  }

  /** The secret of this liquidator's card in these terms; undefined where it has none there, or the ceremony is over. */
  secretFor({ members }: Terms): bigint | undefined {
    const cards = members.filter(({ address }) => address.toLowerCase() === this.address.toLowerCase());
    return this.#content.secrets.find((secret) =>
      cards.some(({ encryptionKey }) => samePoint(encryptionKey, keyOf(secret))),
    );
  }

  /** What is kept of the ceremony of these terms. */
  ceremony(terms: Terms): KeptCeremony | undefined {
    const digest = termsDigest(terms);
    return this.#content.ceremonies.find((kept) => termsDigest(kept.terms) === digest);
  }

  /** Its share of a key; of its newest generation alone. */
  shareOf(key: LiquidatorsKey["key"]): KeyShare | undefined {
    return this.#content.shares.find((share) => samePoint(share.key.key, key));
  }

  /** Keeps the state of a ceremony that is under way. */
  async keep(state: CeremonyState): Promise<void> {
    const others = this.#content.ceremonies.filter(
      ({ terms }) => termsDigest(terms) !== termsDigest(state.terms),
    );
    const ceremonies = [...others, { ...state, done: false }];
    await this.#write({ ...this.#content, ceremonies });
  }

  /**
   * Ends a ceremony: its key's share replaces the one before, and all secrets of the ceremony go. A ceremony that is over ends again
   * without effect.
   * @param share absent for an old member that has none of the new
   * @throws OutOfRangeError for a key whose newer generation is there
   */
  async finish(
    { terms, sent }: CeremonyState,
    key: LiquidatorsKey,
    share: KeyShare | undefined,
  ): Promise<void> {
    const before = this.shareOf(key.key);
    if (before !== undefined && before.key.generation >= key.generation)
      throw new OutOfRangeError("key.generation", `above ${before.key.generation}`, String(key.generation));
    const digest = termsDigest(terms);
    const spent = this.secretFor(terms);
    const { secrets, ceremonies, shares } = this.#content;
    await this.#write({
      ...this.#content,
      secrets: secrets.filter((secret) => secret !== spent),
      ceremonies: [
        ...ceremonies.filter((kept) => termsDigest(kept.terms) !== digest),
        { terms, sent, done: true },
      ],
      shares: [...shares.filter((each) => each !== before), ...(share === undefined ? [] : [share])],
    });
  }

  async #write(content: Content): Promise<void> {
    const ceremonies = content.ceremonies.map((kept) => ({ ...kept, sent: kept.sent.map(messageJson) }));
    const sealed = sealText(this.#key, FORMAT, jsonText({ format: CONTENT_FORMAT, ...content, ceremonies }));
    const file = { format: FORMAT, salt: toHex(this.#salt), sealed };
    await writeAtomic(this.#path, jsonText(file), OWNER_ONLY);
    this.#content = content;
  }
}

async function keyOfPassword(password: string, salt: Uint8Array): Promise<Uint8Array> {
  if (password.length < LEAST_PASSWORD)
    throw new FormatError("password", `at least ${LEAST_PASSWORD} characters`, "fewer");
  return new Uint8Array(await derive(password.normalize("NFC"), salt, KEY_BYTES, SCRYPT));
}

/** Characters of a store's password at least. */
export const LEAST_PASSWORD = 12;
