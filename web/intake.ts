import { FormatError, OutOfRangeError, ZkMarginError } from "../src/errors.js";
import { asObject } from "../src/spec/objectReader.js";
import { parseStrictJson } from "../src/spec/strictJson.js";

/** Largest file that is read. A bundle with its market has some 50 KB; the largest that is valid, well below 1 MB. */
export const MAX_BYTES = 4 * 2 ** 20;

/** What the page can examine, by the format that a file says it is; a band is taken as a bundle of two proofs. */
const KINDS: ReadonlyMap<unknown, Kind> = new Map([
  ["zkmargin/bundle@1", "bundle"],
  ["zkmargin/band@1", "bundle"],
  ["zkmargin/market@1", "market"],
]);
export type Kind = "bundle" | "market";

/** A file that was taken in. */
export interface Given {
  readonly kind: Kind;
  readonly name: string;
  readonly text: string;
}

/**
 * Reads a file as far as to know what it is; whether it is whole is for the examination to find.
 * @throws OutOfRangeError for a file that is too large, which is not read
 * @throws MalformedError, FormatError for one that is neither a bundle nor a market
 */
export async function takeIn(file: Pick<File, "name" | "size" | "text">): Promise<Given> {
  const { name } = file;
  if (file.size > MAX_BYTES)
    throw new OutOfRangeError(name, `a file of at most ${megabytes(MAX_BYTES)}`, megabytes(file.size));
  const text = await file.text();
  const { format } = asObject(parseStrictJson(text, name), name);
  const kind = KINDS.get(format);
  if (kind === undefined)
    throw new FormatError(
      `${name}.format`,
      [...KINDS.keys()].join(" or "),
      "another format; drop a proof bundle or a market file",
    );
  return { kind, name, text };
}

/** Why a file was not taken in, in words. */
export function refusal(error: unknown): string {
  return error instanceof ZkMarginError ? error.message : "This file cannot be read.";
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
