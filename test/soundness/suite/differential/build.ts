import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CompileError } from "../../../../src/errors.js";
import { collectSources, type Source } from "../../../../src/groth16/setup/compile.js";
import { CLEARING_CIRCUITS, TIERS } from "../../../../src/protocol/tiers.js";
import { withoutTags } from "../../../support/circuitTags.js";
import { runCompiler } from "./compiler.js";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
/** Where what is compiled is kept, until the sources change. */
const KEPT = join(root, "build", "soundness-circuits");

/** What a compilation leaves: files of one folder, of which only those exist that were asked for. */
export interface Built {
  readonly wasm: string;
  readonly r1cs: string;
  readonly sym: string;
}
export type Output = "wasm" | "r1cs";

export interface BuildOptions {
  readonly optimisation: "--O0" | "--O2";
  readonly outputs: readonly Output[];
  /** Where it is kept; what is kept of the shipped sources is taken from there all the same. */
  readonly home?: string | undefined;
}

/** Every source of the circuits, circomlib's included, by path: what is shipped, for all tiers of both statements. */
export async function shippedSources(): Promise<Source[]> {
  const all = await Promise.all(
    [...TIERS, ...CLEARING_CIRCUITS].map(({ name }) => collectSources(root, name)),
  );
  return [...new Map(all.flat().map((source) => [source.path, source])).values()];
}

/**
 * Compiles `main`, a text whose includes are relative to circuits/main/, over sources that may be edited ones, without
 * signal tags: in a folder of its own, as the compiler sees nothing above it. What is unchanged is compiled once and kept.
 * @throws CompileError with what the compiler said
 */
export async function build(
  name: string,
  main: string,
  sources: readonly Source[],
  { optimisation, outputs, home = KEPT }: BuildOptions,
): Promise<Built> {
  const hash = createHash("sha256").update(`${optimisation} ${outputs}\n`).update(main);
  for (const { path, text } of sources) hash.update(`\n${path} ${text.length}\n`).update(text);
  const stem = name.replace(/[^\w-]+/g, "_");
  const key = `${stem}-${hash.digest("hex").slice(0, 20)}`;
  const built = (folder: string): Built => ({
    wasm: join(folder, "wasm"),
    r1cs: join(folder, "r1cs"),
    sym: join(folder, "sym"),
  });
  for (const known of [join(KEPT, key), join(home, key)]) if (existsSync(known)) return built(known);
  const folder = join(home, key);

  mkdirSync(home, { recursive: true });
  const stage = mkdtempSync(join(home, ".stage-"));
  try {
    for (const { path, text } of [...sources, { path: `circuits/main/${stem}.circom`, text: main }]) {
      mkdirSync(dirname(join(stage, path)), { recursive: true });
      writeFileSync(join(stage, path), withoutTags(text));
    }
    const wanted = outputs.map((output) => `--${output}`);
    const args = [`circuits/main/${stem}.circom`, ...wanted, "--sym", optimisation, "-l", "."];
    const { ok, said } = await runCompiler(stage, [...args, "-o", "."]);
    if (!ok) throw new CompileError(`${name}: expected it to compile, got\n${said}`);
    const result = join(stage, "result");
    mkdirSync(result);
    renameSync(join(stage, `${stem}.sym`), join(result, "sym"));
    for (const output of outputs)
      renameSync(
        output === "wasm" ? join(stage, `${stem}_js`, `${stem}.wasm`) : join(stage, `${stem}.r1cs`),
        join(result, output),
      );
    try {
      renameSync(result, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error; // another process was first: it has built the same
    }
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
  return built(folder);
}
