import type {
  AccountRecord,
  ClaimRecord,
  HeadroomPoint,
  StatusChange,
} from "../../src/audit/accountRecord.js";
import type { Audit } from "../../src/audit/result.js";
import type { StatusName } from "../../src/protocol/status.js";
import { QUALIFIER } from "../../src/prove/statementWords.js";

const HOUR = 3_600;
/** 2021-05-12, 00:00 UTC. */
const START = 1_620_777_600;
const END = START + 12 * 24 * HOUR;
const address = (n: number) => `0x${n.toString(16).padStart(40, "0")}`;
const PLAIN = { support: "0", sleeve: false, asItIs: true };
const bounded = <T>(items: readonly T[], omitted = 0) => ({ omitted, items });

/** Proofs one after the other, each renewed after `every` hours; the price ended the last one where it says so. */
function claims(count: number, every: number, theta: number, lapsed?: number): ClaimRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const time = START + (6 + i * every) * HOUR;
    const last = i === count - 1;
    const end = last ? lapsed : time + every * HOUR;
    return {
      ...{
        time,
        block: 100 + i,
        round: 1 + i,
        roundTime: time - 60,
        sequence: 1 + Math.floor(i / 8),
        epoch: 1,
      },
      ...{ healthy: true, theta, envelope: 200 + 100 * (i % 4), verified: true, ...PLAIN },
      lapsedAt: end ?? null,
      lapsedBy: end === undefined ? null : last ? "price" : "replaced",
    };
  });
}

/** A health factor that falls with the market of 19 May and recovers. */
function headroom(): HeadroomPoint[] {
  return Array.from({ length: 96 }, (_, i) => {
    const fall = Math.exp(-(((i - 60) / 9) ** 2));
    const least = Math.round(16_500 - 5_200 * fall + 400 * Math.sin(i / 3));
    const fromTime = START + i * 3 * HOUR;
    return {
      ...{ fromRound: 1 + i, toRound: 1 + i, fromTime, toTime: fromTime + 2 * HOUR, theta: 10_000 },
      least: String(least),
      greatest: String(least + 500 + (i % 5) * 90),
    };
  });
}

/** Of USDC, BTC, ETH and SOL: those that are no dollar fall in the middle, each by more than the one before. */
function prices(): Audit["prices"] {
  const first = [1, 57_000, 4_100, 45];
  return headroom().map(({ fromRound, toRound, fromTime, least }) => {
    const fall = (16_500 - Number(least)) / 16_500;
    const at = (share: number) =>
      first.map((price, u) => `${Math.round(1e6 * price * (1 - u * fall * 0.6) * share)}${"0".repeat(12)}`);
    return { fromRound, toRound, fromTime, toTime: fromTime, least: at(0.998), greatest: at(1.002) };
  });
}

function changes(...all: readonly (readonly [number, StatusName])[]): StatusChange[] {
  return all.map(([hours, status]) => ({
    ...{ time: START + hours * HOUR, status },
    deadline: status === "grace" || status === "marginCall" ? START + (hours + 6) * HOUR : null,
  }));
}

function account(n: number, name: string, parts: Partial<AccountRecord>): AccountRecord {
  return {
    account: `0x${n.toString(16).padStart(64, "a")}`,
    ...{ owner: address(10 + n), name, isolated: false, attesters: [address(90), address(91)], threshold: 1 },
    openedAt: START + HOUR,
    books: { attested: 4, disclosed: 0, firstSequence: 1, lastSequence: 4 },
    ...{ status: "healthy", deadline: null },
    secondsIn: { unknown: 5 * HOUR, liquidatable: 0, marginCall: 0, grace: 4 * HOUR, healthy: 278 * HOUR },
    verdicts: bounded([
      {
        ...{ epoch: 1, verdict: "lapsed", proofsOfHealth: 31, proofsOfIllHealth: 0, books: 4 },
        ...{ disclosed: "none", leastHealthFactor: null },
      },
    ]),
    claims: bounded(claims(31, 9, 10_000)),
    statuses: bounded(changes([6, "healthy"], [168, "grace"], [172, "healthy"])),
    headroom: [],
    composition: bounded([]),
    vault: null,
    ...parts,
  };
}

const lender = account(1, "desk-1/cross", {
  books: { attested: 4, disclosed: 4, firstSequence: 1, lastSequence: 4 },
  claims: bounded([
    ...claims(18, 9, 11_000, START + 168 * HOUR),
    ...claims(31, 9, 10_000)
      .slice(19)
      .map((claim) => ({ ...claim, time: claim.time + HOUR })),
    ...claims(1, 9, 12_000).map((claim) => ({
      ...claim,
      time: START + 280 * HOUR,
      support: "2500050",
      sleeve: true,
      asItIs: false,
    })),
  ]),
  headroom: headroom(),
  verdicts: bounded([
    {
      ...{ epoch: 1, verdict: "lapsed", proofsOfHealth: 22, proofsOfIllHealth: 0, books: 3 },
      ...{ disclosed: "confirmed", leastHealthFactor: "11262" },
    },
    {
      ...{ epoch: 2, verdict: "healthy", proofsOfHealth: 8, proofsOfIllHealth: 0, books: 1 },
      ...{ disclosed: "confirmed", leastHealthFactor: "15803" },
    },
  ]),
  composition: bounded([
    {
      ...{ sequence: 4, round: 70, time: START + 210 * HOUR, healthFactor: "15803", basis: "0" },
      positions: [
        { ...leg("BTC", 8, "1250000000", "-1250000000"), ...worth("493750", "-493812.5") },
        { ...leg("ETH", 9, "80000000000", "0"), ...worth("198400", "0") },
        { ...leg("USDC", 6, "-350000000000", "0"), ...worth("-350000", "0") },
      ],
      sleeve: { value: "-1250050", gains: ["-30000", "45000"], charge: "7500", slack: "250" },
    },
  ]),
  vault: {
    ...{ creditor: address(77), debt: "350000000000", withdrawals: 2, loans: 1 },
    balances: [{ token: address(50), amount: "1250000000" }],
    auctions: bounded([
      {
        ...{ token: address(50), startedAt: START + 175 * HOUR, closedAt: START + 176 * HOUR },
        ...{ offered: "500000000", sold: "210000000", paid: "82000000000", repaid: "80000000000" },
      },
    ]),
  },
});

const long = account(2, "desk-2/leveraged-long", {
  status: "liquidatable",
  secondsIn: {
    unknown: 5 * HOUR,
    liquidatable: 110 * HOUR,
    marginCall: 3 * HOUR,
    grace: 6 * HOUR,
    healthy: 163 * HOUR,
  },
  claims: bounded([
    ...claims(18, 9, 10_000, START + 166 * HOUR),
    {
      ...{
        time: START + 174 * HOUR,
        block: 900,
        round: 59,
        roundTime: START + 173 * HOUR,
        sequence: 3,
        epoch: 1,
      },
      ...{
        healthy: false,
        theta: 10_400,
        envelope: 0,
        lapsedAt: null,
        lapsedBy: null,
        verified: false,
        ...PLAIN,
      },
    },
  ]),
  statuses: bounded(changes([6, "healthy"], [166, "grace"], [171, "marginCall"], [177, "liquidatable"])),
  verdicts: bounded([
    {
      ...{ epoch: 1, verdict: "liquidatable", proofsOfHealth: 18, proofsOfIllHealth: 1, books: 3 },
      ...{ disclosed: "none", leastHealthFactor: null },
    },
  ]),
});

function leg(asset: string, decimals: number, spot: string, perp: string) {
  return { asset, decimals, spot, perp };
}

function worth(spot: string, perp: string) {
  const attodollars = (dollars: string) => String(BigInt(Math.round(Number(dollars) * 100)) * 10n ** 16n);
  return { spotValue: attodollars(spot), perpValue: attodollars(perp) };
}

/** An audit as of a fortnight in May 2021, without findings; parts of it can be replaced. */
export function auditSample(parts: Partial<Audit> = {}): Audit {
  return {
    deployment: {
      ...{ chainId: "31337", local: true, tier: "16x16", assets: ["USDC", "BTC", "ETH", "SOL"] },
      tokens: [
        { token: address(49), symbol: "USDC", decimals: 6 },
        { token: address(50), symbol: "BTC", decimals: 8 },
      ],
      settlement: address(49),
      contracts: {
        marketLedger: address(1),
        bookRegistry: address(2),
        riskProfile: address(3),
        marginGate: address(4),
      },
      key: {
        ...{ hash: "7".repeat(64), kind: "development" },
        warning:
          "development key: phase 1 of its set-up is a public beacon, so anybody can derive its secrets and forge proofs",
        lineage: ["Phase 1: a public beacon.", "Phase 2: one contribution, by a public beacon."],
      },
      terms: {
        ...{
          twapWindow: 1_800,
          minInterval: 60,
          provingWindow: 7_200,
          maxRoundAge: 86_400,
          maxProofAge: 259_200,
        },
        ...{
          gracePeriod: 21_600,
          callPeriod: 21_600,
          callMargin: 11_000,
          rotationDelay: 172_800,
          sleeveSlots: 0,
          initialMargin: 12_500,
        },
      },
    },
    range: { fromBlock: 1, toBlock: 2_480, fromTime: START, toTime: END, log: "c0ffee".padEnd(64, "0") },
    statement: {
      words: `The health factor of the committed book is above θ at the prices of this market and at all prices within e of them. The book is ${QUALIFIER}.`,
      qualifier: QUALIFIER,
      doesNotSay: [
        "That nothing was left out of a book: only that its registered attesters signed it.",
        "That the prices were fair: only that they are what the feeds answered.",
      ],
    },
    coverage: {
      ...{
        blocks: 2_480,
        events: 3_912,
        rounds: 96,
        roundsWithFeeds: 96,
        proofs: 80,
        proofsVerified: 79,
        books: 12,
      },
      ...{
        booksWithSignatures: 12,
        contractSignatures: 2,
        openings: 4,
        openingsMatched: 4,
        sleeves: 3,
        sleevesComputed: 2,
        statusesCompared: 7_440,
      },
    },
    prices: prices(),
    epochs: bounded([
      {
        ...{ epoch: 1, change: "set", block: 12, since: START, until: START + 200 * HOUR, rounds: 66 },
        ...{ pnlFactor: 9_000, bookMaxAge: 259_200, expiresAt: null },
      },
      {
        ...{
          epoch: 2,
          change: "tightened",
          block: 1_700,
          since: START + 200 * HOUR,
          until: null,
          rounds: 30,
        },
        ...{ pnlFactor: 8_000, bookMaxAge: 259_200, expiresAt: END + 9 * HOUR },
      },
    ]),
    accounts: [account(0, "treasury", {}), lender, long],
    findings: { total: 0, bySeverity: { critical: 0, high: 0, medium: 0, low: 0 }, byCode: {}, listed: [] },
    ...parts,
  };
}

/** The findings of a record that does not hold. */
export function findingsSample(): Audit["findings"] {
  const at = { block: 1_301, time: START + 172 * HOUR, epoch: 1, round: 58, sequence: null };
  return {
    total: 3,
    bySeverity: { critical: 1, high: 0, medium: 1, low: 1 },
    byCode: { "round-fold": 1, "proof-unseen": 1, "sequence-gap": 1 },
    listed: [
      {
        ...{
          code: "sequence-gap",
          severity: "low",
          ...at,
          logIndex: 4,
          account: lender.account,
          sequence: 3,
        },
        ...{ expected: "sequence 2", got: "sequence 3" },
      },
      {
        ...{ code: "round-fold", severity: "critical", ...at, logIndex: 2, account: null },
        ...{ expected: "the point 0x2b00…91ce", got: "0x1120…77aa" },
      },
      {
        ...{ code: "proof-unseen", severity: "medium", ...at, logIndex: 9, account: long.account },
        ...{ expected: "the call that submitted it", got: "none" },
      },
    ],
  };
}
