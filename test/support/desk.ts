import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BookFile, parseBook } from "../../src/book/bookFile.js";
import { type Opening, openBook } from "../../src/book/opening.js";
import { buildMarket } from "../../src/market/build.js";
import type { MarketFile } from "../../src/market/file.js";
import { parseHistory } from "../../src/market/history.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { TIERS, type Tier } from "../../src/protocol/tiers.js";
import type { Artefacts } from "../../src/prove/artefacts.js";
import { setup } from "../../src/prove/artefacts.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [TIER] = TIERS;
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

/** The real market of a day, by default under portfolio margin. */
export function marketOn(date: string, profile: RiskProfile = PORTFOLIO_MARGIN): MarketFile {
  const history = parseHistory(readFileSync(`${root}/examples/prices/daily-close.csv`, "utf8"));
  return buildMarket({ history, date, window: 3, listing: DEFAULT_LISTING, profile });
}

/** An example book, with some of its header changed. */
export function exampleBook(name: string, header: Partial<BookFile> = {}, tier: Tier = TIER): Opening {
  const text = readFileSync(`${root}/examples/books/${name}.json`, "utf8");
  return openBook({ ...parseBook(text, DEFAULT_LISTING), ...header }, SECRET, DEFAULT_LISTING, tier);
}

const artefacts = new Map<string, Promise<Artefacts>>();

/** Circuit and keys of a tier, made on the first use and kept in build/. */
export function artefactsOf(tier: Tier): Promise<Artefacts> {
  const known =
    artefacts.get(tier.name) ?? setup({ home: `${root}/build/keys`, tier }).then((made) => made.artefacts);
  artefacts.set(tier.name, known);
  return known;
}

/** Those of the 16x16 tier. */
export function defaultArtefacts(): Promise<Artefacts> {
  return artefactsOf(TIER);
}
