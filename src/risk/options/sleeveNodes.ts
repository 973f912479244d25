import { exp, ln } from "../statistics/elementary.js";
import { YEAR_SECONDS } from "./black76.js";
import { addOption, type PriceNodes } from "./callSums.js";
import { at, type BoundsBox, boxPrices, priceNodes, steps, timesUntil } from "./sleeveGrid.js";
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

/** What a regime does to values: a discount by the sign of each group's value, and whether rates discount. */
export interface RegimeValues {
  readonly discounted: boolean;
  /** What a value above 0 and below 0 counts for in a scenario, so many years before expiry. */
  readonly haircut?: (years: number, rate: number) => { readonly held: number; readonly owed: number };
}

/** Sums of a book at nodes, by group: what is held and what is sold, with their slopes by the price. */
export interface Sums {
  readonly held: Float64Array;
  readonly heldSlopes: Float64Array;
  readonly sold: Float64Array;
  readonly soldSlopes: Float64Array;
}

/** Lower or upper bounds of a function: at each node, and from both sides at the middle of each piece. */
export type Points = Float64Array;

/** Largest step of volatility between two states. */
const VOLATILITY_STEP = 0.1;
/** A book of one underlying at the nodes of prices and at the corners of volatility and time. */
export class SleeveNodes {
  /** Nodes of the box. */
  readonly nodes: PriceNodes;
  /** Seconds elapsed of every corner. */
  readonly times: readonly number[];
  /** Logarithms, by leg and by group. */
  readonly logStrikes: readonly (readonly number[])[];
  readonly logRatios: readonly number[];
  /** Volatility's factor of every corner. */
  readonly #thetas: readonly number[];
  readonly #cache = new Map<string, readonly Sums[]>();

  constructor(
    readonly groups: readonly BoundedGroup[],
    readonly box: BoundsBox,
  ) {
    this.nodes = priceNodes(boxPrices(box));
    this.#thetas = steps(1 - box.volatility, 1 + box.volatility, VOLATILITY_STEP);
    this.times = timesUntil(box.elapsed, Math.min(...groups.map(({ years }) => years)) * YEAR_SECONDS);
    this.logStrikes = groups.map(({ legs }) => legs.map(({ strike }) => ln(strike)));
    this.logRatios = groups.map(({ ratio }) => ln(ratio));
  }

  /** At the nodes of the box. */
  boxSums(move: VolatilityMove, discounted: boolean): readonly Sums[] {
    return this.keptSums("1", this.nodes, move, discounted);
  }

  /** At other nodes, kept by a name of theirs. */
  keptSums(name: string, nodes: PriceNodes, move: VolatilityMove, discounted: boolean): readonly Sums[] {
    const key = `${name} ${move.name} ${discounted}`;
    const kept = this.#cache.get(key) ?? this.sums(nodes, move, discounted);
    this.#cache.set(key, kept);
    return kept;
  }

  #states(): (readonly [theta: number, elapsed: number])[] {
    return this.#thetas.flatMap((theta) => this.times.map((time) => [theta, time] as const));
  }

  /** The book at every node, in each of some states; by default in all corners. */
  sums(
    nodes: PriceNodes,
    move: VolatilityMove,
    discounted: boolean,
    states: readonly (readonly [theta: number, elapsed: number])[] = this.#states(),
  ): Sums[] {
    const count = nodes.prices.length;
    return states.map(([theta, elapsed]) => {
      const size = this.groups.length * count;
      const sums = {
        held: new Float64Array(size),
        heldSlopes: new Float64Array(size),
        sold: new Float64Array(size),
        soldSlopes: new Float64Array(size),
      };
      this.groups.forEach((group, g) => {
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
          const logStrike = this.logStrikes[g]?.[l] ?? 0;
          const logRatio = this.logRatios[g] ?? 0;
          const moneyness = logStrike - logRatio - ln(this.box.reference);
          const spread = volatility === 0 ? 0 : moved(volatility * theta, moneyness) * root;
          const option = { strike, logStrike, ratio: group.ratio, logRatio, spread, call };
          const [values, slopes] = amount > 0 ? [sums.held, sums.heldSlopes] : [sums.sold, sums.soldSlopes];
          addOption(nodes, option, Math.abs(amount) * discount, values, slopes, offset);
        });
      });
      return sums;
    });
  }

  /** Lower bounds at the points, all groups together, after a regime's haircut. */
  lower(state: Sums, xs: Points, values?: RegimeValues): Points {
    return this.#bounds(state, xs, 1, values);
  }

  /** Upper ones, likewise. */
  upper(state: Sums, xs: Points, values?: RegimeValues): Points {
    return this.#bounds(state, xs, -1, values);
  }

  /** Lower (side 1) or upper (side −1) bounds at the points, all groups together, after a regime's haircut. */
  #bounds(state: Sums, xs: Points, side: 1 | -1, values?: RegimeValues): Points {
    const points = new Float64Array(xs.length);
    const count = (xs.length + 2) / 3;
    const elapsed = side === 1 ? 0 : this.box.elapsed;
    // What bounds from below is the tangent of what is held and the chord of what is sold; from above the other way round.
    const [tangents, slopes, chords] =
      side === 1 ? [state.held, state.heldSlopes, state.sold] : [state.sold, state.soldSlopes, state.held];
    this.groups.forEach((group, g) => {
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
}

export function yearsLeft({ years }: BoundedGroup, elapsed: number): number {
  return years === Number.POSITIVE_INFINITY ? years : Math.max(0, years - elapsed / YEAR_SECONDS);
}

/** Value today of a dollar at expiry; of what is paid in coin, a dollar's in coins of the forward. */
export function discountOf(
  { inverse, ratio, rate }: BoundedGroup,
  years: number,
  discounted: boolean,
): number {
  if (inverse) return 1 / ratio;
  return discounted && Number.isFinite(years) ? exp(-rate * years) : 1;
}

/** The points of a function between nodes: each node, and twice the middle of each piece. */
export function pointsOf({ prices }: PriceNodes): Points {
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
export function sidesAt(state: Sums, { prices }: PriceNodes, g: number, i: number): ValueBounds {
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
export function basisSlopes(
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
