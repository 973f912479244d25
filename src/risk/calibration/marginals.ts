import { ln, normalQuantile, quantile } from "../statistics/elementary.js";
import {
  decayOf,
  ewmaVariances,
  fitGarch,
  type Garch,
  garchVarianceOver,
  garchVariances,
} from "../statistics/volatility.js";

/** One asset by itself: how much it moves, and how each past move compares with what was to be expected that day. */
export interface Marginal {
  readonly asset: string;
  /** Log returns it has. */
  readonly count: number;
  /** Volatilities of the log price over the horizon, fractions: two forecasts, and the floor. */
  readonly ewma: number;
  readonly garch: number;
  readonly longRun: number;
  /** Factor on the floor of a late listing, 1 or more ({@link raiseFloors}). */
  readonly raised: number;
  /** √(½·ewma² + ½·garch²); what is used of it, {@link settleVolatility} says. */
  readonly volatility: number;
  /** Means of its worst falls and best rises, of the log price over the horizon at full size: 1 % of its days each way. */
  readonly worstDown: number;
  readonly worstUp: number;
  readonly fit: Garch;
  /** `[t]`: log return over its forecast volatility; null where there is no return. */
  readonly residuals: readonly (number | null)[];
}

/**
 * What one return may count for at most in the volatilities that follow it, in the volatility expected of it. Without
 * a bound one day may treble a margin: 12 March 2020 was ten volatilities. With it, the day after is learnt from as well.
 */
const BOUND = 4;

/**
 * Mean of what lies beyond a quantile far out, over that quantile: ν/(ν − 1) for a tail that falls off as x^−ν, with the
 * ν = 3 of the inverse cubic law. A mean of the few residuals there are would jump with each of them.
 */
const BEYOND = 1.5;

/** How far tails reach, in volatilities. */
export interface Tails {
  readonly down: number;
  readonly up: number;
  /** Mean of what lies beyond (expected shortfall). */
  readonly downBeyond: number;
  readonly upBeyond: number;
}

/**
 * The volatility of one asset, by equal parts of EWMA, which follows the market at once, and GARCH(1,1), which knows
 * what it returns to.
 *
 * @param returns simple returns by time, null where there is none; at least two, not all 0
 * @param halfLife of the EWMA, in steps
 * @param horizon steps over which the volatilities reach
 */
export function marginalOf(
  asset: string,
  returns: readonly (number | null)[],
  { halfLife, horizon }: { readonly halfLife: number; readonly horizon: number },
): Marginal {
  const logs = returns.filter((r) => r !== null).map((r) => ln(1 + r));
  const fit = fitGarch(logs, BOUND);
  const ewma = ewmaVariances(logs, decayOf(halfLife), fit.longRun, BOUND);
  const garch = garchVariances(logs, fit, BOUND);
  const residuals: (number | null)[] = [];
  let i = 0;
  for (const r of returns) {
    if (r === null) {
      residuals.push(null);
      continue;
    }
    residuals.push((logs[i] ?? 0) / Math.sqrt(((ewma[i] ?? 0) + (garch[i] ?? 0)) / 2));
    i++;
  }
  const ahead = (ewma[i] ?? 0) * horizon;
  const reverting = garchVarianceOver(garch[i] ?? 0, fit, horizon);
  return {
    asset,
    count: logs.length,
    ewma: Math.sqrt(ahead),
    garch: Math.sqrt(reverting),
    longRun: Math.sqrt(fit.longRun * horizon),
    raised: 1,
    volatility: Math.sqrt((ahead + reverting) / 2),
    worstDown: worstMean(logs, -1) * Math.sqrt(horizon),
    worstUp: worstMean(logs, 1) * Math.sqrt(horizon),
    fit,
    residuals,
  };
}

/** Days that a stressed component takes, of all that there are; at least one. */
const STRESSED_SHARE = 0.01;

/** Mean of the largest moves one way, 0 where there are none. */
function worstMean(logs: readonly number[], way: 1 | -1): number {
  const count = Math.max(1, Math.ceil(logs.length * STRESSED_SHARE));
  const worst = logs
    .map((r) => way * r)
    .sort((a, b) => b - a)
    .slice(0, count);
  return Math.max(0, worst.reduce((sum, r) => sum + r, 0) / count);
}

/** Tools against procyclicality, after Article 28 of Commission Delegated Regulation (EU) 153/2013; basis points each. */
export interface Smoothing {
  /** Share of the whole history's volatility below which no volatility falls: 10 000 is all of it, 0 none. */
  readonly floor: number;
  /** Margin above what is called for in a calm, which is used up as volatility rises above that of the whole history. */
  readonly buffer: number;
  /** Weight of the worst days of the whole history, at full size, in a tail. */
  readonly stressWeight: number;
}

/**
 * The volatility that is used: no less than the floor, which is a share of the whole history's; and with the buffer b the greater of σ and
 * the lesser of (1 + b)·σ and (1 + b)·floor level. So a buffer holds in a calm, and is given back while volatility rises.
 */
export function settleVolatility(marginal: Marginal, { floor, buffer }: Smoothing): Marginal {
  const bps = 10_000;
  const longRun = marginal.longRun * marginal.raised;
  const floored = Math.max(marginal.volatility, (longRun * floor) / bps);
  const buffered = (1 + buffer / bps) * Math.min(floored, longRun);
  return { ...marginal, volatility: Math.max(floored, buffered) };
}

/**
 * Tails with a stressed component: a move at the confidence is (1 − w)·q·σ + w·s, where s is the mean of the worst days of the whole
 * history at full size, or q·σ where that is larger. So a calm does not forget them, and a storm is not made milder by them.
 * What lies beyond stays as it is: the stressed days are already there.
 */
export function stressTails(
  { down, up, ...beyond }: Tails,
  { volatility, worstDown, worstUp, raised }: Marginal,
  { stressWeight }: Smoothing,
): Tails {
  const weight = stressWeight / 10_000;
  const reach = (tail: number, worst: number) =>
    volatility === 0 ? tail : Math.max(tail, (1 - weight) * tail + (weight * worst * raised) / volatility);
  return { down: reach(down, worstDown), up: reach(up, worstUp), ...beyond };
}

/**
 * Raises the floor of every asset that was listed late: its history lacks what the market went through before. The
 * factor is that by which the whole-history volatility of the assets that are older exceeds theirs since then.
 * @param returns `[t][u]`, those the marginals were made of
 */
export function raiseFloors(
  marginals: readonly Marginal[],
  returns: readonly (readonly (number | null)[])[],
): Marginal[] {
  const firsts = marginals.map(({ residuals }) => residuals.findIndex((z) => z !== null));
  const meanSquare = (u: number, from: number) => {
    const logs = returns
      .slice(from)
      .flatMap((row) => row[u] ?? [])
      .map((r) => ln(1 + r));
    return logs.reduce((sum, r) => sum + r * r, 0) / logs.length;
  };
  return marginals.map((marginal, u) => {
    const first = firsts[u] ?? 0;
    const older = marginals.flatMap((_, v) => ((firsts[v] ?? 0) < first ? [v] : []));
    const whole = older.reduce((sum, v) => sum + (marginals[v]?.fit.longRun ?? 0), 0);
    const since = older.reduce((sum, v) => sum + meanSquare(v, first), 0);
    const raised = older.length > 0 && since > 0 ? Math.max(1, Math.sqrt(whole / since)) : 1;
    return { ...marginal, raised };
  });
}

/**
 * The tails of standardised residuals at a confidence. An asset has too few moves of its own in the tail to be
 * believed, so all assets' residuals are pooled. An asset whose own tail is longer goes half the way to it. A shorter
 * one of its own does not count. No tail is shorter than the normal one.
 * @param confidence probability, above ½
 */
export function tailsOf(marginals: readonly Marginal[], confidence: number): Tails[] {
  if (marginals.length === 0) return [];
  const own = marginals.map(({ residuals }) => residuals.filter((z) => z !== null));
  const pool = own.flat();
  const normal = normalQuantile(confidence);
  const reach = (side: 1 | -1) => {
    const at = (sample: readonly number[]) =>
      quantile(side === 1 ? sample : sample.map((z) => -z), confidence);
    const pooled = at(pool);
    return own.map((z) => Math.max(normal, pooled, (pooled + at(z)) / 2));
  };
  const [downs, ups] = [reach(-1), reach(1)];
  return marginals.map((_, u) => {
    const [down, up] = [downs[u] ?? normal, ups[u] ?? normal];
    return { down, up, downBeyond: BEYOND * down, upBeyond: BEYOND * up };
  });
}

/** The marginal of a price that never moves, as that of a pegged asset may: no volatility, residuals of 0. */
export function stillMarginal(asset: string, returns: readonly (number | null)[]): Marginal {
  const count = returns.filter((r) => r !== null).length;
  return {
    asset,
    count,
    ewma: 0,
    garch: 0,
    longRun: 0,
    raised: 1,
    volatility: 0,
    worstDown: 0,
    worstUp: 0,
    fit: { alpha: 0, beta: 0, longRun: 0, logLikelihood: 0 },
    residuals: returns.map((r) => (r === null ? null : 0)),
  };
}

/** Asset, volatility and tails, together. */
export interface AssetTail {
  readonly marginal: Marginal;
  readonly tails: Tails;
}
