import { OutOfRangeError } from "../../errors.js";
import { BPS } from "../../spec/bounds.js";
import type { DeployPlan } from "./plan.js";

/** Blocks that an auction and a relief last at least, as VaultAccounts.LEAST_BLOCKS. */
const LEAST_BLOCKS = 10;

/**
 * Checks what MarginVault's constructor checks of its terms beside others, before anything is sent.
 * @throws OutOfRangeError naming the term
 */
export function checkVaultPlan({ vault, terms, rotationDelay, profile }: DeployPlan): void {
  if (vault === undefined) return;
  const { initialMargin, premium, floor, blockTime, auctionPeriod, reliefPeriod } = vault;
  const refuse = (term: string, expected: string, got: number) => {
    throw new OutOfRangeError(`plan.vault.${term}`, expected, String(got));
  };
  if (initialMargin < terms.callMargin)
    refuse("initialMargin", `at least ${terms.callMargin}, the gate's callMargin`, initialMargin);
  const highest = Number((BPS * BPS) / (BPS + BigInt(premium)));
  if (floor > highest)
    refuse("floor", `at most ${highest}, or the price would never reach the market's`, floor);
  const least = LEAST_BLOCKS * blockTime;
  const window = rotationDelay - profile.bookMaxAge - 2 * terms.gracePeriod;
  const within = (term: string, most: number, got: number) => {
    const expected = `${least} to ${most} seconds (${LEAST_BLOCKS} blocks; what a rotation leaves for auctions)`;
    if (got < least || got > most) refuse(term, expected, got);
  };
  within("auctionPeriod", window, auctionPeriod);
  within("reliefPeriod", window - auctionPeriod, reliefPeriod);
}
