/** HTML that is safe to put into a page: made by {@link html}, or by hand from nothing that a stranger wrote. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Content = Markup | string | number | null | readonly Content[];

/**
 * A template of HTML. Whatever is put into it is escaped, in text and in quoted attributes, unless it is markup itself;
 * lists are joined, null is nothing.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.reduce((text, part, i) => text + written(values[i - 1] ?? null) + part));
}

/** Text of a stranger, whose direction of writing is kept to itself. */
export function foreign(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}

/** A hash or an address: to be compared rather than read. */
export function code(text: string): Markup {
  return html`<code>${text}</code>`;
}

function written(value: Content): string {
  if (value === null) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(written).join("");
  return String(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

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
