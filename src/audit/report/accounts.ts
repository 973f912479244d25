import { type AccountRecord, type Audit, VERDICTS } from "../result.js";
import { account } from "./account.js";
import type { Identities } from "./identities.js";
import { html, type Markup, section, table } from "./markup.js";
import { standingText, worstOf } from "./standing.js";
import { counted, grouped, shareText, VERDICT_WORDS } from "./words.js";

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
  const worst = worstOf(account);
  return worst === null ? VERDICTS.length : VERDICTS.indexOf(worst);
}

function overview(accounts: readonly AccountRecord[], who: Identities): Markup {
  return table(
    "Worst first",
    ["account", "worst of its epochs", "at the end", "healthy for", "books", "disclosed", "proofs"],
    accounts.map((record, i) => {
      const { account, status, books, secondsIn, claims } = record;
      const worst = worstOf(record);
      const all = Object.values(secondsIn).reduce((sum, seconds) => sum + seconds, 0);
      return [
        i < WHOLE ? html`<a href="#account-${i + 1}">${who.of(account)}</a>` : who.of(account),
        worst === null ? "–" : html`<span class="word ${worst}">${VERDICT_WORDS[worst]}</span>`,
        html`<span class="word ${status}">${standingText(record)}</span>`,
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
