import { BPS } from "../../protocol/bounds.js";
import { assess, exceeds, type Leaning } from "../../protocol/statement.js";
import type { Book, Market } from "../../protocol/types.js";
import { ENVELOPE_GRID, lastTrue } from "../../protocol/whatIf.js";

const UNIT = Number(BPS);
/**
 * A comparison in doubles is believed where its two sides differ by more than this share of the sum of all magnitudes in them. A
 * figure has fewer than 2⁸ terms, each with fewer than eight roundings of at most 2⁻⁵³ of itself: less than 2⁻⁴² altogether.
 */
const DOUBT = 1 / 1_099_511_627_776;

/**
 * Whether books exceed a health factor, as `exceeds(assess(…))` has it, for many books in one market. It computes in doubles, and
 * asks the reference model wherever rounding could decide. So the answer is always the model's.
 */
export class FastHealth {
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #funding: Float64Array;
  readonly #collateralFactor: Float64Array;
  readonly #debtFactor: Float64Array;
  readonly #perpMargin: Float64Array;
  readonly #liquidity: Float64Array;
  readonly #impact: Float64Array;
  readonly #shocks: readonly Float64Array[];
  readonly #pnlFactor: number;
  readonly #shockCap: number;
  readonly #spot: Float64Array;
  readonly #perp: Float64Array;
  readonly #exposure: Float64Array;
  #basis = 0;
  #book: Book = { spot: [], perp: [], basis: 0n };

  /** Comparisons that the reference model had to decide. */
  exact = 0;

  constructor(private readonly market: Market) {
    const doubles = (values: readonly bigint[]) => Float64Array.from(values, Number);
    this.#low = doubles(market.low);
    this.#high = doubles(market.high);
    this.#funding = doubles(market.funding);
    this.#collateralFactor = doubles(market.collateralFactor);
    this.#debtFactor = doubles(market.debtFactor);
    this.#perpMargin = doubles(market.perpMargin);
    this.#liquidity = doubles(market.liquidity);
    this.#impact = doubles(market.impact);
    this.#shocks = market.shock.map(doubles);
    this.#pnlFactor = Number(market.pnlFactor);
    this.#shockCap = Number(market.shockCap);
    this.#spot = new Float64Array(market.low.length);
    this.#perp = new Float64Array(market.low.length);
    this.#exposure = new Float64Array(market.low.length);
  }

  /** Chooses the book that is asked about next. */
  of(book: Book): this {
    this.#book = book;
    this.#basis = Number(book.basis);
    for (let u = 0; u < this.#spot.length; u++) {
      this.#spot[u] = Number(book.spot[u] ?? 0n);
      this.#perp[u] = Number(book.perp[u] ?? 0n);
    }
    return this;
  }

  /** HF > θ of the chosen book. @param theta basis points */
  exceeds(theta: number, leaning: Leaning): boolean {
    const { healthy, envelope: e } = leaning;
    const owned = healthy ? this.#low : this.#high;
    const owed = healthy ? this.#high : this.#low;
    const [down, up] = [UNIT - e, UNIT + e];
    let [collateral, debt, addOns] = [0, 0, 0];
    let pnl = this.#basis * UNIT * UNIT;
    let size = Math.abs(pnl);
    for (let u = 0; u < owned.length; u++) {
      const spot = this.#spot[u] as number;
      const perp = this.#perp[u] as number;
      if (spot === 0 && perp === 0) {
        this.#exposure[u] = 0;
        continue;
      }
      const [a, l] = [owned[u] as number, owed[u] as number];
      const net = spot + perp;
      const gross = Math.abs(net) * l;
      this.#exposure[u] = net * l;
      if (spot > 0) collateral += spot * a * down * (this.#collateralFactor[u] as number);
      else debt -= spot * l * up * (this.#debtFactor[u] as number);
      if (perp !== 0) {
        const value = perp > 0 ? perp * a * down : perp * l * up;
        const paid = perp * (this.#funding[u] as number) * UNIT;
        pnl += (value - paid) * UNIT;
        size += (Math.abs(value) + Math.abs(paid)) * UNIT;
      }
      addOns +=
        Math.abs(perp) * l * up * (this.#perpMargin[u] as number) +
        gross * (up * (this.#liquidity[u] as number) + e * this.#shockCap) +
        net * net * (this.#impact[u] as number);
    }
    let [worst, moved] = [0, 0];
    for (const shock of this.#shocks) {
      let [loss, gross] = [0, 0];
      for (let u = 0; u < owned.length; u++) {
        const part = (this.#exposure[u] as number) * (shock[u] as number) * UNIT;
        loss -= part;
        gross += Math.abs(part);
      }
      if (loss > worst) worst = loss;
      if (gross > moved) moved = gross;
    }
    const have = (collateral + (Math.max(pnl, 0) / UNIT) * this.#pnlFactor) * UNIT;
    const need = (debt + Math.max(-pnl, 0) + addOns + worst) * theta;
    const magnitudes = (collateral + size) * UNIT + (debt + size + addOns + moved) * theta;
    if (Math.abs(have - need) > magnitudes * DOUBT) return have > need;
    this.exact++;
    return exceeds(assess(this.#book, this.market, leaning), theta);
  }

  /** As `largestOfGrid` of the chosen book: the widest envelope of the grid in which HF > θ can be proven; null where it cannot. */
  widest(theta: number): number | null {
    const provable = (at: number) => this.exceeds(theta, { healthy: true, envelope: ENVELOPE_GRID[at] ?? 0 });
    const last = ENVELOPE_GRID.length - 1;
    if (provable(last)) return ENVELOPE_GRID[last] ?? null;
    return provable(0) ? (ENVELOPE_GRID[lastTrue(0, last - 1, provable)] ?? null) : null;
  }
}
