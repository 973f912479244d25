import type { Random } from "../../../../support/cases.js";
import { centred } from "../judge.js";
import type { Subject } from "../subject.js";
import { aboutBound, element } from "../values.js";

/** The loss of the worst joint scenario, or 0; beyond the precondition, what the widths cannot hold is refused. */
export function scenarioLoss(assets: number, scenarios: number, assetBits: number): Subject {
  const bits = 64 + 1 + 64 + 14 + assetBits + 1;
  const shock = (random: Random) => random.pick([0n, 1n, -1n, 10_000n, -10_000n, random.signed(10_000n)]);
  const exposed = (random: Random) => {
    const value = random.chance(0.9)
      ? aboutBound(random, 128)
      : aboutBound(random, 129 + random.integer(0, 20));
    return centred(element(value));
  };
  return {
    file: "margin/ScenarioLoss",
    parameters: [assets, scenarios, assetBits],
    inputs: ["exposure", "shock", "other"],
    cases: (random) => {
      const exposure = Array.from({ length: assets }, () => exposed(random));
      // Legs that cancel, to the unit or not quite.
      if (assets > 1 && random.chance(0.3))
        exposure[1] = -(exposure[0] as bigint) + BigInt(random.integer(-1, 1));
      const shocks = Array.from({ length: scenarios }, () => exposure.map(() => shock(random)));
      // Two scenarios that tie, or that are each other's opposite.
      if (scenarios > 1 && random.chance(0.4)) {
        const sign = random.chance(0.5) ? 1n : -1n;
        shocks[random.integer(1, scenarios - 1)] = (shocks[0] as bigint[]).map((value) => sign * value);
      }
      const nothing = random.chance(0.3);
      const others = shocks.map(() => (nothing ? 0n : centred(element(aboutBound(random, 114)))));
      // What else is gained makes up for the first scenario's loss, to the unit or not quite.
      if (!nothing && random.chance(0.3))
        others[0] =
          BigInt(random.integer(-1, 1)) -
          (shocks[0] as bigint[]).reduce((sum, s, u) => sum + s * (exposure[u] as bigint), 0n);
      const losses = shocks.map((row, i) =>
        row.reduce((sum, s, u) => sum - s * (exposure[u] as bigint), -(others[i] as bigint)),
      );
      const loss = losses.reduce((worst, one) => (one > worst ? one : worst), 0n);
      const fits = loss >> BigInt(bits - 1) === 0n && losses.every((one) => loss - one < 1n << BigInt(bits));
      const inputs = {
        exposure: exposure.map(element),
        shock: shocks.flat().map(element),
        other: others.map(element),
      };
      return [{ inputs, verdict: fits ? { accepted: true, signals: { loss } } : { accepted: false } }];
    },
  };
}
