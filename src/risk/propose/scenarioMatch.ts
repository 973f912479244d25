import type { RiskProfile, Scenario } from "../../protocol/profile.js";

/**
 * The scenarios of two profiles, each beside the one of the other that it most resembles: a margin does not depend on their
 * order, and a chain does not keep their names. Equal ones first; the others in their order, and then any two change places for
 * as long as that brings all of them nearer (by the sum of differences over all assets). What is left over on either side
 * stands beside a scenario that moves nothing.
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

/** The worst fall and the worst rise of an asset over all scenarios, basis points, both 0 or more. */
export function worstMoves(
  profile: RiskProfile,
  asset: string,
): { readonly fall: number; readonly rise: number } {
  const shocks = profile.scenarios.map((scenario) => scenario.shocks[asset] ?? 0);
  return { fall: Math.max(0, ...shocks.map((shock) => -shock)), rise: Math.max(0, ...shocks) };
}
