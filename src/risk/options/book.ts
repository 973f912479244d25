import { black76, YEAR_SECONDS } from "./black76.js";

/** Options of one expiry on one underlying, with what prices them. */
export interface ExpiryBook {
  readonly secondsToExpiry: number;
  /** Price of the forward for this expiry, in dollars. */
  readonly forward: number;
  /** Continuously compounded rate a year, a share: 0.05 is 5 %. */
  readonly rate: number;
  readonly options: readonly OptionPosition[];
}

/** Options of one strike and kind that are held or sold. */
export interface OptionPosition {
  readonly strike: number;
  readonly call: boolean;
  /** Implied volatility at this strike. */
  readonly volatility: number;
  /** Options held; below 0 sold. */
  readonly amount: number;
  /**
   * Value today of a dollar that it pays at expiry, where that is not the expiry's own. An option that is paid in coin has
   * spot/forward.
   */
  readonly discount?: number;
}

/**
 * Value of an expiry in dollars.
 * @param discount value today of a dollar at expiry
 * @param spotFactor the forward moves by it: 0.9 is a fall by 10 %
 * @param volatilityOf the volatility that an option is priced at
 */
export function expiryValue(
  { secondsToExpiry, forward, options }: ExpiryBook,
  discount: number,
  spotFactor = 1,
  volatilityOf: (option: OptionPosition) => number = ({ volatility }) => volatility,
): number {
  const years = secondsToExpiry / YEAR_SECONDS;
  let sum = 0;
  for (const option of options) {
    const { strike, call, amount } = option;
    const own = option.discount ?? discount;
    const priced = {
      forward: forward * spotFactor,
      strike,
      years,
      volatility: volatilityOf(option),
      discount: own,
      call,
    };
    sum += amount * black76(priced);
  }
  return sum;
}
