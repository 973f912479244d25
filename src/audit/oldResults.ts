import { isJsonObject, type JsonObject, type JsonValue } from "../encoding/strictJson.js";

const VERSION = "zkmargin/audit@";

/**
 * An audit of an earlier version as one of the version of now. Version 2 called attesters `attestors`; up to version 3 epochs had
 * a `shockCap`, and nothing a sleeve; up to version 4 no claim told of a support or a sleeve, no
 * book of its sleeve, and `record-mismatch` had another name.
 */
export function upgraded(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return value;
  switch (value.format) {
    case `${VERSION}2`:
      return upgraded({ ...eachAccount(value, withAttesters), format: `${VERSION}3` });
    case `${VERSION}3`:
      return upgraded({ ...withoutCaps(value), format: `${VERSION}4` });
    case `${VERSION}4`:
      return {
        ...withRecordMismatch(eachAccount(withoutSleeves(value), withPlainRecords)),
        format: `${VERSION}5`,
      };
    default:
      return value;
  }
}

function eachAccount(value: JsonObject, edit: (account: JsonObject) => JsonObject): JsonObject {
  return { ...value, accounts: each(value.accounts, edit) };
}

function withAttesters(account: JsonObject): JsonObject {
  if (!("attestors" in account)) return account;
  const { attestors, ...rest } = account;
  return { ...rest, attesters: attestors ?? null };
}

/** Without the shock caps of epochs, in a deployment in which no asset could carry a sleeve. */
function withoutCaps(value: JsonObject): JsonObject {
  const epochs = eachItem(value.epochs, (epoch) => {
    if (typeof epoch.shockCap !== "number") return epoch;
    const { shockCap: _, ...rest } = epoch;
    return rest;
  });
  const { deployment = null } = value;
  if (!isJsonObject(deployment) || !isJsonObject(deployment.terms ?? null)) return { ...value, epochs };
  const terms = { ...(deployment.terms as JsonObject), sleeveSlots: 0 };
  return { ...value, epochs, deployment: { ...deployment, terms } };
}

function withoutSleeves(value: JsonObject): JsonObject {
  const { coverage = null } = value;
  if (!isJsonObject(coverage)) return value;
  return { ...value, coverage: { ...coverage, sleeves: 0, sleevesComputed: 0 } };
}

/** Findings of a record on chain by the name that they have now. */
function withRecordMismatch(value: JsonObject): JsonObject {
  const { findings = null } = value;
  if (!isJsonObject(findings) || !isJsonObject(findings.byCode ?? null)) return value;
  const named = (code: JsonValue | undefined) =>
    code === "note-mismatch" ? "record-mismatch" : (code ?? null);
  const byCode = Object.fromEntries(
    Object.entries(findings.byCode as JsonObject).map(([code, count]) => [`${named(code)}`, count]),
  );
  const listed = each(findings.listed, (finding) => ({ ...finding, code: named(finding.code) }));
  return { ...value, findings: { ...findings, byCode, listed } };
}

/** An account whose claims and books say nothing of dollars or sleeves: claims that did had no place in the list. */
function withPlainRecords(account: JsonObject): JsonObject {
  const plain = { support: "0", sleeve: false, asItIs: true };
  return {
    ...account,
    claims: eachItem(account.claims, (claim) => ({ ...claim, ...plain })),
    composition: eachItem(account.composition, (book) => ({ ...book, sleeve: null })),
  };
}

/** A bounded list with its items edited; what is none stays as it is, for the schema to refuse. */
function eachItem(list: JsonValue | undefined, edit: (item: JsonObject) => JsonObject): JsonValue {
  return isJsonObject(list ?? null)
    ? { ...(list as JsonObject), items: each((list as JsonObject).items, edit) }
    : (list ?? null);
}

function each(items: JsonValue | undefined, edit: (item: JsonObject) => JsonObject): JsonValue {
  if (!Array.isArray(items)) return items ?? null;
  return items.map((item) => (isJsonObject(item) ? edit(item) : item));
}
