import { ObjectReader } from "../../encoding/objectReader.js";
import { type JsonObject, parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError, StatementMismatchError } from "../../errors.js";
import { type KeyPair, keyPairOf } from "./seal.js";

const KEY_FORMAT = "zkmargin/auditor-key@1";

/** The text of an auditor's key file, `zkmargin/auditor-key@1`. Private. */
export function serialiseAuditorKey({ publicKey, privateKey }: KeyPair): string {
  const json: JsonObject = { format: KEY_FORMAT, publicKey: hex(publicKey), privateKey: hex(privateKey) };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Parses an auditor's key file.
 * @throws InputError of the class that fits, StatementMismatchError if the two keys are no pair. None quotes a key.
 */
export function parseAuditorKey(text: string, path = "key"): KeyPair {
  const quotable = (key: string) => ["format", "publicKey", "privateKey"].includes(key);
  const json = parseStrictJson(text, path, quotable);
  const file = ObjectReader.document(json, path, KEY_FORMAT, ["publicKey", "privateKey"], quotable);
  const publicKey = parseAuditorPublicKey(file.string("publicKey"), file.at("publicKey"));
  const pair = keyPairOf(parseAuditorPublicKey(file.string("privateKey"), file.at("privateKey")));
  if (hex(pair.publicKey) !== hex(publicKey))
    throw new StatementMismatchError(
      file.at("publicKey"),
      "the one that belongs to the private key",
      "another",
      "the file was edited or damaged; take a copy of it",
    );
  return pair;
}

/** A key of X25519 in hex. @throws FormatError, which does not quote it */
export function parseAuditorPublicKey(text: string, path = "auditor"): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new FormatError(path, "a key of 64 small hex digits (zkmargin archive keygen)", "other text");
  return Uint8Array.from(Buffer.from(text, "hex"));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
