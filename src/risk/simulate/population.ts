import { BPS, USD_DECIMALS } from "../../protocol/bounds.js";
import { DEFAULT_LISTING, type Listing } from "../../protocol/listing.js";
import { denseRisk, type RiskProfile, restrictProfile } from "../../protocol/profile.js";
import { assess } from "../../protocol/statement.js";
import type { Book, Market, RiskParameters } from "../../protocol/types.js";
import { findPreset } from "../presets.js";
import { openAccount, type SimulatedAccount } from "./account.js";
import { attodollars, type Holder } from "./holders.js";
import type { Random } from "./prices.js";
import type { AccountGroup, ScenarioFile } from "./scenario.js";

/** Decimals of an asset that a scenario does not say and the built-in listing does not have. */
const DEFAULT_DECIMALS = 8;
/** Least health factor that an account is opened with, basis points: below it nobody would have lent. */
const LEAST_HEALTH = 10_050;
const HEALTHY = { healthy: true, envelope: 0 } as const;
const DOLLAR = 10n ** BigInt(USD_DECIMALS);
/** Steps by which the debt for a health factor is found; the second is within a basis point. */
const STEPS = 4;

/** The assets of a scenario as a listing. */
export function listingOf({ assets }: Pick<ScenarioFile, "assets">): Listing {
  return assets.map(({ symbol, decimals }) => ({
    symbol,
    decimals:
      decimals ?? DEFAULT_LISTING.find((asset) => asset.symbol === symbol)?.decimals ?? DEFAULT_DECIMALS,
  }));
}

/** The risk parameters of a scenario: of the profile that it names, or its assets' own. */
export function riskOf(file: ScenarioFile): RiskParameters {
  const listing = listingOf(file);
  const preset = file.profile === undefined ? undefined : findPreset(file.profile);
  if (preset !== undefined) {
    const part = restrictProfile(preset, listing);
    const profile: RiskProfile = {
      ...part,
      assets: listing.flatMap(({ symbol }) => part.assets.find(({ asset }) => asset === symbol) ?? []),
    };
    const size = { assets: listing.length, scenarios: profile.scenarios.length };
    const risk = denseRisk(profile, size, "scenario.profile");
    // A factor that the scenario states comes before the profile's.
    const stated = risk.collateralFactor.map((factor, u) =>
      BigInt(file.assets[u]?.collateralFactor ?? factor),
    );
    return { ...risk, collateralFactor: stated };
  }
  const column = (read: (asset: ScenarioFile["assets"][number], u: number) => number) =>
    file.assets.map((asset, u) => BigInt(read(asset, u)));
  const none = file.assets.map(() => 0n);
  return {
    pnlFactor: BPS,
    collateralFactor: column(({ collateralFactor }, u) => collateralFactor ?? (u === 0 ? Number(BPS) : 0)),
    debtFactor: column(({ debtFactor }) => debtFactor ?? Number(BPS)),
    perpMargin: column(({ perpMargin }) => perpMargin ?? 0),
    liquidity: column(({ liquidity }) => liquidity ?? 0),
    impact: none,
    shock: [],
  };
}

/** The market of single prices at the start. */
function openingMarket(risk: RiskParameters, prices: readonly bigint[]): Market {
  return { ...risk, low: prices, high: prices, funding: prices.map(() => 0n) };
}

/** A value at a share between even quantiles, in a straight line. */
function quantileAt(values: readonly number[], share: number): number {
  const place = share * (values.length - 1);
  const below = Math.min(Math.floor(place), values.length - 1);
  const low = values[below] ?? 0;
  const high = values[Math.min(below + 1, values.length - 1)] ?? low;
  return low + (high - low) * (place - below);
}

/**
 * Draws a scenario's accounts.
 * @param first prices at the start, dollars a unit
 * @param settlement slot of what is borrowed
 * @param own books of a file, opened beside the drawn ones
 */
export function drawAccounts(
  file: ScenarioFile,
  risk: RiskParameters,
  first: readonly number[],
  settlement: number,
  random: Random,
  own: readonly Book[] = [],
): SimulatedAccount[] {
  const listing = listingOf(file);
  const prices = listing.map(({ decimals }, u) => attodollars(first[u] ?? 0, decimals));
  const market = openingMarket(risk, prices);
  const accounts: SimulatedAccount[] = [];
  const open = (holder: Holder, answer: SimulatedAccount["answer"]) =>
    accounts.push(openAccount(accounts.length, holder, answer));
  for (const book of own) open({ spot: [...book.spot], perp: [...book.perp], basis: book.basis }, null);
  for (const group of file.accounts) {
    const drawn = Array.from({ length: group.count }, () => ({
      size: quantileAt(group.size, random.uniform()),
      target: quantileAt(group.leverage ?? group.health ?? [1], random.uniform()),
      answers: group.owners !== undefined && random.uniform() < group.owners.answer / 10_000,
    }));
    const sum = drawn.reduce((total, { size }) => total + size, 0);
    const scale = group.total === undefined || sum === 0 ? 1 : group.total / sum;
    for (const { size, target, answers } of drawn) {
      const { owners } = group;
      open(
        bookOf(group, { size: size * scale, target, market, prices, symbols: listing, settlement }),
        answers && owners !== undefined ? { after: owners.after, health: owners.health } : null,
      );
    }
  }
  return accounts;
}

interface Drawn {
  readonly size: number;
  readonly target: number;
  readonly market: Market;
  readonly prices: readonly bigint[];
  readonly symbols: Listing;
  readonly settlement: number;
}

/** A book of a group's type, size (dollars) and health factor or leverage. */
function bookOf(group: AccountGroup, { size, target, market, prices, symbols, settlement }: Drawn): Holder {
  const dollars = (amount: number) => (BigInt(Math.round(amount * 1e6)) * DOLLAR) / 1_000_000n;
  const held = symbols.map(({ symbol }, u) => {
    const share = group.assets.get(symbol) ?? 0;
    return dollars((size * share) / 10_000) / (prices[u] ?? 1n);
  });
  const none = held.map(() => 0n);
  const cashPrice = prices[0] ?? 1n;
  if (group.type === "long" || group.type === "short") {
    const perp = group.type === "long" ? held : held.map((quanta) => -quanta);
    const basis = -perp.reduce((sum, quanta, u) => sum + quanta * (prices[u] ?? 0n), 0n);
    const margin = dollars(size / target) / cashPrice;
    const at = (cash: bigint): Holder => ({ spot: none.map((_, u) => (u === 0 ? cash : 0n)), perp, basis });
    const { requirement } = assess(at(margin), market, HEALTHY);
    const factor = (market.collateralFactor[0] ?? BPS) * BPS;
    const least =
      (requirement * BigInt(LEAST_HEALTH)) / (cashPrice * (factor === 0n ? 1n : factor) * BPS) + 1n;
    return at(margin > least ? margin : least);
  }
  const perp = group.type === "carry" ? held.map((quanta) => -quanta) : none;
  const basis = -perp.reduce((sum, quanta, u) => sum + quanta * (prices[u] ?? 0n), 0n);
  const at = (debt: bigint): Holder => ({
    spot: held.map((quanta, u) => (u === settlement ? quanta - debt : quanta)),
    perp,
    basis,
  });
  return at(debtFor(at, Math.max(Math.round(target * 10_000), LEAST_HEALTH), market, settlement));
}

/** The debt, quanta of the settlement asset, at which a book has a health factor (basis points). */
function debtFor(at: (debt: bigint) => Holder, health: number, market: Market, settlement: number): bigint {
  const unit = (market.low[settlement] ?? 1n) * (market.debtFactor[settlement] ?? BPS) * BPS;
  let debt = 0n;
  for (let i = 0; i < STEPS; i++) {
    const { collateral, requirement } = assess(at(debt), market, HEALTHY);
    debt += ((collateral * BPS) / BigInt(health) - requirement) / unit;
    if (debt <= 0n) return 0n;
  }
  return debt;
}
