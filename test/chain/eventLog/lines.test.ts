import assert from "node:assert/strict";
import { linesOf } from "../../../src/chain/eventLog/record.js";
import { MalformedError } from "../../../src/errors.js";

describe("chain/eventLog/record: lines", () => {
  async function* chunks(...texts: readonly string[]) {
    for (const text of texts) yield Buffer.from(text);
  }
  async function read(stream: AsyncIterable<Uint8Array>) {
    const lines: [string, number, number, boolean][] = [];
    for await (const { text, number, end, torn } of linesOf(stream, "log"))
      lines.push([text, number, end, torn]);
    return lines;
  }

  it("finds lines wherever the stream is cut, and tells a torn one", async () => {
    const whole = [
      ["ab", 1, 3, false],
      ["", 2, 4, false],
      ["é", 3, 7, false],
      ["x", 4, 8, true],
    ];
    const bytes = Buffer.from("ab\n\né\nx");
    for (let cut = 0; cut <= bytes.length; cut++) {
      const stream = (async function* () {
        yield bytes.subarray(0, cut);
        yield bytes.subarray(cut);
      })();
      assert.deepEqual(await read(stream), whole, `cut at ${cut}`);
    }
    assert.deepEqual(await read(chunks()), []);
  });

  it("takes a carriage return at a line's end, and a byte-order mark before the first, for what Windows adds", async () => {
    assert.deepEqual(await read(chunks("\uFEFFab\r\nc", "d\r", "\ne")), [
      ["ab", 1, 7, false],
      ["cd", 2, 11, false],
      ["e", 3, 12, true],
    ]);
  });

  it("refuses a line that would fill memory, and says which", async () => {
    let yielded = 0;
    const endless = (async function* () {
      yield Buffer.from("first\n");
      for (; yielded < 1_000; yielded++) yield Buffer.alloc(2 ** 20, "a");
    })();
    await assert.rejects(
      read(endless),
      (error) => error instanceof MalformedError && error.message.includes("log:2"),
    );
    assert.ok(yielded < 70);
  });
});
