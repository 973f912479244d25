import { interfaceOf } from "../chain/binding.js";
import { type ChainEvent, LOGGED_BINDINGS, type LoggedRole } from "../chain/eventLog/record.js";
import { ROUNDS } from "../protocol/bounds.js";
import type { GateRound } from "../protocol/gate.js";
import type { EventView } from "./apiTypes.js";
import type { ChainState, RoundState } from "./chainState.js";
import {
  HOUSE_BINDINGS,
  HOUSE_HISTORY,
  type HouseEvent,
  type HouseRole,
  isOfHouse,
  takeHouseEvent,
} from "./clearingReader.js";

/** Events and rounds that are kept to be shown. */
const EVENTS_KEPT = 1_000;
const ROUNDS_KEPT = ROUNDS;

/** Events that a start reads from the first block on. Everything else of an account is asked of the contracts. */
const HISTORY: Partial<Record<LoggedRole, readonly string[]>> = {
  bookRegistry: ["AccountOpened", "SleeveAttested"],
  marketLedger: ["RoundCommitted"],
  marginGate: ["SupportRecorded"],
  marginVault: ["AuctionStarted", "AuctionClosed", "AssetListed", "CreditorSet"],
};

/** Contracts whose events are read: the deployment's, and those of a clearing house on it. */
export type WatchedRole = LoggedRole | HouseRole;
const BINDINGS = { ...LOGGED_BINDINGS, ...HOUSE_BINDINGS };

/** An event and its place in the chain. */
export interface LocatedEvent {
  readonly event: ChainEvent | HouseEvent;
  readonly block: number;
  readonly index: number;
}

/** An event of a contract; undefined for one that this package does not know. */
export function decodedEvent(
  role: WatchedRole,
  topics: readonly string[],
  data: string,
): LocatedEvent["event"] | undefined {
  const parsed = interfaceOf(BINDINGS[role]).parseLog({ topics, data });
  return parsed === null
    ? undefined
    : ({ role, name: parsed.name, fields: parsed.args.toObject() } as unknown as LocatedEvent["event"]);
}

/** The topics of {@link HISTORY}. */
export function historyTopics(): readonly (readonly string[])[] {
  const topics = Object.entries({ ...HISTORY, ...HOUSE_HISTORY }).flatMap(([role, names]) =>
    names.map((name) => interfaceOf(BINDINGS[role as WatchedRole]).getEvent(name)?.topicHash ?? ""),
  );
  return [topics];
}

function roundOf({ fields }: Extract<ChainEvent, { name: "RoundCommitted" }>): RoundState {
  return {
    number: Number(fields.number),
    time: Number(fields.time),
    epoch: Number(fields.epoch),
    odometer: fields.odometer,
    sleeveOdometer: fields.sleeveOdometer,
    low: [...fields.low],
    high: [...fields.high],
    funding: [...fields.funding],
  } satisfies RoundState & GateRound;
}

/**
 * Takes in one event: which accounts it changed, and what the history alone has.
 * @param time of the block at which it was seen, unix seconds; null for one from before the start
 */
export function takeEvent(
  state: ChainState,
  { event, block, index }: LocatedEvent,
  time: number | null,
): void {
  const { fields, name, role } = event;
  if (isOfHouse(event)) {
    takeHouseEvent(state.clearing, event);
    // What the house's own gate has of an account, and who owns it there.
    if (event.role === "houseGate" || event.name === "ClearingAccountOpened")
      state.touched.add(event.fields.account);
  } else takeDeploymentEvent(state, event);
  // An access manager's accounts are addresses that hold roles.
  const account = "account" in fields && role !== "accessManager" ? fields.account : null;
  const seen: EventView = {
    id: `${block}-${index}`,
    ...{ block, time, event: name, contract: role, account },
    fields: plainFields(fields),
  };
  state.events = [...state.events, seen].slice(-EVENTS_KEPT);
}

function takeDeploymentEvent(state: ChainState, event: ChainEvent): void {
  const { fields, name, role } = event;
  if (name === "RoundCommitted") {
    const round = roundOf(event);
    state.rounds = [...state.rounds.filter(({ number }) => number < round.number), round].slice(-ROUNDS_KEPT);
    state.ring[round.number % ROUNDS] = round;
  } else if (name === "AccountOpened") state.owners.set(event.fields.account, event.fields.owner);
  else if (name === "SleeveAttested") state.sleeved.add(event.fields.account);
  else if (name === "SupportRecorded") state.supported.add(event.fields.account);
  else if (name === "AssetListed") state.tokens.add(event.fields.token);
  else if (name === "CreditorSet") state.creditors.add(event.fields.creditor);
  else if (name === "AuctionStarted" || name === "AuctionClosed" || name === "Taken") {
    const { account, token } = event.fields;
    const place = `${account} ${token}`;
    if (name === "AuctionClosed") state.auctioned.delete(place);
    else state.auctioned.add(place);
  }
  if (role === "marginVault") state.vaultTouched = true;
  if ("account" in fields && role !== "accessManager") state.touched.add(fields.account);
}

/** Words of an event that are of no use to a reader: the point of a round, its quotes, which `/v1/rounds` has, and sealed books. */
const UNSHOWN = ["x", "y", "low", "high", "funding", "profile", "fallbackProfile", "words", "hash"];

/** An event's fields as JSON: numbers as decimal texts. */
function plainFields(fields: object): Readonly<Record<string, unknown>> {
  const plain = (value: unknown): unknown => {
    if (typeof value === "bigint") return value.toString();
    if (Array.isArray(value)) return value.map(plain);
    return value;
  };
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !UNSHOWN.includes(name))
      .map(([name, value]) => [name, plain(value)]),
  );
}

/** Whether an event comes after another: by block, then by place. */
export function isAfter(id: string, other: string): boolean {
  const [block = 0, index = 0] = id.split("-").map(Number);
  const [otherBlock = 0, otherIndex = 0] = other.split("-").map(Number);
  return block > otherBlock || (block === otherBlock && index > otherIndex);
}
