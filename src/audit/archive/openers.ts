import { covers, type Scope } from "../disclosure.js";
import {
  type ArchivedOpening,
  type Grant,
  readBody,
  readGrant,
  readMark,
  readOpeningLabel,
} from "./contents.js";
import type { ArchiveFindingCode } from "./findings.js";
import type { InstitutionKeys } from "./keys.js";
import { leafKey, leafKeyInRange } from "./keyTree.js";
import { type ArchiveRecord, partContext } from "./record.js";
import { type KeyPair, unseal, unsealBox } from "./seal.js";

/** What became of an opening's record: opened, outside of what may be opened, or wrong. */
export type Opened =
  | { readonly opening: ArchivedOpening }
  | { readonly outside: true }
  | { readonly wrong: ArchiveFindingCode };

/** Opens what somebody may open. */
export interface Opener {
  /** What may be opened at most. Null is everything. */
  readonly scopes: readonly Scope[] | null;
  open(record: ArchiveRecord): Opened;
}

/** Opens everything: the institution's own. */
export function institutionOpener(keys: InstitutionKeys): Opener {
  return {
    scopes: null,
    open(record) {
      const label = read(record, "label", keys.label, readOpeningLabel);
      if (label === undefined) return { wrong: "sealed-damaged" };
      const { account, sequence, commitment } = label;
      const { mark, tree } = keys.account(account);
      const marked = read(record, "mark", mark, readMark);
      const opening = read(record, "body", leafKey(tree, sequence), readBody);
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
export function auditorOpener(grants: readonly Grant[]): Opener {
  /** One grant for each account; all grants of one account have the same mark key. */
  const accounts = new Map(grants.map((grant) => [grant.account, grant]));
  return {
    scopes: grants.map(({ account, first, last }) => ({ account, first, last })),
    open(record) {
      for (const { account, mark } of accounts.values()) {
        const sequence = read(record, "mark", mark, readMark);
        if (sequence === undefined) continue;
        const grant = grants.find((grant) => covers(grant, { account, sequence }));
        const key = grant && leafKeyInRange(grant.keys, grant, sequence);
        if (key === undefined) return { outside: true };
        const opening = read(record, "body", key, readBody);
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
export function grantIn(record: ArchiveRecord, pair: KeyPair): Grant | undefined {
  const box = record.sealed["box"];
  const text = box && unsealBox(pair, box, partContext(record, "box"));
  return text === undefined ? undefined : readGrant(text);
}

/** A sealed part of a record, opened and read. */
export function read<T>(
  record: ArchiveRecord,
  part: string,
  key: Uint8Array,
  reader: (text: string) => T | undefined,
): T | undefined {
  const sealed = record.sealed[part];
  const text = sealed && unseal(key, sealed, partContext(record, part));
  return text === undefined ? undefined : reader(text);
}
