import { UNPRINTABLE } from "../errors.js";

/** Whether a text has a character, and none that is {@link UNPRINTABLE}: it may be shown as it is. */
export function isPrintable(text: string): boolean {
  return text.length > 0 && !UNPRINTABLE.test(text);
}
