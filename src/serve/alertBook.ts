import { type Alert, RULES, type RuleName, type Severity } from "./alertRules.js";

/** What is told about the alerts of one rule. */
export interface Notice {
  readonly rule: RuleName;
  readonly severity: Severity;
  readonly state: "firing" | "repeated" | "resolved";
  /** How many subjects; the first {@link MOST_SUBJECTS} are named. */
  readonly count: number;
  readonly subjects: readonly { readonly subject: string; readonly detail: string | null }[];
  /** Unix milliseconds since when the first of them lasts. */
  readonly since: number;
  readonly says: string;
  readonly todo: string;
}

/** An alert that lasts. */
export interface LastingAlert extends Alert {
  readonly severity: Severity;
  /** Unix milliseconds. */
  readonly since: number;
}

/** Subjects that one notice names: ten thousand accounts that lapse together are one notice. */
export const MOST_SUBJECTS = 20;
/** Milliseconds without an alert after which it is over: what comes and goes is not told each time. */
export const QUIET = 60_000;

interface Kept {
  readonly alert: Alert;
  readonly since: number;
  seen: number;
}

/**
 * Tells each alert once when it begins, again while it lasts, and once when it is over. Alerts of one rule that begin, last or end
 * together are one notice. A restart forgets all of it: what still lasts is told again.
 */
export class AlertBook {
  readonly #repeat: number;
  readonly #kept = new Map<string, Kept>();
  readonly #told = new Map<RuleName, number>();

  /** @param repeat milliseconds after which what lasts is told again */
  constructor(repeat: number) {
    this.#repeat = repeat;
  }

  /** Alerts that last, worst first. */
  get lasting(): LastingAlert[] {
    const all = [...this.#kept.values()].map(({ alert, since }) => ({
      ...alert,
      since,
      severity: severityOf(alert.rule),
    }));
    const rank = (severity: Severity) => (severity === "critical" ? 0 : 1);
    return all.sort((a, b) => rank(a.severity) - rank(b.severity) || a.since - b.since);
  }

  /** Takes in what is true at `now` (unix milliseconds), and returns what is to be told. */
  update(alerts: readonly Alert[], now: number): Notice[] {
    const begun = new Map<RuleName, Kept[]>();
    for (const alert of alerts) {
      const key = `${alert.rule} ${alert.subject}`;
      const known = this.#kept.get(key);
      const kept: Kept = { alert, since: known?.since ?? now, seen: now };
      this.#kept.set(key, kept);
      if (known === undefined) push(begun, alert.rule, kept);
    }
    const over = new Map<RuleName, Kept[]>();
    const lasting = new Map<RuleName, Kept[]>();
    for (const [key, kept] of this.#kept)
      if (now - kept.seen >= QUIET) {
        this.#kept.delete(key);
        push(over, kept.alert.rule, kept);
      } else push(lasting, kept.alert.rule, kept);
    const notices: Notice[] = [];
    for (const [rule, kept] of over) notices.push(noticeOf(rule, "resolved", kept));
    for (const [rule, kept] of begun) {
      notices.push(noticeOf(rule, "firing", kept));
      this.#told.set(rule, now);
    }
    for (const [rule, kept] of lasting) {
      if (begun.has(rule) || now - (this.#told.get(rule) ?? now) < this.#repeat) continue;
      notices.push(noticeOf(rule, "repeated", kept));
      this.#told.set(rule, now);
    }
    return notices;
  }
}

function push(map: Map<RuleName, Kept[]>, rule: RuleName, kept: Kept): void {
  const list = map.get(rule);
  if (list === undefined) map.set(rule, [kept]);
  else list.push(kept);
}

function severityOf(rule: RuleName): Severity {
  return RULES[rule].severity;
}

function noticeOf(rule: RuleName, state: Notice["state"], kept: readonly Kept[]): Notice {
  const { says, todo } = RULES[rule];
  return {
    ...{ rule, state, says, todo },
    severity: severityOf(rule),
    count: kept.length,
    subjects: kept
      .slice(0, MOST_SUBJECTS)
      .map(({ alert: { subject, detail } }) => ({ subject, detail: state === "resolved" ? null : detail })),
    since: Math.min(...kept.map(({ since }) => since)),
  };
}
