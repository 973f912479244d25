import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const contracts = fileURLToPath(new URL("../contracts/", import.meta.url));
const files = readdirSync(contracts, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".sol") && !/^(test|generated)\//.test(file));
const interfaces = files.filter((file) => file.startsWith("interfaces/"));

/** The `///` lines right above a declaration, if there are any. */
const DOCS = String.raw`((?:^[ \t]*\/\/\/.*\n)*)`;
const CALLABLE = new RegExp(`${DOCS}^ *(function|event|error) (\\w+)\\(([^)]*)\\)([^;{]*)[;{]`, "gm");
const STRUCT = new RegExp(`${DOCS}^ *struct (\\w+) \\{([^}]*)\\}`, "gm");
const FIELD = new RegExp(`${DOCS}^ *(?:mapping\\([^;]*\\)|[\\w.[\\]]+) (\\w+);`, "gm");
const VARIABLE = new RegExp(`${DOCS}^ *[^/\\n;]+ public (?:immutable |constant )?(\\w+)(?: =[^;]*)?;`, "gm");

interface Declaration {
  readonly kind: string;
  readonly name: string;
  /** Names of the parameters, empty where they have none. */
  readonly parameters: readonly string[];
  readonly returns: readonly string[];
  readonly description: string;
  /** "@param", "@return" or another tag, and what follows it. */
  readonly tags: readonly { readonly tag: string; readonly text: string }[];
}

function declarations(source: string): Declaration[] {
  return [...source.matchAll(CALLABLE)].map(
    ([, docs = "", kind = "", name = "", parameters = "", rest = ""]) => {
      const [description = "", ...tagged] = ` ${textOf(docs)}`.split(/\s*(?=@(?:param|return|inheritdoc)\b)/);
      return {
        kind,
        name,
        parameters: namesOf(parameters),
        returns: namesOf(/returns\s*\(([^)]*)\)/.exec(rest)?.[1] ?? ""),
        description,
        tags: tagged.map((text) => {
          const [tag = "", ...words] = text.split(" ");
          return { tag, text: words.join(" ") };
        }),
      };
    },
  );
}

function textOf(docs: string): string {
  return docs
    .replace(/^\s*\/\/\/ ?/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** "bytes32 indexed account, uint256" as ["account", ""]. */
function namesOf(list: string): string[] {
  if (list.trim() === "") return [];
  return list.split(",").map((item) => {
    const words = item.trim().split(/\s+/).slice(1);
    return words.findLast((word) => !["indexed", "memory", "calldata", "storage"].includes(word)) ?? "";
  });
}

/** What a declaration's comment lacks. */
function faultsOf(
  { kind, name, parameters, returns, description, tags }: Declaration,
  inherits: boolean,
): string[] {
  if (inherits && tags.some(({ tag, text }) => tag === "@inheritdoc" && /^\w+$/.test(text))) return [];
  const described = (tag: string) => tags.filter((item) => item.tag === tag).map(({ text }) => text);
  const named = (texts: readonly string[]) =>
    texts.filter((text) => / \S/.test(text)).map((text) => text.split(" ")[0]);
  const faults: string[] = [];
  if (!/\w/.test(description)) faults.push("no description");
  const params = named(described("@param")).join();
  const expected = parameters.filter((parameter) => parameter !== "").join();
  if (params !== expected) faults.push(`@param of (${params}), expected (${expected})`);
  const returned = described("@return");
  if (returned.length !== returns.length || returned.some((text) => !/\w/.test(text)))
    faults.push(`${returned.length} @return, expected ${returns.length}`);
  else if (returns.some((result, i) => result !== "" && named(returned.slice(i, i + 1))[0] !== result))
    faults.push(`@return of other names than (${returns.join()})`);
  return faults.map((fault) => `${kind} ${name}: ${fault}`);
}

/** Fields of structs without a comment of their own. */
function bareFields(source: string): string[] {
  return [...source.matchAll(STRUCT)].flatMap(([, docs = "", struct = "", body = ""]) => [
    ...(textOf(docs) === "" ? [`struct ${struct}: no description`] : []),
    ...[...body.matchAll(FIELD)]
      .filter(([, comment = ""]) => textOf(comment) === "")
      .map(([, , field]) => `struct ${struct}: no description of ${field}`),
  ]);
}

const read = (file: string) => readFileSync(`${contracts}${file}`, "utf8");

describe("NatSpec", () => {
  it("describes every function, event and error of the interfaces, and each argument and result", () => {
    for (const file of interfaces) {
      const found = declarations(read(file));
      assert.equal(found.length, read(file).match(/^ *(function|event|error) /gm)?.length, file);
      const faults = found.flatMap((declaration) => faultsOf(declaration, false));
      assert.deepEqual(faults, [], file);
    }
  });

  it("describes what no interface declares, private helpers too, and inherits the rest", () => {
    for (const file of files) {
      assert.deepEqual(
        declarations(read(file)).flatMap((declaration) => faultsOf(declaration, true)),
        [],
        file,
      );
      const variables = [...read(file).matchAll(VARIABLE)];
      assert.equal(
        variables.length,
        read(file).match(/^ {4}(?!function|constructor).* public .*;$/gm)?.length ?? 0,
      );
      for (const [, docs = "", name] of variables)
        assert.notEqual(textOf(docs), "", `${file}: no description of ${name}`);
    }
  });

  it("describes every field of every struct", () => {
    for (const file of files) {
      assert.equal(
        [...read(file).matchAll(STRUCT)].length,
        read(file).match(/^ *struct /gm)?.length ?? 0,
        file,
      );
      assert.deepEqual(bareFields(read(file)), [], file);
    }
  });

  it("says of every assembly block what it saves, or what Solidity lacks", () => {
    for (const file of files)
      assert.deepEqual(read(file).match(/^(?! *\/\/).*\n *assembly .*/gm), null, file);
  });

  it("declares each error once", () => {
    const errors = files.flatMap((file) =>
      [...read(file).matchAll(/^ *error (\w+)\(/gm)].map(([, name]) => name),
    );
    assert.deepEqual(
      errors.filter((name, i) => errors.indexOf(name) !== i),
      [],
    );
  });

  it("is missed where it is missing", () => {
    const complete = `
    /// Moves it.
    /// @param to who gets it
    /// and keeps it
    /// @return moved smallest units
    function move(address to, uint256) external returns (uint256 moved);
`;
    const faults = (source: string) =>
      declarations(source).flatMap((declaration) => faultsOf(declaration, false));
    assert.deepEqual(faults(complete), []);
    assert.deepEqual(faults(complete.replace("/// Moves it.", "///")), ["function move: no description"]);
    assert.deepEqual(faults(complete.replace("who gets it", "").replace("and keeps it", "")), [
      "function move: @param of (), expected (to)",
    ]);
    assert.deepEqual(faults(complete.replace("@param to", "@param from")), [
      "function move: @param of (from), expected (to)",
    ]);
    assert.deepEqual(faults(complete.replace("    /// @return moved smallest units\n", "")), [
      "function move: 0 @return, expected 1",
    ]);
    assert.deepEqual(faults(complete.replace("@return moved", "@return the")), [
      "function move: @return of other names than (moved)",
    ]);
    assert.deepEqual(faults("    error Refused(address by);\n"), [
      "error Refused: no description",
      "error Refused: @param of (), expected (by)",
    ]);
    assert.deepEqual(faults(complete.replace(/(\n *\/\/\/.*)+/, "\n    /// @inheritdoc IMove")).length, 3);
    assert.deepEqual(bareFields("/// A.\nstruct A {\n    /// One.\n    uint8 one;\n    uint8 two;\n}\n"), [
      "struct A: no description of two",
    ]);
  });
});

describe("names of the contracts' tests", () => {
  it("are test_subject_condition, test_fuzz_subject_condition and invariant_subject_condition", () => {
    const folder = fileURLToPath(new URL("contracts/", import.meta.url));
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".sol"))
      .flatMap((file) => [
        ...readFileSync(`${folder}${file}`, "utf8").matchAll(/function ((?:test|invariant)\w*)\(/g),
      ])
      .map(([, name = ""]) => name);
    assert.ok(names.length > 400);
    assert.deepEqual(
      names.filter((name) => !/^(?:test|test_fuzz|invariant)(?:_[a-z0-9]+){2,9}$/.test(name)),
      [],
    );
  });
});
