import type { TrustedKey } from "../../src/prove/bundleVerifier.js";
import { code, h } from "./dom.js";
import { keyKindWords } from "./key.js";

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
      ", which prints the SHA-256 that yours must have. ",
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
