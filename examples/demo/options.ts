import { accountStatus } from "zkmargin/chain";
import { allowanceOf, assess, SCALE, USD_DECIMALS } from "zkmargin/protocol";
import { denseBook, type Position } from "zkmargin/prove";
import {
  calibratedRule,
  closesOn,
  type PriceHistory,
  parseSleeve,
  type Sleeve,
  type SleeveRequest,
  type Surface,
  sleeveArrays,
} from "zkmargin/risk";
import { denseMarket, type MarketFile } from "zkmargin/verify";
import { ACCOUNTS, MAINTENANCE, TOKEN } from "./setting.js";
import type { Simulation } from "./simulation.js";

// What the options desk holds, how it is priced, and what it is margined at.

const YEAR_DAYS = 365;
/** Days of closes that a volatility is taken from. */
const WINDOW = 30;

/** Moves through which the numbers that attesters sign for the desk hold, basis points. */
const BAND = { price: 500, volatility: 500, smile: 0, basis: 50, fundingWeight: 10 } as const;
/** Seconds before an expiry at which settlement by an average begins. */
const SETTLEMENT = 1_800;

/** When options are priced, and how many seconds their numbers may hold. */
interface PricingTime {
  /** Of the last close. */
  readonly date: string;
  /** Unix seconds. */
  readonly now: number;
  readonly life: number;
}

/** How options are priced at a round: what {@link sleeveArrays} takes, but for the rest of the book. */
export function pricing(
  history: PriceHistory,
  market: MarketFile,
  { options, ...time }: PricingTime & { readonly options: Readonly<Record<string, number>> },
): Omit<SleeveRequest, "book"> {
  const rows = Object.entries(options).map(([instrument, amount]) => `${instrument},${amount}`);
  const sleeve = parseSleeve(`instrument,amount\n${rows.join("\n")}\n`);
  const settles = sleeve.positions.map(({ instrument }) => instrument.expiry - SETTLEMENT);
  const until = Math.min(time.now + time.life, ...settles);
  const surface = realisedSurface(history, market, sleeve, time);
  return { sleeve, surface, market, rule: calibratedRule(), band: { ...BAND, until } };
}

/**
 * A surface as of a round: forwards at its prices, no rates, and for every strike the coin's realised volatility of the last 30 daily
 * returns. The history has no quotes of options, which would have a smile.
 */
function realisedSurface(
  history: PriceHistory,
  market: MarketFile,
  { positions }: Sleeve,
  { date, now }: PricingTime,
): Surface {
  const coins = [...new Set(positions.map(({ instrument }) => instrument.underlying))];
  const last = history.days.findIndex((day) => day.date === date);
  const days = history.days.slice(last - WINDOW, last + 1);
  const underlyings = coins.map((coin) => {
    const slot = market.listing.findIndex(({ symbol }) => symbol === coin);
    const [asset, price] = [market.listing[slot], market.prices[slot]];
    if (asset === undefined || price === undefined) throw new RangeError(`no listed asset ${coin}`);
    const closes = days.map((day) => Number(closesOn(history, market.listing, day.date)[slot]));
    const squares = closes.slice(1).map((close, i) => Math.log(close / (closes[i] ?? close)) ** 2);
    const volatility = Math.sqrt((squares.reduce((sum, x) => sum + x, 0) / squares.length) * YEAR_DAYS);
    const spot = Number(price.low + price.high) / 2 / 10 ** (USD_DECIMALS - asset.decimals);
    const own = positions.filter(({ instrument }) => instrument.underlying === coin);
    const expiries = [...new Set(own.map(({ instrument }) => instrument.expiry))].map((expiry) => ({
      ...{ expiry, forward: spot, rate: 0 },
      smile: { points: [{ strike: spot, volatility }] },
    }));
    return [coin, { spot, expiries }] as const;
  });
  return { time: now, underlyings: new Map(underlyings) };
}

/** A part of what the desk holds. */
interface Leg {
  readonly positions?: readonly Position[];
  readonly options?: Readonly<Record<string, number>>;
}

/** A strategy of the desk: the margin of its legs each by itself, and together; attodollars. */
export interface StrategyMargin {
  readonly name: string;
  readonly naked: bigint;
  readonly hedged: bigint;
}

/** The desk at the eve of the fall. */
export interface OptionsDesk {
  readonly volatilities: readonly { readonly coin: string; readonly volatility: number }[];
  readonly strategies: readonly StrategyMargin[];
  readonly band: number;
  /** Dollars that can be owed besides, as proven; attodollars. */
  readonly free: bigint;
  readonly gas: bigint;
  /** Whether the chain's record of that holds. */
  readonly holds: boolean;
}

/** Free equity is proven in steps of this: a claim cut to fit would reveal more. Attodollars. */
const STEP = 50_000n * TOKEN;
const CENT = TOKEN / 100n;

/** What the desk is margined at, leg by leg and as a whole, and a proof of its free equity. */
export async function optionsDesk(simulation: Simulation): Promise<OptionsDesk> {
  const { chain, history, session } = simulation;
  const { market } = simulation.market;
  const { positions, options } = ACCOUNTS.options;
  const time = { date: simulation.date, now: await chain.now(), life: chain.plan.profile.bookMaxAge };
  const margin = (...legs: readonly Leg[]) => {
    const linear = {
      ...{ account: "legs", sequence: 1, isolated: false },
      positions: legs.flatMap((leg) => leg.positions ?? []),
    };
    const book = denseBook(linear, market.listing, session.tier.assets);
    const held = Object.assign({}, ...legs.map((leg) => leg.options ?? {}));
    const whole =
      Object.keys(held).length === 0
        ? book
        : denseBook(
            {
              ...linear,
              sleeve: {
                ...sleeveArrays({ ...pricing(history, market, { ...time, options: held }), book }),
                detail: 0n,
              },
            },
            market.listing,
            session.tier.assets,
          );
    const { scenarioLoss, addOns } = assess(whole, denseMarket(market, session.tier), {
      healthy: true,
      envelope: 0,
    });
    return (scenarioLoss + addOns) / SCALE;
  };
  const only = (...names: readonly string[]) => ({
    options: Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name))),
  });
  const of = (...assets: readonly string[]) => ({
    positions: positions.filter(({ asset }) => assets.includes(asset)),
  });
  const [call = "", longPut = "", shortPut = "", up = "", down = ""] = Object.keys(options);
  const strategies = [
    { name: "covered calls", legs: [of("BTC"), only(call)] },
    { name: "put spread", legs: [only(longPut), only(shortPut)] },
    { name: "strangle and perpetual", legs: [only(up), only(down), of("ETH")] },
  ];
  const rows = strategies.map(({ name, legs }) => ({
    name,
    naked: legs.reduce((sum, leg) => sum + margin(leg), 0n),
    hedged: margin(...legs),
  }));
  const naked = rows.reduce((sum, row) => sum + row.naked, 0n);
  const whole = { name: "the desk", naked, hedged: margin({ positions, options }) };

  const { collateral, requirement } = assess(
    simulation.holders.options.opening.book,
    denseMarket(market, session.tier),
    { healthy: true, envelope: 0 },
  );
  const free = ((collateral - requirement) / SCALE / STEP) * STEP;
  const aim = { theta: MAINTENANCE, healthy: true, support: -free / CENT };
  const { gas } = await simulation.submit("options", aim, "alder");
  const { supports } = await accountStatus(chain.open, simulation.holders.options.account);
  const { surface } = pricing(history, market, { ...time, options });
  const volatilities = [...surface.underlyings].map(([coin, { expiries }]) => {
    const smile = expiries[0]?.smile;
    return { coin, volatility: smile && "points" in smile ? (smile.points[0]?.volatility ?? 0) : 0 };
  });
  return {
    volatilities,
    strategies: [...rows, whole],
    band: BAND.price,
    free,
    gas,
    holds: supports.taken?.holds ?? false,
  };
}

/** How much of the desk's band the market has used. */
export interface BandUse {
  /** Units of 10^-8 that the sleeves' odometer has moved since the round that the desk was priced at. */
  readonly moved: bigint;
  /** How far it may move. */
  readonly allowance: bigint;
}

/** Reads from the chain how much of the desk's band is used. */
export async function bandUse({ chain, holders }: Simulation): Promise<BandUse> {
  const { marketLedger } = chain.open.contracts;
  const { book } = await accountStatus(chain.open, holders.options.account);
  if (book.sleeve === null) throw new RangeError("expected the desk's book to have a sleeve, got none");
  const [priced, newest] = [
    await marketLedger.roundAt(book.sleeve.pricedAt),
    await marketLedger.latestRound(),
  ];
  return { moved: newest.sleeveOdometer - priced.sleeveOdometer, allowance: allowanceOf(book.sleeve.band) };
}
