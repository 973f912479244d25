import { Command } from "commander";
import { tokenInfo } from "../../chain/vault.js";
import {
  type DefaultStep,
  defaultOf,
  endClaim,
  type HouseDefault,
  houseTime,
  type MarketEnd,
  marketEnd,
  nextStep,
  openDefaults,
  type Startable,
  startable,
} from "../../clearing/account/defaults.js";
import type { OpenHouse } from "../../clearing/account/manifest.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { ESTATE_PARTS } from "../../protocol/estateAuction.js";
import { isoTime, json, pairs, table } from "../format.js";
import { onHouse, withHouse } from "../houses.js";
import { called, type Io } from "../io.js";
import { accountArgument, collect } from "../onChain.js";

/** Decimals of an attodollar. */
export const DOLLARS = 18;

/** `zkmargin clearing default status`: open defaults, their auctions, and the end of the market. */
export function statusCommand(io: Io): Command {
  const command = new Command("status").description(
    "Show open defaults: stage, auction, price now, and what is left; and whether accounts may be put into default.",
  );
  return withHouse(command)
    .argument("[account...]", "accounts; all open defaults without", collect(accountArgument))
    .addHelpText(
      "after",
      "\nExamples:\n  $ zkmargin clearing default status\n  $ zkmargin clearing default status 0x… --json",
    )
    .action((accounts: readonly string[] | undefined, options) =>
      onHouse(io, options, async (opened) => {
        const end = await marketEnd(opened);
        const found =
          accounts === undefined || accounts.length === 0
            ? (await openDefaults(opened)).map((of) => ({ account: of.account, of }))
            : await Promise.all(
                accounts.map(async (account) => ({ account, of: await defaultOf(opened, account) })),
              );
        const shown = await Promise.all(
          found.map(async ({ account, of }) => ({
            account,
            default: of,
            next: of === null ? null : nextStep(of, end),
            startable: of === null ? await startable(opened, account) : null,
            claim: end.endedAt === 0n ? null : await endClaim(opened, account),
          })),
        );
        if (options.json)
          return io.out(json({ market: end, time: await houseTime(opened), defaults: shown }));
        const { symbol, decimals } = await tokenInfo(opened.open, await opened.house.settlement());
        const units = (amount: bigint) => `${formatDecimal(amount, decimals)} ${symbol}`;
        io.out(
          pairs([
            ["market", marketWords(end)],
            ...(shown.length === 0 ? [["defaults", "none"] as const] : []),
          ]),
        );
        for (const one of shown) {
          io.out(`${called(io, one.account)}\n`);
          if (one.startable !== null)
            io.out(pairs([["default", `none: it is ${startWords(one.startable)}`]]));
          if (one.default !== null) io.out(defaultText(one.default, one.next, opened, units));
          if (one.claim !== null) io.out(pairs([["claim", claimWords(one.claim, units)]]));
        }
      }),
    );
}

function marketWords({ closedAt, endsFrom, endedAt, claimsUntil }: MarketEnd): string {
  if (endedAt !== 0n) return `ended at ${isoTime(endedAt)}; claims until ${isoTime(claimsUntil)}`;
  if (closedAt === 0n) return "open";
  return `closed at ${isoTime(closedAt)} for all but what reduces; it may be ended from ${isoTime(endsFrom)} on`;
}

function claimWords(
  { claim, paid }: Awaited<ReturnType<typeof endClaim>>,
  units: (amount: bigint) => string,
): string {
  if (paid !== null) return `${units(paid)} paid`;
  return claim === null ? "none is proven" : `${formatDecimal(claim, DOLLARS)} dollars, to be paid`;
}

function defaultText(
  of: HouseDefault,
  next: DefaultStep | null,
  { open }: OpenHouse,
  units: (amount: bigint) => string,
): string {
  const { stage, startedAt, revealUntil, auction, fund } = of;
  const rows: [string, string][] = [
    ["stage", `${stage}, in default since ${isoTime(startedAt)}`],
    ...(auction === null
      ? [["reveal", `until ${isoTime(revealUntil)}`] as [string, string]]
      : auctionRows(auction)),
    ["fund", fundWords(fund, units)],
    ["next", next === null ? "it is over" : stepWords(next)],
  ];
  const lines = open.listing.flatMap(({ symbol, decimals }, u) => {
    const quantity = auction?.lines[u] ?? 0n;
    return quantity === 0n ? [] : [[symbol, formatDecimal(quantity, decimals)]];
  });
  return `${pairs(rows)}${lines.length === 0 ? "" : table(["for sale", "quantity"], lines, { text: [0] })}`;
}

function auctionRows({ left, until, price }: NonNullable<HouseDefault["auction"]>): [string, string][] {
  const rows: [string, string][] = [
    ["auction", `${left} of ${ESTATE_PARTS} parts left, until ${isoTime(until)}`],
  ];
  if (price !== null) {
    const cash = formatDecimal(price < 0n ? -price : price, DOLLARS);
    const who = price < 0n ? "dollars are paid to the buyer of all of it" : "dollars for all of it";
    rows.push(["price now", `${cash} ${who}`]);
  }
  return rows;
}

function fundWords(
  { stage, owed, until, paid }: HouseDefault["fund"],
  units: (amount: bigint) => string,
): string {
  const has = paid === 0n ? "has paid nothing" : `has paid ${units(paid)}`;
  if (stage !== "absorbed" || owed === 0n) return has;
  return `${has}; members owe ${units(owed)} until ${isoTime(until)}`;
}

/** Why an account's default may be started, or not. */
export function startWords({ stage, status, cause, refusal, until }: Startable): string {
  if (cause === "capOverdue") return "one whose cap under stress has lapsed, with its grace";
  if (cause === "liquidatable") return "one that is liquidatable";
  if (refusal === "ended") return "the market ended";
  if (refusal === "started") return `one that is ${stage} already`;
  if (refusal === "empty") return "one whose book is empty";
  return `one that is ${status}${until === null ? "" : `, and is in time until ${isoTime(until)}`}`;
}

/** What each step does, once it is due. */
export const STEPS = {
  closeMarket: "the market can be closed",
  endMarket: "the market can be ended",
  settle: "it can be settled",
} as const;

/** The next step of a default, and from when on. */
export function stepWords({ step, from }: DefaultStep): string {
  return from === 0n ? `${STEPS[step]} now` : `${STEPS[step]} from ${isoTime(from)} on`;
}
