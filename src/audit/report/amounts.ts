import { amountText } from "../amounts.js";
import type { AuditedDeployment } from "../result.js";
import { type Content, foreign } from "./markup.js";

/** An amount of a token of a deployment, for a reader. */
export function tokenAmount(
  amount: string,
  token: string | null,
  { tokens }: Pick<AuditedDeployment, "tokens">,
): string {
  return amountText(
    BigInt(amount),
    tokens.find((each) => each.token.toLowerCase() === token?.toLowerCase()),
  );
}

/** As {@link tokenAmount}, for a page: a symbol is whatever its listing says. */
export function amount(
  of: string,
  token: string | null,
  deployment: Pick<AuditedDeployment, "tokens">,
): Content {
  return foreign(tokenAmount(of, token, deployment));
}
