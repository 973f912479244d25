import type { StatusName } from "../../src/protocol/status.js";
import type { EventView } from "../../src/serve/apiTypes.js";

/** A mark, words and a tone for each status: colour alone says nothing. */
export const STATUSES: Readonly<Record<StatusName, { mark: string; words: string; tone: string }>> = {
  liquidatable: { mark: "✕", words: "Liquidatable", tone: "bad" },
  marginCall: { mark: "!", words: "Margin call", tone: "bad" },
  grace: { mark: "◔", words: "Grace", tone: "caution" },
  unknown: { mark: "?", words: "Unknown", tone: "open" },
  healthy: { mark: "✓", words: "Healthy", tone: "good" },
};

/** The statuses as they matter: what needs a hand first. */
export const URGENCY: readonly StatusName[] = ["liquidatable", "marginCall", "grace", "healthy", "unknown"];

/** Why a claim of health lapsed. */
export const CAUSES: Readonly<Record<string, string>> = {
  price: "the market left its envelope",
  age: "it is past its greatest age",
  epoch: "the risk profile changed",
  newBook: "a newer book was attested",
  brokenBook: "its book lost too many signers",
  oldBook: "its book ended",
  sleeveEnd: "its sleeve ended",
  sleeveBand: "the market left its sleeve's band",
  sleeveVoid: "its sleeve was voided",
  sleeveShocks: "the profile's shocks changed",
};

/** Whether proofs can be made. */
export const MARKETS: Readonly<Record<string, { words: string; tone: string }>> = {
  usable: { words: "Proofs can be made", tone: "good" },
  "no-round": { words: "No round yet", tone: "caution" },
  paused: { words: "The profile is paused", tone: "bad" },
  expired: { words: "The profile has expired", tone: "caution" },
  "other-epoch": { words: "The newest round is of another epoch", tone: "caution" },
  stale: { words: "The newest round is past its window", tone: "caution" },
  outage: { words: "Outage: the newest round is too old", tone: "bad" },
  unread: { words: "The chain has not been read yet", tone: "open" },
};

/** Basis points as a factor: 1.2500. */
export function factor(bps: number): string {
  return (bps / 10_000).toFixed(4);
}

/** Basis points as a percentage. */
export function percent(bps: number): string {
  return `${(bps / 100).toFixed(bps % 100 === 0 ? 0 : 1)} %`;
}

/** A span of time, in its two largest units. */
export function span(seconds: number): string {
  const all = Math.max(0, Math.floor(seconds));
  const [d, h, m, s] = [
    Math.floor(all / 86_400),
    Math.floor(all / 3_600) % 24,
    Math.floor(all / 60) % 60,
    all % 60,
  ];
  if (d > 0) return h === 0 ? `${d} d` : `${d} d ${h} h`;
  if (h > 0) return m === 0 ? `${h} h` : `${h} h ${m} min`;
  if (m > 0) return s === 0 ? `${m} min` : `${m} min ${s} s`;
  return `${s} s`;
}

/** A moment, UTC. */
export function moment(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Dollars a unit, with as many digits as say something. */
export function price(text: string): string {
  const value = Number(text);
  const digits = value >= 1_000 ? 2 : value >= 1 ? 4 : 6;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** An amount with thousands marked, cut to six decimals. */
export function amount(text: string): string {
  return Number(text).toLocaleString("en-US", { maximumFractionDigits: 6 });
}

/** An id that is too long to read, by its ends. */
export function short(id: string): string {
  return id.length > 14 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

/** What an event says, where its name does not. */
const EVENTS: Readonly<Record<string, (fields: Readonly<Record<string, unknown>>) => string>> = {
  ProofAccepted: ({ round }) => `proof accepted at round ${round}`,
  ProofSkipped: ({ round }) => `proof skipped at round ${round}`,
  RoundCommitted: ({ number, epoch }) => `round ${number} committed, epoch ${epoch}`,
  BookAttested: ({ sequence }) => `book ${sequence} attested`,
  BookBroken: ({ sequence }) => `book ${sequence} broken`,
  AccountOpened: () => "account opened",
  MarksLifted: ({ round }) => `marks lifted at round ${round}`,
  LapseRecorded: () => "lapse recorded",
  DefaultRecorded: ({ round }) => `default recorded at round ${round}`,
  SupportRecorded: ({ round }) => `claim with support recorded at round ${round}`,
  AuctionStarted: () => "auction started",
  AuctionClosed: () => "auction closed",
  Taken: () => "collateral bought in an auction",
  ProfileChanged: ({ epoch }) => `risk profile changed, epoch ${epoch}`,
  SleeveAttested: ({ sequence }) => `sleeve of book ${sequence} attested`,
  SleeveVoided: ({ sequence }) => `sleeve of book ${sequence} voided`,
  AttesterRevoked: () => "attester revoked",
};

/** An event in words. */
export function eventWords({ event, fields }: EventView): string {
  return EVENTS[event]?.(fields) ?? event.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}
