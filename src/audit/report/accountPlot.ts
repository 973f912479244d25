import { named, type Panel } from "../../charts/panel.js";
import { timeAxis } from "../../charts/scale.js";
import { element } from "../../charts/svg.js";
import type { AccountRecord, AuditedTerms } from "../result.js";
import { counted, timeText } from "./format.js";
import { html, Markup } from "./markup.js";
import { envelopePanel, healthPanel, STATUS_ROW, STATUS_ROWS, statusPanel } from "./panels.js";
import { type PriceLine, pricePanel } from "./pricePanel.js";

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
  const health = claims.items.filter(({ healthy }) => healthy).length;
  const disclosed = headroom.length > 0 ? "; the health factor of disclosed books as an area" : "";
  return `From ${timeText(from)} to ${timeText(to)} UTC: ${counted(health, "proof")} of health and ${counted(claims.items.length - health, "proof")} of ill health, each for as long as it held${disclosed}; prices of ${prices.map(({ symbol }) => symbol).join(", ") || "no asset"}; ${counted(statuses.items.length, "change")} of status. The tables below have the same in numbers.`;
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
