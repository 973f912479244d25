import type { AuditStatement } from "../result.js";
import { section } from "./elements.js";
import { html, type Markup } from "./markup.js";

/** The exact statement of every proof, what it rests on, and what it leaves unsaid. */
export function statement({ words, qualifier, doesNotSay }: AuditStatement): Markup {
  return section(
    "statement",
    "What every proof says",
    html`<blockquote>${words}</blockquote><p>Every book is <strong>${qualifier}</strong>. θ and the envelope of each proof stand with its account.</p>`,
    doesNotSay.length === 0
      ? null
      : html`<h3>What none of it says</h3><ul>${doesNotSay.map((item) => html`<li>${item}</li>`)}</ul>`,
  );
}
