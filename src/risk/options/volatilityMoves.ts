import { exp, ln } from "../statistics/elementary.js";
import { YEAR_SECONDS } from "./black76.js";

/** How a scenario moves implied volatilities. */
export interface VolatilityMove {
  readonly name: string;
  /** What an option of this volatility is priced at, so many years before its expiry; moneyness is ln(strike/forward). */
  at(years: number): (volatility: number, moneyness: number) => number;
  /** Whether the move has no kink between two volatilities, and between two times to expiry; each pair rises. */
  isSmooth(
    volatilities: readonly [number, number],
    years: readonly [number, number],
  ): { readonly volatility: boolean; readonly time: boolean };
}

/** How far volatility moves, by the time to expiry. */
export interface VolatilityRange {
  /** Shares of the volatility of an option that expires in 30 days. */
  readonly rangeUp: number;
  readonly rangeDown: number;
  /** What an option is priced at least at where volatility rises. */
  readonly leastShockedUp: number;
  /** Exponent of (30 days / time to expiry), below and above 30 days. */
  readonly shortTermPower: number;
  readonly longTermPower: number;
  /** Shorter times count as this one, in days. */
  readonly leastDays: number;
}

/** How the wings of the surface move in the two scenarios of skew. */
export interface SkewRange {
  readonly linearCap: number;
  readonly linearSlope: number;
  readonly absoluteCap: number;
  readonly absoluteSlope: number;
  /** Log-moneyness at which the cap is reached: at least `leastWidth`, else widthScale·√years·(static + scale·√years). */
  readonly leastWidth: number;
  readonly widthScale: number;
  readonly widthStatic: number;
  readonly widthPerRootYear: number;
}

const TERM_DAYS = 30;
const SMOOTH = { volatility: true, time: true };

/** Volatility as it is. */
export const UNMOVED: VolatilityMove = {
  name: "unmoved",
  at: () => (volatility) => volatility,
  isSmooth: () => SMOOTH,
};

/** Volatility up or down by a share of itself that grows towards expiry. */
export function scaledMove(range: VolatilityRange, side: "up" | "down"): VolatilityMove {
  const scale = (years: number) => {
    const days = Math.max((years * YEAR_SECONDS) / 86_400, range.leastDays);
    const power = years * YEAR_SECONDS <= TERM_DAYS * 86_400 ? range.shortTermPower : range.longTermPower;
    return exp(power * ln(TERM_DAYS / days));
  };
  const factor = (years: number) =>
    side === "up" ? 1 + range.rangeUp * scale(years) : Math.max(0, 1 - range.rangeDown * scale(years));
  const least = side === "up" ? range.leastShockedUp : 0;
  return {
    name: side,
    at: (years) => {
      const by = factor(years);
      return (volatility) => Math.max(least, volatility * by);
    },
    isSmooth: ([quiet, wild], [end, begin]) => {
      const factors = [factor(end), factor(begin)] as const;
      const oneSide = quiet * Math.min(...factors) >= least || wild * Math.max(...factors) <= least;
      const between = (days: number) => end * 365 < days && days < begin * 365;
      const one = factors[0] > 0 === factors[1] > 0;
      return {
        volatility: oneSide,
        time: oneSide && one && !between(TERM_DAYS) && !between(range.leastDays),
      };
    },
  };
}

/** Every volatility up or down by as many points, as SPAN has it; none falls below 0. */
export function shiftedMove(shift: number): VolatilityMove {
  return {
    name: `shifted by ${shift}`,
    at: () => (volatility) => Math.max(0, volatility + shift),
    isSmooth: ([quiet, wild]) => {
      const smooth = quiet + shift >= 0 || wild + shift <= 0;
      return { volatility: smooth, time: smooth };
    },
  };
}

/** The wings up and down: `linear` by moneyness, `absolute` by its size. */
export function skewMove(skew: SkewRange, kind: "linear" | "absolute"): VolatilityMove {
  return {
    name: kind,
    at: (years) => {
      const root = Math.sqrt(years);
      const cap =
        kind === "linear"
          ? skew.linearSlope * root + skew.linearCap
          : skew.absoluteSlope * root + skew.absoluteCap;
      const width = Math.max(
        skew.leastWidth,
        root * skew.widthScale * (skew.widthStatic + root * skew.widthPerRootYear),
      );
      return (volatility, moneyness) => {
        const k = kind === "linear" ? moneyness : Math.abs(moneyness);
        const lean = k >= 0 ? Math.min(cap, (k * cap) / width) : Math.max(-cap, (k * cap) / width);
        return volatility * Math.max(0, 1 + lean);
      };
    },
    isSmooth: () => ({ volatility: true, time: false }),
  };
}
