import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { InvalidArgumentError } from "commander";
import { basisPoints, healthFactor, signedNumber } from "../../src/cli/arguments.js";
import { defaultHome } from "../../src/groth16/artefacts/layout.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { parseShocks } from "../../src/risk/shocks.js";
import { errorOf, example, ROOT, workFolder, zk, zkOk } from "./support.js";

describe("cli: results as CSV and HTML", () => {
  const work = workFolder();
  const market = async () => {
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", work.at("market.json")]);
    return ["--market", work.at("market.json")];
  };
  const files = () => ["--csv", work.at("out.csv"), "--html", work.at("out.html")];
  const read = (name: string) => readFileSync(work.at(name), "utf8");

  it("write health: a row for each asset, and a page that loads nothing", async () => {
    await zkOk(["health", example("cash-and-carry.json"), ...(await market()), ...files()]);
    const [header = "", ...rows] = read("out.csv").trimEnd().split("\r\n");
    assert.match(header, /^account,sequence,date,profile,health_factor,asset,collateral,debt,/);
    assert.deepEqual(
      rows.map((row) => row.split(",")[5]),
      ["USDC", "BTC"],
    );
    assert.match(
      rows[1] ?? "",
      /^cash-and-carry,1,2021-05-17,portfolio-margin,1\.\d{4},BTC,\d+\.\d\d,0\.00,/,
    );
    const page = read("out.html");
    assert.match(page, /^<!doctype html>\n<html lang="en">/);
    assert.match(page, /Content-Security-Policy/);
    assert.match(page, /<h1>Health of cash-and-carry, book 1<\/h1>/);
    assert.doesNotMatch(page, /<script|(?:src|href)="(?!data:|#)/);
    if (process.platform !== "win32")
      for (const name of ["out.csv", "out.html"]) assert.equal(statSync(work.at(name)).mode & 0o077, 0, name);
  });

  it("write stresses: a row for each, in percent as well as in basis points", async () => {
    const stress = [
      "risk",
      "stress",
      example("aave-borrower.json"),
      ...(await market()),
      ...files(),
      "--shock",
    ];
    await zkOk([...stress, "BTC=-30%,ETH=-3500"]);
    const first = read("out.csv");
    assert.match(
      first.split("\r\n")[1] ?? "",
      /^aave-borrower,1,2021-05-17,portfolio-margin,shocks given,\d\.\d{4},\d/,
    );
    assert.match(read("out.html"), /Health factor before and after/);
    await zkOk([...stress, "BTC=-3000,ETH=-35%"]);
    assert.equal(read("out.csv"), first);
  });

  it("write over no input, and nothing where a claim is wrong", async () => {
    const book = example("aave-borrower.json");
    const args = ["health", book, ...(await market()), "--json", "--csv"];
    assert.equal(errorOf(await zk([...args, book])).name, "UnwritableError");
    assert.equal(errorOf(await zk([...args, work.at("none/x.csv")])).name, "UnwritableError");
  });
});

describe("cli: numbers", () => {
  it("are understood in one way, or refused", () => {
    for (const [text, bps] of [
      ["12500", 12_500],
      ["1.25", 12_500],
      ["125%", 12_500],
      ["112.5%", 11_250],
    ] as const)
      assert.equal(healthFactor(text), bps, text);
    for (const [text, bps] of [
      ["250", 250],
      ["2.5%", 250],
      ["0%", 0],
      ["100%", 10_000],
    ] as const)
      assert.equal(basisPoints(text), bps, text);
    for (const text of ["2.5", "0.025", "2.555%", "-2%", "%", "2,5%", "2.5 %", "1e2%", "02%", ".5%"])
      assert.throws(() => basisPoints(text), InvalidArgumentError, text);
    for (const text of ["1.25%%", "-125%", "0%", "125.125%", "%"])
      assert.throws(() => healthFactor(text), InvalidArgumentError, text);
    assert.deepEqual([signedNumber("-0.5%"), signedNumber("-50")], [-50, -50]);
    assert.deepEqual(parseShocks("BTC=-12.5%,ETH=+3%,SOL=0", DEFAULT_LISTING), {
      BTC: -1_250,
      ETH: 300,
      SOL: 0,
    });
    for (const text of ["BTC=-12.5", "BTC=-0.3", "BTC=-12.555%", "BTC=−12%", "BTC=%", "BTC=-101%"])
      assert.throws(() => parseShocks(text, DEFAULT_LISTING), text);
  });
});

describe("where keys are kept", () => {
  it("is the user's data folder, but for a checkout of this package", () => {
    assert.equal(defaultHome(ROOT), "build/keys");
    const elsewhere = defaultHome(join(ROOT, "test"));
    assert.ok(elsewhere.endsWith(`${sep}keys`) && elsewhere.includes(`${sep}zkmargin${sep}`), elsewhere);
    assert.ok(!elsewhere.startsWith(ROOT));
  });
});
