import { ANVIL_KEYS, unlock } from "zkmargin/chain";
import type { Position } from "zkmargin/prove";
import type { PriceHistory } from "zkmargin/risk";
import { closingTime } from "zkmargin/verify";

// The days of the story, who is in it, and which accounts they have.

const HOUR = 3_600;

/** The feeds begin to answer, the accounts open, and the market falls: at the closes of these days. */
export const FIRST_DAY = "2021-04-19";
export const OPENING = "2021-05-10";
export const FALL = "2021-05-19";

/** Unix seconds, so many hours after a day's close. */
export function after(date: string, hours = 0): number {
  return closingTime(date) + hours * HOUR;
}

/** The days of a history above `from`, up to `to`. */
export function daysBetween(history: PriceHistory, from: string, to: string): string[] {
  return history.days.map(({ date }) => date).filter((date) => date > from && date <= to);
}

/** A unit of the mock tokens, which have 18 decimals. */
export const TOKEN = 10n ** 18n;
export type TokenName = "USDC" | "BTC" | "ETH";

/** Maintenance margin, and the margin that the vault asks for before it releases anything; basis points. */
export const MAINTENANCE = 10_000;
export const INITIAL = 12_500;
/** What btc-loan borrows, units of USDC. */
export const LOAN = 350_000n * TOKEN;

const ACTORS = [
  "deployer",
  "governor",
  "guardian",
  "custodian",
  "venue",
  "broker",
  "keeper",
  "bidder",
  "alder",
  "birch",
  "cedar",
  "elm",
  "fir",
] as const;
export type ActorName = (typeof ACTORS)[number];

/** Accounts that anvil must fund: one for each actor. */
export const ACTOR_COUNT = ACTORS.length;

export type Wallet = Awaited<ReturnType<typeof unlock>>;

/** Everybody's keys: anvil's own, the same everywhere and worth nothing. */
export async function walletsOfActors(): Promise<Readonly<Record<ActorName, Wallet>>> {
  const wallets = ACTORS.map(
    async (name, i) => [name, await unlock({ privateKey: ANVIL_KEYS[i] ?? "", name })] as const,
  );
  return Object.fromEntries(await Promise.all(wallets)) as Record<ActorName, Wallet>;
}

/** A margin account of the story. Its book is an example and known to everybody. */
export interface DemoAccount {
  readonly account: string;
  readonly owner: ActorName;
  readonly who: string;
  readonly isolated: boolean;
  readonly attesters: readonly ActorName[];
  readonly threshold: number;
  /** Day at whose close it opens. */
  readonly joins: string;
  readonly positions: readonly Position[];
  /** Options held, or sold below 0, by their instruments. */
  readonly options?: Readonly<Record<string, number>>;
}

/** An asset held or owed. */
export const spot = (asset: string, units: string): Position => ({ asset, spot: units, perp: "0" });
/** An asset, a perpetual of it, and what that was entered at. */
export const held = (asset: string, units: string, perp: string, entryPrice: string): Position => ({
  asset,
  spot: units,
  perp,
  entryPrice,
  entryFunding: "0",
});

/** Every entry price is the close of a day that was over when the account opened. */
export const ACCOUNTS = {
  carry: {
    account: "cash-and-carry",
    owner: "alder",
    who: "financed BTC, hedged by a short perpetual",
    isolated: false,
    attesters: ["custodian", "venue"],
    threshold: 2,
    joins: "2021-05-10",
    positions: [spot("USDC", "-620000"), held("BTC", "12.5", "-12.5", "63314.011")],
  },
  sol: {
    account: "sol-perp",
    owner: "alder",
    who: "a SOL perpetual on USDC, by itself",
    isolated: true,
    attesters: ["venue"],
    threshold: 1,
    joins: "2021-05-10",
    positions: [spot("USDC", "6500"), held("SOL", "0", "200", "42.909634")],
  },
  ether: {
    account: "ether-loan",
    owner: "birch",
    who: "USDC owed against BTC and ETH",
    isolated: false,
    attesters: ["custodian"],
    threshold: 1,
    joins: "2021-05-10",
    positions: [spot("USDC", "-260000"), spot("BTC", "3"), spot("ETH", "120")],
  },
  bitcoin: {
    account: "btc-loan",
    owner: "cedar",
    who: "BTC in the vault, and a loan against it",
    isolated: false,
    attesters: ["custodian", "broker"],
    threshold: 2,
    joins: "2021-05-10",
    positions: [spot("USDC", "-350000"), spot("BTC", "12")],
  },
  long: {
    account: "leveraged-long",
    owner: "elm",
    who: "BTC and ETH perpetuals on USDC",
    isolated: false,
    attesters: ["venue"],
    threshold: 1,
    joins: "2021-05-16",
    positions: [
      spot("USDC", "131000"),
      held("BTC", "0", "7.5", "46456.058"),
      held("ETH", "0", "10", "3587.5062"),
    ],
  },
  options: {
    account: "options-desk",
    owner: "alder",
    who: "covered calls, a put spread, and a short strangle that a perpetual hedges",
    isolated: false,
    attesters: ["custodian", "venue"],
    threshold: 2,
    joins: "2021-05-18",
    positions: [spot("USDC", "-100000"), spot("BTC", "20"), held("ETH", "0", "40", "3380")],
    options: {
      "BTC-28MAY21-50000-C": -20,
      "BTC-25JUN21-36000-P": 15,
      "BTC-25JUN21-30000-P": -15,
      "ETH-28MAY21-4400-C": -120,
      "ETH-28MAY21-2600-P": -120,
    },
  },
} as const satisfies Record<string, DemoAccount>;
export type AccountKey = keyof typeof ACCOUNTS;
export const ACCOUNT_KEYS = Object.keys(ACCOUNTS) as AccountKey[];

/** Everybody knows these secrets, so everybody can open the demo's commitments. */
export function secretOf(owner: ActorName): Buffer {
  return Buffer.from(`zkmargin demo: the secret of ${owner}, which is none`, "ascii");
}
