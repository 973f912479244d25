import { BPS } from "../../../protocol/bounds.js";
import { linear, type Scale } from "../../../risk/plot/scale.js";
import { element } from "../../../risk/plot/svg.js";
import type { AccountRecord, AuditedTerms, ClaimRecord } from "../../result.js";
import { level, named, type Panel, px, strokes } from "./panel.js";
import type { TimeAxis } from "./timeAxis.js";

/** A health factor this many times the highest threshold is drawn at the panel's top: it is far from all of them. */
const TALLEST = 1.6;

/**
 * The health factor: what was proven that it exceeds, for as long as the proof held; where a book was disclosed, what it
 * was; and the thresholds.
 */
export function healthPanel(
  panel: Panel,
  account: AccountRecord,
  terms: AuditedTerms,
  time: TimeAxis,
  end: number,
): string[] {
  const y = scaleOf(panel, account, terms);
  return [
    named(0, panel.top - 10, "health factor", "panel-name"),
    ...y.ticks.flatMap((tick) => [
      ...level(panel, y.at(tick), "grid"),
      element("text", { class: "tick end", x: panel.left - 8, y: y.at(tick) + 4 }, String(tick)),
    ]),
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
  for (const { healthy, theta, time: from, lapsedAt } of claims) {
    if (!healthy) continue;
    const [start, stop, height] = [at(time.at(from)), at(time.at(lapsedAt ?? end)), at(y.at(ratio(theta)))];
    // One that held for less than a pixel is a dot, not nothing.
    const reach = stop === start ? Number(stop) + 1 : stop;
    if (start === until && height === level) line += `H${stop}`;
    else {
      lines.add(line);
      line = `M${start} ${height}H${reach}`;
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
