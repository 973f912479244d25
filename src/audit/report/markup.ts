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

/** The report's one style sheet. Colours repeat what words, places and shapes say already; paper gets black on white. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --ink: #1d1c1a; --faint: #5f5b54; --line: #ddd8cd; --grid: #e7e3da; --accent: #17506b;
  --good: #1c6b45; --good-ground: #eaf4ee; --caution: #7a4b00; --caution-ground: #fdf3df;
  --bad: #9b1c28; --bad-ground: #fbecec; --disclosed: #b3541e; --envelope: #9fb9c6;
  --grace: #d9a13b; --call: #c9651f;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, Charter, Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161614; --ink: #ece8df; --faint: #a8a296; --line: #3a3832; --grid: #2b2a26; --accent: #8fc4de;
    --good: #7fd0a3; --good-ground: #16271e; --caution: #f0bf62; --caution-ground: #2c2312;
    --bad: #f2959b; --bad-ground: #301a1c; --disclosed: #f0a878; --envelope: #3d6376;
    --grace: #c9973e; --call: #d97b3a;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 3rem; max-width: 62rem; background: var(--paper); color: var(--ink); font: 1rem/1.55 var(--sans); }
.brand { margin: 0; color: var(--accent); font: 600 .9rem var(--mono); }
h1 { margin: .35rem 0 1.25rem; font: 600 2rem/1.2 var(--serif); }
h2 { margin: 2.75rem 0 .9rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); font: 600 1.35rem/1.3 var(--serif); overflow-wrap: anywhere; }
h3 { margin: 1.5rem 0 .5rem; font: 600 1.05rem/1.3 var(--serif); }
figure { margin: 0 0 2rem; }
figure svg { max-width: 100%; height: auto; }
p { max-width: 46rem; }
a { color: var(--accent); }
code { font: .86em/1.5 var(--mono); overflow-wrap: anywhere; }
blockquote { margin: 0 0 .75rem; padding-left: 1.1rem; max-width: 46rem; border-left: 3px solid var(--accent); font: 1.12rem/1.5 var(--serif); }
ul, ol { max-width: 46rem; padding-left: 1.3rem; }
li { margin: .3rem 0; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.verdict { display: flex; gap: 1.1rem; margin-bottom: 1.5rem; padding: 1.1rem 1.4rem; border: 1px solid currentcolor; border-left-width: 6px; border-radius: .5rem; }
.verdict .mark { flex: none; font: 700 2rem/1.2 var(--sans); }
.verdict p { margin: .4rem 0 0; color: var(--ink); }
.verdict .words { margin: 0; color: inherit; font: 600 1.5rem/1.3 var(--serif); }
.good { background: var(--good-ground); color: var(--good); }
.caution { background: var(--caution-ground); color: var(--caution); }
.bad { background: var(--bad-ground); color: var(--bad); }
dl { margin: 1rem 0; }
dl div { display: grid; grid-template-columns: 13rem 1fr; gap: .1rem 1rem; padding: .22rem 0; }
dt { color: var(--faint); }
bdi { overflow-wrap: anywhere; }
.who code { white-space: nowrap; color: var(--faint); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.aside { color: var(--faint); font-size: .9rem; }
.scroll, .plot { margin: .9rem 0; overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: .35rem; color: var(--faint); text-align: left; }
th, td { padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; }
.n { text-align: right; white-space: nowrap; }
.t, tbody th { text-align: left; }
tbody th { font-weight: 500; }
.severity, .word { white-space: nowrap; }
.severity::before, .word::before { content: ""; display: inline-block; width: .6em; height: .6em; margin-right: .4em; border-radius: 50%; background: var(--faint); }
.critical::before, .word.contradicted::before, .word.liquidatable::before { background: var(--bad); }
.high::before, .word.called::before, .word.marginCall::before { background: var(--call); }
.medium::before, .word.lapsed::before, .word.grace::before { background: var(--grace); }
.word.healthy::before { background: var(--good); }
.plot svg { display: block; width: 100%; height: auto; font: 12.5px var(--sans); fill: var(--ink); }
.plot .narrow { display: none; }
.grid { stroke: var(--grid); stroke-width: 1; }
.tick { fill: var(--faint); }
.end { text-anchor: end; }
.middle { text-anchor: middle; }
.panel-name { font-weight: 600; }
.mark-name { fill: var(--faint); }
.threshold { stroke: var(--ink); stroke-width: 1.2; }
.initial { stroke-dasharray: 6 4; }
.proven { fill: none; stroke: var(--accent); stroke-width: 3; }
.headroom { fill: var(--disclosed); fill-opacity: .2; }
.disclosed { fill: none; stroke: var(--disclosed); stroke-width: 1.4; stroke-linejoin: round; }
.ill { fill: var(--bad); }
.price { fill: none; stroke: var(--ink); stroke-width: 1.6; stroke-linejoin: round; }
.price-2 { stroke-dasharray: 7 4; }
.price-3 { stroke-dasharray: 2 3; }
.price-band { fill: var(--ink); fill-opacity: .1; }
.envelope { fill: var(--envelope); }
.lapse { fill: none; stroke: var(--bad); stroke-width: 2; }
.status { fill: var(--faint); }
.status.healthy { fill: var(--good); }
.status.grace { fill: var(--grace); }
.status.marginCall { fill: var(--call); }
.status.liquidatable { fill: var(--bad); }
.bar { display: block; width: 5rem; height: .65rem; margin-top: .3rem; }
.axis { stroke: var(--faint); stroke-width: 1; }
.owned { fill: var(--accent); }
.owed { fill: var(--bad); }
footer { margin-top: 3rem; padding-top: .5rem; border-top: 1px solid var(--line); color: var(--faint); font-size: .9rem; }
@media screen and (max-width: 40rem) {
  .plot .wide { display: none; }
  .plot .narrow { display: block; }
  table, caption, tbody, tr, tbody th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  tbody th, td { padding: .1rem 0; border: 0; }
  tbody th { font-weight: 600; }
  td { display: flex; gap: .3rem 1rem; justify-content: space-between; text-align: right; }
  td::before { content: attr(data-of); flex: none; max-width: 45%; color: var(--faint); text-align: left; }
  td.t { display: block; text-align: left; }
  td.t::before { display: block; max-width: none; }
  .n { white-space: normal; overflow-wrap: anywhere; }
  td:empty { display: none; }
  body { padding-top: 1.5rem; }
  h1 { font-size: 1.6rem; }
  dl div { grid-template-columns: 1fr; }
  .verdict { gap: .8rem; padding: 1rem; }
}
@media print {
  @page {
    margin: 16mm 14mm;
    @bottom-left { content: "zkmargin audit"; font: 8pt sans-serif; }
    @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; }
  }
  :root {
    color-scheme: light; font-size: 9.2pt;
    --paper: #fff; --ink: #000; --faint: #333; --line: #999; --grid: #ddd; --accent: #000; --good: #000; --good-ground: #fff;
    --caution: #000; --caution-ground: #fff; --bad: #000; --bad-ground: #fff; --disclosed: #555; --envelope: #bbb; --grace: #777; --call: #444;
  }
  body { max-width: none; padding: 0; line-height: 1.4; }
  .first { break-after: page; }
  h2, h3, caption, thead { break-after: avoid; }
  h2 { margin-top: 1.75rem; }
  th, td { padding: .2rem .6rem .2rem 0; }
  .first h1 { margin-bottom: .6rem; font-size: 1.6rem; }
  .first h2 { margin: 1rem 0 .3rem; }
  .first dl, .first .scroll, .first ul, .first p { margin-top: .3rem; margin-bottom: .3rem; }
  .first li { margin: .05rem 0; }
  .first .verdict { margin-bottom: .6rem; padding: .6rem 1rem; }
  .first th, .first td { padding-top: .12rem; padding-bottom: .12rem; }
  .verdict, .plot, blockquote, tr, li, dl { break-inside: avoid; }
  .severity::before, .word::before { content: none; }
  h2 + .plot, caption { break-before: avoid; }
  p, li { orphans: 3; widows: 3; }
  dl div { padding: .08rem 0; }
  thead { display: table-header-group; }
  .scroll, .plot { overflow: visible; }
  table { width: 100%; }
  td code, th code { font-size: .78em; }
  a { color: inherit; text-decoration: none; }
}
`;
