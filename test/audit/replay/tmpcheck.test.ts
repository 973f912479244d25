import { readFileSync } from "node:fs";
import { Replay } from "../../../src/audit/replay/replay.js";
import { readRecord } from "../../../src/chain/eventLog/record.js";
import { replayedRecord } from "./fuzzRecords.js";
import { RememberingVerifier, runOptions } from "./recording.js";

describe("tmp", () => {
  it("replays", async function () {
    this.timeout(1e7);
    const { key } = await runOptions();
    const verifier = new RememberingVerifier(key.verificationKey);
    for (const [l, r] of [
      ["/tmp/L0.ndjson", "/tmp/R0.json"],
      ["/tmp/L1.ndjson", ""],
    ] as const) {
      const kept = new Map<number, Map<string, string>>(
        r === ""
          ? []
          : JSON.parse(readFileSync(r, "utf8")).map(([b, m]: [number, [string, string][]]) => [
              b,
              new Map(m),
            ]),
      );
      const [head, ...rest] = readFileSync(l, "utf8")
        .trimEnd()
        .split("\n")
        .map((line, i) => readRecord(line, `log:${i + 1}`));
      if (head?.kind !== "head") throw new Error();
      const replay = new Replay(head, verifier, await runOptions());
      replay.verifyPending = () => undefined;
      let bad = 0;
      for (const record of rest) {
        if (record.kind !== "block") continue;
        replay.block(record.block);
        for (const [account, expected] of kept.get(record.block.number) ?? []) {
          const state = replay.state.accounts.get(account);
          if (!state || replayedRecord(state) !== expected) bad++;
        }
      }
      const codes = Object.fromEntries(replay.state.findings.byCode);
      delete codes["proof-outside-envelope"];
      console.log("RESULT", l, JSON.stringify(codes), "records differ:", bad);
    }
  });
});
