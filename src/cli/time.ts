/** Unix seconds for people: 2021-05-19T13:10:00Z. */
export function isoTime(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().replace(".000", "");
}

/** Unix seconds for people, to the minute: 2021-05-19 13:10. */
export function isoMinute(seconds: number): string {
  return isoTime(BigInt(seconds)).slice(0, 16).replace("T", " ");
}

/** Now, unix seconds. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
