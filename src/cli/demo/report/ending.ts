import { factor, pairs, percent, table } from "../../format.js";
import type { Ending } from "../story/ending.js";
import type { Fall } from "../story/fall.js";
import type { Moment, RoundFigures } from "../world.js";
import { count, milliseconds, names, PARTS, statusWord } from "./words.js";

/** Every account with what is publicly known of it, and the figures of the whole. */
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
  const rows = PARTS.map((part) => {
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

/** What the reader must know of all this. */
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
