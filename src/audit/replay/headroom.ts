/** Health factors over a stretch of rounds; null is infinite. */
export interface Stretch {
  readonly fromRound: number;
  toRound: number;
  readonly fromTime: number;
  toTime: number;
  least: bigint | null;
  greatest: bigint | null;
  theta: number | null;
}

/** Health factors by round, in stretches whose number is bounded: the longer the history, the longer each. */
export interface HeadroomSeries {
  /** Rounds in a stretch. */
  width: number;
  /** Rounds in the last one. */
  filled: number;
  stretches: Stretch[];
}

/** Stretches of an account. */
const MOST = 512;

export function newHeadroom(): HeadroomSeries {
  return { width: 1, filled: 0, stretches: [] };
}

/** Adds a round. Least and greatest are exact, however many rounds a stretch has. */
export function addHeadroom(
  series: HeadroomSeries,
  round: { readonly number: number; readonly time: number },
  healthFactor: bigint | null,
  theta: number | null,
): void {
  const { number, time } = round;
  const point = {
    fromRound: number,
    toRound: number,
    fromTime: time,
    toTime: time,
    least: healthFactor,
    greatest: healthFactor,
    theta,
  };
  const last = series.stretches.at(-1);
  if (last !== undefined && series.filled < series.width) {
    series.stretches[series.stretches.length - 1] = joined(last, point);
    series.filled++;
    return;
  }
  series.stretches.push(point);
  series.filled = 1;
  if (series.stretches.length <= MOST) return;
  const pairs: Stretch[] = [];
  for (let i = 0; i < series.stretches.length; i += 2) {
    const [one, two] = [series.stretches[i], series.stretches[i + 1]];
    if (one !== undefined) pairs.push(two === undefined ? one : joined(one, two));
  }
  const odd = series.stretches.length % 2 === 1;
  series.filled = odd ? series.filled : series.width + series.filled;
  series.width *= 2;
  series.stretches = pairs;
}

function joined(a: Stretch, b: Stretch): Stretch {
  return {
    fromRound: a.fromRound,
    toRound: b.toRound,
    fromTime: a.fromTime,
    toTime: b.toTime,
    least: a.least === null ? b.least : b.least === null || a.least < b.least ? a.least : b.least,
    greatest:
      a.greatest === null || b.greatest === null ? null : a.greatest > b.greatest ? a.greatest : b.greatest,
    theta: b.theta,
  };
}
