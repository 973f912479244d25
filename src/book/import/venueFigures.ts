import {
  compare,
  type Exact,
  exact,
  magnitude,
  minus,
  plus,
  sum,
  times,
  ZERO,
} from "../../encoding/exact.js";
import { FormatError, MissingFieldError } from "../../errors.js";

/** A figure that was computed from what was read, beside the one that the venue states. */
export interface VenueTotal {
  readonly name: string;
  readonly unit: string;
  readonly read: Exact;
  readonly stated: Exact;
}

/** The unrealised profits that positions state and that balances state, by the coin that is paid. */
export class StatedProfits {
  readonly #expected: { path: string; coin: string; profit: Exact }[] = [];
  readonly #profits: { coin: string; profit: Exact | undefined; gross: Exact }[] = [];

  /**
   * Notes the unrealised profit that a venue states of a perpetual, and the coin that it pays.
   * @param gross what the perpetual is worth in that coin, of either sign
   */
  settled(coin: string, profit: Exact | undefined, gross: Exact): void {
    this.#profits.push({ coin: coin.toUpperCase(), profit, gross: magnitude(gross) });
  }

  /** The unrealised profits, other than 0, that are paid in a coin; undefined where the venue does not state one. */
  of(coin: string): (Exact | undefined)[] {
    return this.#profits
      .filter((one) => one.coin === coin.toUpperCase() && one.profit?.n !== 0n)
      .map(({ profit }) => profit);
  }

  /** Notes the unrealised profit that balances state of the positions which pay a coin. */
  expects(path: string, coin: string, profit: Exact): void {
    if (profit.n !== 0n) this.#expected.push({ path, coin: coin.toUpperCase(), profit });
  }

  /**
   * Holds balances against positions: positions that are forgotten would make the book look better.
   * @param apart whether the user has left positions out
   * @param several whether the files are of several accounts
   * @returns both figures of each coin
   * @throws MissingFieldError where balances have a profit that no position explains
   */
  againstBalances(apart: boolean, several: boolean): VenueTotal[] {
    const totals: VenueTotal[] = [];
    for (const { path, coin, profit } of this.#expected) {
      const paid = this.#profits.filter((one) => one.coin === coin);
      if (paid.length === 0 && !apart)
        throw new MissingFieldError(
          path,
          "the positions whose unrealised profit this is",
          "none that pays this coin; give the venue's positions as another file",
        );
      if (paid.length === 0 || paid.some((one) => one.profit === undefined)) continue;
      const read = sum(paid.map((one) => one.profit ?? ZERO));
      totals.push({
        name: "unrealised profit of positions, beside that of balances",
        unit: coin,
        read,
        stated: profit,
      });
      if (apart || several) continue;
      const gross = sum(paid.map((one) => one.gross));
      if (compare(magnitude(minus(read, profit)), times(gross, TWENTIETH)) > 0)
        throw new MissingFieldError(
          path,
          "the positions whose unrealised profit this is",
          "ones with another profit; give all positions that pay this coin, asked for at the same time",
        );
    }
    return totals;
  }
}

/**
 * That a figure of the venue is what follows from what was read, within a share of a scale: a misread side, size or unit
 * is far outside of it, and a price of another second within.
 * @throws FormatError
 */
export function agree(
  path: string,
  read: Exact,
  stated: Exact,
  scale: Exact,
  share: Exact,
  expected: string,
): void {
  const allowed = plus(times(magnitude(scale), share), exact(1n, 1_000_000n));
  if (compare(magnitude(minus(read, stated)), allowed) > 0)
    throw new FormatError(
      path,
      expected,
      "another figure; the file contradicts itself, or it is not of this kind",
    );
}

export const THOUSANDTH = exact(1n, 1_000n);
/** Prices that move by more between two requests are rare; a position that is missing is seldom nearer. */
const TWENTIETH = exact(1n, 20n);
export const HUNDREDTH = exact(1n, 100n);
