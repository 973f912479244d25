import { OutOfRangeError } from "../../errors.js";
import { TIGHTENING_RATE_STEP, TIGHTENING_STEP } from "../../protocol/bounds.js";
import { denseRisk, leastDebtFactor, type RiskProfile } from "../../protocol/profile.js";

/** Parameters of a profile that are the same for all assets, and those of each asset. */
const COMMON = ["pnlFactor", "maxBorrowRate", "bookMaxAge"] as const;
export const PER_ASSET = ["collateralFactor", "debtFactor", "perpMargin", "liquidity", "impact"] as const;
export type RatedParameter = (typeof COMMON)[number] | (typeof PER_ASSET)[number];
export type Parameter = RatedParameter | "shock";

/**
 * Which way a parameter is tightened: what can only lower a health factor or shorten what a book is good for. The contract
 * (ProfileWords.requireTighter) has the same list; a shock is on neither side, as whether another is tighter depends on
 * the book, so only the governor may change one.
 */
const TIGHTER: Readonly<Record<RatedParameter, "lower" | "higher">> = {
  pnlFactor: "lower",
  maxBorrowRate: "higher",
  bookMaxAge: "lower",
  collateralFactor: "lower",
  debtFactor: "higher",
  perpMargin: "higher",
  liquidity: "higher",
  impact: "higher",
};

/** One parameter that differs. */
export interface ParameterChange {
  readonly parameter: Parameter;
  /** Null for what is the same for all assets. */
  readonly asset: string | null;
  /** Number of the scenario from 0, as the contract counts them; null but for a shock. */
  readonly scenario: number | null;
  /** Basis points, but for `impact`, and `bookMaxAge` in seconds. */
  readonly before: bigint;
  readonly after: bigint;
  /** "shock" is neither: it depends on the book. */
  readonly direction: "tighter" | "looser" | "shock";
}

/**
 * Every parameter in which two profiles over the same assets differ, in the order of the contract's words. Scenarios are
 * compared by their number, and one that is not there moves nothing, as in the contract; names are not compared.
 * @throws OutOfRangeError if the profiles are of other assets
 *
 * @example
 * ```ts
 * import { compareProfiles, findPreset } from "zkmargin/risk";
 *
 * const changes = compareProfiles(findPreset("collateralised-debt")!, profile);
 * for (const { parameter, direction } of changes) console.log(parameter, direction);
 * ```
 */
export function compareProfiles(live: RiskProfile, next: RiskProfile): ParameterChange[] {
  const assets = live.assets.map(({ asset }) => asset);
  if (assets.join() !== next.assets.map(({ asset }) => asset).join())
    throw new OutOfRangeError("to.assets", "the assets of the live profile, in its order", "others");
  const size = {
    assets: assets.length,
    scenarios: Math.max(live.scenarios.length, next.scenarios.length),
  };
  const [before, after] = [denseRisk(live, size, "live"), denseRisk(next, size, "to")];
  const rated = (parameter: RatedParameter, asset: string | null, from: bigint, to: bigint) => {
    const direction = isTighter(parameter, to, from) ? "tighter" : "looser";
    return { parameter, asset, scenario: null, before: from, after: to, direction } as const;
  };
  const common = COMMON.map((field) => rated(field, null, BigInt(live[field]), BigInt(next[field])));
  const perAsset = PER_ASSET.flatMap((field) =>
    assets.map((asset, u) => rated(field, asset, before[field][u] ?? 0n, after[field][u] ?? 0n)),
  );
  const shocks = before.shock.flatMap((row, scenario) =>
    row.map((from, u): ParameterChange => {
      const to = after.shock[scenario]?.[u] ?? 0n;
      return {
        parameter: "shock",
        asset: assets[u] ?? null,
        scenario,
        before: from,
        after: to,
        direction: "shock",
      };
    }),
  );
  return [...common, ...perAsset, ...shocks].filter((change) => change.before !== change.after);
}

/** Which parameter a change is of, in words: `perpMargin of BTC`, `shock of BTC in scenario 0`. */
export function parameterName({ parameter, asset, scenario }: ParameterChange): string {
  const of = asset === null ? "" : ` of ${asset}`;
  return `${parameter}${of}${scenario === null ? "" : ` in scenario ${scenario}`}`;
}

/**
 * Whether a guardian may go from one to the other at once: nothing is looser, and no shock is another.
 *
 * @example
 * ```ts
 * import { isTightening } from "zkmargin/risk";
 *
 * console.log(isTightening(profile, profile)); // true
 * ```
 */
export function isTightening(live: RiskProfile, next: RiskProfile): boolean {
  return compareProfiles(live, next).every(({ direction }) => direction === "tighter");
}

/**
 * Parameter by parameter the tighter of two profiles over the same assets, with the shocks of the first: what the contract
 * falls back to when a profile expires. If both are valid, so is it: whichever has the higher borrow rate has a debt
 * factor that covers it for its own, longer, age.
 *
 * @example
 * ```ts
 * import { tightestOf } from "zkmargin/risk";
 *
 * console.log(tightestOf(profile, profile).assets.length === profile.assets.length); // true
 * ```
 */
export function tightestOf(a: RiskProfile, b: RiskProfile): RiskProfile {
  return {
    ...a,
    ...tighterFields(COMMON, a, b),
    assets: a.assets.map((risk, u) => ({ ...risk, ...tighterFields(PER_ASSET, risk, b.assets[u] ?? risk) })),
  };
}

function tighterFields<F extends RatedParameter, T extends Readonly<Record<F, number | bigint>>>(
  fields: readonly F[],
  a: T,
  b: T,
): Pick<T, F> {
  const tighter = fields.map((field) => [field, isTighter(field, b[field], a[field]) ? b[field] : a[field]]);
  return Object.fromEntries(tighter) as Pick<T, F>;
}

/** Whether one value of a parameter is tighter than another. */
function isTighter(parameter: RatedParameter, value: number | bigint, than: number | bigint): boolean {
  return TIGHTER[parameter] === "higher" ? value > than : value < than;
}

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
