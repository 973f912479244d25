import type { RiskProfile } from "../protocol/profile.js";
import { COLLATERALISED_DEBT } from "./collateralisedDebt.js";
import { CALIBRATED } from "./generated/calibrated.js";
import { PMRM } from "./pmrm.js";
import { PORTFOLIO_MARGIN } from "./portfolioMargin.js";
import { RATE_PERPS } from "./ratePerps.js";

/** The shipped risk profiles, all for the default listing. */
export const PRESETS: readonly RiskProfile[] = [
  COLLATERALISED_DEBT,
  RATE_PERPS,
  PORTFOLIO_MARGIN,
  PMRM,
  CALIBRATED,
];

/** The shipped profile of that name, or undefined. */
export function findPreset(name: string): RiskProfile | undefined {
  return PRESETS.find((profile) => profile.name === name);
}
