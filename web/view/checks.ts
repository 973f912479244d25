import { MissingFieldError } from "../../src/errors.js";
import { CHECKS, type CheckName, type Examination } from "../examine.js";
import { h, section } from "./dom.js";

const NAMES: Readonly<Record<CheckName, string>> = {
  bundle: "The bundle is whole; its words, numbers and packed claim agree",
  market: "The market file is whole and within its bounds",
  key: "The key is one that this page trusts, and sound: neither γ = δ nor δ the generator",
  statement: "The market has the digest that the bundle names",
  proof: "zkmargin's verifier accepts the proof for exactly these public signals",
  snarkjs: "snarkjs accepts the same proof, for the same signals, under the same key",
};
const MARKS = { passed: "✓", failed: "×", missing: "?", "not reached": "–" } as const;

/** What was checked, in order, and how far it came. */
export function checksView(examination: Examination): HTMLElement {
  const made = CHECKS.filter((check) => check !== "market" || wasGiven(examination)).map(
    (check) => ({ check, state: stateOf(check, examination) }) as const,
  );
  return section(
    "What was checked",
    h(
      "ol",
      { class: "checks" },
      made.map(({ check, state }) =>
        h(
          "li",
          { class: state.replace(" ", "-"), "data-check": check },
          h("span", { class: "mark", "aria-hidden": "true" }, MARKS[state]),
          h("span", {}, NAMES[check], " ", h("span", { class: "state" }, `– ${state}`)),
        ),
      ),
    ),
  );
}

/** A market that was not given is not checked. */
function wasGiven(examination: Examination): boolean {
  return examination.market !== undefined || ("failed" in examination && examination.failed === "market");
}

function stateOf(check: CheckName, examination: Examination): keyof typeof MARKS {
  if (!("failed" in examination)) return "passed";
  const { failed, error } = examination;
  if (check === failed)
    return error instanceof MissingFieldError && check === "statement" ? "missing" : "failed";
  // Where zkmargin refuses a proof snarkjs is asked as well, and has refused it too.
  if (check === "snarkjs" && failed === "proof") return "failed";
  return CHECKS.indexOf(check) < CHECKS.indexOf(failed) ? "passed" : "not reached";
}
