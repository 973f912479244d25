import { accountOf } from "../../chain/attest.js";
import type { BookRegistryEvents } from "../../chain/generated/BookRegistry.js";
import { FIELD_R } from "../../protocol/bounds.js";
import { type AccountState, newAccount } from "./accountState.js";
import { countOf } from "./bounded.js";
import type { Report, Terms } from "./context.js";
import type { ProfileState } from "./profileState.js";

type Events = BookRegistryEvents;
/** BookRegistry holds sequences in 40 bits. */
const SEQUENCE_MAX = 2 ** 40 - 1;

/** Opens an account. Null if there can be none: of another id, or open already. */
export function openAccount(
  accounts: ReadonlyMap<string, AccountState>,
  event: Events["AccountOpened"],
  report: Report,
): AccountState | null {
  const { account, owner, subaccount, isolated, attesters, threshold } = event;
  const expected = accountOf(owner, subaccount);
  if (account !== expected) {
    report("event-impossible", { account }, `account ${expected} of this owner and name`, "another account");
    return null;
  }
  if (accounts.has(account)) {
    report("event-impossible", { account }, "an account that is opened once", "it is opened again");
    return null;
  }
  return newAccount({ account, owner, isolated, attesters: [...attesters], threshold: Number(threshold) });
}

/** Takes a book in: its sequence, its times and who signed it. Who did is for the call to show: see signatures.ts. */
export function attestBook(
  { constants }: Terms,
  account: AccountState,
  event: Events["BookAttested"],
  profile: ProfileState,
  time: number,
  report: Report,
): void {
  const sequence = countOf(event.sequence);
  const [asOf, expiresAt] = [countOf(event.asOf), countOf(event.expiresAt)];
  const about = { account: account.account, sequence };
  const { book: last, attesters, threshold } = account;
  if (sequence <= last.sequence || sequence > SEQUENCE_MAX)
    report("sequence-repeated", about, `a sequence above ${last.sequence}`, String(sequence));
  else if (sequence !== last.sequence + 1)
    report("sequence-gap", about, `sequence ${last.sequence + 1}`, `sequence ${sequence}`);
  const most = Math.min(profile.bookMaxAge, constants.registry.longestBook);
  if (asOf > time || asOf < last.asOf || expiresAt <= time || expiresAt - asOf > most)
    report(
      "book-times",
      about,
      `as of ${last.asOf} to ${time}, expiring after ${time} and within ${most} s`,
      `as of ${asOf}, expiring at ${expiresAt}`,
    );
  if (event.commitment >= FIELD_R)
    report("event-impossible", about, "a commitment below r", "a larger number");
  const signers = [...event.signers];
  const strangers = signers.filter((signer) => !attesters.includes(signer));
  if (strangers.length > 0)
    report("attestation-stranger", about, "signatures of the account's attesters", `one of ${strangers[0]}`);
  const ordered = signers.every((signer, i) => i === 0 || BigInt(signers[i - 1] ?? 0) < BigInt(signer));
  if (!ordered) report("event-impossible", about, "each signer once, in ascending order", "another order");
  if (new Set(signers).size < threshold)
    report("attestation-too-few", about, `${threshold} signatures`, String(new Set(signers).size));

  Object.assign(last, {
    sequence,
    commitment: event.commitment,
    asOf,
    expiresAt,
    attestedAt: time,
    brokenAt: 0,
    signers,
  });
  // An attester that was removed before this book is no witness of it.
  for (const [attester, at] of account.removedAt) if (at < time) account.removedAt.delete(attester);
}

export function proposeAttesters(
  { constants }: Terms,
  account: AccountState,
  { attesters, threshold, effectiveAt }: Events["AttestersProposed"],
  time: number,
  report: Report,
): void {
  const earliest = time + constants.registry.rotationDelay;
  if (countOf(effectiveAt) !== earliest)
    report(
      "rotation-undelayed",
      { account: account.account },
      `in force from ${earliest}`,
      String(effectiveAt),
    );
  account.proposal = {
    attesters: [...attesters],
    threshold: Number(threshold),
    effectiveAt: countOf(effectiveAt),
  };
}

export function cancelProposal(account: AccountState, report: Report): void {
  if (account.proposal === null)
    report("event-impossible", { account: account.account }, "a proposal to cancel", "none");
  account.proposal = null;
}

/** Puts other attesters in force. Returns whether the newest book has thereby lost the signatures it needs. */
export function changeAttesters(
  account: AccountState,
  event: Events["AttestersChanged"],
  time: number,
  report: Report,
): boolean {
  const { proposal } = account;
  const about = { account: account.account };
  const attesters = [...event.attesters];
  if (proposal === null || proposal.attesters.join() !== attesters.join())
    report("event-impossible", about, "the attesters that were proposed", "others");
  else if (proposal.threshold !== Number(event.threshold))
    report("event-impossible", about, "the threshold that was proposed", "another");
  else if (time < proposal.effectiveAt)
    report("rotation-undelayed", about, `not before ${proposal.effectiveAt}`, String(time));
  account.proposal = null;
  for (const attester of account.attesters)
    if (!attesters.includes(attester)) account.removedAt.set(attester, time);
  account.attesters = attesters;
  account.threshold = Number(event.threshold);
  return keepSigners(account);
}

/**
 * Strikes an attester off.
 * @param sender null where the record does not tell who did it
 */
export function revokeAttester(
  account: AccountState,
  { attester }: Events["AttesterRevoked"],
  sender: string | null,
  time: number,
  report: Report,
): boolean {
  const about = { account: account.account };
  if (!account.attesters.includes(attester))
    report("event-impossible", about, "an attester to strike off", attester);
  if (sender !== null && sender !== account.owner && sender !== attester)
    report("event-impossible", about, "the owner or the attester itself", sender);
  account.removedAt.set(attester, time);
  // The last one takes its place, as in AttesterSets.remove.
  const members = [...account.attesters];
  const at = members.indexOf(attester);
  const last = members.pop();
  if (at !== -1 && at < members.length && last !== undefined) members[at] = last;
  account.attesters = members;
  return keepSigners(account);
}

/** Marks the newest book as broken. */
export function breakBook(account: AccountState, sequence: number, time: number, report: Report): void {
  if (sequence !== account.book.sequence)
    report(
      "event-impossible",
      { account: account.account, sequence },
      `book ${account.book.sequence}`,
      "another",
    );
  account.book.brokenAt = time;
}

/** Whether the newest book, which was whole, is short of its threshold now. */
function keepSigners(account: AccountState): boolean {
  const { book, attesters, threshold } = account;
  book.signers = book.signers.filter((signer) => attesters.includes(signer));
  return book.sequence !== 0 && book.brokenAt === 0 && book.signers.length < threshold;
}
