import { ChainError, InputError, JournalError, NodeUnreachableError } from "../../errors.js";
import type { StatusName } from "../../protocol/status.js";
import { Troubles } from "../keeper/watch.js";
import { type AccountStatus, accountStatus, marketStatus } from "../status.js";
import { pause } from "../untilAborted.js";
import { type AnswerOptions, BookAnswers, type Look } from "./answers.js";
import { type AttesterEvent, type AttesterHappening, levelOf } from "./events.js";
import type { Asked, RecordSource } from "./exchange.js";
import { Refusal } from "./nextBook.js";
import { longestBook } from "./terms.js";

/** The options of an attester's service: its wallet, its records, its policy. */
export interface AttesterOptions extends AnswerOptions {
  /** The accounts that it has records of, by their ids in small letters; asked at every look. */
  readonly records: () => Promise<ReadonlyMap<string, RecordSource>>;
  readonly inbox: () => Promise<readonly Asked[]>;
  /** Now, unix milliseconds. */
  readonly clock: () => number;
  readonly onEvent?: (event: AttesterEvent) => void;
  /** Milliseconds between two looks; the connection's by default. */
  readonly interval?: number;
}

/** The result of a look. */
export interface Served {
  readonly signed: number;
  readonly refusals: readonly Refusal[];
  readonly statuses: readonly StatusName[];
}

/**
 * An attester's service: it signs a new book of an account when one is due. One is due when a sleeve's band is used up, or a sleeve
 * or book ends soon. So it is when a sleeve was voided, or the shocks have changed. The service signs what its own records confirm,
 * and nothing else. It can be stopped and started at any moment, because its journal has each signature.
 */
export class Attester {
  readonly #options: AttesterOptions;
  readonly #interval: number;
  readonly #troubles = new Troubles();
  readonly #told = new Map<string, string>();
  readonly #answers: BookAnswers;
  #started = false;

  constructor(options: AttesterOptions) {
    this.#options = options;
    this.#answers = new BookAnswers(options, (happening) => this.#tell(happening));
    this.#interval = options.interval ?? options.open.connection.pollingInterval;
  }

  /** Looks and signs until `signal` is aborted. A node in trouble does not end it. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.tick().catch((error) => {
          if (!(error instanceof ChainError) || error instanceof JournalError) throw error;
        });
        await pause(this.#interval, signal);
      }
      this.#tell({ event: "stopped", reason: "asked" });
    } catch (error) {
      this.#tell({ event: "stopped", reason: "failed" });
      throw error;
    }
  }

  /**
   * Looks at the chain and the requests once, and signs what is due.
   * @throws ChainError for a node, key or journal in trouble, InputError for a list of records that cannot be read
   */
  async tick(): Promise<Served> {
    const { signed, clock } = this.#options;
    try {
      const served = await signed.exclusively(() => this.#serve());
      this.#tell(...this.#troubles.looked(clock()));
      return served;
    } catch (error) {
      if (error instanceof ChainError) this.#trouble(error);
      throw error;
    }
  }

  /** Tells what the connection waits for, in its words: once, and then counted. */
  waits(line: string): void {
    this.#trouble(new NodeUnreachableError(line));
  }

  #trouble(error: ChainError): void {
    const scope = error instanceof NodeUnreachableError ? "look" : "wait";
    this.#tell(...this.#troubles.saw(scope, error, error.name, this.#options.clock()));
  }

  async #serve(): Promise<Served> {
    const { open, inbox, outbox, records } = this.#options;
    const [market, known, asked] = [await marketStatus(open), await records(), await inbox()];
    const look = { market, known, longest: await longestBook(open) };
    if (!this.#started)
      this.#tell({ event: "started", attester: this.#answers.attester, accounts: known.size });
    this.#started = true;
    const refusals: Refusal[] = [];
    const seen = new Set<string>();
    let count = 0;
    for (const each of asked) {
      const { name } = each;
      const account = "request" in each ? each.request.account.toLowerCase() : null;
      try {
        if ("error" in each) throw new Refusal("unreadable", each.error.message);
        if (seen.has(each.request.account.toLowerCase()))
          throw new Refusal("repeated", "request: expected one of each account, got another of this one");
        seen.add(each.request.account.toLowerCase());
        count += await this.#answers.answer(name, each.request, look);
        this.#told.delete(name);
        await outbox.refuse(name, null);
      } catch (error) {
        const refusal = refusalOf(error);
        refusals.push(refusal);
        await outbox.refuse(name, refusal);
        const { code, message } = refusal;
        if (this.#isNews(name, `${code} ${message}`))
          this.#tell({ event: "refused", account, request: name, code, message });
      }
    }
    const statuses: StatusName[] = [];
    for (const account of known.keys()) {
      const status = await accountStatus(open, account, market.block);
      statuses.push(status.status);
      if (!seen.has(account)) await this.#askFor(status, look);
    }
    return { signed: count, refusals, statuses };
  }

  /** Tells that an account needs a new book, and nobody has asked for one. */
  async #askFor(status: AccountStatus, look: Look): Promise<void> {
    const { account, owner } = status;
    if (owner === null) return;
    const reason = await this.#answers.reasonToSign(status, look);
    if (reason === null) this.#told.delete(account);
    else if (this.#isNews(account, reason)) this.#tell({ event: "unasked", account, reason });
  }

  #isNews(subject: string, sign: string): boolean {
    const before = this.#told.get(subject);
    this.#told.set(subject, sign);
    return before !== sign;
  }

  #tell(...happenings: readonly AttesterHappening[]): void {
    const { clock, onEvent } = this.#options;
    for (const happening of happenings)
      onEvent?.({ account: null, ...happening, time: clock(), level: levelOf(happening) });
  }
}

/** Why a request is refused. @throws what is no fault of a request or a record */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (!(error instanceof InputError)) throw error;
  // Its words may name an instrument, or prices that tell one.
  const [part = "records"] = error.path.split(/[.[]/);
  return new Refusal(
    "unpriced",
    `${part}: expected what arrays can be made of, got ${error.name}; price the records to see where (zkmargin sleeve price)`,
  );
}
