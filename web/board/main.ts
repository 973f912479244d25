import type { AccountView } from "../../src/serve/apiTypes.js";
import { h } from "../view/dom.js";
import { Feed, type Part } from "./feed.js";
import { AccountList } from "./view/accounts.js";
import { fundView } from "./view/clearing.js";
import { auctionsView, odometerView, pricesView } from "./view/market.js";
import {
  alertsView,
  awayWords,
  detailView,
  eventsView,
  freshnessView,
  ownView,
  summaryView,
} from "./view/rest.js";
import { short } from "./words.js";

const part = (id: string) => document.getElementById(id) as HTMLElement;
const dialog = part("detail") as HTMLDialogElement;

/** What was shown last of a part, so that a part that stays as it was is not drawn again under a reader. */
const shown = new Map<string, string>();

/** Draws a part if what it is drawn from has changed. */
function drawn(id: string, from: unknown, view: () => readonly (Node | string)[]): void {
  const key = JSON.stringify(from);
  if (shown.get(id) === key) return;
  shown.set(id, key);
  part(id).replaceChildren(...view());
}

const feed = new Feed((changed) => changedParts.add(changed));
const changedParts = new Set<Part>();
const { board } = feed;
const nameOf = (id: string) => board.accounts.get(id)?.name ?? short(id);
let opened: string | null = null;

const list = new AccountList(
  {
    accounts: board.accounts,
    get own() {
      return board.own;
    },
    now: () => feed.now(),
  },
  (account) => open(account),
);
part("accounts").append(list.element);

function open({ account }: AccountView): void {
  opened = account;
  showDetail();
  dialog.showModal();
  part("detail-title").focus();
}

function showDetail(): void {
  const account = opened === null ? undefined : board.accounts.get(opened);
  if (account === undefined) return dialog.close();
  dialog.replaceChildren(
    ...detailView(account, board.own?.get(account.account), feed.now(), () => dialog.close()),
  );
}

dialog.addEventListener("close", () => {
  opened = null;
  document.getElementById("grid")?.focus();
});

/** Draws what changed since the last second, and what counts. */
function draw(): void {
  const { market, failure } = board;
  const [now, age] = [feed.now(), feed.age()];
  part("freshness").replaceChildren(...freshnessView(market, age));
  const away = awayWords(market, age, failure);
  if (part("away").textContent !== away) part("away").textContent = away;
  if (changedParts.has("accounts") || changedParts.has("own")) list.update();
  else list.tick();
  changedParts.clear();
  if (market === null) return;
  drawn("summary", [market.accounts, market.round?.number, now], () =>
    summaryView(market, board.accounts.values(), now, (status) => list.filter(status)),
  );
  drawn("alerts", board.alerts, () => alertsView(board.alerts, nameOf));
  drawn("own", [market.own, board.own !== null], () =>
    ownView(
      market.own,
      board.own !== null,
      (token) => feed.unlock(token),
      () => feed.lock(),
    ),
  );
  const round = board.rounds[0];
  drawn("prices", [round?.number, round?.time, Math.floor(now / 15)], () => pricesView(board.rounds, now));
  drawn("odometer", [round?.number, round?.time, board.rounds.length], () => odometerView(board.rounds));
  drawn("auctions", [board.auctions, board.auctions.length > 0 ? now : 0], () =>
    auctionsView(board.auctions, now, market.block ?? 0, nameOf),
  );
  const counts = (market.clearing?.defaults.length ?? 0) + (market.clearing?.lapsed.length ?? 0) > 0;
  drawn("fund", [market.clearing, market.insurance, counts ? now : 0], () => fundView(market, now, nameOf));
  drawn("events", board.events.slice(0, 60), () => eventsView(board.events, nameOf));
}

part("about").replaceChildren(
  h(
    "p",
    {},
    `zkmargin ${VERSION}. The board shows what the chain knows. It reads from this machine's service alone, `,
    h("a", { href: "/openapi.json" }, "whose API"),
    " it uses, and keeps nothing.",
  ),
);
list.update();
draw();
setInterval(draw, 1_000);
feed.start();
