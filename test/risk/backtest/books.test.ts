import assert from "node:assert/strict";
import { FormatError, MissingFieldError } from "../../../src/errors.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import type { Book } from "../../../src/protocol/types.js";
import { backtestBooks, ownBook, seeded, WEIGHT_UNIT } from "../../../src/risk/backtest/books.js";

const ALL = DEFAULT_LISTING.map(({ symbol }) => symbol);

describe("the books of the backtest", () => {
  it("have one name each, and one or more of every kind", () => {
    const books = backtestBooks();
    assert.equal(new Set(books.map(({ name }) => name)).size, books.length);
    assert.deepEqual([...new Set(books.map(({ kind }) => kind))].toSorted(), [
      "basis",
      "borrower",
      "concentrated",
      "equal weight",
      "hedged",
      "long",
      "market neutral",
      "random",
      "short",
    ]);
  });

  it("are as large as they say, to a millionth per position", () => {
    for (const { name, legs } of backtestBooks()) {
      const held = legs(ALL);
      assert.ok(held, name);
      const gross = held.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
      assert.ok(gross <= WEIGHT_UNIT && gross >= WEIGHT_UNIT - held.length, `${name}: ${gross}`);
      assert.ok(held.every(({ weight }) => Number.isInteger(weight) && weight !== 0));
    }
  });

  it("are neutral where they are hedged", () => {
    for (const { name, kind, legs } of backtestBooks()) {
      if (!["hedged", "basis", "market neutral"].includes(kind)) continue;
      const held = legs(ALL) ?? [];
      const net = held.reduce((sum, { weight }) => sum + weight, 0);
      assert.ok(Math.abs(net) <= held.length, `${name}: ${net}`);
    }
  });

  it("are not there where what they need is not, and hold less where less is", () => {
    const early = ALL.filter((symbol) => symbol !== "DOGE");
    const byName = new Map(backtestBooks().map((book) => [book.name, book]));
    assert.equal(byName.get("doge-long")?.legs(early), null);
    assert.equal(byName.get("equal-weight-long")?.legs(early)?.length, 14);
    assert.equal(byName.get("equal-weight-long")?.legs(["USDC", "BTC"]), null);
  });

  it("are random by their seed alone, whatever else is listed", () => {
    const random = (seed: number) => backtestBooks(seed).filter(({ kind }) => kind === "random");
    assert.deepEqual(
      random(1).map(({ legs }) => legs(ALL)),
      random(1).map(({ legs }) => legs(ALL)),
    );
    assert.notDeepEqual(
      random(1).map(({ legs }) => legs(ALL)),
      random(2).map(({ legs }) => legs(ALL)),
    );
    for (const { legs } of random(7)) {
      const ratio = (universe: string[]) => {
        const of = (asset: string) => legs(universe)?.find((leg) => leg.asset === asset)?.weight ?? 0;
        return of("BTC") / of("ETH");
      };
      const [all, fewer] = [ratio(ALL), ratio(["USDC", "BTC", "ETH", "XRP"])];
      assert.ok(Math.abs(all - fewer) <= 0.01 * Math.abs(all), `${all} ${fewer}`);
    }
  });

  it("take an own book in its shares at some closes, and refuse what has no price", () => {
    const listing = [
      { symbol: "USDC", decimals: 2 },
      { symbol: "BTC", decimals: 8 },
    ];
    // $200 owed, 1 BTC held and 2 sold, at $100.
    const book = { spot: [-20_000n, 100_000_000n], perp: [0n, -200_000_000n], basis: 5n };
    const closes = [10n ** 18n, 100n * 10n ** 18n];
    const own = ownBook("own-desk", book, listing, closes);
    assert.deepEqual([own.kind, own.gross], ["own", 501n]);
    assert.deepEqual(own.legs(["USDC", "BTC"]), [
      { asset: "USDC", kind: "spot", weight: -400_000 },
      { asset: "BTC", kind: "spot", weight: 200_000 },
      { asset: "BTC", kind: "perp", weight: -400_000 },
    ]);
    assert.equal(own.legs(["USDC"]), null);
    assert.throws(() => ownBook("own-desk", book, listing, [10n ** 18n, null]), MissingFieldError);
    const nothing = { spot: [0n, 0n], perp: [0n, 0n], basis: 0n };
    assert.throws(() => ownBook("own-desk", nothing, listing, closes), FormatError);
    const sleeve = { value: 0n, gains: [], charge: 0n, slack: 0n, until: 0, underlyings: 0n };
    assert.throws(
      () => ownBook("own-desk", { ...book, sleeve } as unknown as Book, listing, closes),
      FormatError,
    );
  });

  it("come from a generator whose numbers are fixed", () => {
    // mulberry32 (T. Ettinger, public domain) from the seed 1, as its reference implementation in C gives them.
    const next = seeded(1);
    assert.deepEqual([next(), next(), next()], [2693262067, 11749833, 2265367787]);
  });
});
