import { factor, pairs, percent, table } from "../../format.js";
import { CAST } from "../cast.js";
import type { DemoChain } from "../chain.js";
import type { Opening } from "../story/opening.js";
import type { Release } from "../story/releases.js";
import type { Day } from "../story/watch.js";
import type { RoundFigures } from "../world.js";
import { coins, count, milliseconds, names, PARTS, roundCells, statusWord } from "./words.js";

/** What stands where the story begins. */
export function chainText({ steps, gas }: DemoChain, seconds: number): string {
  return `\n20 April 2021: a local chain
  ${steps.length} contracts deployed in ${seconds.toFixed(1)} s for ${count(gas)} gas, and handed to their governance
  16 Chainlink feeds are to answer the daily closes of examples/prices; the profile is portfolio margin
`;
}

export function replayText(rounds: readonly RoundFigures[]): string {
  const rows = rounds.map((round) => [...roundCells(round), count(round.gas)]);
  return `\n20 April to 10 May: a round a day. "moved" is the largest move of any of the 16 assets\n${table(
    ["close", "BTC", "ETH", "moved", "poke gas"],
    rows,
  )}`;
}

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

export function watchText(days: readonly Day[]): string {
  const rows = days.map(({ figures, lapsed }) => [
    ...roundCells(figures),
    ...PARTS.map((part) => statusWord(lapsed.statuses[part])),
  ]);
  const header = ["close", "BTC", "ETH", "moved", ...PARTS.map((part) => CAST[part].account)];
  const proofs = days.reduce((sum, { kept }) => sum + kept.proven.length, 0);
  const gas = days.reduce((sum, { kept }) => sum + (kept.gas ?? 0n), 0n);
  const left = days.flatMap(({ then }) => PARTS.filter((part) => isUnwell(then.statuses[part])));
  return `\n11 to 18 May: at each close, what moved out of its envelope has lapsed
${table(header, rows, { text: [0, 4, 5, 6, 7, 8] })}  Half an hour later new books are attested, and the keeper proves them in a batch a day: ${proofs} proofs, ${count(gas / BigInt(proofs))} gas each.
  ${left.length === 0 ? "Every account is healthy again each time" : `Not healthy again: ${names(left)}`}; on 16 May leveraged-long joins them:
  ${CAST.long.owner}'s, cross margin, ${CAST.long.who}
`;
}

function isUnwell(status: string | undefined): boolean {
  return status !== undefined && status !== "healthy";
}
