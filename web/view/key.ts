import { keyStatement } from "../../src/groth16/artefacts/keyStatement.js";
import type { AnyVerified } from "../examine.js";
import { code, facts, h, section } from "./dom.js";

/** With which key, and what a proof under it is worth. */
export function keyView({ key, verificationKeyHash }: AnyVerified): HTMLElement {
  return section(
    "With which key",
    facts([
      ["Kind", h("strong", {}, keyKindWords(key.kind))],
      ["Worth", keyStatement(key)],
      ["Trusted since", "it was put into this page when the page was built"],
      ["SHA-256", code(verificationKeyHash)],
    ]),
  );
}

/** So written that nobody overlooks a development key. */
export function keyKindWords(kind: AnyVerified["key"]["kind"]): string {
  return kind === "development" ? "DEVELOPMENT KEY" : "ceremony key";
}
