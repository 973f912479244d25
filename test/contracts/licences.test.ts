import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const require = createRequire(import.meta.url);
const files = readdirSync(join(ROOT, "contracts"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".sol"))
  .map((file) => `contracts/${file.replaceAll("\\", "/")}`);
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const licenceOf = (file: string) => /^\/\/ SPDX-License-Identifier: (.*)\n/.exec(read(file))?.[1];
const importsOf = (file: string) =>
  [...read(file).matchAll(/^import .*"(.*)";/gm)].map(([, path = ""]) => path);
const permissive = files.filter((file) => licenceOf(file) === "MIT");

describe("licences of the contracts", () => {
  it("stand in every file: MIT for what integrators import, else the GPL", () => {
    for (const file of files) assert.match(licenceOf(file) ?? "", /^(MIT|GPL-3\.0-or-later)$/, file);
    for (const file of files.filter((file) => file.startsWith("contracts/interfaces/")))
      assert.ok(permissive.includes(file), file);
    assert.ok(permissive.includes("contracts/mocks/MockMarginGate.sol"));
    assert.equal(JSON.parse(read("package.json")).license, "GPL-3.0-or-later AND MIT");
  });

  it("let an integrator import a permissive file without the GPL, without a package, and for many compilers", () => {
    for (const file of permissive) {
      assert.match(read(file), /^pragma solidity >=0\.8\.20 <0\.9\.0;$/m, file);
      for (const path of importsOf(file)) {
        assert.match(path, /^\.\.?\//, `${file} imports ${path}`);
        const target = join(dirname(file), path).replaceAll("\\", "/");
        assert.ok(permissive.includes(target), `${file} imports ${target}`);
      }
    }
    for (const file of files.filter((file) => !permissive.includes(file)))
      assert.match(read(file), /^pragma solidity 0\.8\.30;$/m, file);
  });

  for (const compiler of ["solc-oldest", "solc"])
    it(`hold for what ${compiler === "solc" ? "the newest" : "Solidity 0.8.20, the oldest"} compiler compiles`, () => {
      const input = {
        language: "Solidity",
        sources: Object.fromEntries(permissive.map((file) => [file, { content: read(file) }])),
        settings: { outputSelection: { "*": { "*": ["evm.bytecode.object"] } } },
      };
      const output = JSON.parse(require(compiler).compile(JSON.stringify(input)));
      assert.deepEqual(output.errors ?? [], []);
      const mock = output.contracts["contracts/mocks/MockMarginGate.sol"].MockMarginGate;
      // What a chain takes: EIP-170.
      assert.ok(mock.evm.bytecode.object.length < 2 * 24_576);
    });
});
