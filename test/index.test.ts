import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const src = join(root, "src");
const snapshot = new URL("./snapshots/exports.json", import.meta.url);
/** Entries of the package, `zkmargin/<name>`; `zkmargin` itself is all of them. */
const ENTRIES = ["protocol", "verify", "prove", "chain", "clearing", "audit", "risk", "abi"] as const;
const BROWSER_SAFE = ["protocol", "verify", "abi"] as const;
/** Packages that a browser has no use for. It needs zod/mini: files are read by their schemas there too. */
const NOT_FOR_BROWSERS = /^(node:|ethers|zod$|snarkjs|circom|commander)/;

const IMPORT = /^import \{([^}]+)\} from "zkmargin\/?([a-z]*)";$/gm;

const entryFile = (name: string) => join(src, "entries", `${name}.ts`);
const sources = new Map<string, ts.SourceFile>();

function parsed(file: string): ts.SourceFile {
  const source =
    sources.get(file) ?? ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  sources.set(file, source);
  return source;
}

/** A name that a file exports, and the declaration that it stands for. */
interface Exported {
  readonly name: string;
  readonly declaration: ts.Node;
  readonly isType: boolean;
}

/** Everything that a file exports, followed to where it is declared. */
function exportsOf(file: string): Exported[] {
  const found: Exported[] = [];
  for (const statement of parsed(file).statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined) {
      const target = (statement.moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, ".ts");
      const below = exportsOf(join(dirname(file), target));
      if (statement.exportClause === undefined) found.push(...below);
      else
        for (const { name, propertyName } of (statement.exportClause as ts.NamedExports).elements) {
          const wanted = (propertyName ?? name).text;
          const one = below.find((candidate) => candidate.name === wanted);
          assert.ok(one, `${relative(root, file)}: ${wanted} is not exported by ${target}`);
          found.push({ ...one, name: name.text });
        }
    } else if (ts.canHaveModifiers(statement)) {
      const isExported = ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      if (!isExported) continue;
      const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
      const names = ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map((declaration) => declaration.name)
        : [(statement as ts.FunctionDeclaration).name];
      for (const name of names)
        if (name !== undefined) found.push({ name: name.getText(), declaration: statement, isType });
    }
  }
  return found;
}

/** The methods of a class that its users may call. */
function publicMethods(declaration: ts.Node): ts.MethodDeclaration[] {
  if (!ts.isClassDeclaration(declaration)) return [];
  const isHidden = (method: ts.MethodDeclaration) =>
    ts.isPrivateIdentifier(method.name) ||
    ts.getModifiers(method)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
  return declaration.members.filter(ts.isMethodDeclaration).filter((method) => !isHidden(method));
}

/** What a file imports and re-exports at run time. */
function runtimeImports(file: string): string[] {
  return parsed(file).statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly !== true;
    const isExport = ts.isExportDeclaration(statement) && !statement.isTypeOnly;
    const from = isImport || isExport ? statement.moduleSpecifier : undefined;
    return from === undefined ? [] : [(from as ts.StringLiteral).text];
  });
}

const ofEntry = new Map(ENTRIES.map((name) => [name, exportsOf(entryFile(name))]));

describe("the library", () => {
  it("exports what the snapshot lists (UPDATE_SNAPSHOTS=1 to accept a change)", () => {
    const names = (name: (typeof ENTRIES)[number], type: boolean) =>
      (ofEntry.get(name) ?? [])
        .filter(({ isType }) => isType === type)
        .map((one) => one.name)
        .sort();
    const exported = Object.fromEntries(
      ENTRIES.map((name) => [name, { values: names(name, false), types: names(name, true) }]),
    );
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(snapshot, `${JSON.stringify(exported, null, 2)}\n`);
    assert.deepEqual(exported, JSON.parse(readFileSync(snapshot, "utf8")));
  });

  it("exports each name from one entry, and all of them from zkmargin", () => {
    const all = [...ofEntry.values()].flat().map(({ name }) => name);
    assert.deepEqual(
      all.filter((name, i) => all.indexOf(name) !== i),
      [],
    );
    assert.deepEqual(
      exportsOf(join(src, "index.ts"))
        .map(({ name }) => name)
        .sort(),
      all.sort(),
    );
  });

  it("names each entry in package.json, for types and for code", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const built = (path: string) => ({
      types: `./build/dist/${path}.d.ts`,
      default: `./build/dist/${path}.js`,
    });
    assert.deepEqual(manifest.exports["."], built("index"));
    for (const name of ENTRIES) assert.deepEqual(manifest.exports[`./${name}`], built(`entries/${name}`));
    assert.equal(Object.keys(manifest.exports).length, ENTRIES.length + 5);
    // A program in the package finds what is built by the package's own name.
    assert.ok(createRequire(import.meta.url).resolve("zkmargin/examples/prices/daily-close.csv"));
  });

  it("documents everything that it exports, and the methods of its classes", () => {
    const isBare = (node: ts.Node) => ts.getJSDocCommentsAndTags(node).length === 0;
    const bare = [...ofEntry].flatMap(([entry, exported]) =>
      exported.flatMap(({ name, declaration }) => [
        ...(isBare(declaration) ? [`zkmargin/${entry}: ${name}`] : []),
        ...publicMethods(declaration)
          .filter(isBare)
          .map((method) => `zkmargin/${entry}: ${name}.${method.name.getText()}`),
      ]),
    );
    assert.deepEqual(bare, []);
  });

  it("has every name that README and docs/LIBRARY.md import, in the entry that they import it from", () => {
    let imports = 0;
    for (const page of ["README.md", "docs/LIBRARY.md", "examples/demo/README.md"])
      for (const [, names = "", entry] of readFileSync(join(root, page), "utf8").matchAll(IMPORT)) {
        const exported = ofEntry.get(entry as (typeof ENTRIES)[number])?.map(({ name }) => name) ?? [];
        for (const name of names.split(",").map((text) => text.trim().replace(/^type /, ""))) {
          assert.ok(exported.includes(name), `${page}: zkmargin/${entry} has no ${name}`);
          imports++;
        }
      }
    assert.ok(imports > 50);
  });

  for (const entry of BROWSER_SAFE)
    it(`needs nothing that a browser lacks for zkmargin/${entry}`, () => {
      const seen = new Set<string>();
      const visit = (file: string): void => {
        if (seen.has(file)) return;
        seen.add(file);
        for (const target of runtimeImports(file)) {
          if (target.startsWith(".")) visit(join(dirname(file), target.replace(/\.js$/, ".ts")));
          else assert.doesNotMatch(target, NOT_FOR_BROWSERS, relative(root, file));
        }
      };
      visit(entryFile(entry));
      assert.ok(seen.size > (entry === "abi" ? 1 : 5));
    });
});
