import { isError } from "ethers";
import { RevertedError } from "../errors.js";
import { contractAt } from "./binding.js";
import type { OpenDeployment } from "./contracts.js";
import { chainlinkFeed } from "./generated/ChainlinkFeed.js";
import { fundingIndex } from "./generated/FundingIndex.js";
import { sequencerGuard } from "./generated/SequencerGuard.js";
import { asChainError } from "./transactions/revert.js";

/** Something that a round is made from, and that refuses to answer now. */
export interface SourceFault {
  /** The symbol of an asset, or `funding`, or `sequencer`. */
  readonly source: string;
  /** The name of its error, such as `PriceStale`; null where it gave none. */
  readonly reason: string | null;
  /** Of a price or index that is too old: unix seconds of its last update, and the seconds that it may be old. */
  readonly updatedAt: bigint | null;
  readonly heartbeat: bigint | null;
}

const NOBODY = 0n;

/**
 * Asks each of the ledger's sources at a block, as a poke would. Returns those that refuse, and so stop it.
 * @throws NodeUnreachableError
 */
export async function sourceFaults(open: OpenDeployment, blockTag: number): Promise<SourceFault[]> {
  const { provider } = open.connection;
  const at = { blockTag };
  const { feeds, fundingSource, sequencerGuard: guard } = await open.contracts.marketLedger.sources(at);
  // Every kind of feed answers alike, and has the errors of one.
  const asked = [...feeds].map((feed, u) =>
    faultOf(open.listing[u]?.symbol ?? `asset ${u}`, () =>
      contractAt(chainlinkFeed, feed, provider).read(at),
    ),
  );
  if (BigInt(fundingSource) !== NOBODY)
    asked.push(faultOf("funding", () => contractAt(fundingIndex, fundingSource, provider).read(at)));
  if (BigInt(guard) !== NOBODY)
    asked.push(faultOf("sequencer", () => contractAt(sequencerGuard, guard, provider).check(at)));
  return (await Promise.all(asked)).filter((fault) => fault !== null);
}

async function faultOf(source: string, read: () => Promise<unknown>): Promise<SourceFault | null> {
  try {
    await read();
    return null;
  } catch (error) {
    const known = asChainError(error, source);
    if (!(known instanceof RevertedError)) throw known;
    const stale = known.reason === "PriceStale" || known.reason === "FundingStale";
    const [updatedAt = null, heartbeat = null] =
      stale && isError(error, "CALL_EXCEPTION") ? (error.revert?.args ?? []) : [];
    return { source, reason: known.reason, updatedAt, heartbeat };
  }
}
