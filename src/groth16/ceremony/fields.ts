import { isPrintable, type ObjectReader } from "../../encoding/objectReader.js";
import { FormatError } from "../../errors.js";
import { withChecksum } from "./signedText.js";

/**
 * Text of people that a terminal may show: 1 to `max` UTF-16 units, as {@link isPrintable} has them.
 * @throws FormatError
 */
export function checkPrintable(text: string, max: number, path: string): string {
  if (text.length > max || !isPrintable(text))
    throw new FormatError(path, `1 to ${max} printable characters`, "other text");
  return text;
}

/** A BLAKE2b-512 in a field, in the one notation that files have it in. @throws FormatError */
export function readHash(file: ObjectReader, field: string): string {
  const text = file.string(field);
  if (!/^[0-9a-f]{128}$/.test(text))
    throw new FormatError(file.at(field), "a BLAKE2b-512 as 128 hex digits", "other text");
  return text;
}

/** An address with its checksum. @throws FormatError */
export function readAddress(file: ObjectReader, field: string): string {
  const text = file.string(field);
  if (!/^0x[0-9a-fA-F]{40}$/.test(text) || withChecksum(text.slice(2).toLowerCase()) !== text)
    throw new FormatError(
      file.at(field),
      "an address of 0x and 40 hex digits with its checksum",
      "other text",
    );
  return text;
}

/** A signature of 65 bytes. @throws FormatError */
export function readSignature(file: ObjectReader, field: string): string {
  const text = file.string(field);
  if (!/^0x[0-9a-f]{130}$/.test(text))
    throw new FormatError(file.at(field), "a signature of 0x and 130 hex digits", "other text");
  return text;
}
