import assert from "node:assert/strict";
import { ZkMarginError } from "../../src/errors.js";
import type { Part, Setting, TaskReport } from "../soundness/suite/part.js";
import { Random } from "../support/cases.js";
import { mutate } from "./parsers/mutate.js";
import { quotesOf } from "./parsers/quotes.js";
import { type Reader, readers } from "./parsers/readers.js";
import { Watchdog } from "./parsers/watchdog.js";

const CASES = { ci: 1_500, long: 150_000 };

/** Hostile texts for every reader. */
export const parsers: Part = {
  name: "parsers",
  about:
    // shows: P11, P13
    "a hostile text is read or refused by name: no crash, no hang, no polluted prototype, nothing private quoted",
  tasks: (long) =>
    readers().map((reader) => ({
      name: reader.name,
      seconds: long ? 200 : 2,
      run: (setting, progress) => feed(reader, setting, progress),
    })),
};

async function feed(
  reader: Reader,
  { long, seed }: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const valid = await reader.valid();
  await reader.read(valid);
  const random = new Random(seed);
  const watchdog = new Watchdog(reader.name);
  const cases = long ? CASES.long : CASES.ci;
  const seen = new Map<string, number>();
  let slowest = 0;
  try {
    for (let i = 0; i < cases; i++) {
      watchdog.next();
      const text = mutate(random, valid, reader.kind);
      const { end, milliseconds } = await outcome(reader, text, valid).catch((error: unknown) => {
        const why = error instanceof Error ? error.stack : String(error);
        throw new Error(`case ${i}: ${why}\nof ${JSON.stringify(text.slice(0, 4_000))}`);
      });
      slowest = Math.max(slowest, milliseconds);
      seen.set(end, (seen.get(end) ?? 0) + 1);
      if (i % 50 === 0) {
        progress(i / cases);
        await new Promise(setImmediate);
      }
    }
  } finally {
    await watchdog.stop();
  }
  assert.ok(seen.size > 1, "some texts are refused");
  const says = [...seen].sort(([, a], [, b]) => b - a).map(([end, n]) => `${end} ${n}`);
  return { cases, says: `${says.join(", ")}; the slowest ${slowest.toFixed()} ms` };
}

interface Outcome {
  /** "read", or the class of the error. */
  readonly end: string;
  readonly milliseconds: number;
}

/** What comes of a text. @throws whatever must not */
async function outcome(reader: Reader, text: string, valid: string): Promise<Outcome> {
  let error: unknown;
  const begun = performance.now();
  try {
    await reader.read(text);
  } catch (caught) {
    error = caught;
  }
  const milliseconds = performance.now() - begun;
  assert.deepEqual(Object.keys(Object.prototype), [], "the prototype of every object is polluted");
  assert.equal(({} as Record<string, unknown>).a, undefined);
  if (error === undefined) return { end: "read", milliseconds };
  if (!(error instanceof ZkMarginError)) throw error;
  assert.ok(error.message.length < 2_000, `a message of ${error.message.length} characters`);
  assert.doesNotMatch(
    error.message,
    /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u,
    // shows: A52
    "a message that steers a terminal",
  );
  if (reader.private)
    assert.deepEqual(quotesOf(text, error.message, valid), [], `"${error.message}" quotes what is private`);
  return { end: error.constructor.name, milliseconds };
}
