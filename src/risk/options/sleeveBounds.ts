import { type PriceNodes } from "./callSums.js";
import { cornerError, grossNotional } from "./cornerError.js";
import { at, type BoundsBox, pathPrices, priceNodes, Way } from "./sleeveGrid.js";
import {
  type BoundedGroup,
  basisSlopes,
  type Points,
  pointsOf,
  type RegimeValues,
  SleeveNodes,
  type Sums,
  sidesAt,
  type ValueBounds,
} from "./sleeveNodes.js";
import { UNMOVED, type VolatilityMove } from "./volatilityMoves.js";

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

/**
 * Bounds of a book of one underlying over a box of prices, volatility, basis and time, by its convexity. Between two
 * nodes, an option held is worth at least its tangents, and an option sold at most its chord. Positions net at every node.
 * Volatility and time are taken at the corners of a grid; between corners a value differs from what lies between theirs by
 * no more than a second difference, which is added for each option.
 */
export class SleeveBounds {
  readonly #at: SleeveNodes;
  readonly #slopes = new Map<Sums, readonly (readonly [number, number])[]>();

  constructor(groups: readonly BoundedGroup[], box: BoundsBox) {
    this.#at = new SleeveNodes(groups, box);
  }

  /** Value and slope at the reference: dollars, and coins. */
  tangent(): { readonly value: number; readonly slope: number } {
    const [sums] = this.#at.sums(priceNodes([this.#at.box.reference]), UNMOVED, true, [[1, 0]]);
    let [value, slope] = [0, 0];
    for (let g = 0; g < this.#at.groups.length; g++) {
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
    const { reference, price, low, high } = this.#at.box;
    const sums = this.#at.boxSums(UNMOVED, true);
    const xs = pointsOf(this.#at.nodes);
    const error = cornerError(this.#at, UNMOVED, true, high * (1 + price));
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const state of sums) {
      const [lower, upper] = [this.#at.lower(state, xs), this.#at.upper(state, xs)];
      for (let k = 0; k + 1 < this.#at.nodes.prices.length; k++) {
        const basis = this.#basisCost(state, this.#at.nodes, k, null);
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
    const xs = pointsOf(this.#at.nodes);
    const top = this.#at.box.high * (1 + this.#at.box.price);
    const before = this.#at.boxSums(UNMOVED, values.discounted);
    const beforeError = cornerError(this.#at, UNMOVED, values.discounted, top);
    let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (const { volatility, factor, share, either } of moves) {
      const nodes = priceNodes(Array.from(this.#at.nodes.prices, (price) => price * factor));
      const ys = pointsOf(nodes);
      const after = this.#at.keptSums(`${factor}`, nodes, volatility, values.discounted);
      const error =
        share * (beforeError + cornerError(this.#at, volatility, values.discounted, top * factor));
      let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      after.forEach((state, c) => {
        const start = before[c];
        if (start === undefined) return;
        const [low, high] = [this.#at.lower(state, ys, values), this.#at.upper(state, ys, values)];
        const [startLow, startHigh] = [this.#at.lower(start, xs), this.#at.upper(start, xs)];
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
    const nodes = priceNodes(pathPrices(this.#at.nodes.prices, shocks));
    const [xs, ys] = [pointsOf(this.#at.nodes), pointsOf(nodes)];
    const before = this.#at.boxSums(UNMOVED, values.discounted);
    const pieces = this.#at.nodes.prices.length - 1;
    const start = before.map((state) => {
      const [low, high] = [this.#at.lower(state, xs), this.#at.upper(state, xs)];
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
    const startError = cornerError(this.#at, UNMOVED, values.discounted, top);
    for (const volatility of volatilities) {
      const error = startError + cornerError(this.#at, volatility, values.discounted, top);
      const after = this.#at.sums(nodes, volatility, values.discounted);
      const ends = after.map((state, c) => this.#pathPieces(state, { nodes, ys, slope, start: before[c] }));
      shocks.forEach((shock, s) => {
        const bound = found[s];
        if (bound === undefined) return;
        const way = new Way(shock, this.#at.nodes.prices, nodes.prices);
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
    const before = this.#at.boxSums(UNMOVED, values.discounted);
    const top = this.#at.box.high * (1 + this.#at.box.price);
    const moved = factors.map((factor) => {
      const nodes = priceNodes(Array.from(this.#at.nodes.prices, (price) => price * factor));
      return { nodes, sums: this.#at.keptSums(`${factor}`, nodes, UNMOVED, values.discounted) };
    });
    let least = 0;
    before.forEach((start, c) => {
      for (let i = 0; i <= 3 * (this.#at.nodes.prices.length - 1); i++) {
        let sum = 0;
        this.#at.groups.forEach((group, g) => {
          if (!group.ruled) return;
          let lowest = 0;
          for (const { nodes, sums } of moved) {
            const state = sums[c];
            if (state === undefined) continue;
            const change = sidesAt(state, nodes, g, i).least - sidesAt(start, this.#at.nodes, g, i).most;
            lowest = Math.min(lowest, change);
          }
          sum += lowest * weight(group.years);
        });
        least = Math.min(least, sum);
      }
    });
    const ruled = this.#at.groups.filter(({ ruled }) => ruled);
    const heaviest = Math.max(0, ...ruled.map(({ years }) => weight(years)));
    const factor = Math.max(1, ...factors);
    const ofBasis = this.#at.box.basis * 2 * factor * grossNotional(this.#at);
    return least - heaviest * (2 * cornerError(this.#at, UNMOVED, values.discounted, top * factor) + ofBasis);
  }

  /** Bounds of a piece of a path less the tangent, and what is at its further node. */
  #pathPieces(
    state: Sums,
    { nodes, ys, slope, start }: { nodes: PriceNodes; ys: Points; slope: number; start: Sums | undefined },
  ): { lower: Float64Array; upper: Float64Array; node: Float64Array } {
    const [low, high] = [this.#at.lower(state, ys), this.#at.upper(state, ys)];
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

  /** Of every group, the least and greatest slope by its forward anywhere in the box. */
  #boxSlopes(start: Sums): readonly (readonly [number, number])[] {
    const known = this.#slopes.get(start);
    if (known !== undefined) return known;
    const slopes = this.#at.groups.map((group, g) => {
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let k = 0; k + 1 < this.#at.nodes.prices.length; k++) {
        const [least, most] = basisSlopes(start, this.#at.nodes, group.inverse, g, k);
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
    const { basis } = this.#at.box;
    if (basis === 0) return 0;
    let cost = 0;
    this.#at.groups.forEach((group, g) => {
      const [least, most] = basisSlopes(state, nodes, group.inverse, g, k);
      const [low, high] = start === null ? [0, 0] : (this.#boxSlopes(start)[g] ?? [0, 0]);
      cost += Math.max(Math.abs(most - low), Math.abs(high - least)) * basis;
    });
    return cost;
  }
}

function raise(map: Map<number, number>, key: number, value: number): void {
  if (value > Number.NEGATIVE_INFINITY)
    map.set(key, Math.max(map.get(key) ?? Number.NEGATIVE_INFINITY, value));
}
