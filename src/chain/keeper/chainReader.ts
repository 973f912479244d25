import { setTimeout as sleep } from "node:timers/promises";
import type { OpenDeployment } from "../contracts.js";
import { accountStatus, type MarketStatus, marketStatus, type SourceFault, sourceFaults } from "../status.js";
import { askedFees } from "../transactions/fees.js";
import type { Transactions } from "../transactions/transactions.js";
import type { Look } from "./watch.js";

/** What one look reads from the chain; how the given books compare with it is added later. */
export type Reading = Omit<Look, "books">;

/** Seconds of the chain between two questions to the sources while rounds can be proven. */
const SOURCES_EVERY = 60n;
/** Looks that a node may be behind what was seen of the chain, before it is another chain that it shows. */
const LOOKS_BEHIND = 20;

/**
 * Reads everything that a keeper decides by, at one block. The block is never older than one it has seen, unless the
 * chain was re-organised.
 */
export class ChainReader {
  readonly #open: OpenDeployment;
  readonly #accounts: readonly string[];
  readonly #transactions: Transactions;
  readonly #waits: (line: string) => void;
  #last: { readonly hash: string; readonly reading: Reading } | undefined;
  #sources:
    | { readonly at: bigint; readonly usable: boolean; readonly faults: readonly SourceFault[] }
    | undefined;
  /** The newest block that was seen or that holds something of ours. */
  #newest = 0;

  /** @param waits told, in a line, why it waits */
  constructor(
    {
      open,
      accounts,
      transactions,
    }: { open: OpenDeployment; accounts: readonly string[]; transactions: Transactions },
    waits: (line: string) => void,
  ) {
    this.#open = open;
    this.#accounts = accounts;
    this.#transactions = transactions;
    this.#waits = waits;
  }

  /** Something of ours was mined in this block; null for nothing. */
  ours(block: number | null): void {
    this.#newest = Math.max(this.#newest, block ?? 0);
  }

  /**
   * Asks the chain, or remembers what it said of the block that still is its newest.
   * @param interval milliseconds to wait for a node that is behind
   * @throws NodeUnreachableError
   */
  async read(interval: number): Promise<Reading> {
    const { provider } = this.#open.connection;
    for (let behind = 0; ; behind++) {
      const newest = await provider.getBlock("latest");
      const [hash, number] = [newest?.hash ?? "", newest?.number ?? 0];
      if (number >= this.#newest || behind === LOOKS_BEHIND) {
        this.#newest = number;
        if (this.#last?.hash !== hash) this.#last = { hash, reading: await this.#ask() };
        return this.#last.reading;
      }
      this.#waits(`node: expected block ${this.#newest} or one after it, got ${number}; it is behind`);
      await sleep(interval);
    }
  }

  async #ask(): Promise<Reading> {
    const { provider } = this.#open.connection;
    const market = await marketStatus(this.#open);
    const [accounts, faults, balance, { least }] = await Promise.all([
      Promise.all(this.#accounts.map((account) => accountStatus(this.#open, account, market.block))),
      this.#faults(market),
      provider.getBalance(this.#transactions.sender),
      askedFees(provider),
    ]);
    const purse = { balance, fee: least, cap: this.#transactions.feeCap };
    return { market, accounts, faults, purse };
  }

  /** Which sources refuse: asked now and then, at every block while no round can be proven, and once it can again. */
  async #faults({ block, time, usable }: MarketStatus): Promise<readonly SourceFault[]> {
    const last = this.#sources;
    const age = time - (last?.at ?? 0n);
    if (last?.usable && usable && age >= 0n && age < SOURCES_EVERY) return last.faults;
    const faults = await sourceFaults(this.#open, block);
    this.#sources = { at: time, usable, faults };
    return faults;
  }
}
