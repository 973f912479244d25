import { type AttestCall, callsIn } from "../../chain/eventLog/calls.js";
import type { LogCall } from "../../chain/eventLog/record.js";
import type { Submission } from "../../chain/generated/MarginGate.js";

/** Calls of one book or claim that are told apart; more in one transaction is done to be confused by. */
export const MOST_ALIKE = 16;

/** What a transaction carries, by what it is of. */
interface CarriedCalls {
  readonly submissions: ReadonlyMap<string, readonly Submission[]>;
  readonly attests: ReadonlyMap<string, readonly AttestCall[]>;
  /** Whether it carries any proof. */
  readonly proves: boolean;
  /** Whether all of its call data was looked at. */
  readonly complete: boolean;
}

const byTransaction = new WeakMap<readonly LogCall[], Map<number, LogCall>>();
const carried = new WeakMap<LogCall, CarriedCalls>();

/** The call of a transaction among those of a block. */
export function callOf(calls: readonly LogCall[], tx: number): LogCall | undefined {
  let known = byTransaction.get(calls);
  if (known === undefined) {
    known = new Map([...calls].reverse().map((call) => [call.tx, call]));
    byTransaction.set(calls, known);
  }
  return known.get(tx);
}

/** What a call carries, read once however many events are of it. */
export function carriedBy(call: LogCall): CarriedCalls {
  const known = carried.get(call);
  if (known !== undefined) return known;
  const { submissions, attests, complete } = callsIn(call.data);
  const found: CarriedCalls = {
    submissions: grouped(submissions, claimKey),
    attests: grouped(attests, ({ book }) => bookKey(book)),
    proves: submissions.length > 0,
    complete,
  };
  carried.set(call, found);
  return found;
}

/** Names a submitted claim. */
export function claimKey({ account, round, claim }: Pick<Submission, "account" | "round" | "claim">): string {
  return `${account} ${round} ${claim}`;
}

/** Names an attested book by everything in it. */
export function bookKey({ account, sequence, commitment, asOf, expiresAt }: AttestCall["book"]): string {
  return [account, sequence, commitment, asOf, expiresAt].join(" ");
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const known = groups.get(keyOf(item));
    if (known === undefined) groups.set(keyOf(item), [item]);
    else known.push(item);
  }
  return groups;
}
