import { MissingFieldError } from "../../src/errors.js";
import type { Examination } from "../examine.js";
import { checksView } from "./checks.js";
import { code, h } from "./dom.js";
import { keyView } from "./key.js";
import { marketView } from "./market.js";
import { silenceView } from "./silence.js";
import { statementView } from "./statement.js";
import { verdictView } from "./verdict.js";

/** The whole answer. Of a bundle that is not valid nothing is shown as if it were proven. */
export function resultView(examination: Examination): HTMLElement {
  if ("verified" in examination) {
    const { verified, market } = examination;
    return h(
      "article",
      { "aria-labelledby": "verdict" },
      verdictView(examination),
      statementView(verified),
      silenceView(verified),
      marketView(verified.market, verified.marketDigest, market !== undefined),
      keyView(verified),
      checksView(examination),
    );
  }
  const { marketDigest, error, failed } = examination;
  const missing = failed === "statement" && error instanceof MissingFieldError;
  return h(
    "article",
    { "aria-labelledby": "verdict", "data-error": error.name },
    verdictView(examination),
    missing && marketDigest !== undefined ? h("p", { class: "digest" }, code(marketDigest)) : null,
    checksView(examination),
  );
}
