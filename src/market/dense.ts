import { TooManyError } from "../errors.js";
import { denseRisk } from "../margin/profile.js";
import type { Market } from "../margin/types.js";
import type { MarketFile } from "./file.js";

/**
 * The market as the dense arrays of a tier. Slots beyond the listing have prices and funding of 0, collateral
 * factor 0 and debt factor 1; scenarios beyond the profile's move nothing.
 * @throws TooManyError if the market has more assets or scenarios than the tier.
 */
export function denseMarket(
  market: MarketFile,
  tier: { readonly assets: number; readonly scenarios: number },
  path = "market",
): Market {
  if (market.listing.length > tier.assets)
    throw new TooManyError(`${path}.listing`, `at most ${tier.assets} assets`, String(market.listing.length));
  const column = (field: "low" | "high" | "funding") =>
    Array.from({ length: tier.assets }, (_, u) => market.prices[u]?.[field] ?? 0n);
  return {
    ...denseRisk(market.profile, tier, `${path}.profile`),
    low: column("low"),
    high: column("high"),
    funding: column("funding"),
  };
}
