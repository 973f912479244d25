/** The grid on which a sleeve's bounds are evaluated: prices of the box and of the ways from it, and times. */
import { ln } from "../statistics/elementary.js";
import type { PriceNodes } from "./callSums.js";

/** The prices and moves through which bounds hold, as plain shares. */
export interface BoundsBox {
  /** Dollars a coin: the round's own, before the band. */
  readonly low: number;
  readonly high: number;
  /** Where the tangent is taken. */
  readonly reference: number;
  /** Moves either way: of the price; of every volatility alike; of each volatility by itself; of each forward over spot. */
  readonly price: number;
  readonly volatility: number;
  readonly smile: number;
  readonly basis: number;
  /** Seconds that may pass. */
  readonly elapsed: number;
}

/** Pieces of each part of the box: below low, between low and high, above high. */
const PIECES = 4;
/** Largest step of a path, as a share of the price, and of the time that is left, between two states. */
const PATH_STEP = 0.01;
const TIME_STEP = 1.2;

/** Which pieces of a path's grid a scenario's way passes, and from which pieces of the box. */
export class Way {
  readonly first: number;
  readonly last: number;
  readonly #shock: number;
  readonly #box: Float64Array;
  readonly #path: Float64Array;

  constructor(shock: number, box: Float64Array, path: Float64Array) {
    this.#shock = shock;
    this.#box = box;
    this.#path = path;
    const [low, high] = [this.#low, this.#high];
    this.first = path.indexOf(shock < 0 ? low * (1 + shock) : low);
    this.last = path.lastIndexOf(shock > 0 ? high * (1 + shock) : high);
  }

  get #low(): number {
    return at(this.#box, 0);
  }

  get #high(): number {
    return at(this.#box, this.#box.length - 1);
  }

  /** Pieces [a, b) of the box whose prices may come by piece k. */
  startsOf(k: number): readonly [number, number] {
    const whole = 1 + this.#shock;
    const [from, to] = [at(this.#path, k), at(this.#path, k + 1)];
    const [low, high] = this.#shock >= 0 ? [from / whole, to] : [from, to / whole];
    const pieces = this.#box.length - 1;
    let [a, b] = [0, pieces];
    while (a + 1 < pieces && at(this.#box, a + 1) * (1 + 1e-12) < low) a++;
    while (b > a + 1 && at(this.#box, b - 1) * (1 - 1e-12) > high) b--;
    return [a, b];
  }

  /** Whether the piece may be reached by the whole shock. */
  isWhole(k: number): boolean {
    const [from, to] = [this.#low * (1 + this.#shock), this.#high * (1 + this.#shock)];
    return at(this.#path, k) >= from && at(this.#path, k + 1) <= to;
  }

  /** Whether the piece may be where a way begins. */
  isNone(k: number): boolean {
    return at(this.#path, k) >= this.#low && at(this.#path, k + 1) <= this.#high;
  }

  /** Whether every way comes by the piece's first node. */
  isCommon(k: number): boolean {
    const node = at(this.#path, k);
    return this.#shock >= 0
      ? node >= this.#high && node <= this.#low * (1 + this.#shock)
      : node <= this.#low && node >= this.#high * (1 + this.#shock);
  }
}

/** An element of an array; 0 beyond its ends. */
export const at = (array: Float64Array | undefined, i: number): number => array?.[i] ?? 0;

/** Prices with their logarithms. */
export function priceNodes(prices: readonly number[]): PriceNodes {
  return { prices: Float64Array.from(prices), logs: Float64Array.from(prices, ln) };
}

/** The nodes of the box; at least two, though they be one price. */
export function boxPrices({ low, high, price }: BoundsBox): number[] {
  const [least, most] = [low * (1 - price), high * (1 + price)];
  const part = (from: number, to: number) =>
    from === to ? [] : Array.from({ length: PIECES }, (_, i) => from + ((to - from) * i) / PIECES);
  const prices = [...part(least, low), ...part(low, high), ...part(high, most), most];
  return prices.length === 1 ? [most, most] : prices;
}

/** The nodes of the box, of the ends to which each shock takes it, and of the way there. */
export function pathPrices(box: Float64Array, shocks: readonly number[]): number[] {
  const [low, high] = [at(box, 0), at(box, box.length - 1)];
  const ends = shocks.flatMap((shock) => [low * (1 + shock), high * (1 + shock)]);
  const known = [...new Set([...box, ...ends])].sort((a, b) => a - b);
  return known.flatMap((price, i) => {
    const next = known[i + 1];
    // A box that is one price is a piece too.
    if (price === low && low === high && next !== undefined) return [low, ...between(price, next)];
    if (next === undefined) return price === low ? [price, price] : [price];
    return between(price, next);
  });
}

/** A piece of a path in steps, without its end. */
function between(price: number, next: number): number[] {
  const count = Math.max(1, Math.ceil((next / price - 1) / PATH_STEP));
  return Array.from({ length: count }, (_, j) => price + ((next - price) * j) / count);
}

/** From one number to another in equal steps of at most `step`. */
export function steps(from: number, to: number, step: number): number[] {
  if (from === to) return [from];
  const count = Math.ceil((to - from) / step);
  return Array.from({ length: count + 1 }, (_, i) => (i === count ? to : from + ((to - from) * i) / count));
}

/** Times from now on, such that each leaves the nearest expiry no less than a sixth of what the one before leaves it. */
export function timesUntil(elapsed: number, seconds: number): number[] {
  const times = [0];
  for (let now = 0; now < elapsed; ) {
    const next = seconds - (seconds - now) / TIME_STEP;
    now = Number.isFinite(next) && next < elapsed ? next : elapsed;
    times.push(now);
  }
  return times;
}
