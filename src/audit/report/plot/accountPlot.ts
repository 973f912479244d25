import { element } from "../../../risk/plot/svg.js";
import type { AccountRecord, AuditedTerms } from "../../result.js";
import { Markup } from "../markup.js";
import { counted, timeText } from "../words.js";
import { envelopePanel } from "./envelopePanel.js";
import { healthPanel } from "./healthPanel.js";
import { named, type Panel } from "./panel.js";
import { STATUS_ROW, STATUS_ROWS, statusPanel } from "./statusPanel.js";
import { timeAxis } from "./timeAxis.js";

const WIDTH = 860;
const SIDES = { left: 92, right: WIDTH - 96 };
const HEALTH: Panel = { ...SIDES, top: 58, bottom: 238 };
const ENVELOPE: Panel = { ...SIDES, top: 286, bottom: 346 };
const STATUS: Panel = { ...SIDES, top: 366, bottom: 366 + STATUS_ROWS * STATUS_ROW };
const HEIGHT = STATUS.bottom + 30;

/** How one account stood through the whole record: health factor, envelope and status over the same times. */
export function accountPlot(
  account: AccountRecord,
  terms: AuditedTerms,
  { from, to }: { readonly from: number; readonly to: number },
  id: string,
): Markup {
  const time = timeAxis(from, to, SIDES.left, SIDES.right);
  const body = [
    ...legend(account),
    ...time.ticks.flatMap(({ time: at, label }) => [
      element("line", { class: "grid", x1: time.at(at), x2: time.at(at), y1: HEALTH.top, y2: STATUS.bottom }),
      element("text", { class: "tick middle", x: time.at(at), y: STATUS.bottom + 20 }, label),
    ]),
    ...healthPanel(HEALTH, account, terms, time, to),
    ...envelopePanel(ENVELOPE, account, time, to),
    ...statusPanel(STATUS, account, time, to),
  ];
  const drawing = element(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": `${id}-title ${id}-words` },
    element("title", { id: `${id}-title` }, "Health, envelope and status over time"),
    element("desc", { id: `${id}-words` }, describe(account, from, to)),
    ...body,
  );
  return new Markup(drawing);
}

/** In words, what is to be seen. Numbers and times only, so that there is nothing in it to escape. */
function describe({ claims, headroom, statuses }: AccountRecord, from: number, to: number): string {
  const health = claims.items.filter(({ healthy }) => healthy).length;
  const disclosed = headroom.length > 0 ? "; the health factor of disclosed books as an area" : "";
  return `From ${timeText(from)} to ${timeText(to)} UTC: ${counted(health, "proof")} of health and ${counted(claims.items.length - health, "proof")} of ill health, each for as long as it held${disclosed}; ${counted(statuses.items.length, "change")} of status. The tables below have the same in numbers.`;
}

function legend({ headroom, claims }: AccountRecord): string[] {
  const items = [
    { kind: "proven", words: "proven to exceed" },
    ...(headroom.length > 0
      ? [{ kind: "disclosed", words: "disclosed: least, and up to the greatest" }]
      : []),
    ...(claims.items.some(({ healthy }) => !healthy) ? [{ kind: "ill", words: "proven not above" }] : []),
    { kind: "lapse", words: "lapsed" },
  ];
  let left = SIDES.left;
  return items.flatMap(({ kind, words }) => {
    const x = left;
    left += 44 + words.length * 7;
    return [sample(kind, x), named(x + 26, 20, words, "tick")];
  });
}

function sample(kind: string, x: number): string {
  const shapes: Readonly<Record<string, string>> = {
    ill: `M${x + 5} 11h10L${x + 10} 20Z`,
    lapse: `M${x + 6} 12l8 8M${x + 14} 12l-8 8`,
  };
  return element("path", { class: kind, d: shapes[kind] ?? `M${x} 16h20` });
}
