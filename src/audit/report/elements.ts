import { type Content, html, type Markup } from "./markup.js";

/** A part of the report under a heading. */
export function section(id: string, title: Content, ...children: readonly Content[]): Markup {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${children}</section>`;
}

/** Names and values. */
export function facts(rows: readonly (readonly [Content, Content])[]): Markup {
  return html`<dl>${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/**
 * Rows below a header, which on a narrow screen become a list each. The first column names them; columns listed in `text` are
 * set left, the others right.
 */
export function table(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly Content[])[],
  text: readonly number[] = [],
): Markup {
  const kind = (column: number) => (column === 0 || text.includes(column) ? "t" : "n");
  const cells = ([name = null, ...others]: readonly Content[]) =>
    html`<tr><th scope="row">${name}</th>${others.map((cell, i) => html`<td class="${kind(i + 1)}" data-of="${header[i + 1] ?? ""}">${cell}</td>`)}</tr>`;
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table><caption>${caption}</caption><thead><tr>${header.map(
    (title, i) => html`<th scope="col" class="${kind(i)}">${title}</th>`,
  )}</tr></thead><tbody>${rows.map(cells)}</tbody></table></div>`;
}

/** What a bounded list leaves out, in words; nothing where it leaves out nothing. */
export function omitted(count: number, what: string): Markup | null {
  return count === 0 ? null : html`<p class="aside">${count} older ${what} are left out here.</p>`;
}
