import { OutOfRangeError } from "../../errors.js";
import { BPS, FACTOR_BITS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import { checkProfile, leastDebtFactor, type RiskProfile, type Scenario } from "../../protocol/profile.js";
import { compareProfiles, oneTightening, type Parameter, tightestOf } from "./tightening.js";

/** One change of the live profile. */
export interface ProfileStep {
  /** What the guardian may do at once, or what the governor schedules. */
  readonly kind: "tighten" | "set";
  readonly profile: RiskProfile;
}

/** How a live profile becomes another. */
export interface Ramp {
  readonly steps: readonly ProfileStep[];
  /** Whether shocks that narrow go in steps, or all at once because on the way the margin would be below both ends. */
  readonly shocks: "unchanged" | "ramped" | "at once";
}

/** How far one step of a ramp may loosen, and whether tightening is bridged. */
export interface RampOptions {
  /**
   * Largest loosening of one step, basis points: of a factor, a rate or a shock as it stands; of `impact`, `maxBorrowRate` and
   * `bookMaxAge` as a share of the larger of its two ends.
   */
  readonly maxStep: number;
  /**
   * Whether the guardian raises `liquidity` by as much as the worst shock of an asset will widen. The raise ends when
   * the governor's delay is over and the shocks themselves widen.
   */
  readonly bridge: boolean;
}

/** By default a step may loosen a parameter by this much, basis points. */
export const DEFAULT_MAX_STEP = 250;

const FACTOR_MAX = (1 << FACTOR_BITS) - 1;
/** Years of steps, a day each. */
const STEPS_MAX = 1_000;

/**
 * The steps from one valid profile to another. The guardian may tighten at once, as far as one tightening goes. The
 * rest of the tightening goes with the first of the governor's steps, and what loosens goes in steps of at most
 * `maxStep`. A shock that grows in size goes in the first of these; one that shrinks or changes its sign is ramped.
 * Every parameter moves from its live value to the target's and never back. The exception is a bridge, which ends with
 * the first of the governor's steps. Every step is a valid profile: on the way too, the debt factor covers the interest
 * and the cap covers the shocks. The last step is the target, its scenarios in the order of those they replace.
 * @throws what checkProfile throws of either end, OutOfRangeError for other assets or for more steps than anybody takes
 *
 * @example
 * ```ts
 * import { findPreset, stepsTo } from "zkmargin/risk";
 *
 * const { steps } = stepsTo(findPreset("collateralised-debt")!, profile, market.listing, { maxStep: 5_000, bridge: false });
 * console.log(steps.length > 0); // true
 * ```
 */
export function stepsTo(
  live: RiskProfile,
  target: RiskProfile,
  listing: Listing,
  options: RampOptions,
): Ramp {
  checkProfile(live, listing, "live");
  checkProfile(target, listing, "to");
  if (leastSteps(live, target, options) > STEPS_MAX) throw tooMany();
  const matched = matchScenarios(live, target);
  const from = { ...live, scenarios: matched.map(([scenario]) => scenario) };
  const to = { ...target, scenarios: matched.map(([, scenario]) => scenario) };
  const plain = tightestOf(from, to);
  const bridged = options.bridge ? bridgedTo(plain, from, to) : plain;

  const tightened = oneTightening(from, bridged);
  const first: ProfileStep[] =
    compareProfiles(from, tightened).length === 0 ? [] : [{ kind: "tighten", profile: tightened }];
  const gradual = climb(plain, to, options.maxStep, false);
  const dips = gradual.some((profile) => dipsBelow(profile, from, to, options.maxStep));
  const climbed = dips ? climb(plain, to, options.maxStep, true) : gradual;
  // What one tightening leaves undone is the governor's to do, also where nothing loosens after it.
  const rest = climbed.length === 0 && compareProfiles(tightened, to).length > 0 ? [to] : climbed;
  const sets = rest.map((profile): ProfileStep => ({ kind: "set", profile }));
  const steps = named([...first, ...sets], target);
  for (const { profile } of steps) checkProfile(profile, listing, profile.name);
  const moved = compareProfiles(from, to).some(({ direction }) => direction === "shock");
  return { steps, shocks: !moved ? "unchanged" : dips ? "at once" : "ramped" };
}

/** How many steps there are at least from one profile to another, by what each may loosen. No step is made for it. */
export function leastSteps(live: RiskProfile, target: RiskProfile, { maxStep }: RampOptions): number {
  const changes = compareProfiles(live, target);
  const ramps = changes.map(({ parameter, direction, before, after }) => {
    if (direction !== "looser") return 0n;
    const larger = before > after ? before : after;
    const step = SHARES.includes(parameter) ? (larger * BigInt(maxStep) + BPS - 1n) / BPS : BigInt(maxStep);
    return ((before > after ? before - after : after - before) + step - 1n) / step;
  });
  const tightens = changes.some(({ direction }) => direction === "tighter") ? 1n : 0n;
  return Number(tightens + ramps.reduce((a, b) => (a > b ? a : b), 0n));
}

/** Parameters of which a step is a share of the larger of their two ends. */
const SHARES: readonly Parameter[] = ["impact", "maxBorrowRate", "bookMaxAge"];

function tooMany(): OutOfRangeError {
  return new OutOfRangeError(
    "max-step",
    `a step with which ${STEPS_MAX} are enough`,
    "one so small that more are needed",
  );
}

/** From a profile that is nowhere looser than `to` (shocks apart) step by step to it. */
function climb(start: RiskProfile, to: RiskProfile, maxStep: number, shocksAtOnce: boolean): RiskProfile[] {
  const steps: RiskProfile[] = [];
  let current = start;
  while (compareProfiles(current, to).length > 0) {
    if (steps.length === STEPS_MAX) throw tooMany();
    current = loosened(current, start, to, maxStep, shocksAtOnce);
    steps.push(current);
  }
  return steps;
}

function loosened(
  current: RiskProfile,
  start: RiskProfile,
  to: RiskProfile,
  maxStep: number,
  shocksAtOnce: boolean,
): RiskProfile {
  const share = (a: number, b: number) => Math.ceil((Math.max(a, b) * maxStep) / Number(BPS));
  const maxBorrowRate = toward(
    current.maxBorrowRate,
    to.maxBorrowRate,
    share(start.maxBorrowRate, to.maxBorrowRate),
  );
  const older = toward(current.bookMaxAge, to.bookMaxAge, share(start.bookMaxAge, to.bookMaxAge));
  const debtFactors = current.assets.map(({ debtFactor }) => debtFactor);
  // A longer age waits until a lower rate has made room for it in every debt factor.
  const room = leastDebtFactor({ maxBorrowRate, bookMaxAge: older }) <= BigInt(Math.min(...debtFactors));
  const bookMaxAge = room ? older : current.bookMaxAge;
  const leastDebt = Number(leastDebtFactor({ maxBorrowRate, bookMaxAge }));

  const scenarios = current.scenarios.map((scenario, s): Scenario => {
    const goal = to.scenarios[s] ?? scenario;
    const move = ([asset, shock]: [string, number]): [string, number] => {
      const end = goal.shocks[asset] ?? 0;
      const widens = shock === 0 || (Math.sign(end) === Math.sign(shock) && Math.abs(end) > Math.abs(shock));
      return [asset, widens || shocksAtOnce ? end : toward(shock, end, maxStep)];
    };
    return { name: goal.name, shocks: Object.fromEntries(Object.entries(scenario.shocks).map(move)) };
  });

  return {
    ...current,
    pnlFactor: toward(current.pnlFactor, to.pnlFactor, maxStep),
    maxBorrowRate,
    bookMaxAge,
    assets: current.assets.map((risk, u) => {
      const goal = to.assets[u] ?? risk;
      const impacts = [start.assets[u]?.impact ?? 0n, goal.impact];
      return {
        asset: risk.asset,
        collateralFactor: toward(risk.collateralFactor, goal.collateralFactor, maxStep),
        debtFactor: Math.max(toward(risk.debtFactor, goal.debtFactor, maxStep), leastDebt),
        perpMargin: toward(risk.perpMargin, goal.perpMargin, maxStep),
        liquidity: toward(risk.liquidity, goal.liquidity, maxStep),
        impact: towardShare(risk.impact, goal.impact, impacts, maxStep),
      };
    }),
    scenarios,
  };
}

/** The tightened profile with `liquidity` raised by what the worst shocks will widen by, either way. */
function bridgedTo(tight: RiskProfile, from: RiskProfile, to: RiskProfile): RiskProfile {
  return {
    ...tight,
    assets: tight.assets.map((risk) => {
      const [before, after] = [worstMoves(from, risk.asset), worstMoves(to, risk.asset)];
      const wider = Math.max(0, after.fall - before.fall, after.rise - before.rise);
      return { ...risk, liquidity: Math.min(FACTOR_MAX, risk.liquidity + wider) };
    }),
  };
}

/** Whether the worst move of some asset is below that of both ends by more than `slack`. */
function dipsBelow(profile: RiskProfile, from: RiskProfile, to: RiskProfile, slack: number): boolean {
  return profile.assets.some(({ asset }) => {
    const [now, a, b] = [profile, from, to].map((one) => worstMoves(one, asset));
    if (!now || !a || !b) return false;
    return now.fall + slack < Math.min(a.fall, b.fall) || now.rise + slack < Math.min(a.rise, b.rise);
  });
}

/** Steps say in their names how far they are; the last that reaches the target has the target's own. */
function named(steps: readonly ProfileStep[], target: RiskProfile): ProfileStep[] {
  return steps.map(({ kind, profile }, i) => {
    const last = i === steps.length - 1;
    const name = last ? target.name : `${target.name.slice(0, 44)} step ${i + 1} of ${steps.length}`;
    const description = last
      ? target.description
      : `Step ${i + 1} of ${steps.length} towards ${target.name}: ${kind === "tighten" ? "what the guardian tightens at once" : "set by the governor after its delay"}.`;
    return { kind, profile: { ...profile, name, description } };
  });
}

function toward(from: number, to: number, most: number): number {
  return to > from ? Math.min(to, from + most) : Math.max(to, from - most);
}

function towardShare(from: bigint, to: bigint, ends: readonly bigint[], maxStep: number): bigint {
  const larger = ends.reduce((a, b) => (a > b ? a : b), 0n);
  const most = (larger * BigInt(maxStep) + BPS - 1n) / BPS;
  if (to > from) return to - from > most ? from + most : to;
  return from - to > most ? from - most : to;
}

/**
 * Pairs the scenarios of two profiles, each with the one of the other that it most resembles: a margin does not depend
 * on their order, and a chain does not keep their names. Equal ones are paired first, the others in their order. Then
 * any two swap while that lowers the sum of differences over all assets. What is left over on either side is paired
 * with a scenario that moves nothing.
 * @returns as many as the larger has, in the order of `live`
 */
export function matchScenarios(live: RiskProfile, target: RiskProfile): [live: Scenario, target: Scenario][] {
  const assets = live.assets.map(({ asset }) => asset);
  const count = Math.max(live.scenarios.length, target.scenarios.length);
  const unused = (s: number): Scenario => ({
    name: `unused ${s + 1}`,
    shocks: Object.fromEntries(assets.map((asset) => [asset, 0])),
  });
  const padded = (scenarios: readonly Scenario[]) =>
    Array.from({ length: count }, (_, s) => scenarios[s] ?? unused(s));
  const [from, to] = [padded(live.scenarios), padded(target.scenarios)];
  const distance = (i: number, j: number) =>
    assets.reduce(
      (sum, asset) => sum + Math.abs((from[i]?.shocks[asset] ?? 0) - (to[j]?.shocks[asset] ?? 0)),
      0,
    );

  const left = new Set(to.keys());
  const partners = from.map((_, i) => {
    const equal = [...left].find((j) => distance(i, j) === 0);
    if (equal !== undefined) left.delete(equal);
    return equal;
  });
  const order = partners.map((j) => {
    if (j !== undefined) return j;
    const [next = 0] = left;
    left.delete(next);
    return next;
  });
  while (swapOne(order, distance));
  return from.map((scenario, i) => [scenario, to[order[i] ?? i] ?? scenario]);
}

/** Lets the first two change places that are nearer so; false if there are none. The sum of distances falls each time. */
function swapOne(order: number[], distance: (i: number, j: number) => number): boolean {
  for (const [i, a] of order.entries())
    for (const [k, b] of order.entries()) {
      if (k <= i || distance(i, b) + distance(k, a) >= distance(i, a) + distance(k, b)) continue;
      [order[i], order[k]] = [b, a];
      return true;
    }
  return false;
}

/** The worst fall and the worst rise of an asset in any scenario, basis points, both 0 or more. */
function worstMoves(profile: RiskProfile, asset: string): { readonly fall: number; readonly rise: number } {
  const shocks = profile.scenarios.map((scenario) => scenario.shocks[asset] ?? 0);
  return { fall: Math.max(0, ...shocks.map((shock) => -shock)), rise: Math.max(0, ...shocks) };
}
