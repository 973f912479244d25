import { randomBytes } from "node:crypto";
import { ArchiveConflictError, ArchiveDamagedError, ArchiveKeyError, UnwritableError } from "../../errors.js";
import type { DisclosedOpening, Scope } from "../disclosure.js";
import {
  ARCHIVE_NONCE_BYTES,
  archiveIdentity,
  type InstitutionKeys,
  institutionKeys,
  leafKey,
  rangeKeys,
} from "./keys.js";
import {
  type ArchiveRecord,
  BOX_LENGTH,
  bodyText,
  grantLabelText,
  grantText,
  LABEL_LENGTH,
  MARK_LENGTH,
  markText,
  openingLabelText,
  openPart,
  parseRecord,
  partContext,
  peekRecord,
  type RecordKind,
  readBody,
  readOpeningLabel,
  recordHash,
  recordText,
} from "./record.js";
import { seal, sealTo } from "./seal.js";
import { ArchiveFolder } from "./walk.js";

const NO_RECORD = "0".repeat(64);
/** Records read at once. */
const AT_ONCE = 64;

/** Where something was put. */
export interface Archived {
  readonly number: number;
  /** Whether it was not there before. */
  readonly isNew: boolean;
}

/**
 * An institution's archive, to write to. What is added is on the disk, whole, once the promise resolves.
 *
 * @example
 * ```ts
 * import { Archive, disclosedOpening } from "zkmargin/audit";
 *
 * const archive = await Archive.create(`${folder}/desk.archive`, secret);
 * await archive.add(disclosedOpening(opening, market.listing, null), 1_621_209_600);
 * ```
 */
export class Archive {
  readonly #folder: ArchiveFolder;
  readonly #keys: InstitutionKeys;
  /** By account and sequence, of all records up to `#seen`. */
  readonly #openings = new Map<string, { readonly number: number; readonly commitment: bigint }>();
  #seen = 0;

  private constructor(folder: ArchiveFolder, keys: InstitutionKeys) {
    this.#folder = folder;
    this.#keys = keys;
  }

  /** Identity of the archive. */
  get identity(): string {
    return this.#keys.archive;
  }

  /** Makes a new archive of the institution that has that secret. @throws UnwritableError, and the file system's error */
  static async create(path: string, secret: Uint8Array): Promise<Archive> {
    const folder = await ArchiveFolder.make(path);
    const archive = new Archive(folder, institutionKeys(secret, randomBytes(ARCHIVE_NONCE_BYTES)));
    await archive.#append("header", async () => ({}));
    return archive;
  }

  /** @throws UnreadableError if there is no archive, ArchiveKeyError if it is of another secret */
  static async open(path: string, secret: Uint8Array): Promise<Archive> {
    const folder = await ArchiveFolder.open(path);
    await folder.sweep();
    return new Archive(folder, await institutionKeysOf(folder, secret));
  }

  /**
   * Archives an opening, sealed to the institution and to every present or later grantee of its account and sequence.
   * The same opening again makes no second record, so an interrupted run may archive again. It makes one if it comes with the
   * sources of its sleeve, which the record does not have.
   * @param time now, unix seconds
   * @throws ArchiveConflictError if another commitment is archived under that account and sequence
   * @throws ArchiveDamagedError if the newest record is damaged, and the file system's error
   */
  async add(disclosed: DisclosedOpening, time: number): Promise<Archived> {
    const { account, sequence, commitment } = disclosed;
    const { mark, tree } = this.#keys.account(account);
    const body = bodyText({ time, disclosed });
    let known: number | undefined;
    const number = await this.#append("opening", async (sealing) => {
      known = await this.#find(disclosed);
      if (known !== undefined) return undefined;
      return {
        label: sealing("label", this.#keys.label, openingLabelText(disclosed), LABEL_LENGTH),
        mark: sealing("mark", mark, markText(sequence), MARK_LENGTH),
        body: sealing("body", leafKey(tree, sequence), body.text, body.length),
      };
    });
    return known === undefined ? { number, isNew: true } : { number: known, isNew: false };
  }

  /**
   * Gives an auditor the keys of a range of an account's sequences, sealed to the auditor's public key. They open what is
   * archived in it already and what will be, and nothing else, for ever: what was given cannot be taken back.
   * @returns the number of the record
   * @throws FormatError for a public key that is none
   * @throws ArchiveDamagedError if the newest record is damaged, and the file system's error
   */
  grant(auditor: Uint8Array, scope: Scope, time: number): Promise<number> {
    const { mark, tree } = this.#keys.account(scope.account);
    const keys = rangeKeys(tree, scope.first, scope.last);
    const named = { ...scope, auditor: Buffer.from(auditor).toString("hex"), time };
    return this.#append("grant", async (sealing, context) => ({
      label: sealing("label", this.#keys.label, grantLabelText(named), LABEL_LENGTH),
      box: sealTo(auditor, grantText({ ...scope, mark, keys }), BOX_LENGTH, context("box")),
    }));
  }

  /** Adds a record behind the newest one. If another process takes its number first, it takes the next. */
  async #append(
    kind: RecordKind,
    sealed: (
      sealing: (part: string, key: Uint8Array, text: string, length: number) => Uint8Array,
      context: (part: string) => string,
    ) => Promise<ArchiveRecord["sealed"] | undefined>,
  ): Promise<number> {
    for (;;) {
      const { number, previous } =
        kind === "header" ? { number: 0, previous: NO_RECORD } : await this.#next();
      const place = { archive: this.#keys.archive, number, previous, kind };
      const context = (part: string) => partContext(place, part);
      const parts = await sealed(
        (part, key, text, length) => seal(key, text, length, context(part)),
        context,
      );
      if (parts === undefined) return number;
      const text = recordText({ ...place, sealed: parts }, this.#keys.signer);
      if (await this.#folder.add(number, text)) return number;
      if (kind === "header")
        throw new UnwritableError(
          this.#folder.path,
          "a new or an empty folder",
          "one that was just made an archive",
        );
    }
  }

  /** The place behind the newest record, once all that came since the last look are known. */
  async #next(): Promise<{ number: number; previous: string }> {
    const numbers = this.#seen === 0 ? await this.#folder.numbers() : await this.#folder.onFrom(this.#seen);
    for (let at = 0; at < numbers.length; at += AT_ONCE) {
      const files = numbers.slice(at, at + AT_ONCE).map((number) => this.#folder.read(number));
      for (const bytes of await Promise.all(files)) this.#learn(bytes);
    }
    const newest = numbers[numbers.length - 1] ?? this.#seen - 1;
    const bytes = await this.#folder.read(newest);
    if (!this.#isSound(parseRecord(bytes), newest))
      throw new ArchiveDamagedError(
        `archive record ${newest}: expected the newest record of this archive, got a damaged or another one; ` +
          "restore it from a copy (zkmargin archive verify), or begin another archive",
      );
    this.#seen = newest + 1;
    return { number: newest + 1, previous: recordHash(bytes) };
  }

  /**
   * The record of an account and sequence, unless it says less than the opening or is damaged: then it is as if there were none.
   * @throws ArchiveConflictError
   */
  async #find({ account, sequence, commitment, sources }: DisclosedOpening): Promise<number | undefined> {
    const found = this.#openings.get(keyOf(account, sequence));
    if (found === undefined) return undefined;
    if (found.commitment !== commitment)
      throw new ArchiveConflictError(
        `archive record ${found.number}`,
        "the same opening of this account and sequence",
        "another one",
        "give a changed book the next sequence",
      );
    const record = parseRecord(await this.#folder.read(found.number));
    if (!this.#isSound(record, found.number)) return undefined;
    if (sources === undefined) return found.number;
    const archived = openPart(record, "body", leafKey(this.#keys.account(account).tree, sequence), readBody);
    return archived?.disclosed.sources === undefined ? undefined : found.number;
  }

  #isSound(record: ArchiveRecord | undefined, number: number): record is ArchiveRecord {
    return record?.archive === this.#keys.archive && record.number === number;
  }

  /** Notes what a record says it opens. Its label is authenticated; whether the rest is sound is looked at when it matters. */
  #learn(bytes: Uint8Array): void {
    const record = peekRecord(bytes);
    if (record?.kind !== "opening") return;
    const label = openPart(record, "label", this.#keys.label, readOpeningLabel);
    // The newest one: it was put there because the one before it was damaged, or said less.
    if (label !== undefined)
      this.#openings.set(keyOf(label.account, label.sequence), {
        number: record.number,
        commitment: label.commitment,
      });
  }
}

/**
 * The institution's keys of an archive. They are of the first record that the secret made, so that a damaged one at the
 * beginning keeps nobody out.
 * @throws ArchiveKeyError
 */
export async function institutionKeysOf(folder: ArchiveFolder, secret: Uint8Array): Promise<InstitutionKeys> {
  const tried = new Set<string>();
  for (const number of await folder.numbers()) {
    const record = parseRecord(await folder.read(number));
    const identity = record && archiveIdentity(record.archive);
    if (record === undefined || identity === undefined || tried.has(record.archive)) continue;
    tried.add(record.archive);
    const keys = institutionKeys(secret, identity.nonce);
    if (keys.archive === record.archive) return keys;
  }
  throw new ArchiveKeyError(
    folder.path,
    "an archive of this secret",
    "one of another",
    "give the secret that it was made with",
  );
}

function keyOf(account: string, sequence: bigint): string {
  return `${sequence} ${account}`;
}
