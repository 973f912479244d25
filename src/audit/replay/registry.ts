import { accountOf } from "../../chain/attest.js";
import { interfaceOf } from "../../chain/binding.js";
import { type BookRegistryEvents, bookRegistry } from "../../chain/generated/BookRegistry.js";
import { FIELD_R, SLEEVE_BAND_MAX } from "../../protocol/bounds.js";
import {
  type AccountContext,
  type AccountLog,
  type AccountState,
  epochOf,
  isWitness,
  newAccount,
  newAccountLog,
} from "./account.js";
import { callOf, checkSignatures } from "./callData.js";
import { type CoverageCount, countOf, type EventContext, type Handlers, type Report } from "./context.js";
import type { ProfileState } from "./profile.js";
import { attestSleeve, voidSleeve } from "./sleeves.js";

/** BookRegistry holds sequences in 40 bits. */
const SEQUENCE_MAX = 2 ** 40 - 1;
const BREAK_BOOK = interfaceOf(bookRegistry).getFunction("breakBook")?.selector ?? "";
/** Attested commitments remembered, of each attester, to see one counted twice. */
const COMMITMENTS_KEPT = 65_536;

/** What events of the registry change. */
interface RegistryPart {
  readonly accounts: Map<string, AccountState>;
  readonly logs: Map<string, AccountLog>;
  readonly profile: ProfileState;
  readonly baseProfile: ProfileState | null;
  /** Signer and commitment of the books attested last. */
  readonly commitments: Set<string>;
  readonly coverage: CoverageCount;
}

interface RegistryContext extends AccountContext {
  readonly disclosed: {
    checkBook(account: AccountState, log: AccountLog, context: EventContext): void;
    checkSleeve(account: AccountState, log: AccountLog, report: Report): void;
  };
}

export const registryHandlers: Handlers<BookRegistryEvents, RegistryPart, EventContext, RegistryContext> = {
  EIP712DomainChanged: () => undefined,

  /** There is no account of another id than its owner and name give, and none is opened twice. */
  AccountOpened({ accounts, logs, profile }, event, { block, report }) {
    const { account, owner, subaccount, isolated, attesters, threshold } = event;
    const expected = accountOf(owner, subaccount);
    if (account !== expected) {
      report(
        "event-impossible",
        { account },
        `account ${expected} of this owner and name`,
        "another account",
      );
      return;
    }
    if (accounts.has(account)) {
      report("event-impossible", { account }, "an account that is opened once", "it is opened again");
      return;
    }
    const opened = { account, owner, isolated, attesters: [...attesters], threshold: Number(threshold) };
    accounts.set(account, newAccount(opened));
    logs.set(account, newAccountLog(subaccount, block.time, profile.epoch));
  },

  /** A book: its sequence, its times, who signed it, and by the call whether they did. */
  BookAttested({ commitments, profile, baseProfile, coverage }, event, context) {
    const { basis, account, log, block, tx, report } = context;
    checkOnce(commitments, account.book, event, report);
    attest(event, baseProfile ?? profile, context);
    const { seen, byContracts } = checkSignatures(basis, event, block, tx, report);
    coverage.books++;
    if (seen) coverage.booksWithSignatures++;
    coverage.contractSignatures += byContracts;
    log.attested++;
    if (log.firstSequence === 0) log.firstSequence = countOf(event.sequence);
    const epoch = epochOf(log);
    if (epoch !== undefined) epoch.books++;
    context.disclosed.checkBook(account, log, context);
  },

  SleeveAttested({ profile, baseProfile, coverage }, event, context) {
    attestSleeve(event, baseProfile ?? profile, context);
    coverage.sleeves++;
    context.disclosed.checkSleeve(context.account, context.log, context.report);
  },
  SleeveVoided: (_, event, context) => voidSleeve(event, context),

  AttestersProposed(_, { attesters, threshold, effectiveAt }, { basis, account, block, report }) {
    const earliest = block.time + basis.constants.registry.rotationDelay;
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
  },

  ProposalCancelled(_, { account: id }, { account, report }) {
    if (account.proposal === null)
      report("event-impossible", { account: id }, "a proposal to cancel", "none");
    account.proposal = null;
  },

  /** Other attesters are in force. */
  AttestersChanged(_, event, context) {
    const { account, block, report } = context;
    const { time } = block;
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
    keepSigners(context);
  },

  /** The owner removes an attester, or it removes itself: where it was called directly, the record tells who did. */
  AttesterRevoked(_, { attester }, context) {
    const { basis, account, block, tx, report } = context;
    const about = { account: account.account };
    const call = callOf(block.calls, tx);
    const sender = call?.to === basis.deployment.contracts.bookRegistry.address ? call.from : null;
    if (!account.attesters.includes(attester))
      report("event-impossible", about, "an attester to remove", attester);
    if (sender !== null && sender !== account.owner && sender !== attester)
      report("event-impossible", about, "the owner or the attester itself", sender);
    account.removedAt.set(attester, block.time);
    // The last one takes its place, as in AttesterSets.remove.
    const members = [...account.attesters];
    const at = members.indexOf(attester);
    const last = members.pop();
    if (at !== -1 && at < members.length && last !== undefined) members[at] = last;
    account.attesters = members;
    keepSigners(context);
  },

  /** The book is short of signatures, or its owner broke it: where that was called directly, the record tells who did. */
  BookBroken(_, event, { basis, account, block, tx, report }) {
    const sequence = countOf(event.sequence);
    const about = { account: account.account, sequence };
    if (sequence !== account.book.sequence)
      report("event-impossible", about, `book ${account.book.sequence}`, "another");
    if (account.book.brokenAt !== 0)
      report("event-impossible", about, "a book that is whole", "a broken one");
    const call = callOf(block.calls, tx);
    const direct = call?.to === basis.deployment.contracts.bookRegistry.address;
    if (direct && call.data.startsWith(BREAK_BOOK) && call.from !== account.owner)
      report("event-impossible", about, "a book that its owner breaks", `one that ${call.from} breaks`);
    account.book.brokenAt = block.time;
  },
};

/** Each attester's signature counts once for a commitment. The signers of the newest book may renew it. */
function checkOnce(
  commitments: Set<string>,
  newest: Pick<AccountState["book"], "commitment" | "signers">,
  { account, sequence, commitment, signers }: BookRegistryEvents["BookAttested"],
  report: Report,
): void {
  for (const signer of signers) {
    const key = `${signer} ${commitment.toString(16)}`;
    const renewed = newest.commitment === commitment && newest.signers.includes(signer);
    if (commitments.has(key) && !renewed)
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

/** Takes a book in. Whether its signers signed it is for the call to show. */
function attest(
  event: BookRegistryEvents["BookAttested"],
  profile: Pick<ProfileState, "bookMaxAge">,
  { basis, account, block: { time }, report }: AccountContext,
): void {
  const sequence = countOf(event.sequence);
  const [asOf, expiresAt] = [countOf(event.asOf), countOf(event.expiresAt)];
  const about = { account: account.account, sequence };
  const { book: last, attesters, threshold } = account;
  if (sequence <= last.sequence || sequence > SEQUENCE_MAX)
    report("sequence-repeated", about, `a sequence above ${last.sequence}`, String(sequence));
  else if (sequence !== last.sequence + 1)
    report("sequence-gap", about, `sequence ${last.sequence + 1}`, `sequence ${sequence}`);
  const most = Math.min(profile.bookMaxAge, basis.constants.registry.longestBook);
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
    sleeveVoidedAt: 0,
    sleeve: null,
    signers,
  });
  // An attester that was removed before this book is no witness of it.
  for (const [attester, at] of account.removedAt) if (at < time) account.removedAt.delete(attester);
}

/** Takes away the signatures of those who are attesters no longer. A book that is short of its threshold thereby must break. */
function keepSigners({ account, awaited }: AccountContext): void {
  const { book, attesters, threshold } = account;
  book.signers = book.signers.filter((signer) => attesters.includes(signer));
  if (book.sequence !== 0 && book.brokenAt === 0 && book.signers.length < threshold)
    awaited.event = { name: "BookBroken", account: account.account };
}
