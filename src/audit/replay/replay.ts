import { differences } from "../../chain/eventLog/chainState.js";
import type { LogBlock, LogEnd, LogHead } from "../../chain/eventLog/record.js";
import { decodeEvent } from "../../chain/eventLog/record.js";
import { decodeSideEvent, isSide } from "../../chain/eventLog/sides.js";
import { isMarked, STATUS_NAMES } from "../../protocol/status.js";
import { isSerious } from "../findings.js";
import type { Audit, Finding } from "../result.js";
import type { AccountState } from "./account.js";
import { type AccountLog, epochOf, passTime, recordStatus } from "./account.js";
import { auditOf, type KeyStory } from "./audit.js";
import { BATCH, type PendingProof } from "./callData.js";
import { type About, addFinding, type Basis, findingAt, type Place, type Report } from "./context.js";
import { compareLines } from "./creditLines.js";
import { DisclosedBooks } from "./disclosedBooks.js";
import { governedBy } from "./governance.js";
import { applyEvent, endBlock, type ReplayContext } from "./handlers.js";
import { checkHead } from "./head.js";
import { derivedMarket, ownMarket } from "./ledger.js";
import { type Openings, scopeKey } from "./openings.js";
import { newReplay, type ReplayState } from "./replayState.js";
import { Sides } from "./sides.js";

/** Proofs wait at most so many blocks to be verified with others; a replay can be written down whenever none waits. */
const BLOCKS_BETWEEN_STOPS = 256;

/** No contract emits a longer list: the words of a profile are the longest. */
const MOST_IN_LIST = 1_024;

/** What a replay is given beside the log. */
export interface ReplayOptions {
  readonly key: KeyStory;
  readonly openings: Openings;
  /** Whether the result has the positions of disclosed books. */
  readonly composition: boolean;
  /** Told of every finding, also of those that a result leaves out. */
  readonly onFinding?: (finding: Finding) => void;
}

/** Re-derives everything from a log, block by block, and notes what does not fit. */
export class Replay {
  readonly state: ReplayState;
  readonly #head: LogHead;
  readonly #options: ReplayOptions;
  readonly #context: ReplayContext;
  readonly #sides: Sides;
  /** Accounts whose status changes of itself, as time passes and prices move. */
  readonly #active = new Map<string, readonly [AccountState, AccountLog]>();
  #pending: PendingProof[] = [];

  /** @param resumed what a replay of the same log had come to */
  constructor(head: LogHead, verifier: Basis["verifier"], options: ReplayOptions, resumed?: ReplayState) {
    this.#head = head;
    this.#options = options;
    this.state = resumed ?? newReplay(head);
    const { openings, composition } = options;
    const basis = { ...head, verifier };
    const { profile, baseProfile, ledger } = this.state;
    this.#context = {
      basis,
      market:
        baseProfile === null
          ? ownMarket(basis, profile, ledger)
          : derivedMarket(basis, profile, baseProfile, ledger),
      governed: governedBy(head.deployment),
      disclosed: new DisclosedBooks(basis, this.state, openings, composition),
      verifyLater: (proof) => this.#pending.push(proof),
      touched: new Set(),
      awaited: { event: null, claim: null, support: null },
    };
    this.#sides = new Sides(basis, this.state);
    if (resumed === undefined) this.#begin();
    else for (const [key, fate] of resumed.fates) openings.fates.set(key, fate);
    this.#activate(this.state.accounts.keys());
  }

  #begin(): void {
    const report = this.#reportAt({ block: 0, time: 0, logIndex: null });
    checkHead(this.#head, this.#options.key.named, report);
    for (const { about, expected, got } of this.#options.openings.contradictions)
      report("opening-contradiction", about, expected, got);
    this.state.coverage.openings = this.#options.openings.size;
  }

  /** Takes a block in. */
  block(block: LogBlock): void {
    const { state } = this;
    const place = { block: block.number, time: block.time, logIndex: null };
    if (!this.#follows(block, this.#reportAt(place))) return;
    const { market, touched } = this.#context;
    for (const [account, log] of this.#active.values()) passTime(market, account, log, block.time);
    state.first ??= { number: block.number, time: block.time };
    state.last = { number: block.number, hash: block.hash, time: block.time };
    state.coverage.blocks++;
    this.#eventsOf(block, place);
    this.#activate(touched);
    touched.clear();
    for (const [account, log] of this.#active.values()) recordStatus(market, account, log, block.time);
    this.#compareAnswers(block, this.#reportAt(place));
    this.#compareCounts(block, this.#reportAt(place));
    if (this.#pending.length >= BATCH) this.verifyPending();
    if (this.atStop) this.verifyPending();
  }

  /** Accounts that were never proven of have no status that could change: there may be any number of them. */
  #activate(ids: Iterable<string>): void {
    for (const id of ids) {
      const [account, log] = [this.state.accounts.get(id), this.state.logs.get(id)];
      if (account === undefined || log === undefined) continue;
      if (account.health !== null || isMarked(account)) this.#active.set(id, [account, log]);
    }
  }

  /** Whether everything so far can be written down: nothing waits. */
  get atStop(): boolean {
    return this.state.coverage.blocks % BLOCKS_BETWEEN_STOPS === 0;
  }

  /** Verifies the proofs that wait. */
  verifyPending(): void {
    const items = this.#pending.flatMap(({ candidates }) => candidates);
    const invalid = new Set(this.#context.basis.verifier.invalid(items));
    let first = 0;
    for (const { candidates, place, about, verified } of this.#pending) {
      const isValid = candidates.some((_, i) => !invalid.has(first + i));
      first += candidates.length;
      this.state.coverage.proofsVerified++;
      if (isValid) verified();
      else
        this.#reportAt(place)(
          "proof-invalid",
          about,
          "a proof that is valid for its book, claim and round",
          "one that is not",
        );
    }
    this.#pending = [];
  }

  /**
   * What all of it comes to.
   * @param end the log's last line; null if it is not there
   * @param digest of the log's text before its last line
   * @param goesOn whether there is text after it
   */
  finish(end: LogEnd | null, digest: string, goesOn = false): Audit {
    this.verifyPending();
    const { state } = this;
    const place = { block: state.last?.number ?? 0, time: state.last?.time ?? 0, logIndex: null };
    const report = this.#reportAt(place);
    if (end === null) report("log-truncated", {}, "a last line with the log's digest", "none");
    else if (
      end.digest !== digest ||
      end.blocks !== state.coverage.blocks ||
      end.events !== state.coverage.events
    )
      report(
        "log-altered",
        {},
        `the digest ${end.digest} and as many blocks and events as it says`,
        "others",
      );
    if (goesOn) report("log-altered", {}, "nothing after the log's last line", "more text");
    this.#judgeOpenings(report);
    for (const [id, account] of state.accounts) {
      const log = state.logs.get(id);
      if (log !== undefined) recordStatus(this.#context.market, account, log, place.time);
    }
    return auditOf(this.#head, state, this.#options.key, digest);
  }

  /** The state to be written down; see {@link atStop}. */
  snapshot(): ReplayState {
    this.state.fates = [...this.#options.openings.fates];
    return this.state;
  }

  /** Whether a block comes after those before it; one that does not is left out. */
  #follows({ number, parent, time }: LogBlock, report: Report): boolean {
    const { last } = this.state;
    if (last === null) return true;
    const next = number > last.number && time >= last.time;
    const wrong = !next || (number === last.number + 1 && parent !== last.hash);
    if (wrong)
      report(
        "block-chain-broken",
        {},
        `a block after ${last.number} and ${last.time}${number === last.number + 1 ? `, with parent ${last.hash}` : ""}`,
        `block ${number} at ${time}${number === last.number + 1 ? `, with parent ${parent}` : ""}`,
      );
    return next;
  }

  #eventsOf(block: LogBlock, place: Place): void {
    let before = { index: -1, tx: -1 };
    const inOrder = [...block.events].sort((a, b) => a.index - b.index);
    if (inOrder.some((event, i) => event !== block.events[i]))
      this.#reportAt(place)("event-order", {}, "events in the order of their places", "another order");
    for (const event of inOrder) {
      const report = this.#reportAt({ ...place, logIndex: event.index });
      this.state.coverage.events++;
      if (event.index === before.index || event.tx < before.tx) {
        report("event-order", {}, "each event once, and in the order of transactions", "another order");
        if (event.index === before.index) continue;
      }
      before = event;
      const here = { block, tx: event.tx, report };
      if (isSide(event)) {
        const side = decodeSideEvent(event);
        if (side === undefined)
          report("event-impossible", {}, `an event that ${event.role} can emit`, "another");
        else this.#sides.apply(side, here);
        continue;
      }
      const decoded = decodeEvent(event);
      const lists = Object.values(decoded?.fields ?? {}).filter((field) => Array.isArray(field));
      if (decoded === undefined || lists.some(({ length }) => length > MOST_IN_LIST))
        report("event-impossible", {}, `an event that ${event.role} can emit`, "another");
      else {
        applyEvent(this.state, decoded, this.#context, { ...here, logIndex: event.index });
        this.#sides.note(decoded, here);
      }
    }
    this.#sides.endBlock(block, this.#reportAt(place));
    endBlock(this.#context, this.#reportAt(place));
  }

  #compareAnswers({ answers, time }: LogBlock, report: Report): void {
    for (const { account, status, deadline } of answers) {
      const log = this.state.logs.get(account);
      this.state.coverage.statusesCompared++;
      const found = log?.seen ?? { status: "unknown", deadline: 0 };
      if (found.status === status && found.deadline === deadline) continue;
      const rank = (name: typeof status) => STATUS_NAMES.indexOf(name);
      const healthier = rank(status) > rank(found.status);
      report(
        healthier ? "status-not-lapsed" : "status-mismatch",
        { account },
        `${found.status}${found.deadline === 0 ? "" : ` until ${found.deadline}`} at ${time}`,
        `${status}${deadline === 0 ? "" : ` until ${deadline}`}`,
      );
    }
  }

  /** The chain's own counts: events that are not in the log leave them higher. */
  #compareCounts({ counts, time }: LogBlock, report: Report): void {
    if (counts === null) return;
    const { ledger, profile, baseProfile, accounts } = this.state;
    const accountOf = (id: string) => {
      const account = accounts.get(id);
      if (account === undefined) return undefined;
      const { book, health, attesters, threshold } = account;
      return { book: book.sequence, health: health?.round ?? 0, attesters: [...attesters], threshold };
    };
    const [round, baseEpoch] = [ledger.newest?.number ?? 0, baseProfile?.epoch ?? 0];
    const counted = { round, epoch: profile.epoch, baseEpoch, accountOf };
    for (const { account, expected, got } of differences(counts, counted))
      report("log-incomplete", { account }, expected, got);
    compareLines(this.state.credit, counts.lines ?? [], time, report);
  }

  #judgeOpenings(report: Report): void {
    for (const [{ account: name, sequence }, { matched, mismatch }] of this.#options.openings.all()) {
      const about = { sequence: Number(sequence) };
      if (matched.length > 0) this.state.coverage.openingsMatched++;
      if (matched.length > 0 && mismatch !== null)
        this.#reportAt(mismatch.place)(
          "opening-ambiguous",
          { ...about, account: mismatch.account },
          `a disclosure that says which account of the name ${name} it is of, or opens all`,
          "one that opens another's book",
        );
      else if (mismatch !== null)
        this.#reportAt(mismatch.place)(
          "opening-commitment",
          { ...about, account: mismatch.account },
          "a book and salt that hash to the attested commitment",
          "others",
        );
      else if (matched.length === 0)
        report("opening-unknown", about, `a book of ${name} of this sequence on the chain`, "none");
    }
    const known = new Set(this.state.accounts.keys());
    for (const { subaccount } of this.state.logs.values()) known.add(subaccount);
    for (const scope of this.#options.openings.scopes)
      if (!known.has(scopeKey(scope)))
        report("opening-unknown", {}, `an account ${scope.account} on the chain, as was disclosed`, "none");
  }

  #reportAt(place: Place): Report {
    return (code, about: About, expected, got) => {
      const log = about.account == null ? undefined : this.state.logs.get(about.account);
      const epoch = about.epoch ?? (this.state.profile.epoch || null);
      const finding = findingAt(place, code, { ...about, epoch }, expected, got);
      addFinding(this.state.findings, finding);
      this.#options.onFinding?.(finding);
      const judged = log && (epochOf(log, epoch ?? undefined) ?? epochOf(log));
      if (judged !== undefined && isSerious(finding.severity)) judged.contradicted = true;
    };
  }
}
