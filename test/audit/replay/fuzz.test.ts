import assert from "node:assert/strict";
import { Replay } from "../../../src/audit/replay/replay.js";
import { readRecord } from "../../../src/chain/eventLog/record.js";
import { FuzzedChain } from "./fuzzChain.js";
import { DERIVED_KINDS, KINDS, kindsMet } from "./fuzzKinds.js";
import { step } from "./fuzzMoves.js";
import { type AccountRecords, replayedRecord } from "./fuzzRecords.js";
import { RememberingVerifier, replayText, runOptions } from "./recording.js";

/** Steps of a scenario; AUDIT_STEPS for more, AUDIT_SEED for another one. `npm run test:audit` is the long run. */
const STEPS = Number(process.env["AUDIT_STEPS"] ?? 25);
const SEED = Number(process.env["AUDIT_SEED"] ?? 5_2021);
/** From so many steps on a scenario has to have met everything that it can. */
const LONG = 300;

describe("the replayed status", () => {
  it("is the contract's answer at every block of a fuzzed scenario", async function () {
    this.timeout(3_600_000);
    console.log(`      seed ${SEED}, ${STEPS} steps`);
    const { key } = await runOptions();
    const verifier = new RememberingVerifier(key.verificationKey);
    const chain = await FuzzedChain.start(lehmer(SEED), key.verificationKey);
    const done = new Map<string, number>();
    try {
      for (let i = 0; i < STEPS; i++) {
        const kind = await step(chain);
        done.set(kind, (done.get(kind) ?? 0) + 1);
        if (i % 100 === 99) console.log(`      ${i + 1} of ${STEPS} steps`);
      }
    } finally {
      await chain.close();
    }
    console.log(`      ${told(done)}`);
    for (const [i, tape] of chain.tapes.entries()) {
      const text = tape.text();
      const audit = await replayText(text, { verifier });
      // What a proof says when it comes too late for the market is nobody's fault; see docs/AUDIT.md.
      const unfit = audit.findings.listed.filter(({ code }) => code !== "proof-outside-envelope");
      assert.deepEqual(unfit, []);
      const others = Object.keys(audit.findings.byCode).filter((code) => code !== "proof-outside-envelope");
      assert.deepEqual(others, []);
      const { statusesCompared } = audit.coverage;
      assert.ok(statusesCompared >= STEPS, String(statusesCompared));
      const compared = await sameRecords(text, chain.records[i] ?? new Map(), verifier);
      assert.ok(compared >= STEPS / 2, String(compared));
      const met = kindsMet(text, audit);
      const market = i === 0 ? "the deployment's own market" : "the derived market";
      console.log(
        `      ${market}: ${statusesCompared} answers of the gate, ${compared} records; met: ${told(met)}`,
      );
      const never = (i === 0 ? KINDS : DERIVED_KINDS).filter((kind) => !met.has(kind));
      if (STEPS >= LONG) assert.deepEqual(never, [], "kinds that the scenario never met");
    }
  });
});

/** Replays a log, and compares what it has of each account with what the contracts had, wherever that was kept. */
async function sameRecords(
  text: string,
  kept: ReadonlyMap<number, AccountRecords>,
  verifier: RememberingVerifier,
): Promise<number> {
  const [head, ...rest] = text
    .trimEnd()
    .split("\n")
    .map((line, i) => readRecord(line, `log:${i + 1}`));
  if (head?.kind !== "head") throw new TypeError("a log begins with its head");
  const replay = new Replay(head, verifier, await runOptions());
  let compared = 0;
  for (const record of rest) {
    if (record.kind !== "block") continue;
    replay.block(record.block);
    for (const [account, expected] of kept.get(record.block.number) ?? []) {
      const state = replay.state.accounts.get(account);
      assert.equal(state && replayedRecord(state), expected, `block ${record.block.number}`);
      compared++;
    }
  }
  return compared;
}

function told(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(", ");
}

function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state >> 4;
  };
}
