import type { Audit } from "../../../src/audit/result.js";
import { interfaceOf } from "../../../src/chain/binding.js";
import {
  decodeEvent,
  type LogBlock,
  type LogConstants,
  readRecord,
} from "../../../src/chain/eventLog/record.js";
import { bookRegistry } from "../../../src/chain/generated/BookRegistry.js";
import { CHANGE_NAMES } from "../../../src/chain/generated/enums.js";
import { unpackClaim } from "../../../src/protocol/claim.js";
import { shocksHash } from "../../../src/protocol/profileWords.js";
import { TIERS } from "../../../src/protocol/tiers.js";

const [TIER] = TIERS;
const BREAK_BOOK = interfaceOf(bookRegistry).getFunction("breakBook")?.selector ?? "none";

/** What a long scenario must have met, each at least once. */
export const KINDS = [
  ...[
    "proof of health",
    "support taken",
    "support added",
    "support taken beside a better claim",
    "ill health with dollars added",
    "breach proven",
    "call proven",
    "marks of a breach lifted",
    "marks of a call lifted",
  ],
  ...[
    "lapse recorded",
    "default recorded",
    "book broken",
    "book broken by its owner",
    "book renewed",
    "signers of two accounts differ",
    "two signatures",
  ],
  ...["attesters proposed", "proposal cancelled", "attesters changed"],
  ...["attester revoked by the owner", "attester revoked by itself"],
  ...["pause", "end of a pause", "profile set", "profile tightened", "profile expired"],
  ...["collateral deposited", "collateral withdrawn", "loan paid", "loan repaid"],
  ...["auction started", "another auction of an account", "collateral sold", "auction closed", "no penalty"],
  ...["operation executed", "outage", "deadline counted from an outage", "deadline counted from a pause"],
  ...["breach that waits for the grace of a change", "claim at a round before its book", "round of a move"],
  ...["unknown", "healthy", "grace", "marginCall", "liquidatable"].map((status) => `status ${status}`),
  ...["age", "epoch", "newBook", "brokenBook", "oldBook", "price"].map((cause) => `lapse by ${cause}`),
  ...["sleeve attested", "sleeve voided", "health with a sleeve", "ill health with a sleeve"],
  ...["support taken with a sleeve", "support added with a sleeve", "shocks changed under a sleeve"],
  ...["sleeveEnd", "sleeveBand", "sleeveVoid"].map((cause) => `lapse by ${cause}`),
] as const;

/** What it must have met at the gate of the derived market. */
export const DERIVED_KINDS = [
  ...["proof of health", "support taken", "support added", "breach proven", "call proven"],
  ...["profile set", "profile tightened", "pause", "end of a pause", "health with a sleeve"],
  ...["healthy", "grace", "marginCall", "liquidatable"].map((status) => `status ${status}`),
  ...["newBook", "oldBook"].map((cause) => `lapse by ${cause}`),
] as const;

/** How often a recorded scenario met each of {@link KINDS}, and whatever else is counted. */
export function kindsMet(text: string, { accounts }: Audit): Map<string, number> {
  const counter = new Counter();
  for (const [i, line] of text.trimEnd().split("\n").entries()) {
    const record = readRecord(line, `log:${i + 1}`);
    if (record.kind === "head") counter.constants = record.constants;
    else if (record.kind === "block") counter.block(record.block);
  }
  for (const { claims } of accounts)
    for (const { lapsedBy, support, asItIs } of claims.items) {
      if (lapsedBy !== null && lapsedBy !== "replaced") counter.met(`lapse by ${lapsedBy}`);
      if (!asItIs && support.startsWith("-")) counter.met("support taken beside a better claim");
    }
  return counter.counts;
}

class Counter {
  readonly counts = new Map<string, number>();
  constants: LogConstants | undefined;
  #lastRound = 0;
  #shocks = "";
  /** Whether health was proven with a sleeve since the last change of shocks. */
  #sleeved = false;
  #liveSince = 0;
  #resumedAt = 0;
  readonly #auctioned = new Set<string>();
  #epochSince = 0;
  readonly #calls = new Set<string>();
  readonly #books = new Map<string, bigint>();
  readonly #commitments = new Map<string, bigint>();
  readonly #rounds = new Map<bigint, number>();
  readonly #signers = new Map<string, string>();

  met(kind: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  block(block: LogBlock): void {
    for (const event of block.events) this.#event(block, event);
    const { gracePeriod = 0, callPeriod = 0 } = this.constants?.gate ?? {};
    for (const { account, status, deadline } of block.answers) {
      this.met(`status ${status}`);
      // Without a call there is a breach behind it.
      if (status === "marginCall" && deadline === this.#epochSince + gracePeriod && !this.#calls.has(account))
        this.met("breach that waits for the grace of a change");
      for (const period of [gracePeriod, callPeriod]) {
        if (deadline === 0) continue;
        if (deadline === this.#liveSince + period) this.met("deadline counted from an outage");
        if (deadline === this.#resumedAt + period) this.met("deadline counted from a pause");
      }
    }
  }

  #event(block: LogBlock, event: LogBlock["events"][number]): void {
    const decoded = decodeEvent(event);
    if (decoded === undefined) return;
    switch (decoded.name) {
      case "ProofAccepted": {
        const { account, round, claim } = decoded.fields;
        const { healthy, theta, support = 0n, sleeve = false } = unpackClaim(claim);
        if (sleeve) {
          this.met(healthy ? "health with a sleeve" : "ill health with a sleeve");
          if (healthy && support !== 0n)
            this.met(support < 0n ? "support taken with a sleeve" : "support added with a sleeve");
          if (healthy) this.#sleeved = true;
        }
        if (support !== 0n)
          this.met(
            !healthy ? "ill health with dollars added" : support < 0n ? "support taken" : "support added",
          );
        if (!healthy && theta > 10_000) this.#calls.add(account);
        const asOf = this.#books.get(account) ?? 0n;
        if (BigInt(this.#rounds.get(round) ?? 0) < asOf) this.met("claim at a round before its book");
        return this.met(healthy ? "proof of health" : theta <= 10_000 ? "breach proven" : "call proven");
      }
      case "MarksLifted":
        if (decoded.fields.breach) this.met("marks of a breach lifted");
        if (decoded.fields.call) {
          this.#calls.delete(decoded.fields.account);
          this.met("marks of a call lifted");
        }
        return;
      case "BookAttested": {
        const { account, commitment, signers, asOf } = decoded.fields;
        this.#books.set(account, asOf);
        if (this.#commitments.get(account) === commitment) this.met("book renewed");
        this.#commitments.set(account, commitment);
        this.#signers.set(account, [...signers].join());
        if (new Set(this.#signers.values()).size > 1) this.met("signers of two accounts differ");
        if (signers.length > 1) this.met("two signatures");
        return;
      }
      case "BookBroken": {
        const data = block.calls.find(({ tx }) => tx === event.tx)?.data ?? "";
        if (data.startsWith(BREAK_BOOK)) this.met("book broken by its owner");
        return this.met("book broken");
      }
      case "AttesterRevoked": {
        const by = block.calls.find(({ tx }) => tx === event.tx)?.from;
        return this.met(
          by === decoded.fields.attester ? "attester revoked by itself" : "attester revoked by the owner",
        );
      }
      case "ProfileChanged": {
        this.#epochSince = block.time;
        if (decoded.role !== "riskProfile") return;
        const shocks = shocksHash([...decoded.fields.profile], TIER);
        if (this.#sleeved && this.#shocks !== "" && shocks !== this.#shocks)
          this.met("shocks changed under a sleeve");
        if (shocks !== this.#shocks) this.#sleeved = false;
        this.#shocks = shocks;
        return this.met(`profile ${CHANGE_NAMES[Number(decoded.fields.change)]}`);
      }
      case "RoundCommitted":
        if (this.#lastRound === 0) this.#liveSince = block.time;
        else if (block.time - this.#lastRound > (this.constants?.ledger.maxRoundAge ?? 0)) {
          this.#liveSince = block.time;
          this.met("outage");
        }
        this.#rounds.set(decoded.fields.number, block.time);
        if (block.time < this.#lastRound + (this.constants?.ledger.provingWindow ?? 0) / 2)
          this.met("round of a move");
        this.#lastRound = block.time;
        return;
      case "AuctionStarted":
        this.met("auction started");
        if (decoded.fields.penalty === 0n) this.met("no penalty");
        if (this.#auctioned.has(decoded.fields.account)) this.met("another auction of an account");
        this.#auctioned.add(decoded.fields.account);
        return;
      case "Unpaused":
        this.#resumedAt = block.time;
        return this.met("end of a pause");
      default: {
        const kind = NAMED[decoded.name];
        if (kind !== undefined) this.met(kind);
      }
    }
  }
}

const NAMED: Readonly<Record<string, (typeof KINDS)[number]>> = {
  LapseRecorded: "lapse recorded",
  DefaultRecorded: "default recorded",
  SleeveAttested: "sleeve attested",
  SleeveVoided: "sleeve voided",
  AttestersProposed: "attesters proposed",
  ProposalCancelled: "proposal cancelled",
  AttestersChanged: "attesters changed",
  Paused: "pause",
  Deposited: "collateral deposited",
  Withdrawn: "collateral withdrawn",
  Lent: "loan paid",
  Repaid: "loan repaid",
  Taken: "collateral sold",
  AuctionClosed: "auction closed",
  OperationExecuted: "operation executed",
};
