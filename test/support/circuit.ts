import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { withoutTags } from "./circuitTags.js";
import { ConstraintSystem } from "./r1cs.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const circom2 = createRequire(import.meta.url).resolve("circom2/cli.js");

/** A compiled circuit, as a test uses it. */
export interface TestCircuit {
  readonly wasm: Uint8Array;
  readonly constraints: ConstraintSystem;
}

/** Every circuit source by its path below circuits/. */
const texts = readdirSync(join(root, "circuits"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".circom") && !file.includes("/."))
  .sort()
  .map((file) => [file, readFileSync(join(root, "circuits", file), "utf8")] as const);

/** Digest of all of them, so that a compiled test circuit is reused until one of them changes. */
const sources = (() => {
  const hash = createHash("sha256");
  for (const [file, text] of texts) hash.update(file).update(text);
  return hash.digest("hex");
})();

/** Compiles into a folder of its own and returns that. Reuses what is unchanged. */
function compile(name: string, text: string, flags: readonly string[], tagged = false): string {
  const digest = createHash("sha256")
    .update(sources)
    .update(text)
    .update(tagged ? "tagged" : "")
    .update(flags.join(" "))
    .digest("hex")
    .slice(0, 16);
  const folder = join(root, "build", "test-circuits", `${name}-${digest}`);
  if (!existsSync(folder)) {
    const work = `${folder}.${process.pid}`;
    mkdirSync(work, { recursive: true });
    // The compiler runs in WASI: it sees nothing above its working directory, hence paths relative to the root.
    const strip = tagged ? (source: string) => source : withoutTags;
    for (const [file, one] of texts) {
      mkdirSync(dirname(join(work, "circuits", file)), { recursive: true });
      writeFileSync(join(work, "circuits", file), strip(one));
    }
    const source = join(work, "circuits", "main", `.${name}.circom`);
    writeFileSync(source, strip(text));
    try {
      const args = [
        relative(root, source),
        "--r1cs",
        "--wasm",
        "--sym",
        ...flags,
        "-l",
        "node_modules",
        "-o",
        relative(root, work),
      ];
      const run = spawnSync(process.execPath, [circom2, ...args], { cwd: root, encoding: "utf8" });
      if (run.status !== 0 || !run.stdout.includes("Everything went okay"))
        throw new Error(`circom2 refused ${name}:\n${run.stdout}${run.stderr}`);
    } finally {
      rmSync(join(work, "circuits"), { recursive: true, force: true });
    }
    const stem = `.${name}`;
    renameSync(join(work, `${stem}.r1cs`), join(work, "circuit.r1cs"));
    renameSync(join(work, `${stem}.sym`), join(work, "circuit.sym"));
    renameSync(join(work, `${stem}_js`, `${stem}.wasm`), join(work, "circuit.wasm"));
    try {
      renameSync(work, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
      rmSync(work, { recursive: true }); // another process compiled the same meanwhile
    }
  }
  return folder;
}

/** Compiles circom source text whose includes are relative to `circuits/main/`; without signal tags, unless `tagged`. */
export async function compileText(
  name: string,
  text: string,
  flags: readonly string[] = ["--O2"],
  tagged = false,
): Promise<TestCircuit> {
  const folder = compile(name, text, flags, tagged);
  return {
    wasm: readFileSync(join(folder, "circuit.wasm")),
    constraints: await ConstraintSystem.load(join(folder, "circuit.r1cs"), join(folder, "circuit.sym")),
  };
}

/** The module alone, for a circuit whose constraints cannot be read: one over another field. */
export function compileWasm(name: string, text: string, flags: readonly string[]): Uint8Array {
  return readFileSync(join(compile(name, text, flags), "circuit.wasm"));
}

/** Compiles the circuit of a tier, as it is shipped if nothing else is asked for. */
export function compileTier(tier: string, flags?: readonly string[]): Promise<TestCircuit> {
  const main = readFileSync(join(root, "circuits", "main", `${tier}.circom`), "utf8");
  return compileText(tier, main, flags, true);
}

/** Compiles one template of circuits/ with its parameters, its inputs all private unless named public. */
export function compileTemplate(
  file: string,
  parameters: readonly number[],
  publicInputs: readonly string[] = [],
  flags?: readonly string[],
): Promise<TestCircuit> {
  const template = file.replace(/^.*\//, "");
  const open = publicInputs.length > 0 ? ` {public [${publicInputs.join(", ")}]}` : "";
  return compileText(
    `${template}-${parameters.join("-")}`,
    `pragma circom 2.1.6;\ninclude "../${file}.circom";\ncomponent main${open} = ${template}(${parameters.join(", ")});\n`,
    flags,
  );
}
