/** A mistake put into the programs around the circuit, and the test that has to fail with it. */
export interface ProgramBug {
  readonly id: string;
  /** Its trap in docs/SECURITY.md. */
  readonly trap: number;
  /** File below src/. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly passage: string;
  readonly replacement: string;
  readonly effect: string;
  /** A test file below test/, and the title of one of its tests. */
  readonly test: readonly [file: string, title: string];
}
