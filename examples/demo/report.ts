import type { DemoChain } from "./demoChain.js";
import type { Ending } from "./ending.js";
import type { Day, Fall, IllHealth, Liquidation } from "./fall.js";
import type { Opening, Release } from "./opening.js";
import type { BandUse, OptionsDesk } from "./options.js";
import { ACCOUNT_KEYS, ACCOUNTS, FALL } from "./setting.js";
import type { KeeperRun, Moment, RoundFigures } from "./simulation.js";
import { coins, count, factor, milliseconds, money, moved, names, pairs, percent, table } from "./text.js";

/** The chain on which the story begins. `seconds`: how long its deployment took. */
export function chainText({ steps, gas }: DemoChain, seconds: number): string {
  return `\n20 April 2021: a local chain
  ${steps.length} contracts deployed in ${seconds.toFixed(1)} s for ${count(gas)} gas, and handed to their governance
  16 Chainlink feeds are to answer the daily closes of examples/prices; the profile is portfolio margin
`;
}

/** Three weeks of rounds. */
export function replayText(rounds: readonly RoundFigures[]): string {
  const rows = rounds.map((round) => [...roundCells(round), count(round.gas)]);
  return `\n20 April to 10 May: a round a day. "moved" is the largest move of any of the 16 assets\n${table(
    ["close", "BTC", "ETH", "moved", "poke gas"],
    rows,
  )}`;
}

/** The accounts, their attesters, and what was proven of them. */
export function openingText({ accounts, batch }: Opening): string {
  const rows = accounts.map((a) => [
    a.account,
    `${a.threshold} of ${a.attesters.length}: ${names(a.attesters)}`,
    factor(a.healthFactor),
    `above ${factor(a.theta)}`,
    percent(a.envelope),
    milliseconds(a.proveMs),
  ]);
  const header = ["account", "attested by", "HF", "proven", "envelope", "proof"];
  return `\n10 May: four accounts of three institutions open
${whoText(accounts)}
${table(header, rows, { text: [0, 1, 3] })}  HF is private, and shown as these books are examples; the chain knows what is proven and no more
  one batch: ${batch.proofs} proofs, ${count(batch.gas)} gas, ${count(batch.gas / BigInt(batch.proofs))} a proof
`;
}

function whoText(accounts: Opening["accounts"]): string {
  return pairs(
    accounts.map(({ account, owner, kind, who }) => [account, `${owner}'s, ${kind} margin: ${who}`] as const),
  );
}

/** The loan, the withdrawal and the refusal. */
export function releasesText(releases: readonly Release[]): string {
  const texts = releases.map((release) => {
    const { what, amount, token, prover, refusals, released, submitGas, gas } = release;
    const lines = [`  ${what}: ${coins(amount, token)}\n`];
    if (prover !== null) lines.push(`    the prover, asked for initial margin: ${prover}\n`);
    for (const { when, error } of refusals) lines.push(`    refused, ${when}: ${error}\n`);
    if (released) {
      const submitted = submitGas === null ? "" : ` (proof submitted for ${count(submitGas)} gas)`;
      lines.push(`    released, as proven above 1.2500${submitted}: ${count(gas ?? 0n)} gas\n`);
    }
    return lines.join("");
  });
  return `\nThe vault holds their coins, and releases none unless what would be left is proven at initial margin\n${texts.join("")}`;
}

/** The days before the fall: prices, and the status of each account at each close. */
export function daysText(days: readonly Day[]): string {
  // The last to join opens on the eve of the fall, after the close.
  const last = days.at(-1)?.figures.date ?? FALL;
  const parts = ACCOUNT_KEYS.filter((part) => ACCOUNTS[part].joins < last);
  const rows = days.map(({ figures, lapsed }) => [
    ...roundCells(figures),
    ...parts.map((part) => statusWord(lapsed.statuses[part])),
  ]);
  const header = ["close", "BTC", "ETH", "moved", ...parts.map((part) => ACCOUNTS[part].account)];
  const proofs = days.reduce((sum, { kept }) => sum + kept.proven.length, 0);
  const gas = days.reduce((sum, { kept }) => sum + (kept.gas ?? 0n), 0n);
  const left = days.flatMap(({ then }) => ACCOUNT_KEYS.filter((part) => isUnwell(then.statuses[part])));
  return `\n11 to 18 May: at each close, what moved out of its envelope has lapsed
${table(header, rows, { text: [0, 4, 5, 6, 7, 8] })}  Half an hour later new books are attested, and the keeper proves them in a batch a day: ${proofs} proofs, ${count(gas / BigInt(proofs))} gas each.
  ${left.length === 0 ? "Every account is healthy again each time" : `Not healthy again: ${names(left)}`}; on 16 May leveraged-long joins them:
  ${ACCOUNTS.long.owner}'s, cross margin, ${ACCOUNTS.long.who}
`;
}

function isUnwell(status: string | undefined): boolean {
  return status !== undefined && status !== "healthy";
}

/** The options desk on the eve of the fall: what it is margined at, and what it proves. */
export function deskText({ volatilities, strategies, band, free, gas, holds }: OptionsDesk): string {
  const rows = strategies.map(({ name, naked, hedged }) => [name, money(naked), money(hedged)]);
  const priced = volatilities.map(({ coin, volatility }) => `${coin} ${(volatility * 100).toFixed(0)} %`);
  return `\n18 May: an options desk opens: ${ACCOUNTS.options.owner}'s, cross margin, ${ACCOUNTS.options.who}
${table(["margin", "naked, leg by leg", "hedged, together"], rows)}  Options are priced by each coin's realised volatility of 30 days, ${names(priced)}, and every strike alike: the history has no quotes.
  Its attesters sign numbers for the options that hold while prices stay within ${percent(band)}. What it holds stays hidden.
  It proves that it is healthy with ${money(free)} owed besides, its free equity in steps of $50,000: ${count(gas)} gas; the record ${holds ? "holds" : "does not hold"}.
`;
}

/** 19 May and the morning after it, by the hour. */
export function fallText(fall: Fall): string {
  const { close, undecided, settled, lapsed, kept, call, breach, topUp, liquidation } = fall;
  return [
    "\n19 May: the fall\n",
    roundText("close", close.figures),
    statusesText(close.lapsed),
    bandText(fall.bands.close),
    keeperText(close.kept),
    illHealthText(undecided),
    "    in the spread of the close and its average neither verdict can be proven: that is what grace is for\n",
    roundText("seven hours on the feeds repeat the close, and the average has come down to it", settled),
    statusesText(lapsed),
    bandText(fall.bands.settled),
    keeperText(kept),
    illHealthText(call),
    illHealthText(breach),
    liquidationText(liquidation),
    `    ether-loan adds ${coins(topUp, "USDC")} and has its new book attested; so has btc-loan\n`,
    "    both books are newer than what stands against them, so the same round will do\n",
    keeperText(fall.recovered),
    statusesText(fall.recoveredTo),
    `  ${clock(fall.default)}: the grace of the unproven account is over\n`,
    statusesText(fall.default),
    `    the keeper has the default recorded (${count(fall.noteGas)} gas): it outlasts any outage\n`,
  ].join("");
}

/** Why the desk needs a new book. */
function bandText({ moved: units, allowance }: BandUse): string {
  const left = units > allowance;
  return `    options-desk: prices have moved ${moved(units)}, and its band ends at ${moved(allowance)}: ${left ? "used up, so its attesters price and sign again" : "it holds"}\n`;
}

const STATUS_WORDS: Record<string, string> = { marginCall: "margin call" };

function statusWord(status: string | undefined): string {
  return status === undefined ? "" : (STATUS_WORDS[status] ?? status);
}

/** Cells of a round: date, prices, and how far the market moved. */
function roundCells({ date, bitcoin, ether, moved: units }: RoundFigures): string[] {
  return [date, money(bitcoin), money(ether), moved(units)];
}

function clock({ time }: { readonly time: string }): string {
  return `${time} UTC`;
}

function roundText(what: string, figures: RoundFigures): string {
  const { bitcoin, ether, moved: units, gas } = figures;
  return `  ${clock(figures)}: ${what}
    BTC ${money(bitcoin)}, ETH ${money(ether)}; moved ${moved(units)}; poke ${count(gas)} gas\n`;
}

/** The accounts by their status. */
function statusesText({ statuses }: Moment): string {
  const groups = new Map<string, string[]>();
  for (const part of ACCOUNT_KEYS) {
    const status = statusWord(statuses[part]);
    groups.set(status, [...(groups.get(status) ?? []), ACCOUNTS[part].account]);
  }
  return [...groups]
    .map(([status, accounts]) =>
      groups.size === 1 ? `    all are in ${status}\n` : `    ${status}: ${names(accounts)}\n`,
    )
    .join("");
}

function keeperText({ proven, unprovable, gas }: KeeperRun): string {
  const done = proven.map(
    ({ part, theta, envelope }) =>
      `${ACCOUNTS[part].account} above ${factor(theta)} within ${percent(envelope)}`,
  );
  const lines = [`    the keeper proves ${names(done)}: one batch, ${count(gas ?? 0n)} gas\n`];
  for (const { part, why } of unprovable)
    lines.push(`    it cannot prove ${ACCOUNTS[part].account}: ${why}\n`);
  return lines.join("");
}

function illHealthText({ part, by, theta, refused, gas, status }: IllHealth): string {
  const { account } = ACCOUNTS[part];
  if (refused !== null) return `    the ${by} cannot prove the opposite of ${account} either: ${refused}\n`;
  return `    the ${by} proves ${account} not above ${factor(theta)}: ${statusWord(status)} (${count(gas ?? 0n)} gas)\n`;
}

function liquidationText(l: Liquidation): string {
  const price = (cost: bigint, amount: bigint) => money((cost * 10n ** 18n) / amount);
  return `    a Dutch auction of btc-loan's collateral\n${pairs(
    [
      ["put up", `${coins(l.offered, "BTC")} at ${price(l.startCost, l.offered)} each, falling`],
      ["to be raised", `${money(l.due)}: half the debt of ${money(l.debtBefore)}, and 5 % of penalty`],
      [
        "sold",
        `${coins(l.sold, "BTC")} after ${l.takenAfter / 60} minutes for ${money(l.paid)}, at ${price(l.paid, l.sold)} each`,
      ],
      ["repaid", `${money(l.repaid)} to the broker, whose claim is now ${money(l.debtAfter)}`],
      [
        "penalty",
        `${money(l.incentive)} to the keeper that started it, ${money(l.insured)} to the insurance fund`,
      ],
      ["left", `${coins(l.returned, "BTC")} come back to their owner's account`],
      ["gas", `${count(l.startGas)} to start, ${count(l.takeGas)} to take`],
    ],
    "      ",
  )}`;
}

/** What everybody can read of each account, and the figures of the whole. */
export function endingText(
  { stands, moments, figures }: Ending,
  { close, marked, recoveredTo, default: last }: Fall,
  rounds: readonly RoundFigures[],
  deployGas: bigint,
): string {
  const columns = [moments[0], close.lapsed, close.then, marked, recoveredTo, last].filter(
    (moment): moment is Moment => moment !== undefined,
  );
  const header = ["account", "margin", "newest claim", "within", ...columns.map(when)];
  const rows = ACCOUNT_KEYS.map((part) => {
    const stand = stands.find((found) => found.part === part);
    return [
      stand?.account ?? "",
      stand?.kind ?? "",
      stand?.claim ? `above ${factor(stand.claim.theta)}` : "",
      stand?.claim ? percent(stand.claim.envelope) : "",
      ...columns.map(({ statuses }) => statusWord(statuses[part]) || "·"),
    ];
  });
  const pokes = rounds.map(({ gas }) => gas).sort((a, b) => Number(a - b));
  const batches = figures.batches
    .filter(({ proofs }) => proofs > 1)
    .map(({ proofs, gasEach }) => `${count(gasEach)} of ${proofs}`);
  return `\nWhat the chain knows, and how every account stood at the opening and through 20 May, UTC\n${table(header, rows, { text: [0, 1, 2, 4, 5, 6, 7, 8, 9] })}
Figures
${pairs([
  ["deployment", `${count(deployGas)} gas`],
  ["a round of 16 assets", `${count(pokes[pokes.length >> 1] ?? 0n)} gas, the median of ${rounds.length}`],
  [
    "a proof",
    `${milliseconds(figures.proveMs)}, the median of ${figures.proofs}; verified off line in ${milliseconds(figures.verifyMs)}`,
  ],
  [
    "submitted",
    `${count(figures.submitGas)} gas by itself, of it ${count(figures.curveGas)} on the curve; in batches ${names(batches)}`,
  ],
])}`;
}

/** What the reader must know, and how to check the files. `invocation`: how to run the command line. */
export function caveats(invocation: string, folder: string): string {
  return `
DEVELOPMENT KEY: anybody can forge proofs with it, so no deployment but a local one takes it.
A proof says that a committed book is healthy; that the book is complete is its attesters' word, and nobody else's.
Deployment and newest proofs are in ${folder}. A counterparty checks one off line with
  ${invocation} verify ${folder}/cash-and-carry.proof.json
and an auditor replays the whole story with
  ${invocation} audit replay --log ${folder}/event-log.ndjson
`;
}

/** The day of the opening, later the time of 20 May. */
function when({ time }: Moment, index: number): string {
  return index === 0 ? time.slice(0, 10) : time.slice(11);
}
