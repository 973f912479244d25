import assert from "node:assert/strict";
import { CeremonyError, type CeremonyFault } from "../../../../src/errors.js";

/** For assert.rejects: the ceremony does not verify, and for this very fault. */
export function faulty(fault: CeremonyFault): (error: Error) => true {
  return (error) => {
    assert.equal(error.constructor, CeremonyError, String(error));
    assert.equal((error as CeremonyError).fault, fault, error.message);
    return true;
  };
}

/** For assert.rejects: an error of this very class. */
export function exactly(Class: abstract new (...args: never[]) => Error): (error: Error) => true {
  return (error) => {
    assert.equal(error.constructor, Class, String(error));
    return true;
  };
}
