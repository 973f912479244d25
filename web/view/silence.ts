import { QUALIFIER } from "../../src/prove/statementWords.js";
import type { AnyVerified } from "../examine.js";
import { h, section } from "./dom.js";

/** What a reader might take the proof to say, and it does not. */
export function silenceView(verified: AnyVerified): HTMLElement {
  const { market, key } = verified;
  const items: (string | (string | HTMLElement)[])[] = [
    [
      "That no debt was left out. The book is ",
      h("strong", {}, QUALIFIER),
      ": ask who they are for this account, and whether they signed this commitment.",
    ],
    "Whose account it is. The bundle names nobody; the attesters' signatures tie the commitment to an account.",
    `That it is so today. It speaks of the prices of ${market.source.date}, and of the book as it was committed.`,
    `${distanceWords(verified)}. Nothing is shown of positions or their sizes.`,
    "Anything of the same institution's other accounts.",
    "That prices and parameters are fair. They are those of the market below: judge them, or compare the digest.",
  ];
  if (key.kind === "development")
    items.push(
      "That its maker has such a book: the key's secrets are public, so a proof can be made without one.",
    );
  return section(
    "What it does not say",
    h(
      "ul",
      { class: "silence" },
      items.map((item) => h("li", {}, item)),
    ),
  );
}

/** How exactly the health factor is not told. */
function distanceWords(verified: AnyVerified): string {
  if ("band" in verified) return "Where in the band it lies";
  return verified.claim.healthy ? "How far above the threshold it is" : "How far below the threshold it is";
}
