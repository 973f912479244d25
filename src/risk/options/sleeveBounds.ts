import { exp, ln } from "../statistics/elementary.js";
import { YEAR_SECONDS } from "./black76.js";
import { addOption, CALL_ERROR, type PriceNodes } from "./callSums.js";
import {
  at,
  type BoundsBox,
  boxPrices,
  pathPrices,
  priceNodes,
  steps,
  timesUntil,
  Way,
} from "./sleeveGrid.js";
import { UNMOVED, type VolatilityMove } from "./volatilityMoves.js";

/** Options and futures of one expiry that are paid alike. Every number is of one underlying. */
export interface BoundedGroup {
  /** Forward over spot price. */
  readonly ratio: number;
  /** Years to expiry when priced. Infinity for payoffs, which do not age. */
  readonly years: number;
  readonly rate: number;
  /** Paid in the coin: a value then is that in coins of the forward. */
  readonly inverse: boolean;
  /** Whether a regime discounts it, or asks a contingency for its basis: options do, futures do not. */
  readonly ruled: boolean;
  /** What is linear in the price: dollars, and dollars for each dollar of it. */
  readonly constant: number;
  readonly slope: number;
  readonly legs: readonly BoundedLeg[];
}

/** An option, or a kink of a payoff, whose volatility is 0. */
export interface BoundedLeg {
  /** Below 0 sold. */
  readonly amount: number;
  readonly strike: number;
  readonly call: boolean;
  readonly volatility: number;
}

/** Bounds of the value that a book of one underlying has in the box, less the tangent; and the tangent itself. */
export interface ValueBounds {
  readonly least: number;
  readonly most: number;
}

/** What one move of a regime does to a book. */
export interface RegimeMove {
  readonly volatility: VolatilityMove;
  /** The price is multiplied by it. */
  readonly factor: number;
  /** The share of the change that counts. */
  readonly share: number;
  /** Whether a gain counts as a loss, as in scenarios of skew. */
  readonly either: boolean;
}

/** What a regime does to values: a discount by the sign of each group's value, and whether rates discount. */
export interface RegimeValues {
  readonly discounted: boolean;
  /** What a value above 0 and below 0 counts for in a scenario, so many years before expiry. */
  readonly haircut?: (years: number, rate: number) => { readonly held: number; readonly owed: number };
}

/** Sums of a book at nodes, by group: what is held and what is sold, with their slopes by the price. */
interface Sums {
  readonly held: Float64Array;
  readonly heldSlopes: Float64Array;
  readonly sold: Float64Array;
  readonly soldSlopes: Float64Array;
}

/** Lower or upper bounds of a function: at each node, and from both sides at the middle of each piece. */
type Points = Float64Array;

/** Largest step of volatility between two states. */
const VOLATILITY_STEP = 0.1;
/** φ(x) ≤ 0.4, and φ(x)·|x·(x + w)| ≤ 0.3 + w/4. */
const BELL = 0.4;
const bend = (spread: number) => 0.3 + spread / 4;

/**
 * Bounds of a book of one underlying over a box of prices, volatility, basis and time, by its convexity. Between two
 * nodes, an option held is worth at least its tangents, and an option sold at most its chord. Positions net at every node.
 * Volatility and time are taken at the corners of a grid; between corners a value differs from what lies between theirs by
 * no more than a second difference, which is added for each option.
 */
export class SleeveBounds {
  readonly #groups: readonly BoundedGroup[];
  readonly #box: BoundsBox;
  /** Volatility's factor, and seconds elapsed, of every corner. */
  readonly #thetas: readonly number[];
  readonly #times: readonly number[];
  readonly #nodes: PriceNodes;
  /** Logarithms, by leg and by group. */
  readonly #logStrikes: readonly (readonly number[])[];
  readonly #logRatios: readonly number[];
  readonly #cache = new Map<string, readonly Sums[]>();
  readonly #slopes = new Map<Sums, readonly (readonly [number, number])[]>();

  constructor(groups: readonly BoundedGroup[], box: BoundsBox) {
    this.#groups = groups;
    this.#box = box;
    this.#nodes = priceNodes(boxPrices(box));
    this.#thetas = steps(1 - box.volatility, 1 + box.volatility, VOLATILITY_STEP);
    this.#times = timesUntil(box.elapsed, Math.min(...groups.map(({ years }) => years)) * YEAR_SECONDS);
    this.#logStrikes = groups.map(({ legs }) => legs.map(({ strike }) => ln(strike)));
    this.#logRatios = groups.map(({ ratio }) => ln(ratio));
  }

  /** Value and slope at the reference: dollars, and coins. */
  tangent(): { readonly value: number; readonly slope: number } {
    const [sums] = this.#sums(priceNodes([this.#box.reference]), UNMOVED, true, [[1, 0]]);
    let [value, slope] = [0, 0];
    for (let g = 0; g < this.#groups.length; g++) {
      value += at(sums?.held, g) - at(sums?.sold, g);
      slope += at(sums?.heldSlopes, g) - at(sums?.soldSlopes, g);
    }
    return { value, slope };
  }

  /**
   * Bounds of the value less value₀ + slope·(price − reference).
   * @param funding what a coin of the tangent may earn or pay in funding at an unchanged price, as a share of the price
   */
  valueBounds(tangent: { readonly value: number; readonly slope: number }, funding: number): ValueBounds {
    const { reference, price, low, high } = this.#box;
    const sums = this.#boxSums(UNMOVED, true);
    const xs = pointsOf(this.#nodes);
    const error = this.#error(UNMOVED, true, high * (1 + price));
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const state of sums) {
      const [lower, upper] = [this.#lower(state, xs), this.#upper(state, xs)];
      for (let k = 0; k + 1 < this.#nodes.prices.length; k++) {
        const basis = this.#basisCost(state, this.#nodes, k, null);
        for (let i = 3 * k; i <= 3 * k + 3; i++) {
          const x = at(xs, i);
          // What the price has used of the band, funding cannot use again.
          const used = x < low ? 1 - x / low : x > high ? x / high - 1 : 0;
          const drift = price === 0 ? 0 : (Math.abs(tangent.slope) * high * funding * (price - used)) / price;
          const line = tangent.value + tangent.slope * (x - reference);
          least = Math.min(least, at(lower, i) - line - basis - Math.max(0, drift));
          most = Math.max(most, at(upper, i) - line + basis + Math.max(0, drift));
        }
      }
    }
    return { least: least - error, most: most + error };
  }

  /**
   * Bounds of the least change of the remainder, over some moves of the price and volatility that a regime makes.
   * @param slope of the tangent
   * @param shock what the tangent is charged with, as a share of the price
   */
  changeBounds(
    moves: readonly RegimeMove[],
    {
      slope,
      shock,
      values,
    }: { readonly slope: number; readonly shock: number; readonly values: RegimeValues },
  ): ValueBounds {
    const xs = pointsOf(this.#nodes);
    const top = this.#box.high * (1 + this.#box.price);
    const before = this.#boxSums(UNMOVED, values.discounted);
    const beforeError = this.#error(UNMOVED, values.discounted, top);
    let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const { volatility, factor, share, either } of moves) {
      const nodes = priceNodes(Array.from(this.#nodes.prices, (price) => price * factor));
      const ys = pointsOf(nodes);
      const after = this.#kept(`${factor}`, nodes, volatility, values.discounted);
      const error = share * (beforeError + this.#error(volatility, values.discounted, top * factor));
      let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      after.forEach((state, c) => {
        const start = before[c];
        if (start === undefined) return;
        const [low, high] = [this.#lower(state, ys, values), this.#upper(state, ys, values)];
        const [startLow, startHigh] = [this.#lower(start, xs), this.#upper(start, xs)];
        for (let k = 0; k + 1 < nodes.prices.length; k++) {
          const basis = share * this.#basisCost(state, nodes, k, start);
          for (let i = 3 * k; i <= 3 * k + 3; i++) {
            const line = slope * shock * at(xs, i);
            let down = share * (at(low, i) - at(startHigh, i)) - basis;
            let up = share * (at(high, i) - at(startLow, i)) + basis;
            if (either) [down, up] = [-Math.max(Math.abs(down), Math.abs(up)), Math.min(0, up)];
            lowest = Math.min(lowest, down - line);
            highest = Math.max(highest, up - line);
          }
        }
      });
      least = Math.min(least, lowest - error);
      most = Math.min(most, highest + error);
    }
    return { least, most };
  }

  /**
   * As {@link changeBounds}, of every price on the way from none of the shock to all of it, for each of several shocks.
   * Each is a relative move of the price.
   */
  pathBounds(
    volatilities: readonly VolatilityMove[],
    {
      slope,
      shocks,
      values,
    }: { readonly slope: number; readonly shocks: readonly number[]; readonly values: RegimeValues },
  ): ValueBounds[] {
    const nodes = priceNodes(pathPrices(this.#nodes.prices, shocks));
    const [xs, ys] = [pointsOf(this.#nodes), pointsOf(nodes)];
    const before = this.#boxSums(UNMOVED, values.discounted);
    const pieces = this.#nodes.prices.length - 1;
    const start = before.map((state) => {
      const [low, high] = [this.#lower(state, xs), this.#upper(state, xs)];
      const [least, most] = [new Float64Array(pieces), new Float64Array(pieces)];
      for (let k = 0; k < pieces; k++) {
        const points = [0, 1, 2, 3].map((i) => 3 * k + i);
        least[k] = Math.min(...points.map((i) => at(low, i) - slope * at(xs, i)));
        most[k] = Math.max(...points.map((i) => at(high, i) - slope * at(xs, i)));
      }
      return { least, most };
    });
    const found = shocks.map(() => ({ least: Number.POSITIVE_INFINITY, most: Number.POSITIVE_INFINITY }));
    const top = at(nodes.prices, nodes.prices.length - 1);
    const startError = this.#error(UNMOVED, values.discounted, top);
    for (const volatility of volatilities) {
      const error = startError + this.#error(volatility, values.discounted, top);
      const after = this.#sums(nodes, volatility, values.discounted);
      const ends = after.map((state, c) => this.#pathPieces(state, { nodes, ys, slope, start: before[c] }));
      shocks.forEach((shock, s) => {
        const bound = found[s];
        if (bound === undefined) return;
        const way = new Way(shock, this.#nodes.prices, nodes.prices);
        let least = Number.POSITIVE_INFINITY;
        // One end of the way is where all of a scenario may be found; the most of the least is at most what is there.
        const atEnds = new Map<number, number>();
        ends.forEach(({ lower, upper, node }, c) => {
          const from = start[c];
          if (from === undefined) return;
          const lowestStart = Math.min(...from.least);
          let [whole, none] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
          for (let k = way.first; k < way.last; k++) {
            const [a, b] = way.startsOf(k);
            let most = Number.NEGATIVE_INFINITY;
            for (let j = a; j < b; j++) most = Math.max(most, at(from.most, j));
            least = Math.min(least, at(lower, k) - most);
            if (way.isWhole(k)) whole = Math.max(whole, at(upper, k) - lowestStart);
            if (way.isNone(k)) none = Math.max(none, at(upper, k) - lowestStart);
          }
          for (let k = way.first; k <= way.last; k++)
            if (way.isCommon(k)) raise(atEnds, k, at(node, k) - lowestStart);
          raise(atEnds, -1, whole);
          raise(atEnds, -2, none);
        });
        bound.least = Math.min(bound.least, least - error);
        bound.most = Math.min(bound.most, Math.min(...atEnds.values()) + error);
      });
    }
    return found;
  }

  /**
   * A lower bound of what a contingency for the basis takes: of each group that a regime rules, the least change when the
   * price is multiplied by one of the factors, times a weight by the years to expiry. At most 0.
   */
  contingency(factors: readonly number[], weight: (years: number) => number, values: RegimeValues): number {
    const before = this.#boxSums(UNMOVED, values.discounted);
    const top = this.#box.high * (1 + this.#box.price);
    const moved = factors.map((factor) => {
      const nodes = priceNodes(Array.from(this.#nodes.prices, (price) => price * factor));
      return { nodes, sums: this.#kept(`${factor}`, nodes, UNMOVED, values.discounted) };
    });
    let least = 0;
    before.forEach((start, c) => {
      for (let i = 0; i <= 3 * (this.#nodes.prices.length - 1); i++) {
        let sum = 0;
        this.#groups.forEach((group, g) => {
          if (!group.ruled) return;
          let lowest = 0;
          for (const { nodes, sums } of moved) {
            const state = sums[c];
            if (state === undefined) continue;
            const change = sidesAt(state, nodes, g, i).least - sidesAt(start, this.#nodes, g, i).most;
            lowest = Math.min(lowest, change);
          }
          sum += lowest * weight(group.years);
        });
        least = Math.min(least, sum);
      }
    });
    const ruled = this.#groups.filter(({ ruled }) => ruled);
    const heaviest = Math.max(0, ...ruled.map(({ years }) => weight(years)));
    const factor = Math.max(1, ...factors);
    const ofBasis = this.#box.basis * 2 * factor * this.#grossNotional();
    return least - heaviest * (2 * this.#error(UNMOVED, values.discounted, top * factor) + ofBasis);
  }

  /** Bounds of a piece of a path less the tangent, and what is at its further node. */
  #pathPieces(
    state: Sums,
    { nodes, ys, slope, start }: { nodes: PriceNodes; ys: Points; slope: number; start: Sums | undefined },
  ): { lower: Float64Array; upper: Float64Array; node: Float64Array } {
    const [low, high] = [this.#lower(state, ys), this.#upper(state, ys)];
    const pieces = nodes.prices.length - 1;
    const [lower, upper] = [new Float64Array(pieces), new Float64Array(pieces)];
    const node = new Float64Array(pieces + 1);
    for (let k = 0; k < pieces; k++) {
      const basis = this.#basisCost(state, nodes, k, start ?? null);
      let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let i = 3 * k; i <= 3 * k + 3; i++) {
        least = Math.min(least, at(low, i) - slope * at(ys, i));
        most = Math.max(most, at(high, i) - slope * at(ys, i));
      }
      lower[k] = least - basis;
      upper[k] = most + basis;
      for (const end of [k, k + 1]) node[end] = Math.max(at(node, end), basis);
    }
    // What the basis may add at a node is the more of what it may in the pieces beside it.
    for (let k = 0; k <= pieces; k++) node[k] = at(node, k) + at(high, 3 * k) - slope * at(ys, 3 * k);
    return { lower, upper, node };
  }

  #boxSums(move: VolatilityMove, discounted: boolean): readonly Sums[] {
    return this.#kept("1", this.#nodes, move, discounted);
  }

  #kept(name: string, nodes: PriceNodes, move: VolatilityMove, discounted: boolean): readonly Sums[] {
    const key = `${name} ${move.name} ${discounted}`;
    const kept = this.#cache.get(key) ?? this.#sums(nodes, move, discounted);
    this.#cache.set(key, kept);
    return kept;
  }

  #states(): (readonly [theta: number, elapsed: number])[] {
    return this.#thetas.flatMap((theta) => this.#times.map((time) => [theta, time] as const));
  }

  /** The book at every node, in each of some states; by default in all corners. */
  #sums(
    nodes: PriceNodes,
    move: VolatilityMove,
    discounted: boolean,
    states: readonly (readonly [theta: number, elapsed: number])[] = this.#states(),
  ): Sums[] {
    const count = nodes.prices.length;
    return states.map(([theta, elapsed]) => {
      const size = this.#groups.length * count;
      const sums = {
        held: new Float64Array(size),
        heldSlopes: new Float64Array(size),
        sold: new Float64Array(size),
        soldSlopes: new Float64Array(size),
      };
      this.#groups.forEach((group, g) => {
        const offset = g * count;
        for (let i = 0; i < count; i++) {
          sums.held[offset + i] = group.constant + group.slope * at(nodes.prices, i);
          sums.heldSlopes[offset + i] = group.slope;
        }
        const years = yearsLeft(group, elapsed);
        const root = Number.isFinite(years) ? Math.sqrt(years) : 0;
        const moved = (Number.isFinite(years) ? move : UNMOVED).at(years);
        const discount = discountOf(group, years, discounted);
        group.legs.forEach(({ amount, strike, call, volatility }, l) => {
          const logStrike = this.#logStrikes[g]?.[l] ?? 0;
          const logRatio = this.#logRatios[g] ?? 0;
          const moneyness = logStrike - logRatio - ln(this.#box.reference);
          const spread = volatility === 0 ? 0 : moved(volatility * theta, moneyness) * root;
          const option = { strike, logStrike, ratio: group.ratio, logRatio, spread, call };
          const [values, slopes] = amount > 0 ? [sums.held, sums.heldSlopes] : [sums.sold, sums.soldSlopes];
          addOption(nodes, option, Math.abs(amount) * discount, values, slopes, offset);
        });
      });
      return sums;
    });
  }

  /**
   * By how much the book may differ from what lies between the corners, added up without netting: second differences by
   * volatility and time, each volatility's own move, the curvature by basis, and what doubles round off.
   */
  #error(move: VolatilityMove, discounted: boolean, top: number): number {
    const { basis, smile, volatility: theta, elapsed } = this.#box;
    const [low, high] = [at(this.#nodes.prices, 0), at(this.#nodes.prices, this.#nodes.prices.length - 1)];
    let total = 0;
    this.#groups.forEach((group, g) => {
      const own = Number.isFinite(group.years) ? move : UNMOVED;
      const ends = this.#times.map((time) => yearsLeft(group, time));
      const pieces = ends.slice(1).map((end, j) => [end, ends[j] ?? end] as const);
      const spans = pieces.length === 0 ? [[ends[0] ?? 0, ends[0] ?? 0] as const] : pieces;
      const timed = spans.map(([end, begin]) => ({ end, begin, late: own.at(end), early: own.at(begin) }));
      const discount = Math.max(...ends.map((years) => discountOf(group, years, discounted)));
      const logRatio = this.#logRatios[g] ?? 0;
      const [logLow, logHigh, logHere] = [low, high, this.#box.reference].map(
        (price) => ln(price) + logRatio,
      );
      group.legs.forEach(({ amount, strike, volatility }, l) => {
        const rounding = CALL_ERROR * (top * group.ratio + strike);
        if (volatility === 0) {
          total += Math.abs(amount) * discount * rounding;
          return;
        }
        const logStrike = this.#logStrikes[g]?.[l] ?? 0;
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
  #grossNotional(): number {
    const top = this.#box.high * (1 + this.#box.price);
    return this.#groups
      .flatMap(({ legs, ratio }) =>
        legs.map(({ amount, strike }) => Math.abs(amount) * Math.max(strike, top * ratio)),
      )
      .reduce((sum, each) => sum + each, 0);
  }

  #lower(state: Sums, xs: Points, values?: RegimeValues): Points {
    return this.#bounds(state, xs, 1, values);
  }

  #upper(state: Sums, xs: Points, values?: RegimeValues): Points {
    return this.#bounds(state, xs, -1, values);
  }

  /** Lower (side 1) or upper (side −1) bounds at the points, all groups together, after a regime's haircut. */
  #bounds(state: Sums, xs: Points, side: 1 | -1, values?: RegimeValues): Points {
    const points = new Float64Array(xs.length);
    const count = (xs.length + 2) / 3;
    const elapsed = side === 1 ? 0 : this.#box.elapsed;
    // What bounds from below is the tangent of what is held and the chord of what is sold; from above the other way round.
    const [tangents, slopes, chords] =
      side === 1 ? [state.held, state.heldSlopes, state.sold] : [state.sold, state.soldSlopes, state.held];
    this.#groups.forEach((group, g) => {
      const haircut =
        values?.haircut !== undefined && group.ruled
          ? values.haircut(yearsLeft(group, elapsed), group.rate)
          : undefined;
      // A haircut is concave in the value: from above, the line that it is at the middle bounds it.
      const middle = g * count + Math.floor(count / 2);
      const isHeld = at(state.held, middle) >= at(state.sold, middle);
      const add = (i: number, value: number) => {
        const signed = side === 1 ? value : -value;
        const held = side === 1 ? signed >= 0 : isHeld;
        const cut = haircut === undefined ? 1 : held ? haircut.held : haircut.owed;
        points[i] = at(points, i) + signed * cut;
      };
      for (let k = 0; k < count; k++) {
        const a = g * count + k;
        add(3 * k, at(tangents, a) - at(chords, a));
        if (k + 1 === count) break;
        const half = (at(xs, 3 * k + 3) - at(xs, 3 * k)) / 2;
        const chord = (at(chords, a) + at(chords, a + 1)) / 2;
        add(3 * k + 1, at(tangents, a) + at(slopes, a) * half - chord);
        add(3 * k + 2, at(tangents, a + 1) - at(slopes, a + 1) * half - chord);
      }
    });
    return points;
  }

  /** Of every group, the least and greatest slope by its forward anywhere in the box. */
  #boxSlopes(start: Sums): readonly (readonly [number, number])[] {
    const known = this.#slopes.get(start);
    if (known !== undefined) return known;
    const slopes = this.#groups.map((group, g) => {
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let k = 0; k + 1 < this.#nodes.prices.length; k++) {
        const [least, most] = basisSlopes(start, this.#nodes, group.inverse, g, k);
        [low, high] = [Math.min(low, least), Math.max(high, most)];
      }
      return [low, high] as const;
    });
    this.#slopes.set(start, slopes);
    return slopes;
  }

  /**
   * What the basis may cost in a piece: of each group, the slope by its forward times the move. If a value changes from
   * the box, only the difference of the slopes counts.
   */
  #basisCost(state: Sums, nodes: PriceNodes, k: number, start: Sums | null): number {
    const { basis } = this.#box;
    if (basis === 0) return 0;
    let cost = 0;
    this.#groups.forEach((group, g) => {
      const [least, most] = basisSlopes(state, nodes, group.inverse, g, k);
      const [low, high] = start === null ? [0, 0] : (this.#boxSlopes(start)[g] ?? [0, 0]);
      cost += Math.max(Math.abs(most - low), Math.abs(high - least)) * basis;
    });
    return cost;
  }
}

const span = (numbers: readonly number[]): number => Math.max(...numbers) - Math.min(...numbers);

function raise(map: Map<number, number>, key: number, value: number): void {
  if (value > Number.NEGATIVE_INFINITY)
    map.set(key, Math.max(map.get(key) ?? Number.NEGATIVE_INFINITY, value));
}

function yearsLeft({ years }: BoundedGroup, elapsed: number): number {
  return years === Number.POSITIVE_INFINITY ? years : Math.max(0, years - elapsed / YEAR_SECONDS);
}

/** Value today of a dollar at expiry; of what is paid in coin, a dollar's in coins of the forward. */
function discountOf({ inverse, ratio, rate }: BoundedGroup, years: number, discounted: boolean): number {
  if (inverse) return 1 / ratio;
  return discounted && Number.isFinite(years) ? exp(-rate * years) : 1;
}

/** The points of a function between nodes: each node, and twice the middle of each piece. */
function pointsOf({ prices }: PriceNodes): Points {
  const points = new Float64Array(3 * prices.length - 2);
  prices.forEach((price, k) => {
    points[3 * k] = price;
    if (k + 1 < prices.length) {
      const middle = (price + at(prices, k + 1)) / 2;
      points[3 * k + 1] = middle;
      points[3 * k + 2] = middle;
    }
  });
  return points;
}

/** Bounds of one group's value at a point. */
function sidesAt(state: Sums, { prices }: PriceNodes, g: number, i: number): ValueBounds {
  const k = Math.floor(i / 3);
  const a = g * prices.length + k;
  const { held, heldSlopes, sold, soldSlopes } = state;
  if (i % 3 === 0) {
    const value = at(held, a) - at(sold, a);
    return { least: value, most: value };
  }
  const half = (at(prices, k + 1) - at(prices, k)) / 2;
  const [node, sign] = i % 3 === 1 ? [a, 1] : [a + 1, -1];
  const chord = (of: Float64Array) => (at(of, a) + at(of, a + 1)) / 2;
  const line = (of: Float64Array, slopes: Float64Array) => at(of, node) + sign * half * at(slopes, node);
  return { least: line(held, heldSlopes) - chord(sold), most: chord(held) - line(sold, soldSlopes) };
}

/** Least and greatest derivative of a group's value by the move of its forward against the price, in piece k. */
function basisSlopes(
  { held, heldSlopes, sold, soldSlopes }: Sums,
  { prices }: PriceNodes,
  inverse: boolean,
  g: number,
  k: number,
): readonly [number, number] {
  const a = g * prices.length + k;
  const [from, to] = [at(prices, k), at(prices, k + 1)];
  if (inverse) {
    // Price·slope − value is ±K·N(±d₂), which rises with the price.
    const slope = (values: Float64Array, slopes: Float64Array, node: number, price: number) =>
      price * at(slopes, node) - at(values, node);
    return [
      slope(held, heldSlopes, a, from) - slope(sold, soldSlopes, a + 1, to),
      slope(held, heldSlopes, a + 1, to) - slope(sold, soldSlopes, a, from),
    ];
  }
  const [least, most] = [
    at(heldSlopes, a) - at(soldSlopes, a + 1),
    at(heldSlopes, a + 1) - at(soldSlopes, a),
  ];
  return [Math.min(from * least, to * least), Math.max(from * most, to * most)];
}
