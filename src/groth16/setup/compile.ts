import { fork } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { CompileError } from "../../errors.js";
import { removeLeftovers, temporaryName } from "../artefacts/temporary.js";
import { mainCircuit, type Source } from "./sources.js";

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
 * Compiles a tier's circuit. The compiler is WebAssembly that sees only its working directory, so the sources are
 * staged in a new folder under `home`, which is removed again, as are those of killed
 * processes; no path gets into the result.
 * @throws {CompileError} with what the compiler said
 */
export async function compileCircuit(
  home: string,
  tierName: string,
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
    await runCompiler(stage, [mainCircuit(tierName), ...compiler().flags, ...output, "-l", ".", "-o", "."]);
    const r1cs = new Uint8Array(await readFile(join(stage, `${tierName}.r1cs`)));
    const wasm = new Uint8Array(await readFile(join(stage, `${tierName}_js`, `${tierName}.wasm`)));
    if (!options.sym) return { r1cs, wasm };
    return { r1cs, wasm, sym: await readFile(join(stage, `${tierName}.sym`), "utf8") };
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
