import { marginStatement } from "../../differential/subjects/marginStatement.js";
import type { Bug } from "../bug.js";

const STATEMENT = {
  file: "margin/MarginStatement.circom",
  subject: marginStatement({ assets: 1, scenarios: 1 }),
};
const TWO_ASSETS = { ...STATEMENT, subject: marginStatement({ assets: 2, scenarios: 1 }) };

/** The verdict, the claim and the commitment. */
export const VERDICTS: readonly Bug[] = [
  {
    ...STATEMENT,
    id: "statement-ill-health-for-all",
    kind: "missing verdict",
    passage: "read.healthy * (2 * headroom - 1) - headroom;",
    replacement: "read.healthy * (headroom - 1);",
    effect: "ill health of every account can be proven",
  },
  {
    ...STATEMENT,
    id: "statement-at-threshold",
    kind: "off by one",
    passage: "(2 * headroom - 1) - headroom;",
    replacement: "(2 * headroom) - headroom;",
    effect: "an account that equals θ, an empty one too, is above it",
  },
  {
    ...STATEMENT,
    id: "statement-verdict-not-tied",
    kind: "unconstrained hint",
    passage: "verdict.in <== read.healthy * (2 * headroom - 1) - headroom;",
    replacement: "verdict.in <-- read.healthy * (2 * headroom - 1) - headroom; // HINT: held by its range",
    effect: "every account is healthy",
  },
  {
    ...STATEMENT,
    id: "statement-envelope-reversed",
    kind: "wrong sign",
    passage: "var priceDown = BPS() - read.envelope;",
    replacement: "var priceDown = BPS() + read.envelope;",
    effect: "an envelope makes collateral dearer",
  },
  {
    ...STATEMENT,
    id: "statement-any-commitment",
    kind: "unused signal",
    passage: "book.commitment === commitment;\n",
    replacement: "",
    effect: "a proof about any book passes for any account",
  },
  {
    ...STATEMENT,
    id: "statement-basis-not-the-committed",
    kind: "unconstrained hint",
    passage: "book.basis <== basis;",
    replacement: "book.basis <-- basis; // HINT: as committed",
    effect: "a profit that was never committed",
  },
  {
    ...STATEMENT,
    id: "statement-spot-not-the-committed",
    kind: "unconstrained hint",
    passage: "asset[u].spot <== spot[u];",
    replacement: "asset[u].spot <-- spot[u]; // HINT: as committed",
    effect: "collateral that was never committed",
  },
  {
    ...STATEMENT,
    id: "statement-theta-of-one",
    kind: "wrong wire",
    passage: "signal required <== read.theta * R;",
    replacement: "signal required <== BPS() * R;",
    effect: "every claim is one of maintenance margin",
  },
  {
    ...STATEMENT,
    id: "statement-aliases",
    kind: "field alias",
    passage: "var differenceBits = 212 + assetBits;\n    assert(differenceBits <= 251);",
    replacement: "var differenceBits = 253;",
    effect: "a negative headroom wraps into range; RangeCheck refuses to compile so wide",
  },
  {
    ...STATEMENT,
    id: "statement-headroom-narrow",
    kind: "wrong width",
    passage: "var differenceBits = 212 + assetBits;",
    replacement: "var differenceBits = 150 + assetBits;",
    effect: "large accounts can prove nothing",
  },
];

/** What is added up. */
export const SUMS: readonly Bug[] = [
  {
    ...STATEMENT,
    id: "statement-scenarios-ignored",
    kind: "term left out",
    passage: "signal R <== D + N + M;",
    replacement: "signal R <== D + N;",
    effect: "no margin for scenarios",
  },
  {
    ...STATEMENT,
    id: "statement-loss-ignored",
    kind: "term left out",
    passage: "signal D <== debtUp + BPS() * pnl.negative;",
    replacement: "signal D <== debtUp;",
    effect: "unrealised losses cost nothing",
  },
  {
    ...STATEMENT,
    id: "statement-scenario-scale",
    kind: "factor twice or not at all",
    passage: "signal M <== BPS() * scenario.loss;",
    replacement: "signal M <== scenario.loss;",
    effect: "scenarios cost a ten-thousandth",
  },
  {
    ...STATEMENT,
    id: "statement-haircut-forgotten",
    kind: "unused signal",
    passage: "pnl.positive * pnlFactor;",
    replacement: "pnl.positive * BPS();",
    effect: "unrealised gains count in full",
  },
  {
    ...STATEMENT,
    id: "statement-envelope-charge-forgotten",
    kind: "unused signal",
    passage: "signal N <== rateMarginUp + envelopeCharge + impactCharge;",
    replacement: "signal N <== rateMarginUp + impactCharge;",
    effect: "assets that move apart inside the envelope are not margined",
  },
  {
    ...STATEMENT,
    id: "statement-funding-forgotten",
    kind: "term left out",
    passage: "BPS() * (basis - perpFunding);",
    replacement: "BPS() * basis;",
    effect: "funding is never paid",
  },
  {
    ...STATEMENT,
    id: "statement-collateral-not-tied",
    kind: "unconstrained hint",
    passage: "signal A <== collateralDown + gain;",
    replacement: "signal A <-- collateralDown + gain; // HINT: a sum",
    effect: "any collateral",
  },
];

/** What shows only where there is more than one asset. */
export const WIRINGS: readonly Bug[] = [
  {
    ...TWO_ASSETS,
    id: "statement-isolation-not-asked",
    kind: "wrong wire",
    passage: "isolatedMargin.isolated <== read.isolated;",
    replacement: "isolatedMargin.isolated <== 0;",
    effect: "cross books pass for isolated ones",
  },
  {
    ...TWO_ASSETS,
    id: "statement-first-debt-only",
    kind: "loop that skips",
    passage: "debt += asset[u].debt;",
    replacement: "debt = asset[0].debt;",
    effect: "debts in other assets are free",
  },
  {
    ...TWO_ASSETS,
    id: "statement-first-asset-for-all",
    kind: "double-counted asset",
    passage: "asset[u].spot <== spot[u];",
    replacement: "asset[u].spot <== spot[0];",
    effect: "the first asset counts once for every slot",
  },
  {
    ...TWO_ASSETS,
    id: "statement-hedges-never-net",
    kind: "wrong translation",
    passage: "scenario.exposure[u] <== asset[u].exposure;",
    replacement: "scenario.exposure[u] <== asset[u].grossExposure;",
    effect: "shorts lose when prices fall",
  },
];
