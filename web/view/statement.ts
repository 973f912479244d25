import { type Claim, formatDecimal } from "zkmargin/protocol";
import { agoText, type BandClaim, factorText, percentText, QUALIFIER } from "zkmargin/verify";
import type { AnyVerified } from "../examine.js";
import { code, facts, h, section } from "./dom.js";

/**
 * What was proven: the words, how old its prices are, and the numbers that the words are made of.
 * @param now Unix seconds
 */
export function statementView(verified: AnyVerified, now: number): HTMLElement {
  const { words, commitment, tier, market } = verified;
  const { isolated } = "band" in verified ? verified.band : verified.claim;
  return section(
    "What was proven",
    h("blockquote", {}, words),
    h("p", { class: "freshness" }, `Prices of ${agoText(market.time, now)}.`),
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

function claimFacts({ healthy, theta, envelope, sleeve = false, support = 0n }: Claim): Facts {
  const dollars = formatDecimal(support < 0n ? -support : support, 2);
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
    ...(support === 0n
      ? []
      : [
          [
            "Support",
            support > 0n
              ? `true with $${dollars} added to the collateral; it says nothing of the book without them`
              : `true although $${dollars} more is owed: so much is free`,
          ] as const,
        ]),
    ...(sleeve
      ? [
          [
            "Sleeve",
            "may hold options and other positions that are not linear in a price, as the attesters computed them for a band of " +
              "prices and until a time: both stand in what they signed",
          ] as const,
        ]
      : []),
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
    ...("claim" in verified && verified.claim.sleeve
      ? [
          "That the sleeve's numbers are right. The attesters answer for them, and only an auditor can compute them again.",
        ]
      : []),
    ...("claim" in verified && verified.claim.support
      ? ["That the support is reserved. The same dollars may stand behind any number of claims."]
      : []),
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
