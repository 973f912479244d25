import assert from "node:assert/strict";
import { phasesOn, progressOn } from "../../src/cli/io.js";

/** What is written on standard error. */
function screen(interactive: boolean) {
  const seen = {
    text: "",
    io: {
      out: () => assert.fail("progress is no result"),
      err: (text: string) => {
        seen.text += text;
      },
      stdin: async () => new Uint8Array(),
      interactive,
      invocation: "npx zkmargin",
    },
  };
  return seen;
}

const STEPS = [
  { label: "make again: altered" },
  { label: "compile", fraction: 0.1 },
  { label: "compile", fraction: 0.1, seconds: 4.94 },
];

describe("cli: progress", () => {
  it("is a line at each start and end where nobody can redraw it", () => {
    const seen = screen(false);
    STEPS.forEach(progressOn(seen.io));
    assert.equal(seen.text, "  make again: altered\n  compile … (10 %)\n  compile: 4.9 s\n");
    phasesOn(seen.io)("proof", "start");
    assert.match(seen.text, /compile: 4\.9 s\n$/);
  });

  it("redraws one line on a terminal", () => {
    const seen = screen(true);
    STEPS.forEach(progressOn(seen.io));
    phasesOn(seen.io)("proof", "start");
    phasesOn(seen.io)("proof", "end");
    const clear = "\r\u001b[K";
    assert.equal(
      seen.text,
      `${clear}  make again: altered\n${clear}  compile … (10 %)${clear}  compile: 4.9 s\n${clear}  proof …${clear}`,
    );
  });
});
