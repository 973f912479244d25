import { ACCOUNTS, type AccountKey, secretOf, spot } from "../../../examples/demo/setting.js";
import type { DisclosedOpening, Scope } from "../../../src/audit/disclosure.js";
import { Openings } from "../../../src/audit/replay/openings.js";
import { openBook } from "../../../src/book/opening.js";
import type { Position } from "../../../src/book/position.js";
import { subaccountId } from "../../../src/chain/attest.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { TIERS } from "../../../src/protocol/tiers.js";
import type { Recording } from "./recording.js";

const [TIER] = TIERS;
/** What ether-loan held once it had withdrawn. */
export const AFTER_WITHDRAWAL = [spot("USDC", "-260000"), spot("BTC", "3"), spot("ETH", "115")];

/** What opens a commitment of the demo, whose secrets everybody knows. */
export function openingOf(
  part: AccountKey,
  sequence: number,
  positions: readonly Position[] = ACCOUNTS[part].positions,
): DisclosedOpening {
  const { account, isolated, owner } = ACCOUNTS[part];
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
  return disclosedWithin([], ...openings);
}

/** The same, as of a disclosure that says what it covers, and of which accounts it is. */
export function disclosedWithin(
  scopes: readonly Scope[],
  ...openings: readonly DisclosedOpening[]
): { openings: Openings } {
  const all = new Openings();
  all.addScopes(scopes);
  for (const opening of openings)
    all.add(opening, scopes.find(({ account }) => account === opening.account)?.id);
  return { openings: all };
}

/** The account of a part of the demo, as the chain knows it. */
export function accountIdOf(log: Recording, part: AccountKey): string {
  const name = subaccountId(ACCOUNTS[part].account);
  const opened = [0, 1, 2, 3].map((nth) => log.find("AccountOpened", nth).fields);
  return opened.find(({ subaccount }) => subaccount === name)?.account ?? "";
}
