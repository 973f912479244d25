import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BookFile, parseBook } from "../../src/book/file.js";
import { type Opening, openBook } from "../../src/book/opening.js";
import { buildMarket } from "../../src/market/build.js";
import type { MarketFile } from "../../src/market/file.js";
import { parseHistory } from "../../src/market/history.js";
import type { Artefacts } from "../../src/prove/artefacts/load.js";
import { setup } from "../../src/prove/setup/setup.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { DEFAULT_LISTING } from "../../src/spec/listing.js";
import { TIERS } from "../../src/spec/tiers.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [TIER] = TIERS;
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

/** The real market of a day under portfolio margin. */
export function marketOn(date: string): MarketFile {
  const history = parseHistory(readFileSync(`${root}/examples/prices/daily-close.csv`, "utf8"));
  return buildMarket({ history, date, window: 3, listing: DEFAULT_LISTING, profile: PORTFOLIO_MARGIN });
}

/** An example book, with some of its header changed. */
export function exampleBook(name: string, header: Partial<BookFile> = {}): Opening {
  const text = readFileSync(`${root}/examples/books/${name}.json`, "utf8");
  return openBook({ ...parseBook(text, DEFAULT_LISTING), ...header }, SECRET, DEFAULT_LISTING, TIER);
}

let artefacts: Promise<Artefacts> | undefined;

/** Circuit and keys of the 16x16 tier, made on the first use and kept in build/. */
export function defaultArtefacts(): Promise<Artefacts> {
  artefacts ??= setup({ home: `${root}/build/keys`, tier: TIER }).then((made) => made.artefacts);
  return artefacts;
}
