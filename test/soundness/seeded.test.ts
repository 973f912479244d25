import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { shippedSources } from "./suite/differential/build.js";
import { KINDS, plant } from "./suite/seeded/bug.js";
import { BUGS } from "./suite/seeded/bugs/all.js";
import { COMPILER } from "./suite/seeded/catch.js";
import { CHECKS } from "./suite/seeded/checks.js";
import { caughtIn, programsSection, readPage, sectionOf } from "./suite/seeded/page.js";
import { PROGRAM_BUGS } from "./suite/seeded/programs/all.js";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const all = Object.values(BUGS).flat();

describe("seeded bugs", () => {
  it("are at least 40, each of its own name, one for every trap of a circuit and for every class", () => {
    assert.ok(all.length >= 40);
    assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
    const kinds = new Set(all.map(({ kind }) => kind));
    assert.deepEqual([...kinds].toSorted(), Object.keys(KINDS).toSorted());
    const traps = new Set([...kinds].map((kind) => KINDS[kind]).filter((trap) => trap !== null));
    assert.deepEqual([...traps].toSorted(), [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("are in every template", () => {
    const files = ["lib", "margin", "clearing"].flatMap((folder) =>
      readdirSync(new URL(`../../circuits/${folder}`, import.meta.url)).map((file) => `${folder}/${file}`),
    );
    const without = files.filter((file) => !all.some((bug) => bug.file === file));
    assert.deepEqual(without.toSorted(), ["lib/ClearingSpec.circom", "lib/Spec.circom"], "constants alone");
  });

  it("change the sources as they are today", async () => {
    const sources = await shippedSources();
    for (const bug of all) {
      const broken = plant(sources, bug);
      const changed = broken.filter(({ text }, i) => text !== sources[i]?.text);
      assert.deepEqual(
        changed.map(({ path }) => path),
        [`circuits/${bug.file}`],
        bug.id,
      );
    }
  });

  it("change the programs as they are today, and name tests that are there", () => {
    for (const {
      id,
      file,
      passage,
      test: [testFile, title],
    } of PROGRAM_BUGS) {
      assert.equal(read(`src/${file}`).split(passage).length, 2, id);
      assert.ok(read(`test/${testFile}`).includes(JSON.stringify(title)), `${id}: ${title}`);
    }
  });

  it("fail loudly where the sources have gone on without them", async () => {
    const [bug] = all;
    assert.ok(bug);
    const sources = await shippedSources();
    assert.throws(
      () => plant(sources, { ...bug, passage: "nowhere" }),
      /expected exactly once in circuits\//,
    );
  });

  it("stand in docs/BUGS.md, each with the check that catches it; npm run test:soundness catches them", () => {
    const page = readPage();
    const checks = new Set([COMPILER, ...CHECKS.map(({ name }) => name)]);
    for (const [group, bugs] of Object.entries(BUGS)) {
      const section = page.section(group);
      const caughtBy = caughtIn(section);
      for (const { id } of bugs) {
        const by = caughtBy.get(id) ?? [];
        assert.ok(by.length > 0, id);
        for (const check of by) assert.ok(checks.has(check), `${id}: ${check}`);
      }
      assert.equal(section.trim(), sectionOf(group, bugs, caughtBy).trim());
    }
    const programs = page.section("programs");
    assert.equal(programs.trim(), programsSection("programs", PROGRAM_BUGS).trim());
    for (const { name, about } of CHECKS) assert.ok(page.text.includes(`| ${name} | ${about} |`), name);
  });
});
