import { getAddress, ZeroAddress } from "ethers";
import type { ObjectReader } from "../encoding/objectReader.js";
import { FormatError } from "../errors.js";

/**
 * An address in a field, with its checksum. Capitals are a checksum, so that a mistyped one is noticed; the zero
 * address is nobody's.
 * @throws FormatError naming the field
 */
export function readAddress(reader: ObjectReader, field: string): string {
  const address = checksummed(reader.string(field));
  if (address === undefined)
    throw new FormatError(
      reader.at(field),
      "an address: 0x and 40 hex digits, with a right checksum or without capitals",
      "other text",
    );
  if (address === ZeroAddress)
    throw new FormatError(reader.at(field), "somebody's address", "the zero address");
  return address;
}

/** Bytes in a field, 0x and pairs of hex digits: so many of them, or at least one. @throws FormatError naming the field */
export function readHex(reader: ObjectReader, field: string, bytes?: number): string {
  const text = reader.string(field);
  if (!new RegExp(`^0x([0-9a-fA-F]{2}){${bytes ?? "1,"}}$`).test(text))
    throw new FormatError(reader.at(field), `0x and ${bytes ?? "some"} bytes in hex digits`, "other text");
  return text;
}

/** An address with its checksum; undefined for text that is none, or has a wrong one. */
export function checksummed(text: string): string | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return undefined;
  try {
    return getAddress(text);
  } catch {
    return undefined;
  }
}
