import { type BookFile, parseBook } from "../book/bookFile.js";
import { parseSecret } from "../book/salt.js";
import { type MarketFile, parseMarket } from "../market/file.js";
import type { Listing } from "../protocol/listing.js";
import { type Io, readInput } from "./io.js";

/** Reads and checks a book file; "-" is standard input. */
export async function readBookFile(io: Io, path: string, listing: Listing): Promise<BookFile> {
  return parseBook(await readInput(io, path, "book"), listing);
}

/** Reads and checks a market file. */
export async function readMarketFile(io: Io, path: string): Promise<MarketFile> {
  return parseMarket(await readInput(io, path, "market"));
}

/** Reads an institution's secret: a file of 64 or more hexadecimal digits. */
export async function readSecretFile(io: Io, path: string): Promise<Uint8Array> {
  return parseSecret((await readInput(io, path, "secret")).trim(), "secret");
}
