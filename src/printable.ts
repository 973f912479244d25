/** The longest part of a message that may come from a file, characters. */
const PART_MAX = 500;

/** A part of a message as one line that steers no terminal, cut where it is long: its words may come from anybody. */
export function oneLine(text: string): string {
  return printable(text.length > PART_MAX ? `${text.slice(0, PART_MAX)}…` : text);
}

/**
 * Characters that are invisible or steer what shows them: control, formatting (bidirectional ones too), surrogate, private and
 * unassigned ones, and line and paragraph separators. The one rule for what people write and a file or a chain carries.
 */
export const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** The text with `show` of each unprintable character in its place. */
export function withoutUnprintable(text: string, show: (character: string) => string): string {
  return text.replace(new RegExp(UNPRINTABLE, "gu"), show);
}

/** The text with its unprintable characters written as escapes. */
export function printable(text: string): string {
  return withoutUnprintable(text, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
