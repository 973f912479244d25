/** The power of two of blocks beyond which one state is kept, the newest. */
const DEEPEST = 12;

/**
 * What was known at some of the last blocks: where the chain is re-organised, its reader goes on from the newest of them that the
 * chain still has. One is kept for each power of two of blocks, so that a re-organisation is read from at most twice its depth. A state must
 * not be changed once it is added.
 */
export class Checkpoints<State> {
  readonly #numberOf: (state: State) => number;
  #states: readonly State[] = [];

  /** @param numberOf the number of the block that a state is of */
  constructor(numberOf: (state: State) => number) {
    this.#numberOf = numberOf;
  }

  /** The newest first. */
  get states(): readonly State[] {
    return this.#states;
  }

  /** Adds the newest; it leaves out those that are not of its past, and those that are not needed. */
  add(state: State): void {
    const ofDepth = new Map<number, State>();
    for (const earlier of this.#states) {
      const depth = this.#numberOf(state) - this.#numberOf(earlier);
      if (depth <= 0) continue;
      const power = Math.min(DEEPEST, Math.floor(Math.log2(depth)));
      // The oldest of each: it is the one that reaches the next power first.
      if (power < DEEPEST || !ofDepth.has(power)) ofDepth.set(power, earlier);
    }
    this.#states = [state, ...ofDepth.values()];
  }

  /** Forgets the states after one, whose blocks the chain no longer has. */
  backTo(state: State): void {
    this.#states = this.#states.slice(Math.max(0, this.#states.indexOf(state)));
  }

  /** The newest that is so many blocks behind the newest of all, else the oldest; undefined if there is none but the newest. */
  behind(blocks: number): State | undefined {
    const [newest, ...earlier] = this.#states;
    if (newest === undefined) return undefined;
    const number = this.#numberOf(newest);
    return earlier.find((state) => number - this.#numberOf(state) >= blocks) ?? earlier.at(-1);
  }

  clear(): void {
    this.#states = [];
  }
}
