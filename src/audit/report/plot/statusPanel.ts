import { STATUS_NAMES, type StatusName } from "../../../protocol/status.js";
import type { AccountRecord } from "../../result.js";
import { STATUS_WORDS } from "../words.js";
import { level, named, type Panel, px, strokes } from "./panel.js";
import type { TimeAxis } from "./timeAxis.js";

/** Best first. */
const ROWS = STATUS_NAMES.toReversed();

/** Width of a status that was over at once: it must be seen all the same. */
const LEAST = 1.5;

/** Height of a row. */
export const STATUS_ROW = 17;
export const STATUS_ROWS = ROWS.length;

/** The status over time, a row for each, so that it can be read without colour. */
export function statusPanel(
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
