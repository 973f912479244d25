import type { AuditedDeployment, VaultSummary } from "../result.js";
import { amount } from "./amounts.js";
import type { Identities } from "./identities.js";
import { facts, html, type Markup, omitted, table } from "./markup.js";
import { counted, timeText } from "./words.js";

/** Auctions that are shown; the JSON has more. */
const SHOWN = 20;

/** What the vault holds of an account, and what it sold of it. */
export function vault(
  summary: VaultSummary | null,
  deployment: AuditedDeployment,
  who: Identities,
): Markup | null {
  if (summary === null) return null;
  const { creditor, debt, balances, withdrawals, loans, auctions } = summary;
  const of = (units: string, token: string | null) => amount(units, token, deployment);
  const shown = auctions.items.slice(-SHOWN);
  return html`<h3>In the vault</h3>${facts([
    ["Debt", debt === "0" ? "none" : of(debt, deployment.settlement)],
    ["Creditor", creditor === null ? "none" : who.of(creditor)],
    [
      "Collateral",
      balances.length === 0
        ? "none"
        : balances.map(({ token, amount }, i) => [i === 0 ? "" : ", ", of(amount, token)]),
    ],
    ["Released", `${counted(withdrawals, "withdrawal")}, ${counted(loans, "loan")}`],
  ])}${
    shown.length === 0
      ? null
      : table(
          "Auctions of its collateral",
          ["began", "ended", "offered", "sold", "paid", "of it repaid"],
          shown.map(({ startedAt, closedAt, token, offered, sold, paid, repaid }) => [
            timeText(startedAt),
            closedAt === null ? "still open" : timeText(closedAt),
            ...[offered, sold].map((units) => of(units, token)),
            ...[paid, repaid].map((units) => of(units, deployment.settlement)),
          ]),
          [1],
        )
  }${omitted(auctions.omitted + auctions.items.length - shown.length, "auctions")}`;
}
