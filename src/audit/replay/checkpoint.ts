import { readFile } from "node:fs/promises";
import { CheckpointError } from "../../errors.js";
import { packageVersion } from "../../groth16/artefacts/layout.js";
import { writeAtomic } from "../../groth16/artefacts/writeAtomic.js";
import type { ReplayState } from "./replayState.js";

const FORMAT = "zkmargin/audit-checkpoint@3";

/** How far a replay has come, and all that it has come to. Holds nothing private but what the auditor asked for. */
export interface Checkpoint {
  /** Lines of the log that have been taken in. */
  readonly lines: number;
  /** Names the log up to there. */
  readonly digest: string;
  /** Names everything else that the result depends on: key, openings, options. */
  readonly inputs: string;
  readonly state: ReplayState;
}

/** Writes a checkpoint whole or not at all. */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const head = { format: FORMAT, version: packageVersion() };
  await writeAtomic(path, `${JSON.stringify({ ...head, ...(encoded(checkpoint) as object) })}\n`);
}

/**
 * Reads a checkpoint; null if there is none.
 * @throws CheckpointError if the file is none, of another version of this package, or of other inputs
 */
export async function readCheckpoint(path: string, inputs: string): Promise<Checkpoint | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const checkpoint = parsed(text);
  if (checkpoint === undefined)
    throw new CheckpointError(`${path}: expected a checkpoint, got other text; remove it to begin again`);
  if (checkpoint.version !== packageVersion())
    throw new CheckpointError(
      `${path}: expected a checkpoint that version ${packageVersion()} wrote, got one of another; remove it to begin again, or carry on with the version that wrote it`,
    );
  if (checkpoint.inputs !== inputs)
    throw new CheckpointError(
      `${path}: expected a checkpoint of this key, these disclosures and options, got one of others; remove it to begin again`,
    );
  return checkpoint;
}

function parsed(text: string): (Checkpoint & { readonly version: unknown }) | undefined {
  try {
    const { format, ...checkpoint } = decoded(JSON.parse(text)) as Checkpoint & {
      readonly format: string;
      readonly version: unknown;
    };
    return format === FORMAT && text.endsWith("}\n") ? checkpoint : undefined;
  } catch {
    return undefined;
  }
}

/** Plain data as JSON can hold it: whole numbers without a bound, maps and sets are told apart by a key of their own. */
function encoded(value: unknown): unknown {
  if (typeof value === "bigint") return { $n: value.toString() };
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(encoded);
  if (value instanceof Map) return { $m: [...value].map(([key, item]) => [encoded(key), encoded(item)]) };
  if (value instanceof Set) return { $s: [...value].map(encoded) };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encoded(item)]));
}

function decoded(value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(decoded);
  const object = value as Record<string, unknown>;
  if (typeof object["$n"] === "string") return BigInt(object["$n"]);
  if (Array.isArray(object["$m"]))
    return new Map(object["$m"].map(([key, item]) => [decoded(key), decoded(item)] as const));
  if (Array.isArray(object["$s"])) return new Set(object["$s"].map(decoded));
  return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, decoded(item)]));
}
