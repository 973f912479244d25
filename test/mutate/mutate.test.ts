import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileSources } from "../../scripts/contracts/solc.js";
import { codeOf } from "../../scripts/mutate/hash.js";
import { type NumberedMutant, numbered } from "../../scripts/mutate/mutant.js";
import { areaRecord, explainedNames, readRecord, stale, stillNeeded } from "../../scripts/mutate/record.js";
import { type Outcome, Results } from "../../scripts/mutate/results.js";
import { proposeContractMutants } from "../../scripts/mutate/solidity/propose.js";
import { contractMutants } from "../../scripts/mutate/solidity/run.js";
import { stageContracts } from "../../scripts/mutate/solidity/stage.js";
import { proposeMutants } from "../../scripts/mutate/typescript/propose.js";
import { looserAndStricter } from "../../scripts/mutate/typescript/regularExpressions.js";
import { typescriptMutants } from "../../scripts/mutate/typescript/run.js";
import { stageMutants } from "../../scripts/mutate/typescript/stage.js";
import { Trials } from "../../scripts/mutate/typescript/trial.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

const SOURCE = `export const FLOOR = 3n;

export function least(numbers: readonly bigint[]): bigint {
  if (numbers.length === 0) throw new RangeError(\`expected \${1 + 1} numbers, got none\`);
  let found = numbers[0] as bigint;
  for (const number of numbers) if (number < found) found = number;
  return found > FLOOR ? found : FLOOR;
}
`;
const TEST = `import assert from "node:assert/strict";
import { least } from "../src/least.js";

describe("least", () => {
  it("is the least", () => assert.equal(least([7n, 5n, 6n]), 5n));
  it("is no less than the floor", () => assert.equal(least([2n]), 3n));
  it("is not of nothing", () => assert.throws(() => least([]), RangeError));
});
`;

describe("mutation testing", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "zkmargin-mutate-"));
    for (const name of ["src", "test"]) mkdirSync(join(folder, name));
    for (const name of ["package.json", "tsconfig.json", "foundry.toml"])
      writeFileSync(join(folder, name), readFileSync(join(root, name)));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "src/least.ts"), SOURCE);
    writeFileSync(join(folder, "test/least.test.ts"), TEST);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe("of TypeScript", () => {
    let mutants: NumberedMutant[];
    let trials: Trials;
    before(async () => {
      mutants = numbered(proposeMutants(folder, ["src/least.ts"]));
      stageMutants(folder, join(folder, "stage"), mutants);
      trials = await Trials.prepare(join(folder, "stage"), ["test/least.test.ts"]);
    });
    after(() => trials.end());

    const verdictOf = (edit: string) => {
      const mutant = mutants.find(({ name }) => name.endsWith(edit));
      assert.ok(
        mutant !== undefined,
        `no mutant ${edit} among ${mutants.map(({ name }) => name).join("\n")}`,
      );
      return trials.run(mutant);
    };

    it("leaves the words of errors alone", () => {
      assert.deepEqual(
        mutants.filter(({ original }) => /1|expected/.test(original)).map(({ operator }) => operator),
        ["guard left out"],
      );
    });

    it("kills a mutant by the test that notices it", async () => {
      assert.deepEqual(await verdictOf("number < found → number >= found"), {
        outcome: "killed",
        by: "least is the least",
      });
    });

    it("kills one that is a guard left out", async () => {
      const guard = mutants.find(({ operator }) => operator === "guard left out") as NumberedMutant;
      assert.deepEqual(await trials.run(guard), { outcome: "killed", by: "least is not of nothing" });
    });

    it("kills one that is at work while the module is loaded", async () => {
      assert.deepEqual(await verdictOf("FLOOR › 3n → 4n"), {
        outcome: "killed",
        by: "least is no less than the floor",
      });
    });

    it("lets one live that changes nothing", async () => {
      assert.deepEqual(await verdictOf("number < found → number <= found"), { outcome: "survived" });
    });
  });

  it("loosens and tightens patterns", () => {
    assert.deepEqual(looserAndStricter("/^[0-9]{2,3}\\.x?$/u"), [
      "/[0-9]{2,3}\\.x?$/u",
      "/^[^0-9]{2,3}\\.x?$/u",
      "/^[0-9]{3,3}\\.x?$/u",
      "/^[0-9]{1,3}\\.x?$/u",
      "/^[0-9]{2,4}\\.x?$/u",
      "/^[0-9]{2,3}\\.x$/u",
      "/^[0-9]{2,3}\\.x?/u",
    ]);
  });

  it("forgets a survivor when the tests change, and a death when the source does", () => {
    const file = join(folder, "results.jsonl");
    const results = new Results(file);
    results.add({ name: "a", source: "1", tests: "1", outcome: "killed" });
    results.add({ name: "b", source: "1", tests: "1", outcome: "survived" });
    writeFileSync(file, `${readFileSync(file, "utf8")}{"name":"c","sou`);
    const again = new Results(file);
    assert.equal(again.known("a", "1", "2")?.outcome, "killed");
    assert.equal(again.known("a", "2", "1"), undefined);
    assert.equal(again.known("b", "1", "1")?.outcome, "survived");
    assert.equal(again.known("b", "1", "2"), undefined);
    assert.equal(again.known("c", "1", "1"), undefined);
  });

  it("takes code for the same whatever its comments and formatting, and no other code for it", () => {
    const solidity = 'uint256 a = 1 + b; // "one"\n/* more */ string c = "// no comment";';
    const typescript = "const a = 1 + b; // one\nconst c = `// no ${a}`;\nconst d = /\\/\\/ x/;";
    for (const [file, text, other] of [
      ["A.sol", solidity, 'uint256 a = 1+b;\n\nstring c\n= "// no comment";'],
      ["a.ts", typescript, "/** A. */\nconst a = 1 +\n  b;\nconst c = `// no ${a}`; const d = /\\/\\/ x/;"],
    ] as const) {
      assert.equal(codeOf(file, other), codeOf(file, text));
      for (const [one, by] of [
        ["1", "2"],
        ["// no", "// or"],
        ["+", "-"],
      ] as const)
        assert.notEqual(codeOf(file, text.replace(one, by)), codeOf(file, text), one);
    }
    assert.notEqual(codeOf("a.ts", typescript.replace(" x/", " y/")), codeOf("a.ts", typescript));
  });

  it("keeps an explanation as long as no test notices its mutant", () => {
    const result = (name: string, outcome: Outcome) => ({ name, source: "1", tests: "1", outcome });
    const explained = [
      { why: "one", mutants: ["c", "b", "a"] },
      { why: "two", mutants: ["d"] },
    ];
    const results = [result("a", "survived"), result("b", "killed"), result("d", "timed out")];
    assert.deepEqual(stillNeeded(explained, results), [{ why: "one", mutants: ["a", "c"] }]);
  });

  it("keeps the recorded row of an area of which no result is known", () => {
    const [mutant] = numbered(proposeMutants(folder, ["src/least.ts"]));
    assert.ok(mutant !== undefined);
    const row = { mutants: 9, tried: 8, dead: 7, timedOut: 0, explained: 1 };
    const record = { areas: [{ name: "least", ...row }], unexplained: [], explained: [] };
    const survived = { name: mutant.name, source: "1", tests: "1", outcome: "survived" } as const;
    const none = new Set<string>();
    assert.deepEqual(areaRecord(record, "least", "2", [mutant], [], none), record.areas[0]);
    assert.deepEqual(areaRecord(record, "least", "2", [mutant], [survived], none), {
      name: "least",
      ...{ mutants: 1, tried: 1, dead: 0, timedOut: 0, explained: 0 },
      sources: "2",
    });
    assert.equal(areaRecord(record, "other", "2", [mutant], [], none).tried, 0);
  });

  it("writes contracts that solc accepts, with every mutant in them", () => {
    const file = "contracts/lib/DutchAuctions.sol";
    const stage = join(folder, "contracts-stage");
    const mutants = contractMutants(root, (one) => one === file);
    assert.ok(mutants.length > 20, String(mutants.length));
    stageContracts(root, stage, mutants);
    const text = readFileSync(join(stage, file), "utf8");
    for (const { id } of mutants) assert.match(text, new RegExp(`\\b${id}\\)`));
    compileSources(stage, { [file]: text }, { "*": { "": ["ast"] } });
  });

  it("exchanges arguments only where their order matters", () => {
    const name = "contracts/Swaps.sol";
    const text = `pragma solidity 0.8.30;
library Math {
    function min(uint256 a, uint256 b) internal pure returns (uint256) { return a < b ? a : b; }
    function mulDiv(uint256 a, uint256 b, uint256 c) internal pure returns (uint256) { return a * b / c; }
}
contract Swaps {
    function least(uint256 a, uint256 b) external pure returns (uint256) { return Math.min(a, b); }
    function share(uint256 a, uint256 b, uint256 c) external pure returns (uint256) { return Math.mulDiv(a, b, c); }
    function sum(uint256 a, uint256 b, uint256 c) external pure returns (uint256) { return _addMul(a, b, c); }
    function rest(uint256 a, uint256 b) external pure returns (uint256) { return _rest(a, b); }
    function _addMul(uint256 s, uint256 a, uint256 b) private pure returns (uint256) { return s + a * b; }
    function _rest(uint256 a, uint256 b) private pure returns (uint256) { return a - b; }
}`;
    mkdirSync(join(folder, "contracts"));
    writeFileSync(join(folder, name), text);
    const swaps = proposeContractMutants(folder, [name])
      .filter(({ operator }) => operator === "arguments swapped")
      .map(({ replacement }) => replacement);
    assert.deepEqual(swaps, ["Math.mulDiv(a, c, b)", "_addMul(b, a, c)", "_rest(b, a)"]);
  });

  it("has explained only mutants that there are", () => {
    const record = readRecord(root);
    const files = new Set([...explainedNames(record)].map((name) => name.split(" › ")[0]));
    const isMeant = (file: string) => files.has(file);
    const isContract = [...files].some((file) => file?.endsWith(".sol"));
    const mutants = [
      ...(files.size > 0 ? typescriptMutants(root, isMeant) : []),
      ...(isContract ? contractMutants(root, isMeant) : []),
    ];
    assert.deepEqual(stale(record, mutants), []);
    for (const { why, mutants: named } of record.explained) assert.ok(why !== "" && named.length > 0, why);
  });
});
