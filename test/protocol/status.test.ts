import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { nextStatusChange, putOff, statusAt } from "../../src/protocol/status.js";

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
    // It was over a second before the newest change, which the contract tells by the clock's own end.
    strictEqual(end(1_000, 0, 1_000, 1_101), 1_000);
  });

  it("stays where it is if it ends later than the grace", () => {
    strictEqual(end(1_150, 0, 1_000), 1_150);
  });
});

describe("protocol/status: a claim of a book with a sleeve", () => {
  const round = (number: number, time: number, sleeveOdometer: bigint) => ({
    number,
    time,
    epoch: 1,
    odometer: 0n,
    sleeveOdometer,
  });
  const ring = [null, round(1, 1_000, 50n), round(2, 1_500, 70n), round(3, 2_000, 71n), round(4, 2_500, 90n)];
  const market = (newest: number, profile = {}) => ({
    constants: {
      gate: { maxProofAge: 86_400, gracePeriod: 600, callPeriod: 900 },
      ledger: { maxRoundAge: 7_200 },
    },
    profile: {
      epoch: 1,
      epochStarts: [500],
      expiresAt: 0,
      paused: false,
      resumedAt: 0,
      bookMaxAge: 604_800,
      shocksSince: 500,
      ...profile,
    },
    ledger: { newest: ring[newest] ?? null, ring: ring.slice(0, newest + 1), liveSince: 0 },
  });
  const account = (sleeve: object | null, book = {}) => ({
    book: { sequence: 1, asOf: 900, expiresAt: 600_000, attestedAt: 950, brokenAt: 0, ...book },
    health: {
      ...round(1, 1_000, 0n),
      round: 1,
      sequence: 1,
      claim: { envelope: 100 },
      sleeve: sleeve === null ? null : { limit: 70n, until: 4_000, shocksSince: 500, ...sleeve },
    },
    marks: { breachRound: 0, callRound: 0, callSince: 0, lapsedAt: 0, graceSince: 0 },
  });
  const lapse = (...args: Parameters<typeof statusAt>) => {
    const { lapsedAt, cause, status } = statusAt(...args);
    return [status, lapsedAt, cause];
  };

  it("holds at its limit and before its end, and lapses into grace beyond either", () => {
    deepStrictEqual(lapse(market(2), account({}), 1_600), ["healthy", 0, null]);
    deepStrictEqual(lapse(market(4), account({}), 2_500), ["grace", 2_000, "sleeveBand"]);
    deepStrictEqual(lapse(market(2), account({}), 3_999), ["healthy", 0, null]);
    deepStrictEqual(lapse(market(2), account({}), 4_000), ["grace", 4_000, "sleeveEnd"]);
    deepStrictEqual(lapse(market(2), account({}), 4_601), ["liquidatable", 4_000, "sleeveEnd"]);
    strictEqual(nextStatusChange(market(2), account({}), 1_600), 4_000);
  });

  it("lapses when it is voided, but not by a void of another book's sleeve", () => {
    const voided = { sleeveVoidedAt: 1_550 };
    deepStrictEqual(lapse(market(2), account({}, voided), 1_600), ["grace", 1_550, "sleeveVoid"]);
    const next = { ...voided, sequence: 2, attestedAt: 1_580 };
    deepStrictEqual(lapse(market(2), account({}, next), 1_600), ["grace", 1_580, "newBook"]);
    deepStrictEqual(lapse(market(2), account(null, voided), 1_600), ["healthy", 0, null]);
  });

  it("lapses when the shocks change, also if they change back", () => {
    const changed = { shocksSince: 1_570 };
    deepStrictEqual(lapse(market(2, changed), account({}), 1_600), ["grace", 1_570, "sleeveShocks"]);
  });

  it("is not read for a claim without one", () => {
    deepStrictEqual(lapse(market(4, { shocksSince: 1_570 }), account(null), 5_000), ["healthy", 0, null]);
  });
});
