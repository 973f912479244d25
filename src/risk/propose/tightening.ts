import { TIGHTENING_RATE_STEP, TIGHTENING_STEP } from "../../protocol/bounds.js";
import { leastDebtFactor, type RiskProfile } from "../../protocol/profile.js";
import { compareProfiles, type ParameterChange, PER_ASSET, type RatedParameter } from "./diff.js";

/** A tightening of one parameter, and how far one tightening may take it: the rule of ProfileWords.requireTighter. */
export interface TighteningTooFar {
  readonly change: ParameterChange;
  readonly furthest: bigint;
}

/** How far one tightening may take a parameter from its live value. */
export function furthest(parameter: RatedParameter, live: bigint): bigint {
  switch (parameter) {
    case "pnlFactor":
    case "collateralFactor":
      return live > BigInt(TIGHTENING_STEP) ? live - BigInt(TIGHTENING_STEP) : 0n;
    case "bookMaxAge":
      return live - live / 2n;
    case "maxBorrowRate":
      return live + BigInt(TIGHTENING_RATE_STEP);
    case "impact":
      return 2n * live;
    default:
      return live + BigInt(TIGHTENING_STEP);
  }
}

/** The first parameter that a tightening takes further than it may; null if there is none. */
export function tooFar(live: RiskProfile, next: RiskProfile): TighteningTooFar | null {
  for (const change of compareProfiles(live, next)) {
    const { parameter, before, after, direction } = change;
    if (parameter === "shock" || direction !== "tighter") continue;
    const most = furthest(parameter, before);
    if (nearer(most, after, before) !== after) return { change, furthest: most };
  }
  return null;
}

/**
 * As far as one tightening goes from a live profile to one that is tighter. A borrow rate whose interest the debt factors do
 * not cover on the way stays until they do.
 */
export function oneTightening(live: RiskProfile, to: RiskProfile): RiskProfile {
  const step = (parameter: RatedParameter, from: number, goal: number) =>
    Number(nearer(furthest(parameter, BigInt(from)), BigInt(goal), BigInt(from)));
  const assets = to.assets.map((goal, u) => {
    const from = live.assets[u] ?? goal;
    const rates = PER_ASSET.filter((field) => field !== "impact").map((field) => [
      field,
      step(field, from[field], goal[field]),
    ]);
    const impact = nearer(furthest("impact", from.impact), goal.impact, from.impact);
    return { ...goal, ...(Object.fromEntries(rates) as Partial<typeof goal>), impact };
  });
  const bookMaxAge = step("bookMaxAge", live.bookMaxAge, to.bookMaxAge);
  const rate = step("maxBorrowRate", live.maxBorrowRate, to.maxBorrowRate);
  const covered = leastDebtFactor({ maxBorrowRate: rate, bookMaxAge });
  const least = Math.min(...assets.map(({ debtFactor }) => debtFactor));
  return {
    ...to,
    pnlFactor: step("pnlFactor", live.pnlFactor, to.pnlFactor),
    shockCap: step("shockCap", live.shockCap, to.shockCap),
    maxBorrowRate: covered <= BigInt(least) ? rate : live.maxBorrowRate,
    bookMaxAge,
    assets,
  };
}

/** Of two values the nearer to `from`. */
function nearer(a: bigint, b: bigint, from: bigint): bigint {
  const distance = (value: bigint) => (value > from ? value - from : from - value);
  return distance(a) < distance(b) ? a : b;
}
