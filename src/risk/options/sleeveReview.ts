import type { SleeveArraysFile } from "../../book/sleeveFile.js";
import { type SleeveRequest, sleeveArrays } from "./sleeveArrays.js";
import { sleeveDetail } from "./sleeveDetail.js";

/** Where arrays differ from those that positions, surface and market give. */
export interface SleeveFinding {
  /** The field, such as `gains[3]` or `tangents.BTC.perp`. */
  readonly field: string;
  /**
   * `kind`: better for the account than it should be. `other`: made of other positions, prices or terms. A number that is worse for
   * the account than it should be is no finding.
   */
  readonly fault: "kind" | "other";
}

/**
 * Computes the arrays of a sleeve again, for an attester who signs a book, with its own records, or an auditor, with
 * what an account has disclosed. The band and the end are the arrays' own.
 * @param request positions, surface and market as the reviewer knows them, and the linear rest of the book
 * @param salt of the detail; without it the detail is not checked
 * @returns nothing where every number is at least as hard on the account as the reviewer's own
 * @throws InputError for positions, a surface or a market that give no arrays
 *
 * @example
 * ```ts
 * import { calibratedRule, parseSleeve, parseSurface, reviewSleeve, sleeveArrays } from "zkmargin/risk";
 *
 * const band = { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until: 1_621_270_000 };
 * const sleeve = parseSleeve(sleeveText);
 * const request = { sleeve, surface: parseSurface(surfaceText), market, rule: calibratedRule(), band };
 * const arrays = { ...sleeveArrays(request), detail: 0n };
 * console.log(reviewSleeve({ ...arrays, value: arrays.value + 1n }, request)[0]?.field); // value
 * ```
 */
export function reviewSleeve(
  arrays: SleeveArraysFile,
  request: Omit<SleeveRequest, "band">,
  salt?: bigint,
): SleeveFinding[] {
  const whole: SleeveRequest = { ...request, band: arrays.band };
  const own = sleeveArrays(whole);
  const findings: SleeveFinding[] = [];
  const find = (fault: SleeveFinding["fault"], field: string, found: boolean) => {
    if (found) findings.push({ field, fault });
  };
  for (const field of ["rule", "market", "shocks", "pricedAt"] as const)
    find("other", field, arrays[field] !== own[field]);
  const assets = [...new Set([...arrays.tangents, ...own.tangents].map(({ asset }) => asset))];
  for (const asset of assets) {
    const [theirs, ours] = [arrays, own].map(({ tangents }) => tangents.find((each) => each.asset === asset));
    for (const field of ["perp", "basis"] as const)
      find("other", `tangents.${asset}.${field}`, (theirs?.[field] ?? 0n) !== (ours?.[field] ?? 0n));
  }
  find("kind", "value", arrays.value > own.value);
  const scenarios = Math.max(arrays.gains.length, own.gains.length);
  for (let s = 0; s < scenarios; s++)
    find("kind", `gains[${s}]`, (arrays.gains[s] ?? 0n) > (own.gains[s] ?? 0n));
  find("kind", "charge", arrays.charge < own.charge);
  // A claim of ill health must not be easier than the truth: each number with its slack reaches the reviewer's with its own.
  const slack = (mine: bigint, theirs: bigint) => mine + own.slack > theirs + arrays.slack;
  find("other", "slack", slack(own.value, arrays.value) || slack(-own.charge, -arrays.charge));
  for (let s = 0; s < scenarios; s++)
    if (slack(own.gains[s] ?? 0n, arrays.gains[s] ?? 0n)) find("other", `slack.gains[${s}]`, true);
  if (salt !== undefined) find("other", "detail", sleeveDetail(whole, salt) !== arrays.detail);
  return findings;
}
