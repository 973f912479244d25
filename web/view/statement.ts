import type { Verified } from "../../src/prove/verify.js";
import { factorText, percentText } from "../../src/prove/words.js";
import { code, facts, h, section } from "./dom.js";

/** What was proven: the words, and the numbers that they are made of. */
export function statementView({ words, claim, commitment, tier }: Verified): HTMLElement {
  return section(
    "statement",
    "What was proven",
    h("blockquote", {}, words),
    facts([
      [
        "Health factor",
        `${claim.healthy ? "above" : "not above"} ${factorText(claim.theta)}, where 1.0000 is maintenance margin`,
      ],
      [
        "Holds",
        claim.envelope === 0
          ? "at these prices only"
          : `while every price stays within ${percentText(claim.envelope)} of these`,
      ],
      [
        "Margin",
        claim.isolated
          ? "isolated: at most one perpetual and one collateral asset"
          : "cross: any positions in the listed assets",
      ],
      ["Commitment", code(String(commitment))],
      ["Circuit", `${tier.name}: ${tier.assets} assets, ${tier.scenarios} scenarios`],
    ]),
  );
}
