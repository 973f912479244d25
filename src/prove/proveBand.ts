import { NotProvableError } from "../errors.js";
import { denseMarket } from "../market/file.js";
import { narrowestBand } from "../protocol/health.js";
import { type Band, checkBandBounds } from "./band.js";
import type { ProofRequest } from "./proveBook.js";
import type { ProvingSession } from "./session.js";

/** A band to prove: its bounds in basis points, or none, for the narrowest of the published grid. */
export type BandRequest = Pick<ProofRequest, "opening" | "market" | "includeMarket"> & {
  readonly bounds?: { readonly above: number; readonly notAbove: number };
};

/**
 * Proves that a book's health factor lies in a band: two proofs from the one circuit.
 * @throws NotProvableError if it does not, or if no band of the grid holds it
 * @throws OutOfRangeError for bounds that leave nothing between them, and what proveBook throws
 */
export async function proveBand(
  session: Pick<ProvingSession, "prove" | "tier">,
  { opening, market, bounds, includeMarket = true }: BandRequest,
): Promise<Band> {
  const { above, notAbove } =
    bounds ?? narrowestBand(opening.book, denseMarket(market, session.tier)) ?? noBand();
  checkBandBounds(above, notAbove);
  const common = { opening, market, includeMarket: false };
  // The one that may be false of a sound book comes first.
  const notAboveProof = await session.prove({ ...common, theta: notAbove, healthy: false });
  const aboveProof = await session.prove({ ...common, theta: above, healthy: true });
  return { above: aboveProof, notAbove: notAboveProof, ...(includeMarket ? { market } : {}) };
}

function noBand(): never {
  throw new NotProvableError(
    "in no band of the grid: the health factor is above all of it, or there is nothing to measure; prove it healthy instead",
  );
}
