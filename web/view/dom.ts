type Child = Node | string | null | undefined | readonly Child[];

/** An element. Text becomes text nodes, never markup: names in files are written by strangers. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  append(element, children);
  return element;
}

/** Text that a stranger wrote: its direction of writing is kept to itself. */
export function foreign(text: string): HTMLElement {
  return h("bdi", {}, text);
}

/** A hash, an address or another word to be compared rather than read. */
export function code(text: string): HTMLElement {
  return h("code", {}, text);
}

/** A part of the answer under a heading of its own. */
export function section(title: string, ...children: readonly Child[]): HTMLElement {
  return h("section", { "aria-label": title }, h("h3", {}, title), children);
}

/** Names and values. */
export function facts(rows: readonly (readonly [string, Child])[]): HTMLElement {
  return h(
    "dl",
    {},
    rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** A table that scrolls in a box of its own where it is too wide; its first column names the rows. */
export function table(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  const row = ([name = "", ...cells]: readonly string[]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, foreign(name)),
      cells.map((cell) => h("td", {}, cell)),
    );
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          header.map((title) => h("th", { scope: "col" }, title)),
        ),
      ),
      h("tbody", {}, rows.map(row)),
    ),
  );
}

/** Prints the page, on which one answer is a certificate of one sheet. */
export function printButton(): HTMLElement {
  const button = h("button", { type: "button", class: "button print" }, "Print this certificate");
  button.addEventListener("click", () => print());
  return button;
}

function append(element: HTMLElement, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined) continue;
    if (child instanceof Node || typeof child === "string") element.append(child);
    else append(element, child);
  }
}
