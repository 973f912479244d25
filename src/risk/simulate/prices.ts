import { MissingFieldError, TooLittleHistoryError } from "../../errors.js";
import { seeded } from "../backtest/books.js";
import { ln } from "../statistics/elementary.js";
import type { PathModel, ScenarioFile } from "./scenario.js";

/** Minutes in a day. */
export const DAY_MINUTES = 1_440;
/** What one minute's return may count for in the next variance, in its volatility. */
const BOUND = 4;

/** Numbers from a seed, the same on every machine. For simulations, never for secrets. */
export class Random {
  readonly #next: () => number;
  #spare: number | null = null;

  /** @param stream numbers of other streams of the same seed do not depend on these */
  constructor(seed: number, stream: number) {
    const mix = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b));
    for (let i = 0; i < 8; i++) mix();
    this.#next = mix;
  }

  /** Evenly in [0, 1). */
  uniform(): number {
    return this.#next() / 4_294_967_296;
  }

  /** A standard normal number, by Marsaglia's polar method. */
  normal(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    for (;;) {
      const [x, y] = [2 * this.uniform() - 1, 2 * this.uniform() - 1];
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * ln(square)) / square);
      this.#spare = y * scale;
      return x * scale;
    }
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }
}

/** Prices that are known at some minutes, dollars a unit. */
export interface Knots {
  /** Rising, the first 0. */
  readonly minutes: readonly number[];
  /** `[knot][asset]`, null where an asset's price stays what it was. */
  readonly prices: readonly (readonly (number | null)[])[];
}

/** Closes of a history at times in minutes from the start of the path, by asset. */
export interface Closes {
  readonly assets: readonly string[];
  readonly minutes: readonly number[];
  readonly prices: readonly (readonly (number | null)[])[];
}

/**
 * The prices that a path is held to.
 * @param closes of the history or file that the path names
 * @throws MissingFieldError for an asset without a price at the start, TooLittleHistoryError
 *
 * @example
 * ```ts
 * import { knotsOf, parseScenario } from "zkmargin/risk";
 *
 * console.log(knotsOf(parseScenario(scenarioText), null).minutes.join()); // 0,30,90,290
 * ```
 */
export function knotsOf({ path, assets, minutes }: ScenarioFile, closes: Closes | null): Knots {
  const symbols = assets.map(({ symbol }) => symbol);
  const first = symbols.map((symbol, u): number => {
    // What is paid with is a dollar where nothing says otherwise.
    const stated = assets[u]?.price ?? firstPrice(symbol, path, closes) ?? (u === 0 ? 1 : null);
    if (stated === null)
      throw new MissingFieldError(`scenario.assets[${u}].price`, "a price at the start", "none");
    return stated;
  });
  const start: Knots = { minutes: [0], prices: [first] };
  switch (path.kind) {
    case "garch":
      return start;
    case "knots":
      return joined(
        start,
        path.points.map(({ minute }) => minute),
        path.points.map(({ prices }) => symbols.map((symbol) => prices.get(symbol) ?? null)),
      );
    case "jump": {
      const { at, over, within, recovers } = path;
      const moved = first.map((price, u) => price * (1 + (path.moves.get(symbols[u] ?? "") ?? 0) / 10_000));
      const back = moved.map((price, u) => price + (((first[u] ?? price) - price) * recovers) / 10_000);
      return joined(start, [at, at + over, at + over + within], [first, moved, back]);
    }
    default: {
      if (closes === null) throw new MissingFieldError("scenario.path", "the prices that it names", "none");
      const last = closes.minutes.at(-1) ?? 0;
      if (last < minutes)
        throw new TooLittleHistoryError(
          "scenario.minutes",
          `at most ${last}, as far as prices go`,
          `${minutes}`,
        );
      const columns = symbols.map((symbol) => closes.assets.indexOf(symbol));
      // Moves are the history's; a stated price is the level that they start from.
      const scale = columns.map(
        (column, u) => (first[u] ?? 1) / (closes.prices[0]?.[column] ?? first[u] ?? 1),
      );
      return joined(
        start,
        closes.minutes,
        closes.prices.map((row) =>
          columns.map((column, u) => {
            const close = row[column] ?? null;
            return close === null ? null : close * (scale[u] ?? 1);
          }),
        ),
      );
    }
  }
}

function firstPrice(symbol: string, path: PathModel, closes: Closes | null): number | null {
  if (path.kind === "knots") return path.points[0]?.prices.get(symbol) ?? null;
  return closes?.prices[0]?.[closes.assets.indexOf(symbol)] ?? null;
}

function joined(
  start: Knots,
  minutes: readonly number[],
  prices: readonly (readonly (number | null)[])[],
): Knots {
  const later = minutes.flatMap((minute, i) => (minute > 0 ? [i] : []));
  return {
    minutes: [0, ...later.map((i) => minutes[i] ?? 0)],
    prices: [...start.prices, ...later.map((i) => prices[i] ?? [])],
  };
}

/**
 * A price of every asset in every minute, `[asset][minute]`, before anybody's trades. Between knots it moves in a straight line,
 * and by a Brownian bridge of the path's volatility about it.
 */
export function drawPath(file: ScenarioFile, knots: Knots, random: Random): Float64Array[] {
  return file.path.kind === "garch"
    ? garchPath(file, file.path, knots, random)
    : file.assets.map((_, u) => {
        const volatility =
          file.path.kind === "file" ? 0 : ("volatility" in file.path && file.path.volatility) || 0;
        return bridged(file.minutes, knots, u, u === 0 ? 0 : Number(volatility) / 10_000, random);
      });
}

function bridged(minutes: number, knots: Knots, asset: number, daily: number, random: Random): Float64Array {
  const known = knots.minutes.flatMap((minute, k) => {
    const price = knots.prices[k]?.[asset] ?? null;
    return price === null ? [] : [{ minute, price }];
  });
  const path = new Float64Array(minutes + 1);
  const step = daily / Math.sqrt(DAY_MINUTES);
  for (let k = 0; k < known.length; k++) {
    const from = known[k];
    if (from === undefined) continue;
    const to = known[k + 1];
    const end = Math.min(to?.minute ?? minutes, minutes);
    let walk = 0;
    const walks = [0];
    for (let t = from.minute + 1; t <= end; t++) {
      if (step > 0) walk += step * random.normal();
      walks.push(walk);
    }
    const length = (to?.minute ?? minutes) - from.minute;
    for (let t = from.minute; t <= end; t++) {
      const share = length === 0 ? 0 : (t - from.minute) / length;
      const straight = from.price + ((to?.price ?? from.price) - from.price) * share;
      // After the last knot nothing holds the walk.
      const noise = (walks[t - from.minute] ?? 0) - (to === undefined ? 0 : share * walk);
      path[t] = straight * grown(noise);
    }
  }
  return path;
}

/** 1 + x for small x, and never 0 or less. */
function grown(x: number): number {
  return x >= 0 ? 1 + x : 1 / (1 - x);
}

function garchPath(
  { minutes, assets }: ScenarioFile,
  path: Extract<PathModel, { kind: "garch" }>,
  knots: Knots,
  random: Random,
): Float64Array[] {
  const [alpha, beta, correlation] = [path.alpha / 10_000, path.beta / 10_000, path.correlation / 10_000];
  const [common, own] = [Math.sqrt(correlation), Math.sqrt(1 - correlation)];
  const longRun = assets.map(({ symbol }) => {
    const daily = (path.volatility.get(symbol) ?? 0) / 10_000;
    return (daily * daily) / DAY_MINUTES;
  });
  const variance = [...longRun];
  const paths = assets.map((_, u) => {
    const prices = new Float64Array(minutes + 1);
    prices[0] = knots.prices[0]?.[u] ?? 0;
    return prices;
  });
  const jumpChance = (path.jumps?.perDay ?? 0) / 10_000 / DAY_MINUTES;
  for (let t = 1; t <= minutes; t++) {
    const factor = random.normal();
    const jumps = jumpChance > 0 && random.uniform() < jumpChance;
    paths.forEach((prices, u) => {
      const now = variance[u] ?? 0;
      const shock = common * factor + own * random.normal();
      const move = Math.sqrt(now) * shock;
      const jump = jumps && now > 0 ? (path.jumps?.size ?? 0) / 10_000 : 0;
      prices[t] = (prices[t - 1] ?? 0) * grown(move) * (1 + jump);
      const square = Math.min(move * move, BOUND * BOUND * now);
      variance[u] = Math.max(0, (1 - alpha - beta) * (longRun[u] ?? 0) + alpha * square + beta * now);
    });
  }
  return paths;
}
