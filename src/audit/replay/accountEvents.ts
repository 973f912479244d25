import type { ChainEvent } from "../../chain/eventLog/decode.js";
import type { AccountLog } from "./accountLog.js";
import type { AccountState } from "./accountState.js";
import { quoting } from "./amounts.js";
import { BookEvents } from "./bookEvents.js";
import { push } from "./bounded.js";
import { ClaimEvents } from "./claimEvents.js";
import type { EventPlace, Market, Report, Terms } from "./context.js";
import type { Disclosing } from "./disclosing.js";
import type { PendingProof } from "./proofs.js";
import type { Expected, ReplayState } from "./replayState.js";
import { applyAccountEvent } from "./vault.js";

type RegistryEvent = Extract<ChainEvent, { role: "bookRegistry" }>;
type GateEvent = Extract<ChainEvent, { role: "marginGate" }>;
type VaultEvent = Extract<ChainEvent, { role: "marginVault" }>;

/** Takes in events about accounts that are open. */
export class AccountEvents {
  readonly #terms: Terms;
  readonly #state: ReplayState;
  readonly #market: Market;
  readonly #books: BookEvents;
  readonly #claims: ClaimEvents;

  constructor(
    terms: Terms,
    state: ReplayState,
    market: Market,
    disclosing: Disclosing,
    onProof: (proof: PendingProof) => void,
  ) {
    this.#terms = terms;
    this.#state = state;
    this.#market = market;
    this.#books = new BookEvents(terms, state, disclosing);
    this.#claims = new ClaimEvents(state, market, disclosing, onProof);
  }

  /** Returns the event that must come next, if there is one. */
  apply(
    event: RegistryEvent | GateEvent | VaultEvent,
    account: AccountState,
    log: AccountLog,
    place: EventPlace,
  ): Expected | null {
    if (event.name !== "ProofAccepted") this.#claims.noClaimFollows(place.report);
    if (event.role === "bookRegistry") return this.#books.apply(event, account, log, place);
    if (event.role === "marginVault") return this.#vault(event, account, log, place);
    this.#claims.apply(event, account, log, place);
    return null;
  }

  /** Whatever had to follow in this block has. */
  endBlock(report: Report): void {
    this.#claims.noClaimFollows(report);
  }

  #vault(
    event: VaultEvent,
    account: AccountState,
    log: AccountLog,
    { block, report }: EventPlace,
  ): Expected | null {
    const terms = this.#terms.constants.vault;
    if (terms === null) {
      report("event-impossible", { account: account.account }, "no vault, as the head says", event.name);
      return null;
    }
    const { deployment } = this.#terms;
    const guarded = Object.values(deployment.sources).some(({ contract }) => contract === "SequencerGuard");
    const { time, number } = block;
    const quote = quoting(this.#state.vault, deployment, terms.settlement);
    const place = { market: this.#market, terms, time, block: number, guarded, report, quote };
    applyAccountEvent(this.#state.vault, account, event, place);
    this.#countVault(event, log, time);
    if (event.name !== "Taken") return null;
    const done = account.vault.auctions.get(event.fields.token)?.done === true;
    return done ? { name: "AuctionClosed", account: account.account } : null;
  }

  #countVault(event: VaultEvent, log: AccountLog, time: number): void {
    const running = (of: string) =>
      log.auctions.items.findLast(({ token, closedAt }) => token === of && closedAt === null);
    if (event.name === "Withdrawn") log.withdrawals++;
    else if (event.name === "Lent") log.loans++;
    else if (event.name === "AuctionStarted") {
      const { token, offered } = event.fields;
      const none = { sold: "0", paid: "0", repaid: "0", closedAt: null };
      push(log.auctions, { token, startedAt: time, offered: offered.toString(), ...none });
    } else if (event.name === "Taken") {
      const { token, amount, cost, repaid } = event.fields;
      const auction = running(token);
      if (auction === undefined) return;
      auction.sold = (BigInt(auction.sold) + amount).toString();
      auction.paid = (BigInt(auction.paid) + cost).toString();
      auction.repaid = (BigInt(auction.repaid) + repaid).toString();
    } else if (event.name === "AuctionClosed") {
      const auction = running(event.fields.token);
      if (auction !== undefined) auction.closedAt = time;
    }
  }
}
