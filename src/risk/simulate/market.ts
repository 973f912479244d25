import { DAY_MINUTES } from "./prices.js";
import type { ImpactModel } from "./scenario.js";

/** Minutes over which a fall counts as stress. */
const HOUR = 60;
/** The fall within an hour at which a model's `stressed` share is left. */
const STRESS_FALL = 0.1;

/** Pressure on one asset's price: what was sold of it and has not been absorbed. */
interface Pool {
  coins: number;
  cash: number;
}

/**
 * The market that everything is sold on, minute by minute: an exogenous price of each asset times the impact of trades. Prices are
 * dollars a unit. Only + − × ÷ √ are used. Asset 0 is what is paid with; nothing moves its price.
 *
 * `volume`: the price is that elsewhere divided by 1 + σ·√(F/V), or times it where F is bought, F being the coins sold and not yet
 * absorbed, V the day's volume that is left in stress, and σ a day's volatility. A trade's price is the mean of those before and
 * after it. `pool`: constant product of reserves, virtual ones where liquidity is concentrated, whose range ends where its real
 * cash is gone.
 */
export class SimulatedMarket {
  /** Now, dollars a unit. */
  readonly prices: Float64Array;
  /** Where the price would be without the venue. */
  readonly index: Float64Array;
  /** Share of the market's depth that is left, the least first over the run. */
  leastDepth = 1;
  readonly #flow: Float64Array;
  readonly #decay: Float64Array;
  readonly #pools: (Pool | null)[];
  readonly #depth: Float64Array;
  readonly #recent: Float64Array[];
  readonly #fall: Float64Array;
  #minute = -1;

  /**
   * @param paths `[asset][minute]`, dollars a unit
   * @param models of each asset but the first
   */
  constructor(
    private readonly paths: readonly Float64Array[],
    private readonly models: readonly (ImpactModel | null)[],
  ) {
    const size = paths.length;
    this.prices = new Float64Array(size);
    this.index = new Float64Array(size);
    this.#flow = new Float64Array(size);
    this.#decay = Float64Array.from(models, (model) =>
      model !== null && "halfLife" in model ? halving(model.halfLife) : 0,
    );
    this.#depth = new Float64Array(size).fill(1);
    this.#fall = new Float64Array(size);
    this.#recent = paths.map(() => new Float64Array(HOUR));
    this.#pools = models.map((model, u) => {
      if (model === null || !("pool" in model)) return null;
      const price = paths[u]?.[0] ?? 1;
      return { coins: (model.pool * model.concentration) / price, cash: model.pool * model.concentration };
    });
  }

  /** Goes on to a minute: pressure decays, arbitrage works, depth follows the fall of the last hour. */
  step(minute: number): void {
    this.#minute = minute;
    for (let u = 0; u < this.paths.length; u++) {
      const price = this.paths[u]?.[minute] ?? this.index[u] ?? 0;
      this.index[u] = price;
      const model = this.models[u] ?? null;
      if (model === null) {
        this.prices[u] = price;
        continue;
      }
      this.#stress(u, minute, model.stressed / 10_000);
      const pool = this.#pools[u] ?? null;
      if (pool !== null && "pool" in model) this.#arbitrage(u, pool, model, price);
      else this.#flow[u] = (this.#flow[u] ?? 0) * (this.#decay[u] ?? 0);
      this.prices[u] = this.#priceOf(u, this.#flow[u] ?? 0);
    }
  }

  /** The fall of an asset within the last hour, 0 … 1. */
  fallOf(u: number): number {
    return this.#fall[u] ?? 0;
  }

  /** Coins that are traded in a minute, as far as stress leaves them. */
  perMinute(u: number): number {
    const model = this.models[u] ?? null;
    const price = this.index[u] ?? 1;
    if (model === null) return Number.POSITIVE_INFINITY;
    const dollars = "pool" in model ? model.pool : model.volume / DAY_MINUTES;
    return (dollars / price) * (this.#depth[u] ?? 1);
  }

  /**
   * Sells coins, or buys them where they are negative.
   * @returns dollars that they fetch or cost altogether, signed as the coins
   */
  sell(u: number, coins: number): number {
    const dollars = this.proceeds(u, coins);
    const pool = this.#pools[u] ?? null;
    if (pool !== null) {
      pool.coins += coins;
      pool.cash -= dollars;
    } else this.#flow[u] = (this.#flow[u] ?? 0) + coins;
    this.prices[u] = this.#priceOf(u, this.#flow[u] ?? 0);
    return dollars;
  }

  /** What selling would fetch, or buying (negative) cost; dollars, signed as the coins. */
  proceeds(u: number, coins: number): number {
    const model = this.models[u] ?? null;
    if (model === null) return coins * (this.index[u] ?? 1);
    const pool = this.#pools[u] ?? null;
    if (pool === null || !("pool" in model)) {
      const flow = this.#flow[u] ?? 0;
      return (coins * (this.#priceOf(u, flow) + this.#priceOf(u, flow + coins))) / 2;
    }
    const kept = 1 - model.fee / 10_000;
    if (coins >= 0) return (pool.cash * coins * kept) / (pool.coins + coins * kept);
    const left = pool.coins + coins;
    return left <= 0 ? Number.NEGATIVE_INFINITY : (pool.cash * coins) / (left * kept);
  }

  /** The most coins that fetch on average no less than a price, at most `most`. */
  mostSold(u: number, least: number, most: number): number {
    const limit = Math.min(most, this.#sellable(u));
    return widest(limit, (coins) => this.proceeds(u, coins) >= least * coins);
  }

  /** The most coins that cost on average no more than a price, at most `most`. */
  mostBought(u: number, highest: number, most: number): number {
    const pool = this.#pools[u] ?? null;
    const limit = pool === null ? most : Math.min(most, pool.coins * 0.99);
    return widest(limit, (coins) => -this.proceeds(u, -coins) <= highest * coins);
  }

  /** Coins that a pool can take before its range ends. */
  #sellable(u: number): number {
    const model = this.models[u] ?? null;
    const pool = this.#pools[u] ?? null;
    if (pool === null || model === null || !("pool" in model) || model.concentration === 1)
      return Number.POSITIVE_INFINITY;
    // √price falls by 1/concentration of itself until the range ends; reserves of coins grow as much.
    const center = Math.sqrt(pool.coins * pool.cash * (1 / (this.index[u] ?? 1)));
    return Math.max(0, center / (1 - 1 / model.concentration) - pool.coins);
  }

  #priceOf(u: number, flow: number): number {
    const model = this.models[u] ?? null;
    const price = this.index[u] ?? 0;
    const pool = this.#pools[u] ?? null;
    if (model === null) return price;
    if (pool !== null) return pool.cash / pool.coins;
    if ("pool" in model || flow === 0) return price;
    const volume = (model.volume / (this.paths[u]?.[0] ?? 1)) * (this.#depth[u] ?? 1);
    const impact = 1 + (model.volatility / 10_000) * Math.sqrt(Math.abs(flow) / volume);
    return flow > 0 ? price / impact : price * impact;
  }

  #arbitrage(u: number, pool: Pool, model: Extract<ImpactModel, { pool: number }>, price: number): void {
    const depth = this.#depth[u] ?? 1;
    const now = pool.cash / pool.coins;
    const next = now + ((price - now) * model.arbitrage) / 10_000;
    // Reserves of the stated size at the price elsewhere, as far as stress leaves them.
    const cash = model.pool * model.concentration * depth;
    const product = (cash * cash) / price;
    pool.coins = Math.sqrt(product / next);
    pool.cash = Math.sqrt(product * next);
  }

  #stress(u: number, minute: number, share: number): void {
    const recent = this.#recent[u];
    const price = this.index[u] ?? 0;
    if (recent === undefined) return;
    if (minute === 0) recent.fill(price);
    recent[minute % HOUR] = price;
    let highest = 0;
    for (const past of recent) if (past > highest) highest = past;
    const fall = highest > 0 ? 1 - price / highest : 0;
    this.#fall[u] = fall;
    this.#depth[u] = 1 / (1 + ((1 / share - 1) * fall) / STRESS_FALL);
    this.leastDepth = Math.min(this.leastDepth, this.#depth[u] ?? 1);
  }

  /** Of the last step. */
  get minute(): number {
    return this.#minute;
  }
}

/** The factor that leaves a half after so many steps, by bisection: no other power than whole ones is needed. */
function halving(steps: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (power(middle, steps) < 0.5) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let bit = exponent, square = base; bit > 0; bit = Math.floor(bit / 2), square *= square)
    if (bit % 2 === 1) result *= square;
  return result;
}

/** The largest number up to `most` for which a fact holds that never holds again once it fails, to 2⁻⁴⁰ of it. */
function widest(most: number, holds: (amount: number) => boolean): number {
  if (!(most > 0)) return 0;
  if (Number.isFinite(most) && holds(most)) return most;
  let [yes, no] = [0, Number.isFinite(most) ? most : 1];
  if (!Number.isFinite(most)) while (holds(no)) [yes, no] = [no, no * 2];
  for (let i = 0; i < 40; i++) {
    const middle = (yes + no) / 2;
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}
