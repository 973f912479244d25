import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { serialiseBook } from "../src/book/file.js";
import { buildProgram } from "../src/cli/run.js";
import { EXIT } from "../src/errors.js";
import { serialiseMarket } from "../src/market/file.js";
import { serialiseProfile } from "../src/market/profile.js";
import { loadArtefacts } from "../src/prove/artefacts/load.js";
import { serialiseBundle } from "../src/prove/bundle.js";
import { PORTFOLIO_MARGIN } from "../src/risk/portfolioMargin.js";
import { DEFAULT_TIER, findTier } from "../src/spec/tiers.js";
import { KEYS, needsKeys } from "./cli/support.js";
import { marketOf } from "./market/fixtures.js";
import { withTrueOutputs } from "./support/docExamples.js";

const page = (name: string) => new URL(`../docs/${name}`, import.meta.url);
const read = (name: string) => readFileSync(page(name), "utf8");
const silent = {
  out() {},
  err() {},
  stdin: async () => new Uint8Array(),
  interactive: false,
  invocation: "npx zkmargin",
};

describe("docs/CLI.md", () => {
  needsKeys();
  const sections = new Map(
    read("CLI.md")
      .split(/^## /m)
      .map((section) => [section.slice(0, section.indexOf("\n")).replaceAll("`", ""), section]),
  );

  const leaves = (command: Command, path: string): [string, Command][] =>
    command.commands.length === 0
      ? [[path, command]]
      : command.commands.flatMap((below) => leaves(below, `${path} ${below.name()}`));

  it("has a section for every command, with every argument and option", () => {
    for (const [path, command] of leaves(buildProgram(silent), "zkmargin")) {
      const section = sections.get(path);
      assert.ok(section, `no section "${path}"`);
      for (const { long } of command.options) assert.ok(section.includes(`\`${long}`), `${path}: no ${long}`);
      for (const argument of command.registeredArguments)
        assert.ok(section.includes(`<${argument.name()}>`), `${path}: no <${argument.name()}>`);
      assert.match(section, new RegExp(`^\\$ ${path} `.trimEnd(), "m"), `${path}: no example`);
      const options = [...section.matchAll(/^\| `(--[a-z-]+)/gm)].map((match) => match[1]);
      const known = command.options.map(({ long }) => long);
      assert.deepEqual(options.toSorted(), known.toSorted(), `${path}: the options of its table`);
    }
  });

  it("lists every exit code", () => {
    for (const code of Object.values(EXIT)) assert.match(read("CLI.md"), new RegExp(`^\\| ${code} \\|`, "m"));
  });

  it("shows the true output of every example (UPDATE_DOCS=1 to accept a change)", async () => {
    const text = read("CLI.md");
    const shown = await withTrueOutputs(text);
    if (process.env.UPDATE_DOCS) writeFileSync(page("CLI.md"), shown);
    else assert.equal(text, shown);
  });
});

describe("docs/FORMATS.md", () => {
  needsKeys();
  const text = read("FORMATS.md");

  /** Names of all fields below a value; the keys of `shocks` are assets. */
  const fields = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(fields);
    if (value === null || typeof value !== "object") return [];
    return Object.entries(value).flatMap(([key, below]) =>
      key === "shocks" ? [key] : [key, ...fields(below)],
    );
  };

  const documents = async (): Promise<Record<string, string>> => {
    const tier = findTier(DEFAULT_TIER);
    assert.ok(tier);
    const { manifest, verificationKeyHash } = await loadArtefacts(KEYS, tier);
    const market = marketOf("2021-05-17");
    const position = { asset: "BTC", spot: "0", perp: "1", entryPrice: "1", entryFunding: "0" };
    return {
      book: serialiseBook({ account: "a", sequence: 0, isolated: false, positions: [position] }),
      market: serialiseMarket(market),
      profile: serialiseProfile(PORTFOLIO_MARGIN),
      bundle: serialiseBundle({
        claim: { theta: 10_000, envelope: 0, healthy: true, isolated: false },
        tier: DEFAULT_TIER,
        commitment: 1n,
        marketDigest: "0".repeat(64),
        market,
        proof: {
          pi_a: ["1", "2", "1"],
          pi_b: [
            ["1", "2"],
            ["3", "4"],
            ["1", "0"],
          ],
          pi_c: ["1", "2", "1"],
          protocol: "groth16",
          curve: "bn128",
        },
        verificationKeyHash,
        phase1: "development",
      }),
      manifest: JSON.stringify(manifest),
    };
  };

  it("explains every field of every format, and names each format", async () => {
    for (const [name, document] of Object.entries(await documents())) {
      const value = JSON.parse(document);
      for (const field of new Set(fields(value)))
        assert.ok(text.includes(`\`${field}\``), `${name}: ${field}`);
      assert.ok(text.includes(value.format), value.format);
    }
  });

  it("gives the header of every CSV", () => {
    for (const header of ["asset,spot,perp,entry price,entry funding", "asset,index", "date,"])
      assert.ok(text.includes(header), header);
  });
});
