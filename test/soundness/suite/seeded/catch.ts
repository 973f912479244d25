import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CompileError } from "../../../../src/errors.js";
import type { Source } from "../../../../src/groth16/setup/compile.js";
import { SubjectCircuit } from "../differential/circuit.js";
import type { Bug } from "./bug.js";
import { CHECKS } from "./checks.js";

/** The compiler itself refuses some mistakes. */
export const COMPILER = "compiler";

/** A check that has noticed, and what it says. */
export interface Catch {
  readonly check: string;
  readonly says: string;
}

/** Asks every check about sources that have a bug in them; what is compiled of them is not kept. */
export async function catches(
  bug: Pick<Bug, "subject" | "tooWide">,
  sources: readonly Source[],
  seed: number,
): Promise<Catch[]> {
  const home = mkdtempSync(join(tmpdir(), "zkmargin-seeded-"));
  try {
    return await askAll(bug, sources, seed, home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** The same of sources that are to have none. */
export async function askAll(
  { subject, tooWide }: Pick<Bug, "subject" | "tooWide">,
  sources: readonly Source[],
  seed: number,
  home?: string,
): Promise<Catch[]> {
  let circuit: SubjectCircuit;
  try {
    circuit = await SubjectCircuit.of(subject, sources, { home, generator: false });
  } catch (error) {
    if (error instanceof CompileError) return [{ check: COMPILER, says: error.message }];
    throw error;
  }
  const found: Catch[] = [];
  for (const check of CHECKS) {
    // What differs without a lie is not asked again with one.
    if (check.name === "liar" && found.some((one) => one.check === "differential")) continue;
    const says = await check.find({ sources, subject, tooWide, circuit, seed, home });
    if (says !== null) found.push({ check: check.name, says });
  }
  return found;
}
