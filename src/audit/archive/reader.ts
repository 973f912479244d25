import { ArchiveDamagedError, ArchiveKeyError } from "../../errors.js";
import { commitBook } from "../../protocol/commitment.js";
import { listingDigest } from "../../protocol/listing.js";
import { covers, type DisclosedOpening, type Scope } from "../disclosure.js";
import { institutionKeysOf } from "./archive.js";
import type { InstitutionKeys } from "./keys.js";
import { leafKey, leafKeyInRange } from "./keys.js";
import {
  type ArchivedOpening,
  type ArchiveRecord,
  type Grant,
  type GrantLabel,
  openPart,
  parseRecord,
  partContext,
  readBody,
  readGrant,
  readGrantLabel,
  readMark,
  readOpeningLabel,
} from "./record.js";
import { type KeyPair, unsealBox } from "./seal.js";
import {
  type ArchiveFinding,
  type ArchiveFindingCode,
  ArchiveFolder,
  type ArchiveHead,
  walkArchive,
} from "./walk.js";

/** With what an archive is read: the institution's secret, an auditor's key, or nothing, which opens nothing. */
export type ArchiveReaderKey =
  | { readonly secret: Uint8Array }
  | { readonly auditor: KeyPair }
  | { readonly none: true };

/** An opening that the key opens, and the number of its record. */
export interface OpenedStep extends ArchivedOpening {
  readonly number: number;
}

/** What a reader comes upon. */
export type ArchiveStep =
  | { readonly finding: ArchiveFinding }
  | OpenedStep
  /** A grant, to the institution only. */
  | { readonly number: number; readonly grant: GrantLabel }
  /** A record that is sound, and not the key's to open. */
  | { readonly number: number };

/**
 * Reads an archive with a key.
 *
 * @example
 * ```ts
 * import { Archive, ArchiveReader, disclosedOpening } from "zkmargin/audit";
 *
 * const archive = await Archive.create(`${folder}/read.archive`, secret);
 * await archive.add(disclosedOpening(opening, market.listing, null), 1_621_209_600);
 * const reader = await ArchiveReader.open(`${folder}/read.archive`, { secret }); // or { auditor: parseAuditorKey(text) }
 * for await (const step of reader.steps()) console.log("disclosed" in step); // true
 * ```
 */
export class ArchiveReader {
  readonly archive: string;
  readonly #folder: ArchiveFolder;
  readonly #opener: Opener | null;
  readonly #label: Uint8Array | null;
  #head: ArchiveHead = { number: 0, hash: "0".repeat(64) };

  private constructor(
    folder: ArchiveFolder,
    archive: string,
    opener: Opener | null,
    label: Uint8Array | null,
  ) {
    this.#folder = folder;
    this.archive = archive;
    this.#opener = opener;
    this.#label = label;
  }

  /**
   * @throws UnreadableError if there is no archive
   * @throws ArchiveKeyError if the secret is of another one, or nothing was granted to the auditor
   */
  static async open(path: string, key: ArchiveReaderKey): Promise<ArchiveReader> {
    const folder = await ArchiveFolder.open(path);
    if ("secret" in key) {
      const keys: InstitutionKeys = await institutionKeysOf(folder, key.secret);
      return new ArchiveReader(folder, keys.archive, institutionOpener(keys), keys.label);
    }
    const archive = await identityOf(folder);
    if ("none" in key) return new ArchiveReader(folder, archive, null, null);
    const grants: Grant[] = [];
    for await (const step of walkArchive(folder, { archive })) {
      const grant = "record" in step && step.record.kind === "grant" && grantIn(step.record, key.auditor);
      if (grant) grants.push(grant);
    }
    if (grants.length === 0)
      throw new ArchiveKeyError(
        path,
        "a grant for this auditor's key",
        "none",
        "ask the institution for one (zkmargin archive grant)",
      );
    return new ArchiveReader(folder, archive, auditorOpener(grants), null);
  }

  /** What the key may open: null is everything. */
  get scopes(): readonly Scope[] | null {
    return this.#opener === null ? [] : this.#opener.scopes;
  }

  /** The newest sound record, once the archive has been read. */
  get head(): ArchiveHead {
    return this.#head;
  }

  /** Number of records, sound or not. */
  async count(): Promise<number> {
    return (await this.#folder.numbers()).length;
  }

  /** Reads all records in their order. @param known a head that was noted earlier */
  async *steps(known?: ArchiveHead): AsyncGenerator<ArchiveStep, void> {
    const commitments = new Map<string, bigint>();
    const { archive } = this;
    for await (const step of walkArchive(this.#folder, { archive, ...(known && { known }) })) {
      if ("finding" in step) {
        yield step;
        continue;
      }
      const { record, hash } = step;
      const { number } = record;
      this.#head = { number, hash };
      if (record.kind === "grant" && this.#label !== null) {
        const grant = openPart(record, "label", this.#label, readGrantLabel);
        yield grant === undefined
          ? { finding: { code: "sealed-damaged", record: number } }
          : { number, grant };
        continue;
      }
      const opened = record.kind === "opening" ? this.#opener?.open(record) : undefined;
      if (opened === undefined || "outside" in opened) {
        yield { number };
        continue;
      }
      if ("wrong" in opened) {
        yield { finding: { code: opened.wrong, record: number } };
        continue;
      }
      const { account, sequence, commitment } = opened.opening.disclosed;
      if (!hashes(opened.opening.disclosed))
        yield { finding: { code: "opening-commitment", record: number } };
      const key = `${sequence} ${account}`;
      if ((commitments.get(key) ?? commitment) !== commitment)
        yield { finding: { code: "opening-contradiction", record: number } };
      commitments.set(key, commitment);
      yield { number, ...opened.opening };
    }
  }
}

/** Whether an opening hashes to its commitment. */
function hashes({ opening, listing, commitment }: DisclosedOpening): boolean {
  try {
    return commitBook(opening, opening.salt, listingDigest(listing)) === commitment;
  } catch {
    // An amount out of its range hashes to nothing.
    return false;
  }
}

/** Whose archive it is: what its first sound record says. */
async function identityOf(folder: ArchiveFolder): Promise<string> {
  for (const number of await folder.numbers()) {
    const record = parseRecord(await folder.read(number));
    if (record !== undefined) return record.archive;
  }
  throw new ArchiveDamagedError(
    `${folder.path}: expected an archive, got none of whose records is sound; take a copy of it`,
  );
}

/** What became of an opening's record: opened, outside of what may be opened, or wrong. */
type Opened =
  | { readonly opening: ArchivedOpening }
  | { readonly outside: true }
  | { readonly wrong: ArchiveFindingCode };

/** Opens what somebody may open. */
interface Opener {
  /** What may be opened at most. Null is everything. */
  readonly scopes: readonly Scope[] | null;
  open(record: ArchiveRecord): Opened;
}

/** Opens everything: the institution's own. */
function institutionOpener(keys: InstitutionKeys): Opener {
  return {
    scopes: null,
    open(record) {
      const label = openPart(record, "label", keys.label, readOpeningLabel);
      if (label === undefined) return { wrong: "sealed-damaged" };
      const { account, sequence, commitment } = label;
      const { mark, tree } = keys.account(account);
      const marked = openPart(record, "mark", mark, readMark);
      const opening = openPart(record, "body", leafKey(tree, sequence), readBody);
      if (marked === undefined || opening === undefined) return { wrong: "sealed-damaged" };
      const { disclosed } = opening;
      const agree =
        marked === sequence &&
        disclosed.account === account &&
        disclosed.sequence === sequence &&
        disclosed.commitment === commitment;
      return agree ? { opening } : { wrong: "label-mismatch" };
    },
  };
}

/** Opens what was granted, by whatever grants. */
function auditorOpener(grants: readonly Grant[]): Opener {
  /** One grant for each account; all grants of one account have the same mark key. */
  const accounts = new Map(grants.map((grant) => [grant.account, grant]));
  return {
    scopes: grants.map(({ account, first, last }) => ({ account, first, last })),
    open(record) {
      for (const { account, mark } of accounts.values()) {
        const sequence = openPart(record, "mark", mark, readMark);
        if (sequence === undefined) continue;
        const grant = grants.find((grant) => covers(grant, { account, sequence }));
        const key = grant && leafKeyInRange(grant.keys, grant, sequence);
        if (key === undefined) return { outside: true };
        const opening = openPart(record, "body", key, readBody);
        if (opening === undefined) return { wrong: "sealed-damaged" };
        const { disclosed } = opening;
        const agree = disclosed.account === account && disclosed.sequence === sequence;
        return agree ? { opening } : { wrong: "label-mismatch" };
      }
      return { outside: true };
    },
  };
}

/** The keys in a record's grant, if it was made to the owner of that key pair. */
function grantIn(record: ArchiveRecord, pair: KeyPair): Grant | undefined {
  const box = record.sealed["box"];
  const text = box && unsealBox(pair, box, partContext(record, "box"));
  return text === undefined ? undefined : readGrant(text);
}
