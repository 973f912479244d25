import { auctionFactor } from "../../../src/protocol/auction.js";
import type { AuctionView, RoundView } from "../../../src/serve/apiTypes.js";
import { foreign, h } from "../../view/dom.js";
import { amount, moment, percent, price, short, span } from "../words.js";
import { draw, drawing, pathOf } from "./parts.js";

/** Rounds that a small drawing shows. */
const DRAWN = 60;

/** The newest round's prices, low to high, with the average, and how they came there. */
export function pricesView(rounds: readonly RoundView[], now: number): HTMLElement[] {
  const [newest] = rounds;
  const title = h("h2", {}, "Rounds and prices");
  if (newest === undefined) return [title, h("p", { class: "aside" }, "No round was committed yet.")];
  const drawn = rounds.slice(0, DRAWN).reverse();
  return [
    title,
    h(
      "p",
      {},
      `Round ${newest.number} of epoch ${newest.epoch}, ${span(now - newest.time)} ago (${moment(newest.time)}).`,
    ),
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "group", "aria-label": "Prices of the newest round" },
      h(
        "table",
        {},
        h("caption", {}, "Dollars a unit. TWAP is the average of the rounds' midpoints, weighted by time."),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ["Asset", "Low", "High", "TWAP", `Last ${drawn.length} rounds`].map((text) =>
              h("th", { scope: "col" }, text),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          newest.prices.map((of, u) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, foreign(of.asset)),
              h("td", {}, price(of.low)),
              h("td", {}, price(of.high)),
              h("td", {}, price(of.average)),
              h("td", { class: "spark" }, spark(drawn, u, of.asset)),
            ),
          ),
        ),
      ),
    ),
  ];
}

/** The band from low to high over the rounds, and the average within it. */
function spark(rounds: readonly RoundView[], u: number, asset: string): SVGElement {
  const lows = rounds.map(({ prices }) => Number(prices[u]?.low ?? 0));
  const highs = rounds.map(({ prices }) => Number(prices[u]?.high ?? 0));
  const averages = rounds.map(({ prices }) => Number(prices[u]?.average ?? 0));
  const [least, most] = [Math.min(...lows), Math.max(...highs)];
  const [width, height] = [120, 28];
  const x = (i: number) => (rounds.length < 2 ? width / 2 : (i * width) / (rounds.length - 1));
  const y = (value: number) => 2 + (most === least ? 0.5 : (most - value) / (most - least)) * (height - 4);
  const band = [
    ...highs.map((value, i) => [x(i), y(value)] as const),
    ...lows.map((value, i) => [x(i), y(value)] as const).reverse(),
  ];
  const [first = 0, last = 0] = [averages[0], averages.at(-1)];
  const moved = first === 0 ? 0 : (last / first - 1) * 100;
  const points = averages.map((value, i) => [x(i), y(value)] as const);
  return drawing(
    `${asset}: average ${moved < 0 ? "fell" : "rose"} by ${Math.abs(moved).toFixed(1)} % over these rounds`,
    [width, height],
    draw("path", { d: `${pathOf(band)}Z`, class: "band" }),
    draw("path", { d: pathOf(points), class: "line" }),
    draw("circle", { cx: x(rounds.length - 1), cy: y(last), r: 2, class: "dot" }),
  );
}

/** The odometer's reading over time, and the moves of the last rounds. */
export function odometerView(rounds: readonly RoundView[]): HTMLElement[] {
  const title = h("h2", {}, "Odometer");
  const [newest] = rounds;
  if (newest === undefined) return [title, h("p", { class: "aside" }, "It begins with the first round.")];
  const inOrder = [...rounds].reverse();
  const reading = ({ odometer }: RoundView) => Number(odometer) / 1e6;
  const sleeves = ({ sleeveOdometer }: RoundView) => Number(sleeveOdometer) / 1e6;
  const [first] = inOrder;
  const from = first === undefined ? 0 : Math.min(reading(first), sleeves(first));
  const to = Math.max(reading(newest), sleeves(newest), from + 0.01);
  const [width, height] = [600, 160];
  const times = inOrder.map(({ time }) => time);
  const [begin = 0, end = 0] = [times[0], times.at(-1)];
  const x = (time: number) => (end === begin ? width : ((time - begin) * width) / (end - begin));
  const y = (value: number) => height - 4 - ((value - from) / (to - from)) * (height - 8);
  const steps = (of: (round: RoundView) => number) =>
    inOrder.flatMap((round, i): (readonly [number, number])[] => {
      const before = inOrder[i - 1];
      const at = [x(round.time), y(of(round))] as const;
      return before === undefined ? [at] : [[at[0], y(of(before))], at];
    });
  const words = `It reads ${reading(newest).toFixed(2)} %; over the last ${inOrder.length} rounds it ran ${(reading(newest) - (first === undefined ? 0 : reading(first))).toFixed(2)} %.`;
  return [
    title,
    h("p", {}, words),
    h(
      "div",
      { class: "chart" },
      drawing(
        words,
        [width, height],
        ...[0.25, 0.5, 0.75].map((share) =>
          draw("line", { x1: 0, x2: width, y1: height * share, y2: height * share, class: "rule" }),
        ),
        draw("path", { d: pathOf(steps(sleeves)), class: "line second" }),
        draw("path", { d: pathOf(steps(reading)), class: "line" }),
      ),
      h(
        "p",
        { class: "aside axis" },
        h("span", {}, moment(begin).slice(0, 16)),
        h("span", {}, "solid: prices, dashed: sleeves"),
        h("span", {}, moment(end).slice(0, 16)),
      ),
    ),
    h(
      "details",
      {},
      h("summary", {}, "Moves of the last rounds"),
      h(
        "ol",
        { class: "moves", reversed: "", start: String(newest.number) },
        rounds
          .slice(0, 20)
          .map(({ time, moved }) =>
            h(
              "li",
              {},
              `${moment(time)}: ${moved === null ? "the first known" : `${(Number(moved) / 1e6).toFixed(3)} %`}`,
            ),
          ),
      ),
    ),
  ];
}

/** Auctions that run, their price falling. */
export function auctionsView(
  auctions: readonly AuctionView[],
  now: number,
  block: number,
  nameOf: (id: string) => string,
): HTMLElement[] {
  const title = h("h2", {}, "Auctions");
  if (auctions.length === 0) return [title, h("p", { class: "aside" }, "None runs.")];
  return [
    title,
    ...auctions.map((auction) => {
      const { terms, startedAt, startBlock, offered, left, symbol, settlement, startCost, due, account } =
        auction;
      const elapsed = Math.max(0, Math.min(now - startedAt, (block - startBlock) * terms.blockTime));
      const factorNow = Number(auctionFactor(elapsed, terms));
      const share = Number(offered) === 0 ? 0 : Number(left) / Number(offered);
      const asked = (Number(startCost) * share * factorNow) / 10_000;
      const [width, height] = [300, 70];
      const x = (seconds: number) => (Math.min(seconds, terms.auctionPeriod) / terms.auctionPeriod) * width;
      const fall = Math.max(1, 10_000 - terms.floor);
      const y = (bps: number) => 4 + ((10_000 - bps) / fall) * (height - 8);
      const untilFloor = terms.auctionPeriod - elapsed;
      const words = `The price is ${percent(factorNow)} of the start's, and ${untilFloor > 0 ? `reaches its floor of ${percent(terms.floor)} in ${span(untilFloor)}` : "at its floor"}.`;
      return h(
        "article",
        { class: "auction" },
        h("h3", {}, `${amount(left)} ${symbol} of ${nameOf(account)}`),
        h("p", { class: "price" }, `${amount(asked.toFixed(6))} ${settlement}`),
        h("p", {}, words),
        drawing(
          words,
          [width, height],
          draw("path", {
            d: pathOf([
              [0, y(10_000)],
              [width, y(terms.floor)],
            ]),
            class: "line second",
          }),
          draw("path", {
            d: pathOf([
              [0, y(10_000)],
              [x(elapsed), y(factorNow)],
            ]),
            class: "line",
          }),
          draw("circle", { cx: x(elapsed), cy: y(factorNow), r: 4, class: "dot" }),
        ),
        h(
          "p",
          { class: "aside" },
          `${amount(offered)} ${symbol} were offered; ${amount(due)} ${settlement} are to be raised.`,
        ),
      );
    }),
  ];
}
