import type { ChainEvent, LoggedRole } from "../../chain/eventLog/record.js";
import type { AccessManagerEvents } from "../../chain/generated/AccessManager.js";
import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import type { CreditLineEvents } from "../../chain/generated/CreditLine.js";
import type { CreditRegistryEvents } from "../../chain/generated/CreditRegistry.js";
import type { MarginGateEvents } from "../../chain/generated/MarginGate.js";
import type { MarginVaultEvents } from "../../chain/generated/MarginVault.js";
import type { MarketLedgerEvents } from "../../chain/generated/MarketLedger.js";
import type { RiskProfileEvents } from "../../chain/generated/RiskProfile.js";
import type { AccountContext } from "./account.js";
import { auctionHandlers } from "./auctions.js";
import type { PendingProof } from "./callData.js";
import type { EventContext, Handlers, Report } from "./context.js";
import {
  bringUp,
  type CreditContext,
  creditLineHandlers,
  creditRegistryHandlers,
  isCovered,
  type LineContext,
} from "./credit.js";
import type { DisclosedBooks } from "./disclosedBooks.js";
import { type AwaitedHealth, gateHandlers, noClaimFollows } from "./gate.js";
import { type Governed, governanceHandlers, judgeAct, requireHandover } from "./governance.js";
import { ledgerHandlers, type ReplayedMarket } from "./ledger.js";
import { baseProfileHandlers, profileHandlers } from "./profile.js";
import { registryHandlers } from "./registry.js";
import type { ReplayState } from "./replayState.js";
import { quoting, type VaultContext, vaultHandlers } from "./vault.js";

/** What all events of a replay are applied with. */
export interface ReplayContext extends Pick<EventContext, "basis"> {
  readonly market: ReplayedMarket;
  readonly governed: Governed;
  readonly disclosed: DisclosedBooks;
  readonly verifyLater: (proof: PendingProof) => void;
  /** Accounts that events were about, until somebody clears them. */
  readonly touched: Set<string>;
  /** What the events so far of a block call for. */
  readonly awaited: EventContext["awaited"] & AwaitedHealth;
}

type Context = ReplayContext & EventContext;
type EventsOf<Role extends LoggedRole> = {
  accessManager: AccessManagerEvents;
  riskProfile: RiskProfileEvents;
  marketLedger: MarketLedgerEvents;
  bookRegistry: BookRegistryEvents;
  marginGate: MarginGateEvents;
  marginVault: MarginVaultEvents;
  creditRegistry: CreditRegistryEvents;
  creditLine: CreditLineEvents;
  baseProfile: RiskProfileEvents;
}[Role];
type ContextOf<Role extends LoggedRole> = Role extends "marginVault"
  ? Context & VaultContext
  : Role extends "creditRegistry"
    ? Context & CreditContext
    : Role extends "creditLine"
      ? Context & LineContext
      : Context;

/** A handler for every event of every contract whose events are recorded; the compiler misses one that is not there. */
const HANDLERS: {
  readonly [Role in LoggedRole]: Handlers<
    EventsOf<Role>,
    ReplayState,
    ContextOf<Role>,
    ContextOf<Role> & AccountContext
  >;
} = {
  accessManager: governanceHandlers,
  riskProfile: profileHandlers,
  marketLedger: ledgerHandlers,
  bookRegistry: registryHandlers,
  marginGate: gateHandlers,
  marginVault: { ...vaultHandlers, ...auctionHandlers },
  creditRegistry: creditRegistryHandlers,
  creditLine: creditLineHandlers,
  baseProfile: baseProfileHandlers,
};

/** Applies an event by the rules of its contract: reports what does not fit, and takes in what it changes. */
export function applyEvent(
  state: ReplayState,
  event: ChainEvent,
  replay: ReplayContext,
  place: Pick<EventContext, "block" | "tx" | "logIndex" | "report">,
): void {
  const { report } = place;
  checkAwaited(event, replay, report);
  if (event.name === "RoundCommitted" || event.name === "AccountOpened")
    requireHandover(state, { ...replay, report });
  const waited = judgeAct(state, event, { ...replay, ...place });
  const context = contextOf(state, event, { ...replay, ...place, waited });
  // Which contract an event is of and which fields it has are one choice, which the compiler cannot follow.
  const handlers = HANDLERS[event.role] as Readonly<
    Record<string, (state: ReplayState, event: ChainEvent["fields"], context: unknown) => void>
  >;
  if (context !== null) handlers[event.name]?.(state, event.fields, context);
}

/** What the events of a block call for must have followed by its end. */
export function endBlock(replay: ReplayContext, report: Report): void {
  checkAwaited(null, replay, report);
  noClaimFollows({ ...replay, report });
}

/** What an event's handler is given: with its account if it is about one. Null, and reported, if there can be no such event. */
function contextOf(state: ReplayState, event: ChainEvent, context: Context): Context | null {
  const { basis, report } = context;
  if (event.role === "baseProfile" && state.baseProfile === null) {
    report("event-impossible", {}, "no profile of a base: the market is not derived", event.name);
    return null;
  }
  const opened = openedAccount(state, event, context);
  if (opened === null) return null;
  if (event.role === "creditRegistry" || event.role === "creditLine")
    return creditContextOf(state, event, opened);
  if (event.role !== "marginVault") return opened;
  const terms = basis.constants.vault;
  if (terms === null) {
    const about = "account" in event.fields ? { account: event.fields.account } : {};
    report("event-impossible", about, "no vault, as the head says", event.name);
    return null;
  }
  const guarded = Object.values(basis.deployment.sources).some(
    ({ contract }) => contract === "SequencerGuard",
  );
  const quote = quoting(state.vault, basis.deployment, terms.settlement);
  const { credit } = basis.constants;
  const covers = (account: string) =>
    credit === undefined || isCovered(state, account, { ...context, terms: credit });
  const ofVault: Context & VaultContext = { ...opened, terms, guarded, quote, covers };
  return ofVault;
}

function creditContextOf(
  { credit }: ReplayState,
  event: Extract<ChainEvent, { role: "creditRegistry" | "creditLine" }>,
  context: Context,
): (Context & CreditContext) | null {
  const terms = context.basis.constants.credit;
  const line = event.role === "creditLine" ? credit.lines.get(event.line) : undefined;
  const isOther = line !== undefined && "account" in event.fields && event.fields.account !== line.account;
  if (terms === undefined || isOther || (event.role === "creditLine" && line === undefined)) {
    context.report("event-impossible", {}, "a credit line that was opened, and its account", "another");
    return null;
  }
  const ofCredit: Context & CreditContext = { ...context, terms };
  if (line === undefined) return ofCredit;
  bringUp(line, event.name, ofCredit);
  const ofLine: Context & LineContext = { ...ofCredit, line };
  return ofLine;
}

function openedAccount(
  { accounts, logs }: ReplayState,
  event: ChainEvent,
  context: Context,
): Context | (Context & AccountContext) | null {
  // A skipped proof may name any account, and changes none.
  const ofNone = event.name === "AccountOpened" || event.name === "ProofSkipped";
  if (ofNone || !("account" in event.fields) || event.role === "accessManager") return context;
  const { account: id } = event.fields;
  const [account, log] = [accounts.get(id), logs.get(id)];
  if (account === undefined || log === undefined) {
    context.report("event-impossible", { account: id }, "an account that was opened", "one that was not");
    return null;
  }
  context.touched.add(id);
  // Support is told of first, then marks, then the claim.
  const { claim, support } = context.awaited;
  const goesOn = event.name === "MarksLifted" && claim === null && support?.account === id;
  if (event.name !== "ProofAccepted" && !goesOn) noClaimFollows(context);
  return { ...context, account, log };
}

/** Whether an event, or the end of the block, is what the event before it called for. */
function checkAwaited(event: ChainEvent | null, { awaited }: ReplayContext, report: Report): void {
  const expected = awaited.event;
  awaited.event = null;
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
