import type {
  AccountView,
  AlertView,
  EventView,
  MarketView,
  OwnHealth,
} from "../../../src/serve/apiTypes.js";
import { code, facts, foreign, h } from "../../view/dom.js";
import {
  CAUSES,
  eventWords,
  factor,
  MARKETS,
  moment,
  percent,
  STATUSES,
  short,
  span,
  URGENCY,
} from "../words.js";
import { clearedWords } from "./accounts.js";
import { meter, statusMark } from "./parts.js";

/** Seconds after which what is shown is said to be old. */
const OLD = 30;

/** The service itself: which block, how old, and whether proofs can be made. */
export function freshnessView(market: MarketView | null, age: number | null): (HTMLElement | string)[] {
  if (market === null) return ["Reading…"];
  const { words, tone } = MARKETS[market.state] ?? { words: market.state, tone: "open" };
  return [
    h("span", { class: `pill ${tone}` }, words),
    ` chain ${market.chainId}, block ${market.block?.toLocaleString("en-US") ?? "none"}, `,
    h(
      "span",
      { class: age !== null && age >= OLD ? "old" : "fresh" },
      age === null ? "not read yet" : `read ${span(age)} ago`,
    ),
  ];
}

/** What is to be said while a node or the service is away; nothing while both answer. */
export function awayWords(market: MarketView | null, age: number | null, failure: string | null): string {
  if (failure !== null && market === null)
    return "The service does not answer yet. This page asks again every few seconds.";
  if (failure !== null) return `The service does not answer. Shown is what was known ${span(age ?? 0)} ago.`;
  if (age !== null && age >= OLD)
    return `No node answers. Shown is what was known ${span(age)} ago; clocks run on.`;
  return "";
}

/** How many accounts have each status, and the figures that matter first. */
export function summaryView(
  { accounts, round, terms }: MarketView,
  all: Iterable<AccountView>,
  now: number,
  choose: (status: string) => void,
): HTMLElement[] {
  let [deadline, envelope] = [Number.POSITIVE_INFINITY, 10_001];
  for (const { deadline: until, status, claim } of all) {
    if (until !== null && status !== "liquidatable") deadline = Math.min(deadline, until);
    if (status === "healthy" && claim !== null) envelope = Math.min(envelope, claim.envelopeLeft);
  }
  const tile = (name: string, value: string, aside = "") =>
    h(
      "div",
      { class: "tile" },
      h("span", { class: "much" }, value),
      h("span", {}, name),
      h("span", { class: "aside" }, aside),
    );
  return [
    ...URGENCY.map((status) => {
      const { mark, words, tone } = STATUSES[status];
      const button = h(
        "button",
        {
          type: "button",
          class: `tile ${accounts[status] === 0 ? "none" : tone}`,
          "aria-label": `${accounts[status]} ${words}: show them`,
        },
        h("span", { class: "much" }, accounts[status].toLocaleString("en-US")),
        h("span", {}, `${mark} ${words}`),
      );
      button.addEventListener("click", () => choose(status));
      return button;
    }),
    tile("next deadline", deadline === Number.POSITIVE_INFINITY ? "none" : span(deadline - now)),
    tile("least envelope left", envelope > 10_000 ? "—" : percent(envelope)),
    tile(
      "age of the round",
      round === null ? "—" : span(now - round.time),
      terms === null ? "" : `window ${span(terms.provingWindow)}`,
    ),
  ];
}

/** Alerts that last, one line for a rule and its subjects. */
export function alertsView(alerts: readonly AlertView[], nameOf: (id: string) => string): HTMLElement[] {
  if (alerts.length === 0) return [];
  const byRule = new Map<string, AlertView[]>();
  for (const alert of alerts) byRule.set(alert.rule, [...(byRule.get(alert.rule) ?? []), alert]);
  return [
    h("h2", {}, "Alerts"),
    h(
      "ul",
      { class: "alerts" },
      [...byRule.values()].map((of) => {
        const [first] = of;
        if (first === undefined) return null;
        const { severity, says, todo } = first;
        const subjects = of
          .slice(0, 3)
          .map(({ subject, detail }) => `${nameOf(subject)}${detail === null ? "" : ` (${detail})`}`);
        const more = of.length > 3 ? ` and ${(of.length - 3).toLocaleString("en-US")} more` : "";
        return h(
          "li",
          { class: severity === "critical" ? "bad" : "caution" },
          h("strong", {}, severity === "critical" ? "✕ Critical: " : "! Warning: "),
          foreign(`${says}: ${subjects.join(", ")}${more}. `),
          h("span", { class: "aside" }, `Do: ${todo}.`),
        );
      }),
    ),
  ];
}

/** Events as they come, newest first. */
export function eventsView(events: readonly EventView[], nameOf: (id: string) => string): HTMLElement[] {
  return [
    h("h2", {}, "Events"),
    events.length === 0
      ? h("p", { class: "aside" }, "None yet.")
      : h(
          "ol",
          {
            class: "events",
            role: "log",
            "aria-live": "polite",
            "aria-label": "Events, newest first",
            tabindex: "0",
          },
          events
            .slice(0, 60)
            .map((event) =>
              h(
                "li",
                {},
                h("span", { class: "aside" }, `block ${event.block}`),
                " ",
                event.account === null ? null : [foreign(nameOf(event.account)), " "],
                eventWords(event),
              ),
            ),
        ),
  ];
}

/** All that is known of one account. */
export function detailView(
  account: AccountView,
  own: OwnHealth | undefined,
  now: number,
  close: () => void,
): HTMLElement[] {
  const {
    account: id,
    owner,
    name,
    status,
    deadline,
    lapse,
    book,
    claim,
    isolated,
    supports,
    cleared,
  } = account;
  const button = h("button", { type: "button", class: "button" }, "Close");
  button.addEventListener("click", close);
  const until = (at: number) =>
    `${moment(at)}, ${at > now ? `in ${span(at - now)}` : `${span(now - at)} ago`}`;
  return [
    h("h2", { id: "detail-title", tabindex: "-1" }, name === null ? short(id) : foreign(name)),
    h(
      "p",
      {},
      statusMark(status),
      deadline === null || status === "liquidatable" ? null : ` liquidatable after ${until(deadline)}`,
    ),
    facts([
      ["Account", code(id)],
      ["Owner", code(owner)],
      ["Margin", isolated ? "isolated" : "cross"],
      ...(cleared === null
        ? []
        : [
            [
              "Cleared",
              `judged by the house's own gate; ${clearedWords(account) ?? "its book is current"}`,
            ] as const,
          ]),
      ...(lapse === null
        ? []
        : [
            [
              "Lapsed",
              `${until(lapse.at)}${lapse.cause === null ? "" : `: ${CAUSES[lapse.cause] ?? lapse.cause}`}`,
            ] as const,
          ]),
      ...(account.breachRound === null
        ? []
        : [["Breach", `proven at round ${account.breachRound}`] as const]),
      ...(account.callRound === null
        ? []
        : [
            [
              "Margin call",
              `at round ${account.callRound}; a proof above ${factor(account.callTheta ?? 0)} lifts it`,
            ] as const,
          ]),
      [
        "Proven",
        claim === null
          ? "nothing yet"
          : `health factor above ${factor(claim.theta)} at round ${claim.round} (${moment(claim.time)}), of book ${claim.sequence}`,
      ],
      ...(claim === null
        ? []
        : [
            [
              "Envelope",
              h("span", {}, `${percent(claim.envelope)} `, meter("Envelope", claim.envelopeLeft)),
            ] as const,
            ["Ends by age", until(claim.endsAt)] as const,
            ...(claim.sleeve === null
              ? []
              : [
                  [
                    "Sleeve",
                    h(
                      "span",
                      {},
                      `until ${until(claim.sleeve.until)} `,
                      meter("Band", claim.sleeve.bandLeft),
                    ),
                  ] as const,
                ]),
          ]),
      [
        "Book",
        book === null
          ? "none attested"
          : `number ${book.sequence}, as of ${moment(book.asOf)}, ends ${until(book.endsAt)}`,
      ],
      ...(book === null ? [] : [["Commitment", code(book.commitment)] as const]),
      ...supports.map(
        ({ support, theta, round }) =>
          [
            "With support",
            `above ${factor(theta)} with ${(Math.abs(Number(support)) / 100).toLocaleString("en-US")} dollars ${support.startsWith("-") ? "taken" : "added"}, at round ${round}`,
          ] as const,
      ),
    ]),
    ...(own === undefined
      ? []
      : [
          h("h3", {}, "Your book"),
          facts([
            ["Health factor", own.healthFactor === null ? "no debt and no risk" : factor(own.healthFactor)],
            ["Can be proven", own.healthy ? `above ${factor(own.largestTheta)}` : "not above 1"],
            ["Largest envelope", own.largestEnvelope === null ? "none" : percent(own.largestEnvelope)],
            ["At", `round ${own.round}, book ${own.sequence}`],
          ]),
          h(
            "p",
            { class: "aside" },
            "Computed on this machine from your archive. It is in no metric, line or alert.",
          ),
        ]),
    button,
  ];
}

/** Where the holder of the token asks for health factors; nothing where the service has no books. */
export function ownView(
  has: boolean,
  isOpen: boolean,
  unlock: (token: string) => Promise<string | null>,
  lock: () => void,
): HTMLElement[] {
  if (!has) return [];
  if (isOpen) {
    const button = h("button", { type: "button", class: "button" }, "Hide health factors");
    button.addEventListener("click", lock);
    return [h("p", {}, "Health factors of your own books are shown. "), button];
  }
  const input = h("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false" });
  const said = h("p", { role: "alert", class: "bad-words" });
  const form = h(
    "form",
    { class: "filters" },
    h("label", { for: "token" }, "Token, to see health factors of your own books"),
    input,
    h("button", { type: "submit", class: "button" }, "Show"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const token = input.value.trim();
    input.value = "";
    void unlock(token).then((why) => {
      said.textContent = why ?? "";
    });
  });
  return [form, said];
}
