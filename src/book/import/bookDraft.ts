import {
  compare,
  type Exact,
  exact,
  magnitude,
  minus,
  over,
  plus,
  sum,
  times,
  ZERO,
} from "../../encoding/exact.js";
import {
  DuplicateAssetError,
  FormatError,
  MissingFieldError,
  OutOfRangeError,
  UnknownAssetError,
} from "../../errors.js";
import type { Listing } from "../../protocol/listing.js";
import { canonicalSymbol, DOLLARS, scaledSlot, slotNamed } from "./symbols.js";
import { StatedProfits, type VenueTotal } from "./venueFigures.js";

/** What a reader may leave out of a book, where its user says so. */
export const ASIDE_KINDS = ["options", "unlisted", "isolated"] as const;
/** Options and dated futures; holdings of assets that are not listed; positions and funds with a margin of their own. */
export type AsideKind = (typeof ASIDE_KINDS)[number];

/** What the user of an import says beside the files. */
export interface ImportOptions {
  /** Symbols of a venue that count as another, one for one: USDT → USDC. */
  readonly as?: Readonly<Record<string, string>>;
  /** Units of the base asset in one contract of a linear instrument, dollars in one of an inverse instrument. */
  readonly contracts?: Readonly<Record<string, string>>;
  readonly setAside?: readonly AsideKind[];
  /** Whether what several accounts hold of one asset, or several files say of it, is added up. */
  readonly add?: boolean;
  /** Whether an amount finer than its asset's quantum is rounded, against the account. */
  readonly round?: boolean;
  /** What the totals of a CCXT balance are, where its `info` does not tell. */
  readonly totals?: "wallet" | "equity";
  /** Cumulative funding index of each asset at the time of the export, dollars a unit; none is 0. */
  readonly funding?: Readonly<Record<string, Exact>>;
}

/** One amount of an asset that is held, or owed if it is negative. */
export interface SpotEntry {
  readonly path: string;
  /** Slot in the listing. */
  readonly slot: number;
  readonly amount: Exact;
}

/** One perpetual, as what it is worth at a price p: size·p − cost. */
export interface PerpEntry {
  readonly path: string;
  readonly slot: number;
  /** Venue and instrument. */
  readonly name: string;
  /** As the venue states it: units of its base, signed. */
  readonly stated: Exact;
  /** Units of the listed asset, signed. */
  readonly size: Exact;
  /** Dollars, signed as the size is: size times the price of entry. */
  readonly cost: Exact;
  /** size times the funding index at entry, dollars. */
  readonly funding: Exact;
}

/** A perpetual that pays dollars, or a coin that counts as dollars. */
export interface LinearPosition {
  readonly instrument: string;
  readonly base: string;
  readonly quote: string;
  /** Units of the base, signed. */
  readonly size: Exact;
  /** Dollars a unit. */
  readonly entry: Exact;
  /** size times the funding index at entry, where it is stated. */
  readonly funding?: Exact;
  /** What errors call the asset; the position by default. */
  readonly assetPath?: string;
}

/** Something that was left out because the user said so. */
export interface SetAside {
  readonly path: string;
  readonly kind: AsideKind;
  /** What it is. */
  readonly words: string;
}

/** A position that one file has without an entry price: another has to have it too. */
interface Promised {
  readonly path: string;
  /** Whether a position is it. */
  readonly found: (perp: PerpEntry) => boolean;
  /** What to do where no file has it. */
  readonly todo: string;
}

/**
 * Collects what readers find in the files of one import: it maps symbols by the listing, sees that nothing is counted twice,
 * and refuses what a book cannot hold. No error quotes an amount or an asset.
 */
export class BookDraft {
  readonly spots: SpotEntry[] = [];
  readonly perps: PerpEntry[] = [];
  readonly aside: SetAside[] = [];
  readonly totals: VenueTotal[] = [];
  readonly notes = new Set<string>();
  /** What the files state of unrealised profit. */
  readonly profits = new StatedProfits();
  readonly #venues = new Set<string>();
  readonly #seen = new Map<string, string>();
  readonly #contracts = new Map<string, Exact>();
  readonly #later: (() => void)[] = [];
  readonly #promised: Promised[] = [];
  readonly #pages: { path: string; list: string; full: boolean }[] = [];

  constructor(
    readonly listing: Listing,
    readonly options: ImportOptions,
  ) {}

  /** Counts an amount of an asset that is held, or owed if it is negative. */
  spot(path: string, venue: string, symbol: string, amount: Exact, assetPath = path): void {
    if (amount.n === 0n) return;
    const slot = this.#slot(symbol);
    if (slot === undefined) {
      if (amount.n < 0n) throw this.#unlisted(assetPath, "a debt in another one, which cannot be set aside");
      return this.setAside(assetPath, "unlisted", "an asset that is not listed", () =>
        this.#unlisted(assetPath, "another one"),
      );
    }
    this.#once(assetPath, `spot ${venue} ${canonicalSymbol(symbol)}`);
    this.spots.push({ path, slot, amount });
  }

  /**
   * Counts a perpetual whose profit is size·(p − entry) in dollars or a coin that counts as dollars.
   */
  linear(path: string, venue: string, position: LinearPosition): void {
    const { base, quote, size, entry } = position;
    if (size.n === 0n) return;
    this.#dollars(path, quote);
    if (entry.n <= 0n) throw priceExpected(`${path}.entryPrice`);
    const cost = times(size, entry);
    this.#perp(path, venue, { ...position, base, size, cost });
  }

  /**
   * Counts an inverse perpetual: its profit in coins is notional·(1/entry − 1/p), which in dollars is that of notional/entry
   * coins entered at that price.
   * @param notional dollars, signed
   */
  inverse(
    path: string,
    venue: string,
    position: { instrument: string; base: string; notional: Exact; entry: Exact },
  ): void {
    const { notional, entry } = position;
    if (notional.n === 0n) return;
    if (entry.n <= 0n) throw priceExpected(`${path}.entryPrice`);
    this.notes.add(INVERSE_NOTE);
    this.#perp(path, venue, { ...position, size: over(notional, entry), cost: notional });
  }

  #perp(
    path: string,
    venue: string,
    position: Pick<LinearPosition, "instrument" | "base" | "size" | "funding" | "assetPath"> & {
      cost: Exact;
    },
  ): void {
    const { instrument, base, size, cost, funding, assetPath = path } = position;
    const found = scaledSlot(base, (symbol) => this.#slot(symbol));
    if (found === undefined)
      throw this.#unlisted(assetPath, "a perpetual of another one, which cannot be set aside");
    const side = size.n > 0n ? "long" : "short";
    this.#once(path, `perp ${venue} ${instrument.toUpperCase()} ${side}`);
    const units = times(size, exact(found.multiplier));
    const symbol = this.listing[found.slot]?.symbol ?? "";
    const index = this.options.funding?.[symbol] ?? ZERO;
    const name = `${venue} ${instrument.toUpperCase()}`;
    this.perps.push({
      path,
      slot: found.slot,
      name,
      stated: size,
      size: units,
      cost,
      funding: funding ?? times(units, index),
    });
  }

  /** Notes where a file is from. @throws FormatError for a second venue, unless accounts are to be added up */
  venue(path: string, title: string): void {
    const before = [...this.#venues].find((one) => one !== title);
    if (before !== undefined && !this.options.add)
      throw new FormatError(
        path,
        `files of one account at ${before}`,
        `one of ${title}; to add several accounts up in one book, say --add`,
      );
    this.#venues.add(title);
  }

  /** Leaves something out where the user said so. @throws FormatError, or what `refusal` makes, where they did not */
  setAside(path: string, kind: AsideKind, words: string, refusal?: () => Error): void {
    if (this.options.setAside?.includes(kind)) {
      this.aside.push({ path, kind, words });
      return;
    }
    throw refusal?.() ?? new FormatError(path, ASIDE_EXPECTED[kind], `${words}; ${ASIDE_ADVICE[kind]}`);
  }

  /** Leaves out an option or a dated future. */
  option(path: string, what: "an option" | "a dated future" = "an option"): void {
    this.setAside(path, "options", `${what}: it goes into the sleeve`);
  }

  /** How much is in one contract: what the user said, or an instruments file. */
  contract(path: string, instrument: string): Exact {
    const name = instrument.toUpperCase();
    const found = this.#contracts.get(name);
    if (found === undefined) throw new MissingFieldError(path, "the size of one contract", CONTRACT_MISSING);
    return found;
  }

  /** Whether a size of the contract is known. */
  hasContract(instrument: string): boolean {
    return this.#contracts.has(instrument.toUpperCase());
  }

  /** Notes the size of a contract. @throws FormatError where another is known */
  setContract(path: string, instrument: string, size: Exact): void {
    if (size.n <= 0n) throw new FormatError(path, "a contract's size above 0", "0 or less");
    const name = instrument.toUpperCase();
    const before = this.#contracts.get(name);
    if (before !== undefined && compare(before, size) !== 0)
      throw new FormatError(path, "one size of each contract", "another than was read or said before");
    this.#contracts.set(name, size);
  }

  /** Notes a page of a list: a full one may not be the last. */
  page(path: string, list: string, full: boolean): void {
    this.#pages.push({ path, list, full });
  }

  /** Does something once every file was read: what it needs may stand in a file after this one. */
  later(work: () => void): void {
    this.#later.push(work);
  }

  /** Notes a position that lacks something which another file has. */
  promise(promised: Promised): void {
    this.#promised.push(promised);
  }

  /** Ends the reading. @throws MissingFieldError for positions that no file has, or none with all that they need */
  finish(): void {
    for (const work of this.#later.splice(0)) work();
    const page = this.#pages.find(({ list }) =>
      this.#pages.every((other) => other.list !== list || other.full),
    );
    if (page !== undefined)
      throw new MissingFieldError(
        page.path,
        "all pages of the list",
        "full ones alone; give those after them too",
      );
    for (const { path, found, todo } of this.#promised) {
      if (!this.perps.some(found)) throw new MissingFieldError(path, "an entry price", `none; ${todo}`);
    }
    const apart = this.aside.some(({ kind }) => kind !== "unlisted");
    for (const total of this.profits.againstBalances(apart, this.options.add === true)) this.total(total);
    if (this.perps.length > 0 && this.spots.length === 0)
      this.notes.add("no holding and no debt was read: if the account has any, give its balances too");
  }

  /** Whether a text is a listed asset, or counts as one. */
  lists(symbol: string): boolean {
    return this.#slot(symbol) !== undefined;
  }

  /** Remembers a figure of the venue beside what was read, to be shown. */
  total(total: VenueTotal): void {
    this.totals.push(total);
  }

  #dollars(path: string, quote: string): void {
    const counted = this.options.as?.[quote.toUpperCase()] ?? quote.toUpperCase();
    if (!DOLLARS.includes(counted))
      throw new FormatError(
        path,
        "a perpetual quoted in USD, USDC or USDT",
        "one in another coin; if it is worth a dollar, say so with --as, such as --as FDUSD=USDC",
      );
    if (counted !== "USD") this.notes.add(`entry prices in ${counted} count as dollars`);
  }

  #slot(symbol: string): number | undefined {
    return slotNamed(this.listing, symbol, this.options.as);
  }

  #once(path: string, key: string): void {
    const before = this.#seen.get(key);
    if (before !== undefined && !this.options.add)
      throw new DuplicateAssetError(
        path,
        "each holding and each position once",
        `one that ${before} has too; to add them up, say --add`,
      );
    this.#seen.set(key, path);
  }

  #unlisted(path: string, got: string): UnknownAssetError {
    return new UnknownAssetError(
      path,
      "a listed asset, or one that counts as a listed one by --as",
      `${got}; what is held of it can be left out by --set-aside unlisted`,
      this.listing.map(({ symbol }) => symbol),
    );
  }
}

const INVERSE_NOTE =
  "inverse contracts are counted as notional/entry coins entered at that price, which is worth the same at every price";
const CONTRACT_MISSING =
  "none; give the venue's list of instruments as another file, or the size as --contract INSTRUMENT=SIZE";
const ASIDE_EXPECTED: Readonly<Record<AsideKind, string>> = {
  options: "a holding or a perpetual",
  unlisted: "a listed asset",
  isolated: "a position in the shared margin",
};
const ASIDE_ADVICE: Readonly<Record<AsideKind, string>> = {
  options: "to leave it out, say --set-aside options",
  unlisted: "to leave it out, say --set-aside unlisted",
  isolated:
    "it is an account of its own: leave it out by --set-aside isolated, and import it from a table as another book",
};

function priceExpected(path: string): OutOfRangeError {
  return new OutOfRangeError(path, "an entry price above 0", "0 or less");
}

/** What perpetuals of one asset come to, in units of the listing. */
export interface Netted {
  readonly slot: number;
  /** Of the first entry, and of the first holding and perpetual, if any. */
  readonly path: string;
  readonly spotPath: string;
  readonly perpPath: string;
  readonly spot: Exact;
  readonly size: Exact;
  readonly cost: Exact;
  readonly funding: Exact;
}

/** Everything of each asset added up, in the order of the listing. */
export function netted({ listing, spots, perps }: BookDraft): Netted[] {
  return listing.flatMap((_, slot) => {
    const [held, open] = [spots, perps].map((entries) => entries.filter((entry) => entry.slot === slot)) as [
      SpotEntry[],
      PerpEntry[],
    ];
    const path = held[0]?.path ?? open[0]?.path;
    if (path === undefined) return [];
    return {
      slot,
      path,
      spotPath: `${held[0]?.path ?? path}.spot`,
      perpPath: `${open[0]?.path ?? path}.perp`,
      spot: sum(held.map(({ amount }) => amount)),
      size: sum(open.map(({ size }) => size)),
      cost: sum(open.map(({ cost }) => cost)),
      funding: sum(open.map(({ funding }) => funding)),
    };
  });
}
