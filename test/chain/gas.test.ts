import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { GasReport } from "../../scripts/gas/figures.js";
import { LIMITS, measured } from "../../scripts/gas/limits.js";
import { measureGas } from "../../scripts/gas/measure.js";
import { withTables } from "../../scripts/gas/table.js";

const snapshot = new URL("../snapshots/gas.json", import.meta.url);
const page = new URL("../../docs/GAS.md", import.meta.url);
const recorded = (): GasReport => JSON.parse(readFileSync(snapshot, "utf8"));

describe("gas", () => {
  // Proofs, keys, signatures and block times are the same in each run, and so is every figure, to the unit.
  it("is what test/snapshots/gas.json says (UPDATE_SNAPSHOTS=1 to accept a change)", async () => {
    const report = await measureGas();
    if (process.env.UPDATE_SNAPSHOTS) {
      writeFileSync(snapshot, `${JSON.stringify(report, null, 2)}\n`);
      writeFileSync(page, withTables(readFileSync(page, "utf8"), report));
    }
    assert.deepEqual(report, recorded());
  });

  for (const limit of LIMITS)
    it(`of ${limit.section}, "${limit.row}": ${limit.of} is at most ${limit.most}`, () => {
      const got = measured(recorded(), limit);
      assert.ok(got <= limit.most, `expected at most ${limit.most}, got ${got}`);
    });

  it("of snarkjs' verifier with all signals is a multiple of ours, and of one signal about the same", () => {
    const { verification } = recorded().sections;
    const of = (row: RegExp) =>
      Object.entries(verification).find(([name]) => row.test(name))?.[1].each ?? assert.fail(`no row ${row}`);
    assert.ok(of(/404 signals/) > 10 * of(/one proof, folded/));
    assert.ok(of(/one hashed signal/) > 0.9 * of(/one proof, folded/));
  });

  it("of sleeves and supports is in docs/GAS.md as forge's snapshot has it", () => {
    const text = readFileSync(page, "utf8");
    const forged = JSON.parse(
      readFileSync(new URL("../snapshots/gas/MarginGate.json", import.meta.url), "utf8"),
    );
    const grouped = (name: string) => String(forged[name]).replace(/\B(?=(\d{3})+$)/g, " ");
    for (const [row, name] of [
      ["without either", "submit"],
      ["with a sleeve", "submit with a sleeve"],
      ["with dollars taken", "submit with dollars taken"],
      ["with dollars added", "submit with dollars added"],
    ] as const)
      assert.ok(
        text.includes(`| ${row} | ${grouped(`${name}, the account's first`)} | ${grouped(name)} |`),
        `${row}: expected ${grouped(`${name}, the account's first`)} and ${grouped(name)}`,
      );
  });

  it("is in docs/GAS.md as the snapshot has it", () => {
    const text = readFileSync(page, "utf8");
    assert.equal(text, withTables(text, recorded()));
  });
});
