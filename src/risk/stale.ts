import { StalePricesError } from "../errors.js";
import type { PriceTable } from "../market/history.js";
import type { Returns } from "./returns.js";

/** So many equal closes in a row are one price carried forward, not a price of each day. */
const STALE_CLOSES = 6;
/** A price that moves has as many different moves at least in the rows that all assets have. */
const LEAST_MOVES = 20;
/** And its root mean square move there is no smaller: a tenth of a basis point. */
const LEAST_MOVE = 1e-5;

/** Equal closes that follow each other; blanks and missing rows between them do not count. */
export interface StaleRun {
  readonly from: number;
  readonly to: number;
  readonly closes: number;
}

/** The runs of {@link STALE_CLOSES} or more equal closes of one column, by its rows. */
export function staleRuns<T>(closes: readonly (T | null)[]): StaleRun[] {
  const runs: StaleRun[] = [];
  let run: StaleRun | null = null;
  closes.forEach((close, row) => {
    if (close === null) return;
    const same: boolean = run !== null && closes[run.to] === close;
    if (!same && run !== null && run.closes >= STALE_CLOSES) runs.push(run);
    run =
      run !== null && same ? { ...run, to: row, closes: run.closes + 1 } : { from: row, to: row, closes: 1 };
  });
  const last = run as StaleRun | null;
  return last !== null && last.closes >= STALE_CLOSES ? [...runs, last] : runs;
}

/**
 * Checks that no price is carried forward.
 * @param assets those that have to move; a pegged asset may stand still
 * @throws StalePricesError naming the first asset and the rows
 */
export function checkNotStale({ assets, times, closes }: PriceTable, moving: readonly string[]): void {
  assets.forEach((asset, u) => {
    if (!moving.includes(asset)) return;
    const [run] = staleRuns(closes.map((row) => row[u] ?? null));
    if (run === undefined) return;
    throw new StalePricesError(
      `prices.${asset}`,
      `a price that moves, fewer than ${STALE_CLOSES} equal closes in a row (leave the cells blank where there was no price)`,
      `${run.closes} from ${times[run.from]} to ${times[run.to]}`,
    );
  });
}

/**
 * Checks that each asset moves in the rows from which correlations are estimated. At least half of its moves there are
 * not 0, {@link LEAST_MOVES} of them differ, and they exceed a tenth of a basis point.
 * @param columns indices of the assets that have to move
 * @param rows indices into the returns, in which each of these assets has one
 * @throws StalePricesError naming the first asset
 */
export function checkMoves(
  { assets, times, values }: Returns,
  columns: readonly number[],
  rows: readonly number[],
): void {
  for (const u of columns) {
    const moves = rows.map((t) => values[t]?.[u] ?? 0);
    const moved = moves.filter((move) => move !== 0);
    const different = new Set(moved).size;
    const size = Math.sqrt(moves.reduce((sum, move) => sum + move * move, 0) / moves.length);
    const between = `from ${times[rows[0] ?? 0]} to ${times[rows.at(-1) ?? 0]}`;
    const fail = (least: string, got: string) => {
      throw new StalePricesError(
        `prices.${assets[u]}`,
        `a price that moves in the rows that all assets have (${least})`,
        `${got} ${between}`,
      );
    };
    if (different < LEAST_MOVES)
      fail(`${LEAST_MOVES} different moves or more`, `${different} in ${moves.length}`);
    if (2 * moved.length < moves.length)
      fail("half of its moves or more not 0", `${moved.length} of ${moves.length}`);
    if (size < LEAST_MOVE) fail("a tenth of a basis point or more", `less in ${moves.length}`);
  }
}
