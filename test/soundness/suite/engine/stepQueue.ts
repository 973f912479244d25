/** Steps to be worked, the earliest first, each once: a binary heap. */
export class StepQueue {
  private readonly heap: number[] = [];
  private readonly queued: Uint8Array;

  constructor(steps: number) {
    this.queued = new Uint8Array(steps);
  }

  clear(): void {
    for (const step of this.heap) this.queued[step] = 0;
    this.heap.length = 0;
  }

  push(step: number): void {
    if (this.queued[step] === 1) return;
    this.queued[step] = 1;
    const { heap } = this;
    let at = heap.length;
    heap.push(step);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= step) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = step;
  }

  /** −1 where there is none. */
  pop(): number {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined) return -1;
    this.queued[top] = 0;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= last) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
