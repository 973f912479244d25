import type { Happening, Scope } from "./events.js";

/** Milliseconds without a trouble after which it is over: one look alone says little of a node that fails now and then. */
const QUIET = 60_000;
/** A trouble that stands is told again after a minute, two, four, and then every hour; milliseconds. */
const FIRST_REMINDER = 60_000;
const LAST_REMINDER = 3_600_000;

interface Trouble {
  readonly scope: Scope;
  readonly name: string;
  readonly since: number;
  seen: number;
  /** Milliseconds until it is told again, and when. */
  wait: number;
  next: number;
  last: number;
}

/** Counts what goes wrong again and again: told when it begins, seldom while it lasts, and when it is over. */
export class Troubles {
  readonly #standing = new Map<string, Trouble>();

  /**
   * Something went wrong at `now`.
   * @param kind what makes two failures the same trouble, whatever figures their messages have
   */
  saw(scope: Scope, error: Error, kind: string, now: number): Happening[] {
    const key = `${scope} ${kind}`;
    const { name, message } = error;
    const known = this.#standing.get(key);
    const trouble = known ?? { scope, name, since: now, seen: 0, wait: FIRST_REMINDER, next: now, last: now };
    this.#standing.set(key, trouble);
    trouble.seen++;
    trouble.last = now;
    if (now < trouble.next) return [];
    trouble.next = now + trouble.wait;
    trouble.wait = Math.min(2 * trouble.wait, LAST_REMINDER);
    return [{ event: "trouble", scope, name, message, seen: trouble.seen, since: trouble.since }];
  }

  /** What was to be done is done, or is not due any more. */
  settled(scope: Scope): Happening[] {
    return this.#end((trouble) => trouble.scope === scope);
  }

  /** A whole look went well at `now`. */
  looked(now: number): Happening[] {
    return this.#end(({ scope, last }) => (scope === "look" || scope === "wait") && now - last >= QUIET);
  }

  #end(isOver: (trouble: Trouble) => boolean): Happening[] {
    const over: Happening[] = [];
    for (const [key, trouble] of this.#standing) {
      if (!isOver(trouble)) continue;
      this.#standing.delete(key);
      const { scope, name, seen, since } = trouble;
      over.push({ event: "trouble-over", scope, name, seen, since });
    }
    return over;
  }
}
