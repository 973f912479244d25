import { Interface } from "ethers";
import { accessManager, riskProfile } from "../../src/chain/generated/index.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { profileWords } from "../../src/protocol/profileWords.js";
import { figure, type Section } from "./figures.js";
import type { Testbed } from "./testbed.js";

/** Proposes a change of every parameter, to be made after the delay: see measureGovernance. */
export async function proposeChange(bed: Testbed): Promise<void> {
  const { accessManager: manager, riskProfile: target } = bed.open.addresses;
  await bed.call(bed.governor, manager, accessManager, "schedule", [target, changeOf(bed), 0]);
}

/** Changes the risk profile, in every way that there is. The delay of the proposal must be over. */
export async function measureGovernance(bed: Testbed): Promise<Section> {
  const { profile, tier } = bed.plan;
  const { riskProfile: target } = bed.open.addresses;
  const guardian = (name: string, ...args: readonly unknown[]) =>
    bed.call(bed.keeper.address, target, riskProfile, name, args);
  const tightened = await guardian(
    "tighten",
    profileWords({ ...profile, pnlFactor: profile.pnlFactor - 1 }, tier),
  );
  const change = await bed.node.send(bed.governor, target, changeOf(bed));
  return {
    "setProfile, every parameter, with a fallback": figure(change),
    "tighten, one parameter": figure(tightened),
    pause: figure(await guardian("pause")),
  };
}

function changeOf({ plan: { profile, tier } }: Testbed): string {
  const next = profileWords(everyParameterMoved(profile, tier.scenarios), tier);
  return new Interface(riskProfile.abi).encodeFunctionData("setProfile", [next, EXPIRY, next]);
}

/** Far from now, so that the change comes with a fallback. */
const EXPIRY = 2n ** 40n;

/** A profile in which no parameter is as it was, so that a change to it folds every signal of a profile again. */
function everyParameterMoved(profile: RiskProfile, scenarios: number): RiskProfile {
  return {
    ...profile,
    pnlFactor: profile.pnlFactor / 2,
    assets: profile.assets.map((asset) => ({
      ...asset,
      collateralFactor: asset.collateralFactor / 2,
      debtFactor: asset.debtFactor + 100,
      perpMargin: asset.perpMargin + 100,
      liquidity: asset.liquidity + 100,
      impact: asset.impact * 2n + 1n,
    })),
    scenarios: Array.from({ length: scenarios }, (_, s) => {
      const before = profile.scenarios[s]?.shocks ?? {};
      const moved = (shock: number) => (shock === 0 ? -100 : Math.trunc(shock / 2));
      return {
        name: `scenario ${s + 1}`,
        shocks: Object.fromEntries(profile.assets.map(({ asset }) => [asset, moved(before[asset] ?? 0)])),
      };
    }),
  };
}
