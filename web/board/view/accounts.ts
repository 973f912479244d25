import type { AccountView, OwnHealth } from "../../../src/serve/apiTypes.js";
import { foreign, h } from "../../view/dom.js";
import { CAUSES, factor, percent, STATUSES, short, span, URGENCY } from "../words.js";
import { meter, statusMark } from "./parts.js";

/** Pixels of a row, by how wide the page is: rows of one height are placed without measuring them. */
const ROW = { wide: 60, narrow: 150 } as const;
const NARROW = matchMedia("(max-width: 46rem)");
/** Rows drawn above and below what is seen. */
const BEYOND = 6;

/** By what accounts are sorted. */
const ORDERS = {
  urgency: "what needs a hand first",
  envelope: "least envelope left",
  age: "oldest proof",
  name: "name",
} as const;
type Order = keyof typeof ORDERS;

/** What the list is given. */
export interface AccountsSource {
  readonly accounts: ReadonlyMap<string, AccountView>;
  readonly own: ReadonlyMap<string, OwnHealth> | null;
  now(): number;
}

/**
 * Every account, in a grid that draws only the rows that are seen: ten thousand scroll as ten do. The keyboard moves in it by arrows,
 * pages and ends; Enter opens an account.
 */
export class AccountList {
  readonly element: HTMLElement;
  readonly #source: AccountsSource;
  readonly #open: (account: AccountView) => void;
  readonly #grid = h("div", {
    role: "grid",
    tabindex: "0",
    "aria-label": "Accounts",
    class: "grid",
    id: "grid",
  });
  readonly #rows = h("div", { class: "rows", role: "rowgroup" });
  readonly #count = h("p", { class: "count", role: "status" });
  readonly #search = h("input", { type: "search", id: "search", placeholder: "name, account or owner" });
  readonly #status = h("select", { id: "status" });
  readonly #order = h("select", { id: "order" });
  readonly #drawn = new Map<number, { readonly row: HTMLElement; readonly account: AccountView }>();
  #shown: readonly AccountView[] = [];
  #active = 0;
  #pending = false;

  constructor(source: AccountsSource, open: (account: AccountView) => void) {
    this.#source = source;
    this.#open = open;
    this.#status.append(
      h("option", { value: "" }, "every status"),
      ...URGENCY.map((status) => h("option", { value: status }, STATUSES[status].words)),
    );
    this.#order.append(...Object.entries(ORDERS).map(([value, words]) => h("option", { value }, words)));
    this.#grid.append(header(), this.#rows);
    this.element = h(
      "div",
      {},
      h("h2", {}, "Accounts"),
      h(
        "div",
        { class: "filters" },
        h("label", { for: "search" }, "Find"),
        this.#search,
        h("label", { for: "status" }, "Status"),
        this.#status,
        h("label", { for: "order" }, "First"),
        this.#order,
      ),
      this.#count,
      this.#grid,
    );
    for (const control of [this.#search, this.#status, this.#order])
      control.addEventListener("input", () => this.update(true));
    this.#grid.addEventListener("scroll", () => this.#later(), { passive: true });
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    this.#grid.addEventListener("click", (event) => this.#click(event));
    NARROW.addEventListener("change", () => this.#redraw());
    new ResizeObserver(() => this.#later()).observe(this.#grid);
  }

  /** Shows accounts of one status; all for an empty text. */
  filter(status: string): void {
    this.#status.value = status;
    this.update(true);
    this.#grid.focus();
  }

  /** Takes in what is new. */
  update(fromTop = false): void {
    const wanted = this.#search.value.trim().toLowerCase();
    const status = this.#status.value;
    const matches = ({ account, owner, name, status: its }: AccountView) =>
      (status === "" || its === status) &&
      (wanted === "" || [account, owner, name ?? ""].some((text) => text.toLowerCase().includes(wanted)));
    const active = this.#shown[this.#active]?.account;
    this.#shown = [...this.#source.accounts.values()]
      .filter(matches)
      .sort(COMPARE[this.#order.value as Order]);
    this.#active = fromTop
      ? 0
      : Math.max(
          0,
          this.#shown.findIndex(({ account }) => account === active),
        );
    if (fromTop) this.#grid.scrollTop = 0;
    const [some, all] = [this.#shown.length, this.#source.accounts.size];
    this.#count.textContent =
      all === 0
        ? "No account is open yet."
        : `${some === all ? "" : `${some.toLocaleString("en-US")} of `}${all.toLocaleString("en-US")} ${all === 1 ? "account" : "accounts"}`;
    this.#grid.setAttribute("aria-rowcount", String(some + 1));
    this.#grid.classList.toggle("with-own", this.#source.own !== null);
    this.#redraw();
  }

  /** A second has passed: the countdowns that are seen. */
  tick(): void {
    for (const { row, account } of this.#drawn.values()) this.#fill(row, account);
  }

  get #height(): number {
    return NARROW.matches ? ROW.narrow : ROW.wide;
  }

  #redraw(): void {
    for (const { row } of this.#drawn.values()) row.remove();
    this.#drawn.clear();
    this.#rows.style.height = `${this.#shown.length * this.#height}px`;
    this.#draw();
  }

  #later(): void {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      this.#draw();
    });
  }

  #draw(): void {
    const height = this.#height;
    const top = Math.max(0, this.#grid.scrollTop - this.#rows.offsetTop);
    const first = Math.max(0, Math.floor(top / height) - BEYOND);
    const last = Math.min(
      this.#shown.length - 1,
      Math.ceil((top + this.#grid.clientHeight) / height) + BEYOND,
    );
    for (const [index, { row }] of this.#drawn)
      if (index < first || index > last) {
        row.remove();
        this.#drawn.delete(index);
      }
    for (let index = first; index <= last; index++) {
      const account = this.#shown[index];
      if (account === undefined || this.#drawn.has(index)) continue;
      const row = h("div", {
        role: "row",
        class: "row",
        id: `row-${index}`,
        "aria-rowindex": String(index + 2),
      });
      row.style.transform = `translateY(${index * height}px)`;
      row.style.height = `${height}px`;
      this.#fill(row, account);
      this.#rows.append(row);
      this.#drawn.set(index, { row, account });
    }
    this.#mark();
  }

  #fill(row: HTMLElement, account: AccountView): void {
    const own = this.#source.own?.get(account.account);
    row.replaceChildren(...cells(account, this.#source.now(), this.#source.own !== null, own));
  }

  #mark(): void {
    for (const [index, { row }] of this.#drawn) {
      row.classList.toggle("active", index === this.#active);
      row.setAttribute("aria-selected", String(index === this.#active));
    }
    if (this.#drawn.has(this.#active))
      this.#grid.setAttribute("aria-activedescendant", `row-${this.#active}`);
    else this.#grid.removeAttribute("aria-activedescendant");
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(this.#grid.clientHeight / this.#height) - 1);
    const last = this.#shown.length - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.#move(Math.min(last, Math.max(0, to)));
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      const account = this.#shown[this.#active];
      if (account !== undefined) this.#open(account);
    }
  }

  #move(to: number): void {
    this.#active = Math.max(0, to);
    const height = this.#height;
    const top = this.#rows.offsetTop + this.#active * height;
    const { scrollTop, clientHeight } = this.#grid;
    if (top - this.#rows.offsetTop < scrollTop) this.#grid.scrollTop = top - this.#rows.offsetTop;
    else if (top + height > scrollTop + clientHeight) this.#grid.scrollTop = top + height - clientHeight;
    this.#draw();
  }

  #click(event: MouseEvent): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>(".row") : null;
    for (const [index, drawn] of this.#drawn)
      if (drawn.row === row) {
        this.#active = index;
        this.#mark();
        this.#open(drawn.account);
      }
  }
}

const least = ({ claim, status }: AccountView) =>
  claim === null || status !== "healthy" ? 10_001 : Math.min(claim.envelopeLeft, claim.ageLeft);
const byName = (a: AccountView, b: AccountView) =>
  (a.name ?? "\uffff").localeCompare(b.name ?? "\uffff") || (a.account < b.account ? -1 : 1);
const COMPARE: Readonly<Record<Order, (a: AccountView, b: AccountView) => number>> = {
  urgency: (a, b) =>
    URGENCY.indexOf(a.status) - URGENCY.indexOf(b.status) ||
    (a.deadline ?? Number.MAX_SAFE_INTEGER) - (b.deadline ?? Number.MAX_SAFE_INTEGER) ||
    least(a) - least(b) ||
    byName(a, b),
  envelope: (a, b) => (a.claim?.envelopeLeft ?? 10_001) - (b.claim?.envelopeLeft ?? 10_001) || byName(a, b),
  age: (a, b) =>
    (a.claim?.time ?? Number.MAX_SAFE_INTEGER) - (b.claim?.time ?? Number.MAX_SAFE_INTEGER) || byName(a, b),
  name: byName,
};

function header(): HTMLElement {
  const titles = ["Account", "Status", "Proven above", "Left", "Clock"];
  return h(
    "div",
    { role: "row", class: "row head", "aria-rowindex": "1" },
    titles.map((title) => h("span", { role: "columnheader" }, title)),
    h("span", { role: "columnheader", class: "own" }, "Health factor"),
  );
}

function cells(
  account: AccountView,
  now: number,
  showsOwn: boolean,
  own: OwnHealth | undefined,
): HTMLElement[] {
  const { account: id, name, owner, status, lapse, claim, deadline, book } = account;
  const cell = (of: string, ...content: readonly (Node | string | null)[]) =>
    h("span", { role: "gridcell", class: of }, content);
  const aside = (text: string) => h("span", { class: "aside" }, text);
  const cause =
    account.breachRound !== null
      ? `in a breach since round ${account.breachRound}`
      : account.callRound !== null
        ? `called at round ${account.callRound}`
        : lapse?.cause == null
          ? clearedWords(account)
          : (CAUSES[lapse.cause] ?? lapse.cause);
  return [
    cell(
      "who",
      h("span", { class: "name", title: id }, name === null ? short(id) : foreign(name)),
      aside(name === null ? `owner ${short(owner)}` : short(id)),
    ),
    cell("is", statusMark(status), cause === null ? null : aside(cause)),
    cell(
      "proven",
      claim === null ? aside("nothing yet") : h("span", {}, factor(claim.theta)),
      claim === null ? null : aside(`round ${claim.round}, within ${percent(claim.envelope)}`),
    ),
    cell("left", ...leftOf(account, now)),
    cell(
      "clock",
      deadline !== null && status !== "liquidatable"
        ? h("strong", {}, `liquidatable in ${span(deadline - now)}`)
        : aside(
            claim === null
              ? "no clock"
              : claim.endsAt > now
                ? `proof ends in ${span(claim.endsAt - now)}`
                : "proof ended",
          ),
      book === null
        ? null
        : aside(book.endsAt > now ? `book ends in ${span(book.endsAt - now)}` : "book ended"),
    ),
    ...(showsOwn
      ? [
          cell(
            "own",
            own === undefined
              ? aside("not your book")
              : h("strong", {}, own.healthFactor === null ? "no debt" : factor(own.healthFactor)),
            own === undefined || own.healthy ? null : aside("cannot be proven"),
          ),
        ]
      : []),
  ];
}

/** Why an account that clears is not well although its gate calls it healthy; null if it is, or does not clear. */
export function clearedWords({ cleared }: AccountView): string | null {
  if (cleared === null || cleared.current) return null;
  return cleared.stage === "open" ? "its book or cap is to be renewed" : "in default";
}

/** Meters of envelope, age and band. */
function leftOf({ claim }: AccountView, now: number): HTMLElement[] {
  if (claim === null) return [h("span", { class: "aside" }, "—")];
  // Gates differ in the greatest age of a proof.
  const age = Math.max(0, ((claim.endsAt - now) * 10_000) / (claim.endsAt - claim.time));
  return [
    meter("Envelope", claim.envelopeLeft),
    meter("Age", Math.min(10_000, Math.round(age))),
    ...(claim.sleeve === null ? [] : [meter("Band", claim.sleeve.bandLeft)]),
  ];
}
