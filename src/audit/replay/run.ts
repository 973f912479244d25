import { createHash } from "node:crypto";
import { type LogEnd, logDigest, readRecord } from "../../chain/eventLog/record.js";
import { CheckpointError, MalformedError } from "../../errors.js";
import type { VerificationKey } from "../../groth16/artefacts/verificationKey.js";
import { BatchVerifier } from "../../groth16/batchVerifier.js";
import type { Audit } from "../result.js";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.js";
import { Replay, type ReplayOptions } from "./replay.js";

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
