import { USD_DECIMALS } from "../../protocol/bounds.js";
import type { StatusName } from "../../protocol/status.js";
import { type AccountRecord, type LapseCause, VERDICTS, type Verdict } from "../accountRecord.js";
import { grouped } from "../amounts.js";
import type { Names } from "../names.js";
import { type Audit } from "../result.js";
import { type Content, code, foreign, html, type Markup, section, table } from "./markup.js";

/** The end of the year 9999: later times have no date, and stay seconds. */
const LAST_DATE = 253_402_300_799;

/** Unix seconds as a date and time to the second: "2021-05-19 13:00:00". All times of a report are UTC. */
export function timeText(seconds: number): string {
  if (seconds > LAST_DATE) return `${seconds} s`;
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}

/** Unix seconds as ISO 8601, for programs; nothing for null. */
export function isoText(seconds: number | null): string {
  if (seconds === null) return "";
  return seconds > LAST_DATE ? String(seconds) : `${timeText(seconds).replace(" ", "T")}Z`;
}

/** Seconds in the two largest units that are not 0: "2 d 4 h". */
export function durationText(seconds: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  let rest = seconds;
  const parts = units.map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return { count, text: `${count} ${unit}` };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ text }) => text)
    .join(" ");
}

/** Attodollars as dollars, rounded to the nearest cent: "−$1,250.00". */
export function dollarText(amount: bigint): string {
  const cent = 10n ** BigInt(USD_DECIMALS - 2);
  const size = amount < 0n ? -amount : amount;
  const cents = (size + cent / 2n) / cent;
  const sign = amount < 0n && cents > 0n ? "−" : "";
  return `${sign}$${grouped(cents / 100n)}.${(cents % 100n).toString().padStart(2, "0")}`;
}

/** A share of a whole as a percentage with one decimal, rounded down. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return "–";
  const tenths = Math.floor((1000 * part) / whole);
  return `${Math.floor(tenths / 10)}.${tenths % 10} %`;
}

/** "1 round", "2 rounds". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** What the gate's statuses are called. */
export const STATUS_WORDS: Readonly<Record<StatusName, string>> = {
  healthy: "healthy",
  grace: "grace",
  marginCall: "margin call",
  liquidatable: "liquidatable",
  unknown: "unknown",
};

/** What an epoch came to. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  contradicted: "contradicted by a finding",
  liquidatable: "liquidatable",
  called: "under a margin call",
  lapsed: "lapsed, within its grace",
  unproven: "nothing proven",
  healthy: "healthy throughout",
};

/** Why a claim of health ceased to hold. */
export const LAPSE_WORDS: Readonly<Record<LapseCause, string>> = {
  price: "the market left the envelope",
  age: "the proof grew too old",
  epoch: "the risk profile changed",
  newBook: "a newer book was attested",
  brokenBook: "the book lost its signers",
  oldBook: "the book expired",
  sleeveEnd: "the sleeve ended",
  sleeveBand: "the market left the sleeve's band",
  sleeveVoid: "the sleeve was voided",
  sleeveShocks: "the shocks changed that the sleeve was made for",
  replaced: "a newer proof took its place",
};

/** How an account stands at the end of the record; unix seconds. */
export interface FinalStatus {
  readonly status: StatusName;
  /** Since when; null where the list of changes does not reach back as far. */
  readonly since: number | null;
  /** When it becomes worse by itself; null where it does not. */
  readonly until: number | null;
}

/** A deadline is of an account that can still be saved: of a liquidatable one, it has passed. */
export function finalStatus({ status, deadline, statuses, openedAt }: AccountRecord): FinalStatus {
  const { items } = statuses;
  const other = items.findLastIndex((change) => change.status !== status);
  const first = items[other + 1];
  const isOldest = other === -1;
  const since =
    isOldest && statuses.omitted > 0
      ? null
      : isOldest && status === "unknown"
        ? openedAt
        : (first?.time ?? null);
  const isOpen = status === "grace" || status === "marginCall" || status === "healthy";
  return { status, since, until: isOpen ? deadline : null };
}

/** "liquidatable since 2021-05-19 13:00:00", "margin call until …", "healthy since …". */
export function finalStatusText(account: AccountRecord): string {
  const { status, since, until } = finalStatus(account);
  const words = STATUS_WORDS[status];
  if (until !== null) return `${words} until ${timeText(until)}`;
  return since === null ? words : `${words} since ${timeText(since)}`;
}

/** The worst verdict on an account in any epoch; null where it was never open in one. */
export function worstVerdict({ verdicts }: AccountRecord): Verdict | null {
  return VERDICTS.find((verdict) => verdicts.items.some((each) => each.verdict === verdict)) ?? null;
}

/** Ids that the report tells in full; the JSON has all. */
const SHOWN = 500;

const ID = /(0x[0-9a-fA-F]{64}(?![0-9a-fA-F])|0x[0-9a-fA-F]{40}(?![0-9a-fA-F]))/;

/** Somebody or something with an id. */
interface Known {
  readonly id: string;
  /** What it is called; null where nobody has named it. */
  readonly name: string | null;
  /** What it is to the deployment. */
  readonly roles: Set<string>;
}

/**
 * What every account and address is called, the same wherever it stands: the name that the reader's file gives it; else of
 * an account the name that its owner chose, in quotation marks, of a contract its role, of a token its symbol. Beside
 * each name stands the id, by its ends.
 */
export class Identities {
  readonly #known = new Map<string, Known>();

  constructor({ accounts, deployment }: Pick<Audit, "accounts" | "deployment">, names: Names = new Map()) {
    const know = (id: string, role: string, otherwise: string | null = null) => {
      const key = id.toLowerCase();
      const known = this.#known.get(key) ?? { id, name: names.get(key) ?? otherwise, roles: new Set() };
      known.roles.add(role);
      this.#known.set(key, known);
    };
    for (const { account, name, owner, attesters, vault } of accounts) {
      know(account, "account", /^0x[0-9a-fA-F]{64}$/.test(name) ? null : `“${name}”`);
      know(owner, "owner");
      for (const each of attesters) know(each, "attester");
      if (vault?.creditor != null) know(vault.creditor, "creditor");
    }
    for (const [role, address] of Object.entries(deployment.contracts)) know(address, "contract", role);
    for (const { token, symbol } of deployment.tokens) know(token, "token", symbol);
  }

  /** Its name, and its id by its ends. */
  of(id: string): Markup {
    const { name } = this.#of(id);
    const ends = code(shortId(id));
    return html`<span class="who">${name === null ? ends : [foreign(name), " ", ends]}</span>`;
  }

  /** As {@link of}, where there can be no markup. */
  text(id: string): string {
    const { name } = this.#of(id);
    return name === null ? shortId(id) : `${name} ${shortId(id)}`;
  }

  /** Its name alone; nothing where it has none. */
  name(id: string): string {
    return this.#of(id).name ?? "";
  }

  /** A sentence of a finding, in which the ids that are known have the same names as everywhere else. */
  prose(words: string): Content {
    return words
      .split(ID)
      .map((part) =>
        this.#known.has(part.toLowerCase()) ? this.of(part) : part === "" ? null : foreign(part),
      );
  }

  #of(id: string): Pick<Known, "name"> {
    return this.#known.get(id.toLowerCase()) ?? { name: null };
  }

  /** Every id in full, with its name. */
  section(): Markup {
    const all = [...this.#known.values()].sort((a, b) => rank(a) - rank(b));
    const left = all.length - SHOWN;
    return section(
      "identities",
      "Who is who",
      table(
        "Accounts and addresses, each with its id in full",
        ["name", "what it is", "id"],
        all.slice(0, SHOWN).map(({ id, roles }) => [this.of(id), [...roles].join(", "), code(id)]),
        [1, 2],
      ),
      left <= 0
        ? null
        : html`<p class="aside">${counted(left, "id")} more are not listed; the JSON has them.</p>`,
    );
  }
}

/** Named ones first. */
function rank({ name }: Known): number {
  return name === null ? 1 : 0;
}

/** An id by its ends: "0x1234…abcd". */
function shortId(id: string): string {
  return `${id.slice(0, 6)}…${id.slice(-4)}`;
}
