import type { ChainEvent } from "../../chain/eventLog/decode.js";
import type { MarginGateEvents, Submission } from "../../chain/generated/MarginGate.js";
import { statusAt } from "../../protocol/status.js";
import type { ClaimRecord } from "../result.js";
import { type AccountLog, epochOf, noteLapse as noteLapseOf, replaceClaim } from "./accountLog.js";
import type { AccountState } from "./accountState.js";
import { countOf, push } from "./bounded.js";
import type { EventPlace, Market, Report } from "./context.js";
import type { Disclosing } from "./disclosing.js";
import { type Accepted, acceptClaim, type Lift, noteDefault, noteLapse } from "./gate.js";
import type { RoundHead } from "./ledgerState.js";
import { batchItem, type PendingProof, proofsOf } from "./proofs.js";
import type { PendingLift, ReplayState } from "./replayState.js";

type GateEvent = Extract<ChainEvent, { role: "marginGate" }>;
type ProofAccepted = MarginGateEvents["ProofAccepted"];
/** A claim on record, of which it is yet to be said whether its proof is valid. */
type Verifiable = Omit<ClaimRecord, "verified"> & { verified: boolean };

/** Takes in what the gate says of an open account: claims that it accepted, and what it wrote down. */
export class ClaimEvents {
  readonly #state: ReplayState;
  readonly #market: Market;
  readonly #disclosing: Disclosing;
  readonly #onProof: (proof: PendingProof) => void;
  #lift: PendingLift | null = null;

  /** @param onProof told of every proof that is in the record, to be verified */
  constructor(
    state: ReplayState,
    market: Market,
    disclosing: Disclosing,
    onProof: (proof: PendingProof) => void,
  ) {
    this.#state = state;
    this.#market = market;
    this.#disclosing = disclosing;
    this.#onProof = onProof;
  }

  apply(event: GateEvent, account: AccountState, log: AccountLog, place: EventPlace): void {
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

  /** Whatever comes next, or the end of the block, is no claim of health: a lift of marks should have been followed by one. */
  noClaimFollows(report: Report): void {
    if (this.#lift !== null)
      report(
        "event-missing",
        { account: this.#lift.account },
        "the claim of health that lifts marks",
        "none",
      );
    this.#lift = null;
  }

  #accept(event: ProofAccepted, account: AccountState, log: AccountLog, place: EventPlace): void {
    const { block, tx, report } = place;
    // How the claim before stood until now, before it is replaced.
    noteLapseOf(log, statusAt(this.#market, account, block.time));
    this.#state.coverage.proofs++;
    const accepted = acceptClaim(this.#market, account, event, block.time, report);
    this.#checkLift(event, accepted?.lift ?? { breach: false, call: false }, report);
    const submissions = proofsOf(event, block.calls, tx, report);
    if (accepted === null) return;
    const { claim, round } = accepted;
    if (claim.healthy) replaceClaim(log, block.time);
    const record = this.#record(event, accepted, log, place);
    if (round === null) return;
    this.#disclosing.accepted(this.#state, account, log, claim, round, report);
    this.#verifyLater(submissions, { account, round, record }, place);
  }

  /** Puts an accepted claim on the account's record. */
  #record(
    event: ProofAccepted,
    { claim, round }: Accepted,
    log: AccountLog,
    { block }: EventPlace,
  ): Verifiable {
    const { healthy, theta, envelope } = claim;
    const record = {
      time: block.time,
      block: block.number,
      round: countOf(event.round),
      roundTime: round?.time ?? block.time,
      sequence: countOf(event.sequence),
      epoch: round?.epoch ?? this.#state.profile.epoch,
      healthy,
      theta,
      envelope,
      lapsedAt: null,
      lapsedBy: null,
      verified: false,
    };
    push(log.claims, record);
    const epoch = epochOf(log);
    if (epoch !== undefined) {
      if (healthy) epoch.proofsOfHealth++;
      else epoch.proofsOfIllHealth++;
    }
    return record;
  }

  #verifyLater(
    submissions: readonly Submission[],
    {
      account,
      round,
      record,
    }: { readonly account: AccountState; readonly round: RoundHead; readonly record: Verifiable },
    { block, logIndex }: EventPlace,
  ): void {
    if (submissions.length === 0) return;
    this.#onProof({
      candidates: submissions.map((each) => batchItem(each, account.book.commitment, round.folded)),
      place: { block: block.number, time: block.time, logIndex },
      about: {
        account: account.account,
        epoch: round.epoch,
        round: round.number,
        sequence: record.sequence,
      },
      verified: () => {
        record.verified = true;
      },
    });
  }

  #checkLift({ account, round }: ProofAccepted, lift: Lift, report: Report): void {
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
}
