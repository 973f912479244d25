import { Command } from "commander";
import {
  type AggregatorReport,
  checkFeeds,
  type FeedReport,
  type FeedsReport,
  feedFaults,
  recordFeeds,
  type SourceReport,
} from "../../chain/feedCheck.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { FindingsError } from "../../errors.js";
import { USD_DECIMALS } from "../../protocol/bounds.js";
import { fractionOfWhole } from "../arguments.js";
import { json, paint, percent, table } from "../format.js";
import type { Io } from "../io.js";
import { KEY_HELP, onMarket, sender, withMarket, withSender } from "../onChain.js";

/** `zkmargin feeds`: where prices come from. */
export function feedsCommand(io: Io): Command {
  return new Command("feeds")
    .description("Check the price feeds that the ledger reads, and record their medians.")
    .addCommand(checkCommand(io))
    .addCommand(recordCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin feeds check
  $ zkmargin feeds record --keystore keeper.json

Exit codes: see \`zkmargin feeds check --help\` and \`zkmargin feeds record --help\`.`,
    );
}

function checkCommand(io: Io): Command {
  const command = new Command("check").description(
    "Show each source's answer, age, limits and disagreement; exit with 9 if anything is wrong.",
  );
  return withMarket(command)
    .option(
      "--disagreement <bps>",
      "how far a source may be from its asset's low and high",
      fractionOfWhole,
      100,
    )
    .option("--json", "print JSON; prices in dollars a unit, times in Unix seconds")
    .addHelpText(
      "after",
      `
The command asks every feed of the ledger in one block, every source of a median, and every aggregator behind them. An aggregator
that has limits of its own, minAnswer and maxAnswer, answers a limit while the market is beyond it. So these are shown as well.

It finds a source that does not answer, one that is far from the others, and one of other decimals than the listing's. It finds limits
that let an aggregator's own limit pass, an answer at that limit, and code that is no feed of this package. A pool that checks
a median is held to the median's own tolerance. Of a feed that refuses its aggregator's answer, that answer stands in brackets
beside "none", and its age with it.

Examples:
  $ zkmargin feeds check --deployment deployment.json
  $ zkmargin feeds check --disagreement 50 --json
  $ zkmargin feeds check || mail -s "feeds" desk@example.com

Exit codes: 0 nothing is wrong; 2 and 3 wrong options or files; 8 chain or node fails; 9 something is wrong.`,
    )
    .action((options) =>
      onMarket(io, options, async (open) => {
        const report = await checkFeeds(open, BigInt(options.disagreement));
        const faults = feedFaults(report);
        io.out(options.json ? json({ ...told(report), faults }) : describe(report, faults));
        if (faults.length > 0)
          throw new FindingsError(`feeds: expected nothing wrong, got ${faults.length} faults`);
      }),
    );
}

function recordCommand(io: Io): Command {
  const command = new Command("record").description(
    "Have medians keep their prices and tell of silent sources. Anybody may.",
  );
  return withSender(withMarket(command))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
A median keeps low and high while they are within its dead band, on the safe side. What it keeps is what somebody last recorded.
Recording changes no price. It emits what has changed: low and high, sources that are silent or back, and what the check says.
The command sends nothing where nothing has changed. "zkmargin poke" records first.

Example:
  $ zkmargin feeds record --deployment deployment.json --keystore keeper.json

Exit codes: 0 recorded, or nothing to record; 2 and 3 wrong options or files; 8 chain, key or node fails.`,
    )
    .action((options) =>
      onMarket(io, options, async (open) => {
        const transactions = await sender(io, open.connection, options, options.deployment);
        const recorded = await recordFeeds(open, transactions);
        if (options.json) return io.out(json({ recorded }));
        if (recorded.length === 0) return io.out("Nothing to record.\n");
        for (const { asset, gas } of recorded)
          io.out(`${asset}: ${gas === null ? "recorded by somebody else" : `recorded, ${gas} gas`}.\n`);
      }),
    );
}

/** Attodollars per quantum as dollars a unit, all digits. */
function usd(price: bigint, decimals: number): string {
  return formatDecimal(price, USD_DECIMALS - decimals);
}

/** A report for programs. */
function told({ block, time, feeds }: FeedsReport) {
  return {
    block,
    time,
    feeds: feeds.map(({ asset, decimals, median, ...feed }) => ({
      asset,
      ...toldSource(feed, decimals),
      median: median && {
        ...median,
        sources: median.sources.map((source) => toldSource(source, decimals)),
        check: median.check && toldSource(median.check, decimals),
        kept: {
          ...median.kept,
          low: usd(median.kept.low, decimals),
          high: usd(median.kept.high, decimals),
        },
      },
    })),
  };
}

function toldSource({ price, confidence, limits, aggregators, ...source }: SourceReport, decimals: number) {
  return {
    ...source,
    price: price === null ? null : usd(price, decimals),
    confidence: confidence === null ? null : usd(confidence, decimals),
    limits: limits && { least: usd(limits.least, decimals), most: usd(limits.most, decimals) },
    aggregators: aggregators.map(({ decimals: own, answer, least, most, ...one }) => ({
      ...one,
      answer: answer === null ? null : formatDecimal(answer, own),
      least: least === null ? null : formatDecimal(least, own),
      most: most === null ? null : formatDecimal(most, own),
    })),
  };
}

/** A report for people. */
function describe(report: FeedsReport, faults: readonly string[]): string {
  const header = ["asset", "source", "answer", "age", "of", "limits", "own limits", "away"];
  const rows = report.feeds.flatMap((feed) => rowsOf(feed, report.time));
  const verdict =
    faults.length === 0
      ? `${paint("good", "Nothing is wrong.")}\n`
      : `${paint("bad", `${faults.length} ${faults.length === 1 ? "fault" : "faults"}:`)}\n${faults.map((fault) => `  ${fault}\n`).join("")}`;
  return `Block ${report.block}\n${table(header, rows, { text: [0, 1, 5, 6] })}\n${verdict}`;
}

function rowsOf(feed: FeedReport, time: bigint): string[][] {
  const { asset, decimals, median } = feed;
  if (median === null) return [row(asset, feed.kind, feed, decimals, time)];
  const { seats, quorum, answering, sources, check } = median;
  const rule = `median of ${seats}, ${answering} of ${sources.length} answer, quorum ${quorum}`;
  return [
    row(asset, rule, feed, decimals, time),
    ...sources.map((source, i) => row("", `${i} ${source.kind}`, source, decimals, time)),
    ...(check ? [row("", `check ${check.kind}`, check, decimals, time)] : []),
  ];
}

function row(asset: string, source: string, report: SourceReport, decimals: number, time: bigint): string[] {
  const { price, confidence, heartbeat, limits, aggregators, away } = report;
  const width = confidence === null || confidence === 0n ? "" : ` ± ${usd(confidence, decimals)}`;
  const updatedAt = report.updatedAt ?? refusedAt(aggregators);
  return [
    asset,
    source,
    price === null ? `none${refused(aggregators)}` : `${usd(price, decimals)}${width}`,
    updatedAt === null ? "" : `${time > updatedAt ? time - updatedAt : 0n} s`,
    heartbeat === null ? "" : `${heartbeat} s`,
    limits === null ? "" : `${usd(limits.least, decimals)}–${usd(limits.most, decimals)}`,
    aggregators.map(ownText).filter(Boolean).join(", "),
    away === null || report.kind === "median" ? "" : percent(away),
  ];
}

/** What aggregators answer behind a feed that refuses it, each in its own unit. */
function refused(aggregators: readonly AggregatorReport[]): string {
  const answers = aggregators.flatMap(({ answer, decimals }) =>
    answer === null ? [] : [formatDecimal(answer, decimals)],
  );
  return answers.length === 0 ? "" : ` (${answers.join(" × ")})`;
}

/** When the oldest of these answers was given, Unix seconds. */
function refusedAt(aggregators: readonly AggregatorReport[]): bigint | null {
  const times = aggregators.flatMap(({ updatedAt }) => (updatedAt === null ? [] : [updatedAt]));
  return times.reduce<bigint | null>((oldest, at) => (oldest === null || at < oldest ? at : oldest), null);
}

function ownText({ of, least, most, decimals }: AggregatorReport): string {
  if (least === null && most === null) return "";
  const bound = (value: bigint | null) => (value === null ? "" : formatDecimal(value, decimals));
  return `${of === "price" ? "" : `${of} `}${bound(least)}–${bound(most)}`;
}
