import type { Connection } from "../chain/connection.js";
import { type MarketState, marketState } from "../chain/keeper/events.js";
import { SUBMISSION_GAS } from "../chain/keeper/watch.js";
import { askedFees } from "../chain/transactions/submission.js";
import { isExpired } from "../protocol/status.js";
import type { QueueStatus } from "../queue/proofQueue.js";
import type { AccountView, ClearingView } from "./apiTypes.js";
import type { ChainState } from "./chainState.js";
import type { KeeperLogs } from "./keeperLogs.js";

/** What a sender has, and what that pays for. */
export interface SenderState {
  readonly address: string;
  /** Wei. */
  readonly balance: bigint;
  /** Submissions that it pays for at the present fee; null if the fee is not known. */
  readonly submissions: bigint | null;
}

/** What addresses have now, and what that pays for. @throws the node's error */
export async function senderStates(
  { provider }: Pick<Connection, "provider">,
  addresses: readonly string[],
): Promise<SenderState[]> {
  const { least } = await askedFees(provider);
  return Promise.all(
    addresses.map(async (address) => {
      const balance = await provider.getBalance(address);
      return { address, balance, submissions: least === 0n ? null : balance / (least * SUBMISSION_GAS) };
    }),
  );
}

/** All that the service knows at a moment. Nothing of it is private: books and health factors stay with `ownBooks.ts`. */
export interface Watched {
  /** Unix milliseconds, by the clock of this machine. */
  readonly now: number;
  /** When this service began, likewise. */
  readonly startedAt: number;
  /** The last look that went well; null before the first. */
  readonly lookedAt: number | null;
  /** The class and words of the last look's failure; null if it went well. */
  readonly failure: { readonly name: string; readonly message: string } | null;
  readonly chain: ChainState | undefined;
  readonly accounts: readonly AccountView[];
  /** Null without a clearing house, and before it is read. */
  readonly clearing: ClearingView | null;
  /** Seconds by which this clock is ahead of the chain's newest block when that was first seen; null before it is known. */
  readonly clockAhead: number | null;
  readonly senders: readonly SenderState[];
  /** Null without a queue; its failure where it does not answer. */
  readonly queue: QueueStatus | { readonly failure: string } | null;
  readonly keepers: KeeperLogs;
}

/** The chain's time now: that of the last block, and what has passed since it was read. Unix seconds. */
export function chainTime({ chain, lookedAt, now }: Pick<Watched, "chain" | "lookedAt" | "now">): number {
  if (chain === undefined || lookedAt === null) return Math.floor(now / 1_000);
  return chain.block.time + Math.max(0, Math.floor((now - lookedAt) / 1_000));
}

/** Whether proofs can be made at a time, and why not. */
export function stateOfMarket({ market, rounds }: ChainState, time: number): MarketState {
  if (market === null) return "no-round";
  const newest = rounds.at(-1) ?? null;
  const { provingWindow } = market.constants;
  return marketState({
    round:
      newest === null
        ? null
        : {
            ...{ odometer: newest.odometer, sleeveOdometer: newest.sleeveOdometer },
            number: BigInt(newest.number),
            time: BigInt(newest.time),
            epoch: BigInt(newest.epoch),
          },
    // Between two looks the window of a round may end.
    usable: market.usable && newest !== null && time <= newest.time + provingWindow,
    paused: market.profile.paused,
    expired: isExpired(market.profile, time),
    epoch: BigInt(market.profile.epoch),
    time: BigInt(time),
    maxRoundAge: BigInt(market.constants.ledger.maxRoundAge),
  });
}

/** How old what is shown is: seconds since the last look that went well; null before the first. */
export function ageOf({ lookedAt, now }: Pick<Watched, "lookedAt" | "now">): number | null {
  return lookedAt === null ? null : Math.max(0, Math.floor((now - lookedAt) / 1_000));
}
