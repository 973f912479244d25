import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { CompileError } from "../../../src/errors.js";
import { collectSources, compileCircuit, hashSources } from "../../../src/groth16/setup/compile.js";
import { TOY, type ToyPackage, toyPackage } from "./toy.js";

describe("compile", () => {
  let toy: ToyPackage;
  beforeEach(async () => {
    toy = await toyPackage({ pinned: false });
  });
  afterEach(() => toy.remove());

  it("stages the sources included, from the package and from circomlib, and no others", async () => {
    await toy.write("circuits/lib/Unused.circom", "pragma circom 2.1.6;\n");
    const paths = (await collectSources(toy.root, TOY.name)).map(({ path }) => path);
    assert.deepEqual(paths, [
      "circomlib/circuits/aliascheck.circom",
      "circomlib/circuits/binsum.circom",
      "circomlib/circuits/bitify.circom",
      "circomlib/circuits/comparators.circom",
      "circomlib/circuits/compconstant.circom",
      "circuits/lib/Square.circom",
      "circuits/main/toy.circom",
    ]);
  });

  // shows: P7
  it("gives the same bytes in another folder, with no path in them, and cleans up", async () => {
    const sources = await collectSources(toy.root, TOY.name);
    const first = await compileCircuit(toy.home, TOY.name, sources, { sym: true });
    const second = await compileCircuit(`${toy.home}-with a longer name`, TOY.name, sources);
    assert.ok(Buffer.from(first.r1cs).equals(second.r1cs));
    assert.ok(Buffer.from(first.wasm).equals(second.wasm));
    assert.match(first.sym ?? "", /main\.x/);
    for (const file of [first.r1cs, first.wasm]) {
      assert.equal(Buffer.from(file).includes(toy.home), false);
      assert.equal(Buffer.from(file).includes(".stage."), false);
    }
    assert.deepEqual(await readdir(toy.home), []);
  });

  // shows: P7
  it("hashes what is compiled: any change of a source changes the hash", async () => {
    const before = hashSources(await collectSources(toy.root, TOY.name));
    await toy.write("circuits/lib/Other.circom", "pragma circom 2.1.6;\n");
    assert.equal(hashSources(await collectSources(toy.root, TOY.name)), before);
    const source = (await collectSources(toy.root, TOY.name)).find(({ path }) => path.endsWith("toy.circom"));
    await toy.write("circuits/main/toy.circom", `${source?.text}// changed\n`);
    assert.notEqual(hashSources(await collectSources(toy.root, TOY.name)), before);
    const split = (a: string, b: string) => hashSources([{ path: a, text: b }]);
    assert.notEqual(split("ab", "c"), split("a", "bc"));
  });

  it("says what the compiler said, and cleans up", async () => {
    await toy.write("circuits/main/toy.circom", "pragma circom 2.1.6;\ncomponent main = Absent();\n");
    const sources = await collectSources(toy.root, TOY.name);
    await assert.rejects(compileCircuit(toy.home, TOY.name, sources), (error: Error) => {
      assert.ok(error instanceof CompileError);
      assert.match(error.message, /Absent/);
      return true;
    });
    assert.deepEqual(await readdir(toy.home), []);
  });

  it("names a source that is absent", async () => {
    await toy.write("circuits/main/toy.circom", 'include "../lib/Gone.circom";\n');
    await assert.rejects(collectSources(toy.root, TOY.name), (error: Error) => {
      assert.ok(error instanceof CompileError);
      assert.match(error.message, /^circuits\/lib\/Gone\.circom: /);
      return true;
    });
    await assert.rejects(collectSources(toy.root, "4x4"), CompileError);
  });
});
