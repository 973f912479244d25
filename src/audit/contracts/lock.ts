import type { ContractLog, ContractLogHead } from "../../chain/contractLog.js";
import { type CollateralLockEvents, collateralLock } from "../../chain/generated/CollateralLock.js";
import { type RemoteMessage, remoteDigest } from "../../chain/remote/messages.js";
import { REMOTE_AUDIT, type RemoteReplay, SOURCES, sourceHandlers, verifiedIn } from "./remote.js";
import {
  type ContractAudit,
  type ContractAuditResult,
  compareAnswers,
  type LoggedContext,
  type LoggedHandlers,
  replayContracts,
} from "./replay.js";

/** What was locked. Amounts are smallest units of the token. */
interface HeldLock {
  readonly account: string;
  readonly from: string;
  readonly amount: bigint;
  readonly lockedAt: bigint;
  left: bigint;
  /** What was paid out, by the number of its release. */
  readonly paid: Map<bigint, { readonly to: string; readonly amount: bigint; readonly time: number }>;
}

/** A lock of collateral that is pledged to another chain, rebuilt from its events. */
interface LockReplay {
  readonly self: { readonly chain: bigint; readonly contract: string };
  readonly home: { readonly chain: bigint; readonly contract: string };
  readonly locks: Map<bigint, HeldLock>;
  locked: bigint;
  /** Digests that home has said, as the source has verified, and when, unix seconds; null where the log does not have the source. */
  readonly verified: Map<string, number> | null;
  /** Digests that the lock has said. */
  readonly sent: Set<string>;
  /** Digest of what the lock has just said. */
  unsaid: string | undefined;
  readonly counts: { payouts: number; reports: number };
}

/** The claims at home, and the time of the last block that they are known at, unix seconds. */
interface ClaimsAtHome {
  readonly replay: RemoteReplay;
  readonly time: number;
}

/**
 * Replays the log of a lock: each lock is told to home once and as it was locked, and pays out once, no more than it has, and only
 * what home has said. With the log of the claims, the two are held to each other.
 * @param claims read after the lock's own log; absent where the lock is audited alone
 *
 * @example
 * ```ts
 * import { auditLock } from "zkmargin/audit";
 *
 * const lock = { ...contractLog, head: { ...contractLog.head, of: "lock" } };
 * console.log(auditLock(lock).events); // 0
 * ```
 */
export function auditLock(lock: ContractLog, claims?: ContractLog): ContractAuditResult {
  if (claims === undefined) return replayContracts(lock, lockAudit());
  const replay = REMOTE_AUDIT.begin(claims.head, () => undefined);
  replayContracts(claims, { ...REMOTE_AUDIT, begin: () => replay });
  return replayContracts(lock, lockAudit({ replay, time: timeOf(claims) }));
}

function lockAudit(claims?: ClaimsAtHome): ContractAudit<LockReplay> {
  return {
    of: "lock",
    bindings: { collateralLock, ...SOURCES },
    handlers: {
      collateralLock: lockHandlers() as never,
      ...sourceHandlers<LockReplay>(({ home }) => home.contract),
    },
    begin,
    endTransaction(state, { report }) {
      if (state.unsaid !== undefined) report("lock-rules", {}, `the message ${state.unsaid}`, "none");
      state.unsaid = undefined;
    },
    end(state, answers, report) {
      compareAnswers(answers, answersOf(state), report);
      const held = answers["collateralLock.held"];
      if (held === undefined || BigInt(held) < state.locked)
        report("lock-rules", {}, `tokens for ${state.locked} units that are locked`, held ?? "no answer");
      if (claims !== undefined) holdToHome(state, claims, timeOf({ end: { answers } }), report);
    },
    coverage: ({ locks, counts }) => ({ locks: locks.size, ...counts }),
  };
}

/** Time of a log's last block, unix seconds. */
function timeOf({ end }: { readonly end: Pick<ContractLog["end"], "answers"> }): number {
  return Number(end.answers["block.time"] ?? 0);
}

const NOBODY = `0x${"0".repeat(40)}`;

function begin({ chainId, contracts, facts }: ContractLogHead): LockReplay {
  const of = (role: string) => contracts.find((one) => one.role === role)?.address;
  const fact = (name: string) => facts[`collateralLock.${name}`] ?? "0";
  return {
    self: { chain: chainId, contract: of("collateralLock") ?? NOBODY },
    home: { chain: BigInt(fact("homeChain")), contract: fact("peer") },
    locks: new Map(),
    locked: 0n,
    verified: verifiedIn(contracts),
    sent: new Set(),
    unsaid: undefined,
    counts: { payouts: 0, reports: 0 },
  };
}

function answersOf({ locks, locked }: LockReplay): Record<string, string> {
  const answers: Record<string, string> = {
    "collateralLock.locks()": `${locks.size}`,
    "collateralLock.locked()": `${locked}`,
  };
  for (const [id, { account, from, amount, left, lockedAt, paid }] of locks) {
    answers[`collateralLock.lockOf(${id})`] = [account, from, amount, left, lockedAt].join();
    for (const number of paid.keys()) answers[`collateralLock.isReleased(${id},${number})`] = "true";
  }
  return answers;
}

function lockHandlers(): LoggedHandlers<LockReplay, CollateralLockEvents> {
  const say = (state: LockReplay, said: RemoteMessage, { report }: LoggedContext) => {
    if (state.unsaid !== undefined) report("lock-rules", {}, `the message ${state.unsaid}`, "none");
    state.unsaid = remoteDigest(said, state.home);
  };
  return {
    Locked(state, { id, account, from, amount, lockedAt }, context) {
      const { report, transaction } = context;
      const next = BigInt(state.locks.size) + 1n;
      if (id !== next || amount === 0n || lockedAt !== BigInt(transaction.time))
        report("lock-rules", { account }, `lock ${next} at ${transaction.time}`, `lock ${id} at ${lockedAt}`);
      say(state, { kind: "lock", message: { id, account, from, amount, lockedAt } }, context);
      state.locks.set(id, { account, from, amount, lockedAt, left: amount, paid: new Map() });
      state.locked += amount;
    },

    Released(state, { id, number, to, amount }, { report, transaction }) {
      const lock = state.locks.get(id);
      const { verified, self } = state;
      state.counts.payouts++;
      if (lock === undefined || lock.paid.has(number) || amount > lock.left)
        report(
          "lock-rules",
          {},
          `at most ${lock?.left ?? 0n} units of lock ${id}, release ${number} once`,
          `${amount}${lock?.paid.has(number) ? ", paid out before" : ""}`,
        );
      const digest = remoteDigest({ kind: "release", message: { id, number, to, amount } }, self);
      if (verified !== null && !verified.has(digest))
        report("remote-unproven", {}, "a message that the source has verified", digest);
      state.locked -= amount;
      if (lock === undefined) return;
      lock.left -= amount;
      lock.paid.set(number, { to, amount, time: transaction.time });
    },

    Reported(state, { held, locks, reportedAt }, context) {
      const { report, transaction } = context;
      state.counts.reports++;
      if (
        held < state.locked ||
        locks !== BigInt(state.locks.size) ||
        reportedAt !== BigInt(transaction.time)
      )
        report(
          "lock-rules",
          {},
          `a report of ${state.locks.size} locks and at least ${state.locked} units at ${transaction.time}`,
          `${locks}, ${held} at ${reportedAt}`,
        );
      say(state, { kind: "report", message: { held, locks, reportedAt } }, context);
    },

    MessageSent(state, { digest }, { report }) {
      state.sent.add(digest);
      if (digest !== state.unsaid)
        report("lock-rules", {}, `the message ${state.unsaid ?? "of a lock or a report"}`, digest);
      state.unsaid = undefined;
    },

    PeerBound({ home }, { peer }, { report }) {
      if (peer.toLowerCase() !== home.contract.toLowerCase())
        report("lock-rules", {}, `the home ${home.contract}`, peer);
    },
  };
}

/**
 * Holds the lock and the claims at home to each other. Both logs end at some block: what one chain did after the other's end is left
 * out, by the clocks of the two chains, which differ by less than a message takes.
 */
function holdToHome(
  state: LockReplay,
  { replay, time }: ClaimsAtHome,
  ended: number,
  report: LoggedContext["report"],
): void {
  const { self, home } = state;
  const ends = [replay.other, replay.home].map(({ chain, contract }) => `${chain} ${contract.toLowerCase()}`);
  const own = [self, home].map(({ chain, contract }) => `${chain} ${contract.toLowerCase()}`);
  if (ends.join() !== own.join()) report("lock-home", {}, `a lock and a home ${ends.join()}`, own.join());
  // Each message that a source has verified, or that home has acted on, is one that the other side has said, to the last field.
  const unsaid = (digests: ReadonlyMap<string, number> | null, sent: ReadonlySet<string>, by: number) =>
    [...(digests ?? [])].filter(([digest, at]) => at <= by && !sent.has(digest)).map(([digest]) => digest);
  const atHome = new Map([...(replay.verified ?? []), ...replay.acted]);
  for (const digest of unsaid(atHome, state.sent, ended))
    report("lock-home", {}, "a message that the lock has sent", digest);
  for (const digest of unsaid(state.verified, replay.sent, time))
    report("lock-home", {}, "a message that home has sent", digest);
  for (const [id, { account, said, left, time: lockedBy }] of replay.locks) {
    const lock = state.locks.get(id);
    if (lock === undefined && lockedBy > ended) continue;
    const about = { account: said.account };
    const wanted = [said.account, said.from, said.amount].join();
    const got = lock && [lock.account, lock.from, lock.amount].join();
    if (got !== wanted) report("lock-home", about, `lock ${id} as home has it, ${wanted}`, got ?? "none");
    if (account === said.account && lock !== undefined && lock.left < left)
      report("lock-home", about, `at least ${left} units left of lock ${id}`, `${lock.left}`);
  }
  for (const [id, { account, paid }] of state.locks)
    for (const [number, { to, amount, time: paidAt }] of paid) {
      const told = replay.told.get(`${id} ${number}`);
      if (told === undefined && paidAt > time) continue;
      if (told?.to !== to || told.amount !== amount)
        report(
          "lock-home",
          { account },
          told
            ? `${told.amount} units of lock ${id} to ${told.to}`
            : `release ${number} of lock ${id}, told by home`,
          `${amount} to ${to}`,
        );
    }
}
