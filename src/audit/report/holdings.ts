import { factorText } from "../../prove/statementWords.js";
import { amountText, units } from "../amounts.js";
import type {
  AccountRecord,
  AuditedDeployment,
  Composition,
  CompositionPosition,
  VaultSummary,
} from "../result.js";
import { counted, dollarText, timeText } from "./format.js";
import type { Identities } from "./identities.js";
import { facts, foreign, html, Markup, omitted, table } from "./markup.js";

/** Books whose composition is shown; the JSON has more. */
const BOOKS_SHOWN = 3;

/** What disclosed books held, newest first. */
export function composition({ composition, books }: AccountRecord): Markup | null {
  if (composition.items.length === 0)
    return books.disclosed === 0
      ? html`<p class="aside">No book of this account was disclosed, so nothing is known of what it held.</p>`
      : null;
  const shown = composition.items.slice(-BOOKS_SHOWN).toReversed();
  return html`<h3>What its books held</h3>${shown.map(book)}${omitted(
    composition.omitted + composition.items.length - shown.length,
    "disclosed books",
  )}`;
}

function book({ sequence, round, time, healthFactor, basis, positions }: Composition): Markup {
  const values = positions.flatMap(({ spotValue, perpValue }) => [BigInt(spotValue), BigInt(perpValue)]);
  const largest = values.reduce((most, value) => (size(value) > most ? size(value) : most), 1n);
  const factor = healthFactor === null ? "infinite" : factorText(BigInt(healthFactor));
  const caption = `Sequence ${sequence}, at round ${round} (${timeText(time)}): health factor ${factor}, basis of perpetuals ${dollarText(BigInt(basis))}`;
  return table(
    caption,
    ["asset", "spot", "worth", "", "perpetual", "worth", ""],
    positions.map((position) => [
      html`<bdi>${position.asset}</bdi>`,
      ...leg(position, "spot", largest),
      ...leg(position, "perp", largest),
    ]),
  );
}

function leg(position: CompositionPosition, kind: "spot" | "perp", largest: bigint): (string | Markup)[] {
  const quantity = BigInt(position[kind]);
  if (quantity === 0n) return ["", "", ""];
  const value = BigInt(position[`${kind}Value`]);
  return [
    units(quantity, position.decimals).replace("-", "−"),
    dollarText(value),
    bar(Number((1_000n * size(value)) / largest) / 1_000, value < 0n),
  ];
}

/** A bar from the middle: to the right what is owned, to the left what is owed. */
function bar(share: number, owed: boolean): Markup {
  const width = Math.max(0.5, 40 * share);
  return new Markup(
    `<svg class="bar" viewBox="0 0 80 10" aria-hidden="true"><path class="axis" d="M40 0V10"/><rect class="${owed ? "owed" : "owned"}" x="${owed ? 40 - width : 40}" y="2" width="${width}" height="6"/></svg>`,
  );
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Auctions that are shown; the JSON has more. */
const AUCTIONS_SHOWN = 20;

/** What the vault holds of an account, and what it sold of it. */
export function vault(
  summary: VaultSummary | null,
  deployment: AuditedDeployment,
  who: Identities,
): Markup | null {
  if (summary === null) return null;
  const { creditor, debt, balances, withdrawals, loans, auctions } = summary;
  const of = (units: string, token: string | null) => foreign(tokenAmount(units, token, deployment));
  const shown = auctions.items.slice(-AUCTIONS_SHOWN);
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

/** An amount of a token of a deployment, for a reader. Its symbol is whatever its listing says. */
export function tokenAmount(
  amount: string,
  token: string | null,
  { tokens }: Pick<AuditedDeployment, "tokens">,
): string {
  return amountText(
    BigInt(amount),
    tokens.find((each) => each.token.toLowerCase() === token?.toLowerCase()),
  );
}
