import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { BookState } from "../../src/chain/keeper/decide.js";
import { type Happening, levelOf, type MarketState, type Obstacle } from "../../src/chain/keeper/events.js";
import { eventJson, eventLine } from "../../src/cli/keeperLines.js";

const ACCOUNT = `0x${"ab".repeat(32)}`;
const TIME = Date.UTC(2026, 10, 29, 13, 42, 53, 7);
const BOOKS: readonly BookState[] = [
  "good",
  "expiring",
  "awaited",
  "unknown-account",
  "other-account",
  "other-margin",
  "superseded",
  "other-book",
  "expired",
  "broken",
];
const MARKETS: readonly MarketState[] = [
  "usable",
  "no-round",
  "paused",
  "expired",
  "other-epoch",
  "stale",
  "outage",
];
const OBSTACLES: readonly Obstacle[] = ["unhealthy", "below-call", "no-round", "awaits-round"];
const STALE = { source: "BTC", reason: "PriceStale", updatedAt: 5n, heartbeat: 3n } as const;
const TROUBLE = { scope: "look", name: "NodeUnreachableError", seen: 12, since: TIME - 1_000 } as const;

/** One of each event, and of each that differs in its words. */
const HAPPENINGS: readonly Happening[] = [
  { event: "started", sender: "0x01", accounts: 2 },
  { event: "status", account: ACCOUNT, status: "grace", before: "healthy", deadline: 1_621_209_600n },
  ...BOOKS.map(
    (state): Happening => ({
      event: "book",
      account: ACCOUNT,
      state,
      attested: 3n,
      given: 3n,
      endsAt: 1_621_209_600n,
    }),
  ),
  ...MARKETS.map((state): Happening => ({ event: "market", state, age: 7n, sources: ["BTC"] })),
  { event: "source", state: "refuses", ...STALE },
  { event: "source", state: "answers", ...STALE },
  { event: "epoch", epoch: 3n, before: 2n },
  { event: "poked", gas: 1n },
  { event: "recorded", asset: "BTC", gas: null },
  {
    event: "proven",
    account: ACCOUNT,
    reason: "first",
    claim: { theta: 10_000, envelope: 100, healthy: true, isolated: false },
  },
  ...OBSTACLES.map((why): Happening => ({ event: "unprovable", account: ACCOUNT, why })),
  { event: "submitted", account: ACCOUNT, outcome: "accepted", transaction: "0x02", gas: 5n, proofs: 2 },
  { event: "refused", account: ACCOUNT, reason: "RoundNotUsable" },
  { event: "fee", state: "above-cap", fee: 600n * 10n ** 9n, cap: 500n * 10n ** 9n },
  { event: "balance", state: "low", balance: 10n ** 16n, submissions: 3n },
  { event: "trouble", message: "node: expected an answer, got none", ...TROUBLE },
  { event: "trouble-over", ...TROUBLE },
  { event: "stopped", reason: "asked" },
];
const events = HAPPENINGS.map((happening) => ({
  account: null,
  round: 7n,
  ...happening,
  time: TIME,
  level: levelOf(happening),
}));

describe("cli/keeperLines", () => {
  it("gives every line its time in UTC, its level and its account", () => {
    for (const event of events) {
      const line = eventLine(event);
      assert.match(line, /^2026-11-29T13:42:53\.007Z (info |warn |error) [^\n]{10,}\n$/);
      assert.equal(line.includes(ACCOUNT), event.account !== null, line);
      assert.doesNotMatch(line, /undefined|null|NaN/, line);
    }
    const says = (event: Happening["event"]) =>
      events
        .filter((one) => one.event === event)
        .map(eventLine)
        .join("");
    assert.match(says("status"), /is grace, liquidatable after 2021-05-17T00:00:00Z, after healthy\n/);
    assert.match(says("source"), /BTC refuses: PriceStale, last updated 1970-01-01T00:00:05Z, good for 3 s/);
    assert.match(says("trouble"), /got none \(seen 12 times since 2026-11-29T13:42:52\.007Z\)\n/);
    assert.match(says("fee"), /asks for 600 gwei per gas, more than the cap of 500 gwei/);
    assert.match(says("balance"), /has 0\.01, enough for 3 submissions at the present fee: fund it/);
  });

  it("prints JSON lines of the fields that docs/FORMATS.md has, and of no other", () => {
    const page = readFileSync(new URL("../../docs/FORMATS.md", import.meta.url), "utf8");
    const section = page.split(/^## /m).find((text) => text.startsWith("Keeper's log")) ?? assert.fail();
    const rows = new Map(
      [...section.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map(([, name = "", what = ""]) => [name, what]),
    );
    for (const event of events) {
      const { time, level, event: name, account, round, message, ...fields } = JSON.parse(eventJson(event));
      assert.deepEqual(
        [time, level, name, account, round],
        ["2026-11-29T13:42:53.007Z", event.level, event.event, event.account, "7"],
      );
      assert.equal(typeof message, "string");
      const row = rows.get(event.event) ?? assert.fail(event.event);
      for (const [field, value] of Object.entries(fields)) {
        // The words of a trouble are its message.
        assert.ok(row.includes(`\`${field}\``), `${event.event}.${field}`);
        if (["state", "why", "scope"].includes(field))
          assert.ok(section.includes(`\`${value}\``), `${value}`);
      }
    }
  });
});
