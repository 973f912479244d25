import * as z from "zod/mini";
import { hex } from "../encoding/address.js";
import type { DeepReadonly } from "../encoding/shape.js";
import { GATE_LAPSES } from "../protocol/lapse.js";
import { STATUS_NAMES } from "../protocol/status.js";

/**
 * The verdict on an account for one epoch, from worst to best:
 *   contradicted  a critical or high finding is about the account in this epoch;
 *   liquidatable  a proof showed it not above maintenance, or it ran out of time;
 *   called        it was under a margin call;
 *   lapsed        its proof lapsed, and was renewed or not, within its grace;
 *   unproven      no proof of health was accepted;
 *   healthy       once proven it was healthy throughout, except for outages.
 */
export const VERDICTS = ["contradicted", "liquidatable", "called", "lapsed", "unproven", "healthy"] as const;

/** What ended a claim of health: a lapse at the gate, or a claim that took its place. */
const LAPSE_CAUSES = [...GATE_LAPSES, "replaced"] as const;

// Fields that an account's record and the rest of a result have alike.

export const count = z.int().check(z.minimum(0));
/** Unix seconds. */
export const time = count;
/** Text for people: chosen by others, so no control characters, which could steer a terminal. */
export const text = z.string().check(z.regex(/^\P{Cc}{0,2000}$/u));
export const address = hex(20);
export const account = hex(32);
/** Decimal; what it counts is said where it stands. */
export const amount = z.string().check(z.regex(/^(0|[1-9][0-9]{0,99})$/));
export const signed = z.string().check(z.regex(/^(0|-?[1-9][0-9]{0,99})$/));
export const status = z.enum(STATUS_NAMES);
/** The newest of a list, oldest first, and how many older ones are left out. */
export const bounded = <T extends z.ZodMiniType>(item: T) =>
  z.strictObject({ omitted: count, items: z.array(item) });

/** Rounds from one to another, both included, and their times. */
export const rounds = { fromRound: count, toRound: count, fromTime: time, toTime: time };

const verdict = z.strictObject({
  epoch: count,
  verdict: z.enum(VERDICTS),
  /** Accepted in this epoch. */
  proofsOfHealth: count,
  proofsOfIllHealth: count,
  books: count,
  /** None; or what is disclosed confirms all that was proven; or something of it contradicts a proof. */
  disclosed: z.enum(["none", "confirmed", "contradicted"]),
  /** Least health factor of a disclosed book at a round of this epoch; null where none is disclosed or it is infinite. */
  leastHealthFactor: z.nullable(amount),
});

const claim = z.strictObject({
  time,
  block: count,
  round: count,
  roundTime: time,
  sequence: count,
  epoch: count,
  healthy: z.boolean(),
  theta: count,
  envelope: count,
  /** Cents added to the collateral of what it says, signed; below 0 are dollars more owed. */
  support: signed,
  /** Whether it is of a book with a sleeve. */
  sleeve: z.boolean(),
  /**
   * Whether it is a claim of the account as it is. A claim of health is not with dollars added, nor with dollars taken where a
   * better one without was on record: it stands in a record of its own, of whose end nothing is said here.
   */
  asItIs: z.boolean(),
  /** When the claim of health ceased to hold; null while it holds, and for a claim of ill health. */
  lapsedAt: z.nullable(time),
  /** Why it did: the first cause. */
  lapsedBy: z.nullable(z.enum(LAPSE_CAUSES)),
  verified: z.boolean(),
});

/** From `time` on the account has this status. */
const statusChange = z.strictObject({ time, status, deadline: z.nullable(time) });

/** Health factors of the disclosed books at the rounds of a stretch: exact, whatever the number of rounds. */
const headroom = z.strictObject({
  ...rounds,
  /** Null is infinite: no debt and no margin. */
  least: z.nullable(amount),
  greatest: z.nullable(amount),
  /** What the proof on record at the end of the stretch claims it to exceed; null where there is none. */
  theta: z.nullable(count),
});

const position = z.strictObject({
  asset: text,
  decimals: count,
  /** Signed quanta. */
  spot: signed,
  perp: signed,
  /** Spot and perpetual at the round's low where owned, its high where owed; signed attodollars. */
  spotValue: signed,
  perpValue: signed,
});

/** A sleeve's own numbers, cents: bounds of what its positions are worth beyond the perpetuals and the basis of its book. */
const sleeve = z.strictObject({
  value: signed,
  /** In each scenario that the profile can have, in its order. */
  gains: z.array(signed),
  charge: amount,
  slack: amount,
});

/** A disclosed book at the first round in which it was the newest and, if it has a sleeve, its sleeve held. */
const composition = z.strictObject({
  sequence: count,
  round: count,
  time,
  healthFactor: z.nullable(amount),
  /** Signed attodollars. */
  basis: signed,
  /** Only assets that it holds. */
  positions: z.array(position),
  /** Null of a book without one. */
  sleeve: z.nullable(sleeve),
});

const auction = z.strictObject({
  token: address,
  startedAt: time,
  offered: amount,
  sold: amount,
  paid: amount,
  repaid: amount,
  /** Null while it runs. */
  closedAt: z.nullable(time),
});

/** What the vault did for an account; amounts in the smallest units of each token; debt of the settlement token. */
const vault = z.strictObject({
  creditor: z.nullable(address),
  debt: amount,
  balances: z.array(z.strictObject({ token: address, amount })),
  withdrawals: count,
  loans: count,
  auctions: bounded(auction),
});

const books = z.strictObject({
  attested: count,
  disclosed: count,
  /** 0 if there is none. */
  firstSequence: count,
  lastSequence: count,
});

export const accountRecord = z.strictObject({
  account,
  owner: address,
  /** The sub-account's name where it is text; else its 32 bytes, hex. Chosen by the owner: not to be trusted as text. */
  name: text,
  isolated: z.boolean(),
  attesters: z.array(address),
  threshold: count,
  openedAt: time,
  books,
  /** At the end of the record. */
  status,
  deadline: z.nullable(time),
  /** Seconds in each status since the account was opened. */
  secondsIn: z.strictObject({
    unknown: count,
    liquidatable: count,
    marginCall: count,
    grace: count,
    healthy: count,
  }),
  /** One for each epoch in which the account was open, oldest first. */
  verdicts: bounded(verdict),
  claims: bounded(claim),
  statuses: bounded(statusChange),
  /** Of disclosed books, oldest first; empty where nothing is disclosed. */
  headroom: z.array(headroom),
  /** Of disclosed books, where the auditor asked for it; empty otherwise. */
  composition: bounded(composition),
  vault: z.nullable(vault),
});

/** As a schema reads it, to be read only. */
export type Read<T extends z.ZodMiniType> = DeepReadonly<z.infer<T>>;

/** An account and everything that was claimed of it. */
export type AccountRecord = Read<typeof accountRecord>;
export type Verdict = (typeof VERDICTS)[number];
/** The verdict on an account in an epoch. */
export type EpochVerdict = Read<typeof verdict>;
/** An accepted proof. */
export type ClaimRecord = Read<typeof claim>;
export type LapseCause = (typeof LAPSE_CAUSES)[number];
export type StatusChange = Read<typeof statusChange>;
export type HeadroomPoint = Read<typeof headroom>;
export type Composition = Read<typeof composition>;
export type CompositionPosition = Read<typeof position>;
export type CompositionSleeve = Read<typeof sleeve>;
export type VaultSummary = Read<typeof vault>;
export type AuctionRecord = Read<typeof auction>;
