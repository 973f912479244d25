import {
  element,
  level,
  linear,
  named,
  type Panel,
  px,
  type Scale,
  strokes,
  type TimeAxis,
  timeAxis,
  valueTicks,
} from "../../charts/svg.js";
import { BPS } from "../../protocol/bounds.js";
import { STATUS_NAMES, type StatusName } from "../../protocol/status.js";
import type { AccountRecord, ClaimRecord } from "../accountRecord.js";
import type { AuditedTerms } from "../result.js";
import { counted, STATUS_WORDS, timeText } from "./format.js";
import { html, Markup } from "./markup.js";
import { type PriceLine, pricePanel } from "./pricePanel.js";

/** A health factor this many times the highest threshold is drawn at the panel's top: it is far from all of them. */
const TALLEST = 1.6;

/**
 * The health factor: what was proven that it exceeds, for as long as the proof held; where a book was disclosed, what it
 * was; and the thresholds.
 */
function healthPanel(
  panel: Panel,
  account: AccountRecord,
  terms: AuditedTerms,
  time: TimeAxis,
  end: number,
): string[] {
  const y = scaleOf(panel, account, terms);
  return [
    named(0, panel.top - 10, "health factor", "panel-name"),
    ...valueTicks(panel, y.ticks, y.at),
    ...headroom(panel, account, time, y),
    ...level(panel, y.at(1), "threshold", "maintenance"),
    ...(terms.initialMargin === null
      ? []
      : level(panel, y.at(ratio(terms.initialMargin)), "threshold initial", "initial")),
    ...strokes("proven", proven(panel, account.claims.items, time, y, end)),
    ...account.claims.items
      .filter(({ healthy }) => !healthy)
      .map((claim) => fallen(panel, time.at(claim.time), y.at(ratio(claim.theta)))),
  ];
}

/** Basis points as a ratio, for drawing only. */
function ratio(basisPoints: number): number {
  return basisPoints / Number(BPS);
}

function scaleOf(panel: Panel, { claims, headroom }: AccountRecord, { initialMargin }: AuditedTerms): Scale {
  const thresholds = [1, ratio(initialMargin ?? 0), ...claims.items.map(({ theta }) => ratio(theta))];
  const values = headroom.flatMap(({ least, greatest }) => [least, greatest].flatMap(finite));
  const most = TALLEST * Math.max(...thresholds);
  const low = Math.min(...thresholds.filter((value) => value > 0), ...values);
  const high = Math.max(...thresholds, ...values);
  const scale = linear(Math.max(0, low - 0.05), Math.min(most, high + 0.05), panel.bottom, panel.top);
  return { ticks: scale.ticks, at: (value) => Math.min(Math.max(scale.at(value), panel.top), panel.bottom) };
}

function finite(value: string | null): number[] {
  return value === null ? [] : [ratio(Number(value))];
}

/** A line at θ while a proof held; proofs that follow each other at one θ are one line. */
function proven(panel: Panel, claims: readonly ClaimRecord[], time: TimeAxis, y: Scale, end: number): string {
  const at = (value: number) => px(value, panel);
  // Of strokes that cover each other one is enough.
  const lines = new Set<string>();
  let line = "";
  let [level, until] = ["", ""];
  for (const { healthy, asItIs, theta, time: from, lapsedAt } of claims) {
    if (!healthy || !asItIs) continue;
    const [start, stop, height] = [at(time.at(from)), at(time.at(lapsedAt ?? end)), at(y.at(ratio(theta)))];
    // One that held for less than a pixel is a dot, not nothing.
    const right = stop === start ? Number(stop) + 1 : stop;
    if (start === until && height === level) line += `H${stop}`;
    else {
      lines.add(line);
      line = `M${start} ${height}H${right}`;
    }
    [level, until] = [height, stop];
  }
  return [...lines, line].join("");
}

/** Least and greatest of each stretch of rounds as an area, and the least as a line. Infinite is the panel's top. */
function headroom(panel: Panel, { headroom }: AccountRecord, time: TimeAxis, y: Scale): string[] {
  const top = y.at(Number.POSITIVE_INFINITY);
  const at = (value: string | null) => Number(px(value === null ? top : y.at(ratio(Number(value))), panel));
  // What falls on one place is one corner, from its least to its greatest.
  const corners = new Map<string, { low: number; high: number }>();
  for (const { fromTime, toTime, least, greatest } of headroom)
    for (const x of [fromTime, toTime].map((when) => px(time.at(when), panel))) {
      const { low, high } = corners.get(x) ?? { low: at(least), high: at(greatest) };
      corners.set(x, { low: Math.max(low, at(least)), high: Math.min(high, at(greatest)) });
    }
  if (corners.size === 0) return [];
  const along = [...corners];
  const line = along.map(([x, { low }], i) => `${i === 0 ? "M" : "L"}${x} ${low}`).join("");
  const back = along.toReversed().map(([x, { high }]) => `L${x} ${high}`);
  return [...strokes("headroom", `${line}${back.join("")}Z`), ...strokes("disclosed", line)];
}

/** A mark that points down: proven not above this. */
function fallen(panel: Panel, x: number, y: number): string {
  const at = (value: number) => px(value, panel);
  return element("path", { class: "ill", d: `M${at(x - 5)} ${at(y - 9)}h10L${at(x)} ${at(y)}Z` });
}

/** The panel is low. */
const ENVELOPE_TICKS = 4;

/** The envelope of each proof of health while it held, in percent, and where one lapsed before it was renewed. */
function envelopePanel(panel: Panel, { claims }: AccountRecord, time: TimeAxis, end: number): string[] {
  const held = claims.items.filter(({ healthy, asItIs }) => healthy && asItIs);
  const y = linear(0, Math.max(1, ...held.map(({ envelope }) => envelope / 100)), panel.bottom, panel.top);
  // Of strokes that cover each other one is enough.
  const areas = new Set<string>();
  const lapses = new Set<string>();
  const at = (value: number) => px(value, panel);
  for (const { time: from, lapsedAt, lapsedBy, envelope } of held) {
    const [start, stop] = [time.at(from), Math.max(time.at(from) + 0.5, time.at(lapsedAt ?? end))];
    areas.add(`M${at(start)} ${panel.bottom}V${at(y.at(envelope / 100))}H${at(stop)}V${panel.bottom}Z`);
    // A cross.
    if (lapsedAt !== null && lapsedBy !== "replaced")
      lapses.add(`M${at(stop - 4)} ${at(panel.bottom - 4)}l8 8m0-8l-8 8`);
  }
  return [
    named(0, panel.top - 10, "envelope, %", "panel-name"),
    ...valueTicks(
      panel,
      y.ticks.filter((_, i) => i % Math.ceil(y.ticks.length / ENVELOPE_TICKS) === 0),
      y.at,
    ),
    ...strokes("envelope", [...areas].join("")),
    ...strokes("lapse", [...lapses].join("")),
  ];
}

/** Best first. */
const ROWS = STATUS_NAMES.toReversed();

/** Width of a status that was over at once: it must be seen all the same. */
const LEAST = 1.5;

/** Height of a row. */
const STATUS_ROW = 17;
const STATUS_ROWS = ROWS.length;

/** The status over time, a row for each, so that it can be read without colour. */
function statusPanel(
  panel: Panel,
  { statuses, openedAt }: AccountRecord,
  time: TimeAxis,
  end: number,
): string[] {
  const top = (status: StatusName) => panel.top + ROWS.indexOf(status) * STATUS_ROW;
  const paths = new Map<StatusName, string>();
  const from = statuses.omitted > 0 ? [] : [{ time: openedAt, status: "unknown" as StatusName }];
  const changes = [...from, ...statuses.items];
  changes.forEach(({ time: start, status }, i) => {
    const [left, right] = [time.at(start), time.at(changes[i + 1]?.time ?? end)];
    const box = `M${px(left, panel)} ${top(status) + 3}H${px(Math.max(right, left + LEAST), panel)}v${STATUS_ROW - 6}H${px(left, panel)}Z`;
    paths.set(status, (paths.get(status) ?? "") + box);
  });
  return [
    ...ROWS.flatMap((status) => [
      ...level(panel, top(status) + STATUS_ROW / 2, "grid"),
      named(0, top(status) + STATUS_ROW / 2 + 4, STATUS_WORDS[status], "tick"),
    ]),
    ...[...paths].flatMap(([status, path]) => strokes(`status ${status}`, path)),
  ];
}

/** Widths that the drawing comes in, in pixels: a phone gets a narrow one, since a wide one would be too small to read. */
const WIDTHS = {
  wide: { width: 860, left: 92, right: 764, mostTicks: 8, grain: 0.5 },
  narrow: { width: 340, left: 80, right: 256, mostTicks: 3, grain: 1 },
} as const;
type Width = keyof typeof WIDTHS;

/** Height of a row of the legend. */
const LEGEND_ROW = 18;

/** What is drawn beside an account's own record. */
export interface PlotOf {
  /** What the account is called. */
  readonly name: string;
  readonly terms: AuditedTerms;
  readonly prices: readonly PriceLine[];
  readonly times: { readonly from: number; readonly to: number };
}

/**
 * How one account stood through the whole record: health factor, prices, envelope and status over the same times. The
 * style sheet shows one of its two widths.
 */
export function accountPlot(account: AccountRecord, of: PlotOf, id: string): Markup {
  return new Markup(drawing(account, of, "wide", id) + drawing(account, of, "narrow", `${id}-narrow`));
}

function drawing(account: AccountRecord, of: PlotOf, kind: Width, id: string): string {
  const {
    name,
    terms,
    prices,
    times: { from, to },
  } = of;
  const { width, left, right, mostTicks, grain } = WIDTHS[kind];
  const { rows, drawn } = legend(account, WIDTHS[kind]);
  const panel = (top: number, height: number): Panel => ({ left, right, top, bottom: top + height, grain });
  const health = panel(58 + (rows - 1) * LEGEND_ROW, 180);
  const market = panel(health.bottom + 48, 80);
  const envelope = panel(market.bottom + 48, 60);
  const status = panel(envelope.bottom + 20, STATUS_ROWS * STATUS_ROW);
  const time = timeAxis(from, to, left, right, mostTicks, timeText);
  return element(
    "svg",
    {
      class: kind,
      viewBox: `0 0 ${width} ${status.bottom + 30}`,
      role: "img",
      "aria-labelledby": `${id}-title ${id}-words`,
    },
    element(
      "title",
      { id: `${id}-title` },
      escaped(`${name}: health, prices, envelope and status over time`),
    ),
    element("desc", { id: `${id}-words` }, escaped(describe(account, prices, from, to))),
    ...drawn,
    ...time.ticks.flatMap(({ time: at, label }) => [
      element("line", { class: "grid", x1: time.at(at), x2: time.at(at), y1: health.top, y2: status.bottom }),
      element("text", { class: "tick middle", x: time.at(at), y: status.bottom + 20 }, label),
    ]),
    ...healthPanel(health, account, terms, time, to),
    ...pricePanel(market, prices, time),
    ...envelopePanel(envelope, account, time, to),
    ...statusPanel(status, account, time, to),
  );
}

function escaped(words: string): string {
  return html`${words}`.text;
}

/** In words, what is to be seen. */
function describe(
  { claims, headroom, statuses }: AccountRecord,
  prices: readonly PriceLine[],
  from: number,
  to: number,
): string {
  const health = claims.items.filter(({ healthy, asItIs }) => healthy && asItIs).length;
  const ill = claims.items.filter(({ healthy }) => !healthy).length;
  const disclosed = headroom.length > 0 ? "; the health factor of disclosed books as an area" : "";
  return `From ${timeText(from)} to ${timeText(to)} UTC: ${counted(health, "proof")} of health and ${counted(ill, "proof")} of ill health, each for as long as it held${disclosed}; prices of ${prices.map(({ symbol }) => symbol).join(", ") || "no asset"}; ${counted(statuses.items.length, "change")} of status. The tables below have the same in numbers.`;
}

/** What the marks mean, in as many rows as it takes. */
function legend(
  { headroom, claims }: AccountRecord,
  { width, left }: { readonly width: number; readonly left: number },
): { readonly rows: number; readonly drawn: readonly string[] } {
  const items = [
    { kind: "proven", words: "proven to exceed" },
    ...(headroom.length > 0 ? [{ kind: "disclosed", words: "disclosed: least to greatest" }] : []),
    ...(claims.items.some(({ healthy }) => !healthy) ? [{ kind: "ill", words: "proven not above" }] : []),
    { kind: "lapse", words: "lapsed" },
  ];
  let [x, row] = [left, 0];
  const drawn = items.flatMap(({ kind, words }) => {
    const wide = 44 + words.length * 7;
    if (x > left && x + wide > width) [x, row] = [left, row + 1];
    const at = x;
    x += wide;
    return [sample(kind, at, row * LEGEND_ROW), named(at + 26, 20 + row * LEGEND_ROW, words, "tick")];
  });
  return { rows: row + 1, drawn };
}

function sample(kind: string, x: number, y: number): string {
  const shapes: Readonly<Record<string, string>> = {
    ill: `M${x + 5} ${y + 11}h10L${x + 10} ${y + 20}Z`,
    lapse: `M${x + 6} ${y + 12}l8 8M${x + 14} ${y + 12}l-8 8`,
  };
  return element("path", { class: kind, d: shapes[kind] ?? `M${x} ${y + 16}h20` });
}
