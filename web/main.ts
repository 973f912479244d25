import { TRUSTED_KEYS } from "virtual:trusted-keys";
import { examine } from "./examine.js";
import { type Given, type Kind, refusal, takeIn } from "./intake.js";
import { aboutView } from "./view/about.js";
import { foreign, h } from "./view/dom.js";
import { resultView } from "./view/result.js";

const KIND_WORDS: Readonly<Record<Kind, string>> = { bundle: "proof bundle", market: "market you trust" };

const given = new Map<Kind, Given>();
const part = (id: string) => document.getElementById(id) as HTMLElement;
const input = part("files") as HTMLInputElement;

/** Counts what was dropped, so that an examination which something newer has overtaken shows nothing. */
let turn = 0;

async function take(files: Iterable<File>): Promise<void> {
  const refusals: string[] = [];
  for (const file of files)
    try {
      const taken = await takeIn(file);
      given.set(taken.kind, taken);
    } catch (error) {
      refusals.push(refusal(error));
    }
  part("refused").textContent = refusals.join("\n");
  showGiven();
  await showResult();
}

function showGiven(): void {
  part("given").replaceChildren(
    ...[...given.values()].map(({ kind, name }) => {
      const remove = h("button", { type: "button", "aria-label": `Take away the ${KIND_WORDS[kind]}` }, "✕");
      remove.addEventListener("click", () => {
        given.delete(kind);
        showGiven();
        void showResult();
        input.focus();
      });
      return h("li", {}, h("span", {}, h("strong", {}, KIND_WORDS[kind]), " ", foreign(name)), remove);
    }),
  );
}

async function showResult(): Promise<void> {
  const mine = ++turn;
  const result = part("result");
  const bundle = given.get("bundle")?.text;
  if (bundle === undefined) {
    result.replaceChildren(
      ...(given.size > 0 ? [h("p", { class: "notice" }, "Now drop the proof bundle to be verified.")] : []),
    );
    return;
  }
  result.replaceChildren(h("p", { class: "notice", "data-busy": "" }, "Verifying…"));
  await painted();
  const view = await examined(bundle);
  if (mine !== turn) return;
  result.replaceChildren(view);
  document.getElementById("verdict")?.focus({ preventScroll: true });
  result.scrollIntoView({ block: "start" });
}

async function examined(bundle: string): Promise<HTMLElement> {
  try {
    return resultView(await examine({ bundle, market: given.get("market")?.text }, TRUSTED_KEYS));
  } catch (error) {
    // Nothing that a file says leads here: it is the page's own fault, and must not look like an answer.
    console.error(error);
    return h(
      "p",
      { class: "notice" },
      "This page has failed, and nothing was verified. Use `zkmargin verify` instead.",
    );
  }
}

/** Verifying keeps the page busy for a moment: first let it say so. */
function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

input.addEventListener("change", () => {
  const files = [...(input.files ?? [])];
  input.value = "";
  void take(files);
});
for (const type of ["dragenter", "dragover", "dragleave", "drop"])
  document.addEventListener(type, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", type === "dragenter" || type === "dragover");
  });
document.addEventListener("drop", (event) => void take([...(event.dataTransfer?.files ?? [])]));

part("about").replaceChildren(aboutView(TRUSTED_KEYS, VERSION));
