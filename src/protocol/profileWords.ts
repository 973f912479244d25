import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils";
import { OutOfRangeError } from "../errors.js";
import type { Listing } from "./listing.js";
import { denseRisk, type RiskProfile } from "./profile.js";
import type { Tier } from "./tiers.js";

/**
 * A risk profile in the words of contracts/types/ProfileWords.sol, lanes from the least significant bit.
 *   word 0   pnlFactor, maxBorrowRate (32 bits), bookMaxAge (32 bits)
 *   then     collateralFactor, debtFactor, perpMargin, liquidity; impact (64 bits); a row of shocks a scenario
 */
const LANE = 16;
const WORD = 256;
const IMPACT = 64;
const HEAD = [16, 32, 32] as const;
const RATES = ["collateralFactor", "debtFactor", "perpMargin", "liquidity"] as const;

/**
 * How many contract words a profile of `tier` takes.
 *
 * @example
 * ```ts
 * import { profileWordCount } from "zkmargin/protocol";
 *
 * console.log(profileWordCount(tier)); // 25
 * ```
 */
export function profileWordCount(tier: Tier): number {
  const words = (bits: number) => Math.ceil(bits / WORD);
  return (
    1 +
    RATES.length * words(tier.assets * LANE) +
    words(tier.assets * IMPACT) +
    tier.scenarios * words(tier.assets * LANE)
  );
}

/**
 * A checked profile as contract words.
 * @throws OutOfRangeError for a parameter that does not fit its lane, TooManyError
 *
 * @example
 * ```ts
 * import { profileWordCount, profileWords } from "zkmargin/protocol";
 *
 * console.log(profileWords(profile, tier).length === profileWordCount(tier)); // true
 * ```
 */
export function profileWords(profile: RiskProfile, tier: Tier): bigint[] {
  const risk = denseRisk(profile, tier);
  const head = [risk.pnlFactor, BigInt(profile.maxBorrowRate), BigInt(profile.bookMaxAge)];
  const two = (value: bigint) => (value < 0n ? (1n << BigInt(LANE)) + value : value);
  return [
    ...packed(head, HEAD),
    ...RATES.flatMap((field) => packed(risk[field], tier.assets, LANE)),
    ...packed(risk.impact, tier.assets, IMPACT),
    ...risk.shock.flatMap((row) => packed(row.map(two), tier.assets, LANE)),
  ];
}

/**
 * What a profile's shocks hash to: a sleeve's numbers are made for them. As IRiskProfile.shocksHash.
 * @param words the profile as contract words
 * @returns 32 bytes, hex
 *
 * @example
 * ```ts
 * import { profileWords, shocksHash } from "zkmargin/protocol";
 *
 * console.log(shocksHash(profileWords(profile, tier), tier).length); // 66
 * ```
 */
export function shocksHash(words: readonly bigint[], tier: Tier): string {
  const shocks = words.slice(words.length - tier.scenarios * Math.ceil((tier.assets * LANE) / WORD));
  const bytes = shocks.map((word) => hexToBytes(word.toString(16).padStart(WORD / 4, "0")));
  return `0x${bytesToHex(keccak_256(concatBytes(...bytes)))}`;
}

/**
 * The inverse: a profile over the listing. Its names derive from its epoch, because the chain stores no others.
 *
 * @example
 * ```ts
 * import { profileWords, readProfileWords } from "zkmargin/protocol";
 *
 * const read = readProfileWords(profileWords(profile, tier), market.listing, tier, 3n);
 * console.log(read.name); // epoch 3
 * ```
 */
export function readProfileWords(
  words: readonly bigint[],
  listing: Listing,
  tier: Tier,
  epoch: bigint,
): RiskProfile {
  if (words.length !== profileWordCount(tier))
    throw new OutOfRangeError("profile", `${profileWordCount(tier)} words`, String(words.length));
  const [first = 0n] = words;
  let next = 1;
  const take = (count: number, bits: number): bigint[] => {
    const each = WORD / bits;
    const from = next;
    next += Math.ceil(count / each);
    return Array.from({ length: count }, (_, i) => {
      const word = words[from + Math.floor(i / each)] ?? 0n;
      return (word >> BigInt(bits * (i % each))) & ((1n << BigInt(bits)) - 1n);
    });
  };
  const field = (from: number, bits: number) => Number((first >> BigInt(from)) & ((1n << BigInt(bits)) - 1n));
  const rates = RATES.map(() => take(tier.assets, LANE).map(Number));
  const impact = take(tier.assets, IMPACT);
  const shocks = Array.from({ length: tier.scenarios }, () => take(tier.assets, LANE).map(signed));
  const rate = (column: number, u: number) => rates[column]?.[u] ?? 0;
  return {
    name: `epoch ${epoch}`,
    description: "The risk profile of this epoch, as it stands on the chain.",
    pnlFactor: field(0, 16),
    maxBorrowRate: field(16, 32),
    bookMaxAge: field(48, 32),
    assets: listing.map(({ symbol }, u) => ({
      asset: symbol,
      collateralFactor: rate(0, u),
      debtFactor: rate(1, u),
      perpMargin: rate(2, u),
      liquidity: rate(3, u),
      impact: impact[u] ?? 0n,
    })),
    scenarios: shocks.map((row, s) => ({
      name: `scenario ${s + 1}`,
      shocks: Object.fromEntries(listing.map(({ symbol }, u) => [symbol, row[u] ?? 0])),
    })),
  };
}

function signed(lane: bigint): number {
  return Number(BigInt.asIntN(LANE, lane));
}

/** Values in lanes of `bits`, or of the widths given, in as many words as `count` of them take. */
function packed(values: readonly bigint[], lanes: readonly number[] | number, bits = LANE): bigint[] {
  const widths = typeof lanes === "number" ? Array.from({ length: lanes }, () => bits) : lanes;
  const words: bigint[] = [];
  let used = WORD;
  widths.forEach((width, i) => {
    const value = values[i] ?? 0n;
    if (value < 0n || value >> BigInt(width) !== 0n)
      throw new OutOfRangeError("profile", `a parameter below 2^${width}`, "a larger one");
    if (used + width > WORD) {
      words.push(0n);
      used = 0;
    }
    words[words.length - 1] = (words.at(-1) ?? 0n) | (value << BigInt(used));
    used += width;
  });
  return words;
}
