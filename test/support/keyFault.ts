import assert from "node:assert/strict";
import { type KeyFault, KeyLineageError } from "../../src/errors.js";

/** For assert.throws: the key gate refused, and for this very fault. */
export function refusedFor(fault: KeyFault): (error: Error) => true {
  return (error) => {
    assert.equal(error.constructor, KeyLineageError, String(error));
    assert.equal((error as KeyLineageError).fault, fault, error.message);
    return true;
  };
}
