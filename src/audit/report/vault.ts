import type { VaultSummary } from "../result.js";
import { facts, omitted, table } from "./elements.js";
import { code, html, type Markup } from "./markup.js";
import { counted, grouped, timeText } from "./words.js";

/** Auctions that are shown; the JSON has more. */
const SHOWN = 20;

/** What the vault holds of an account, and what it sold of it. Amounts are in the smallest units of each token. */
export function vault(summary: VaultSummary | null): Markup | null {
  if (summary === null) return null;
  const { creditor, debt, balances, withdrawals, loans, auctions } = summary;
  const shown = auctions.items.slice(-SHOWN);
  return html`<h3>In the vault</h3>${facts([
    ["Debt, smallest units", [grouped(debt), creditor === null ? "" : [" to ", code(creditor)]]],
    [
      "Collateral, smallest units",
      balances.length === 0
        ? "none"
        : balances.map(({ token, amount }, i) => [i === 0 ? "" : ", ", grouped(amount), " of ", code(token)]),
    ],
    ["Released", `${counted(withdrawals, "withdrawal")}, ${counted(loans, "loan")}`],
  ])}${
    shown.length === 0
      ? null
      : table(
          "Auctions of its collateral, in smallest units",
          ["began", "ended", "token", "offered", "sold", "paid", "of it repaid"],
          shown.map((auction) => [
            timeText(auction.startedAt),
            auction.closedAt === null ? "still open" : timeText(auction.closedAt),
            code(auction.token),
            ...[auction.offered, auction.sold, auction.paid, auction.repaid].map(code),
          ]),
          [1, 2, 3, 4, 5, 6],
        )
  }${omitted(auctions.omitted + auctions.items.length - shown.length, "auctions")}`;
}
