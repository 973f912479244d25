import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { orAborted, pause } from "../../src/chain/untilAborted.js";

describe("chain/untilAborted", () => {
  const never = () => new Promise<never>(() => {});
  const soon = (milliseconds: number) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), milliseconds);
    return stop.signal;
  };

  it("gives what the work comes to, and its failure", async () => {
    assert.equal(await orAborted(sleep(5, "done"), new AbortController().signal), "done");
    assert.equal(await orAborted(sleep(5, "done"), undefined), "done");
    await assert.rejects(orAborted(Promise.reject(new RangeError("broken")), soon(1_000)), RangeError);
  });

  it("gives up work that hangs as soon as it is aborted, or was before", async () => {
    assert.equal(await orAborted(never(), soon(5)), undefined);
    assert.equal(await orAborted(never(), AbortSignal.abort()), undefined);
    assert.equal(await orAborted(Promise.resolve("done"), AbortSignal.abort()), undefined);
  });

  it("gives work the grace to end, and no longer", async () => {
    assert.equal(await orAborted(sleep(30, "done"), soon(5), 10_000), "done");
    assert.equal(await orAborted(sleep(5, "done"), AbortSignal.abort(), 10_000), "done");
    const begun = performance.now();
    assert.equal(await orAborted(never(), AbortSignal.abort(), 50), undefined);
    assert.ok(performance.now() - begun >= 45);
  });

  it("hears of no failure after it has given up", async () => {
    let fail = () => {};
    const work = new Promise<void>((_, reject) => {
      fail = () => reject(new Error("late"));
    });
    assert.equal(await orAborted(work, AbortSignal.abort()), undefined);
    fail();
    await sleep(5);
  });

  it("pauses until it is aborted", async () => {
    await pause(60_000, soon(5));
    await pause(1, new AbortController().signal);
  });
});
