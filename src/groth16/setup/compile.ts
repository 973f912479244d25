import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { CompileError } from "../../errors.js";
import { removeLeftovers, temporaryName } from "../artefacts/writeAtomic.js";

/** How circuits are compiled; part of what a manifest pins. */
export interface Compiler {
  readonly name: "circom2";
  readonly version: string;
  readonly flags: string[];
}

/** A compiled circuit: its constraints and its witness calculator. */
export interface Compiled {
  readonly r1cs: Uint8Array;
  readonly wasm: Uint8Array;
  /** Names of the wires, when asked for. */
  readonly sym?: string;
}

/** What the folder of the compiler's files is called while there is one. */
const STAGE = "stage";
/** Full simplification: it halves the key. */
const OPTIMISATION = "--O2";
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** The compiler in use. */
export function compiler(): Compiler {
  const { version } = createRequire(import.meta.url)("circom2/package.json") as { version: string };
  return { name: "circom2", version, flags: [OPTIMISATION] };
}

/**
 * Compiles a circuit, by name. The compiler is WebAssembly that sees only its working directory, so the sources are
 * staged in a new folder under `home`. The folder is removed again, as are those of killed processes; no path gets into
 * the result.
 * @throws {CompileError} with what the compiler said
 */
export async function compileCircuit(
  home: string,
  circuit: string,
  sources: readonly Source[],
  options: { readonly sym?: boolean } = {},
): Promise<Compiled> {
  await mkdir(home, { recursive: true });
  await removeLeftovers(home, STAGE);
  const stage = join(home, temporaryName(STAGE));
  await mkdir(stage);
  try {
    for (const { path, text } of sources) {
      await mkdir(dirname(join(stage, path)), { recursive: true });
      await writeFile(join(stage, path), text);
    }
    const output = ["--r1cs", "--wasm", ...(options.sym ? ["--sym"] : [])];
    await runCompiler(stage, [mainCircuit(circuit), ...compiler().flags, ...output, "-l", ".", "-o", "."]);
    const r1cs = new Uint8Array(await readFile(join(stage, `${circuit}.r1cs`)));
    const wasm = new Uint8Array(await readFile(join(stage, `${circuit}_js`, `${circuit}.wasm`)));
    if (!options.sym) return { r1cs, wasm };
    return { r1cs, wasm, sym: await readFile(join(stage, `${circuit}.sym`), "utf8") };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Runs circom2's command line in a process of its own, with none of this one's loaders, environment or terminal. */
function runCompiler(stage: string, args: readonly string[]): Promise<void> {
  const cli = createRequire(import.meta.url).resolve("circom2/cli.js");
  return new Promise((resolve, reject) => {
    const child = fork(cli, args, { cwd: stage, env: {}, execArgv: [], silent: true });
    let said = "";
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
    };
    child.stdout?.on("data", listen);
    child.stderr?.on("data", listen);
    child.on("error", (error) => reject(new CompileError(`expected circom2 to start, got ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(new CompileError(`${args[0]}: expected it to compile, got`, said.replace(COLOUR, "").trim()));
    });
  });
}

/** One circuit source: its path in the staging folder, with forward slashes, and its text. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

const LIBRARY = "circomlib";
const INCLUDE = /^[ \t]*include[ \t]+"([^"]+)"[ \t]*;/gm;

/** The path of a main circuit in the staging folder. */
export function mainCircuit(circuit: string): string {
  return `circuits/main/${circuit}.circom`;
}

/**
 * The sources that a circuit is compiled from, and no others, sorted by path: its main file and whatever that
 * includes, of this package and of circomlib (wherever the package manager has put it).
 * @throws {CompileError} when a source is absent
 */
export async function collectSources(root: string, circuit: string): Promise<Source[]> {
  const library = dirname(createRequire(import.meta.url).resolve(`${LIBRARY}/package.json`));
  const sources = new Map<string, string>();
  const visit = async (path: string, from: string): Promise<void> => {
    if (sources.has(path)) return;
    const file = path.startsWith(`${LIBRARY}/`) ? join(dirname(library), path) : join(root, path);
    const text = await readFile(file, "utf8").catch(() => {
      throw new CompileError(`${path}: expected a circuit source (included by ${from}), got no file ${file}`);
    });
    sources.set(path, text);
    for (const [, include = ""] of text.matchAll(INCLUDE)) {
      const own = !include.startsWith(`${LIBRARY}/`);
      await visit(own ? posix.join(posix.dirname(path), include) : include, path);
    }
  };
  await visit(mainCircuit(circuit), `tier ${circuit}`);
  return [...sources].map(([path, text]) => ({ path, text })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** SHA-256 over the paths and texts, each with its length, so that no two sets of sources share it. */
export function hashSources(sources: readonly Source[]): string {
  const hash = createHash("sha256");
  for (const { path, text } of sources) {
    for (const part of [path, text]) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  }
  return hash.digest("hex");
}
