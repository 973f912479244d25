import type { ChainEvent } from "../../chain/eventLog/decode.js";
import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import type { MarginGateEvents } from "../../chain/generated/MarginGate.js";
import { type AccountLog, epochOf, noteLapse as noteLapseOf, replaceClaim } from "./accountLog.js";
import type { AccountState } from "./accountState.js";
import { assessAt, type Market } from "./assess.js";
import { isRaised } from "./auctionEvents.js";
import { push } from "./bounded.js";
import type { Report, Terms } from "./context.js";
import { countOf } from "./counting.js";
import type { Disclosing } from "./disclosing.js";
import type { EventPlace } from "./events.js";
import { acceptClaim, noteDefault, noteLapse } from "./gate.js";
import { batchItem, type PendingProof, proofsOf } from "./proofs.js";
import {
  attestBook,
  breakBook,
  cancelProposal,
  changeAttestors,
  proposeAttestors,
  revokeAttestor,
} from "./registry.js";
import { COMMITMENTS_KEPT, type Expected, type PendingLift, type ReplayState } from "./replayState.js";
import { checkSignatures } from "./signatures.js";
import { applyAccountEvent } from "./vault.js";

type RegistryEvent = Extract<ChainEvent, { role: "bookRegistry" }>;
type GateEvent = Extract<ChainEvent, { role: "marginGate" }>;
type VaultEvent = Extract<ChainEvent, { role: "marginVault" }>;

/** Takes in events about accounts that are open. */
export class AccountEvents {
  readonly #terms: Terms;
  readonly #state: ReplayState;
  readonly #market: Market;
  readonly #disclosing: Disclosing;
  readonly #onProof: (proof: PendingProof) => void;
  #lift: PendingLift | null = null;

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
    this.#disclosing = disclosing;
    this.#onProof = onProof;
  }

  /** Returns the event that must come next, if there is one. */
  apply(
    event: RegistryEvent | GateEvent | VaultEvent,
    account: AccountState,
    log: AccountLog,
    place: EventPlace,
  ): Expected | null {
    if (this.#lift !== null && event.name !== "ProofAccepted") this.endBlock(place.report);
    if (event.role === "bookRegistry") return this.#registry(event, account, log, place);
    if (event.role === "marginGate") this.#gate(event, account, log, place);
    else return this.#vault(event, account, log, place);
    return null;
  }

  /** A lift of marks that no claim of health followed. */
  endBlock(report: Report): void {
    if (this.#lift !== null)
      report(
        "event-missing",
        { account: this.#lift.account },
        "the claim of health that lifts marks",
        "none",
      );
    this.#lift = null;
  }

  #registry(
    event: RegistryEvent,
    account: AccountState,
    log: AccountLog,
    { block, tx, report, logIndex }: EventPlace,
  ): Expected | null {
    const broken = (isBroken: boolean): Expected | null =>
      isBroken ? { name: "BookBroken", account: account.account } : null;
    switch (event.name) {
      case "BookAttested": {
        this.#checkOnce(event.fields, report);
        attestBook(this.#terms, account, event.fields, this.#state.profile, block.time, report);
        this.#countBook(event.fields, log, block, tx, report);
        const place = { block: block.number, time: block.time, logIndex };
        this.#disclosing.attested(this.#state, account, log, place, report);
        return null;
      }
      case "AttestorsProposed":
        proposeAttestors(this.#terms, account, event.fields, block.time, report);
        return null;
      case "ProposalCancelled":
        cancelProposal(account, report);
        return null;
      case "AttestorsChanged":
        return broken(changeAttestors(account, event.fields, block.time, report));
      case "AttestorRevoked": {
        const call = block.calls.find((each) => each.tx === tx);
        const direct = call?.to === this.#terms.deployment.contracts.bookRegistry.address;
        return broken(revokeAttestor(account, event.fields, direct ? call.from : null, block.time, report));
      }
      case "BookBroken":
        breakBook(account, countOf(event.fields.sequence), block.time, report);
        return null;
      default:
        return null;
    }
  }

  /** Each attestor's signature counts once for a commitment. */
  #checkOnce(
    { account, sequence, commitment, signers }: BookRegistryEvents["BookAttested"],
    report: Report,
  ): void {
    const { commitments } = this.#state;
    for (const signer of signers) {
      const key = `${signer} ${commitment.toString(16)}`;
      if (commitments.has(key))
        report(
          "commitment-reused",
          { account, sequence: countOf(sequence) },
          `a commitment new to ${signer}`,
          "one of before",
        );
      commitments.add(key);
    }
    for (const oldest of commitments) {
      if (commitments.size <= COMMITMENTS_KEPT) break;
      commitments.delete(oldest);
    }
  }

  #countBook(
    event: BookRegistryEvents["BookAttested"],
    log: AccountLog,
    block: EventPlace["block"],
    tx: number,
    report: Report,
  ): void {
    const { coverage } = this.#state;
    const { seen, byContracts } = checkSignatures(this.#terms, event, block, tx, report);
    coverage.books++;
    if (seen) coverage.booksWithSignatures++;
    coverage.contractSignatures += byContracts;
    log.attested++;
    if (log.firstSequence === 0) log.firstSequence = countOf(event.sequence);
    const epoch = epochOf(log);
    if (epoch !== undefined) epoch.books++;
  }

  #gate(event: GateEvent, account: AccountState, log: AccountLog, place: EventPlace): void {
    const { block, report } = place;
    switch (event.name) {
      case "MarksLifted": {
        const { account: id, round, breach, call } = event.fields;
        this.#lift = { account: id, round: countOf(round), breach, call };
        return;
      }
      case "LapseNoted":
        noteLapse(this.#market, account, countOf(event.fields.lapsedAt), block.time, report);
        return;
      case "DefaultNoted":
        noteDefault(this.#market, account, countOf(event.fields.round), block.time, report);
        return;
      case "ProofAccepted":
        this.#accept(event.fields, account, log, place);
        return;
    }
  }

  #accept(
    event: MarginGateEvents["ProofAccepted"],
    account: AccountState,
    log: AccountLog,
    { block, tx, logIndex, report }: EventPlace,
  ): void {
    const { coverage } = this.#state;
    // How the claim before stood until now, before it is replaced.
    noteLapseOf(log, assessAt(this.#market, account, block.time));
    coverage.proofs++;
    const accepted = acceptClaim(this.#market, account, event, block.time, report);
    this.#checkLift(event, accepted?.lift ?? { breach: false, call: false }, report);
    const submissions = proofsOf(event, block.calls, tx, report);
    if (accepted === null) return;
    const { claim, round } = accepted;
    if (claim.healthy) replaceClaim(log, block.time);
    const record = {
      time: block.time,
      block: block.number,
      round: countOf(event.round),
      roundTime: round?.time ?? block.time,
      sequence: countOf(event.sequence),
      epoch: round?.epoch ?? this.#state.profile.epoch,
      healthy: claim.healthy,
      theta: claim.theta,
      envelope: claim.envelope,
      lapsedAt: null,
      lapsedBy: null,
      verified: false,
    };
    push(log.claims, record);
    const epoch = epochOf(log);
    if (epoch !== undefined) {
      if (claim.healthy) epoch.proofsOfHealth++;
      else epoch.proofsOfIllHealth++;
    }
    if (round === null) return;
    this.#disclosing.accepted(this.#state, account, log, claim, round, report);
    if (submissions.length === 0) return;
    this.#onProof({
      candidates: submissions.map((each) => batchItem(each, account.book.commitment, round.folded)),
      place: { block: block.number, time: block.time, logIndex },
      about: {
        account: account.account,
        epoch: round.epoch,
        round: round.number,
        sequence: countOf(event.sequence),
      },
      verified: () => {
        record.verified = true;
      },
    });
  }

  #checkLift(
    { account, round }: MarginGateEvents["ProofAccepted"],
    lift: { readonly breach: boolean; readonly call: boolean },
    report: Report,
  ): void {
    const said = this.#lift;
    this.#lift = null;
    const about = { account, round: countOf(round) };
    if (said === null) {
      if (lift.breach || lift.call)
        report("event-missing", about, "that the claim lifts marks", "no word of it");
    } else if (
      said.account !== account ||
      said.round !== countOf(round) ||
      said.breach !== lift.breach ||
      said.call !== lift.call
    )
      report("event-impossible", about, "marks lifted by what the claim is", "others");
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
    const place = { market: this.#market, terms, time: block.time, report };
    applyAccountEvent(this.#state.vault, account, event, place);
    this.#countVault(event, log, block.time);
    const { auction, debt } = account.vault;
    if (event.name !== "Taken" || auction === null) return null;
    const over = auction.left === 0n || isRaised(auction, debt, block.time, terms);
    return over ? { name: "AuctionClosed", account: account.account } : null;
  }

  #countVault(event: VaultEvent, log: AccountLog, time: number): void {
    const auction = log.auctions.items.at(-1);
    if (event.name === "Withdrawn") log.withdrawals++;
    else if (event.name === "Lent") log.loans++;
    else if (event.name === "AuctionStarted") {
      const { token, offered } = event.fields;
      const none = { sold: "0", paid: "0", repaid: "0", closedAt: null };
      push(log.auctions, { token, startedAt: time, offered: offered.toString(), ...none });
    } else if (event.name === "Taken" && auction !== undefined) {
      const { amount, cost, repaid } = event.fields;
      auction.sold = (BigInt(auction.sold) + amount).toString();
      auction.paid = (BigInt(auction.paid) + cost).toString();
      auction.repaid = (BigInt(auction.repaid) + repaid).toString();
    } else if (event.name === "AuctionClosed" && auction !== undefined) auction.closedAt = time;
  }
}
