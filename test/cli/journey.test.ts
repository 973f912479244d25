import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { example, KEYS, needsKeys, ROOT, SECRET, workFolder, write, zk, zkJson, zkOk } from "./support.js";

const SNARKJS = join(ROOT, "node_modules", "snarkjs", "build", "cli.cjs");
/** A long of 9 BTC on too little collateral: below maintenance after the fall, on both sides of the spread. */
const LOST = "asset,spot,perp,entry price,entry funding\nUSDC,20000,,,\nBTC,0,9,46456.058,0\n";

describe("cli: from a book to a verified proof", () => {
  needsKeys();
  const work = workFolder();

  const importBook = (csv: string, out: string, sequence = "1") =>
    zkOk(["book", "import", csv, "--account", "desk-1/cross", "--sequence", sequence, "--out", out]);
  const market = async (date: string, profile: string) => {
    const out = work.at(`${profile}.${date}.json`);
    await zkOk(["market", "build", "--date", date, "--profile", profile, "--out", out]);
    return out;
  };

  it("goes all the way, and stock snarkjs agrees", async () => {
    const [book, secret, bundle, folder] = ["desk.json", "desk.secret", "proof.json", "snarkjs"].map(
      work.at,
    ) as [string, string, string, string];
    assert.match(
      await zkOk(["book", "secret", "--out", secret]),
      /Made .*desk\.secret, readable by you alone/,
    );
    assert.match(readFileSync(secret, "utf8"), /^[0-9a-f]{64}\n$/);
    assert.match(await importBook(example("cash-and-carry.csv"), book), /Imported 2 positions/);
    for (const path of [secret, book]) assert.equal(statSync(path).mode & 0o077, 0, path);
    const committed = await zkJson(["book", "commit", book, "--secret", secret]);
    const marketFile = await market("2021-05-19", "portfolio-margin");

    const health = await zkOk(["health", book, "--market", marketFile]);
    assert.match(health, /health factor \d+\.\d{4}: above 1\.0000/);
    assert.match(health, /perp value/);
    assert.match(health, /basis: what they were entered at +\$[\d,.]+\n/);
    assert.match(health, /largest theta +\d+ \(above /);
    const report = await zkJson(["health", book, "--market", marketFile]);
    assert.match(report.healthFactor, /^\d+$/);
    assert.equal(report.healthy, true);
    // A hedge against a debt in dollars loses in no scenario.
    assert.equal(report.assessment.worstScenario, null);
    assert.equal(Object.keys(report.assessment.scenarioLosses).length, 16);

    const proven = await zkJson([
      ...["prove", book, "--market", marketFile, "--secret", secret, "--out", bundle, "--home", KEYS],
      ...["--theta", "10200", "--envelope", "100"],
    ]);
    assert.equal(proven.commitment, committed.commitment);
    assert.deepEqual(proven.claim, { theta: 10200, envelope: 100, healthy: true, isolated: false });

    const verified = await zkJson(["verify", bundle, "--market", marketFile]);
    assert.equal(verified.valid, true);
    assert.equal(verified.market.from, "given");
    assert.equal(verified.commitment, committed.commitment);
    assert.equal(verified.key.kind, "development");
    const words = await zkOk(["verify", bundle, "--export", folder]);
    assert.match(words, /^VALID\. The health factor of the committed book is above 1\.0200 .* within 1\.00%/);
    assert.match(words, /DEVELOPMENT KEY/);
    assert.match(words, /compare its digest with one you trust/);
    const files = ["verification_key.json", "public.json", "proof.json"].map((name) => join(folder, name));
    assert.deepEqual(readdirSync(folder).sort(), ["proof.json", "public.json", "verification_key.json"]);
    assert.match(execFileSync("node", [SNARKJS, "groth16", "verify", ...files], { encoding: "utf8" }), /OK!/);
    const [key, signals, proof] = files as [string, string, string];
    const other = JSON.parse(readFileSync(signals, "utf8"));
    other[1] = String(BigInt(other[1]) - 1n);
    write(signals, other);
    const refused = spawnSync("node", [SNARKJS, "groth16", "verify", key, signals, proof], {
      encoding: "utf8",
    });
    assert.notEqual(refused.status, 0, "snarkjs accepts another claim");
  });

  it("verifies a bundle without its market against the market alone", async () => {
    const marketFile = await market("2021-05-17", "rate-perps");
    const secret = write(work.at("secret"), SECRET);
    const bundle = work.at("proof.json");
    const said = await zkOk([
      ...["prove", example("isolated-perp.json"), "--market", marketFile, "--secret", secret],
      ...["--out", bundle, "--home", KEYS, "--no-include-market"],
    ]);
    assert.match(said, /^PROVEN\. .*isolated/);
    assert.ok(!("market" in JSON.parse(readFileSync(bundle, "utf8"))));
    assert.match(await zkOk(["verify", bundle, "--market", marketFile]), /^VALID/);
    const without = await zk(["verify", bundle]);
    assert.equal(without.code, 3);
    assert.match(without.err, /^zkmargin: bundle\.market: /);
    assert.match(await zkOk(["verify", "-", "--market", marketFile], readFileSync(bundle, "utf8")), /^VALID/);
  });

  it("gives a book the same commitment whenever it is imported, and another for another sequence", async () => {
    const secret = write(work.at("secret"), SECRET);
    const commitments: string[] = [];
    for (const [name, sequence] of [
      ["a", "7"],
      ["b", "7"],
      ["c", "8"],
    ] as const) {
      await importBook(example("leveraged-long.csv"), work.at(name), sequence);
      commitments.push((await zkJson(["book", "commit", work.at(name), "--secret", secret])).commitment);
    }
    assert.equal(readFileSync(work.at("a"), "utf8"), readFileSync(work.at("b"), "utf8"));
    assert.equal(commitments[0], commitments[1]);
    assert.notEqual(commitments[0], commitments[2]);
  });

  it("answers what is not true with the health factor and exit code 4, and proves the opposite", async () => {
    const book = work.at("lost.json");
    await importBook(write(work.at("lost.csv"), LOST), book);
    const marketFile = await market("2021-05-19", "rate-perps");
    const secret = write(work.at("secret"), SECRET);
    const before = readdirSync(work.path);
    const prove = (...more: string[]) =>
      zk([
        ...["prove", book, "--market", marketFile, "--secret", secret, "--out", work.at("proof.json")],
        ...["--home", KEYS, ...more],
      ]);

    const refused = await prove();
    assert.equal(refused.code, 4);
    assert.equal(refused.out, "");
    assert.match(refused.err, /^not healthy: HF 0\.\d{4}, needs more than 1\.0000\nNothing was written\./);
    assert.doesNotMatch(refused.err, /^\s+at /m);
    const asJson = await prove("--json");
    assert.match(JSON.parse(asJson.err).error.message, /^not healthy: HF 0\.\d{4}, needs more than 1\.0000$/);
    assert.equal(JSON.parse(asJson.err).error.name, "NotProvableError");
    assert.deepEqual(readdirSync(work.path), before);
    assert.match(await zkOk(["health", book, "--market", marketFile]), /prove --unhealthy/);

    const proven = await prove("--unhealthy");
    assert.deepEqual([proven.code, proven.err], [0, ""]);
    assert.match(proven.out, /^PROVEN\. .*not above 1\.0000/);
    assert.equal((await zkJson(["verify", work.at("proof.json")])).claim.healthy, false);

    const healthy = await zk([
      ...["prove", example("isolated-perp.json"), "--market", await market("2021-05-17", "rate-perps")],
      ...["--secret", secret, "--out", work.at("no.json"), "--home", KEYS, "--unhealthy"],
    ]);
    assert.equal(healthy.code, 4);
    assert.match(healthy.err, /^not unhealthy: HF \d\.\d{4}, needs at most 1\.0000\n/);
  });
});
