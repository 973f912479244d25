import assert from "node:assert/strict";
import { type ChainError, RevertedError } from "../../src/errors.js";

/** What a failure must be: its class, and text of its message. */
export interface Expected {
  readonly Class: abstract new (...args: never[]) => ChainError;
  readonly text: RegExp;
  /** Of a refusal: the name of the contract's error. */
  readonly reason?: string | null;
}

/** A contract's refusal, by the name of its error. */
export function refusal(reason: string | null): Expected {
  return { Class: RevertedError, text: /: the contract refused: ./, reason };
}

/** Asserts that it fails with exactly this class, a message that says so, and none of the `secrets`. */
export async function assertChainFails(
  work: Promise<unknown> | (() => Promise<unknown>),
  { Class, text, reason }: Expected,
  secrets: readonly string[] = [],
): Promise<void> {
  const failure = await (typeof work === "function" ? work() : work).then(
    () => assert.fail(`expected ${Class.name}, got no error`),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof Error, `expected an error, got ${failure}`);
  assert.equal(failure.constructor, Class, `expected ${Class.name}, got ${failure.stack}`);
  assert.match(failure.message, text);
  if (reason !== undefined) assert.equal((failure as RevertedError).reason, reason);
  const told = `${failure.message} ${failure.stack} ${JSON.stringify(failure)} ${failure.cause}`;
  for (const secret of secrets)
    assert.ok(!told.toLowerCase().includes(secret.toLowerCase()), "the error quotes a secret");
}
