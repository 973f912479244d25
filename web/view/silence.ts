import type { Verified } from "../../src/prove/verify.js";
import { QUALIFIER } from "../../src/prove/words.js";
import { h, section } from "./dom.js";

/** What a reader might take the proof to say, and it does not. */
export function silenceView({ claim, market, key }: Verified): HTMLElement {
  const items: (string | (string | HTMLElement)[])[] = [
    [
      "That no debt was left out. The book is ",
      h("strong", {}, QUALIFIER),
      ": ask who they are for this account, and whether they signed this commitment.",
    ],
    "Whose account it is. The bundle names nobody; the attestors' signatures tie the commitment to an account.",
    `That it is so today. It speaks of the prices of ${market.source.date}, and of the book as it was committed.`,
    `${claim.healthy ? "How far above" : "How far below"}. Nothing is shown of positions, their sizes or the distance to the threshold.`,
    "Anything of the same institution's other accounts.",
    "That prices and parameters are fair. They are those of the market below: judge them, or compare the digest.",
  ];
  if (key.kind === "development")
    items.push(
      "That whoever made it has such a book: the key's secrets are public, so a proof can be made without one.",
    );
  return section(
    "silence",
    "What it does not say",
    h(
      "ul",
      { class: "silence" },
      items.map((item) => h("li", {}, item)),
    ),
  );
}
