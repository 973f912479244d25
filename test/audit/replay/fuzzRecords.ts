import type { AccountState, HealthRecord as Replayed } from "../../../src/audit/replay/account.js";
import type { OpenMarket } from "../../../src/chain/deployment.js";
import type { HealthRecord, SleeveRecord, SupportRecord } from "../../../src/chain/generated/MarginGate.js";

/** What the contracts have of each account beside its status, as text by account. */
export type AccountRecords = ReadonlyMap<string, string>;

/** The records of gate and registry at the newest block. */
export async function recordsOf(
  { contracts: { marginGate, bookRegistry } }: OpenMarket,
  accounts: readonly string[],
): Promise<AccountRecords> {
  const records = new Map<string, string>();
  for (const account of accounts) {
    const [claim, sleeve, { taken, added }, marks, book, { terms, sequence, voidedAt }] = await Promise.all([
      marginGate.recordOf(account),
      marginGate.sleeveOf(account),
      marginGate.supportOf(account),
      marginGate.marksOf(account),
      bookRegistry.bookStateOf(account),
      bookRegistry.sleeveOf(account),
    ]);
    const text = textOf({
      health: healthOf(claim, sleeve),
      taken: supportOf(taken),
      added: supportOf(added),
      marks: Object.values({ ...marks }),
      book: [book.sequence, book.asOf, book.expiresAt, book.attestedAt, book.brokenAt],
      sleeve: sequence === 0n ? null : [terms.pricedAt, terms.band, terms.until, terms.shocks, voidedAt],
    });
    records.set(account, text);
  }
  return records;
}

/** The same as a replay has it. */
export function replayedRecord({ book, health, supports, marks }: AccountState): string {
  const { sleeve } = book;
  return textOf({
    health: replayedHealth(health),
    taken: replayedHealth(supports.taken),
    added: replayedHealth(supports.added),
    marks: [
      ...[marks.breachRound, marks.callRound, marks.callSince, marks.lapsedAt, marks.callTheta],
      ...[marks.breachSince, marks.graceSince, marks.breachProven],
    ],
    book: [book.sequence, book.asOf, book.expiresAt, book.attestedAt, book.brokenAt],
    sleeve: sleeve && [sleeve.pricedAt, sleeve.band, sleeve.until, sleeve.shocks, book.sleeveVoidedAt],
  });
}

function healthOf(claim: HealthRecord, { limit, until, shocksSince }: SleeveRecord, support = 0n) {
  const { round, time, sequence, epoch, theta, envelope, odometer } = claim;
  if (round === 0n) return null;
  const sleeve = until === 0n ? null : [limit, until, shocksSince];
  return [round, time, sequence, epoch, theta, envelope, odometer, sleeve, support];
}

function supportOf({ claim, sleeve, support }: SupportRecord) {
  return healthOf(claim, sleeve, support);
}

function replayedHealth(record: Replayed | null) {
  if (record === null) return null;
  const { round, time, sequence, epoch, odometer, sleeve, claim } = record;
  const { theta, envelope, support = 0n } = claim;
  const kept = sleeve && [sleeve.limit, sleeve.until, sleeve.shocksSince];
  return [round, time, sequence, epoch, theta, envelope, odometer, kept, support];
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === "bigint" ? Number(each) : each));
}
