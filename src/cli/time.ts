/** Unix seconds for people: 2021-05-19T13:10:00.000Z. */
export function isoTime(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString();
}
