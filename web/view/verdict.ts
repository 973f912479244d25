import {
  InvalidAttestationError,
  InvalidProofError,
  MarketMismatchError,
  MissingFieldError,
  type ZkMarginError,
} from "zkmargin/protocol";
import { isExpiredAt } from "zkmargin/verify";
import { type AnyVerified, type CheckName, type Examination, VerifiersDisagreeError } from "../examine.js";
import { foreign, h } from "./dom.js";

/** Good: believe it. Caution: valid, but not to be believed as it stands. Bad: not valid. Open: something is missing. */
export type Tone = "good" | "caution" | "bad" | "open";

/** What the page answers, first and largest. */
export interface Verdict {
  readonly tone: Tone;
  readonly title: string;
  readonly reasons: readonly string[];
}

export const MARKS: Readonly<Record<Tone, string>> = { good: "✓", caution: "!", bad: "×", open: "?" };

/**
 * What an examination comes to.
 * @param now Unix seconds
 */
export function verdictOn(examination: Examination, now: number): Verdict {
  return "verified" in examination
    ? verdictOnValid(examination, now)
    : verdictOnFailed(examination.failed, examination.error);
}

/** The verdict under the name of the file that it is about. It is said by a mark and by words; colour only repeats it. */
export function verdictView({ tone, title, reasons }: Verdict, id: string, file: string): HTMLElement {
  return h(
    "div",
    { class: `verdict ${tone}` },
    h("span", { class: "mark", "aria-hidden": "true" }, MARKS[tone]),
    h(
      "div",
      {},
      h("p", { class: "file" }, foreign(file)),
      h("h2", { id, tabindex: "-1" }, title),
      reasons.map((reason) => h("p", {}, reason)),
    ),
  );
}

function verdictOnValid(
  {
    verified: { key },
    market,
    attested,
    attestations,
  }: Extract<Examination, { readonly verified: AnyVerified }>,
  now: number,
): Verdict {
  const development = key.kind === "development";
  const reasons: string[] = [];
  if (development)
    reasons.push(
      "DEVELOPMENT KEY: anybody can make such a proof, of anything. It shows that the software works, and nothing about an account.",
    );
  if (market === undefined)
    reasons.push(
      "The market came with the bundle, from its sender. Drop the market file that you trust, or compare the digest below with yours.",
    );
  if (attestations > 0 && attested.length === 0)
    reasons.push("None of the attestations that you gave is of this book.");
  if (attested.length > 0 && attested.every((signed) => isExpiredAt(signed, now)))
    reasons.push("Every attestation of this book that you gave has expired.");
  return {
    tone: reasons.length > 0 ? "caution" : "good",
    title: development ? "Valid, but anybody could have made it" : "Valid",
    reasons,
  };
}

const TITLES: Readonly<Record<CheckName, string>> = {
  bundle: "Not a whole proof bundle",
  market: "Not a whole market file",
  key: "Not made with a key that this page trusts",
  statement: "It does not fit together",
  proof: "Not valid",
  snarkjs: "Not valid",
  attestation: "Not signed by its attester",
};

function verdictOnFailed(failed: CheckName, error: ZkMarginError): Verdict {
  const bad = (title: string, ...reasons: string[]): Verdict => ({ tone: "bad", title, reasons });
  if (error instanceof VerifiersDisagreeError) return bad("The two verifiers disagree", error.message);
  if (error instanceof InvalidProofError)
    return bad(
      TITLES.proof,
      "The proof does not prove this statement: it was altered, or made for another book, market or claim.",
      error.message,
    );
  if (error instanceof MarketMismatchError)
    return bad(
      "Not the market that it was proven against",
      "Whatever this bundle proves, it proves it at other prices or other risk parameters than those you gave.",
      error.message,
    );
  if (error instanceof MissingFieldError && failed === "statement")
    return {
      tone: "open",
      title: "A market is missing",
      reasons: [
        "This bundle does not bring its market along. Drop the market file with this digest as well:",
      ],
    };
  if (failed === "attestation" && !(error instanceof InvalidAttestationError))
    return bad("Not a whole attestation", error.message);
  return bad(TITLES[failed], error.message);
}
