import type { Claim } from "../../src/protocol/claim.js";
import { type BandClaim, factorText, percentText } from "../../src/prove/statementWords.js";
import type { AnyVerified } from "../examine.js";
import { code, facts, h, section } from "./dom.js";

/** What was proven: the words, and the numbers that they are made of. */
export function statementView(verified: AnyVerified): HTMLElement {
  const { words, commitment, tier } = verified;
  const { isolated } = "band" in verified ? verified.band : verified.claim;
  return section(
    "What was proven",
    h("blockquote", {}, words),
    facts([
      ...("band" in verified ? bandFacts(verified.band) : claimFacts(verified.claim)),
      [
        "Margin",
        isolated
          ? "isolated: at most one perpetual and one collateral asset"
          : "cross: any positions in the listed assets",
      ],
      ["Commitment", code(String(commitment))],
      ["Circuit", `${tier.name}: ${tier.assets} assets, ${tier.scenarios} scenarios`],
    ]),
  );
}

type Facts = readonly (readonly [string, string])[];

function claimFacts({ healthy, theta, envelope }: Claim): Facts {
  return [
    [
      "Health factor",
      `${healthy ? "above" : "not above"} ${factorText(theta)}, where 1.0000 is maintenance margin`,
    ],
    [
      "Holds",
      envelope === 0
        ? "at these prices only"
        : `while every price stays within ${percentText(envelope)} of these`,
    ],
  ];
}

function bandFacts({ above, notAbove }: BandClaim): Facts {
  return [
    [
      "Health factor",
      `above ${factorText(above)} and not above ${factorText(notAbove)}, where 1.0000 is maintenance margin`,
    ],
    ["Holds", "at these prices only"],
    ["Proofs", "two, of the same book in the same market: one for each end of the band"],
  ];
}
