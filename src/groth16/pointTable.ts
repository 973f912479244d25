import type { PointBatches } from "./kernel/batches.js";
import { GROUP_BYTES } from "./kernel/kernel.js";
import { MOST_BITS, windowsOf } from "./signedScalar.js";

/**
 * Fixed points in the memory that a prover's threads share, and multiples of them. A point of the *extended* ones stands there `levels`
 * times: 2^(width·k) times itself at level k. Then all digits of its scalar go to one set of buckets. The others, whose scalars are bits in
 * every witness, stand there once.
 */
export interface PointTable {
  readonly group: "g1" | "g2";
  readonly address: number;
  readonly count: number;
  /** 1 for each point that is not infinity. */
  readonly finite: Uint8Array;
  /** Bits of a digit; 0 where each sum chooses. */
  readonly width: number;
  readonly levels: number;
  /** The place of each extended point among them; −1 for the others. */
  readonly rank: Int32Array;
  readonly extended: number;
}

/** Sums of more than 2^15 points would want more; their tables would not fit. */
const WIDEST = 15;

/**
 * Plans the table of points, as a key's file has them. Extended are those that are finite and that `isLong` names.
 * @param parts among how many threads each sum is divided: each has buckets of its own
 */
export function planTable(
  group: "g1" | "g2",
  points: Uint8Array,
  isLong: (index: number) => boolean,
  parts: number,
  take: (bytes: number) => number,
): PointTable {
  const { point, filePoint } = GROUP_BYTES[group];
  const count = points.length / filePoint;
  // A copy: a view need not be aligned.
  const words = new Uint32Array(new Uint8Array(points).buffer);
  const each = filePoint / 4;
  const shared = (bytes: number) => new SharedArrayBuffer(bytes);
  const finite = new Uint8Array(shared(count));
  const rank = new Int32Array(shared(4 * count)).fill(-1);
  let extended = 0;
  for (let i = 0; i < count; i++) {
    if (words.subarray(i * each, (i + 1) * each).every((word) => word === 0)) continue;
    finite[i] = 1;
    if (isLong(i)) rank[i] = extended++;
  }
  const width = extended === 0 ? 0 : cheapestTableWidth(extended, parts);
  const levels = extended === 0 ? 1 : windowsOf(MOST_BITS, width);
  const address = take((count + (levels - 1) * extended) * point);
  return { group, address, count, finite, width, levels, rank, extended };
}

/** Of the long scalars, about half are as long as they can be; a bucket costs two additions. */
function cheapestTableWidth(extended: number, parts: number): number {
  let best = 2;
  const cost = (width: number) => (windowsOf(MOST_BITS, width) * extended) / 2 + parts * 2 ** width;
  for (let width = 3; width <= WIDEST; width++) if (cost(width) < cost(best)) best = width;
  return best;
}

/** Fills the part of a table that begins with the points from `from` and ends before `to`. */
export function fillTable(
  batches: PointBatches,
  table: PointTable,
  points: Uint8Array,
  from: number,
  to: number,
): void {
  const { kernel, group } = batches;
  let references: number[] = [];
  let first = -1;
  for (let i = from; i < to; i++) {
    if (table.finite[i] === 0) continue;
    const address = table.address + i * group.point;
    kernel.fromFilePoint(points.subarray(i * group.filePoint, (i + 1) * group.filePoint), address);
    const rank = table.rank[i] as number;
    if (rank < 0) continue;
    if (first < 0) first = rank;
    references.push(address);
  }
  if (references.length === 0) return;
  for (let level = 1; level < table.levels; level++) {
    const start = table.address + (table.count + (level - 1) * table.extended + first) * group.point;
    batches.double(references, start);
    references = references.map((_, i) => start + i * group.point);
    for (let bit = 1; bit < table.width; bit++) batches.double(references, start);
  }
}
