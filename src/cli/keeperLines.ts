import type { BookState } from "../chain/keeper/decide.js";
import type { Happening, KeeperEvent, MarketState, Obstacle, Scope } from "../chain/keeper/events.js";
import type { TroubleNews } from "../chain/keeper/watch.js";
import type { SourceFault } from "../chain/status.js";
import { formatDecimal } from "../encoding/decimal.js";
import { factor, isoTime, jsonLine, type Paint, paint, percent } from "./format.js";
import type { Io } from "./io.js";

const ETHER = 18;
const GWEI = 9;

/** An event as a line for people: its time in UTC, its level, what it is of, and what happened. */
export function eventLine(event: KeeperEvent): string {
  const of = event.account === null ? "" : `${event.account} `;
  return levelled(event.time, event.level, `${of}${messageOf(event)}`);
}

/**
 * The log of a service: what it says, and what is said beside it, as lines of one kind. What is said of a node goes to the service,
 * which counts what repeats. Anything else goes to the terminal once, although it is found at every look.
 */
export class ServiceLog<E> {
  /** Once it is there. */
  service: { waits(line: string): void } | undefined;
  readonly #io: Io;
  readonly #line: (event: E) => string;
  readonly #early: ((message: string) => E) | undefined;
  readonly #told = new Set<string>();

  /**
   * @param line an event as a line
   * @param early where all that is said beside is a line of the log: what it is while there is no service
   */
  constructor(io: Io, line: (event: E) => string, early?: (message: string) => E) {
    [this.#io, this.#line, this.#early] = [io, line, early];
  }

  write(event: E): void {
    this.#io.out(this.#line(event));
  }

  /** As the terminal, but that what would go to standard error goes where it belongs. */
  get io(): Io {
    return { ...this.#io, err: (text) => this.#beside(text) };
  }

  #beside(text: string): void {
    const message = text.trimEnd();
    if (this.service !== undefined && (this.#early !== undefined || message.startsWith("node")))
      return this.service.waits(message);
    if (this.#early !== undefined) return this.write(this.#early(message));
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#io.err(text);
  }
}

/** A line of a service: its time in UTC, its level, and what happened. */
export function levelled(time: number, level: KeeperEvent["level"], message: string): string {
  return `${new Date(time).toISOString()} ${paint(LEVELS[level], level.padEnd(5))} ${message}\n`;
}

const LEVELS: Readonly<Record<KeeperEvent["level"], Paint>> = {
  info: "faint",
  warn: "caution",
  error: "bad",
};

/** An event as one line of JSON: time, level, event, account and round first, its own fields after them. */
export function eventJson(event: KeeperEvent): string {
  const { time, level, event: name, account, round, ...fields } = event;
  const line = {
    time: new Date(time).toISOString(),
    level,
    event: name,
    account,
    round,
    message: messageOf(event),
    ...fields,
    ...("since" in event ? { since: new Date(event.since).toISOString() } : {}),
  };
  return jsonLine(line);
}

function messageOf(event: KeeperEvent): string {
  switch (event.event) {
    case "started":
      return `the keeper of ${plural(event.accounts, "account")} looks, and sends as ${event.sender}`;
    case "status":
      return statusWords(event);
    case "book":
      return bookWords(event);
    case "market":
      return `${MARKET[event.state]}${event.age === null ? "" : `; the newest round is ${event.age} s old`}${event.sources.length === 0 ? "" : `; a poke is refused because of ${event.sources.join(", ")}`}`;
    case "source":
      return event.state === "answers"
        ? `${event.source} answers again`
        : `${event.source} refuses: ${sourceWords(event)}; no round can be made`;
    case "epoch":
      return `epoch ${event.epoch} has begun, and every proof of epoch ${event.before} is void`;
    case "poked":
      return `round ${event.round} is committed${event.gas === null ? " by somebody else" : `, ${event.gas} gas`}`;
    case "recorded":
      return `the median of ${event.asset} is recorded${event.gas === null ? " by somebody else" : `, ${event.gas} gas`}`;
    case "proven":
      return `is proven above ${factor(event.claim.theta)} at round ${event.round}, within ${percent(event.claim.envelope)}: ${REASONS[event.reason]}`;
    case "unprovable":
      return `${OBSTACLES[event.why]} (round ${event.round ?? "none"})`;
    case "submitted":
      return event.outcome === "already"
        ? `the gate has the proof of round ${event.round} already`
        : `the gate accepted the proof of round ${event.round}: ${plural(event.proofs, "proof")} in ${event.transaction}, ${event.gas} gas`;
    case "refused":
      return `the gate refuses the proof of round ${event.round}: ${event.reason ?? "it gives no reason"}`;
    case "fee":
      return event.state === "above-cap"
        ? `the chain asks for ${gwei(event.fee)} per gas, more than the cap of ${gwei(event.cap)}: nothing is mined until it falls`
        : `the chain asks for ${gwei(event.fee)} per gas, less than the cap of ${gwei(event.cap)} again`;
    case "balance":
      return `the sender has ${formatDecimal(event.balance, ETHER)}, enough for ${event.submissions} submissions at the present fee${event.state === "low" ? ": fund it" : ""}`;
    case "trouble":
    case "trouble-over":
      return troubleWords(event);
    case "stopped":
      return event.reason === "failed" ? "the keeper ends by a failure" : "the keeper ends, as asked";
  }
}

/** A trouble, or its end, in words. */
export function troubleWords(event: TroubleNews): string {
  if (event.event === "trouble-over")
    return `${SCOPES[event.scope]}: ${event.name} is over, seen ${times(event)}`;
  return `${SCOPES[event.scope]}: ${event.message}${event.seen === 1 ? "" : ` (seen ${times(event)})`}`;
}

type Of<E extends Happening["event"]> = Extract<Happening, { event: E }>;

function statusWords({ status, before, deadline }: Of<"status">): string {
  const from = before === null || before === status ? "" : `, after ${before}`;
  const until =
    deadline === null || status === "liquidatable" ? "" : `, liquidatable after ${isoTime(deadline)}`;
  return `is ${status}${until}${from}`;
}

const BOOKS: Readonly<Record<BookState, string>> = {
  good: "can be proven",
  expiring: "can be proven, and ends soon: have a new one attested",
  awaited: "is not attested yet: have it attested (zkmargin attest sign, relay)",
  "unknown-account":
    "is of an account that this deployment does not have: zkmargin attest open, or another account",
  "other-account": "names another sub-account, or is of another owner's: give the book of this account",
  "other-margin":
    "and the account are not both isolated, or both not: give the book as the account was opened",
  superseded: "is replaced by the attested one: give that, and start the keeper again",
  "other-book":
    "has another commitment than the attested one: it was changed after it was attested, or this is another secret",
  expired: "has expired: have a new one attested, and start the keeper again with it",
  broken: "has lost signatures that it needs, as attesters were revoked or rotated: have a new one attested",
  "sleeve-ended":
    "has a sleeve that proves no more health, as its time is over, its band is used up or it was voided: have a new book attested",
};

function bookWords({ state, attested, given, endsAt }: Of<"book">): string {
  const what = attested === null ? "none is attested" : `${attested} is attested`;
  const end = endsAt === null ? "" : `, until ${isoTime(endsAt)}`;
  return `book ${given} ${BOOKS[state]} (${what}${end})`;
}

const MARKET: Readonly<Record<MarketState, string>> = {
  usable: "the newest round can be proven against",
  "no-round": "nothing can be proven: there is no round yet; poke, or keep with --poke-after",
  paused: "nothing can be proven: the profile is paused",
  expired: "nothing can be proven: the profile has expired; a poke puts its fallback in force",
  "other-epoch": "nothing can be proven: there is no round of the present epoch; poke",
  stale: "nothing can be proven: the newest round is past the proving window; poke",
  outage: "nothing can be proven, and the gate calls every account unknown: the market is stale; poke",
};

function sourceWords({ reason, updatedAt, heartbeat }: SourceFault): string {
  const name = reason ?? "without a reason";
  return updatedAt === null || heartbeat === null
    ? name
    : `${name}, last updated ${isoTime(updatedAt)}, good for ${heartbeat} s`;
}

const REASONS: Readonly<Record<Of<"proven">["reason"], string>> = {
  first: "it had no proof",
  book: "the last proof was of another book",
  epoch: "the last proof was of another epoch",
  envelope: "prices have used up their share of the last envelope",
  age: "the last proof was getting old",
  breach: "a breach stands against it",
  call: "a margin call stands against it",
};

/** Why, without the book's own figures, which stay with the book's holder. */
const OBSTACLES: Readonly<Record<Obstacle, string>> = {
  unhealthy:
    "cannot be proven: its book is not above the health factor asked for, by the reference model; `zkmargin health` shows why",
  "below-call": "is proven, but not above what lifts the margin call",
  "no-round": "cannot be proven: no round can be proven against",
  "awaits-round": "needs a round after the newest: poke, or keep with --poke-after",
};

const SCOPES: Readonly<Record<Scope, string>> = {
  look: "looking at the chain",
  wait: "waiting for a transaction",
  resume: "carrying on with what was sent before",
  poke: "committing a round",
  prove: "proving",
  submit: "submitting proofs",
};

function times({ seen, since }: Pick<Of<"trouble">, "seen" | "since">): string {
  return `${plural(seen, "time")} since ${new Date(since).toISOString()}`;
}

function gwei(wei: bigint): string {
  return `${formatDecimal(wei, GWEI)} gwei`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
