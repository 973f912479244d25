import { OutOfRangeError } from "../../errors.js";
import { BPS } from "../../protocol/bounds.js";
import type { Scenario } from "../../protocol/profile.js";
import { exp } from "../statistics/elementary.js";
import type { Component } from "../statistics/matrices.js";
import { historicalDays } from "./historicalDays.js";
import type { AssetTail, Marginal, Tails } from "./marginals.js";

export interface ScenarioInputs {
  /** Assets with a market risk, in the listing's order. */
  readonly risky: readonly AssetTail[];
  /** Assets meant to be worth a dollar. */
  readonly pegged: readonly AssetTail[];
  /** Of the risky assets' correlations, largest first. */
  readonly components: readonly Component[];
  /** Whose spreads' signs are kept, so that a profile moves with its market and not by whole scenarios. */
  readonly previous?: { readonly scenarios: readonly Scenario[] } | undefined;
  /** Of the residuals' rows. */
  readonly times: readonly string[];
  /** The asset that the decoupling scenarios set apart, if it is among the risky ones. */
  readonly anchor: string;
  /** Fall of a pegged asset in the depeg scenario, basis points. */
  readonly depeg: number;
  /** Probability. */
  readonly confidence: number;
  /** Most scenarios to make. */
  readonly scenarios: number;
  /** Largest |shock|, basis points. */
  readonly shockLimit: number;
}

/** A scenario, and what it is made from. */
export interface MadeScenario extends Scenario {
  readonly basis: string;
}

/** What an asset does in a scenario, basis points. */
type ShockOf = (asset: AssetTail, u: number) => number;

/** Name of the scenario in which everything falls. */
export const CRASH = "crash";
/** Scenarios that are no spread: crash, squeeze, two of decoupling, depeg, three days of history. */
const OTHERS = 8;
/** Days of history. */
const DAYS = 3;
/** Share of a crash that comes with a lost peg. */
const CRASH_IN_DEPEG = 0.5;

/**
 * Joint scenarios at one confidence. With σ an asset's volatility, q⁻ and q⁺ its tails, v its entry in a principal
 * component:
 *
 * * *crash*, *squeeze*: every asset at its own tail at once, −q⁻σ or q⁺σ: the first component with all correlations
 *   at 1. It alone decides for a book that is long only, or short only.
 * * *spread k*: by component k = 2, 3, …, either way: the assets with v > 0 rise and the others fall. Each moves by the
 *   tail of what the first component leaves unexplained, q·σ·√(1 − ρ²). No two assets go together in all of them
 *   ({@link spreadSigns}).
 * * *decoupling*: the anchor one way and all others the other way, by the same tails.
 * * *depeg*: the pegged assets lose a stated part and the market half a crash.
 * * days of history at today's volatilities ({@link historicalDays}).
 *
 * A component gives a spread its signs, but not its sizes. A margin counts the worst scenario, not their sum.
 * So scenarios along the bare components, λ½·v, would miss a book that mixes several of them. The signs of small
 * entries change from day to day, and with them nothing that matters; so those of a previous profile are kept.
 *
 * Moves of log prices become shocks, in basis points rounded away from 0; all shocks are cut off at `shockLimit`.
 * @throws OutOfRangeError for fewer than eight scenarios
 */
export function scenarioSet(inputs: ScenarioInputs): MadeScenario[] {
  const { risky, pegged, components, anchor, depeg, scenarios, shockLimit } = inputs;
  if (scenarios < OTHERS) throw new OutOfRangeError("scenarios", `at least ${OTHERS}`, String(scenarios));
  const tail = ({ marginal, tails }: AssetTail, way: number) =>
    marginal.volatility * (way < 0 ? -tails.down : tails.up);
  const [first] = components;
  const specific = risky.map((asset, u) => {
    const explained = (first?.variance ?? 0) * (first?.direction[u] ?? 0) * (first?.direction[u] ?? 0);
    return (way: number) => tail(asset, way) * Math.sqrt(Math.max(0, 1 - explained));
  });
  const shocks = (ofRisky: ShockOf, ofPegged: ShockOf): Scenario["shocks"] => {
    const column = (assets: readonly AssetTail[], shockOf: ShockOf) =>
      assets.map((asset, u) => [
        asset.marginal.asset,
        Math.max(-shockLimit, Math.min(shockLimit, shockOf(asset, u))),
      ]);
    return Object.fromEntries([...column(risky, ofRisky), ...column(pegged, ofPegged)]);
  };
  const tailShock =
    (way: 1 | -1, share = 1): ShockOf =>
    (asset) =>
      shockOfLogMove(share * tail(asset, way));
  const still = () => 0;
  const spread = (way: (u: number) => number) =>
    shocks((_, u) => shockOfLogMove(specific[u]?.(way(u)) ?? 0), still);

  const made: MadeScenario[] = [
    // A dollar token stays where it is, so that neither who holds it nor who owes it gains by a crash.
    { name: CRASH, basis: "every tail at once, down", shocks: shocks(tailShock(-1), still) },
    // It is cheap when all buy with it.
    { name: "squeeze", basis: "every tail at once, up", shocks: shocks(tailShock(1), tailShock(-1)) },
  ];
  const spreads = Math.min(components.length - 1, Math.floor((scenarios - OTHERS) / 2));
  spreadSigns(components.slice(1, 1 + spreads)).forEach((signs, k) => {
    const name = `spread ${k + 2}`;
    const kept = keptSigns(inputs, `${name}+`);
    for (const side of [1, -1])
      made.push({
        name: `${name}${side > 0 ? "+" : "-"}`,
        basis: `signs of component ${k + 2}${kept ? ", as in the previous profile" : ""}; specific tails`,
        shocks: spread((u) => side * ((kept ?? signs)[u] ?? 0)),
      });
  });
  const apart = risky.findIndex(({ marginal }) => marginal.asset === anchor);
  if (apart !== -1 && risky.length > 1)
    for (const side of [1, -1])
      made.push({
        name: side > 0 ? `${anchor} up, rest down` : `${anchor} down, rest up`,
        basis: `${anchor} against all others; specific tails`,
        shocks: spread((u) => (u === apart ? side : -side)),
      });
  if (pegged.length > 0)
    made.push({
      name: "depeg",
      basis: `pegged assets lose ${depeg} bps, and half a crash`,
      shocks: shocks(tailShock(-1, CRASH_IN_DEPEG), () => -depeg),
    });
  const days = historicalDays([...risky, ...pegged], inputs.times, {
    risky: risky.length,
    count: DAYS,
    confidence: inputs.confidence,
  });
  for (const { name, basis, moves } of days) {
    const moved: ShockOf = ({ marginal }) => shockOfLogMove(moves.get(marginal.asset) ?? 0);
    made.push({ name, basis, shocks: shocks(moved, moved) });
  }

  // With two risky assets a component and a decoupling are the same.
  const key = ({ shocks }: Scenario) => JSON.stringify(shocks);
  return made.filter((one, s) => made.findIndex((other) => key(other) === key(one)) === s);
}

/** The moves of the risky assets in a previous scenario, if it has one for each. */
function keptSigns({ previous, risky }: ScenarioInputs, name: string): number[] | undefined {
  const before = previous?.scenarios.find((scenario) => scenario.name === name);
  const signs = risky.map(({ marginal }) => before?.shocks[marginal.asset] ?? 0);
  return signs.some((shock) => shock === 0) ? undefined : signs;
}

/** The relative move of a price whose logarithm moves by `x`, basis points, rounded away from 0. */
function shockOfLogMove(x: number): number {
  const shock = (exp(x) - 1) * Number(BPS);
  // + 0, so that there is no −0.
  return shock < 0 ? Math.floor(shock) : Math.ceil(shock) + 0;
}

/**
 * Which way every asset goes in every spread, `[k][u]` = 1 or −1: the sign of its entry in the k-th component. No two
 * assets get the same signs in all of them, as long as there are enough signs. Two that always went together would be
 * margined as one, and a book of one against the other not at all. Where two have the same signs, the later one takes
 * those that are still free and cost least: the sum of the entries, by size, that change sign.
 * @param components one for each spread, of as many assets each
 */
export function spreadSigns(components: readonly Component[]): number[][] {
  const assets = components[0]?.direction.length ?? 0;
  const codes = 1 << Math.min(components.length, 30);
  const entry = (k: number, u: number) => components[k]?.direction[u] ?? 0;
  const taken = new Set<string>();
  const signs = components.map((): number[] => []);
  for (let u = 0; u < assets; u++) {
    const wanted = components.map((_, k) => (entry(k, u) > 0 ? 1 : -1));
    const cost = (code: readonly number[]) =>
      code.reduce((total, sign, k) => total + (sign === wanted[k] ? 0 : Math.abs(entry(k, u))), 0);
    let best: readonly number[] = wanted;
    if (taken.has(wanted.join()) && assets <= codes) {
      const free = Array.from({ length: codes }, (_, code) =>
        components.map((_, k) => (((code >> k) & 1) === 0 ? 1 : -1)),
      ).filter((code) => !taken.has(code.join()));
      best = free.reduce((least, code) => (cost(code) < cost(least) ? code : least), free[0] ?? wanted);
    }
    taken.add(best.join());
    best.forEach((sign, k) => {
      signs[k]?.push(sign);
    });
  }
  return signs;
}
