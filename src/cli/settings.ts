import { access } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type Command, InvalidArgumentError, type Option } from "commander";
import { UsageError } from "../errors.js";
import type { Config } from "./config.js";
import { type Io, readInput } from "./io.js";

/** The name of a config file, in the working folder or one above it. */
export const CONFIG_FILE = "zkmargin.config.json";

/** An option that the environment or a config file may give instead. */
interface Setting {
  readonly field: keyof Config;
  readonly option: string;
  readonly variable: string;
  /** Whether it is a path, which in a file is relative to the file's folder. */
  readonly path?: true;
}

const SETTINGS: readonly Setting[] = [
  { field: "rpc", option: "--rpc", variable: "ZKMARGIN_RPC" },
  { field: "deployment", option: "--deployment", variable: "ZKMARGIN_DEPLOYMENT", path: true },
  { field: "home", option: "--home", variable: "ZKMARGIN_HOME", path: true },
  { field: "journal", option: "--journal", variable: "ZKMARGIN_JOURNAL", path: true },
  { field: "listing", option: "--listing", variable: "ZKMARGIN_LISTING", path: true },
  { field: "names", option: "--names", variable: "ZKMARGIN_NAMES", path: true },
  { field: "feeCap", option: "--fee-cap", variable: "ZKMARGIN_FEE_CAP" },
  { field: "signer", option: "--signer", variable: "ZKMARGIN_SIGNER" },
  { field: "from", option: "--from", variable: "ZKMARGIN_FROM" },
];
/** What says whose key it is. Where one is given, no setting adds another. */
const KEYS: readonly string[] = ["--keystore", "--key-env"];

/** A config file that was found. */
interface Found {
  readonly path: string;
  readonly config: Config;
}

/** What a setting comes to, and which of its places says so. */
export interface Effective {
  readonly field: string;
  readonly variable: string;
  /** Texts as an option takes them; none where nothing gives one. */
  readonly values: readonly string[];
  /** `environment`, or the path of the config file; null where neither gives one, so that the option's default holds. */
  readonly from: string | null;
}

/**
 * Gives a command's options what the environment or a config file says of them, where the command line does not: a flag comes before
 * the environment, that before the file, and that before the default.
 * @throws UsageError naming the variable, InputError naming the file and the field
 */
export async function applySettings(io: Io, command: Command): Promise<void> {
  const known = SETTINGS.filter(({ option }) => optionOf(command, option) !== undefined);
  if (known.length === 0) return;
  const hasKey = KEYS.some((name) => isGiven(command, name));
  const found = await findConfig(io, rootOf(command).getOptionValue("config"));
  for (const { field, option: name, ...setting } of known) {
    const option = optionOf(command, name);
    const ofSigner = field === "signer" || field === "from";
    if (option === undefined || isGiven(command, name)) continue;
    if (ofSigner && (hasKey || optionOf(command, "--signer") === undefined)) continue;
    const { values, from } = await valuesOf({ field, option: name, ...setting }, found);
    if (from === null) continue;
    let value: unknown;
    for (const text of values)
      value = parsed(option, text, value, from === "environment" ? setting.variable : from);
    command.setOptionValueWithSource(
      option.attributeName(),
      value,
      from === "environment" ? "env" : "config",
    );
  }
}

/** Every setting, as a command without options would take it, and the config file if there is one. */
export async function effectiveSettings(
  io: Io,
  config?: string,
): Promise<{ file: string | null; settings: Effective[] }> {
  const found = await findConfig(io, config);
  const settings: Effective[] = [];
  for (const setting of SETTINGS) {
    const { field, variable } = setting;
    settings.push({ field, variable, ...(await valuesOf(setting, found)) });
  }
  return { file: found?.path ?? null, settings };
}

async function valuesOf(
  { field, variable, path }: Setting,
  found: Found | undefined,
): Promise<Pick<Effective, "values" | "from">> {
  const given = process.env[variable];
  if (given !== undefined && given !== "")
    return { values: field === "rpc" ? given.trim().split(/\s+/) : [given], from: "environment" };
  const value = found?.config[field];
  if (found === undefined || value === undefined) return { values: [], from: null };
  const { withVariables } = await import("../encoding/urlText.js");
  const texts = [value].flat().map(String);
  const values =
    path === true
      ? texts.map((text) => resolve(dirname(found.path), text))
      : texts.map((text) => withVariables(text, `${found.path}.${field}`, process.env));
  return { values, from: found.path };
}

/** A value as the option's own parser reads it. @throws UsageError naming where it stands */
function parsed({ parseArg, flags }: Option, text: string, before: unknown, where: string): unknown {
  if (parseArg === undefined) return text;
  try {
    return parseArg(text, before);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(`${where}: ${error.message} (for ${flags})`);
  }
}

/**
 * The config file: the one named by --config or ZKMARGIN_CONFIG, else the nearest from the working folder upwards, else the user's
 * own.
 */
async function findConfig(io: Io, named: string | undefined): Promise<Found | undefined> {
  const given = named ?? process.env["ZKMARGIN_CONFIG"];
  const path = given === undefined || given === "" ? await nearestConfig() : resolve(given);
  if (path === undefined) return undefined;
  const [text, { parseConfig }] = [await readInput(io, path, "config"), await import("./config.js")];
  return { path, config: parseConfig(text, path) };
}

async function nearestConfig(): Promise<string | undefined> {
  const { lilconfig } = await import("lilconfig");
  const load = (path: string) => path;
  const search = lilconfig("zkmargin", { searchPlaces: [CONFIG_FILE], loaders: { ".json": load } });
  const found = await search.search();
  if (found !== null) return found.filepath;
  const { default: envPaths } = await import("env-paths");
  const own = join(envPaths("zkmargin", { suffix: "" }).config, CONFIG_FILE);
  return access(own).then(
    () => own,
    () => undefined,
  );
}

function optionOf(command: Command, name: string): Option | undefined {
  return command.options.find(({ long }) => long === name);
}

function isGiven(command: Command, name: string): boolean {
  const option = optionOf(command, name);
  return option !== undefined && command.getOptionValueSource(option.attributeName()) === "cli";
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
