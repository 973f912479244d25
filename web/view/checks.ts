import { MissingFieldError } from "zkmargin/protocol";
import { CHECKS, type CheckName, type Examination } from "../examine.js";
import { h, section } from "./dom.js";

const NAMES: Readonly<Record<CheckName, string>> = {
  bundle: "The bundle is whole; its words, numbers and packed claim agree",
  market: "The market file is whole and within its bounds",
  key: "The key is one that this page trusts, and sound: neither γ = δ nor δ the generator",
  statement: "The market has the digest that the bundle names",
  proof: "zkmargin's verifier accepts the proof for exactly these public signals",
  snarkjs: "snarkjs accepts the same proof, for the same signals, under the same key",
  attestation:
    "Each attestation of this book has its attester's signature, for its chain, registry and listing",
};
const MARKS = { passed: "✓", failed: "×", missing: "?", "not reached": "–" } as const;

/** What was checked, in order, and how far it came. */
export function checksView(examination: Examination): HTMLElement {
  const made = CHECKS.filter((check) => isMade(check, examination)).map(
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

/** What was not given is not checked. */
function isMade(check: CheckName, examination: Examination): boolean {
  const failed = "failed" in examination && examination.failed === check;
  if (check === "market") return failed || examination.market !== undefined;
  if (check === "attestation")
    return failed || ("attested" in examination && examination.attested.length > 0);
  return true;
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
