import { factor, pairs, percent } from "../../format.js";
import { CAST } from "../cast.js";
import type { Fall, IllHealth } from "../story/fall.js";
import type { Liquidation } from "../story/liquidation.js";
import type { Kept, Moment, RoundFigures } from "../world.js";
import { coins, count, money, moved, names, PARTS, statusWord } from "./words.js";

/** 19 May and the morning after it, by the hour. */
export function fallText(fall: Fall): string {
  const { close, undecided, settled, lapsed, kept, call, breach, topUp, liquidation } = fall;
  return [
    "\n19 May: the fall\n",
    roundText("close", close.figures),
    lookText(close.lapsed),
    keptText(close.kept),
    illText(undecided),
    "    in the spread of the close and its average neither verdict can be proven: that is what grace is for\n",
    roundText("seven hours on the feeds repeat the close, and the average has come down to it", settled),
    lookText(lapsed),
    keptText(kept),
    illText(call),
    illText(breach),
    liquidationText(liquidation),
    `    ether-loan adds ${coins(topUp, "USDC")} and has its new book attested; so has btc-loan\n`,
    "    both books are newer than what stands against them, so the same round will do\n",
    keptText(fall.recovered),
    lookText(fall.recoveredTo),
    `  ${clock(fall.default)}: the grace of the unproven account is over\n`,
    lookText(fall.default),
    `    the keeper has the default noted (${count(fall.noteGas)} gas): it outlasts any outage\n`,
  ].join("");
}

function clock({ time }: { readonly time: string }): string {
  return `${time} UTC`;
}

function roundText(what: string, figures: RoundFigures): string {
  const { bitcoin, ether, moved: units, gas } = figures;
  return `  ${clock(figures)}: ${what}
    BTC ${money(bitcoin)}, ETH ${money(ether)}; moved ${moved(units)}; poke ${count(gas)} gas\n`;
}

/** Who stands how, by status. */
function lookText({ statuses }: Moment): string {
  const groups = new Map<string, string[]>();
  for (const part of PARTS) {
    const status = statusWord(statuses[part]);
    groups.set(status, [...(groups.get(status) ?? []), CAST[part].account]);
  }
  return [...groups]
    .map(([status, accounts]) =>
      groups.size === 1 ? `    all are in ${status}\n` : `    ${status}: ${names(accounts)}\n`,
    )
    .join("");
}

function keptText({ proven, unprovable, gas }: Kept): string {
  const done = proven.map(
    ({ part, theta, envelope }) => `${CAST[part].account} above ${factor(theta)} within ${percent(envelope)}`,
  );
  const lines = [`    the keeper proves ${names(done)}: one batch, ${count(gas ?? 0n)} gas\n`];
  for (const { part, why } of unprovable) lines.push(`    it cannot prove ${CAST[part].account}: ${why}\n`);
  return lines.join("");
}

function illText({ part, by, theta, refused, gas, status }: IllHealth): string {
  const { account } = CAST[part];
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
