import { keccak_256 } from "@noble/hashes/sha3";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils";
import * as z from "zod/mini";
import type { TypedDataSigner } from "../../chain/externalSigner.js";
import { hex, signerOfHash } from "../../encoding/address.js";
import { type DeepReadonly, integer, readBy, shaped } from "../../encoding/shape.js";
import { parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError, OutOfRangeError } from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import { checkKey, SUBGROUP_ORDER } from "../../protocol/sealedBook.js";
import { jsonText, natural, toHex, within } from "../notation.js";
import { digestOf, MOST_MEMBERS, type Part, wordBytes } from "./curve.js";

/**
 * What liquidators send each other: signed by the address that is bonded, bound to one ceremony or key, and read by a schema that
 * lets through neither a point outside the prime subgroup nor a number that is not canonical.
 */

const FORMAT = "zkmargin/liquidator-message@1";
const NAME = "zkmargin liquidators";
const VERSION = "1";

/** The EIP-712 typed data that a liquidator signs for each message. */
export const MESSAGE_TYPES = {
  LiquidatorMessage: [
    { name: "ceremony", type: "bytes32" },
    { name: "kind", type: "string" },
    { name: "from", type: "uint256" },
    { name: "body", type: "bytes32" },
  ],
};

/** A scalar in a schema: below the order of the prime subgroup. */
export const scalar = within(0n, SUBGROUP_ORDER, "a number below the subgroup's order");

/** A point in a schema: of the prime subgroup, in canonical coordinates, and not neutral. */
export const point = readBy(
  (value: Point, path): Point => {
    checkKey(value, path);
    return value;
  },
  z.strictObject({ x: natural, y: natural }),
);

/** A proof about points, in a schema. */
export const proof = z.strictObject({
  challenge: scalar,
  responses: z.array(scalar).check(z.maxLength(2 * MOST_MEMBERS + 1, "fewer responses")),
});

/** A member's number in a schema. */
export const indexField = integer(1, MOST_MEMBERS);
const list = <T>(item: z.core.$ZodType<T>) =>
  z.array(item).check(z.minLength(1, "at least one"), z.maxLength(MOST_MEMBERS, `at most ${MOST_MEMBERS}`));

/** Each kind of message, and what it says. */
export const BODIES = {
  /** A dealer's polynomial, committed to, and each member's share of it, sealed. */
  deal: z.strictObject({ commitments: list(point), ephemeral: point, boxes: list(hex(80)), proof }),
  /** The deals that a member has checked, by the digests of their messages, in the dealers' order. */
  accept: z.strictObject({ deals: list(hex(32)) }),
  /** Opens one sealed share to everybody, to show that it is none. */
  complaint: z.strictObject({ against: indexField, deal: hex(32), shared: point, proof }),
  /** A dealer's polynomial without its blinds, after all members have accepted. */
  extract: z.strictObject({ points: list(point), proof }),
  /** A member's share of a silent dealer's polynomial. */
  recover: z.strictObject({ dealer: indexField, value: scalar, blind: scalar }),
  /** share·ephemeral of one sealed book, with its proof. */
  partial: z.strictObject({ context: hex(32), point, proof }),
} as const;

/** The kind of a message. */
export type MessageKind = keyof typeof BODIES;
/** What a message of a kind says. */
export type Body<Kind extends MessageKind> = DeepReadonly<z.infer<(typeof BODIES)[Kind]>>;

/** A message, with its signature. */
export interface Message<Kind extends MessageKind = MessageKind> {
  /** 32 bytes, hex: digest of the ceremony's terms; of a partial, of the liquidators' key. */
  readonly ceremony: string;
  readonly kind: Kind;
  /** The sender's number among the members, from 1; of a deal of resharing, among the old ones. */
  readonly from: number;
  readonly body: Body<Kind>;
  /** By EIP-712 ({@link MESSAGE_TYPES}): 65 bytes, hex. */
  readonly signature: string;
}

const envelope = z.strictObject({
  format: z.literal(FORMAT),
  ceremony: hex(32),
  kind: z.enum(Object.keys(BODIES) as [MessageKind, ...MessageKind[]]),
  from: indexField,
  body: z.unknown(),
  signature: hex(65),
});

/** A message in a schema, as it stands in its file. */
export const messageSchema = readBy((json: unknown, path): Message => messageOf(json, path), z.unknown());

/**
 * Reads a file `zkmargin/liquidator-message@1`. Its signature is checked by {@link isSignedBy}.
 * @throws InputError naming the field: a point off the curve or in the small subgroup, a scalar that is not canonical, …
 *
 * @example
 * ```ts
 * import { parseMessage, serialiseMessage } from "zkmargin/clearing";
 *
 * const read = liquidators.board.map((message) => parseMessage(serialiseMessage(message)).kind);
 * console.log(new Set(read).size); // 3
 * ```
 */
export function parseMessage(text: string, path = "message"): Message {
  return messageOf(parseStrictJson(text, path), path);
}

function messageOf(json: unknown, path: string): Message {
  const { format: _, body, ...rest } = shaped(envelope, json, { path, expected: "the fields of a message" });
  const schema: z.core.$ZodType<Body<MessageKind>> = BODIES[rest.kind];
  const names = { path: `${path}.body`, expected: `the fields of a ${rest.kind}` };
  return { ...rest, body: shaped(schema, body, names) };
}

/**
 * The text of a message.
 *
 * @example
 * ```ts
 * import { serialiseMessage } from "zkmargin/clearing";
 *
 * console.log(liquidators.board.map(serialiseMessage).length); // 15
 * ```
 */
export function serialiseMessage(message: Message): string {
  return jsonText(messageJson(message));
}

/** A message as it stands in its file. */
export function messageJson(message: Message): object {
  return { format: FORMAT, ...message };
}

/** A value of bigints, numbers, texts, lists and objects, as a digest takes it: an object as its fields by name. */
export function partOf(value: unknown): Part {
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "string") return value;
  if (Array.isArray(value)) return value.map(partOf);
  if (value === null || typeof value !== "object")
    throw new FormatError("value", "a value of a message", typeof value);
  const fields = Object.entries(value).filter(([, each]) => each !== undefined);
  return fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, partOf(each)]);
}

/** 32 bytes, hex, of a message without its signature: what its sender is held to. */
export function messageDigest({ ceremony, kind, from, body }: Omit<Message, "signature">): string {
  return digestOf("zkmargin/liquidator-message@1", ceremony, kind, from, partOf(body));
}

/** A text that was signed: {@link Message}, and what others have its shape. */
export interface Signable {
  readonly ceremony: string;
  readonly kind: string;
  readonly from: number;
  readonly body: unknown;
}

/**
 * Signs a message.
 * @throws what the wallet throws
 */
export async function signMessage<Kind extends MessageKind>(
  wallet: TypedDataSigner,
  chainId: bigint,
  message: Omit<Message<Kind>, "signature">,
): Promise<Message<Kind>> {
  return { ...message, signature: await signSignable(wallet, chainId, message) };
}

/** The signature of what has a message's shape. */
export function signSignable(wallet: TypedDataSigner, chainId: bigint, message: Signable): Promise<string> {
  const values = {
    ceremony: message.ceremony,
    kind: message.kind,
    from: message.from,
    body: bodyDigest(message),
  };
  return wallet.signTypedData({ name: NAME, version: VERSION, chainId }, MESSAGE_TYPES, values);
}

/** Whether an address has signed this, for this chain. */
export function isSignedBy(
  signer: string,
  chainId: bigint,
  message: Signable & { readonly signature: string },
): boolean {
  const domain = keccak_256(
    concatBytes(
      textHash("EIP712Domain(string name,string version,uint256 chainId)"),
      textHash(NAME),
      textHash(VERSION),
      wordBytes(chainId),
    ),
  );
  const fields = MESSAGE_TYPES.LiquidatorMessage.map(({ name, type }) => `${type} ${name}`).join(",");
  const struct = keccak_256(
    concatBytes(
      textHash(`LiquidatorMessage(${fields})`),
      hexToBytes(message.ceremony.slice(2)),
      textHash(message.kind),
      wordBytes(BigInt(message.from)),
      hexToBytes(bodyDigest(message).slice(2)),
    ),
  );
  const hash = keccak_256(concatBytes(Uint8Array.of(0x19, 0x01), domain, struct));
  return signerOfHash(hash, message.signature.toLowerCase())?.toLowerCase() === signer.toLowerCase();
}

function bodyDigest({ body }: Signable): string {
  return digestOf("zkmargin/liquidator-body@1", partOf(body));
}

function textHash(text: string): Uint8Array {
  return keccak_256(utf8ToBytes(text));
}
