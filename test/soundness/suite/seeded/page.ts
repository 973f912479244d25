import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Bug, KINDS } from "./bug.js";
import type { ProgramBug } from "./programs/programBug.js";

const page = fileURLToPath(new URL("../../../../docs/BUGS.md", import.meta.url));

/** Names of the checks that caught each bug, by the bug's id. */
export type CaughtBy = ReadonlyMap<string, readonly string[]>;

/** The section of docs/BUGS.md about one group of bugs. */
export function sectionOf(group: string, bugs: readonly Bug[], caughtBy: CaughtBy): string {
  const rows = bugs.map(({ id, kind, file, effect }) => {
    const trap = KINDS[kind];
    const cells = [`\`${id}\``, kind, trap ?? "", `\`${file}\``, effect, (caughtBy.get(id) ?? []).join(", ")];
    return `| ${cells.join(" | ")} |`;
  });
  const head =
    "| bug | class | trap | in | what it would do | caught by |\n| --- | --- | --- | --- | --- | --- |";
  return `## ${group}\n\n${head}\n${rows.join("\n")}\n`;
}

/** The section of docs/BUGS.md about the programs around the circuits. */
export function programsSection(group: string, bugs: readonly ProgramBug[]): string {
  const rows = bugs.map(
    ({ id, trap, file, effect, test: [testFile, title] }) =>
      `| \`${id}\` | ${trap} | \`src/${file}\` | ${effect} | \`test/${testFile}\` "${title}" |`,
  );
  const head = "| bug | trap | in | what it would do | caught by |\n| --- | --- | --- | --- | --- |";
  return `## ${group}\n\n${head}\n${rows.join("\n")}\n`;
}

/** The page as it is, and each group's section of it. */
export function readPage(): { readonly text: string; section(group: string): string } {
  const text = readFileSync(page, "utf8");
  return {
    text,
    section: (group) => {
      const from = text.indexOf(`## ${group}\n`);
      if (from < 0) return "";
      const to = text.indexOf("\n## ", from);
      return to < 0 ? text.slice(from) : text.slice(from, to);
    },
  };
}

/**
 * Holds a section of the page to what a run found. With UPDATE_DOCS=1 the page is written instead.
 * @throws where the page says something else
 */
export function holdPage(group: string, section: string): void {
  if (process.env.UPDATE_DOCS) writeSection(group, section);
  else if (readPage().section(group).trim() !== section.trim())
    throw new Error(
      `docs/BUGS.md: expected this section; UPDATE_DOCS=1 npm run test:soundness -- --part seeded writes it\n${section}`,
    );
}

/** Puts a section in its place, or at the end. */
function writeSection(group: string, section: string): void {
  const { text, section: old } = readPage();
  const before = old(group);
  writeFileSync(
    page,
    before === "" ? `${text.trimEnd()}\n\n${section}` : text.replace(before, () => section),
  );
}

/** What the last column of a section says, by the bug's id. */
export function caughtIn(section: string): CaughtBy {
  return new Map(
    [...section.matchAll(/^\| `([\w-]+)` \|.*\| ([^|]*) \|$/gm)].map(([, id = "", checks = ""]) => [
      id,
      checks.split(", ").filter((check) => check !== ""),
    ]),
  );
}
