import { StatementMismatchError } from "../../errors.js";

/** That a field of a proposal is not what the others make it. */
export function contradiction(field: string, expected: string, got: string): StatementMismatchError {
  return new StatementMismatchError(
    field,
    expected,
    got,
    "do not sign it: it was edited, or made by another version",
  );
}
