import type { MarketFile } from "../../../src/market/file.js";
import type { RiskProfile, Scenario } from "../../../src/protocol/profile.js";
import { seeded as seededIntegers } from "../../../src/risk/backtest/books.js";
import { black76, YEAR_SECONDS } from "../../../src/risk/options/black76.js";
import { parseInstrument } from "../../../src/risk/options/instrument.js";
import type { Sleeve } from "../../../src/risk/options/sleeve.js";
import { type Surface, volatilityAt } from "../../../src/risk/options/surface.js";
import { exp, ln } from "../../../src/risk/statistics/elementary.js";

export const TIME = Date.UTC(2021, 4, 17, 12) / 1000;
export const SPOT = 43_500;
const DAYS = ["19MAY21", "21MAY21", "28MAY21", "25JUN21", "24SEP21"];

/** Numbers from 0 to 1, the same for a seed. */
export function seeded(seed: number): () => number {
  const next = seededIntegers(seed);
  return () => next() / 2 ** 32;
}

/** A surface with a smile, a term structure and a basis. */
export function surfaceOf(rate = 0.03): Surface {
  return {
    time: TIME,
    underlyings: new Map([
      [
        "BTC",
        {
          spot: SPOT,
          expiries: DAYS.map((day, i) => {
            const { expiry } = parseInstrument(`BTC-${day}`);
            const forward = SPOT * (1 + 0.0015 * i);
            const points = [0.5, 0.7, 0.85, 1, 1.15, 1.4, 2].map((m) => ({
              strike: SPOT * m,
              volatility: 1.1 - 0.05 * i + 0.5 * (m - 1) * (m - 1),
            }));
            return { expiry, forward, rate, smile: { points } };
          }),
        },
      ],
    ]),
  };
}

/** Options at random, some linear and most inverse, held and sold; the first expiry only if asked for. */
export function randomSleeve(
  random: () => number,
  count: number,
  {
    near = false,
    futures = true,
    linear = true,
  }: { near?: boolean; futures?: boolean; linear?: boolean } = {},
): Sleeve {
  const names = new Map<string, number>();
  while (names.size < count) {
    const day = DAYS[Math.floor(random() * (near ? 5 : 3)) + (near ? 0 : 2)];
    const strike = Math.round((SPOT * (0.7 + 0.7 * random())) / 500) * 500;
    const quote = linear && random() < 0.3 ? "_USDC" : "";
    names.set(
      `BTC${quote}-${day}-${strike}-${random() < 0.5 ? "C" : "P"}`,
      Math.round((random() - 0.5) * 400) / 10 || 1,
    );
  }
  const positions = [...names].map(([name, amount]) => ({
    instrument: parseInstrument(name),
    amount,
    entry: null as number | null,
  }));
  if (futures)
    positions.push({
      instrument: parseInstrument("BTC-25JUN21"),
      amount: 100_000 * (random() - 0.5),
      entry: 42_000,
    });
  return { positions, payoffs: [] };
}

/** A market of one coin and a dollar token, at these prices in dollars. */
export function marketOf(
  low: number,
  high: number,
  scenarios: readonly Scenario[],
  change: Partial<RiskProfile> = {},
): MarketFile {
  const listing = [
    { symbol: "USDC", decimals: 6 },
    { symbol: "BTC", decimals: 8 },
  ];
  const quanta = (price: number) => BigInt(Math.round(price * 1e6)) * 10n ** 4n;
  const risk = { collateralFactor: 9000, debtFactor: 11_000, perpMargin: 100, liquidity: 20, impact: 0n };
  return {
    listing,
    time: TIME,
    source: { chainId: "1", ledger: `0x${"11".repeat(20)}`, round: 1, date: "2021-05-17" },
    prices: [
      { asset: "USDC", low: 10n ** 12n, high: 10n ** 12n, funding: 0n },
      { asset: "BTC", low: quanta(low), high: quanta(high), funding: 5n * 10n ** 9n },
    ],
    profile: {
      name: "test",
      description: "For tests.",
      pnlFactor: 9500,
      maxBorrowRate: 10_000,
      bookMaxAge: 86_400,
      assets: listing.map(({ symbol }) => ({ asset: symbol, ...risk })),
      scenarios,
      ...change,
    },
  };
}

/** Where in a band a sleeve is valued. */
export interface Place {
  readonly price: number;
  /** Factors of all volatilities, of one position's, and of one expiry's forward over spot. */
  readonly volatility: number;
  readonly smile: (position: number) => number;
  readonly basis: (expiry: number) => number;
  readonly elapsed: number;
}

/** How a scenario prices: the price and volatility it moves to, and whether rates discount. */
export interface Moved {
  readonly factor: number;
  readonly volatility: (volatility: number, years: number, moneyness: number) => number;
  readonly discounted: boolean;
}

export const AS_IT_IS: Moved = { factor: 1, volatility: (v) => v, discounted: true };

/** The value of every position at a place of the band, by black76 alone: what bounds are held to. */
export function valuesAt(sleeve: Sleeve, surface: Surface, place: Place, moved: Moved = AS_IT_IS): number[] {
  const underlying = surface.underlyings.get("BTC");
  const price = place.price * moved.factor;
  return [
    ...sleeve.positions.map(({ instrument, amount, entry }, i) => {
      const expiry = underlying?.expiries.find((each) => each.expiry === instrument.expiry);
      if (underlying === undefined || expiry === undefined) throw new Error("no such expiry");
      const ratio = (expiry.forward / underlying.spot) * place.basis(expiry.expiry);
      const forward = price * ratio;
      const inverse = instrument.settlement === "inverse";
      if (instrument.option === null)
        return inverse
          ? amount * price * (1 / (entry ?? 1) - 1 / forward)
          : amount * (forward - (entry ?? 0));
      const { strike, call } = instrument.option;
      const years = (expiry.expiry - surface.time - place.elapsed) / YEAR_SECONDS;
      const quoted = volatilityAt(expiry, strike, (expiry.expiry - surface.time) / YEAR_SECONDS);
      const moneyness = ln(strike / (place.price * ratio));
      const volatility = moved.volatility(quoted * place.volatility * place.smile(i), years, moneyness);
      const discount = inverse ? 1 / ratio : moved.discounted ? exp(-expiry.rate * years) : 1;
      return amount * black76({ forward, strike, years, volatility, discount, call });
    }),
    ...sleeve.payoffs.map(({ amount, points }) => {
      let k = 1;
      while (k + 1 < points.length && (points[k]?.price ?? 0) < price) k++;
      const [a, b] = [points[k - 1], points[k]];
      if (a === undefined || b === undefined) throw new Error("no points");
      return amount * (a.value + ((b.value - a.value) * (price - a.price)) / (b.price - a.price));
    }),
  ];
}

/** Sold between two scenarios of a grid: nothing at today's price and at +20 %, and 1 200 dollars each half-way to it. */
export const SOLD_BUTTERFLY = {
  name: "butterfly",
  underlying: "BTC",
  amount: -100,
  points: [
    { price: 0, value: 0 },
    { price: 46_600, value: 0 },
    { price: 47_800, value: 1200 },
    { price: 49_000, value: 0 },
    { price: 60_000, value: 0 },
  ],
};
