import type { AuditStatement } from "../result.js";
import { section } from "./elements.js";
import { html, type Markup } from "./markup.js";

/** The exact statement of every proof, and what it rests on. */
export function statement({ words, qualifier }: AuditStatement): Markup {
  return section(
    "statement",
    "What every proof says",
    html`<blockquote>${words}</blockquote><p>Every book is <strong>${qualifier}</strong>. θ and the envelope of each proof stand with its account. What none of it says stands on the first page.</p>`,
  );
}
