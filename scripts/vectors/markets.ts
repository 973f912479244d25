import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../src/groth16/artefacts/layout.js";
import { buildMarket } from "../../src/market/build.js";
import type { MarketFile } from "../../src/market/file.js";
import { parseHistory } from "../../src/market/history.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { DEFAULT_TIER, findTier } from "../../src/protocol/tiers.js";
import { findPreset } from "../../src/risk/presets.js";

/** Dates of the markets that the vectors are of. */
export const DATES = ["2021-05-17", "2021-05-19"];
const WINDOW = 3;

export const TIER = known(findTier(DEFAULT_TIER));
const PROFILE = known(findPreset("portfolio-margin"));

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError("expected a shipped tier and profile, got none");
  return value;
}

/** The market of a date, as far as the tests' feeds can say it: the middle of low and high must be a whole number. */
export async function evenMarket(date: string): Promise<MarketFile> {
  const path = join(packageRoot(), "examples", "prices", "daily-close.csv");
  const market = buildMarket({
    history: parseHistory(await readFile(path, "utf8")),
    date,
    window: WINDOW,
    listing: DEFAULT_LISTING,
    profile: PROFILE,
    funding: { rate: date === DATES[0] ? 0 : -1 },
  });
  const prices = market.prices.map((price) => ({
    ...price,
    high: price.high + ((price.low + price.high) % 2n),
  }));
  return { ...market, prices };
}
