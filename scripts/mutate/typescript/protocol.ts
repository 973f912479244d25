/** What a warm process is asked to do. */
export type Order =
  | { readonly kind: "cover" }
  | {
      readonly kind: "run";
      readonly mutant: number;
      /** By their full titles. */
      readonly tests: readonly string[];
      /** The process has run nothing before, so nothing can have been spoilt. */
      readonly fresh: boolean;
    };

/** What one test asks for, and how long it takes. They come in the order in which they were loaded. */
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
