import { asObject, ObjectReader, type Range } from "../encoding/objectReader.js";
import { type JsonValue, keyPath, publicKeys } from "../encoding/strictJson.js";
import { UnknownAssetError } from "../errors.js";
import { isSymbol } from "./listing.js";

/**
 * Reads public whole numbers by asset, such as the shocks of a scenario: an object whose keys are symbols. Which of them
 * are listed, and which must be there, is for the caller to check.
 * @throws FormatError, UnknownAssetError for a key that is not written as a symbol, OutOfRangeError outside `range`
 */
export function readSymbolNumbers(value: JsonValue, path: string, range: Range): Record<string, number> {
  const object = asObject(value, path);
  const symbols = Object.keys(object);
  symbols.forEach((key, index) => {
    if (!isSymbol(key))
      throw new UnknownAssetError(
        keyPath(path, key, index, publicKeys),
        "the symbol of an asset",
        "other text",
      );
  });
  const reader = ObjectReader.of(object, path, symbols);
  return Object.fromEntries(symbols.map((symbol) => [symbol, reader.integer(symbol, range)]));
}
