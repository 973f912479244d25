import pino, { type Logger } from "pino";
import { withoutUnprintable, ZkMarginError } from "../errors.js";

/** How much a line matters: nothing to do, something to do soon, something to do now. */
export type Level = "info" | "warn" | "error";

/** Everything that the service tells, and the only fields that a line of it may have. */
export interface ServiceEvents {
  readonly listening: { readonly url: string; readonly board: boolean };
  readonly reading: { readonly percent: number };
  readonly ready: { readonly block: number; readonly accounts: number; readonly rounds: number };
  readonly restored: { readonly block: number; readonly accounts: number };
  readonly "not-restored": { readonly why: string };
  readonly kept: { readonly block: number };
  readonly "not-kept": { readonly error: string };
  /** The last block that stayed, -1 if none that was read; and the newest now. */
  readonly reorganised: { readonly fork: number; readonly block: number };
  readonly round: { readonly round: number; readonly epoch: number };
  readonly status: {
    readonly account: string;
    readonly status: string;
    readonly before: string | null;
    readonly deadline: number | null;
  };
  readonly "node-trouble": { readonly name: string; readonly error: string };
  readonly "node-back": { readonly seconds: number };
  readonly waiting: { readonly error: string };
  readonly "queue-trouble": { readonly name: string };
  readonly notice: {
    readonly rule: string;
    readonly severity: string;
    readonly state: string;
    readonly count: number;
  };
  readonly delivered: { readonly receiver: string; readonly count: number };
  readonly "not-delivered": { readonly receiver: string; readonly error: string };
  readonly refused: { readonly why: string };
  readonly stopped: { readonly reason: string };
}
export type ServiceEvent = keyof ServiceEvents;

/** The fields of each event; a line takes these alone from what it is given. */
export const EVENT_FIELDS: { readonly [E in ServiceEvent]: readonly (keyof ServiceEvents[E] & string)[] } = {
  listening: ["url", "board"],
  reading: ["percent"],
  ready: ["block", "accounts", "rounds"],
  restored: ["block", "accounts"],
  "not-restored": ["why"],
  kept: ["block"],
  "not-kept": ["error"],
  reorganised: ["fork", "block"],
  round: ["round", "epoch"],
  status: ["account", "status", "before", "deadline"],
  "node-trouble": ["name", "error"],
  "node-back": ["seconds"],
  waiting: ["error"],
  "queue-trouble": ["name"],
  notice: ["rule", "severity", "state", "count"],
  delivered: ["receiver", "count"],
  "not-delivered": ["receiver", "error"],
  refused: ["why"],
  stopped: ["reason"],
};

/** Characters of a text in a line. */
const LONGEST = 300;
const URL_IN_TEXT = /\b([a-z][a-z0-9+.-]*):\/\/[^\s"'<>]+/gi;

/**
 * A text as a line may have it: of a URL its scheme and host alone, which leaves out users, keys and paths; printable, and cut where it is
 * long.
 */
export function cleanText(text: string): string {
  const bare = text.replace(URL_IN_TEXT, (url, scheme: string) =>
    URL.canParse(url) ? `${scheme}://${new URL(url).host}` : `${scheme}://…`,
  );
  const printable = withoutUnprintable(bare, () => "?");
  return printable.length > LONGEST ? `${printable.slice(0, LONGEST)}…` : printable;
}

/** What a line may say of an error: words of this package, which quote nothing private; of any other its class alone. */
export function errorWords(error: unknown): { readonly name: string; readonly error: string } {
  const name = error instanceof Error ? error.constructor.name : typeof error;
  return { name, error: error instanceof ZkMarginError ? cleanText(error.message) : "its text is withheld" };
}

/** What a line may say of a file that could not be written: the system's code for it. */
export function fileWords(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code ?? errorWords(error).error;
}

/**
 * The service's lines: one JSON object each, with time, level and event as a keeper's lines have them. A line has the fields of its event
 * and no others, and each text of it is cleaned. So nothing that a caller adds by mistake is ever written.
 */
export class ServiceLog {
  readonly #logger: Logger;

  /**
   * @param write takes a line with its line end
   * @param clock now, unix milliseconds
   */
  constructor(write: (line: string) => void, clock: () => number) {
    this.#logger = pino(
      {
        base: null,
        timestamp: () => `,"time":"${new Date(clock()).toISOString()}"`,
        formatters: { level: (level) => ({ level }) },
      },
      { write },
    );
  }

  tell<E extends ServiceEvent>(level: Level, event: E, fields: ServiceEvents[E]): void {
    const line: Record<string, unknown> = { event };
    for (const field of EVENT_FIELDS[event]) {
      const value: unknown = fields[field];
      line[field] = typeof value === "string" ? cleanText(value) : scalar(value);
    }
    this.#logger[level](line);
  }
}

/** A number, a truth value or nothing; what is anything else is left out. */
function scalar(value: unknown): number | boolean | null {
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}
