import type { Coverage } from "../result.js";
import { html, type Markup, section, table } from "./markup.js";
import { grouped, shareText } from "./words.js";

/** What was looked at, and how much of it could be checked: what was not can hide anything. */
export function coverage(of: Coverage): Markup {
  const rows: readonly [string, number, number][] = [
    ["rounds compared with what their feeds said", of.rounds, of.roundsWithFeeds],
    ["accepted proofs verified off line against the pinned key", of.proofs, of.proofsVerified],
    ["books whose signers were recovered from their signatures", of.books, of.booksWithSignatures],
    ["disclosed openings that are of a book on the chain", of.openings, of.openingsMatched],
  ];
  return section(
    "coverage",
    "What was checked",
    table(
      `Out of ${grouped(of.events)} events in ${grouped(of.blocks)} blocks`,
      ["", "in all", "checked", "share"],
      rows.map(([what, all, checked]) => [what, grouped(all), grouped(checked), shareText(checked, all)]),
    ),
    html`<p>${grouped(of.statusesCompared)} answers of the gate were compared with the status that the record leads to.${
      of.contractSignatures === 0
        ? null
        : ` ${grouped(of.contractSignatures)} signatures are of contracts (EIP-1271); for those the chain's word is taken.`
    }</p>`,
  );
}
