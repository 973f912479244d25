import type { replayContracts } from "zkmargin/audit";
import type { FundLoss } from "zkmargin/clearing";
import {
  AUCTION_HOURS,
  type BookFigures,
  type ClearingCircuits,
  type ClearingDemo,
  type Deal,
  GRACE_HOURS,
  HOUSE_MARGIN,
  type MemberName,
  type RoundPrices,
} from "./clearingDemo.js";
import { count, factor, milliseconds, money, names, pairs, percent, table } from "./text.js";

const CENT = 10n ** 16n;
const STEP_NAMES = {
  defaulter: "its own contribution",
  affiliates: "its group's contributions",
  capital: "the house's capital",
  members: "the other members, pro rata",
} as const;

/** The default fund beside what it must hold: cents. */
export interface Cover {
  readonly when: string;
  readonly caps: bigint;
  readonly first: bigint;
  readonly second: bigint;
  readonly required: bigint;
  readonly held: bigint;
}

/** The liquidators' ceremony. */
export interface Ceremony {
  readonly members: number;
  readonly threshold: number;
  readonly messages: number;
  readonly ms: number;
}

/** A trade as its two sides know it, and what it cost. */
export interface Trade extends Deal {
  /** Attodollars a coin. */
  readonly price: bigint;
  readonly gas: bigint;
  readonly ms: number;
}

/** A member's book: its owner's alone, except for the cap. */
export interface Stand extends BookFigures {
  readonly name: MemberName;
  readonly lines: readonly { readonly symbol: string; readonly coins: number }[];
  /** Cents. */
  readonly cap: bigint;
}

/** The members, their trades, and the fund that these need. */
export interface Trading {
  readonly prices: RoundPrices;
  readonly trades: readonly Trade[];
  readonly stands: readonly Stand[];
  readonly cover: Cover;
}

/** The market falls. Who can, proves its book again. */
export interface Fallen {
  readonly prices: RoundPrices;
  readonly renewed: readonly { readonly name: MemberName; readonly gas: bigint }[];
  readonly silent: readonly { readonly name: MemberName; readonly status: string }[];
}

/** A book that liquidators have opened. */
export interface Revealed extends BookFigures {
  readonly name: MemberName;
  /** How many of the parts that were given were needed, and by whom they were. */
  readonly by: readonly number[];
  readonly ms: number;
  readonly gas: bigint;
  readonly lines: Stand["lines"];
}

/** A part of an estate that was sold. */
export interface Sold {
  readonly buyer: MemberName;
  readonly parts: number;
  readonly hours: number;
  /** Attodollars that the buyer has paid; negative if it was paid. */
  readonly cash: bigint;
  readonly gas: bigint;
}

/** A loss that the fund has paid, as its events tell. Smallest units. */
export interface Settlement {
  readonly loss: FundLoss;
  readonly left: bigint;
  readonly cover: Cover;
}

/** What was torn up, and what it came to for a member. */
export interface Torn {
  readonly symbol: string;
  /** Attodollars a coin: the market's, and the one at which the lines close. */
  readonly market: bigint;
  readonly price: bigint;
  readonly lost: readonly { readonly name: MemberName; readonly coins: number; readonly amount: bigint }[];
}

/** What the replays of house and fund have come to. */
export interface Audited {
  readonly house: ReturnType<typeof replayContracts>;
  readonly fund: ReturnType<typeof replayContracts>;
}

/** The circuits of the house. */
export function keysText(circuits: ClearingCircuits): string {
  return Object.entries(circuits)
    .map(([statement, { manifest }]) => `  ${statement}: ${count(manifest.constraints)} constraints\n`)
    .join("");
}

/** The chain, the liquidators and the house. */
export function houseText({ chain, contracts }: ClearingDemo, ceremony: Ceremony): string {
  return `\n16 May 2021: a local chain, and a clearing house on it
  ${chain.steps.length} contracts, and ${contracts} of the house; no account of it has an attester
  ${ceremony.members} liquidators, each a process of its own, make the key that books are sealed to: ${ceremony.messages} messages
    ${ceremony.threshold} of them open a book together, and fewer learn nothing
  opening risk needs ${factor(HOUSE_MARGIN)}; the stress profile knows three days of the past year, and not March 2020
`;
}

/** The books, which only their owners see. */
function standsText(stands: readonly Stand[]): string {
  return table(
    ["member", "holds", "worth", "HF", "cap"],
    stands.map(({ name, lines, equity, healthFactor, cap }) => [
      name,
      linesText(lines),
      money(equity),
      factor(healthFactor),
      money(cap * CENT),
    ]),
    { text: [0, 1] },
  );
}

function linesText(lines: Stand["lines"]): string {
  if (lines.length === 0) return "cash alone";
  return lines.map(({ symbol, coins }) => `${coins < 0 ? "−" : ""}${amount(coins)} ${symbol}`).join(", ");
}

/** Coins without a sign, to four decimals. */
function amount(coins: number): string {
  const [whole = "", decimals] = String(Math.round(Math.abs(coins) * 10_000) / 10_000).split(".");
  return `${count(BigInt(whole))}${decimals === undefined ? "" : `.${decimals}`}`;
}

function signed(value: bigint): string {
  return value < 0n ? `−${money(-value)}` : money(value);
}

function pricesText({ bitcoin, ether, polkadot }: RoundPrices): string {
  return `BTC ${money(bitcoin)}, ETH ${money(ether)}, DOT ${money(polkadot)}`;
}

function coverText({ when, first, second, required, held }: Cover): string {
  const ratio = required === 0n ? "nothing is required" : `${percent((held * 10_000n) / required)} of`;
  const needed = required === 0n ? "" : ` ${money(required * CENT)}`;
  const two = required === 0n ? "" : `: the two largest, ${money(first * CENT)} and ${money(second * CENT)}`;
  return `  Cover-2 ${when}: the fund has ${money(held * CENT)}, ${ratio}${needed}${two}\n`;
}

/** Deposits and trades. */
export function tradingText({ prices, trades, stands, cover }: Trading): string {
  const gas = trades.map((trade) => trade.gas).sort((a, b) => (a < b ? -1 : 1));
  const rows = trades.map(({ maker, taker, side, symbol, size, price, reduces }) => {
    const what = `${count(size)} ${symbol}`;
    const trade = side === "buy" ? `buys ${what} from ${taker}` : `sells ${what} to ${taker}`;
    return [`${maker} ${trade}${reduces ? ", which only reduces" : ""}`, money(price)];
  });
  return `\n19 May, 03:00 UTC: deposits and hidden trades, at ${pricesText(prices)}
${table(["trade, as its two sides know it", "price"], rows)}  the chain sees two new commitments and the digest of a note; six proofs in one call, ${count(gas[gas.length >> 1] ?? 0n)} gas

  what each owner knows of its book; of all this the caps alone are public
${standsText(stands)}${coverText(cover)}`;
}

/** The fall. */
export function fallText({ prices, renewed, silent }: Fallen): string {
  return `\n19 May: the fall
  2021-05-20 00:00 UTC: ${pricesText(prices)}
    every claim of health has lapsed; ${names(silent.map(({ name }) => name))} are silent, and their lapses are put on record
  2021-05-20 03:00 UTC: the average has come down to the close
    ${names(renewed.map(({ name }) => name))} prove their books again, ${count(renewed[0]?.gas ?? 0n)} gas each
  2021-05-20 06:00 UTC: ${GRACE_HOURS} hours of grace are over
    ${silent.map(({ name, status }) => `${name} is ${status}`).join(", ")}
`;
}

function openedText({ name, by, ms, gas, lines, equity }: Revealed): string {
  return `  ${name}'s book is frozen. Liquidators ${names(by.map(String))} give their parts, two are silent: opened and proven in ${milliseconds(ms)}
    public from now on: ${linesText(lines)}; worth ${signed(equity)} (${count(gas)} gas)
`;
}

function lossText({ loss, left, cover }: Settlement): string {
  const unit = loss.parts.reduce((sum, part) => sum + part.amount, 0n);
  const steps = Object.entries(STEP_NAMES).flatMap(([step, name]): [string, string][] => {
    const paid = loss.parts.filter((part) => part.step === step).reduce((sum, part) => sum + part.amount, 0n);
    return paid === 0n ? [] : [[name, money(paid)]];
  });
  const beyond = loss.deficit - unit;
  return `  missing: ${money(loss.deficit)}
${pairs(
  [
    ...steps,
    ...(loss.assessed > 0n ? ([["assessed of members", money(loss.assessed)]] as const) : []),
    ...(beyond > loss.assessed ? ([["beyond the fund", money(beyond - loss.assessed)]] as const) : []),
    ...(left > 0n ? ([["left for its owner", money(left)]] as const) : []),
  ],
  "    ",
)}${coverText(cover)}`;
}

/** The first default, from the freeze to the fund. */
export function defaultText(
  opened: Revealed,
  sold: readonly Sold[],
  settled: Settlement,
  before: Cover,
): string {
  const bids = sold.map(({ buyer, parts, hours, cash, gas }) => {
    const paid = cash < 0n ? `is paid ${money(-cash)}` : `pays ${money(cash)}`;
    return `    ${hours} hours on, ${buyer} takes ${parts} of 100 parts and ${paid} (${count(gas)} gas)\n`;
  });
  return `\n20 May: elm is in default
${openedText(opened)}  its lines are for sale in a hundred parts, at a price that falls for ${AUCTION_HOURS} hours
${bids.join("")}${coverText(before)}${lossText(settled)}`;
}

/** The second default: a loss beyond the fund. */
export function beyondText(beyond: {
  readonly second: Revealed;
  readonly prices: RoundPrices;
  readonly absorbed: Settlement;
  readonly torn: readonly Torn[];
  readonly ended: Settlement;
  readonly stands: readonly Stand[];
}): string {
  const { second, prices, absorbed, torn, ended, stands } = beyond;
  const tears = torn.map(({ symbol, market, price, lost }) => {
    const losses = lost
      .filter(({ coins }) => coins !== 0)
      .map(({ name, coins, amount: lose }) => [
        `${name}, ${coins < 0 ? "−" : ""}${amount(coins)} ${symbol}`,
        signed(lose),
      ]);
    return `  every line of ${symbol} closes at ${money(price)}, where the market is at ${money(market)}; nobody's position is read
${table(["who, and what it held", "comes to"], losses)}`;
  });
  return `\n20 to 24 May: a loss beyond the fund
${openedText(second)}  nobody bids for ${AUCTION_HOURS} hours, and the market falls on: ${pricesText(prices)}
${lossText(absorbed)}  the members pay what they are assessed, and the rest is torn up
${tears.join("")}${coverText(ended.cover)}
  what is left, and proven again
${standsText(stands)}`;
}

/** The replays. */
export function auditText({ house, fund }: Audited): string {
  const of = (what: string) => count(house.coverage[what] ?? 0);
  return `\nAn auditor replays the house and its fund from the chain, with the books that three members disclose
${pairs([
  ["events", `${count(house.events)} of the house, ${count(fund.events)} of the fund`],
  ["transitions", `${of("changes")}, with reveals ${of("proofs")} proofs verified`],
  ["renewals", of("renewals")],
  ["hidden notes", of("notes")],
  ["opened books", of("opened")],
  ["defaults", `${of("defaults")}, ${of("losses")} losses, ${of("tearUps")} tear-up`],
  ["findings", `${count(house.findings.total)} and ${count(fund.findings.total)}`],
])}`;
}

/** What the reader must know, and how to check the files. */
export function farewell(invocation: string, folder: string): string {
  return `
DEVELOPMENT KEYS: anybody can forge proofs with them, so no deployment but a local one takes them.
Books, secrets and liquidators' keys are known to everybody: use none of them elsewhere.
Manifests and logs are in ${folder}. An auditor replays the house and draws the fund's losses with
  ${invocation} clearing audit --log ${folder}/house.ndjson --disclosure ${folder}/members.cleared.json
  ${invocation} clearing fund --log ${folder}/fund.ndjson --html fund.html
`;
}
