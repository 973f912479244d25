import assert from "node:assert/strict";
import { accountId } from "../../src/chain/attest.js";
import { type BookState, bookState, type GivenBook } from "../../src/chain/keeper/decide.js";
import { marketState } from "../../src/chain/keeper/events.js";
import { DEFAULT_WATCH, type Purse, Troubles, Watch } from "../../src/chain/keeper/watch.js";
import type { AccountStatus, MarketStatus, SourceFault } from "../../src/chain/status.js";
import { NodeUnreachableError, RevertedError } from "../../src/errors.js";
import { endOfBook } from "../../src/protocol/lapse.js";
import { worstStatus } from "../../src/protocol/status.js";
import { ACCOUNT, MARKET } from "../support/statuses.js";

const OWNER = `0x${"0b".repeat(20)}`;
const OWNED: AccountStatus = { ...ACCOUNT, account: accountId(OWNER, "desk/cross"), owner: OWNER };
const GIVEN: GivenBook = { name: "desk/cross", sequence: 3n, commitment: 1n, isolated: false };
const GWEI = 1_000_000_000n;
const RICH: Purse = { balance: 10n ** 18n, fee: GWEI, cap: 100n * GWEI };
const withBook = (change: Partial<AccountStatus["book"]>) => ({
  ...OWNED,
  book: { ...OWNED.book, ...change },
});

describe("chain/keeper/decide: books", () => {
  const stateOf = (
    status: AccountStatus,
    given: Partial<GivenBook> = {},
    market: Partial<MarketStatus> = {},
  ) => bookState({ ...GIVEN, ...given }, status, { ...MARKET, ...market }, 7_200n);

  it("tells the attested book from every other, and says what is wrong with it", () => {
    const cases: [BookState, AccountStatus, Partial<GivenBook>?][] = [
      ["good", OWNED],
      ["unknown-account", { ...OWNED, owner: null }],
      ["other-account", OWNED, { name: "desk/other" }],
      ["other-account", { ...OWNED, owner: `0x${"0c".repeat(20)}` }],
      ["other-margin", OWNED, { isolated: true }],
      ["awaited", withBook({ sequence: 0n, live: false })],
      ["awaited", OWNED, { sequence: 4n }],
      ["superseded", OWNED, { sequence: 2n }],
      ["other-book", OWNED, { commitment: 2n }],
      ["expired", withBook({ expiresAt: 100_000n, live: false })],
      ["broken", withBook({ live: false })],
      ["expiring", withBook({ expiresAt: 107_199n })],
      ["good", withBook({ expiresAt: 107_200n })],
    ];
    for (const [state, status, given] of cases) assert.equal(stateOf(status, given), state);
  });

  it("lets a book end by the age that the profile pays for, and no sooner than the change that shortened it", () => {
    const end = (change: Partial<MarketStatus>) => endOfBook(OWNED.book, { ...MARKET, ...change });
    assert.equal(end({}), 200_000n);
    assert.equal(end({ bookMaxAge: 10_000n }), 105_000n);
    assert.equal(end({ bookMaxAge: 10_000n, epochSince: 106_000n }), 106_000n);
    assert.equal(stateOf(OWNED, {}, { bookMaxAge: 5_000n }), "expired");
    assert.equal(stateOf(OWNED, {}, { bookMaxAge: 5_001n }), "expiring");
  });
});

describe("chain/keeper/watch", () => {
  it("says why no round can be proven against", () => {
    const stateOf = (change: Partial<MarketStatus>) => marketState({ ...MARKET, usable: false, ...change });
    assert.equal(stateOf({ usable: true }), "usable");
    assert.equal(stateOf({ paused: true }), "paused");
    assert.equal(stateOf({ expired: true }), "expired");
    assert.equal(stateOf({ round: null }), "no-round");
    assert.equal(stateOf({ epoch: 3n }), "other-epoch");
    assert.equal(stateOf({}), "stale");
    assert.equal(stateOf({ time: 99_900n + 7_201n }), "outage");
  });

  it("takes the gate's order for the worst of statuses", () => {
    assert.equal(worstStatus([]), "healthy");
    assert.equal(worstStatus(["healthy", "grace", "marginCall"]), "marginCall");
    assert.equal(worstStatus(["liquidatable", "grace"]), "liquidatable");
    assert.equal(worstStatus(["liquidatable", "unknown", "healthy"]), "unknown");
  });

  it("tells an account's status at the first look, and then each change of it or of its deadline, once", () => {
    const watch = new Watch(DEFAULT_WATCH);
    const told = (change: Partial<AccountStatus>) =>
      watch.ofAccount({ ...OWNED, ...change }, GIVEN, MARKET).news.map((event) => {
        assert.ok(event.event === "status");
        return [event.before, event.status, event.deadline];
      });
    assert.deepEqual(told({}), [[null, "healthy", null]]);
    assert.deepEqual(told({}), []);
    assert.deepEqual(told({ status: "grace", deadline: 9n }), [["healthy", "grace", 9n]]);
    assert.deepEqual(told({ status: "grace", deadline: 9n }), []);
    assert.deepEqual(told({ status: "grace", deadline: 12n }), [["grace", "grace", 12n]]);
    assert.deepEqual(told({ status: "liquidatable", deadline: 12n }), [["grace", "liquidatable", 12n]]);
    assert.deepEqual(told({}), [["liquidatable", "healthy", null]]);
  });

  it("tells what is wrong with a book at the first look, each change of it, and that it is good again", () => {
    const watch = new Watch(DEFAULT_WATCH);
    const told = (status: AccountStatus) =>
      watch
        .ofAccount(status, GIVEN, MARKET)
        .news.flatMap((event) => (event.event === "book" ? [event.state] : []));
    assert.deepEqual(told(withBook({ sequence: 0n, live: false })), ["awaited"]);
    assert.deepEqual(told(OWNED), ["good"]);
    assert.deepEqual(told(OWNED), []);
    assert.deepEqual(told(withBook({ expiresAt: 100_001n })), ["expiring"]);
    assert.deepEqual(told(withBook({ expiresAt: 100_000n, live: false })), ["expired"]);
    assert.deepEqual(told(withBook({ expiresAt: 100_000n, live: false })), []);
    const other = new Watch(DEFAULT_WATCH);
    assert.deepEqual(
      other.ofAccount(OWNED, GIVEN, MARKET).news.map(({ event }) => event),
      ["status"],
    );
  });

  it("names each source that refuses, and says when it answers again", () => {
    const watch = new Watch(DEFAULT_WATCH);
    const told = (faults: SourceFault[], market: Partial<MarketStatus> = {}) =>
      watch
        .ofMarket({ market: { ...MARKET, ...market }, faults, purse: RICH })
        .map((event) =>
          "state" in event ? `${event.event} ${"source" in event ? event.source : ""} ${event.state}` : "",
        );
    const stale = (source: string, updatedAt = 5n): SourceFault => ({
      source,
      reason: "PriceStale",
      updatedAt,
      heartbeat: 3n,
    });
    assert.deepEqual(told([]), []);
    assert.deepEqual(told([stale("BTC")]), ["source BTC refuses"]);
    assert.deepEqual(told([stale("BTC", 6n), stale("ETH")]), ["source ETH refuses"]);
    assert.deepEqual(told([stale("BTC"), stale("ETH")], { usable: false }), ["market  stale"]);
    assert.deepEqual(told([{ ...stale("BTC"), reason: "PriceNotPositive" }], { usable: false }), [
      "source BTC refuses",
      "source ETH answers",
    ]);
    assert.deepEqual(told([]), ["market  usable", "source BTC answers"]);
  });

  it("tells a fee above the cap and a low balance, and does not waver about a bound", () => {
    const watch = new Watch({ ...DEFAULT_WATCH, lowBalance: 10 });
    const told = (change: Partial<Purse>) =>
      watch
        .ofMarket({ market: MARKET, faults: [], purse: { ...RICH, ...change } })
        .map((event) => ("state" in event ? `${event.event} ${event.state}` : ""));
    assert.deepEqual(told({}), []);
    assert.deepEqual(told({ fee: 101n * GWEI }), ["fee above-cap"]);
    assert.deepEqual(told({ fee: 99n * GWEI }), []);
    assert.deepEqual(told({ fee: 102n * GWEI }), []);
    assert.deepEqual(told({ fee: 89n * GWEI }), ["fee below-cap"]);
    const submission = 255_000n * GWEI;
    assert.deepEqual(told({ balance: 10n * submission - 1n }), ["balance low"]);
    assert.deepEqual(told({ balance: 20n * submission - 1n }), []);
    assert.deepEqual(told({ balance: 20n * submission }), ["balance enough"]);
    assert.deepEqual(told({ fee: 0n, balance: 0n }), []);
  });

  it("tells of an epoch that begins, and of what keeps an account from being proven, once", () => {
    const watch = new Watch(DEFAULT_WATCH);
    const look = (epoch: bigint) => watch.ofMarket({ market: { ...MARKET, epoch }, faults: [], purse: RICH });
    assert.deepEqual(look(2n), []);
    assert.deepEqual(look(3n), [{ event: "epoch", epoch: 3n, before: 2n }]);
    const told = (why: Parameters<Watch["ofObstacle"]>[1]) => watch.ofObstacle("0xa", why).length;
    assert.deepEqual([told("no-round"), told("no-round"), told("awaits-round")], [1, 0, 1]);
    assert.deepEqual(
      [told("unhealthy"), told("unhealthy"), told("no-round"), told("unhealthy")],
      [1, 0, 0, 0],
    );
    assert.deepEqual([told(null), told("unhealthy"), told("below-call")], [0, 1, 1]);
  });
});

describe("chain/keeper/watch: troubles", () => {
  const node = new NodeUnreachableError("node: expected an answer, got none");
  const MINUTE = 60_000;

  it("counts what repeats, tells it again after a minute, two, four, and says when it is over and how often it was", () => {
    const troubles = new Troubles();
    const told: [number, number][] = [];
    for (let minute = 0; minute < 20; minute += 0.5)
      for (const event of troubles.saw("look", node, node.name, minute * MINUTE))
        if (event.event === "trouble") told.push([minute, event.seen]);
    assert.deepEqual(told, [
      [0, 1],
      [1, 3],
      [3, 7],
      [7, 15],
      [15, 31],
    ]);
    // Looks that go well now and then are not the end of it.
    for (let second = 0; second < 30; second++)
      assert.deepEqual(troubles.looked(20 * MINUTE + 1_000 * second), []);
    assert.deepEqual(troubles.saw("look", node, node.name, 21 * MINUTE), []);
    assert.deepEqual(troubles.looked(22 * MINUTE - 1), []);
    assert.deepEqual(troubles.looked(22 * MINUTE), [
      { event: "trouble-over", scope: "look", name: "NodeUnreachableError", seen: 41, since: 0 },
    ]);
    assert.deepEqual(troubles.looked(23 * MINUTE), []);
    assert.equal(troubles.saw("look", node, node.name, 60 * MINUTE).length, 1);
  });

  it("tells two kinds of trouble apart, and ends each with what it is of", () => {
    const troubles = new Troubles();
    const stale = new RevertedError("poke", "PriceStale", "PriceStale(1, 2, 3)");
    assert.equal(troubles.saw("poke", stale, "PriceStale", 0).length, 1);
    assert.equal(troubles.saw("poke", stale, "PokedTooSoon", 0).length, 1);
    assert.equal(troubles.saw("submit", stale, "PriceStale", 0).length, 1);
    assert.deepEqual(troubles.looked(60 * MINUTE), []);
    assert.equal(troubles.settled("poke").length, 2);
    assert.equal(troubles.settled("submit").length, 1);
  });
});
