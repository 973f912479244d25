import { interfaceOf } from "../../chain/binding.js";
import type { ContractLogHead, LoggedTransaction } from "../../chain/contractLog.js";
import { type HyperlaneSourceEvents, hyperlaneSource } from "../../chain/generated/HyperlaneSource.js";
import { type RemoteCollateralEvents, remoteCollateral } from "../../chain/generated/RemoteCollateral.js";
import { storageProofSource } from "../../chain/generated/StorageProofSource.js";
import { type LockMessage, type RemoteMessage, remoteDigest } from "../../chain/remote/messages.js";
import { type ContractAudit, compareAnswers, type LoggedContext, type LoggedHandlers } from "./replay.js";

/** A lock that was credited or declined. Amounts are smallest units of the token. */
interface UsedLock {
  /** The account that it was credited to; 0 if it was declined. */
  readonly account: string;
  left: bigint;
  releases: bigint;
  /** What its message says, and by when it was locked: as the message has it, and before it was used. Unix seconds. */
  readonly said: Pick<LockMessage, "account" | "from" | "amount">;
  readonly time: number;
}

/** What one transaction did to claims, smallest units of the token. */
interface Moved {
  credited: bigint;
  /** Told to locks that were credited. */
  drawn: bigint;
  bought: bigint;
  minted: bigint;
  burned: bigint;
  deposited: bigint;
}

/** Claims on collateral that is locked on another chain, rebuilt from their events. */
export interface RemoteReplay {
  readonly home: { readonly chain: bigint; readonly contract: string };
  readonly other: { readonly chain: bigint; readonly contract: string };
  readonly vault: string;
  cap: bigint;
  readonly locks: Map<bigint, UsedLock>;
  readonly lockedOf: Map<string, bigint>;
  /** What locks were told to pay out, by lock and release. */
  readonly told: Map<string, { readonly to: string; readonly amount: bigint }>;
  /** Claims that the contract itself holds, and that the vault holds. */
  here: bigint;
  inVault: bigint;
  held: bigint;
  locksReported: bigint;
  reportedAt: bigint;
  newest: bigint;
  /** Digests that the other chain's lock has said, as the source has verified, and when, unix seconds; null where the log does not have the source. */
  readonly verified: Map<string, number> | null;
  /** Digests that home has acted on, and by when the other chain had said them, unix seconds. */
  readonly acted: Map<string, number>;
  /** Digests that home has said. */
  readonly sent: Set<string>;
  moved: Moved;
  /** A lock that is sent back, until its release. */
  declined: { readonly id: bigint; readonly to: string; readonly amount: bigint } | undefined;
  /** Digest of a release that was not said yet. */
  unsaid: string | undefined;
  readonly counts: { proven: number; releases: number; reports: number; bought: number };
}

/** What may vouch for the other chain. Messengers tell of messages by the same events, whichever they are. */
export const SOURCES = { storageProofSource, messageSource: hyperlaneSource };

/**
 * The audit of claims on collateral on another chain: each lock counts once and as the other side has said it, claims stay within the
 * cap, and every claim that ends is one that a lock is told to pay out.
 */
export const REMOTE_AUDIT: ContractAudit<RemoteReplay> = {
  of: "remote",
  bindings: { remoteCollateral, ...SOURCES },
  handlers: {
    remoteCollateral: claimHandlers() as never,
    ...sourceHandlers<RemoteReplay>(({ other }) => other.contract),
  },
  begin,
  endTransaction,
  end(state, answers, report) {
    const { held, locksReported, reportedAt, locks, lockedOf } = state;
    const expected = {
      "remoteCollateral.totalSupply()": `${state.here + state.inVault}`,
      "remoteCollateral.cap()": `${state.cap}`,
      "remoteCollateral.heard()": [held, locksReported, reportedAt].join(),
      ...Object.fromEntries(
        [...locks].map(([id, { account, left, releases }]) => [
          `remoteCollateral.lockOf(${id})`,
          [account, left, releases, true].join(),
        ]),
      ),
      ...Object.fromEntries(
        [...lockedOf].map(([account, amount]) => [`remoteCollateral.lockedOf(${account})`, `${amount}`]),
      ),
    };
    compareAnswers(answers, expected, report);
  },
  coverage: ({ counts, locks }) => ({ locks: locks.size, ...counts }),
};

const NOBODY = `0x${"0".repeat(40)}`;
const NO_ACCOUNT = `0x${"0".repeat(64)}`;
const NOTHING: Moved = { credited: 0n, drawn: 0n, bought: 0n, minted: 0n, burned: 0n, deposited: 0n };

function begin({ chainId, contracts, facts }: ContractLogHead): RemoteReplay {
  const fact = (name: string) => facts[`remoteCollateral.${name}`] ?? "0";
  const of = (role: string) => contracts.find((one) => one.role === role)?.address;
  return {
    home: { chain: chainId, contract: of("remoteCollateral") ?? NOBODY },
    other: { chain: BigInt(fact("chain")), contract: fact("lock") },
    vault: fact("vault").toLowerCase(),
    cap: 0n,
    locks: new Map(),
    lockedOf: new Map(),
    told: new Map(),
    ...{ here: 0n, inVault: 0n, held: 0n, locksReported: 0n, reportedAt: 0n, newest: 0n },
    verified: verifiedIn(contracts),
    acted: new Map(),
    sent: new Set(),
    moved: { ...NOTHING },
    declined: undefined,
    unsaid: undefined,
    counts: { proven: 0, releases: 0, reports: 0, bought: 0 },
  };
}

/** Nothing yet of what a source has verified; null where a log does not have the source. */
export function verifiedIn(contracts: ContractLogHead["contracts"]): Map<string, number> | null {
  return contracts.some(({ role }) => role in SOURCES) ? new Map() : null;
}

/** Handlers of a source, by storage proofs or a messenger: they remember what it has verified of the other side. */
export function sourceHandlers<State extends { readonly verified: Map<string, number> | null }>(
  otherSide: (state: State) => string,
) {
  const handlers: LoggedHandlers<State, HyperlaneSourceEvents> = {
    MessageVerified(state, { sender, digest }, { report, transaction }) {
      // Other assets may share the source.
      if (sender.toLowerCase() !== otherSide(state).toLowerCase() || state.verified === null) return;
      if (state.verified.has(digest)) report("event-impossible", {}, "a message that is new", digest);
      else state.verified.set(digest, transaction.time);
    },
    // What a messenger is handed proves nothing, and its other half was named once, by its deployer.
    MessageDispatched() {},
    PeerBound() {},
  };
  return { storageProofSource: handlers as never, messageSource: handlers as never };
}

function claimHandlers(): LoggedHandlers<RemoteReplay, RemoteCollateralEvents> {
  return {
    Credited(state, { account, id, from, amount }, context) {
      const { report } = context;
      const time = useLock(state, { account, id, from, amount }, context);
      const supply = state.here + state.inVault + amount;
      if (supply > state.cap)
        report("remote-cap", { account }, `at most ${state.cap} units of claims`, `${supply}`);
      const said = { account, from, amount };
      state.locks.set(id, { account, left: amount, releases: 0n, said, time });
      add(state.lockedOf, account, amount);
      if (id > state.locksReported) state.held += amount;
      if (id > state.newest) state.newest = id;
      state.moved.credited += amount;
    },

    Declined(state, { account, id, from, amount }, context) {
      const time = useLock(state, { account, id, from, amount }, context);
      const used = { account: NO_ACCOUNT, left: 0n, releases: 0n };
      state.locks.set(id, { ...used, said: { account, from, amount }, time });
      state.declined = { id, to: from, amount };
    },

    Released(state, { account, id, number, to, amount }, { report }) {
      const about = { account };
      const lock = state.locks.get(id);
      const { declined } = state;
      state.declined = undefined;
      state.counts.releases++;
      state.told.set(`${id} ${number}`, { to, amount });
      if (state.unsaid !== undefined) report("remote-release", about, `the message ${state.unsaid}`, "none");
      state.unsaid = remoteDigest({ kind: "release", message: { id, number, to, amount } }, state.other);
      if (number !== (lock?.releases ?? 0n) + 1n)
        report("remote-release", about, `release ${(lock?.releases ?? 0n) + 1n} of lock ${id}`, `${number}`);
      if (lock !== undefined) lock.releases = number;
      if (declined !== undefined) {
        if (id !== declined.id || to !== declined.to || amount !== declined.amount)
          report(
            "remote-release",
            about,
            `${declined.amount} units of lock ${declined.id} to ${declined.to}`,
            `${amount} of lock ${id} to ${to}`,
          );
        return;
      }
      state.moved.drawn += amount;
      if (lock?.account !== account || amount > lock.left)
        report(
          "remote-release",
          about,
          `at most ${lock?.account === account ? lock.left : 0n} units of lock ${id}`,
          `${amount}`,
        );
      if (lock !== undefined) lock.left -= amount;
      add(state.lockedOf, account, -amount);
    },

    MessageSent(state, { digest }, { report }) {
      state.sent.add(digest);
      if (digest !== state.unsaid)
        report("remote-release", {}, `the message ${state.unsaid ?? "of a release"}`, digest);
      state.unsaid = undefined;
    },

    Bought(state, { amount }) {
      state.counts.bought++;
      state.moved.bought += amount;
    },

    Reported(state, { held, locks, reportedAt }, { report, transaction }) {
      state.counts.reports++;
      checkSaid(state, { kind: "report", message: { held, locks, reportedAt } }, transaction.time, report);
      if (reportedAt <= state.reportedAt || locks < state.newest)
        report(
          "remote-report",
          {},
          `a report after ${state.reportedAt} that knows lock ${state.newest}`,
          `one of ${reportedAt} that knows ${locks} locks`,
        );
      Object.assign(state, { held, locksReported: locks, reportedAt });
    },

    CapChanged(state, { cap }) {
      state.cap = cap;
    },

    CapLowered(state, { cap }, { report }) {
      if (cap > state.cap) report("remote-cap", {}, `a cap of at most ${state.cap} units`, `${cap}`);
      state.cap = cap;
    },

    Transfer(state, { from, to, value }, { report }) {
      const { moved } = state;
      const place = (who: string) => {
        const address = who.toLowerCase();
        if (address === state.home.contract.toLowerCase()) return "here";
        return address === state.vault ? "vault" : address === NOBODY ? "nowhere" : "elsewhere";
      };
      const way = `${place(from)} to ${place(to)}`;
      if (way === "nowhere to here") moved.minted += value;
      else if (way === "here to nowhere") moved.burned += value;
      else if (way === "here to vault") moved.deposited += value;
      else if (way !== "vault to here")
        report("remote-claims", {}, "claims that move between their contract and the vault", way);
      if (place(from) === "here") state.here -= value;
      if (place(to) === "here") state.here += value;
      if (place(from) === "vault") state.inVault -= value;
      if (place(to) === "vault") state.inVault += value;
      if (state.here < 0n || state.inVault < 0n)
        report("remote-claims", {}, "claims that were there", `${value} units more than ${place(from)} had`);
    },

    // An approval moves nothing, and who may change the cap is the access manager's to show.
    Approval() {},
    AuthorityUpdated() {},
  };
}

/** After a transaction: what was credited was made and pledged, and what ended is what locks were told to pay. */
function endTransaction(state: RemoteReplay, { report }: LoggedContext): void {
  const { credited, drawn, bought, minted, burned, deposited } = state.moved;
  if (minted !== credited || deposited !== credited)
    report(
      "remote-claims",
      {},
      `${credited} units made and pledged, as credited`,
      `${minted} made and ${deposited} pledged`,
    );
  if (burned !== drawn || bought > drawn)
    report("remote-release", {}, `${burned} units released, as many as ended`, `${drawn}, ${bought} bought`);
  if (state.unsaid !== undefined) report("remote-release", {}, `the message ${state.unsaid}`, "none");
  if (state.declined !== undefined)
    report("remote-release", {}, `lock ${state.declined.id} sent back`, "no release of it");
  Object.assign(state, { moved: { ...NOTHING }, unsaid: undefined, declined: undefined });
}

/** Holds a lock that is used up to what the other chain has said of it. Returns by when it was locked, unix seconds. */
function useLock(
  state: RemoteReplay,
  said: Omit<LockMessage, "lockedAt">,
  { report, transaction }: LoggedContext,
): number {
  const { account, id } = said;
  const { time } = transaction;
  if (state.locks.has(id)) report("remote-lock", { account }, `lock ${id} once`, "twice");
  const messages = lockMessagesIn(transaction).filter((one) => one.id === id);
  if (messages.length === 0) {
    report("remote-unseen", { account }, `the message of lock ${id} in the call`, "none");
    return time;
  }
  const message = messages.find(
    (one) => one.account === account && one.from === said.from && one.amount === said.amount,
  );
  if (message === undefined) {
    report("remote-lock", { account }, `lock ${id} as its message has it`, "another amount or party");
    return time;
  }
  const lockedBy = Math.min(time, Number(message.lockedAt));
  checkSaid(state, { kind: "lock", message }, lockedBy, report);
  return lockedBy;
}

/** Holds a message that home acts on to those that the source has verified. */
function checkSaid(
  state: RemoteReplay,
  said: RemoteMessage,
  time: number,
  report: LoggedContext["report"],
): void {
  const digest = remoteDigest(said, state.home);
  state.acted.set(digest, time);
  if (state.verified === null) return;
  if (state.verified.has(digest)) state.counts.proven++;
  else report("remote-unproven", {}, "a message that the source has verified", digest);
}

const HOME = interfaceOf(remoteCollateral);
/** Hexadecimal digits of a lock's message behind a selector: five words. */
const LOCK_DIGITS = 5 * 64;

/** Messages of locks in call data, also in calls that a wallet or a batch nests. */
function lockMessagesIn({ data }: LoggedTransaction): LockMessage[] {
  return ["credit", "decline"].flatMap((name) => {
    const selector = HOME.getFunction(name)?.selector.slice(2) ?? "";
    const found: LockMessage[] = [];
    for (let at = data.indexOf(selector); at !== -1; at = data.indexOf(selector, at + 1)) {
      const call = data.slice(at, at + selector.length + LOCK_DIGITS);
      if (call.length < selector.length + LOCK_DIGITS) break;
      try {
        const [{ id, account, from, amount, lockedAt }] = HOME.decodeFunctionData(name, `0x${call}`);
        found.push({ id, account, from, amount, lockedAt });
      } catch {
        // Other bytes that look like the selector.
      }
    }
    return found;
  });
}

function add(sums: Map<string, bigint>, account: string, amount: bigint): void {
  sums.set(account, (sums.get(account) ?? 0n) + amount);
}
