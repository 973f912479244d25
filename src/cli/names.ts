import type { Argument, Command, Option } from "commander";
import { type Names, parseNames } from "../audit/names.js";
import { checksummed } from "../encoding/address.js";
import { FormatError, UsageError } from "../errors.js";
import { type Io, readKept } from "./io.js";
import { parametersOf } from "./paths.js";

/** What a name may stand for where an option or argument takes one. */
export type NameKind = "account" | "address" | "token";

const kinds = new WeakMap<object, NameKind>();

/** Marks a parser of commander: what it reads may be a name, which {@link resolveNames} replaces by its id. */
export function nameable<T extends object>(parse: T, kind: NameKind | undefined): T {
  if (kind !== undefined) kinds.set(parse, kind);
  return parse;
}

/** What a parser was marked with. */
export function kindOfParser(parse: object): NameKind | undefined {
  return kinds.get(parse);
}

export const ACCOUNT_ID = /^0x[0-9a-f]{64}$/;
export const AN_ACCOUNT =
  "an account of 0x and 64 small hex digits (zkmargin attest open), or its name in --names";
export const AN_ADDRESS =
  "an address of 0x and 40 hex digits, with a right checksum or without capitals, or its name in --names";

/** Whether a text may be a name: an id that is mistyped is none. */
export function mayBeName(text: string): boolean {
  return text !== "" && text.length <= 200 && !/^0x/i.test(text) && !text.startsWith("-");
}

/**
 * Reads the file of names that a command was given, and replaces each name on its command line by its id. An account may also be
 * written `owner:sub-account`, with the owner's name or address, and needs no entry then.
 * @throws UsageError for a name that the file does not have, or has for something else
 */
export async function resolveNames(io: Io, command: Command): Promise<void> {
  const file: unknown = command.getOptionValue("names");
  // A command that has names and no deployment reads the file itself.
  const isOnChain = command.options.some(({ long }) => long === "--deployment");
  if (typeof file === "string" && isOnChain)
    io.names.byId = parseNames(await readKept(io, file, "names"), file);
  const ids = idsOf(io.names.byId);
  for (const { name, of, placeholder } of parametersOf(command)) {
    const kind = of.parseArg === undefined ? undefined : kinds.get(of.parseArg);
    const resolve =
      kind !== undefined
        ? (text: string) => resolved(text, kind, name, ids)
        : placeholder.startsWith("account=")
          ? (text: string) => resolvedPair(text, name, ids)
          : undefined;
    if (resolve !== undefined) await replace(command, of, resolve);
  }
}

async function replace(
  command: Command,
  of: Option | Argument,
  resolve: (text: string) => Promise<string>,
): Promise<void> {
  const at = "flags" in of ? -1 : command.registeredArguments.indexOf(of);
  const value: unknown =
    "flags" in of ? command.getOptionValue(of.attributeName()) : command.processedArgs[at];
  const texts = [value].flat().filter((text): text is string => typeof text === "string");
  if (texts.length === 0) return;
  const ids: string[] = [];
  for (const text of texts) ids.push(await resolve(text));
  const found = Array.isArray(value) ? ids : ids[0];
  if ("flags" in of) {
    const key = of.attributeName();
    command.setOptionValueWithSource(key, found, command.getOptionValueSource(key));
  } else command.processedArgs[at] = found;
}

/** The id that a text is or names. @throws UsageError */
export async function resolved(
  text: string,
  kind: NameKind,
  at: string,
  ids: ReadonlyMap<string, string>,
): Promise<string> {
  if (kind === "account" ? ACCOUNT_ID.test(text) : checksummed(text) !== undefined) return text;
  const id = ids.get(folded(text));
  if (kind === "account") {
    if (id !== undefined && ACCOUNT_ID.test(id)) return id;
    const derived = await ofOwner(text, ids);
    if (derived !== undefined) return derived;
  } else {
    const address = id === undefined ? undefined : checksummed(id);
    if (address !== undefined) return address;
    // A token has its symbol as well, which the vault knows.
    if (kind === "token") return text;
  }
  const expected = kind === "account" ? AN_ACCOUNT : AN_ADDRESS;
  const got = id === undefined ? "a name that it does not have" : "the name of something else";
  throw new UsageError(`${at}: expected ${expected}, got ${ids.size === 0 ? "other text" : got}`);
}

/** First line of a list of accounts: without it a list of ids could not be told from a secret. */
const LIST_HEAD = "# zkmargin/accounts@1";

/**
 * The accounts of a list: one a line, each by its id, its name or `owner:sub-account`. Empty lines and those that begin with `#`
 * are left out.
 * @param at what the list is called in errors
 * @throws FormatError if its first line is another than {@link LIST_HEAD}
 * @throws UsageError naming the line
 */
export async function accountList(io: Io, text: string, at: string): Promise<string[]> {
  const ids = idsOf(io.names.byId);
  const found: string[] = [];
  if (text.split(/\r?\n/, 1)[0]?.trim() !== LIST_HEAD)
    throw new FormatError(`${at}: line 1`, LIST_HEAD, "another line");
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const written = line.trim();
    if (written === "" || written.startsWith("#")) continue;
    found.push(await resolved(written, "account", `${at}: line ${i + 1}`, ids));
  }
  return found;
}

/** The account of `owner:sub-account`. */
async function ofOwner(text: string, ids: ReadonlyMap<string, string>): Promise<string | undefined> {
  const at = text.indexOf(":");
  if (at < 1 || at === text.length - 1) return undefined;
  const owner = text.slice(0, at);
  const address = checksummed(owner) ?? checksummed(ids.get(folded(owner)) ?? "");
  if (address === undefined) return undefined;
  const { accountId } = await import("../chain/attest.js");
  return accountId(address, text.slice(at + 1));
}

/** `account=file` with the account's id: of the parts before an equals sign, the one that is a name. Or an account alone. */
async function resolvedPair(text: string, at: string, ids: ReadonlyMap<string, string>): Promise<string> {
  if (ACCOUNT_ID.test(text.slice(0, text.indexOf("=")))) return text;
  if (!text.includes("=")) return resolved(text, "account", at, ids);
  for (let end = text.indexOf("="); end > 0; end = text.indexOf("=", end + 1)) {
    const found = await resolved(text.slice(0, end), "account", at, ids).catch(() => undefined);
    if (found !== undefined) return `${found}${text.slice(end)}`;
  }
  throw new UsageError(`expected <account>=<file>, with ${AN_ACCOUNT}, got other text`);
}

function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}

/** The ids of names, by their folded names. */
export function idsOf(names: Names): Map<string, string> {
  return new Map([...names].map(([id, name]) => [folded(name), id]));
}
