import { ln } from "../statistics/elementary.js";
import { CALL_ERROR } from "./callSums.js";
import { at } from "./sleeveGrid.js";
import { discountOf, type SleeveNodes, yearsLeft } from "./sleeveNodes.js";
import { UNMOVED, type VolatilityMove } from "./volatilityMoves.js";

/** φ(x) ≤ 0.4, and φ(x)·|x·(x + w)| ≤ 0.3 + w/4. */
const BELL = 0.4;
const bend = (spread: number) => 0.3 + spread / 4;

/**
 * By how much the book may differ from what lies between the corners, added up without netting: second differences by
 * volatility and time, each volatility's own move, the curvature by basis, and what doubles round off.
 */
export function cornerError(
  { groups, box, nodes, times, logStrikes, logRatios }: SleeveNodes,
  move: VolatilityMove,
  discounted: boolean,
  top: number,
): number {
  const { basis, smile, volatility: theta } = box;
  const [low, high] = [at(nodes.prices, 0), at(nodes.prices, nodes.prices.length - 1)];
  let total = 0;
  groups.forEach((group, g) => {
    const own = Number.isFinite(group.years) ? move : UNMOVED;
    const ends = times.map((time) => yearsLeft(group, time));
    const pieces = ends.slice(1).map((end, j) => [end, ends[j] ?? end] as const);
    const spans = pieces.length === 0 ? [[ends[0] ?? 0, ends[0] ?? 0] as const] : pieces;
    const timed = spans.map(([end, begin]) => ({ end, begin, late: own.at(end), early: own.at(begin) }));
    const discount = Math.max(...ends.map((years) => discountOf(group, years, discounted)));
    const logRatio = logRatios[g] ?? 0;
    const [logLow, logHigh, logHere] = [low, high, box.reference].map((price) => ln(price) + logRatio);
    group.legs.forEach(({ amount, strike, volatility }, l) => {
      const rounding = CALL_ERROR * (top * group.ratio + strike);
      if (volatility === 0) {
        total += Math.abs(amount) * discount * rounding;
        return;
      }
      const logStrike = logStrikes[g]?.[l] ?? 0;
      const here = logStrike - (logHere ?? 0);
      const sides = [here, logStrike - (logLow ?? 0), logStrike - (logHigh ?? 0)];
      const [quiet, wild] = [volatility * (1 - theta), volatility * (1 + theta)];
      let worst = 0;
      for (const { end, begin, late, early } of timed) {
        const [rootEnd, rootBegin] = [Math.sqrt(end), Math.sqrt(begin)];
        const spread = (of: typeof late, v: number, root: number, moneyness: number) =>
          of(v, moneyness) * root;
        const smooth = move.isSmooth([quiet, wild], [end, begin]);
        const quiets = [spread(late, quiet, rootEnd, here), spread(early, quiet, rootBegin, here)];
        const wilds = [spread(late, wild, rootEnd, here), spread(early, wild, rootBegin, here)];
        if (!smooth.time) {
          // A move that is no root of time may turn between two times; its two factors each do not.
          quiets.push(spread(late, quiet, rootBegin, here), spread(early, quiet, rootEnd, here));
          wilds.push(spread(late, wild, rootBegin, here), spread(early, wild, rootEnd, here));
        }
        const [least, most] = [Math.min(...quiets), Math.max(...wilds)];
        const byTime = Math.max(span(quiets), span(wilds));
        const byVolatility = Math.max(...wilds.map((wide, i) => wide - (quiets[i] ?? wide)));
        const second = (step: number, isSmooth: boolean) =>
          least > 0 && isSmooth
            ? Math.min(BELL * step, ((step * step) / 8) * (bend(most) / least))
            : BELL * step;
        const passed = Math.max(0, begin - end);
        const curved = Math.max(most, 2 * wild * rootBegin);
        const bow =
          smooth.time && end > 0 ? Math.min(byTime, (passed * passed * curved) / (32 * end * end)) : 0;
        const alone = smile * most;
        // How far the skew that a move gives an option changes as the price moves in the box.
        const leaning = sides.flatMap((side) => [
          spread(late, wild, rootBegin, side) - spread(late, wild, rootBegin, here),
          spread(early, wild, rootBegin, side) - spread(early, wild, rootBegin, here),
        ]);
        const lean = Math.max(...leaning.map(Math.abs));
        const spreads =
          Math.min(BELL * byTime, second(byTime, smooth.time) + BELL * bow) +
          second(byVolatility, smooth.volatility);
        const ofBasis = Math.min((basis * basis * (BELL / Math.max(least, 1e-9) + 2)) / 2, 2 * basis);
        const relative = least > 0 ? Math.min(1, (most - least) / least) : 1;
        const curvature =
          (ofBasis + (basis * relative * relative) / 2) / ((1 - basis) * (1 - basis) * (1 - basis));
        const rate = discounted && !group.inverse ? Math.abs(group.rate) * passed : 0;
        const discounting =
          ((rate * rate) / 8) * (top * group.ratio + strike) +
          (end > 0 ? ((rate * passed) / 4) * BELL * strike * (curved / (2 * end)) : 0);
        worst = Math.max(
          worst,
          strike * (spreads + BELL * (alone + lean) + curvature) + discounting + rounding,
        );
      }
      total += Math.abs(amount) * discount * worst;
    });
    total += CALL_ERROR * (Math.abs(group.constant) + Math.abs(group.slope) * top);
  });
  return total;
}

/** What all options would move for a move of the forward by its whole, at most. */
export function grossNotional({ groups, box }: SleeveNodes): number {
  const top = box.high * (1 + box.price);
  return groups
    .flatMap(({ legs, ratio }) =>
      legs.map(({ amount, strike }) => Math.abs(amount) * Math.max(strike, top * ratio)),
    )
    .reduce((sum, each) => sum + each, 0);
}

const span = (numbers: readonly number[]): number => Math.max(...numbers) - Math.min(...numbers);
