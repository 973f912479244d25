import assert from "node:assert/strict";
import { InputError } from "../../src/errors.js";

type ErrorClass = abstract new (...args: never[]) => InputError;

/**
 * Asserts that `action` fails with exactly this class at exactly this path, and that no part of the error
 * contains one of the `secrets`.
 */
export function assertFails(
  action: () => unknown,
  Class: ErrorClass,
  path: string,
  secrets: readonly string[] = [],
): InputError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof InputError, `expected an input error, got ${error}`);
    assert.equal(error.constructor, Class, `expected ${Class.name}, got ${error.name}: ${error.message}`);
    assert.equal(error.path, path);
    for (const secret of secrets)
      assert.ok(
        !`${error.message} ${error.path}`.includes(secret),
        `the error gives away ${secret}: ${error}`,
      );
    return error;
  }
  assert.fail(`expected ${Class.name} at ${path}, got no error`);
}
