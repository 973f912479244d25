import type { ChainEvent } from "../../chain/eventLog/decode.js";
import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import { type AccountLog, epochOf } from "./accountLog.js";
import type { AccountState } from "./accountState.js";
import { countOf } from "./bounded.js";
import { callOf } from "./calls.js";
import type { EventPlace, Report, Terms } from "./context.js";
import type { Disclosing } from "./disclosing.js";
import {
  attestBook,
  breakBook,
  cancelProposal,
  changeAttesters,
  proposeAttesters,
  revokeAttester,
} from "./registry.js";
import { COMMITMENTS_KEPT, type Expected, type ReplayState } from "./replayState.js";
import { checkSignatures } from "./signatures.js";

type RegistryEvent = Extract<ChainEvent, { role: "bookRegistry" }>;

/** Takes in what the registry says of an open account: its books and its attesters. */
export class BookEvents {
  readonly #terms: Terms;
  readonly #state: ReplayState;
  readonly #disclosing: Disclosing;

  constructor(terms: Terms, state: ReplayState, disclosing: Disclosing) {
    this.#terms = terms;
    this.#state = state;
    this.#disclosing = disclosing;
  }

  /** Returns the event that must come next, if there is one. */
  apply(
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
      case "AttestersProposed":
        proposeAttesters(this.#terms, account, event.fields, block.time, report);
        return null;
      case "ProposalCancelled":
        cancelProposal(account, report);
        return null;
      case "AttestersChanged":
        return broken(changeAttesters(account, event.fields, block.time, report));
      case "AttesterRevoked": {
        const call = callOf(block.calls, tx);
        const direct = call?.to === this.#terms.deployment.contracts.bookRegistry.address;
        return broken(revokeAttester(account, event.fields, direct ? call.from : null, block.time, report));
      }
      case "BookBroken":
        breakBook(account, countOf(event.fields.sequence), block.time, report);
        return null;
      default:
        return null;
    }
  }

  /** Each attester's signature counts once for a commitment. */
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
          "a commitment that this attester has signed before",
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
}
