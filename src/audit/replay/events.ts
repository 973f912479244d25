import type { ChainEvent } from "../../chain/eventLog/decode.js";
import { CHANGE_NAMES } from "../../chain/generated/enums.js";
import type { MarketLedgerEvents } from "../../chain/generated/MarketLedger.js";
import { otherSources } from "../../chain/ties.js";
import { AccountEvents } from "./accountEvents.js";
import { beginEpoch, EPOCHS_KEPT, newAccountLog } from "./accountLog.js";
import { quoting } from "./amounts.js";
import { push } from "./bounded.js";
import type { EventPlace, Market, Report, Terms } from "./context.js";
import type { Disclosing } from "./disclosing.js";
import { Governance } from "./governance.js";
import { commitRound } from "./ledger.js";
import { addPrices } from "./priceSeries.js";
import { changeProfile, riskOf } from "./profile.js";
import type { PendingProof } from "./proofs.js";
import { openAccount } from "./registry.js";
import type { Expected, ReplayState } from "./replayState.js";
import { applyVaultEvent } from "./vault.js";

/** Takes events in, one after the other, by the rules of the contracts. */
export class Events {
  readonly market: Market;
  /** Accounts that events were about, until somebody clears them. */
  readonly touched = new Set<string>();
  readonly #terms: Terms;
  readonly #state: ReplayState;
  readonly #disclosing: Disclosing;
  readonly #ofAccounts: AccountEvents;
  readonly #governance: Governance;
  #expected: Expected | null = null;

  constructor(
    terms: Terms,
    state: ReplayState,
    disclosing: Disclosing,
    onProof: (proof: PendingProof) => void,
  ) {
    this.#terms = terms;
    this.#state = state;
    this.#disclosing = disclosing;
    this.market = { constants: terms.constants, profile: state.profile, ledger: state.ledger };
    this.#governance = new Governance(state.governance, terms.deployment);
    this.#ofAccounts = new AccountEvents(terms, state, this.market, disclosing, onProof);
  }

  apply(event: ChainEvent, place: EventPlace): void {
    this.#checkExpected(event, place.report);
    const { block, tx, report } = place;
    if (event.name === "RoundCommitted" || event.name === "AccountOpened") this.#governance.begin(report);
    const waited = this.#governance.apply(event, { block: block.number, tx, time: block.time, report });
    switch (event.role) {
      case "accessManager":
        return;
      case "riskProfile":
        this.#profile(event, place, waited);
        return;
      case "marketLedger":
        this.#ledger(event, place, waited);
        return;
      default:
        this.#ofAccount(event, place);
    }
  }

  /** Whatever had to follow in this block has. */
  endBlock(report: Report): void {
    this.#checkExpected(null, report);
    this.#ofAccounts.endBlock(report);
  }

  #checkExpected(event: ChainEvent | null, report: Report): void {
    const expected = this.#expected;
    this.#expected = null;
    if (expected === null) return;
    const account = event !== null && "account" in event.fields ? event.fields.account : undefined;
    if (event?.name !== expected.name || account !== expected.account)
      report(
        "event-missing",
        { account: expected.account },
        `${expected.name} right after`,
        event?.name ?? "none",
      );
  }

  #profile(
    event: Extract<ChainEvent, { role: "riskProfile" }>,
    { block, report }: EventPlace,
    delayed: boolean,
  ): void {
    const { profile, epochs, logs } = this.#state;
    const about = { epoch: profile.epoch };
    if (event.name === "Paused") {
      if (profile.paused) report("event-impossible", about, "a pause of what goes on", "another pause");
      profile.paused = true;
    } else if (event.name === "Unpaused") {
      if (!profile.paused) report("event-impossible", about, "the end of a pause", "one without a pause");
      profile.paused = false;
      profile.resumedAt = block.time;
    } else if (event.name === "ProfileChanged") {
      const newest = epochs.items.at(-1);
      if (newest !== undefined) newest.until = block.time;
      const { handedOver } = this.#governance;
      changeProfile(this.#terms, profile, event.fields, { time: block.time, delayed, handedOver }, report);
      const risk = riskOf(this.#terms, profile.words, profile.epoch);
      push(
        epochs,
        {
          epoch: profile.epoch,
          change: CHANGE_NAMES[Number(event.fields.change)] ?? "set",
          block: block.number,
          since: block.time,
          until: null,
          rounds: 0,
          pnlFactor: Number(risk.pnlFactor),
          shockCap: Number(risk.shockCap),
          bookMaxAge: profile.bookMaxAge,
          expiresAt: profile.expiresAt === 0 ? null : profile.expiresAt,
        },
        EPOCHS_KEPT,
      );
      for (const log of logs.values()) beginEpoch(log, profile.epoch);
    }
  }

  #ledger(event: Extract<ChainEvent, { role: "marketLedger" }>, place: EventPlace, waited: boolean): void {
    const { ledger, profile, coverage, epochs } = this.#state;
    const { block, logIndex, report } = place;
    if (event.name === "SourcesChanged") {
      this.#checkSources(event.fields, waited, report);
      const sources = Object.values(this.#terms.deployment.sources);
      ledger.exact = event.fields.feeds.map((feed) =>
        sources.some(({ address, contract }) => address === feed && contract === "ChainlinkFeed"),
      );
    } else if (event.name === "RoundCommitted") {
      const at = { block: block.number, time: block.time, logIndex };
      const { head, comparedWithFeeds } = commitRound(
        this.#terms,
        ledger,
        profile,
        event.fields,
        block.feeds,
        at,
        report,
      );
      addPrices(this.#state.priceSeries, head, ledger.quotes);
      coverage.rounds++;
      if (comparedWithFeeds) coverage.roundsWithFeeds++;
      const epoch = epochs.items.at(-1);
      if (epoch?.epoch === head.epoch) epoch.rounds++;
      this.#disclosing.round(this.#state, head, ledger.quotes);
    }
  }

  /** The sources that the ledger was made with are the manifest's; later ones are another matter, and told of. */
  #checkSources(fields: MarketLedgerEvents["SourcesChanged"], waited: boolean, report: Report): void {
    const { deployment } = this.#terms;
    const { governance } = this.#state;
    const others = [...otherSources(deployment, { ...fields, feeds: [...fields.feeds] })];
    const isFirst = governance.sourcesSet++ === 0;
    const [first] = others;
    if (first === undefined) return;
    if (isFirst)
      report("sources-mismatch", {}, `${first.expected} as the source of ${first.name}`, first.got);
    else if (waited) {
      const names = others.map(({ name }) => name).join(", ");
      report("sources-changed", {}, `the manifest's sources of ${names}`, "others since");
    }
  }

  #ofAccount(
    event: Extract<ChainEvent, { role: "bookRegistry" | "marginGate" | "marginVault" }>,
    place: EventPlace,
  ): void {
    const { accounts, logs, profile, vault } = this.#state;
    const { block, report } = place;
    if (event.name === "AccountOpened") {
      const opened = openAccount(accounts, event.fields, report);
      if (opened === null) return;
      accounts.set(opened.account, opened);
      logs.set(opened.account, newAccountLog(event.fields.subaccount, block.time, profile.epoch));
      return;
    }
    if (!("account" in event.fields)) {
      const { vault: terms } = this.#terms.constants;
      if (event.role !== "marginVault") return;
      if (terms === null) report("event-impossible", {}, "no vault, as the head says", event.name);
      else
        applyVaultEvent(vault, event, new Map(block.tokens), {
          market: this.market,
          terms,
          time: block.time,
          block: block.number,
          guarded: false,
          report,
          quote: quoting(vault, this.#terms.deployment, terms.settlement),
        });
      return;
    }
    const { account: id } = event.fields;
    const account = accounts.get(id);
    const log = logs.get(id);
    if (account === undefined || log === undefined) {
      report("event-impossible", { account: id }, "an account that was opened", "one that was not");
      return;
    }
    this.touched.add(id);
    this.#expected = this.#ofAccounts.apply(event, account, log, place);
  }
}
