import { factorText, percentText, statementWords } from "../../prove/statementWords.js";
import {
  type AccountRecord,
  type ClaimRecord,
  type Composition,
  type CompositionPosition,
  type CompositionSleeve,
  type VaultSummary,
  VERDICTS,
} from "../accountRecord.js";
import { amountText, grouped, units } from "../amounts.js";
import { type Audit, type AuditedDeployment } from "../result.js";
import { accountPlot } from "./accountPlot.js";
import type { Identities } from "./format.js";
import {
  counted,
  dollarText,
  durationText,
  finalStatusText,
  LAPSE_WORDS,
  STATUS_WORDS,
  shareText,
  timeText,
  VERDICT_WORDS,
  worstVerdict,
} from "./format.js";
import { code, facts, foreign, html, Markup, omitted, section, table } from "./markup.js";
import { type ChosenPrices, chosenPrices } from "./pricePanel.js";

/** Accounts in the overview, and those of them that are shown whole; the JSON has all. */
const LISTED = 500;
const WHOLE = 40;

/** All accounts at a glance, the worst first, then each by itself. */
export function accounts(audit: Audit, who: Identities): Markup {
  const { accounts, range } = audit;
  const sorted = accounts.toSorted((a, b) => rank(a) - rank(b));
  const whole = sorted.slice(0, WHOLE);
  // From when the first account was opened: before that there is nothing to be drawn.
  const opened = accounts.reduce((first, { openedAt }) => Math.min(first, openedAt), range.toTime);
  const times = { from: Math.max(range.fromTime, opened), to: range.toTime };
  return html`${section(
    "accounts",
    "Accounts",
    overview(sorted.slice(0, LISTED), who),
    rest(sorted.length - LISTED, "are not listed"),
    rest(Math.min(sorted.length, LISTED) - whole.length, "are listed, and not shown by themselves"),
  )}${whole.map((record, i) => account(record, audit, who, times, `account-${i + 1}`))}`;
}

function rank(account: AccountRecord): number {
  const worst = worstVerdict(account);
  return worst === null ? VERDICTS.length : VERDICTS.indexOf(worst);
}

function overview(accounts: readonly AccountRecord[], who: Identities): Markup {
  return table(
    "Worst first",
    ["account", "worst of its epochs", "at the end", "healthy for", "books", "disclosed", "proofs"],
    accounts.map((record, i) => {
      const { account, status, books, secondsIn, claims } = record;
      const worst = worstVerdict(record);
      const all = Object.values(secondsIn).reduce((sum, seconds) => sum + seconds, 0);
      return [
        i < WHOLE ? html`<a href="#account-${i + 1}">${who.of(account)}</a>` : who.of(account),
        worst === null ? "–" : html`<span class="word ${worst}">${VERDICT_WORDS[worst]}</span>`,
        html`<span class="word ${status}">${finalStatusText(record)}</span>`,
        shareText(secondsIn.healthy, all),
        grouped(books.attested),
        grouped(books.disclosed),
        grouped(claims.items.length + claims.omitted),
      ];
    }),
    [1, 2],
  );
}

function rest(count: number, how: string): Markup | null {
  return count <= 0
    ? null
    : html`<p class="aside">${counted(count, "account")} more ${how}; the JSON has them.</p>`;
}

/** Attodollars. */
const CENT = 10n ** 16n;
/** Rows of a table that grows with the history. */
const ROWS = 20;

/** One account through `times`, which are the same for all accounts, in unix seconds. */
export function account(
  record: AccountRecord,
  audit: Audit,
  who: Identities,
  times: { readonly from: number; readonly to: number },
  id: string,
): Markup {
  const prices = chosenPrices(record, audit, times);
  const plot = { name: who.text(record.account), terms: audit.deployment.terms, prices: prices.lines, times };
  return section(
    id,
    who.of(record.account),
    html`<div class="plot" tabindex="0" role="group" aria-label="Drawing">${accountPlot(record, plot, id)}</div>`,
    html`<p class="aside">${priceWords(prices)}</p>`,
    newest(record),
    facts([
      ["Status at the end", html`<span class="word ${record.status}">${finalStatusText(record)}</span>`],
      ["Time in each", timesIn(record)],
      ["Books", bookWords(record)],
      ["Headroom", headroomWords(record)],
      ["Margin", record.isolated ? "isolated" : "cross"],
      ["Open since", timeText(record.openedAt)],
      [
        "Attesters",
        [`${record.threshold} of `, record.attesters.map((each, i) => [i === 0 ? "" : ", ", who.of(each)])],
      ],
      ["Owner", who.of(record.owner)],
      ["Account", code(record.account)],
      ["Name on the record", foreign(record.name)],
    ]),
    verdicts(record),
    lapses(record),
    supports(record),
    composition(record),
    vault(record.vault, audit.deployment, who),
  );
}

/** The newest accepted claim, word for word. */
function newest({ claims, isolated }: AccountRecord): Markup | null {
  const claim = claims.items.findLast(({ asItIs }) => asItIs);
  if (claim === undefined)
    return html`<p>Nothing was proven of this account${claims.items.length === 0 ? "" : " as it is"}.</p>`;
  const held = claim.lapsedAt === null ? "" : ` It held until ${timeText(claim.lapsedAt)}.`;
  return html`<h3>Newest claim, word for word</h3><blockquote>${statementWords({ ...claim, support: BigInt(claim.support), isolated })}</blockquote><p class="aside">Accepted ${timeText(claim.time)}, at the prices of round ${claim.round} (${timeText(claim.roundTime)}), of the book with sequence ${claim.sequence}.${
    claim.healthy ? held : ""
  } ${claim.verified ? "Verified again from the record." : "Its proof is not in the record, so it was not verified."}</p>`;
}

function priceWords({ held, lines }: ChosenPrices): Markup {
  const of = held ? "the assets in its disclosed books" : "all listed assets";
  return lines.length === 0
    ? html`No prices of ${of} are in the record.`
    : html`Prices beside its health: those that moved most of ${of}, ${foreign(lines.map(({ symbol }) => symbol).join(", "))}.`;
}

function timesIn({ secondsIn }: AccountRecord): string {
  const times = (["healthy", "grace", "marginCall", "liquidatable", "unknown"] as const).filter(
    (status) => secondsIn[status] > 0,
  );
  return (
    times.map((status) => `${STATUS_WORDS[status]} ${durationText(secondsIn[status])}`).join(", ") || "–"
  );
}

function bookWords({ books }: AccountRecord): string {
  if (books.attested === 0) return "none";
  return `${grouped(books.attested)} attested, sequences ${books.firstSequence} to ${books.lastSequence}; ${grouped(books.disclosed)} disclosed`;
}

/** How near the disclosed books came to what was proven of them, and to maintenance. */
function headroomWords({ headroom }: AccountRecord): string {
  const least = (values: readonly bigint[]) =>
    values.reduce<bigint | null>((low, value) => (low === null || value < low ? value : low), null);
  const factors = headroom.flatMap(({ least }) => (least === null ? [] : [BigInt(least)]));
  const above = headroom.flatMap(({ least, theta }) =>
    least === null || theta === null ? [] : [BigInt(least) - BigInt(theta)],
  );
  const [lowest, nearest] = [least(factors), least(above)];
  if (lowest === null) return headroom.length === 0 ? "not known: no book was disclosed" : "without limit";
  const distance =
    nearest === null
      ? ""
      : nearest >= 0n
        ? `; never less than ${factorText(nearest)} above what was proven`
        : `; at its lowest ${factorText(-nearest)} below what the proof on record said`;
  return `the health factor of the disclosed books was never below ${factorText(lowest)}${distance}`;
}

function verdicts({ verdicts }: AccountRecord): Markup | null {
  if (verdicts.items.length === 0) return null;
  const shown = verdicts.items.slice(-ROWS);
  return html`${table(
    "Verdict by epoch of the risk profile",
    [
      "epoch",
      "verdict",
      "proofs of health",
      "of ill health",
      "books",
      "disclosed books",
      "least health factor",
    ],
    shown.map((each) => [
      String(each.epoch),
      html`<span class="word ${each.verdict}">${VERDICT_WORDS[each.verdict]}</span>`,
      grouped(each.proofsOfHealth),
      grouped(each.proofsOfIllHealth),
      grouped(each.books),
      { none: "none", confirmed: "confirm the proofs", contradicted: "contradict a proof" }[each.disclosed],
      each.leastHealthFactor === null ? "–" : factorText(BigInt(each.leastHealthFactor)),
    ]),
    [1, 5],
  )}${omitted(verdicts.omitted + verdicts.items.length - shown.length, "epochs")}`;
}

/** When proofs of health ceased to hold with nothing in their place, and how long until there was. */
function lapses({ claims }: AccountRecord): Markup {
  const health = claims.items.filter(({ healthy, asItIs }) => healthy && asItIs);
  const lapsed = health.filter(({ lapsedAt, lapsedBy }) => lapsedAt !== null && lapsedBy !== "replaced");
  if (lapsed.length === 0)
    return html`<p>${health.length === 0 ? null : "No proof of health lapsed before a newer one took its place."}</p>`;
  const shown = lapsed.slice(-ROWS);
  return html`${table(
    `${counted(lapsed.length, "lapse")} of ${counted(health.length, "proof")} of health`,
    ["lapsed", "why", "above", "within", "renewed"],
    shown.map((claim) => [
      timeText(claim.lapsedAt ?? 0),
      claim.lapsedBy === null ? "–" : LAPSE_WORDS[claim.lapsedBy],
      factorText(claim.theta),
      percentText(claim.envelope),
      renewed(claim, health),
    ]),
    [1, 4],
  )}${omitted(claims.omitted + lapsed.length - shown.length, "claims and lapses")}`;
}

/** What was proven with dollars added or taken. A claim of health with dollars added says nothing of the account as it is. */
function supports({ claims }: AccountRecord): Markup | null {
  const supported = claims.items.filter(({ support }) => support !== "0");
  if (supported.length === 0) return null;
  const shown = supported.slice(-ROWS).toReversed();
  return html`${table(
    "Proven with dollars added or taken, newest first",
    ["accepted", "with", "", "health factor", "within", "counts as it is"],
    shown.map(({ time, support, healthy, theta, envelope, asItIs }) => [
      timeText(time),
      dollarText((BigInt(support) < 0n ? -BigInt(support) : BigInt(support)) * CENT),
      BigInt(support) < 0n ? "more owed" : "added",
      `${healthy ? "above" : "not above"} ${factorText(theta)}`,
      percentText(envelope),
      asItIs ? "yes" : "no",
    ]),
    [2, 3, 5],
  )}${omitted(supported.length - shown.length, "such claims")}`;
}

function renewed({ lapsedAt, time }: ClaimRecord, health: readonly ClaimRecord[]): string {
  const next = health.find((claim) => claim.time > time);
  if (next === undefined || lapsedAt === null) return "not in this record";
  return next.time <= lapsedAt ? "at once" : `after ${durationText(next.time - lapsedAt)}`;
}

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

function book({ sequence, round, time, healthFactor, basis, positions, sleeve }: Composition): Markup {
  const values = positions.flatMap(({ spotValue, perpValue }) => [BigInt(spotValue), BigInt(perpValue)]);
  const largest = values.reduce((most, value) => (size(value) > most ? size(value) : most), 1n);
  const factor = healthFactor === null ? "infinite" : factorText(BigInt(healthFactor));
  const caption = `Sequence ${sequence}, at round ${round} (${timeText(time)}): health factor ${factor}, basis of perpetuals ${dollarText(BigInt(basis))}`;
  const held = table(
    caption,
    ["asset", "spot", "worth", "", "perpetual", "worth", ""],
    positions.map((position) => [
      html`<bdi>${position.asset}</bdi>`,
      ...leg(position, "spot", largest),
      ...leg(position, "perp", largest),
    ]),
  );
  return html`${held}${sleeve && sleeveWords(sleeve)}`;
}

function sleeveWords({ value, gains, charge, slack }: CompositionSleeve): Markup {
  const worst = gains.map(BigInt).reduce((least, gain) => (gain < least ? gain : least), 0n);
  const dollars = (cents: bigint) => dollarText(cents * CENT);
  return html`<p>Its sleeve is worth ${dollars(BigInt(value))} or more beside this table. It loses ${dollars(-worst)} at most in a scenario, and is charged ${dollars(BigInt(charge))}; its slack is ${dollars(BigInt(slack))}.</p>`;
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
