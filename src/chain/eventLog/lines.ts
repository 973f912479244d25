/** A line of a text file. */
export interface Line {
  /** Without its line end. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** Bytes up to its end, line end included. */
  readonly end: number;
  /** The last line, which has no line end: whoever wrote it was stopped. */
  readonly torn: boolean;
}

const LINE_FEED = 10;

/** The lines of a stream of bytes, one at a time, however long the stream is. */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  from = { number: 0, end: 0 },
): AsyncGenerator<Line> {
  let { number, end } = from;
  let rest: Uint8Array[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, start)) {
      const bytes = Buffer.concat([...rest, chunk.subarray(start, at)]);
      rest = [];
      start = at + 1;
      end += bytes.length + 1;
      yield { text: bytes.toString("utf8"), number: ++number, end, torn: false };
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  const bytes = Buffer.concat(rest);
  if (bytes.length > 0)
    yield { text: bytes.toString("utf8"), number: ++number, end: end + bytes.length, torn: true };
}
