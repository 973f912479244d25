import assert from "node:assert/strict";
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { OTHERS, type PathParameter, parametersOf, pathsOf } from "../../src/cli/paths.js";
import { buildProgram } from "../../src/cli/run.js";
import { errorOf, workFolder, zk } from "./support.js";

/** Something that each placeholder takes, so that a command line is whole. */
const VALUES: Readonly<Record<string, string>> = {
  account: `0x${"ab".repeat(32)}`,
  accounts: `0x${"ab".repeat(32)}`,
  address: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  contract: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  creditor: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  id: `0x${"ab".repeat(32)}`,
  key: "ab".repeat(32),
  hex: "ab".repeat(32),
  head: "ab".repeat(32),
  line: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
  batch: "1",
  group: "1",
  what: "call",
  n: "1",
  name: "desk-1",
  text: "something",
  amount: "1",
  day: "2021-05-17",
  "yyyy-mm-dd": "2021-05-17",
};

/** Every command that does something, by its words. */
async function commands(): Promise<Map<string, Command>> {
  const found = new Map<string, Command>();
  const visit = (command: Command, words: readonly string[]): void => {
    if (command.commands.length === 0) found.set(words.join(" "), command);
    for (const below of command.commands) visit(below, [...words, below.name()]);
  };
  const stdin = async () => new Uint8Array();
  const silent = { out() {}, err() {}, stdin, interactive: false, invocation: "npx zkmargin" };
  visit(await buildProgram(silent), []);
  return found;
}

/** A whole command line, in which some paths are given and the other ones that it needs are files of their own. */
function commandLine(
  words: string,
  command: Command,
  given: ReadonlyMap<string, string>,
  fresh: (name: string) => string,
): string[] {
  const line: string[] = [];
  const args: string[] = [];
  for (const { name, placeholder, of } of parametersOf(command)) {
    const needed = given.has(name) || ("mandatory" in of ? of.mandatory : of.required);
    if (!needed) continue;
    const path = given.get(name);
    const value = path ?? of.argChoices?.[0] ?? VALUES[placeholder] ?? fresh(name);
    const text = placeholder.startsWith("account=") ? `${VALUES["account"]}=${value}` : value;
    if ("flags" in of) line.push(name, text);
    else args.push(text);
  }
  return [...words.split(" "), ...args, ...line, "--json"];
}

const all = await commands();

describe("cli: inputs are never outputs", () => {
  const work = workFolder();

  // shows: A57
  it("knows of every option and argument whether it names a path", () => {
    for (const [words, command] of all)
      for (const { name, placeholder } of parametersOf(command)) {
        const known = pathsOf(command).some((path) => path.name === name) !== OTHERS.includes(placeholder);
        assert.ok(known, `${words} ${name}: put <${placeholder}> into PATHS or OTHERS of src/cli/paths.ts`);
      }
  });

  for (const [words, command] of all) {
    const paths = pathsOf(command);
    const outputs = paths.filter(({ written }) => written);
    const pairs = outputs.flatMap((output) =>
      paths.filter((other) => other !== output).map((other) => [output, other] as const),
    );
    if (pairs.length === 0) continue;
    it(`${words}: of ${pairs.length} pairs`, async () => {
      let count = 0;
      for (const [output, other] of pairs)
        for (const [how, places] of sharing(work.path, output, other, () => `${++count}`)) {
          const given = new Map([
            [output.name, places.output],
            [other.name, places.other],
          ]);
          const before = tree(work.path);
          const line = commandLine(words, command, given, (name) => work.at(`fresh${name}`));
          const told = errorOf(await zk(line));
          assert.equal(told.name, "UnwritableError", `${how}: ${line.join(" ")}: ${told.message}`);
          assert.match(told.message, /this command (reads|writes too)/);
          assert.deepEqual(tree(work.path), before, line.join(" "));
        }
    });
  }
});

interface Places {
  readonly output: string;
  readonly other: string;
}

/** How an output and another path of a command can be one. */
function sharing(
  folder: string,
  output: PathParameter,
  other: PathParameter,
  next: () => string,
): [how: string, places: Places][] {
  const isFolder = ({ placeholder }: PathParameter) => ["folder", "archive"].includes(placeholder);
  const home = ({ name }: PathParameter, path: string) => (name === "--home" ? join(path, "16x16") : path);
  // Where a folder is only a place to write to, files are checked one by one as they are saved.
  if (output.shared || other.shared) return [];
  const at = (): string => join(folder, next());
  const file = (): string => {
    const path = at();
    writeFileSync(path, "an input");
    return path;
  };
  const dir = (): string => {
    const path = at();
    mkdirSync(join(path, "16x16"), { recursive: true });
    return path;
  };
  if (isFolder(output) && isFolder(other)) {
    if ((output.name === "--home") !== (other.name === "--home")) return inFolder();
    const path = dir();
    return [["the same folder", { output: path, other: path }]];
  }
  if (isFolder(output) || isFolder(other)) return inFolder();
  const path = file();
  const [hard, soft] = [at(), at()];
  linkSync(path, hard);
  symlinkSync(path, soft);
  return [
    ["the same path", { output: path, other: path }],
    ["another way to write it", { output: `${folder}/./x/../${path.slice(folder.length + 1)}`, other: path }],
    ["a hard link", { output: hard, other: path }],
    ["a symbolic link", { output: soft, other: path }],
    ["an input by a symbolic link", { output: path, other: soft }],
  ].map(([how, places]) => [how as string, places as Places]);

  function inFolder(): [string, Places][] {
    const whole = dir();
    const [holder, held] = isFolder(other) ? [other, output] : [output, other];
    const inner = join(home(holder, whole), "inner");
    if (isFolder(held)) mkdirSync(join(inner, "16x16"), { recursive: true });
    else writeFileSync(inner, "an input");
    const places = { [holder.name]: whole, [held.name]: inner };
    return [["inside", { output: places[output.name] ?? "", other: places[other.name] ?? "" }]];
  }
}

function tree(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, entry.isDirectory() ? "folder" : readFileSync(path, "latin1")];
    }),
  );
}
