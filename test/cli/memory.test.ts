import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { builtEntry } from "../support/built.js";
import { skip } from "../support/skip.js";

const FILTER = "/proc/self/coredump_filter";

describe("cli: memory", () => {
  it("of a command is in no core dump, from before it reads anything", async function () {
    if (!existsSync(FILTER)) skip(this, "this system has no core dump filter");
    // It waits for a book on standard input.
    const child = spawn(process.execPath, [builtEntry("zkmargin"), "book", "show", "-"], { stdio: "pipe" });
    try {
      const filter = () => readFileSync(`/proc/${child.pid}/coredump_filter`, "utf8").trim();
      for (let look = 0; look < 600 && Number.parseInt(filter(), 16) !== 0; look++) {
        assert.equal(child.exitCode, null);
        await sleep(50);
      }
      assert.equal(Number.parseInt(filter(), 16), 0);
    } finally {
      child.kill();
    }
  });
});
