import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { FormatError, InputError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { AlertBook, MOST_SUBJECTS, QUIET } from "../../src/serve/alertBook.js";
import { AlertReceivers, type NoticesBody, parseAlerts } from "../../src/serve/alertReceivers.js";
import {
  type Alert,
  alertsOf,
  DEFAULT_THRESHOLDS,
  RULES,
  type RuleName,
} from "../../src/serve/alertRules.js";
import type { AccountView, ClearingView, EstateView } from "../../src/serve/apiTypes.js";
import { freshState } from "../../src/serve/chainState.js";
import { LogFollower } from "../../src/serve/keeperLogs.js";
import type { Watched } from "../../src/serve/watched.js";
import { scratch } from "../support/archives.js";
import { NoticeReceiver } from "../support/noticeReceiver.js";

const NOW = 1_800_000_000;
const BODY: NoticesBody = { format: "zkmargin/notices@1", time: "t", chainId: "1", gate: "0x", notices: [] };

/** An account that is well. */
const WELL: AccountView = {
  ...{
    account: `0x${"01".repeat(32)}`,
    owner: "0x",
    name: null,
    status: "healthy",
    deadline: null,
    lapse: null,
  },
  ...{ isolated: false, cleared: null, breachRound: null, callRound: null, callTheta: null, supports: [] },
  book: { sequence: 1, commitment: "1", asOf: NOW, endsAt: NOW + 86_400, brokenAt: null, sleeve: null },
  claim: {
    ...{ round: 1, time: NOW, sequence: 1, epoch: 1, theta: 10_000, envelope: 100, envelopeLeft: 9_000 },
    ...{ ageLeft: 9_000, endsAt: NOW + 80_000, sleeve: null },
  },
};
/** A market in which proofs can be made, and nothing wrong. */
function wellWatched(change: Partial<Watched> = {}): Watched {
  const chain = freshState(DEFAULT_LISTING, 1n);
  const round = {
    number: 1,
    time: NOW,
    epoch: 1,
    odometer: 0n,
    sleeveOdometer: 0n,
    low: [],
    high: [],
    funding: [],
  };
  chain.block = { number: 5, hash: "0x5", time: NOW };
  chain.rounds = [round];
  chain.market = {
    constants: {
      gate: { maxProofAge: 86_400, gracePeriod: 7_200, callPeriod: 43_200 },
      ledger: { maxRoundAge: 7_200 },
      ...{ provingWindow: 1_800, twapWindow: 1_800 },
    },
    profile: { epoch: 1, epochStarts: [1], expiresAt: 0, paused: false, resumedAt: 0, bookMaxAge: 86_400 },
    ledger: { newest: round, ring: chain.ring, liveSince: 0 },
    usable: true,
  };
  return {
    ...{ now: NOW * 1_000, startedAt: 0, lookedAt: NOW * 1_000, failure: null, chain, accounts: [WELL] },
    ...{ clearing: null, clockAhead: 0, senders: [], queue: null, keepers: { logs: [] } },
    ...change,
  };
}
const rulesOf = (watched: Watched) => alertsOf(watched, DEFAULT_THRESHOLDS).map(({ rule }) => rule);

/** A clearing house with nothing the matter. */
const HOUSE: ClearingView = {
  ...{ house: "0x1", defaultFund: "0x2", symbol: "USDC", state: "open", until: null, caps: 1 },
  ...{ fund: "10", contributions: "10", capital: "0", required: "10", remembered: "10" },
  ...{ covered: true, ratio: 10_000, cover: [], members: [], lapsed: [], defaults: [] },
};
const MEMBER = {
  ...{ member: "0x3", name: null, group: 1, caps: "10", contribution: "10", owed: "0", requested: "0" },
};
const LAPSED = {
  ...{ account: "0x4", owner: "0x3", cap: "10", recordedAt: null, overdueFrom: null, overdue: false },
};
const FROZEN: EstateView = {
  ...{ account: "0x4", startedAt: NOW, until: NOW + 60, left: 100, owed: "0", auction: null },
  stage: "frozen",
};

describe("serve: alert rules", () => {
  const house = (change: Partial<ClearingView>) => wellWatched({ clearing: { ...HOUSE, ...change } });
  const account = (change: Partial<AccountView>) => wellWatched({ accounts: [{ ...WELL, ...change }] });
  const claim = (change: object) => account({ claim: { ...WELL.claim, ...change } as AccountView["claim"] });
  const queue = (change: object) =>
    wellWatched({
      queue: {
        ...{ waiting: 0, active: 0, failed: 0, done: 0, cancelled: 0, ready: 0, submitted: 0 },
        ...{ oldest: null, draining: false, keeper: "0x", ...change },
      },
    });
  const sender = (submissions: bigint) =>
    wellWatched({ senders: [{ address: "0xa", balance: 1n, submissions }] });
  const keeper = (change: object) =>
    wellWatched({
      keepers: { logs: [{ name: "k.log", stopped: false, troubles: [], unreadable: false, ...change }] },
    });
  const market = (change: (chain: NonNullable<Watched["chain"]>) => void) => {
    const watched = wellWatched();
    if (watched.chain !== undefined) change(watched.chain);
    return watched;
  };

  const when: Readonly<Record<RuleName, () => Watched>> = {
    "account-liquidatable": () => account({ status: "liquidatable" }),
    "account-margin-call": () => account({ status: "marginCall", callRound: 1 }),
    "account-deadline": () => account({ status: "grace", deadline: NOW + 60 }),
    "account-grace": () => account({ status: "grace", lapse: { at: NOW, cause: "price" } }),
    "envelope-low": () => claim({ envelopeLeft: 1_999 }),
    "proof-old": () => claim({ ageLeft: 999 }),
    "book-ending": () => account({ book: { ...WELL.book, endsAt: NOW + 7_200 } as AccountView["book"] }),
    "sleeve-ending": () => claim({ sleeve: { bandLeft: 1_999, until: NOW + 86_400 } }),
    "market-outage": () =>
      market((chain) => {
        chain.rounds = chain.rounds.map((round) => ({ ...round, time: NOW - 7_201 }));
      }),
    "market-unusable": () =>
      market((chain) => {
        chain.rounds = chain.rounds.map((round) => ({ ...round, time: NOW - 1_801 }));
      }),
    "source-refuses": () =>
      market((chain) => {
        chain.sources = [{ source: "BTC", fault: "PriceStale" }];
      }),
    "node-away": () => wellWatched({ lookedAt: (NOW - 60) * 1_000 }),
    "chain-reorganised": () =>
      wellWatched({
        chain: { ...wellWatched().chain, reorganised: { times: 1, at: NOW, fork: 4 } } as Watched["chain"],
      }),
    "clock-wrong": () => wellWatched({ clockAhead: -61 }),
    "fund-uncovered": () => house({ covered: false }),
    "cap-lapsed": () => house({ lapsed: [LAPSED] }),
    "cap-overdue": () => house({ lapsed: [{ ...LAPSED, overdue: true }] }),
    "default-open": () => house({ defaults: [FROZEN] }),
    "assessment-owed": () => house({ members: [{ ...MEMBER, owed: "0.5" }] }),
    "clearing-closed": () => house({ state: "closed" }),
    "balance-low": () => sender(19n),
    "balance-empty": () => sender(0n),
    "queue-away": () => wellWatched({ queue: { failure: "QueueError" } }),
    "queue-unattended": () => queue({ keeper: null }),
    "queue-failed": () => queue({ failed: 1 }),
    "queue-slow": () => queue({ oldest: 601 }),
    "keeper-stopped": () => keeper({ stopped: true }),
    "keeper-trouble": () => keeper({ troubles: ["submit RevertedError"] }),
  };

  it("say nothing while all is well", () => {
    assert.deepEqual(rulesOf(wellWatched()), []);
    assert.deepEqual(rulesOf(queue({})), []);
    assert.deepEqual(rulesOf(sender(20n)), []);
    assert.deepEqual(rulesOf(house({ members: [MEMBER] })), []);
    assert.deepEqual(
      rulesOf(account({ status: "unknown", claim: null, book: null })),
      [],
      "an empty account",
    );
  });

  for (const [rule, watched] of Object.entries(when))
    it(`tell ${rule}`, () => assert.ok(rulesOf(watched()).includes(rule as RuleName)));

  it("cover every rule, and look at the accounts that are asked for alone", () => {
    assert.deepEqual(Object.keys(when).sort(), Object.keys(RULES).sort());
    const ill = account({ status: "liquidatable" });
    assert.deepEqual(alertsOf(ill, DEFAULT_THRESHOLDS, new Set(["0xother"])), []);
    const later = wellWatched({ now: (NOW + 1_801) * 1_000 });
    assert.ok(rulesOf(later).includes("market-unusable"), "the window ends between two looks");
  });
});

describe("serve: alerts are told once", () => {
  const grace = (subject: string): Alert => ({ rule: "account-grace", subject, detail: "price" });

  it("when they begin, again while they last, and when they are over", () => {
    const book = new AlertBook(600_000);
    const states = (alerts: readonly Alert[], now: number) =>
      book.update(alerts, now).map(({ state }) => state);
    assert.deepEqual(states([grace("a")], 0), ["firing"]);
    assert.deepEqual(states([grace("a")], 1_000), []);
    assert.deepEqual(states([grace("a")], 599_999), []);
    assert.deepEqual(states([grace("a")], 600_000), ["repeated"]);
    assert.deepEqual(states([], 600_000 + QUIET - 1), [], "it may come back");
    assert.deepEqual(states([grace("a")], 600_000 + QUIET), [], "and does, which is no news");
    assert.equal(book.lasting.length, 1);
    assert.deepEqual(states([], 600_000 + 2 * QUIET), ["resolved"]);
    assert.deepEqual(book.lasting, []);
    assert.deepEqual(states([grace("a")], 700_000 + 2 * QUIET), ["firing"]);
  });

  it("in one notice for a rule, with its first subjects and their number", () => {
    const book = new AlertBook(600_000);
    const many = Array.from({ length: 10_000 }, (_, i) => grace(`account ${i}`));
    const [notice, ...others] = book.update(many, 0);
    assert.deepEqual([notice?.count, notice?.subjects.length, others.length], [10_000, MOST_SUBJECTS, 0]);
    const more = book.update([...many, grace("one more")], 1_000);
    assert.deepEqual(
      more.map(({ count, subjects }) => [count, subjects[0]?.subject]),
      [[1, "one more"]],
    );
    const [over] = book.update([], 1_000 + QUIET);
    assert.deepEqual([over?.state, over?.count, over?.subjects[0]?.detail], ["resolved", 10_001, null]);
  });

  it("worst first in the list", () => {
    const book = new AlertBook(1_000);
    book.update([grace("a"), { rule: "node-away", subject: "node", detail: null }], 0);
    assert.deepEqual(
      book.lasting.map(({ rule }) => rule),
      ["node-away", "account-grace"],
    );
  });
});

describe("serve: receivers", () => {
  const folder = scratch();
  after(() => folder.remove());
  const notices = new AlertBook(1)
    .update(
      [
        { rule: "node-away", subject: "node", detail: null },
        { rule: "account-grace", subject: "a", detail: null },
      ],
      0,
    )
    .slice();
  const told: string[] = [];
  const news = {
    delivered: (receiver: string, count: number) => told.push(`${receiver} ${count}`),
    failed: (receiver: string, why: string) => told.push(`${receiver} failed: ${why}`),
  };
  beforeEach(() => told.splice(0));

  it("get the notices of their severities by webhook, with a token, and again after a failure", async () => {
    const [webhook, gone] = [await NoticeReceiver.start(), await NoticeReceiver.start()];
    const url = gone.url;
    await gone.stop();
    try {
      webhook.answers.push(500, 429);
      const receivers = new AlertReceivers(
        [
          { name: "pager", severities: ["critical"], url: webhook.url, token: "T" },
          { name: "none", severities: ["warning"], url, token: null },
        ],
        news,
        [1, 1, 1],
      );
      receivers.send({ ...BODY, notices });
      await webhook.until(1);
      await receivers.close(1_000);
      assert.deepEqual(webhook.authorizations, ["Bearer T", "Bearer T", "Bearer T"]);
      assert.deepEqual(
        webhook.notices.map((body) => body.notices.map(({ rule }) => rule)),
        [["node-away"]],
      );
      assert.deepEqual(told.sort(), ["none failed: ECONNREFUSED", "pager 1"]);
    } finally {
      await webhook.stop();
    }
  });

  it("get them by a command on its standard input, without a shell", async () => {
    const out = folder.at("got");
    const program = `let t="";process.stdin.on("data",c=>t+=c).on("end",()=>require("fs").writeFileSync(process.argv[1],t))`;
    const receivers = new AlertReceivers(
      [
        {
          name: "file",
          severities: ["warning", "critical"],
          command: [process.execPath, "-e", program, `${out}`, "$(id)"],
        },
        { name: "fails", severities: ["critical"], command: [process.execPath, "-e", "process.exit(3)"] },
        { name: "absent", severities: ["critical"], command: ["/no/such/program"] },
      ],
      news,
      [],
    );
    receivers.send({ ...BODY, notices });
    await receivers.close();
    assert.equal(JSON.parse(readFileSync(out, "utf8")).notices.length, 2);
    assert.deepEqual(told.sort(), ["absent failed: ENOENT", "fails failed: exit code 3", "file 2"]);
  });

  it("are read from a file that holds no secret", () => {
    const file = (change: object) =>
      JSON.stringify({
        format: "zkmargin/alerts@1",
        receivers: [
          { name: "pager", severities: ["critical"], webhook: "https://x.example/${KEY}", tokenEnv: "TOKEN" },
        ],
        ...change,
      });
    const environment = { KEY: "abc", TOKEN: "t" };
    const settings = parseAlerts(file({ thresholds: { envelopeLeft: 5 } }), "a.json", environment);
    assert.deepEqual(settings.receivers, [
      { name: "pager", severities: ["critical"], url: "https://x.example/abc", token: "t" },
    ]);
    assert.deepEqual(
      [settings.repeat, settings.thresholds.envelopeLeft, settings.thresholds.ageLeft],
      [3_600, 5, 1_000],
    );
    const refused = (text: string, env: object = environment) => {
      try {
        parseAlerts(text, "a.json", env as Record<string, string>);
        return "accepted";
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
        assert.ok(!error.message.includes("hunter2"));
        return error.constructor.name;
      }
    };
    const receiver = (change: object) =>
      file({ receivers: [{ name: "p", severities: ["critical"], ...change }] });
    assert.equal(refused(file({}), { KEY: "abc" }), "FormatError", "no token in the environment");
    assert.equal(refused(receiver({ webhook: "https://u:hunter2@x.example/" })), "FormatError");
    assert.equal(refused(receiver({ webhook: `https://x.example/hunter2${"k".repeat(20)}` })), "FormatError");
    assert.equal(refused(receiver({ webhook: "ftp://x.example/" })), "FormatError");
    assert.equal(refused(receiver({ command: [] })), "FormatError");
    assert.equal(refused(receiver({ severities: ["loud"], command: ["a"] })), "FormatError");
    assert.equal(refused(file({ repeat: 0 })), "OutOfRangeError");
    assert.equal(refused(file({ thresholds: { loudness: 1 } })), "UnknownFieldError");
    assert.throws(() => parseAlerts(file({}), "a.json", {}), FormatError);
  });
});

describe("serve: keepers' logs", () => {
  const folder = scratch();
  after(() => folder.remove());

  it("are followed, also when they are rotated, and count reasons, durations, outcomes and troubles", async () => {
    const counts: string[] = [];
    const path = folder.at("keeper.log");
    const logs = new LogFollower([path, folder.at("absent.log")], {
      proven: (reason) => counts.push(`proven ${reason}`),
      took: (milliseconds) => counts.push(`took ${milliseconds}`),
      submitted: (outcome) => counts.push(outcome),
      failed: (kind) => counts.push(`failed ${kind}`),
    });
    const line = (fields: object) => `${JSON.stringify(fields)}\n`;
    let text = line({ event: "proven", reason: "age", took: null }) + line({ event: "proven", took: 150 });
    writeFileSync(path, `${text}{"event":"submi`);
    await logs.read();
    assert.deepEqual(counts.splice(0), ["proven age", "took 150"]);
    text += line({ event: "submitted", outcome: "accepted" }) + line({ event: "refused" });
    text += line({ event: "trouble", scope: "submit", name: "RevertedError" }) + line({ event: "stopped" });
    writeFileSync(path, `${text}not json\n`);
    await logs.read();
    assert.deepEqual(counts.splice(0), ["accepted", "refused", "failed submit"]);
    assert.deepEqual(logs.logs, [
      { name: "keeper.log", stopped: true, troubles: ["submit RevertedError"], unreadable: false },
      { name: "absent.log", stopped: false, troubles: [], unreadable: true },
    ]);
    writeFileSync(path, line({ event: "trouble-over", scope: "submit", name: "RevertedError" }));
    await logs.read();
    assert.deepEqual(logs.logs[0], { name: "keeper.log", stopped: false, troubles: [], unreadable: false });
    await sleep(0);
  });
});
