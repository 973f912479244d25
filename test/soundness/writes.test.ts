import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const src = fileURLToPath(new URL("../../src", import.meta.url));

/**
 * The one place that writes what its caller gives it; the compiler's stage, which holds circuit sources; the journals of
 * transactions and of signed books, whose lines are public once sent; the lock of a queue's folder, which is empty; the log
 * of a chain's events; the empty files by which a contributor claims a key's name; the runs of a simulation that are done,
 * which are readable by their owner alone where the books are its own; the switch that keeps memory out of core dumps; and
 * the nameless files in memory by which an external prover gets its witness.
 */
const WRITERS = [
  "chain/eventLog/write.ts",
  "chain/lineFile.ts",
  "cli/commands/riskSimulate.ts",
  "cli/memory.ts",
  "groth16/artefacts/writeAtomic.ts",
  "groth16/ceremony/ceremonyFolder.ts",
  "groth16/setup/compile.ts",
  "groth16/witnessFile.ts",
  "queue/embedded.ts",
];

describe("what is written to disk", () => {
  // shows: P22, T19
  it("is written by few modules only, each named here, so that nothing private is written in passing", () => {
    const writers = readdirSync(src, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .filter((file) =>
        /\b(writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|writeSync|writev|copyFile|cp)\(/.test(
          readFileSync(join(src, file), "utf8"),
        ),
      );
    assert.deepEqual(writers.sort(), WRITERS);
  });
});
