import type { ClearingView, EstateView, MarketView } from "../../../src/serve/apiTypes.js";
import { code, foreign, h } from "../../view/dom.js";
import { amount, percent, short, span } from "../words.js";
import { draw, drawing, pathOf } from "./parts.js";

/** What a house's market takes. */
const STATES: Readonly<Record<ClearingView["state"], readonly [words: string, tone: string]>> = {
  open: ["✓ The market is open.", "good-words"],
  closed: ["✕ The market is closed: only what reduces passes.", "bad-words"],
  ended: ["✕ The market has ended.", "bad-words"],
};

const STAGES: Readonly<Record<EstateView["stage"], string>> = {
  frozen: "Frozen; liquidators open its book",
  auction: "Its lines are for sale",
  settling: "It can be settled",
  assessments: "Members can pay what they owe for it",
};

/** The default fund of a clearing house, what it covers, and its open defaults; and what insures creditors of the vault. */
export function fundView(
  { clearing, insurance }: Pick<MarketView, "clearing" | "insurance">,
  now: number,
  nameOf: (id: string) => string,
): HTMLElement[] {
  return [
    ...(clearing === undefined ? [] : clearingParts(clearing, now, nameOf)),
    ...(insurance.length === 0
      ? []
      : [
          h("h2", {}, "Insurance of creditors"),
          h(
            "ul",
            {},
            insurance.map(({ creditor, amount: held, symbol }) =>
              h("li", {}, code(short(creditor)), `: ${amount(held)} ${symbol}`),
            ),
          ),
        ]),
  ];
}

function clearingParts(clearing: ClearingView, now: number, nameOf: (id: string) => string): HTMLElement[] {
  const { covered, ratio, state, until, lapsed, caps, defaults } = clearing;
  const [words, tone] = STATES[state];
  const covers =
    ratio === null ? "Nothing is required of it." : `It is ${percent(ratio)} of what is required.`;
  return [
    h("h2", {}, "Default fund and cover"),
    h(
      "p",
      { class: covered ? "good-words" : "bad-words" },
      covered ? "✓ The fund covers what it must. " : "✕ The fund does not cover what it must. ",
      covers,
    ),
    h("p", { class: tone }, words, until === null ? "" : endWords(state, until - now)),
    coverBars(clearing),
    membersTable(clearing),
    h(
      "p",
      { class: lapsed.length === 0 ? "aside" : "bad-words" },
      lapsed.length === 0
        ? `${caps} ${caps === 1 ? "account has" : "accounts have"} a cap, all proven.`
        : `✕ ${lapsed.length} of ${caps} caps lapsed. They count on.`,
    ),
    ...(lapsed.length === 0
      ? []
      : [
          h(
            "ul",
            {},
            lapsed.map(({ account, cap, overdue, overdueFrom }) =>
              h(
                "li",
                {},
                foreign(nameOf(account)),
                `: ${amount(cap)} dollars, `,
                overdue
                  ? "past its grace"
                  : overdueFrom === null
                    ? "not on record yet"
                    : `its grace ends in ${span(overdueFrom - now)}`,
              ),
            ),
          ),
        ]),
    ...(defaults.length === 0
      ? [h("p", { class: "aside" }, "No default is open.")]
      : [
          h("h3", {}, "Open defaults"),
          ...defaults.map((estate) => estateView(estate, now, nameOf(estate.account))),
        ]),
  ];
}

/** What is due once a market is closed. @param left seconds */
function endWords(state: ClearingView["state"], left: number): string {
  if (state === "closed") return left > 0 ? ` It can be ended in ${span(left)}.` : " Anybody can end it now.";
  return left >= 0 ? ` Claims can be proven for ${span(left)}.` : " Claims can be paid.";
}

/** The fund beside what it must hold: money by whose it is, and the caps of the groups, the largest first. */
function coverBars({ fund, contributions, capital, required, cover }: ClearingView): HTMLElement {
  const groups = cover.reduce((sum, { cap }) => sum + Number(cap), 0);
  const most = Math.max(Number(fund), Number(required), groups, 1);
  const bar = (name: string, whole: string, parts: readonly (readonly [size: number, tone: string])[]) =>
    h(
      "div",
      { class: "fund" },
      h("span", {}, `${name}: ${amount(whole)} dollars`),
      h(
        "span",
        { class: "track parts", "aria-hidden": "true" },
        parts.map(([size, tone]) => {
          const filled = h("span", { class: `bar ${tone}` });
          filled.style.width = `${(size / most) * 100}%`;
          return filled;
        }),
      ),
    );
  return h(
    "div",
    { class: "cover" },
    bar("Fund", fund, [
      [Number(contributions), "of-members"],
      [Number(capital), "of-house"],
    ]),
    h("p", { class: "aside" }, `${amount(contributions)} of members, ${amount(capital)} of the house`),
    bar("Required", required, [[Number(required), "of-required"]]),
    bar(
      "Caps",
      String(groups),
      cover.map(({ cap }, i) => [Number(cap), i < 2 ? "of-largest" : "of-others"]),
    ),
    h(
      "p",
      { class: "aside" },
      cover.length === 0
        ? "No group has a cap."
        : `The largest: ${cover
            .slice(0, 2)
            .map(({ group, cap }) => `${group} with ${amount(cap)}`)
            .join(", ")}. The fund must bear their default at once.`,
    ),
  );
}

function membersTable({ members }: ClearingView): HTMLElement {
  if (members.length === 0) return h("p", { class: "aside" }, "The fund has no members yet.");
  const owing = members.some(({ owed }) => owed !== "0");
  const columns = ["Member", "Group", "Caps", "Contributed", ...(owing ? ["Owes"] : [])];
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": "Members of the default fund" },
    h(
      "table",
      {},
      h("caption", {}, "Dollars. Caps are what accounts may lose under stress beyond their margin."),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((text) => h("th", { scope: "col" }, text)),
        ),
      ),
      h(
        "tbody",
        {},
        members.map(({ member, name, group, caps, contribution, owed }) =>
          h(
            "tr",
            {},
            h("th", { scope: "row" }, name === null ? code(short(member)) : foreign(name)),
            h("td", {}, group === 0 ? "left" : String(group)),
            h("td", {}, amount(caps)),
            h("td", {}, amount(contribution)),
            owing ? h("td", { class: owed === "0" ? "" : "bad-words" }, amount(owed)) : null,
          ),
        ),
      ),
    ),
  );
}

/** A default: how far it has come, and its price falling. */
function estateView(
  { stage, until, left, auction, owed }: EstateView,
  now: number,
  name: string,
): HTMLElement {
  const clock = until === null ? "" : until > now ? ` for ${span(until - now)}` : "; the time is over";
  return h(
    "article",
    { class: "auction" },
    h("h3", {}, foreign(name)),
    h("p", {}, `${STAGES[stage]}${clock}. ${left === 0 ? "All is sold." : `${left} % of it is left.`}`),
    owed === "0" ? null : h("p", { class: "bad-words" }, `Members owe ${amount(owed)} dollars for it.`),
    ...(auction === null ? [] : fallingPrice(auction, now)),
  );
}

function fallingPrice({ from, period, first, last }: NonNullable<EstateView["auction"]>, now: number) {
  const [begin, end] = [Number(first), Number(last)];
  const elapsed = Math.max(0, Math.min(now - from, period));
  const at = begin - ((begin - end) * elapsed) / period;
  const dollars = (value: number) => `${amount(value.toFixed(2))} dollars`;
  const paid = begin < 0 && end < 0;
  const [what, sign] = paid ? ["What the buyer is paid grows", -1] : ["The price falls", 1];
  const words =
    elapsed < period
      ? `${what} from ${dollars(sign * begin)} to ${dollars(sign * end)} in ${span(period - elapsed)}.`
      : `It is at its last: ${paid ? "the buyer is paid " : ""}${dollars(sign * end)}.`;
  const [width, height] = [300, 70];
  const x = (seconds: number) => (seconds / period) * width;
  const y = (value: number) => 4 + (begin === end ? 0.5 : (begin - value) / (begin - end)) * (height - 8);
  const line = (to: number, value: number) =>
    pathOf([
      [0, y(begin)],
      [x(to), y(value)],
    ]);
  return [
    h("p", { class: "price" }, at < 0 ? `The buyer is paid ${dollars(-at)}` : dollars(at)),
    h("p", {}, words),
    drawing(
      words,
      [width, height],
      draw("path", { d: line(period, end), class: "line second" }),
      draw("path", { d: line(elapsed, at), class: "line" }),
      draw("circle", { cx: x(elapsed), cy: y(at), r: 4, class: "dot" }),
    ),
  ];
}
