import { exp, ln } from "../statistics/elementary.js";
import { YEAR_SECONDS } from "./black76.js";
import { type ExpiryBook, expiryValue, type OptionPosition } from "./book.js";
import {
  type SkewRange,
  scaledMove,
  skewMove,
  UNMOVED,
  type VolatilityMove,
  type VolatilityRange,
} from "./volatilityMoves.js";

/**
 * The numbers of a margin rule for options of one underlying. The rule is that of Derive's portfolio margin risk manager
 * (`PMRM_2` and `PMRMLib_2` in github.com/derivexyz/v2-core), re-stated; its first version and Deribit's portfolio margin
 * are the same rule with other numbers: see regimes.ts. Amounts in units of the stablecoin, prices in dollars, shares as
 * plain numbers.
 */
export interface OptionRegime {
  readonly scenarios: readonly RegimeScenario[];
  /** How volatility moves with the time to expiry. */
  readonly volatility: VolatilityRange;
  /** How the wings of the surface move in the two scenarios of skew. */
  readonly skew: SkewRange;
  /** Whether an option is worth its expected payoff discounted by the rate; if not, the rate moves the static discount alone. */
  readonly discounts: boolean;
  readonly maintenanceFactor: number;
  readonly initialFactor: number;
  /** Static discount of an expiry worth less, and worth more, than nothing: base · e^(±years·(multiple·rate + addend)). */
  readonly short: StaticDiscount;
  readonly long: StaticDiscount;
  /** What a move of the forward against the spot price may cost. */
  readonly basis: {
    readonly spotUp: number;
    readonly spotDown: number;
    readonly addend: number;
    /** For each year to expiry. */
    readonly multiple: number;
  };
  /** Below this price of the stablecoin the initial factor grows, by the factor for each dollar. */
  readonly pegThreshold: number;
  readonly pegFactor: number;
  /** Below this confidence a feed's notional costs (1 − confidence)·margin. */
  readonly confidenceThreshold: number;
  readonly confidenceMargin: number;
  /** Shares of the notional of perpetuals and of naked short options; initial is beside maintenance, not instead of it. */
  readonly maintenancePerp: number;
  readonly initialPerp: number;
  readonly maintenanceOption: number;
  readonly initialOption: number;
}

export interface StaticDiscount {
  readonly base: number;
  readonly rateMultiple: number;
  readonly rateAddend: number;
}

/** A joint move of spot price and volatility. */
export interface RegimeScenario {
  /** The spot price is multiplied by it. */
  readonly spot: number;
  readonly volatility: "up" | "down" | "none" | "linear" | "absolute";
  /** The change of value counts by it. */
  readonly dampening: number;
}

/** What a regime margins: options of one underlying, and what offsets them. */
export interface OptionPortfolio {
  readonly spot: number;
  /** Of a feed, from 0 to 1. */
  readonly spotConfidence: number;
  /** Dollars of the stablecoin that cash is in. */
  readonly stable: number;
  readonly cash: number;
  readonly perp?: {
    readonly amount: number;
    readonly price: number;
    readonly confidence: number;
    /** Unsettled profit and funding. */
    readonly unsettled: number;
  };
  readonly collaterals: readonly {
    readonly amount: number;
    readonly price: number;
    readonly confidence: number;
    /** Whether it is the underlying itself, so that it gains and loses with the scenarios. */
    readonly cancelsRisk: boolean;
    readonly maintenanceHaircut: number;
    readonly initialHaircut: number;
  }[];
  /** The confidence of each is the least of its forward, rate and volatilities. */
  readonly expiries: readonly (ExpiryBook & { readonly confidence: number })[];
}

/** A portfolio under a regime; amounts in units of the stablecoin. */
export interface OptionMargin {
  readonly optionValue: number;
  readonly portfolioValue: number;
  /** Change of value in each scenario, dampened. */
  readonly changes: readonly number[];
  readonly basisContingency: number;
  /** What is left above the margin; below 0 is a deficit. */
  readonly maintenance: number;
  readonly initial: number;
}

/**
 * The margin of a portfolio under a regime. A rate below 0 counts as 0, and an expired option as its payoff at the forward,
 * as Derive's contracts have it.
 * @throws RangeError if a price, strike, time or volatility is out of its bounds. Like the contracts, it also refuses a
 *   scenario of skew that moves the spot price
 *
 * @example
 * ```ts
 * import { DERIVE_PMRM_2, optionMargin } from "zkmargin/risk";
 *
 * const options = [{ strike: 2_000, call: true, volatility: 0.6, amount: -1 }];
 * const expiry = { secondsToExpiry: 2_592_000, forward: 2_010, rate: 0.05, options, confidence: 1 };
 * const account = { spot: 2_000, spotConfidence: 1, stable: 1, cash: 1_000, collaterals: [], expiries: [expiry] };
 * const { maintenance, initial } = optionMargin(account, DERIVE_PMRM_2);
 * console.log(initial < maintenance); // true
 * ```
 */
export function optionMargin(portfolio: OptionPortfolio, parameters: OptionRegime): OptionMargin {
  const { spot, stable, cash, perp, collaterals } = portfolio;
  const expiries = portfolio.expiries.map((book) => new Expiry(book, parameters));
  const valueOf = ({ amount, price }: { readonly amount: number; readonly price: number }) =>
    (amount * price) / stable;
  const optionValue = sum(expiries.map(({ value }) => value));
  const portfolioValue = optionValue + cash + (perp?.unsettled ?? 0) + sum(collaterals.map(valueOf));
  const underlying =
    (perp === undefined ? 0 : perp.amount * perp.price) +
    sum(collaterals.filter(({ cancelsRisk }) => cancelsRisk).map(valueOf));
  const changes = parameters.scenarios.map(
    (scenario) =>
      sum(expiries.map((expiry) => expiry.change(scenario))) +
      underlying * (scenario.spot - 1) * scenario.dampening,
  );
  const basisContingency = sum(expiries.map(({ basisContingency }) => basisContingency));
  const loss = Math.min(basisContingency, ...changes);

  // The perpetual's feed is doubted beside the spot feed for all but collateral.
  const marketConfidence = Math.min(portfolio.spotConfidence, perp?.confidence ?? 1);
  const doubt = (confidence: number) =>
    confidence < parameters.confidenceThreshold ? (1 - confidence) * parameters.confidenceMargin : 0;
  const perpNotional = Math.abs(perp?.amount ?? 0) * spot;
  const shortNotional = sum(expiries.map(({ nakedShorts }) => nakedShorts)) * spot;
  const always =
    perpNotional * parameters.maintenancePerp +
    shortNotional * parameters.maintenanceOption +
    sum(collaterals.map((each) => valueOf(each) * each.maintenanceHaircut));
  const atFirst =
    perpNotional * (parameters.initialPerp + doubt(marketConfidence)) +
    shortNotional * parameters.initialOption +
    sum(
      portfolio.expiries.map(
        (book) => doubt(Math.min(marketConfidence, book.confidence)) * grossOptions(book) * spot,
      ),
    ) +
    sum(
      collaterals.map(
        (each) =>
          valueOf(each) * (each.initialHaircut + doubt(Math.min(each.confidence, portfolio.spotConfidence))),
      ),
    );
  const depeg = Math.max(0, parameters.pegThreshold - stable) * parameters.pegFactor;
  return {
    optionValue,
    portfolioValue,
    changes,
    basisContingency,
    maintenance: portfolioValue + loss * parameters.maintenanceFactor - always,
    initial: portfolioValue + loss * (parameters.initialFactor + depeg) - always - atFirst,
  };
}

/** The options of one expiry, and what does not change from scenario to scenario. */
class Expiry {
  readonly value: number;
  readonly basisContingency: number;
  readonly nakedShorts: number;
  readonly #book: ExpiryBook;
  readonly #parameters: OptionRegime;
  readonly #years: number;
  readonly #discount: number;
  readonly #haircut: { readonly held: number; readonly owed: number };

  constructor(book: ExpiryBook, parameters: OptionRegime) {
    const { basis } = parameters;
    const years = Math.max(0, book.secondsToExpiry) / YEAR_SECONDS;
    const rate = Math.max(0, book.rate);
    this.#book = { ...book, secondsToExpiry: Math.max(0, book.secondsToExpiry) };
    this.#parameters = parameters;
    this.#years = years;
    this.#discount = parameters.discounts ? exp(-rate * years) : 1;
    this.#haircut = haircutOf(parameters, years, rate);
    this.value = this.#at(1);
    const [up, down] = [this.#at(basis.spotUp), this.#at(basis.spotDown)];
    this.basisContingency =
      Math.min(0, up - this.value, down - this.value) * (basis.addend + basis.multiple * years);
    this.nakedShorts = nakedShorts(book.options);
  }

  /** Change of value in a scenario: discounted after, undiscounted before. A scenario of skew is taken as a loss either way. */
  change({ spot, volatility, dampening }: RegimeScenario): number {
    const skewed = volatility === "linear" || volatility === "absolute";
    if (skewed && spot !== 1)
      throw new RangeError(`expected a scenario of skew at the spot price, got one at ${spot} of it`);
    const moved = moveOf(this.#parameters, volatility).at(this.#years);
    const { forward } = this.#book;
    const value = this.#at(spot, (option) => moved(option.volatility, ln(option.strike / forward)));
    const discounted = value * (value >= 0 ? this.#haircut.held : this.#haircut.owed);
    const change = (discounted - this.value) * dampening;
    return skewed ? -Math.abs(change) : change;
  }

  #at(spot: number, volatilityOf?: (option: OptionPosition) => number): number {
    return expiryValue(this.#book, this.#discount, spot, volatilityOf);
  }
}

/** How a regime's scenario moves volatility. */
export function moveOf(
  { volatility, skew }: Pick<OptionRegime, "volatility" | "skew">,
  move: RegimeScenario["volatility"],
): VolatilityMove {
  if (move === "none") return UNMOVED;
  return move === "up" || move === "down" ? scaledMove(volatility, move) : skewMove(skew, move);
}

/**
 * What the value of an expiry counts for in a scenario: above 0, and below 0. What is owed cannot count more than
 * undiscounted.
 */
export function haircutOf(
  { discounts, long, short }: Pick<OptionRegime, "discounts" | "long" | "short">,
  years: number,
  rate: number,
): { readonly held: number; readonly owed: number } {
  const counted = Math.max(0, rate);
  const discount = discounts ? exp(-counted * years) : 1;
  return {
    held: long.base * exp(-years * (counted * long.rateMultiple + long.rateAddend)),
    owed: Math.min(1 / discount, short.base * exp(years * (counted * short.rateMultiple + short.rateAddend))),
  };
}

/** Options sold at each strike that no option held at the same strike covers, call or put, as Derive counts them. */
export function nakedShorts(options: readonly OptionPosition[]): number {
  const strikes = new Map<number, { sold: number; held: number }>();
  for (const { strike, amount } of options) {
    const at = strikes.get(strike) ?? { sold: 0, held: 0 };
    if (amount < 0) at.sold -= amount;
    else at.held += amount;
    strikes.set(strike, at);
  }
  return sum([...strikes.values()].map(({ sold, held }) => Math.max(0, sold - held)));
}

const grossOptions = ({ options }: ExpiryBook) => sum(options.map(({ amount }) => Math.abs(amount)));
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
