/** Something that each round has, over a stretch of rounds. */
export interface Stretch {
  readonly fromRound: number;
  toRound: number;
  readonly fromTime: number;
  toTime: number;
}

/** A series by round in stretches whose number is bounded: the longer the history, the longer each. */
export interface Series<T extends Stretch> {
  /** Rounds in a stretch. */
  width: number;
  /** Rounds in the last one. */
  filled: number;
  stretches: T[];
}

export function newSeries<T extends Stretch>(): Series<T> {
  return { width: 1, filled: 0, stretches: [] };
}

/**
 * Adds a round.
 * @param point the round as a stretch of its own
 * @param joined what two stretches that follow each other are as one, but for their rounds and times
 * @param most stretches that are kept
 */
export function addToSeries<T extends Stretch>(
  series: Series<T>,
  point: T,
  joined: (a: T, b: T) => T,
  most: number,
): void {
  const join = (a: T, b: T): T => ({
    ...joined(a, b),
    fromRound: a.fromRound,
    toRound: b.toRound,
    fromTime: a.fromTime,
    toTime: b.toTime,
  });
  const last = series.stretches.at(-1);
  if (last !== undefined && series.filled < series.width) {
    series.stretches[series.stretches.length - 1] = join(last, point);
    series.filled++;
    return;
  }
  series.stretches.push(point);
  series.filled = 1;
  if (series.stretches.length <= most) return;
  const pairs: T[] = [];
  for (let i = 0; i < series.stretches.length; i += 2) {
    const [one, two] = [series.stretches[i], series.stretches[i + 1]];
    if (one !== undefined) pairs.push(two === undefined ? one : join(one, two));
  }
  const odd = series.stretches.length % 2 === 1;
  series.filled = odd ? series.filled : series.width + series.filled;
  series.width *= 2;
  series.stretches = pairs;
}
