import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openBook } from "../../src/book/opening.js";
import type { SleeveArrays } from "../../src/book/sleeveFile.js";
import { packageRoot } from "../../src/groth16/artefacts/layout.js";
import { buildMarket } from "../../src/market/build.js";
import type { MarketFile } from "../../src/market/file.js";
import { parseHistory } from "../../src/market/history.js";
import { SALT_BITS } from "../../src/protocol/bounds.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import type { Tier } from "../../src/protocol/tiers.js";
import type { ProofRequest } from "../../src/prove/session.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";

/**
 * What the benchmark proves: a book with spot and a hedge in every listed asset, under portfolio margin at real prices.
 * No slot is cheap because it is empty.
 * @param sleeve makes the arrays of options that the book holds as well; it holds none by default
 */
export function benchStatement(tier: Tier, sleeve?: (market: MarketFile) => SleeveArrays): ProofRequest {
  const text = readFileSync(join(packageRoot(), "examples", "prices", "daily-close.csv"), "utf8");
  const market = buildMarket({
    history: parseHistory(text),
    date: "2021-05-17",
    window: 3,
    listing: DEFAULT_LISTING,
    profile: PORTFOLIO_MARGIN,
    funding: { rate: 1 },
  });
  const positions = DEFAULT_LISTING.map(({ symbol }, u) =>
    u === 0
      ? { asset: symbol, spot: "75000000", perp: "0" }
      : {
          asset: symbol,
          spot: `${107 * u}.5071`,
          perp: `-${97 * u}.2503`,
          entryPrice: `${31 * u}.25`,
          entryFunding: "0.01",
        },
  );
  const file = { account: "bench", sequence: 1, isolated: false, positions };
  const options =
    sleeve === undefined ? {} : { sleeve: { ...sleeve(market), detail: (1n << BigInt(SALT_BITS)) - 1n } };
  const secret = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
  const opening = openBook({ ...file, ...options }, secret, DEFAULT_LISTING, tier);
  return { opening, market, theta: 10_000, envelope: 100 };
}
