import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as z from "zod/mini";
import { type LogEnd, logDigest, readRecord } from "../../chain/eventLog/record.js";
import { CheckpointError, MalformedError } from "../../errors.js";
import { packageVersion } from "../../groth16/artefacts/layout.js";
import { writeAtomic } from "../../groth16/artefacts/writeAtomic.js";
import { BatchVerifier } from "../../groth16/batchVerifier.js";
import type { VerificationKey } from "../../groth16/verificationKey.js";
import type { Audit } from "../result.js";
import { Replay, type ReplayOptions } from "./replay.js";
import type { ReplayState } from "./replayState.js";

const FORMAT = "zkmargin/audit-checkpoint@5";

/** What a checkpoint of any version of this package begins with; another version may hold the state otherwise. */
const anyVersion = z.looseObject({ format: z.literal(FORMAT) });

const schema = z.object({
  /** Lines of the log that have been taken in. */
  lines: z.int().check(z.minimum(0)),
  /** Names the log up to there. */
  digest: z.string(),
  /** Names everything else that the result depends on: key, openings, options. */
  inputs: z.string(),
  state: z.custom<ReplayState>(),
});

/** A line of a log, and how far it is into it. */
export interface LogLine {
  readonly text: string;
  /** Whether the writer was stopped in the middle. */
  readonly torn: boolean;
  /** Share of the log up to its end, 0 … 1, where that is known. */
  readonly share?: number;
}

/** How a log is replayed. */
export interface RunOptions extends Omit<ReplayOptions, "key"> {
  readonly key: ReplayOptions["key"] & { readonly verificationKey: VerificationKey };
  /** Names the openings: a checkpoint is of these and no others. */
  readonly openingsDigest: string;
  /** Where to write down how far it has come, and to carry on from. */
  readonly checkpoint?: string;
  readonly onProgress?: (share: number | undefined, blocks: number) => void;
  /** By default one of the key's own. */
  readonly verifier?: BatchVerifier;
  /** What the log is called in an error. */
  readonly name?: string;
}

/**
 * Replays a log, line by line: memory does not grow with its length. Stopped at any moment, it carries on from the
 * checkpoint and comes to the same result, byte for byte.
 * @throws MalformedError or FormatError if a line is none of a log, CheckpointError if the checkpoint is of other inputs
 *
 * @example
 * ```ts
 * import { Openings, replayLog } from "zkmargin/audit";
 * import { logLines } from "zkmargin/chain";
 *
 * const { key: verificationKey, kind } = trusted;
 * const audit = await replayLog(logLines(open, { confirmations: 0, answers: "last" }), {
 *   key: { named: trusted, verificationKey, warning: kind, lineage: [] },
 *   openings: new Openings(), // add() what was disclosed
 *   ...{ openingsDigest: "", composition: false },
 * });
 * console.log(audit.findings.total);
 * ```
 */
export async function replayLog(lines: AsyncIterable<LogLine>, options: RunOptions): Promise<Audit> {
  const { name = "log", checkpoint: path } = options;
  const inputs = inputsOf(options);
  const known = path === undefined ? null : await readCheckpoint(path, inputs);
  let replay: Replay | undefined;
  let digest = "";
  /** Of the newest line that is whole, from 1. */
  let number = 0;
  let end: { readonly said: LogEnd; readonly digest: string } | undefined;
  for await (const { text, torn, share } of lines) {
    if (replay !== undefined && end !== undefined) return replay.finish(end.said, end.digest, true);
    if (torn) break;
    number++;
    const before = digest;
    digest = logDigest(digest, text);
    if (number === 1) {
      const record = readRecord(text, `${name}:1`);
      if (record.kind !== "head") throw new MalformedError(`${name}:1`, "the head of a log", "another line");
      const verifier = options.verifier ?? new BatchVerifier(options.key.verificationKey);
      replay = new Replay(record, verifier, options, known?.state);
      continue;
    }
    if (replay === undefined) break;
    if (known !== null && number <= known.lines) {
      if (number === known.lines && digest !== known.digest) throw anotherLog(path);
      continue;
    }
    const record = readRecord(text, `${name}:${number}`);
    if (record.kind === "end") {
      end = { said: record.end, digest: before };
      continue;
    }
    if (record.kind === "head") throw new MalformedError(`${name}:${number}`, "a block or the end", "a head");
    replay.block(record.block);
    options.onProgress?.(share, replay.state.coverage.blocks);
    if (path !== undefined && replay.atStop)
      await writeCheckpoint(path, { lines: number, digest, inputs, state: replay.snapshot() });
  }
  if (replay === undefined) throw new MalformedError(name, "the head of a log", "an empty file");
  if (known !== null && number < known.lines) throw anotherLog(path);
  return end === undefined ? replay.finish(null, digest) : replay.finish(end.said, end.digest);
}

function anotherLog(checkpoint = "checkpoint"): CheckpointError {
  return new CheckpointError(
    `${checkpoint}: expected the log that it was written of, got another, or less of it; remove it to begin again`,
  );
}

function inputsOf({ key, openingsDigest, composition }: RunOptions): string {
  return createHash("sha256")
    .update(JSON.stringify([key.named.hash, key.warning, key.lineage, openingsDigest, composition]))
    .digest("hex");
}

/** How far a replay has come, and all that it has come to. Holds nothing private but what the auditor asked for. */
export type Checkpoint = Readonly<z.infer<typeof schema>>;

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
  const other = new CheckpointError(
    `${path}: expected a checkpoint, got other text; remove it to begin again`,
  );
  const written = anyVersion.safeParse(valueOf(text));
  if (!written.success) throw other;
  if (written.data["version"] !== packageVersion())
    throw new CheckpointError(
      `${path}: expected a checkpoint that version ${packageVersion()} wrote, got one of another; remove it to begin again, or carry on with the version that wrote it`,
    );
  const { success, data } = schema.safeParse(written.data);
  if (!success) throw other;
  if (data.inputs !== inputs)
    throw new CheckpointError(
      `${path}: expected a checkpoint of this key, these disclosures and options, got one of others; remove it to begin again`,
    );
  return data;
}

/** What a text that is whole holds; undefined for another. */
function valueOf(text: string): unknown {
  try {
    return text.endsWith("}\n") ? decoded(JSON.parse(text)) : undefined;
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
