import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProgramBug } from "./programBug.js";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
/** What a bug or a test may not change is not copied. */
const LINKED = ["contracts", "docs", "examples", "node_modules", "package.json", "tsconfig.json"];

/** A copy of the sources and their tests in which bugs are planted, one at a time. */
export class Stage {
  readonly #folder: string;

  constructor() {
    mkdirSync(join(root, "build"), { recursive: true });
    this.#folder = mkdtempSync(join(root, "build", ".seeded-"));
    for (const copied of ["src", "test", "circuits"])
      cpSync(join(root, copied), join(this.#folder, copied), { recursive: true });
    for (const linked of LINKED) symlinkSync(join(root, linked), join(this.#folder, linked));
  }

  /**
   * Whether the bug's test fails: with the bug in place, or without.
   * @throws where the test is not there, or does not run at all; and where the passage is not there
   */
  fails({ file, passage, replacement, test: [testFile, title], id }: ProgramBug, planted: boolean): boolean {
    const path = join(this.#folder, "src", file);
    const text = readFileSync(path, "utf8");
    if (text.split(passage).length !== 2)
      throw new Error(`${id}: expected exactly once in src/${file}:\n${passage}`);
    if (planted)
      writeFileSync(
        path,
        text.replace(passage, () => replacement),
      );
    try {
      const { passes, failures } = this.#run(testFile, title);
      const has = (tests: readonly Ran[]) => tests.some((test) => test.title === title);
      if (!has(passes) && !has(failures))
        throw new Error(`${id}: expected ${testFile} to run "${title}", got nothing`);
      return has(failures);
    } finally {
      writeFileSync(path, text);
    }
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #run(file: string, title: string): { readonly passes: readonly Ran[]; readonly failures: readonly Ran[] } {
    const mocha = ["node_modules/mocha/bin/mocha.js", "--no-config", "--node-option", "import=tsx"];
    const args = [
      ...mocha,
      "--timeout",
      "600000",
      "--reporter",
      "json",
      "--fgrep",
      title,
      join("test", file),
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: this.#folder, encoding: "utf8" });
    const from = stdout.indexOf("{\n");
    if (from < 0) throw new Error(`${file}: expected a report of its tests, got\n${stdout}${stderr}`);
    return JSON.parse(stdout.slice(from));
  }
}

interface Ran {
  readonly title: string;
}
