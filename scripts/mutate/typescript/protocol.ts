/** What a warm process is asked to do. Tests are known by their place among all that it has loaded. */
export type Order =
  | { readonly kind: "cover" }
  | {
      readonly kind: "run";
      readonly mutant: number;
      /** All are all but the slow ones. */
      readonly tests: readonly number[] | "all";
      /** The process has run nothing before, so nothing can have been spoilt. */
      readonly fresh: boolean;
    };

/** What one test asks for, and how long it takes. */
export interface Covered {
  /** Path from the stage. */
  readonly file: string;
  readonly title: string;
  readonly asked: number[];
  milliseconds: number;
}

export type Answer =
  | { readonly kind: "ready"; readonly whileLoading: readonly number[] }
  | { readonly kind: "covered"; readonly tests: readonly Covered[]; readonly failures: readonly string[] }
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly test: string }
  /** A test failed that fails without the mutant too: the process is to be replaced, and the mutant tried again. */
  | { readonly kind: "spoilt" };
