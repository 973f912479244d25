import { randomBytes } from "node:crypto";
import { bytesToHex } from "@noble/hashes/utils";
import * as z from "zod/mini";
import { address, hex } from "../../encoding/address.js";
import { type DeepReadonly, document, integer, shaped } from "../../encoding/shape.js";
import { parseStrictJson, privateKeys } from "../../encoding/strictJson.js";
import { HalfMismatchError } from "../../errors.js";
import { NOTE_SIZE_BITS, QUOTE_BITS, SALT_BITS } from "../../protocol/bounds.js";
import type { Listing } from "../../protocol/listing.js";
import { noteDigest } from "../../protocol/note.js";
import { jsonText, naturalOf, within } from "../notation.js";

const FORMAT = "zkmargin/clearing-offer@1";

/** A note in a file: who knows it knows the trade. */
export const noteSchema = z.strictObject({
  asset: integer(0, 255),
  size: within(1n, 1n << BigInt(NOTE_SIZE_BITS), `quanta from 1 to 2^${NOTE_SIZE_BITS} − 1`),
  quote: within(-(1n << BigInt(QUOTE_BITS)), 1n << BigInt(QUOTE_BITS), `a magnitude below 2^${QUOTE_BITS}`),
  blind: naturalOf(SALT_BITS),
});
const fields = {
  chainId: integer(1, Number.MAX_SAFE_INTEGER),
  house: address,
  /** The account that offers. */
  maker: hex(32),
  /** What the maker would do. The taker does the opposite. */
  side: z.enum(["buy", "sell"]),
  /** Symbol of the note's asset, so that a reader needs no listing. */
  symbol: z.string().check(z.regex(/^[A-Za-z0-9.-]{1,16}$/, "a symbol of up to 16 letters and digits")),
  note: noteSchema,
  /** Unix seconds after which the maker no longer settles it. */
  expiresAt: integer(1, 2 ** 40 - 1),
};
const schema = document(FORMAT, fields);
const quotable = privateKeys(["format", ...Object.keys(fields), ...Object.keys(noteSchema.shape)]);

/**
 * An offer to trade: what one side would do, for another to accept. It binds nobody. Its reader knows the trade, if it comes
 * about, so it is a private file of its two sides.
 */
export type Offer = DeepReadonly<z.infer<typeof schema>>;

/**
 * A fresh blind of a note: 248 random bits.
 *
 * @example
 * ```ts
 * import { randomBlind } from "zkmargin/clearing";
 *
 * console.log(randomBlind() !== randomBlind()); // true
 * ```
 */
export function randomBlind(): bigint {
  return BigInt(`0x${bytesToHex(Uint8Array.from(randomBytes(SALT_BITS / 8)))}`);
}

/**
 * @throws what the parsers of this package throw; no error quotes a number of the note
 *
 * @example
 * ```ts
 * import { parseOffer, serialiseOffer } from "zkmargin/clearing";
 *
 * console.log(parseOffer(serialiseOffer(offer)).symbol); // BTC
 * ```
 */
export function parseOffer(text: string, path = "offer"): Offer {
  return shaped(schema, parseStrictJson(text, path, quotable), { path, quotable });
}

/**
 * The text of an offer. Its reader knows the trade.
 *
 * @example
 * ```ts
 * import { randomBlind, serialiseOffer } from "zkmargin/clearing";
 *
 * const note = { ...offer.note, size: 50_000_000n, blind: randomBlind() }; // half a coin
 * console.log(JSON.parse(serialiseOffer({ ...offer, note })).format); // zkmargin/clearing-offer@1
 * ```
 */
export function serialiseOffer(offer: Offer): string {
  return jsonText({ format: FORMAT, ...offer });
}

/** What the taker of an offer does. */
export function opposite(side: "buy" | "sell"): "buy" | "sell" {
  return side === "buy" ? "sell" : "buy";
}

/**
 * How both sides, and the chain, name the trade of an offer: the note's digest, 32 bytes in hex.
 *
 * @example
 * ```ts
 * import { offerName } from "zkmargin/clearing";
 *
 * console.log(offerName(offer).length); // 66
 * ```
 */
export function offerName({ note }: Offer): string {
  return `0x${noteDigest(note).toString(16).padStart(64, "0")}`;
}

/**
 * What both sides of an offer check before they prove anything: that it is of this house, that its asset is the one that it names to
 * its reader, and that it stands.
 * @param now unix seconds
 * @throws HalfMismatchError
 */
export function checkOffer(
  offer: Offer,
  { chainId, house, listing, now }: { chainId: bigint; house: string; listing: Listing; now: bigint },
  path = "offer",
): void {
  const expect = (field: string, expected: string, got: string) => {
    if (expected.toLowerCase() !== got.toLowerCase())
      throw new HalfMismatchError(`${path}.${field}`, expected, got, "ask its maker for another offer");
  };
  expect("chainId", `${chainId}`, `${offer.chainId}`);
  expect("house", house, offer.house);
  expect("symbol", listing[offer.note.asset]?.symbol ?? "a listed asset", offer.symbol);
  if (now > BigInt(offer.expiresAt)) expect("expiresAt", `one from ${now} on`, `${offer.expiresAt}`);
}
