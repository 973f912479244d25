import { MissingFieldError } from "zkmargin/protocol";
import type { Examination } from "../examine.js";
import { attestationView } from "./attestation.js";
import { checksView } from "./checks.js";
import { code, foreign, h, printButton } from "./dom.js";
import { keyView } from "./keys.js";
import { marketView } from "./market.js";
import { silenceView, statementView } from "./statement.js";
import { type Verdict, verdictOn, verdictView } from "./verdict.js";

/** What the page answers about one file. */
export interface Answer extends Pick<Verdict, "tone" | "title"> {
  /** The file's name. */
  readonly name: string;
  /** Of the verdict's heading. */
  readonly id: string;
  readonly view: HTMLElement;
}

/**
 * The whole answer about a file. Of a bundle that is not valid nothing is shown as if it were proven.
 * @param place of the file among those that are answered, from 0
 */
export function answerOf(
  examination: Examination,
  {
    name,
    market,
    place,
    now,
  }: {
    readonly name: string;
    readonly market: string | undefined;
    readonly place: number;
    /** Unix seconds. */
    readonly now: number;
  },
): Answer {
  const id = place === 0 ? "verdict" : `verdict-${place + 1}`;
  const verdict = verdictOn(examination, now);
  const { tone, title } = verdict;
  const attributes = {
    "aria-labelledby": id,
    ...("error" in examination && { "data-error": examination.error.name }),
  };
  const view = h("article", attributes, verdictView(verdict, id, name), bodyOf(examination, market, now));
  return { name, tone, title, id, view };
}

function bodyOf(examination: Examination, market: string | undefined, now: number): (HTMLElement | null)[] {
  if ("verified" in examination) {
    const { verified } = examination;
    return [
      statementView(verified, now),
      attestationView(examination, now),
      silenceView(verified),
      marketView(verified.market, verified.marketDigest, market),
      keyView(verified),
      checksView(examination),
      printButton(),
    ];
  }
  const { marketDigest, error, failed } = examination;
  const missing = failed === "statement" && error instanceof MissingFieldError;
  return [
    missing && marketDigest !== undefined ? h("p", { class: "digest" }, code(marketDigest)) : null,
    checksView(examination),
  ];
}

/** The page's own fault, to which nothing leads that a file says: it must not look like an answer. */
export function failedAnswer(name: string, place: number): Answer {
  const [id, title] = [`verdict-${place + 1}`, "This page has failed"];
  const words = " was not verified: this page has failed. Use `zkmargin verify` instead.";
  const view = h("p", { class: "notice", id, tabindex: "-1" }, foreign(name), words);
  return { name, tone: "open", title, id, view };
}
