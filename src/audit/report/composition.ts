import { factorText } from "../../prove/statementWords.js";
import { units } from "../amounts.js";
import type { AccountRecord, Composition, CompositionPosition } from "../result.js";
import { html, Markup, omitted, table } from "./markup.js";
import { dollarText, timeText } from "./words.js";

/** Books whose composition is shown; the JSON has more. */
const SHOWN = 3;

/** What disclosed books held, newest first. */
export function composition({ composition, books }: AccountRecord): Markup | null {
  if (composition.items.length === 0)
    return books.disclosed === 0
      ? html`<p class="aside">No book of this account was disclosed, so nothing is known of what it held.</p>`
      : null;
  const shown = composition.items.slice(-SHOWN).toReversed();
  return html`<h3>What its books held</h3>${shown.map(book)}${omitted(
    composition.omitted + composition.items.length - shown.length,
    "disclosed books",
  )}`;
}

function book({ sequence, round, time, healthFactor, basis, positions }: Composition): Markup {
  const values = positions.flatMap(({ spotValue, perpValue }) => [BigInt(spotValue), BigInt(perpValue)]);
  const largest = values.reduce((most, value) => (size(value) > most ? size(value) : most), 1n);
  const factor = healthFactor === null ? "infinite" : factorText(BigInt(healthFactor));
  const caption = `Sequence ${sequence}, at round ${round} (${timeText(time)}): health factor ${factor}, basis of perpetuals ${dollarText(BigInt(basis))}`;
  return table(
    caption,
    ["asset", "spot", "worth", "", "perpetual", "worth", ""],
    positions.map((position) => [
      html`<bdi>${position.asset}</bdi>`,
      ...leg(position, "spot", largest),
      ...leg(position, "perp", largest),
    ]),
  );
}

function leg(position: CompositionPosition, kind: "spot" | "perp", largest: bigint): (string | Markup)[] {
  const quantity = BigInt(position[kind]);
  if (quantity === 0n) return ["", "", ""];
  const value = BigInt(position[`${kind}Value`]);
  return [
    units(quantity, position.decimals).replace("-", "−"),
    dollarText(value),
    bar(Number((1_000n * size(value)) / largest) / 1_000, value < 0n),
  ];
}

/** A bar from the middle: to the right what is owned, to the left what is owed. */
function bar(share: number, owed: boolean): Markup {
  const width = Math.max(0.5, 40 * share);
  return new Markup(
    `<svg class="bar" viewBox="0 0 80 10" aria-hidden="true"><path class="axis" d="M40 0V10"/><rect class="${owed ? "owed" : "owned"}" x="${owed ? 40 - width : 40}" y="2" width="${width}" height="6"/></svg>`,
  );
}

function size(value: bigint): bigint {
  return value < 0n ? -value : value;
}
