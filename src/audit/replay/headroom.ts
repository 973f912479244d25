import { addToSeries, newSeries, type Series, type Stretch } from "./stretches.js";

/** Health factors over a stretch of rounds; null is infinite. */
export interface HealthStretch extends Stretch {
  least: bigint | null;
  greatest: bigint | null;
  theta: number | null;
}
export type HeadroomSeries = Series<HealthStretch>;

/** Stretches of an account. */
const MOST = 512;

export function newHeadroom(): HeadroomSeries {
  return newSeries();
}

/** Adds a round. Least and greatest are exact, however many rounds a stretch has. */
export function addHeadroom(
  series: HeadroomSeries,
  { number, time }: { readonly number: number; readonly time: number },
  healthFactor: bigint | null,
  theta: number | null,
): void {
  const rounds = { fromRound: number, toRound: number, fromTime: time, toTime: time };
  addToSeries(series, { ...rounds, least: healthFactor, greatest: healthFactor, theta }, joined, MOST);
}

function joined(a: HealthStretch, b: HealthStretch): HealthStretch {
  return {
    ...b,
    least: a.least === null ? b.least : b.least === null || a.least < b.least ? a.least : b.least,
    greatest:
      a.greatest === null || b.greatest === null ? null : a.greatest > b.greatest ? a.greatest : b.greatest,
  };
}
