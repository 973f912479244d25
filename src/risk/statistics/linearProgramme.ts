import type * as Highs from "highs";

/** A linear programme over variables of 0 or more: rows of coefficients, each sum at most a number. */
export interface LinearProgramme {
  readonly columns: number;
  readonly rows: readonly { readonly coefficients: readonly number[]; readonly most: number }[];
}

/** Where a linear gain is largest on a programme's rows; null where it has no end. */
export type Maximise = (gain: readonly number[]) => readonly number[] | null;

/** A solver of linear programmes. */
export interface Solver {
  /** Gives `use` the programme, to be solved for one gain after another; each start is the last solution. */
  solving<T>(programme: LinearProgramme, use: (maximise: Maximise) => T): T;
}

let opened: Promise<Solver> | undefined;

/**
 * Loads HiGHS, a solver of the University of Edinburgh, as WebAssembly. It runs in this process on one thread. Its simplex has no
 * clock and a fixed seed, so that the same programme has the same solution on every machine.
 *
 * @example
 * ```ts
 * import { openSolver } from "zkmargin/risk";
 *
 * const solver = await openSolver();
 * const most = solver.solving({ columns: 1, rows: [{ coefficients: [2], most: 3 }] }, (maximise) => maximise([1]));
 * console.log(most?.[0]); // 1.5
 * ```
 */
export function openSolver(): Promise<Solver> {
  opened ??= load();
  return opened;
}

async function load(): Promise<Solver> {
  // Only who solves something loads its three megabytes.
  // Its types are those of its CommonJS build; an import takes the other one.
  const { default: open } = (await import("highs")) as unknown as typeof Highs.default;
  const highs = await open();
  return {
    solving({ columns, rows }, use) {
      const filled = (value: number, count: number) => Array.from({ length: count }, () => value);
      const entries = rows.map(({ coefficients }) =>
        coefficients.flatMap((value, column) => (value === 0 ? [] : [{ column, value }])),
      );
      const starts = entries.reduce<number[]>((sum, row) => [...sum, (sum.at(-1) ?? 0) + row.length], [0]);
      const model = highs.createModel({
        numCols: columns,
        numRows: rows.length,
        sense: highs.constants.objectiveSense.maximize,
        colCost: filled(0, columns),
        colLower: filled(0, columns),
        colUpper: filled(highs.infinity, columns),
        rowLower: filled(-highs.infinity, rows.length),
        rowUpper: rows.map(({ most }) => most),
        matrix: {
          format: "csr",
          numRows: rows.length,
          numCols: columns,
          starts,
          indices: entries.flat().map(({ column }) => column),
          values: entries.flat().map(({ value }) => value),
        },
      });
      try {
        model.options.set({ output_flag: false });
        return use((gain) => {
          model.changeColsCost({ kind: "range", from: 0, to: columns - 1 }, gain);
          model.run();
          if (model.getModelStatus() !== highs.constants.modelStatus.optimal) return null;
          return Array.from(model.getSolution().colValue);
        });
      } finally {
        model.dispose();
      }
    },
  };
}
