import type { Scale } from "../../../risk/plot/scale.js";
import { linear } from "../../../risk/plot/scale.js";
import { element } from "../../../risk/plot/svg.js";
import { BPS } from "../../../spec/bounds.js";
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
    ...headroom(account, time, y),
    ...level(panel, y.at(1), "threshold", "maintenance"),
    ...(terms.initialMargin === null
      ? []
      : level(panel, y.at(ratio(terms.initialMargin)), "threshold initial", "initial")),
    ...strokes("proven", proven(account.claims.items, time, y, end)),
    ...account.claims.items
      .filter(({ healthy }) => !healthy)
      .map((claim) => fallen(time.at(claim.time), y.at(ratio(claim.theta)))),
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
function proven(claims: readonly ClaimRecord[], time: TimeAxis, y: Scale, end: number): string {
  let path = "";
  let [level, until] = ["", ""];
  for (const { healthy, theta, time: from, lapsedAt } of claims) {
    if (!healthy) continue;
    const [start, stop, at] = [px(time.at(from)), px(time.at(lapsedAt ?? end)), px(y.at(ratio(theta)))];
    if (start === until && at === level) path += `H${stop}`;
    // One that held for less than a pixel is a dot, not nothing.
    else path += `M${start} ${at}H${stop === start ? Number(stop) + 1 : stop}`;
    [level, until] = [at, stop];
  }
  return path;
}

/** Least and greatest of each stretch of rounds as an area, and the least as a line. Infinite is the panel's top. */
function headroom({ headroom }: AccountRecord, time: TimeAxis, y: Scale): string[] {
  const top = y.at(Number.POSITIVE_INFINITY);
  const at = (value: string | null) => px(value === null ? top : y.at(ratio(Number(value))));
  const corners = headroom.flatMap(({ fromTime, toTime, least, greatest }) =>
    [fromTime, toTime].map((when) => ({ x: px(time.at(when)), low: at(least), high: at(greatest) })),
  );
  if (corners.length === 0) return [];
  const line = corners.map(({ x, low }, i) => `${i === 0 ? "M" : "L"}${x} ${low}`).join("");
  const back = corners.toReversed().map(({ x, high }) => `L${x} ${high}`);
  return [...strokes("headroom", `${line}${back.join("")}Z`), ...strokes("disclosed", line)];
}

/** A mark that points down: proven not above this. */
function fallen(x: number, y: number): string {
  return element("path", { class: "ill", d: `M${px(x - 5)} ${px(y - 9)}h10L${px(x)} ${px(y)}Z` });
}
