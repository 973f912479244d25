import { interfaceOf } from "../../chain/binding.js";
import { clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import type { Transactions } from "../../chain/transactions/transactions.js";
import type { Done } from "../../chain/vault.js";
import { type RevealedBook, revealArguments } from "../liquidators/reveal.js";
import {
  type DefaultStep,
  defaultOf,
  defaultsOf,
  endClaim,
  type HouseDefault,
  houseTime,
  type MarketEnd,
  marketEnd,
  nextStep,
} from "./defaults.js";
import type { OpenHouse } from "./manifest.js";
import type { TransitionCall } from "./transitionCall.js";

const DEFAULTS = interfaceOf(clearingDefaults);

/** A step of a default that was sent; no receipt if the chain had it already. */
export interface StepDone {
  readonly step: DefaultStep["step"];
  readonly receipt: Awaited<Done>;
}

/** How far a default was brought. */
export interface Advanced {
  readonly done: readonly StepDone[];
  readonly of: HouseDefault | null;
  readonly end: MarketEnd;
  /** What comes next, and when; null if the default is over. */
  readonly next: DefaultStep | null;
}

/**
 * What one sender does in the defaults of a house. Anybody may be the sender: a reveal and a claim need a proof, a bid needs the
 * buyer's signed transition. All throw what Transactions.send throws.
 *
 * @example
 * ```ts
 * import { DefaultTransactions, openDefaults, openHouse } from "zkmargin/clearing";
 *
 * const opened = await openHouse(houseOpen, clearing);
 * const defaults = new DefaultTransactions(opened, houseTransactions);
 * for (const { account } of await openDefaults(opened)) await defaults.advance(account); // settles what is due
 * console.log(defaults.sender === houseMember.address); // true
 * ```
 */
export class DefaultTransactions {
  readonly #opened: OpenHouse;
  readonly #transactions: Transactions;

  constructor(opened: OpenHouse, transactions: Transactions) {
    [this.#opened, this.#transactions] = [opened, transactions];
  }

  get sender(): string {
    return this.#transactions.sender;
  }

  /** Starts the default of an account. {@link startable} says whether it may be started. */
  start(account: string): Done {
    return this.#send("start", [account], `start ${account}`, async () => {
      return (await defaultOf(this.#opened, account)) !== null;
    });
  }

  /** Makes the book of a frozen account public. */
  reveal(revealed: RevealedBook): Done {
    const { account, sequence } = revealed;
    const key = `reveal ${account} ${sequence}`;
    return this.#send("reveal", revealArguments(revealed), key, async () => {
      return (await defaultOf(this.#opened, account))?.auction != null;
    });
  }

  /**
   * Takes parts of an estate into the account of a transition.
   * @param parts hundredths
   * @param cash attodollars that the buyer pays; negative if it is paid
   * @param call the buyer's, signed by its owner
   */
  async bid(of: string, parts: number, cash: bigint, call: TransitionCall): Done {
    const { key } = await this.#bids(of, parts, call.account);
    return this.#sendAs(key, "bid", [of, BigInt(parts), cash, call]);
  }

  /**
   * Waits for a bid that an earlier run signed and did not see mined, so that nothing is bought twice.
   * @returns its receipt; null if there is none, or the house has refused it
   */
  async carryOnBid(of: string, parts: number, buyer: string): Done {
    const { key, underWay } = await this.#bids(of, parts, buyer);
    return underWay ? this.#transactions.carryOn(key) : null;
  }

  /** Goes on with a settlement, as far as can be now: the fund pays, or what is left is torn up and the default ends. */
  async settle(account: string): Done {
    const before = await defaultOf(this.#opened, account);
    const { endedAt } = await marketEnd(this.#opened);
    const stage = before?.fund.stage ?? "none";
    return this.#send("settle", [account], `settle ${account} ${stage} ${endedAt}`, async () => {
      const now = await defaultOf(this.#opened, account);
      return now === null || now.fund.stage === "none" || now.fund.stage !== stage;
    });
  }

  /** Closes the market for all but transitions that reduce. @param account whose book was not revealed in time */
  closeMarket(account: string): Done {
    return this.#send("closeMarket", [account], "closeMarket", async () => {
      return (await defaultsOf(this.#opened).closedAt()) !== 0n;
    });
  }

  /** Ends a market that has been closed for long enough. */
  endMarket(): Done {
    return this.#send("endMarket", [], "endMarket", async () => {
      return (await defaultsOf(this.#opened).endedAt()) !== 0n;
    });
  }

  /** Proves what an account's book is worth at the end of the market. */
  claim(revealed: RevealedBook): Done {
    const { account } = revealed;
    return this.#send("claimAtEnd", revealArguments(revealed), `claim ${account}`, async () => {
      return (await endClaim(this.#opened, account)).claim !== null;
    });
  }

  /** Pays a proven claim to the account's owner, once the time for claims is over. */
  payClaim(account: string): Done {
    return this.#send("payAtEnd", [account], `payAtEnd ${account}`, async () => {
      return (await endClaim(this.#opened, account)).paid !== null;
    });
  }

  /**
   * Sends every step of a default that is due now and that anybody may send: settling it, or closing and ending the market where
   * nobody reveals.
   * @param onStep told of each step before it is sent
   */
  async advance(account: string, onStep: (step: DefaultStep) => void = () => {}): Promise<Advanced> {
    const done: StepDone[] = [];
    for (;;) {
      const [of, end, now] = await Promise.all([
        defaultOf(this.#opened, account),
        marketEnd(this.#opened),
        houseTime(this.#opened),
      ]);
      const next = of === null ? null : nextStep(of, end);
      if (next === null || next.from > now) return { done, of, end, next };
      onStep(next);
      done.push({ step: next.step, receipt: await this.#step(next.step, account) });
    }
  }

  #step(step: DefaultStep["step"], account: string): Done {
    if (step === "settle") return this.settle(account);
    return step === "closeMarket" ? this.closeMarket(account) : this.endMarket();
  }

  #bids(of: string, parts: number, buyer: string) {
    return this.#transactions.occasion(`clearing ${this.#address} bid ${of} ${parts} ${buyer}`);
  }

  get #address(): string {
    return this.#opened.manifest.contracts.clearingDefaults.address;
  }

  #send(method: string, args: readonly unknown[], key: string, isDone: () => Promise<boolean>): Done {
    return this.#sendAs(`clearing ${this.#address} ${key}`, method, args, isDone);
  }

  #sendAs(key: string, method: string, args: readonly unknown[], isDone?: () => Promise<boolean>): Done {
    const data = DEFAULTS.encodeFunctionData(method, [...args]);
    const submission = { key, to: this.#address, data };
    return this.#transactions.send(isDone === undefined ? submission : { ...submission, isDone });
  }
}
