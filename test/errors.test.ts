import assert from "node:assert/strict";
import { ArtefactAlteredError, CompileError, FormatError, MarketMismatchError } from "../src/errors.js";

describe("errors", () => {
  // shows: A52
  it("are one line that steers no terminal, whatever a file has in it", () => {
    const hostile = "a\u0000\n\u001b[2J\u009b\u202e\u2028\ud800b";
    const escaped = "a\\u{0}\\u{a}\\u{1b}[2J\\u{9b}\\u{202e}\\u{2028}\\u{d800}b";
    assert.equal(
      new FormatError(hostile, "text", hostile).message,
      `${escaped}: expected text, got ${escaped}`,
    );
    assert.equal(
      new MarketMismatchError(hostile, "one", "another", "ask for it").message,
      `${escaped}: expected one, got another; ask for it`,
    );
    assert.equal(new ArtefactAlteredError(hostile).message, escaped);
    assert.equal(new FormatError("path", "é ≤ 2", "−0").message, "path: expected é ≤ 2, got −0");
  });

  it("keep the lines of a compiler apart", () => {
    assert.equal(new CompileError("a\nb", "c\u001b\nd").message, "a\\u{a}b\nc\\u{1b}\nd");
    assert.equal(new CompileError("a").message, "a");
  });

  // shows: A52
  it("quote no more than fits a screen", () => {
    const { message, got } = new FormatError("p", "text", "x".repeat(100_000));
    assert.ok(message.length < 600, `${message.length} characters`);
    assert.equal(got.length, 100_000);
  });
});
