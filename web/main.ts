import { TRUSTED_KEYS } from "virtual:trusted-keys";
import { examine } from "./examine.js";
import { type Given, GivenFiles } from "./givenFiles.js";
import { h } from "./view/dom.js";
import { givenView, heldView, overviewView, refusedView } from "./view/files.js";
import { aboutView } from "./view/keys.js";
import { type Answer, answerOf, failedAnswer } from "./view/result.js";

const part = (id: string) => document.getElementById(id) as HTMLElement;
const input = part("files") as HTMLInputElement;
const files = new GivenFiles(() => {
  showFiles();
  void showResult();
});

function showFiles(): void {
  const isRefused = ({ state }: Given) => state.is === "refused";
  const view = (one: typeof givenView) => (file: Given) =>
    one(file, () => {
      files.remove((each) => each === file);
      input.focus();
    });
  part("given").replaceChildren(...files.all.filter((file) => !isRefused(file)).map(view(givenView)));
  part("refused").replaceChildren(...files.all.filter(isRefused).map(view(refusedView)));
}

/** Counts changes, so that an examination which something newer has overtaken shows nothing. */
let turn = 0;

/** Shows what the files come to, from nothing: no earlier verdict outlives a change, and none stands beside a refusal. */
async function showResult(): Promise<void> {
  const mine = ++turn;
  const result = part("result");
  const taken = files.all.flatMap(({ name, state }) => (state.is === "taken" ? [{ name, ...state }] : []));
  const market = taken.find(({ kind }) => kind === "market");
  const bundles = taken.filter(({ kind }) => kind === "bundle");
  const attestations = taken.filter(({ kind }) => kind === "attestation").map(({ text }) => text);
  if (files.all.some(({ state }) => state.is === "reading")) return result.replaceChildren(busy("Reading…"));
  const refused = files.all.filter(({ state }) => state.is === "refused");
  if (refused.length > 0) {
    result.replaceChildren(
      heldView(bundles.length, () => {
        files.remove((file) => refused.includes(file));
        input.focus();
      }),
    );
    return part("refused").scrollIntoView({ block: "nearest" });
  }
  if (bundles.length === 0) {
    const next = h("p", { class: "notice" }, "Now drop the proof bundle to be verified.");
    return result.replaceChildren(...(taken.length === 0 ? [] : [next]));
  }
  const answers: Answer[] = [];
  for (const bundle of bundles) {
    result.replaceChildren(
      busy(bundles.length === 1 ? "Verifying…" : `Verifying ${answers.length + 1} of ${bundles.length}…`),
    );
    await painted();
    const answer = await answered(bundle, market, attestations, answers.length);
    if (mine !== turn) return;
    answers.push(answer);
  }
  const several = answers.length > 1;
  result.replaceChildren(...(several ? [overviewView(answers)] : []), ...answers.map(({ view }) => view));
  document.getElementById(several ? "overview" : "verdict")?.focus({ preventScroll: true });
  result.scrollIntoView({ block: "start" });
}

interface Taken {
  readonly name: string;
  readonly text: string;
}

async function answered(
  bundle: Taken,
  market: Taken | undefined,
  attestations: readonly string[],
  place: number,
): Promise<Answer> {
  try {
    const texts = { bundle: bundle.text, market: market?.text, attestations };
    const examination = await examine(texts, TRUSTED_KEYS);
    return answerOf(examination, {
      name: bundle.name,
      market: market?.name,
      place,
      now: Math.floor(Date.now() / 1000),
    });
  } catch (error) {
    console.error(error);
    return failedAnswer(bundle.name, place);
  }
}

function busy(words: string): HTMLElement {
  return h("p", { class: "notice", "data-busy": "" }, words);
}

/** Verifying keeps the page busy for a moment: first let it say so. */
function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

input.addEventListener("change", () => {
  const chosen = [...(input.files ?? [])];
  input.value = "";
  void files.drop(chosen);
});
for (const type of ["dragenter", "dragover", "dragleave", "drop"])
  document.addEventListener(type, (event) => {
    event.preventDefault();
    document.body.classList.toggle("over", type === "dragenter" || type === "dragover");
  });
document.addEventListener("drop", (event) => void files.drop([...(event.dataTransfer?.files ?? [])]));

part("about").replaceChildren(aboutView(TRUSTED_KEYS, VERSION));
