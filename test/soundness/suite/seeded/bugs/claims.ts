import { readClaim } from "../../differential/subjects/readClaim.js";
import type { Bug } from "../bug.js";

const CLAIM = { file: "margin/ReadClaim.circom", subject: readClaim };

export const CLAIMS: readonly Bug[] = [
  {
    ...CLAIM,
    id: "claim-one-bit-wide",
    kind: "wrong width",
    passage: "Num2Bits(CLAIM_BITS())",
    replacement: "Num2Bits(CLAIM_BITS() + 1)",
    effect: "two words with one meaning",
  },
  {
    ...CLAIM,
    id: "claim-theta-zero",
    kind: "off by one",
    passage: "thetaAboveZero.in <== theta - 1;",
    replacement: "thetaAboveZero.in <== theta;",
    effect: "a claim to exceed nothing",
  },
  {
    ...CLAIM,
    id: "claim-envelope-above-one",
    kind: "off by one",
    passage: "envelopeAtMostOne.in <== BPS() - envelope;",
    replacement: "envelopeAtMostOne.in <== BPS() + 1 - envelope;",
    effect: "a price that falls below nothing",
  },
  {
    ...CLAIM,
    id: "claim-envelope-not-in-range",
    kind: "missing range check",
    passage: "envelopeAtMostOne.in <== BPS() - envelope;",
    replacement: "envelopeAtMostOne.in <== envelope;",
    effect: "1 − e is negative, and collateral owes",
  },
  {
    ...CLAIM,
    id: "claim-ill-health-with-envelope",
    kind: "missing verdict",
    passage: "(1 - healthy) * envelope === 0;\n",
    replacement: "",
    effect: "ill health is proven at prices that are not the market's",
  },
  {
    ...CLAIM,
    id: "claim-verdict-not-tied",
    kind: "unconstrained hint",
    passage: "healthy <== word.out[THETA_BITS() + ENVELOPE_BITS()];",
    replacement: "healthy <-- word.out[THETA_BITS() + ENVELOPE_BITS()]; // HINT: a bit of the word",
    effect: "a proof of ill health reads as one of health",
  },
  {
    ...CLAIM,
    id: "claim-theta-not-tied",
    kind: "unconstrained hint",
    passage: "theta <== thetaSum;",
    replacement: "theta <-- thetaSum; // HINT: a sum of bits",
    effect: "proven at a lower θ than claimed",
  },
  {
    ...CLAIM,
    id: "claim-flags-are-one",
    kind: "wrong wire",
    passage: "isolated <== word.out[THETA_BITS() + ENVELOPE_BITS() + 1];",
    replacement: "isolated <== word.out[THETA_BITS() + ENVELOPE_BITS()];",
    effect: "cross books claim to be isolated",
  },
  {
    ...CLAIM,
    id: "claim-envelope-shifted",
    kind: "wrong translation",
    passage: "word.out[THETA_BITS() + i] * 2 ** i;\n    }\n    envelope",
    replacement: "word.out[THETA_BITS() + i] * 2 ** (i + 1);\n    }\n    envelope",
    effect: "the envelope is twice what is claimed",
  },
];
