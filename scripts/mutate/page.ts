import type { AreaRecord, MutationRecord } from "./record.js";

const BEGIN = "<!-- results: written by `npm run mutate -- --record` -->";
const END = "<!-- end of results -->";

/**
 * docs/MUTATION.md with the results of this record in the place of those it has.
 * @throws Error if there is no place for them
 */
export function withResults(page: string, record: MutationRecord): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/MUTATION.md: expected "${BEGIN}" and "${END}", got a page without`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${results(record)}\n\n${page.slice(end)}`;
}

function results(record: MutationRecord): string {
  const rows = record.areas.map(row);
  const head = "| | mutants | tried | dead | of them by time-out | explained | open | score | sources |";
  const table = [head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |", ...rows].join("\n");
  const reasons = record.explained.map(({ why, mutants }) => `* ${why} (${mutants.length})`);
  const open = record.unexplained.map((name) => `* \`${name}\``);
  return [
    table,
    'The last column has the SHA-256 of the sources that were mutated, or "earlier" where no record kept it. An area that was not tried again keeps its row.',
    "### Survivors that are no gap",
    reasons.length === 0 ? "None is explained." : reasons.join("\n"),
    "### Open",
    open.length === 0 ? "None." : open.join("\n"),
  ].join("\n\n");
}

function row({ name, mutants, tried, dead, timedOut, explained, sources }: AreaRecord): string {
  const open = tried - dead - explained;
  const score = tried === 0 ? "–" : `${(Math.floor((1000 * dead) / tried) / 10).toFixed(1)} %`;
  const hash = sources === undefined ? "earlier" : `\`${sources.slice(0, 8)}\``;
  return `| ${[name, mutants, tried, dead, timedOut, explained, open, score, hash].join(" | ")} |`;
}
