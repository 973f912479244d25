import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { needsKeys, ROOT, workFolder } from "../cli/support.js";
import { exampleScene } from "../support/exampleScene.js";

/** Entries whose functions and classes have examples. */
const ENTRIES = ["protocol", "verify", "prove", "chain", "clearing", "audit", "risk"] as const;

interface Example {
  /** "zkmargin/verify: parseBundle" */
  readonly name: string;
  readonly imports: readonly (readonly [names: string, from: string])[];
  readonly body: string;
}

/** The function or class that each name of an entry stands for. */
function declarationsOf(entry: string): [name: string, declaration: ts.Node][] {
  const parse = (file: string) =>
    ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const file = join(ROOT, "src", "entries", `${entry}.ts`);
  return parse(file).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.exportClause === undefined) return [];
    const names = new Set((statement.exportClause as ts.NamedExports).elements.map(({ name }) => name.text));
    const from = (statement.moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, ".ts");
    return parse(join(dirname(file), from)).statements.flatMap((node) => {
      if (!ts.isFunctionDeclaration(node) && !ts.isClassDeclaration(node)) return [];
      const name = node.name?.text ?? "";
      return names.has(name) ? [[name, node] as [string, ts.Node]] : [];
    });
  });
}

/** The code of an `@example`, as it stands in a docstring; undefined if there is none. */
function exampleOf(node: ts.Node): string | undefined {
  const docs = ts.getJSDocCommentsAndTags(node).map((doc) => doc.getFullText());
  const [, code] = /@example\n \* ```ts\n([\s\S]*?) \* ```/.exec(docs.join("")) ?? [];
  return code?.replace(/^ \* ?/gm, "");
}

function parsed(name: string, code: string): Example {
  const imports = [...code.matchAll(/^import \{ (.*?) \} from "(.*?)";\n/gm)].map(
    ([, names = "", from = ""]) => [names, from] as const,
  );
  return { name, imports, body: code.replace(/^import .*\n/gm, "").trim() };
}

/** One module of all examples. Each is a function of what the scene has and it does not declare. */
function moduleOf(examples: readonly Example[], scene: readonly string[]): string {
  const names = new Map<string, Set<string>>();
  for (const { imports } of examples)
    for (const [list, from] of imports)
      for (const name of list.split(", ")) names.set(from, (names.get(from) ?? new Set()).add(name));
  const imports = [...names].map(([from, set]) => `import { ${[...set].join(", ")} } from "${from}";\n`);
  const functions = examples.map(({ name, body }) => {
    const has = (word: string) => new RegExp(`(?<![\\w"])(?<!(?<!\\.)\\.)${word}\\b(?!:)`).test(body);
    const declares = (word: string) =>
      new RegExp(`const (?:${word}|\\{[^}]*\\b${word}\\b[^}]*\\}) =`).test(body);
    const given = scene.filter((word) => has(word) && !declares(word));
    const code = body.replaceAll("console.log(", "log(");
    return `  ${JSON.stringify(name)}: async ({ ${given.join(", ")} }: Scene, log: (...said: unknown[]) => void) => {\n${code}\n  },\n`;
  });
  return `${imports.join("")}import type { Scene } from "../test/support/exampleScene.js";\n\nexport const examples = {\n${functions.join("")}};\n`;
}

/** What an example says that it prints, line by line; null for a line about which it says nothing exact. */
function promised(body: string): (string | null)[] {
  return [...body.matchAll(/console\.log\(.*?\);(?: \/\/ (.*))?$/gm)].map(([, said]) => said ?? null);
}

/** A value as a line of output shows it. */
function shown(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

describe("the examples in docstrings", () => {
  needsKeys();
  const work = workFolder();
  const all = ENTRIES.map((entry) => [entry, declarationsOf(entry)] as const);
  const examples = all.flatMap(([entry, declarations]) =>
    declarations.flatMap(([name, node]) => {
      const code = exampleOf(node);
      return code === undefined ? [] : [parsed(`zkmargin/${entry}: ${name}`, code)];
    }),
  );
  const file = join(ROOT, "build", "docstringExamples.ts");
  let scene: Awaited<ReturnType<typeof exampleScene>>;

  before(async () => {
    scene = await exampleScene();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, moduleOf(examples, Object.keys(scene)));
  });
  after(async () => {
    await scene.closeHouse();
    await scene.session.close();
    await scene.chain.close();
    await scene.rehearsal.toy.remove();
    rmSync(file, { force: true });
  });

  it("are there for every function and class that is exported", () => {
    const without = Object.fromEntries(
      all.map(([entry, declarations]) => [
        entry,
        declarations
          .filter(([name, node]) => !/Error$/.test(name) && exampleOf(node) === undefined)
          .map(([name]) => name)
          .sort(),
      ]),
    );
    assert.deepEqual(without, Object.fromEntries(ENTRIES.map((entry) => [entry, []])));
  });

  it("import what they show, from the entry that has it", () => {
    for (const { name, imports } of examples) {
      const [entry = "", own = ""] = name.split(": ");
      assert.ok(
        imports.some(([names, from]) => from === entry && names.split(", ").includes(own)),
        name,
      );
    }
  });

  it("are of the right types", () => {
    const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: [file] }, ts.sys, ROOT);
    const program = ts.createProgram([file], options);
    const source = program.getSourceFile(file);
    assert.ok(source);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    const lines = source.text.split("\n");
    assert.deepEqual(
      found.map(({ start = 0, messageText }) => {
        const { line } = source.getLineAndCharacterOfPosition(start);
        return `${lines[line]}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
      }),
      [],
    );
  });

  it("run, and print what they say", async () => {
    const { examples: functions } = await import(pathToFileURL(file).href);
    const wrong: string[] = [];
    for (const { name, body } of examples) {
      const said: string[] = [];
      try {
        await functions[name]({ ...scene, folder: work.path }, (...values: unknown[]) =>
          said.push(values.map(shown).join(" ")),
        );
        const lines = promised(body).filter((line) => line !== null);
        // A comment that is a sentence explains; one that is a value promises.
        for (const line of lines.filter((line) => !/^[a-z]+ .* .*/.test(line ?? "")))
          if (!said.includes(line ?? "")) wrong.push(`${name}: expected ${line}, got ${said.join(" | ")}`);
      } catch (error) {
        wrong.push(`${name}: ${error}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
});
