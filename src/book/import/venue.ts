import { type Exact, magnitude, minus, ONE, over, sum, times, ZERO } from "../../encoding/exact.js";
import type { JsonValue } from "../../encoding/strictJson.js";
import { FormatError } from "../../errors.js";
import { type BookDraft } from "./bookDraft.js";
import { Fields } from "./fields.js";
import { agree, HUNDREDTH, THOUSANDTH, type VenueTotal } from "./venueFigures.js";

/** Reads the files of one venue. */
export interface VenueReader {
  /** As `--from` names it. */
  readonly name: string;
  /** As people call it. */
  readonly title: string;
  /** Whether a document has the shape of one of the venue's answers. */
  recognises(json: JsonValue): boolean;
  /** Hands what the document says to the draft. @throws InputError */
  read(json: JsonValue, path: string, draft: BookDraft): void;
}

/** A perpetual that pays dollars, with what its venue says of it. */
export interface StatedPosition {
  readonly instrument: string;
  readonly base: string;
  readonly quote: string;
  readonly size: Exact;
  readonly entry: Exact;
  readonly mark?: Exact | undefined;
  readonly profit?: Exact | undefined;
  /** Value at the mark price, of either sign. */
  readonly notional?: Exact | undefined;
}

/** What stated profits may be off by, as venues round. */
const FIVE_THOUSANDTHS = { n: 5n, d: 1_000n };

/** Counts a linear perpetual once its size, price and profit agree with each other; returns the profit that they give. */
export function statedLinear(path: string, venue: string, stated: StatedPosition, draft: BookDraft): Exact {
  const { size, entry, mark, profit, notional } = stated;
  draft.linear(path, venue, stated);
  if (venue !== "CCXT") draft.profits.settled(stated.quote, profit, times(size, entry));
  if (mark === undefined || size.n === 0n) return ZERO;
  const value = times(size, mark);
  if (notional !== undefined)
    agree(path, magnitude(value), magnitude(notional), value, HUNDREDTH, "size times mark price");
  const read = minus(value, times(size, entry));
  if (profit !== undefined)
    agree(path, read, profit, value, FIVE_THOUSANDTHS, "the profit that size, entry and mark price give");
  return read;
}

/** The profit of an inverse perpetual in coins. */
export function inverseProfit(notional: Exact, entry: Exact, mark: Exact): Exact {
  return times(notional, minus(over(ONE, entry), over(ONE, mark)));
}

export function profitTotal(
  draft: BookDraft,
  title: string,
  read: readonly Exact[],
  stated: readonly Exact[],
): void {
  if (stated.length === 0) return;
  draft.total({
    name: `${title}: unrealised profit of perpetuals`,
    unit: "$",
    read: sum(read),
    stated: sum(stated),
  });
}

/** Counts an inverse perpetual once its size, price and profit agree with each other. */
export function statedInverse(
  row: Fields,
  venue: string,
  position: { instrument: string; base: string; notional: Exact; entry: Exact },
  mark: string,
  profit: string,
  draft: BookDraft,
): void {
  draft.inverse(row.path, venue, position);
  draft.profits.settled(position.base, row.optional(profit), over(position.notional, position.entry));
  checkInverse(row, position.notional, position.entry, mark, profit);
}

function checkInverse(row: Fields, notional: Exact, entry: Exact, mark: string, profit: string): void {
  const [price, stated] = [row.optional(mark), row.optional(profit)];
  if (price === undefined || price.n <= 0n || stated === undefined) return;
  const read = inverseProfit(notional, entry, price);
  agree(
    row.at(profit),
    read,
    stated,
    over(notional, price),
    FIVE_THOUSANDTHS,
    "the profit that size, entry and mark price give",
  );
}

export function contradicts(path: string): FormatError {
  return new FormatError(path, "a size that agrees with its side", "the other sign");
}

export function unknownInstrument(path: string): FormatError {
  return new FormatError(path, "the name of a perpetual, such as BTCUSDT", "another name");
}

/**
 * Remembers a figure of the venue beside what was read, and that the two agree within a share of a scale.
 * @param expected what the figure must follow from
 * @throws FormatError
 */
export function agreedTotal(
  draft: BookDraft,
  path: string,
  total: VenueTotal,
  scale: Exact,
  expected: string,
  share: Exact = THOUSANDTH,
): void {
  draft.total(total);
  agree(path, total.read, total.stated, scale, share, expected);
}

/** That balance and profit come to the equity that is stated; what is missing is the value of options. */
export function equityTotal(draft: BookDraft, path: string, coin: string, read: Exact, stated: Exact): void {
  if (read.n === 0n && stated.n === 0n) return;
  draft.total({ name: "equity of a coin, without options", unit: coin, read, stated });
  if (draft.options.setAside?.includes("options")) return;
  agree(
    path,
    read,
    stated,
    stated,
    THOUSANDTH,
    "balance and unrealised profit; if the rest are options, say --set-aside options",
  );
}
