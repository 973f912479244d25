import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils";
import type { MarketLedgerEvents } from "../../chain/generated/MarketLedger.js";
import type { RiskProfileEvents } from "../../chain/generated/RiskProfile.js";
import { ROUNDS } from "../../protocol/bounds.js";
import { middlePrices, type RoundMarks } from "../../protocol/estateAuction.js";
import { liveEpoch } from "../../protocol/status.js";
import type { NetBox } from "../../protocol/transition.js";
import { countOf } from "../replay/context.js";
import { type LedgerState, type MarketBasis, takeRound } from "../replay/ledger.js";
import { type ProfileState, takeProfile } from "../replay/profile.js";
import type { LoggedHandlers } from "./replay.js";

/**
 * The prices of a clearing house, from the events of its ledger and its profile. Each round's and each epoch's point is folded here
 * again. Whether the ledger's rounds are what its feeds said is for the audit of its deployment: `zkmargin audit replay`.
 */

/** A round, as a house uses it: by slot of the listing. */
export interface ClearedRound extends RoundMarks {
  readonly number: number;
  /** Unix seconds. */
  readonly time: number;
  readonly epoch: number;
  /** Low and high, less funding. */
  readonly box: readonly NetBox[];
  /** As IMarketLedger.quotesDigest. */
  readonly digest: string;
}

/** What the replay of a house knows of its market. */
export interface ClearedMarket {
  /** Seconds. */
  readonly provingWindow: number;
  readonly maxRoundAge: number;
  /** The newest rounds, by number: as many as the ledger's ring has. */
  readonly rounds: Map<number, ClearedRound>;
  newest: ClearedRound | undefined;
  readonly profile: ProfileState;
  /** What the gates know of the same rounds. */
  readonly ledger: LedgerState;
  readonly basis: MarketBasis;
  /** The largest move of each asset in the profile's scenarios, basis points: as TearUps.capOf. */
  caps: readonly bigint[];
}

const LANE = 16;
const SCENARIOS = 16;

/** A market before its first event. @param fact what never changes, by the name of its question */
export function newClearedMarket(
  fact: (name: string) => bigint,
  { profile, ledger, basis }: Pick<ClearedMarket, "profile" | "ledger" | "basis">,
): ClearedMarket {
  return {
    provingWindow: Number(fact("marketLedger.provingWindow")),
    maxRoundAge: Number(fact("marketLedger.maxRoundAge")),
    rounds: new Map(),
    newest: undefined,
    ...{ profile, ledger, basis },
    caps: [],
  };
}

/** Rounds that may be proven against at a time, newest first. As IMarketLedger.usable. */
export function usableRounds(
  { rounds, provingWindow, profile }: ClearedMarket,
  time: number,
): ClearedRound[] {
  const live = liveEpoch(profile, time);
  return [...rounds.values()].filter((round) => time - round.time <= provingWindow && round.epoch === live);
}

interface MarketPart {
  readonly market: ClearedMarket;
}

export const ledgerHandlers: LoggedHandlers<MarketPart, MarketLedgerEvents> = {
  AuthorityUpdated() {},
  SourcesChanged() {},
  RoundCommitted({ market }, event, { report, transaction }) {
    const number = countOf(event.number);
    const about = { round: number };
    const before = market.newest?.number ?? number - 1;
    if (number !== before + 1) report("round-gap", about, `round ${before + 1}`, `round ${number}`);
    if (countOf(event.time) !== transaction.time)
      report("round-time", about, `its block's time ${transaction.time}`, `${event.time}`);
    const { low, high, funding } = event;
    const words = low.map((price, u) => {
      const drift = BigInt.asUintN(64, funding[u] ?? 0n);
      return price | ((high[u] ?? 0n) << 64n) | (drift << 192n);
    });
    const round: ClearedRound = {
      number,
      time: countOf(event.time),
      epoch: countOf(event.epoch),
      price: middlePrices(low, high),
      funding: [...funding],
      box: low.map((price, u) => {
        const index = funding[u] ?? 0n;
        return { low: price - index, high: (high[u] ?? 0n) - index };
      }),
      digest: digestOf(words),
    };
    market.rounds.set(number, round);
    market.rounds.delete(number - ROUNDS);
    market.newest = round;
    const quotes = low.map((price, u) => {
      const spot = { least: price, most: high[u] ?? price };
      return { low: price, high: high[u] ?? price, funding: funding[u] ?? 0n, spot };
    });
    takeRound(market.basis, market, { ...event, time: transaction.time, quotes }, report);
  },
};

/** Keccak-256 of 32 bytes a word. */
function digestOf(words: readonly bigint[]): string {
  const packed = words.map((word) => word.toString(16).padStart(64, "0")).join("");
  return `0x${bytesToHex(keccak_256(hexToBytes(packed)))}`;
}

export const profileHandlers: LoggedHandlers<MarketPart, RiskProfileEvents> = {
  AuthorityUpdated() {},
  Paused({ market }) {
    market.profile.paused = true;
  },
  Unpaused({ market }, _, { transaction: { time } }) {
    Object.assign(market.profile, { paused: false, resumedAt: time });
  },
  ProfileChanged({ market }, event, { transaction: { time }, report }) {
    takeProfile(market.basis, market.profile, event, time, report);
    const shocks = event.profile.slice(-SCENARIOS);
    market.caps = Array.from({ length: LANE }, (_, u) =>
      shocks.reduce((largest, row) => {
        const shock = BigInt.asIntN(LANE, row >> BigInt(u * LANE));
        const size = shock < 0n ? -shock : shock;
        return size > largest ? size : largest;
      }, 0n),
    );
  },
};
