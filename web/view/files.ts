import type { Given, Kind } from "../givenFiles.js";
import { foreign, h } from "./dom.js";
import type { Answer } from "./result.js";
import { MARKS } from "./verdict.js";

const KIND_WORDS: Readonly<Record<Kind, string>> = {
  bundle: "proof bundle",
  market: "market you trust",
  attestation: "attestation",
};

/** A file that was given, and a button that takes it away. */
export function givenView(file: Given, remove: () => void): HTMLElement {
  const { name, state } = file;
  const words = state.is === "taken" ? KIND_WORDS[state.kind] : "reading…";
  return h(
    "li",
    {},
    h("span", {}, h("strong", {}, words), " ", foreign(name)),
    button(`Take away the ${state.is === "taken" ? words : "file"}: ${name}`, remove),
  );
}

/** A file that was refused, and why: nothing of it was examined. */
export function refusedView({ name, state }: Given, remove: () => void): HTMLElement {
  return h(
    "p",
    {},
    h("span", {}, state.is === "refused" ? foreign(state.reason) : null),
    button(`Take away the refused file: ${name}`, remove),
  );
}

/** In place of every verdict while a file is refused: a reader who sees one must not take it to be about that file. */
export function heldView(bundles: number, removeRefused: () => void): HTMLElement {
  const rest =
    bundles === 0
      ? ""
      : ` What else you gave, ${bundles === 1 ? "a proof bundle" : `${bundles} proof bundles`}, is verified once it is gone.`;
  const remove = h("button", { type: "button", class: "button" }, "Take away what was refused");
  remove.addEventListener("click", removeRefused);
  return h(
    "div",
    { class: "notice held" },
    h(
      "p",
      {},
      h("strong", {}, "No verdict while a file is refused."),
      " Drop it again whole, or take it away.",
      rest,
    ),
    remove,
  );
}

/** Which file got which verdict, where there are several. */
export function overviewView(answers: readonly Answer[]): HTMLElement {
  return h(
    "section",
    { class: "overview", "aria-labelledby": "overview" },
    h("h2", { id: "overview", tabindex: "-1" }, `${answers.length} proof bundles, a verdict for each`),
    h(
      "ol",
      {},
      answers.map(({ id, name, tone, title }) =>
        h(
          "li",
          { class: tone },
          h("span", { class: "mark", "aria-hidden": "true" }, MARKS[tone]),
          h("span", {}, foreign(name), ": ", h("a", { href: `#${id}` }, title)),
        ),
      ),
    ),
  );
}

function button(label: string, pressed: () => void): HTMLElement {
  const element = h("button", { type: "button", "aria-label": label }, "×");
  element.addEventListener("click", pressed);
  return element;
}
