import type { LocalFeeds } from "../../chain/deploy/local.js";
import { DEFAULT_DELAY, type DeployPlan, LOCAL_VAULT, leastRotationDelay } from "../../chain/deploy/plan.js";
import type { NamedKey } from "../../chain/verificationKey.js";
import { DEFAULT_LISTING } from "../../protocol/listing.js";
import type { Tier } from "../../protocol/tiers.js";
import { PORTFOLIO_MARGIN } from "../../risk/portfolioMargin.js";

const HOUR = 3_600;

/** Times for a market of daily closes: a round a day to prove against, books for a day, a morning for an account that cannot be proven. */
export const TIMING = {
  twapWindow: 6 * HOUR,
  minInterval: HOUR,
  provingWindow: 25 * HOUR,
  maxRoundAge: 26 * HOUR,
};
export const TERMS = {
  maxProofAge: 36 * HOUR,
  gracePeriod: 12 * HOUR,
  callPeriod: 24 * HOUR,
  callMargin: 11_000,
};
/** A feed answers at least once a day. */
const HEARTBEAT = 25 * HOUR;

/** What the demo deploys. */
export function demoPlan(
  tier: Tier,
  key: NamedKey,
  feeds: LocalFeeds,
  tokens: Readonly<Record<"USDC" | "BTC" | "ETH", string>>,
  governance: { readonly governor: string; readonly guardian: string },
): DeployPlan {
  return {
    tier,
    listing: DEFAULT_LISTING,
    profile: PORTFOLIO_MARGIN,
    key,
    feeds: feeds.plan(HEARTBEAT),
    timing: TIMING,
    terms: TERMS,
    rotationDelay: leastRotationDelay(PORTFOLIO_MARGIN, TERMS),
    governance: { ...governance, delay: DEFAULT_DELAY },
    vault: {
      settlement: tokens.USDC,
      asset: "USDC",
      collateral: [
        { token: tokens.BTC, asset: "BTC" },
        { token: tokens.ETH, asset: "ETH" },
      ],
      initialMargin: 12_500,
      ...LOCAL_VAULT,
    },
  };
}
