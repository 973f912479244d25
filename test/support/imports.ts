import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type ImportedBook, type ImportRequest, importBook } from "../../src/book/import/importBook.js";
import { denseBook } from "../../src/book/opening.js";
import type { Position } from "../../src/book/position.js";
import { ZkMarginError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";

/** Of every book that is imported here. */
export const header = { account: "desk", sequence: 1, isolated: false };
export type Options = Partial<ImportRequest>;

export const fixture = (name: string): string => readFileSync(`examples/imports/${name}`, "utf8");
export const read = (files: readonly (readonly [string, string])[], options: Options = {}): ImportedBook =>
  importBook({
    files: files.map(([path, text]) => ({ path, text })),
    header,
    listing: DEFAULT_LISTING,
    ...options,
  });
export const fixtures = (names: readonly string[], options: Options = {}) =>
  read(
    names.map((name) => [name, fixture(name)] as const),
    options,
  );
export const held = (asset: string, spot: string): Position => ({ asset, spot, perp: "0" });
export const open = (asset: string, spot: string, perp: string, entryPrice: string): Position => ({
  asset,
  spot,
  perp,
  entryPrice,
  entryFunding: "0",
});

export const USDT = { as: { USDT: "USDC" } };
export const WETH = { as: { WETH: "ETH" } };
export const aside = (...setAside: NonNullable<Options["setAside"]>): Options => ({ setAside });

/** Runs a hostile import; what is refused must not quote what the file holds. */
export function attempt(work: () => ImportedBook, secrets: readonly string[]): readonly Position[] | string {
  try {
    const { book } = work();
    denseBook(book, DEFAULT_LISTING, DEFAULT_LISTING.length);
    return book.positions;
  } catch (error) {
    assert.ok(error instanceof ZkMarginError, String(error));
    for (const secret of secrets)
      assert.ok(!error.message.includes(secret), `${error.message} quotes ${secret}`);
    return error.message;
  }
}
