import type { Subject } from "../subject.js";
import { sparse } from "./atMostOne.js";

/** Accepted where the claim is not isolated, or at most one perpetual and at most one collateral is held. */
export function isolatedMargin(assets: number): Subject {
  const atMostOne = (values: readonly bigint[]) => values.filter((value) => value !== 0n).length <= 1;
  return {
    file: "margin/IsolatedMargin",
    parameters: [assets],
    inputs: ["isolated", "spotPositive", "perpMagnitude"],
    arrays: ["collaterals.in", "perpetuals.in"],
    cases: (random) => {
      const spotPositive = sparse(random, assets);
      // Now and then what could cancel, if anything could.
      const perpMagnitude = random.chance(0.3) ? spotPositive.toReversed() : sparse(random, assets);
      return [0n, 1n].map((isolated) => {
        const accepted = isolated === 0n || (atMostOne(spotPositive) && atMostOne(perpMagnitude));
        const inputs = { isolated: [isolated], spotPositive, perpMagnitude };
        return { inputs, verdict: accepted ? { accepted, signals: {} } : { accepted } };
      });
    },
  };
}
