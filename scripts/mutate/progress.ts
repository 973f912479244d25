import type { Outcome } from "./results.js";

/** Milliseconds between two lines where they cannot be written over each other. */
const SELDOM = 15_000;

/** Says how far a run has come. */
export class Progress {
  readonly #counts = new Map<Outcome, number>();
  readonly #began = Date.now();
  #done = 0;
  #known = 0;
  #said = 0;

  constructor(
    private readonly title: string,
    private readonly total: number,
  ) {}

  /** @param known from a run before */
  add(outcome: Outcome, known: boolean): void {
    this.#done++;
    if (known) this.#known++;
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1);
    const isLast = this.#done === this.total;
    if (!isLast && (known || (!process.stderr.isTTY && Date.now() - this.#said < SELDOM))) return;
    this.#said = Date.now();
    process.stderr.write(
      `${process.stderr.isTTY ? "\r\x1b[K" : ""}${this.#line()}${process.stderr.isTTY && !isLast ? "" : "\n"}`,
    );
  }

  #line(): string {
    const counts = [...this.#counts].map(([outcome, count]) => `${count} ${outcome}`);
    const tried = this.#done - this.#known;
    const left = ((Date.now() - this.#began) / Math.max(tried, 1)) * (this.total - this.#done);
    const minutes = this.#done === this.total ? "" : `, about ${Math.ceil(left / 60_000)} min left`;
    return `${this.title}: ${this.#done} of ${this.total} (${counts.join(", ")}${minutes})`;
  }
}
