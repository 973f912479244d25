import type { StatusName } from "../../protocol/status.js";
import { type AccountRecord, VERDICTS, type Verdict } from "../result.js";
import { STATUS_WORDS, timeText } from "./words.js";

/** How an account stands at the end of the record; unix seconds. */
export interface Standing {
  readonly status: StatusName;
  /** Since when; null where the list of changes does not reach back as far. */
  readonly since: number | null;
  /** When it becomes worse by itself; null where it does not. */
  readonly until: number | null;
}

/** A deadline is of an account that can still be saved: of a liquidatable one, it has passed. */
export function standingOf({ status, deadline, statuses, openedAt }: AccountRecord): Standing {
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
export function standingText(account: AccountRecord): string {
  const { status, since, until } = standingOf(account);
  const words = STATUS_WORDS[status];
  if (until !== null) return `${words} until ${timeText(until)}`;
  return since === null ? words : `${words} since ${timeText(since)}`;
}

/** The worst verdict on an account in any epoch; null where it was never open in one. */
export function worstOf({ verdicts }: AccountRecord): Verdict | null {
  return VERDICTS.find((verdict) => verdicts.items.some((each) => each.verdict === verdict)) ?? null;
}
