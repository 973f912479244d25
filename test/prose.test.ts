import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Turns of phrase that leave out who acts, or when: name the actor, and say before or after what. */
const FORBIDDEN = ["of before", "of after", "whoever", "anew", "what came", "struck off", "betters itself"];

/** What people read here. */
const PLACES = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "docs",
  "examples",
  "src",
  "circuits",
  "contracts",
  "scripts",
  "test",
  "web",
];
const TEXTS = /\.(md|ts|circom|sol)$/;
const EXEMPT = /^(src\/chain\/generated\/|test\/prose\.test\.ts$)/;

const words = new RegExp(`\\b(${FORBIDDEN.join("|").replaceAll(" ", "\\s+")})\\b`, "gi");

/** A text with spaces for its comment marks and its loops' heads, so that a phrase is found across lines. */
const readable = (text: string): string =>
  text
    .replace(/\bfor \(.*? of \w+\)/g, (head) => " ".repeat(head.length))
    .replace(/\n[ \t]*(\*|\/\/|>)?/g, (start) => `\n${" ".repeat(start.length - 1)}`);

/** All texts and sources in a place: a file, or a folder with all below it. */
const textsIn = (place: string): string[] =>
  statSync(root + place).isFile()
    ? [place]
    : (readdirSync(root + place, { recursive: true }) as string[]).map((file) => `${place}/${file}`);

/** Where a text has one of the phrases, as `file:line: "phrase"`. */
function found(file: string, text: string): string[] {
  const prose = readable(text);
  return [...prose.matchAll(words)].map(
    ({ 0: phrase, index }) =>
      `${file}:${prose.slice(0, index).split("\n").length}: "${phrase.replace(/\s+/g, " ")}"`,
  );
}

describe("the prose", () => {
  it("has none of the phrases that a reader stumbles over", () => {
    const files = PLACES.flatMap(textsIn).filter((file) => TEXTS.test(file) && !EXEMPT.test(file));
    assert.ok(files.length > PLACES.length);
    assert.deepEqual(
      files.flatMap((file) => found(file, readFileSync(`${root}${file}`, "utf8"))),
      [],
    );
  });

  it("would be found out, in any case, across lines, and not inside another word", () => {
    assert.deepEqual(found("x.md", "a book\n * of\n * before\n// Anew"), [
      'x.md:2: "of before"',
      'x.md:4: "Anew"',
    ]);
    assert.deepEqual(found("x.md", "a renewal of beforehand; for (const one of before) {}"), []);
  });
});
