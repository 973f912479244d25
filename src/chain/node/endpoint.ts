import { randomInt } from "node:crypto";
import { NodeUnreachableError } from "../../errors.js";
import { type Asked, type Trouble, troubleOfSocket, type Verdict, verdictsOf } from "./answers.js";

/** Where time and chance come from. */
export interface NodeClock {
  /** Milliseconds since whatever moment. */
  now(): number;
  /** Ends early once `signal` is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

const CHANCES = 2 ** 20;

/** Real time, which no change of the system's date moves, and real chance. */
export const SYSTEM_CLOCK: NodeClock = {
  now: () => performance.now(),
  // Each request has one: a promise that rejects when it ends early costs more than the request.
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      if (signal.aborted) end();
      else signal.addEventListener("abort", end);
    }),
  random: () => randomInt(CHANCES) / CHANCES,
};

/** Shortest part of a URL that is taken for a key, characters: shorter ones, such as "v2", are words. */
const KEY_LENGTH = 6;

/** A wait that no node asked for is no longer, milliseconds. */
const LONGEST_WAIT = 8_000;
/** Milliseconds after which something is told. */
export const SILENCE = 8_000;
/** Shortest wait that is told of whatever was told before, milliseconds. */
const TOLD_WAIT = 1_000;

export interface AskSettings {
  /** Milliseconds that one request may take. */
  readonly timeout: number;
  /** Told, in a line, what a request waits for. Short waits are worth a line only after a silence. */
  readonly tell: (line: string, isShort?: boolean) => void;
  readonly clock: NodeClock;
  /** Ends requests and waits. */
  readonly signal: AbortSignal;
}

/** One URL of a node, and how it has behaved. */
export class Endpoint {
  /** The host, and the port where one is named: all of the URL that may be told. */
  readonly host: string;
  /** The host without the port. */
  readonly hostname: string;
  /** Whether it has said that it is of the chain that is asked about. */
  verified = false;
  /** When it may be asked again, by the clock. */
  notBefore = 0;
  /** Troubles since its last good answer. */
  strikes = 0;
  /** The last that it was in. */
  trouble: Trouble | undefined;
  #struck = 0;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #secrets: readonly string[];

  /** @param url of http or https */
  constructor(url: URL) {
    const { username, password } = url;
    this.host = url.host;
    this.hostname = url.hostname;
    this.#secrets = [username, password, ...url.pathname.split("/"), ...url.searchParams.values()]
      .flatMap((part) => [part, decodeURIComponent(part)])
      .filter(({ length }) => length >= KEY_LENGTH);
    const authorization = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64")}`;
    this.#headers = {
      "content-type": "application/json",
      ...(username === "" && password === "" ? {} : { authorization }),
    };
    const bare = new URL(url);
    bare.username = bare.password = "";
    this.#url = bare.href;
  }

  /** Asks all at once, waits `timeout` milliseconds at most for the whole of the answer, and tells of a long wait. */
  async ask(asked: readonly Asked[], { timeout, clock, tell, signal }: AskSettings): Promise<Verdict[]> {
    const requests = asked.map(({ id, method, params }) => ({ jsonrpc: "2.0", id, method, params }));
    const ended = new AbortController();
    const stop = new AbortController();
    const end = () => stop.abort();
    if (signal.aborted) end();
    signal.addEventListener("abort", end);
    const watching = this.#watch(
      asked[0]?.method ?? "a request",
      { timeout, clock, tell },
      ended.signal,
    ).then((isOver) => isOver && end());
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: this.#headers,
        body: JSON.stringify(requests.length === 1 ? requests[0] : requests),
        // A redirection would take the key that is in the URL or the header elsewhere.
        redirect: "manual",
        signal: stop.signal,
      });
      const { status, headers } = response;
      const [retryAfter, date] = [headers.get("retry-after"), headers.get("date")];
      const answer = { status, retryAfter, date, body: await response.text() };
      return verdictsOf(asked, answer, (text) => this.#redacted(text));
    } catch (error) {
      const trouble: Trouble = stop.signal.aborted
        ? { what: `no answer within ${timeout / 1_000} s`, kind: "passing" }
        : troubleOfSocket(error);
      return asked.map(() => ({ trouble }));
    } finally {
      ended.abort("the request has ended");
      signal.removeEventListener("abort", end);
      await watching;
    }
  }

  /** Tells of a request while it hangs. Returns whether its time is over, false if it has ended before. */
  async #watch(
    method: string,
    { timeout, clock, tell }: Omit<AskSettings, "signal">,
    ended: AbortSignal,
  ): Promise<boolean> {
    for (let waited = 0; ; ) {
      const wait = Math.min(SILENCE, timeout - waited);
      await clock.sleep(wait, ended);
      if (ended.aborted) return false;
      waited += wait;
      if (waited >= timeout) return true;
      tell(`node ${this.host}: no answer to ${method} for ${waited / 1_000} s; it has ${timeout / 1_000} s`);
    }
  }

  /**
   * Notes trouble, and from when on it may be asked again: later each time, and not all at the same moment.
   * @param begun when it was asked: requests side by side that meet the same trouble count once
   */
  strike(trouble: Trouble, firstWait: number, clock: NodeClock, begun: number): void {
    const now = clock.now();
    this.trouble = trouble;
    if (begun >= this.#struck) {
      const wait = Math.min(firstWait * 2 ** this.strikes, LONGEST_WAIT) * (0.5 + clock.random() / 2);
      this.strikes++;
      this.#struck = now;
      this.notBefore = now + wait;
    }
    this.notBefore = Math.max(this.notBefore, now + (trouble.retryAfter ?? 0));
  }

  /**
   * Waits until it may be asked, and tells of it where that is long. Returns false, and at once, where that is after
   * `until`, by the clock.
   */
  async isDue(method: string, until: number, { clock, tell, signal }: AskSettings): Promise<boolean> {
    for (;;) {
      const wait = this.notBefore - clock.now();
      if (wait <= 0) return true;
      if (this.notBefore > until || signal.aborted) return false;
      const next = wait < TOLD_WAIT ? "asking again" : `asking again in ${Math.ceil(wait / 1_000)} s`;
      tell(
        `node ${this.host}: got ${this.trouble?.what} in place of an answer to ${method}; ${next}`,
        wait < TOLD_WAIT,
      );
      await clock.sleep(Math.min(wait, SILENCE), signal);
    }
  }

  /** A node's words without what may be a key: some quote the URL that they were asked by. */
  #redacted(text: string): string {
    return this.#secrets.reduce((words, secret) => words.replaceAll(secret, "…"), text);
  }
}

/**
 * The error once nothing is left to try: what each node answered, by its host, and what to do.
 * @param over whether every node refuses the request, or patience, milliseconds, is over
 */
export function unreachable(
  method: string,
  heard: ReadonlyMap<Endpoint, Trouble>,
  over: "refused" | "patience",
  patience: number,
): NodeUnreachableError {
  const nodes = [...heard].map(
    ([{ host }, { what }], i) =>
      `node ${host}: ${i === 0 ? `expected an answer to ${method}, ` : ""}got ${what}`,
  );
  const todo = [...heard.values()].map((trouble) => trouble.todo).find((text) => text !== undefined);
  const end =
    over === "refused"
      ? (todo ?? "it answers other requests; give another --rpc")
      : `${todo ?? "is it up?"} Given up after ${patience / 1_000} s of it; run again to carry on`;
  const [first] = heard.values();
  return new NodeUnreachableError(`${nodes.join("; ")}; ${end}`, first?.kind);
}
