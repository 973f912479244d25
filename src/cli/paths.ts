import { join } from "node:path";
import type { Argument, Command, Option } from "commander";
import { UsageError } from "../errors.js";
import { TIERS } from "../protocol/tiers.js";
import { findPreset } from "../risk/presets.js";
import { priceSource } from "./arguments.js";
import { type NamedPath, STDIN } from "./inputs.js";
import type { Io } from "./io.js";

/** Placeholders of options and arguments that name a file or a folder. */
const PATHS: readonly string[] = [
  ...[
    "file",
    "folder",
    "csv",
    "name|file",
    "days|plan",
    "book",
    "bundle",
    "market",
    "proposal",
    "audit",
    "archive",
    "offer",
    "half",
    "sleeve",
    "summary",
    "positions",
    "scenario",
    "cards",
    "terms",
  ],
  ...["attestations", "account=bundle", "account=book", "asset=file", "listing"],
];
/** Those that name a folder which is the command's as a whole: nothing else is kept in it. */
const FOLDERS: readonly string[] = ["archive", "folder"];
/** Placeholders of everything else: a new one is to be put into one list or the other. */
export const OTHERS: readonly string[] = [
  ...[
    "account",
    "accounts",
    "address",
    "amount",
    "asset",
    "asset=dollars",
    "asset=time",
    "batch",
    "block",
    "bps",
    "column=name",
    "contract",
    "contract=size",
    "creditor",
    "day",
    "days",
    "dollars",
    "fee:spacing",
    "fund",
    "group",
    "gwei",
  ],
  ...[
    "head",
    "hex",
    "id",
    "key",
    "line",
    "moves",
    "ms",
    "n",
    "name",
    "name=profile",
    "offset",
    "owner",
    "program|url",
    "seconds",
    "shell",
    "symbol",
    "symbol=symbol",
    "text",
    "time",
    "url",
    "what",
  ],
  ...["when", "words", "yyyy-mm-dd"],
];

/** What is written, by command. All else that names a path is read, so {@link Inputs} keeps it from being written. */
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  "": [
    "--out",
    "--journal",
    "--checkpoint",
    "--export",
    "--state",
    "--archive",
    "--csv",
    "--html",
    "--store",
    "--save-log",
  ],
  "archive init": ["<archive>"],
  "archive grant": ["<archive>"],
  "ceremony start": ["<folder>"],
  "ceremony contribute": ["<folder>", "--attestation"],
  "ceremony beacon": ["<folder>"],
  "ceremony finish": ["<folder>"],
  setup: ["--home"],
  "names add": ["--names"],
  "attest serve": ["--outbox"],
  "sleeve arrays": ["--book-out"],
  "book import": ["--sleeve-out"],
  "remote audit": ["--save-lock-log"],
  "clearing liquidator keygen": ["--store"],
  "clearing liquidator join": ["--store", "--board"],
};
/** Folders that are only a place to write to: what is written there is checked file by file. */
const SHARED: readonly string[] = ["--out", "--outbox", "--board", "--export", "--csv"];

/** An option or argument of a command that names a path. */
export interface PathParameter {
  /** As it is shown to people: `--out`, `<book>`. */
  readonly name: string;
  readonly placeholder: string;
  readonly written: boolean;
  /** Whether it is a folder that is written to, and in which other things may be as well. */
  readonly shared: boolean;
  readonly of: Option | Argument;
}

/** The options and arguments of a command that name paths. */
export function pathsOf(command: Command): PathParameter[] {
  const written = [...(WRITTEN[""] ?? []), ...(WRITTEN[nameOf(command)] ?? [])];
  return parametersOf(command)
    .filter(({ placeholder }) => PATHS.includes(placeholder))
    .map((parameter) => ({
      ...parameter,
      written: written.includes(parameter.name),
      shared: FOLDERS.includes(parameter.placeholder) && SHARED.includes(parameter.name),
    }));
}

/** All options and arguments of a command that take a value. */
export function parametersOf(command: Command): Omit<PathParameter, "written" | "shared">[] {
  const options = command.options.flatMap((option) => {
    const placeholder = /[<[](.+?)(?:\.\.\.)?[>\]]/.exec(option.flags)?.[1];
    return placeholder === undefined ? [] : [{ name: option.long ?? option.flags, placeholder, of: option }];
  });
  const args = command.registeredArguments.map((argument) => {
    const placeholder = argument.name().replace(/\.\.\.$/, "");
    return { name: `<${placeholder}>`, placeholder, of: argument };
  });
  return [...args, ...options];
}

/**
 * Notes what a command line reads and writes, before anything is done.
 * @throws UsageError for standard input twice, UnwritableError for an output that is an input
 */
export async function notePaths(io: Io, command: Command): Promise<void> {
  const given = pathsOf(command).flatMap((parameter) =>
    valuesOf(command, parameter).flatMap((path) => placed(parameter, path)),
  );
  const standard = given.filter(({ path, written }) => path === STDIN && !written);
  if (standard.length > 1)
    throw new UsageError(
      `expected "-", standard input, for one of ${standard.map(({ name }) => name).join(", ")}, got it for ${standard.length}; name a file instead`,
    );
  for (const parameter of given) if (!parameter.written) await io.inputs.reads(parameter);
  for (const parameter of given)
    if (parameter.written && parameter.path !== STDIN) await io.inputs.writes(parameter);
}

type Given = NamedPath & { readonly written: boolean };

function placed({ name, placeholder, written, shared }: PathParameter, path: string): Given[] {
  if (name === "--home")
    return TIERS.map((tier) => ({ name, path: join(path, tier.name), written, folder: true }));
  return shared ? [] : [{ name, path, written, folder: FOLDERS.includes(placeholder) }];
}

function valuesOf(command: Command, { of, placeholder }: PathParameter): string[] {
  const value: unknown =
    "flags" in of
      ? command.getOptionValue(of.attributeName())
      : command.processedArgs[command.registeredArguments.indexOf(of)];
  const texts = [value].flat().filter((text): text is string => typeof text === "string" && text !== "");
  if (placeholder === "name|file") return texts.filter((text) => findPreset(text) === undefined);
  if (placeholder === "asset=file") return texts.map((text) => priceSource(text).path);
  if (!placeholder.startsWith("account=")) return texts;
  return texts.filter((text) => text.includes("=")).map((text) => text.slice(text.indexOf("=") + 1));
}

/** Placeholders of what may be named instead of being given by its id. */
const NAMED: readonly string[] = ["account", "accounts", "address", "contract", "creditor", "id", "symbol"];

/** Whether a command takes something that may be named: names are read for such ones alone. */
export function needsNames(command: Command): boolean {
  return parametersOf(command).some(
    ({ name, placeholder }) =>
      name === "--names" || NAMED.includes(placeholder) || placeholder.startsWith("account="),
  );
}

/** The words of a command, `zkmargin` left out. */
export function nameOf(command: Command): string {
  const above = command.parent;
  return above === null ? "" : [nameOf(above), command.name()].filter((word) => word !== "").join(" ");
}
