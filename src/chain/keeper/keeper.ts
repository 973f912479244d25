import { setTimeout as sleep } from "node:timers/promises";
import {
  NodeUnreachableError,
  NotProvableError,
  RevertedError,
  RoundMismatchError,
  TransactionPendingError,
} from "../../errors.js";
import type { VerificationKeyPoints } from "../../keys/points.js";
import { BPS } from "../../spec/bounds.js";
import type { Claim } from "../../spec/claim.js";
import type { OpenDeployment } from "../contracts.js";
import { poke } from "../poke.js";
import { reaching } from "../provider.js";
import { type Fold, foldMarket, type RoundMarket, roundMarket } from "../rounds.js";
import { accountStatus, marketStatus } from "../status.js";
import { type ProofPoints, type ProvenClaim, type SubmittedBatch, submitBatch } from "../submit.js";
import type { Transactions } from "../transactions/transactions.js";
import {
  type Action,
  DEFAULT_POLICY,
  decide,
  type KeeperPolicy,
  type KeeperState,
  type Reason,
} from "./decide.js";

/** What a keeper asks of whoever holds the books. */
export interface ProveRequest {
  readonly account: string;
  /** Of the attested book: a prover that has another does not prove. */
  readonly sequence: bigint;
  readonly commitment: bigint;
  readonly round: RoundMarket;
  /** Health factor to exceed, basis points: maintenance, or what lifts a margin call that stands. */
  readonly theta: number;
}

/** Proves a book healthy. @throws NotProvableError if it is not, or if the book is not the attested one */
export type Prove = (
  request: ProveRequest,
) => Promise<{ readonly claim: Claim; readonly proof: ProofPoints }>;

/** What a keeper has done or could not do, for whoever watches. */
export type KeeperEvent =
  | { readonly kind: "poked"; readonly round: bigint; readonly gas: bigint | null }
  | {
      readonly kind: "proven";
      readonly account: string;
      readonly round: bigint;
      readonly reason: Reason;
      readonly claim: Claim;
    }
  | { readonly kind: "unprovable"; readonly account: string; readonly round: bigint; readonly why: string }
  | { readonly kind: "submitted"; readonly batch: SubmittedBatch }
  | { readonly kind: "trouble"; readonly error: Error };

export interface KeeperOptions {
  readonly open: OpenDeployment;
  readonly transactions: Transactions;
  readonly key: VerificationKeyPoints;
  readonly accounts: readonly string[];
  readonly prove: Prove;
  readonly policy?: KeeperPolicy;
  readonly fold?: Fold;
  readonly onEvent?: (event: KeeperEvent) => void;
  /** Milliseconds between two looks; the connection's by default. */
  readonly interval?: number;
}

/**
 * Keeps accounts proven. It has no state that matters: what it must not do twice is in the journal of its
 * transactions, and everything else is asked of the chain, so that it can be ended and started at any moment.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  #ready: ProvenClaim[] = [];
  #unprovable: { account: string; round: bigint; sequence: bigint }[] = [];
  #market: RoundMarket | undefined;
  #resumed = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Looks and acts until `signal` is aborted. What may pass (a dropped node, a full mempool) does not end it. */
  async run(signal: AbortSignal): Promise<void> {
    const interval = this.#options.interval ?? this.#options.open.connection.pollingInterval;
    while (!signal.aborted) {
      try {
        await reaching(() => this.tick());
      } catch (error) {
        if (!mayPass(error)) throw error;
        this.#tell({ kind: "trouble", error });
      }
      await sleep(interval, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One look at the chain, and everything that it calls for. Returns what was done. */
  async tick(): Promise<Action[]> {
    const { open, transactions, accounts, policy = DEFAULT_POLICY } = this.#options;
    if (!this.#resumed) await transactions.resume();
    this.#resumed = true;
    const done: Action[] = [];
    // Each step changes what is to be done next: a poke makes a round to prove, a proof something to submit.
    for (let steps = 0; steps < 3; steps++) {
      const market = await marketStatus(open);
      const statuses = await Promise.all(
        accounts.map((account) => accountStatus(open, account, market.block)),
      );
      const state: KeeperState = {
        market,
        accounts: statuses,
        ready: this.#ready,
        unprovable: this.#unprovable,
      };
      const due = decide(state, policy);
      const actions = due.filter(({ kind }) => kind === due[0]?.kind);
      if (actions.length === 0) break;
      for (const action of actions) await this.#act(action, state);
      done.push(...actions);
    }
    return done;
  }

  async #act(action: Action, state: KeeperState): Promise<void> {
    const { open, transactions } = this.#options;
    if (action.kind === "poke") {
      const { number, gas } = await poke(open, transactions);
      this.#tell({ kind: "poked", round: number, gas });
    } else if (action.kind === "prove") await this.#prove(action, state);
    else {
      // Whatever becomes of them, they are not submitted again: accepted they are done, refused they are wrong now.
      const batch = await submitBatch(open, transactions, action.proofs);
      this.#ready = this.#ready.filter((proof) => !action.proofs.includes(proof));
      this.#tell({ kind: "submitted", batch });
    }
  }

  async #prove(
    { account, round, reason }: Action & { kind: "prove" },
    { accounts }: KeeperState,
  ): Promise<void> {
    const status = accounts.find((known) => known.account === account);
    if (status === undefined) return;
    const { sequence, commitment } = status.book;
    const theta = status.callRound === 0n ? Number(BPS) : status.callTheta;
    try {
      const market = await this.#marketOf(round);
      const { claim, proof } = await this.#options.prove({
        account,
        sequence,
        commitment,
        round: market,
        theta,
      });
      this.#ready = [
        ...this.#ready.filter((ready) => ready.account !== account),
        { account, round, sequence, claim, proof },
      ];
      this.#tell({ kind: "proven", account, round, reason, claim });
    } catch (error) {
      if (!(error instanceof NotProvableError)) throw error;
      this.#unprovable = [
        ...this.#unprovable.filter((found) => found.account !== account),
        { account, round, sequence },
      ];
      this.#tell({ kind: "unprovable", account, round, why: error.message });
    }
  }

  /** The market of a round; one is kept, as all accounts are proven at the same. */
  async #marketOf(number: bigint): Promise<RoundMarket> {
    const { open, key, fold = foldMarket } = this.#options;
    const { folded } = await open.contracts.marketLedger.roundAt(number);
    // A re-organisation can put another round under the same number.
    const kept = this.#market;
    if (kept?.number === number && kept.folded.x === folded.x && kept.folded.y === folded.y) return kept;
    this.#market = await roundMarket(open, number, key, fold);
    return this.#market;
  }

  #tell(event: KeeperEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** Whether a failure may be over at the next look. */
function mayPass(error: unknown): error is Error {
  return (
    error instanceof NodeUnreachableError ||
    error instanceof TransactionPendingError ||
    error instanceof RevertedError ||
    error instanceof RoundMismatchError
  );
}
