/**
 * Every bound and unit that circuit, TypeScript and Solidity share. `circuits/lib/Spec.circom` and
 * `contracts/generated/Spec.sol` are generated from this file (`npm run generate`). `test/parity/contracts.test.ts`
 * compares the few numbers that a contract spells itself; nothing else may repeat them.
 */

/** Basis points in 1. Rates, factors, shocks, θ and the envelope are in basis points. */
export const BPS = 10_000n;

/** Bits of a quantity's magnitude in quanta: |x| < 2^64. */
export const QUANTITY_BITS = 64;
/** Bits of a price in attodollars (10^-18 USD) per quantum: 0 < p < 2^64. Funding: |f| < 2^64. */
export const PRICE_BITS = 64;
/** Bits of a factor in basis points: f < 2^15. */
export const FACTOR_BITS = 15;
/** Bits of an impact coefficient, in 10^-8 attodollars (the scale of every amount) per quantum²: i < 2^64. */
export const IMPACT_BITS = 64;
/** Bits of the basis in attodollars: −2^127 ≤ b < 2^127, an int128. */
export const BASIS_BITS = 127;
/** Bits of θ, the health factor to exceed, in basis points: 1 ≤ θ < 2^16. */
export const THETA_BITS = 16;
/** Bits of the envelope in a packed claim; its value is at most BPS. */
export const ENVELOPE_BITS = 14;
/** The odometer counts relative moves of the market in units of 1 / ODOMETER_UNIT. */
export const ODOMETER_UNIT = 100_000_000n;
/**
 * Least move of the market, in the odometer's units: 1 %. A round needs it if it follows another of its epoch within
 * half the proving window.
 */
export const LEAST_MOVE = ODOMETER_UNIT / 100n;
/** Rounds that the ledger remembers. */
export const ROUNDS = 2048;
/** Rounds that the ledger's average price can span. */
export const OBSERVATIONS = 64;
/** Most attesters of an account. */
export const MOST_ATTESTERS = 16;
/**
 * Widest confidence interval that a feed may be allowed, basis points of the price. A low near 0 would make every later
 * move immense.
 */
export const CONFIDENCE_MAX = 5_000;
/** Most decimals of a token that a vault takes. */
export const TOKEN_DECIMALS_MAX = 36;
/** Bits of a sleeve's value, gains and charge in cents: −2^46 ≤ v < 2^46, 0 ≤ charge < 2^46. */
export const SLEEVE_BITS = 46;
/** Bits of a sleeve's slack in cents: fewer, because each signer of a sleeve checks it. */
export const SLACK_BITS = 40;
/** Gains of a sleeve, one a scenario: every tier has as many scenarios. */
export const SLEEVE_GAINS = 16;
/** Widest band of a sleeve: how far prices may move from its round, basis points. */
export const SLEEVE_BAND_MAX = 2_000;
/**
 * How many times the sleeve's odometer counts the drift of funding: an option does not pay the funding that its tangent in
 * a perpetual does.
 */
export const SLEEVE_FUNDING_WEIGHT = 10n;
/** Bits of a claim's support in cents. */
export const SUPPORT_BITS = 56;
/** Attodollars in a cent. Sleeve and support are in cents. */
export const CENT = 10_000_000_000_000_000n;
/** Bits of a commitment's salt. */
export const SALT_BITS = 248;
/** Bits of a cleared perpetual in quanta: −2^63 ≤ q < 2^63, an int64. */
export const CLEARED_BITS = 63;
/** Bits of a note's size in quanta: 0 ≤ size < 2^63. Its side gives the sign. */
export const NOTE_SIZE_BITS = 63;
/** Bits of a price net of a funding index, attodollars per quantum: −2^65 ≤ quote < 2^65. */
export const QUOTE_BITS = 65;
/** What makes such a price a natural number of 66 bits. */
export const QUOTE_OFFSET = 1n << BigInt(QUOTE_BITS);
/** Bits of a note's asset slot. */
export const NOTE_ASSET_BITS = 8;
/** Notes that one transition can use. */
export const NOTES = 4;
/** Free bits of the scalar that a book is sealed with: it is 2^246 + 1 + 2·bits, below the order of the curve's subgroup. */
export const SCALAR_BITS = 246;
/** An asset's quantum is 10^-d units with 0 ≤ d ≤ 10, so that an 8-decimal feed scales exactly. */
export const MAX_DECIMALS = 10;
/** Decimals of a dollar in an attodollar. */
export const USD_DECIMALS = 18;

/**
 * What one tightening may do, and how soon the next may follow, seconds. Basis points, absolute, of a factor or a
 * rate of an asset; of `maxBorrowRate` basis points a year. `bookMaxAge` at most halves, and an impact at most doubles.
 */
export const TIGHTENING_INTERVAL = 86_400;
export const TIGHTENING_STEP = 1_000;
export const TIGHTENING_RATE_STEP = 10_000;

/** The fields of BN254: of every signal, and of every coordinate of a point. */
export { FIELD_Q, FIELD_R } from "../encoding/field.js";
