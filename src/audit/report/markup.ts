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
