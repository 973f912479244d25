import { privateKeys } from "../../../src/spec/keyPath.js";

/** Names of fields, and what a message may say whatever a book holds; slips of the pen in them included. */
const isPublic = privateKeys([
  ...["format", "account", "sequence", "isolated", "positions", "asset", "spot", "perp", "entryPrice"],
  ...["entryFunding", "entry price", "entry funding", "zkmargin/book@1", "true", "false", "null", "text"],
]);
/** What a message says of every table of a book. */
const HEADER = "asset,spot,perp,entry price,entry funding";
/** Shorter ones are in some message by chance. */
const LEAST = 4;

/** The words and numbers of a private text that a message about it quotes, and may not. */
export function quotesOf(text: string, message: string): string[] {
  const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, inside = ""]) => inside);
  const cells = text.startsWith("{") ? [] : text.split(/[,\n]/);
  const numbers = text.match(/\d[\d.]{3,}/g) ?? [];
  return [...strings, ...cells, ...numbers].filter(
    (part) =>
      part.trim().length >= LEAST &&
      message.includes(part) &&
      !isPublic(part.trim()) &&
      !HEADER.includes(part.trim()),
  );
}
