import type { TransactionRefusedError } from "../../errors.js";

/** What a node says of a transaction that it, or the chain, has already. */
const KNOWN =
  /already (known|imported|exists)|known transaction|nonce (is )?too low|nonce has already|old ?nonce|replacement .*underpriced|could not replace/i;
/** What no node takes, however often it is offered. */
const NEVER =
  /type not supported|unsupported (transaction|tx)|intrinsic gas|exceeds? (the )?block gas limit|invalid (sender|signature|chain ?id|transaction type)|chain ?id .*(mismatch|not)|oversized|initcode|method .*(does not exist|not (found|available|supported))/i;
const NEVER_CODES = [-32_600, -32_601, -32_602];

/** What a node's refusal of a signed transaction comes to. */
export function refusalKind({ said, code }: TransactionRefusedError): "known" | "never" | "not now" {
  if (KNOWN.test(said)) return "known";
  return NEVER.test(said) || NEVER_CODES.includes(code) ? "never" : "not now";
}
