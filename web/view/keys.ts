import { keyStatement, type TrustedKey } from "zkmargin/verify";
import type { AnyVerified } from "../examine.js";
import { code, facts, h, section } from "./dom.js";

/** What the page is, and what it trusts before anything is dropped. */
export function aboutView(keys: Readonly<Record<string, TrustedKey>>, version: string): HTMLElement {
  return h(
    "div",
    {},
    h(
      "p",
      {},
      `zkmargin ${version}. This page is one file. It loads nothing and can send nothing: its own security policy forbids every connection. `,
      "Save it and open it from your disk, or build it from the sources with ",
      code("npm run build:web"),
      ", which prints the SHA-256 that yours must have; the package has it in web/index.html.sha256. ",
      code("zkmargin verify"),
      " gives the same answer in a terminal.",
    ),
    h(
      "details",
      {},
      h("summary", {}, "The keys that it trusts"),
      h(
        "ul",
        { class: "keys" },
        Object.entries(keys).map(([tier, { hash, kind }]) =>
          h("li", {}, `${tier}, ${keyKindWords(kind)} `, code(hash)),
        ),
      ),
    ),
  );
}

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
