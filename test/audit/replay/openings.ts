import type { DisclosedOpening } from "../../../src/audit/disclosure.js";
import { Openings } from "../../../src/audit/replay/openings.js";
import { openBook } from "../../../src/book/opening.js";
import type { Position } from "../../../src/book/position.js";
import { CAST, type PartName, secretOf, spot } from "../../../src/cli/demo/cast.js";
import { DEFAULT_LISTING } from "../../../src/spec/listing.js";
import { TIERS } from "../../../src/spec/tiers.js";

const [TIER] = TIERS;
/** What ether-loan held once it had withdrawn. */
export const AFTER_WITHDRAWAL = [spot("USDC", "-260000"), spot("BTC", "3"), spot("ETH", "115")];

/** What opens a commitment of the demo, whose secrets everybody knows. */
export function openingOf(
  part: PartName,
  sequence: number,
  positions: readonly Position[] = CAST[part].positions,
): DisclosedOpening {
  const { account, isolated, owner } = CAST[part];
  const { book, salt, commitment } = openBook(
    { account, sequence, isolated, positions },
    secretOf(owner),
    DEFAULT_LISTING,
    TIER,
  );
  const listing = DEFAULT_LISTING;
  const opening = { ...book, isolated, salt };
  return { account, sequence: BigInt(sequence), epoch: 1n, commitment, listing, opening };
}

export function disclosed(...openings: readonly DisclosedOpening[]): { openings: Openings } {
  const all = new Openings();
  for (const opening of openings) all.add(opening);
  return { openings: all };
}
