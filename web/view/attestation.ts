import { attestationWords } from "zkmargin/verify";
import type { Examination } from "../examine.js";
import { h, section } from "./dom.js";

/** Who signed the proven book, for which chain and registry, and until when. */
export function attestationView(
  { attested, attestations }: Extract<Examination, { readonly verified: unknown }>,
  now: number,
): HTMLElement {
  const none =
    attestations === 0
      ? "You gave no attestation. The attesters of the account sign the commitment: drop their files to see who they are."
      : "None of the attestations that you gave is of this book.";
  return section(
    "Who signed the book",
    attested.length === 0
      ? h("p", { class: "aside" }, none)
      : h(
          "ul",
          { class: "attested" },
          attested.map((signed) => h("li", {}, attestationWords(signed, now))),
        ),
    attested.length === 0
      ? null
      : h(
          "p",
          { class: "aside" },
          "Each signature is its attester's own. Whether that registry knows them, and how many of them the account needs, stands on the chain.",
        ),
  );
}
