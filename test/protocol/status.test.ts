import { strictEqual } from "node:assert/strict";
import { putOff } from "../../src/protocol/status.js";

const GRACE = 100;
const end = (deadline: number, ...epochStarts: number[]) => putOff({ epochStarts }, deadline, GRACE);

describe("protocol/status: a deadline that parameters change before", () => {
  it("is put off by the grace of the change, and by a change within that grace again", () => {
    strictEqual(end(1_050, 0, 1_000), 1_100);
    strictEqual(end(1_050, 0, 1_000, 1_090, 1_190), 1_290);
  });

  it("still runs at its very second, and not a second later", () => {
    strictEqual(end(1_000, 0, 1_000), 1_100);
    strictEqual(end(999, 0, 1_000), 999);
    strictEqual(end(1_000, 0, 1_000, 1_100), 1_200);
    strictEqual(end(1_000, 0, 1_000, 1_101), 1_100);
  });

  it("stays where it is if it ends later than the grace", () => {
    strictEqual(end(1_150, 0, 1_000), 1_150);
  });
});
