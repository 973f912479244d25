import { privateKeys } from "../../../src/encoding/strictJson.js";

/** What a message may say whatever a private file holds. */
const WORDS = ["entry price", "entry funding", "true", "false", "null", "text"];
/** What a message says of every table of a book. */
const HEADER = "asset,spot,perp,entry price,entry funding";
/** Shorter ones are in some message by chance. */
const LEAST = 4;

/** The words and numbers of a private text that a message about it quotes, and may not. */
export function quotesOf(text: string, message: string, valid: string): string[] {
  // Names of fields, and slips of the pen in them.
  const fields = [...valid.matchAll(/"([^"\\]+)"\s*:/g)].map(([, name = ""]) => name);
  const format = /"format"\s*:\s*("[^"]*")/.exec(valid)?.[1] ?? "";
  const isPublic = privateKeys([...WORDS, ...fields]);
  const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inside = ""]) => inside);
  const cells = text.startsWith("{") ? [] : text.split(/[,\n]/);
  const numbers = text.match(/\d[\d.]{3,}/g) ?? [];
  return [...strings, ...cells, ...numbers].filter(
    (part) =>
      part.trim().length >= LEAST &&
      message.includes(part) &&
      !isPublic(part.trim()) &&
      ![HEADER, format, ...fields].some((told) => told.includes(part.trim())),
  );
}
