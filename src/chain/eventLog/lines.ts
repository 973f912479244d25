import { MalformedError } from "../../errors.js";

/** A line of a text file. */
export interface Line {
  /** Without its line end. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Bytes up to its end, line end included. */
  readonly end: number;
  /** The last line, which has no line end: its writer was stopped. */
  readonly torn: boolean;
}

const LINE_FEED = 10;

/** Bytes of a line at most: far more than the events and calls of a block can be. */
const LONGEST_LINE = 64 * 2 ** 20;

/**
 * The lines of a stream of bytes, one at a time, however long the stream is.
 * @param path what the stream is called in an error
 * @throws MalformedError for a line that is longer than any of a log, and would fill memory
 */
export async function* linesOf(stream: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Line> {
  let [number, end] = [0, 0];
  let rest: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, start)) {
      const bytes = Buffer.concat([...rest, chunk.subarray(start, at)]);
      [rest, held] = [[], 0];
      start = at + 1;
      end += bytes.length + 1;
      yield { text: textOf(bytes, ++number), number, end, torn: false };
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
    held += chunk.length - start;
    if (held > LONGEST_LINE)
      throw new MalformedError(
        `${path}:${number + 1}`,
        `a line of at most ${LONGEST_LINE} bytes`,
        "a longer one",
      );
  }
  const bytes = Buffer.concat(rest);
  if (bytes.length > 0) yield { text: textOf(bytes, ++number), number, end: end + bytes.length, torn: true };
}

/** A line without what Windows adds: a carriage return at its end, and a byte-order mark before the first. */
function textOf(bytes: Uint8Array, number: number): string {
  const text = Buffer.from(bytes).toString("utf8").replace(/\r$/, "");
  return number === 1 ? text.replace(/^\uFEFF/, "") : text;
}
