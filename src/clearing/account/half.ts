import * as z from "zod/mini";
import { hex } from "../../encoding/address.js";
import { FIELD_R } from "../../encoding/field.js";
import { document, integer, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { HalfMismatchError } from "../../errors.js";
import { NOTES } from "../../protocol/bounds.js";
import { jsonText, naturalOf, within } from "../notation.js";
import { type Offer, offerName, opposite } from "./offer.js";
import type { TransitionCall } from "./transitionCall.js";

const FORMAT = "zkmargin/clearing-half@1";

const element = within(0n, FIELD_R, "a number below the field's order");
const exactly = <T>(item: z.core.$ZodType<T>, count: number) =>
  z.array(item).check(z.length(count, `${count} of them`));
const coordinate = naturalOf(254);
const proof = z.strictObject({
  a: exactly(coordinate, 2),
  b: exactly(coordinate, 4),
  c: exactly(coordinate, 2),
});
const health = z.strictObject({ round: naturalOf(64), claim: naturalOf(96), proof });
const call = z.strictObject({
  account: hex(32),
  newCommitment: element,
  deadline: naturalOf(64),
  sides: naturalOf(8),
  reduces: z.boolean(),
  capSteps: naturalOf(64),
  hash: element,
  ephemeral: exactly(element, 2),
  notes: exactly(element, NOTES),
  cipher: z.array(element).check(z.minLength(1, "at least one"), z.maxLength(16, "at most 16")),
  proof,
  initial: health,
  stress: health,
  signature: hex(),
});
const fields = {
  /** The note's digest: which offer it completes. */
  offer: hex(32),
  /** Round whose prices a side that reduces is held to; 0 if this half does not reduce. */
  round: integer(0, Number.MAX_SAFE_INTEGER),
  call,
};
const schema = document(FORMAT, fields);

/**
 * One side of a trade, proven and signed: what the taker of an offer gives back to its maker. It holds no position, but until its
 * deadline the maker may settle it or not, and so may anybody else who has both sides. Give it to the maker alone.
 */
export interface Half {
  readonly offer: string;
  readonly round: number;
  readonly call: TransitionCall;
}

/**
 * @throws what the parsers of this package throw
 *
 * @example
 * ```ts
 * import { offerName, parseHalf, serialiseHalf } from "zkmargin/clearing";
 *
 * console.log(parseHalf(serialiseHalf(half)).offer === offerName(offer)); // true
 * ```
 */
export function parseHalf(text: string, path = "half"): Half {
  return shaped(schema, parseStrictJson(text, path), { path });
}

/**
 * The text of a half.
 *
 * @example
 * ```ts
 * import { serialiseHalf } from "zkmargin/clearing";
 *
 * console.log(JSON.parse(serialiseHalf(half)).format); // zkmargin/clearing-half@1
 * ```
 */
export function serialiseHalf(half: Half): string {
  return jsonText({ format: FORMAT, ...half });
}

/**
 * What a maker checks of a half before it makes its own: the offer's note and no other, the other side, another account, and a
 * deadline to come. The house checks the proofs.
 * @param now unix seconds
 * @throws HalfMismatchError
 */
export function checkHalf({ offer: named, call }: Half, offer: Offer, now: bigint, path = "half"): void {
  const expect = (what: string, expected: string, got: string) => {
    if (got.toLowerCase() !== expected.toLowerCase())
      throw new HalfMismatchError(
        `${path}.${what}`,
        expected,
        got,
        "ask the taker to accept the offer again",
      );
  };
  const name = offerName(offer);
  expect("offer", name, named);
  expect("call.notes", [BigInt(name), ...new Array<bigint>(NOTES - 1).fill(0n)].join(), call.notes.join());
  const side = opposite(offer.side) === "buy" ? 1n : 2n;
  expect("call.sides", `${side}`, `${call.sides}`);
  if (call.account.toLowerCase() === offer.maker.toLowerCase())
    throw new HalfMismatchError(
      `${path}.call.account`,
      "another account than the maker's",
      "the maker's",
      "let another account accept",
    );
  if (call.deadline < now)
    throw new HalfMismatchError(
      `${path}.call.deadline`,
      `a deadline from ${now} on`,
      `${call.deadline}`,
      "ask the taker to accept the offer again",
    );
}
