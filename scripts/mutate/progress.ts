import type { Outcome } from "./results.js";

/** Milliseconds between two lines where they cannot be written over each other. */
const SELDOM = 15_000;

/** Says how far a run has come. */
export class Progress {
  readonly #counts = new Map<Outcome, number>();
  #began = Date.now();
  #done = 0;
  #known = 0;
  #said = 0;

  constructor(
    private readonly title: string,
    private readonly total: number,
  ) {}

  /** Measures the rate from now on: what was built before does not count. */
  begin(): void {
    this.#began = Date.now();
  }

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
    const rate = tried / ((Date.now() - this.#began) / 60_000);
    const speed = tried === 0 ? "" : `, ${rate.toFixed(1)} a minute`;
    const left = Math.ceil((this.total - this.#done) / rate);
    const minutes = this.#done === this.total || tried === 0 ? "" : `, about ${left} min left`;
    return `${this.title}: ${this.#done} of ${this.total} (${counts.join(", ")}${speed}${minutes})`;
  }
}
