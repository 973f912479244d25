import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkSvg } from "../charts/checkSvg.js";
import { scenarioText } from "../risk/simulate/scenes.js";
import { errorOf, ROOT, workFolder, write, zk, zkJson } from "./support.js";

describe("zkmargin risk simulate", () => {
  const work = workFolder();
  const scenario = (change: Record<string, unknown> = {}) =>
    write(work.at("scenario.json"), scenarioText(change));
  const run = (...args: string[]) => ["risk", "simulate", scenario(), "--runs", "2", ...args];

  it("compares engines within 80 columns", async () => {
    const { code, out } = await zk(run("--engine", "all", "--threads", "1"));
    assert.equal(code, 0);
    for (const words of [
      "few-bidders",
      "bad debt, $",
      "creditors",
      "40 accounts, 600 minutes, 2 runs from seed 1",
    ])
      assert.ok(out.includes(words), words);
    for (const line of out.split("\n")) assert.ok(line.length <= 80, line);
  });

  it("writes drawings, a table and every run, and goes on where it was killed", async () => {
    const folder = work.at("out");
    const first = await zk(run("--out", folder));
    assert.equal(first.code, 0);
    assert.deepEqual(readdirSync(folder).sort(), [
      ...[
        "impact.svg",
        "liquidations.svg",
        "losses.svg",
        "price.svg",
        "runs.csv",
        "runs.ndjson",
        "simulation.json",
      ],
    ]);
    for (const name of readdirSync(folder))
      if (name.endsWith(".svg")) checkSvg(readFileSync(join(folder, name), "utf8"));
    const runs = readFileSync(join(folder, "runs.ndjson"), "utf8");
    const json = readFileSync(join(folder, "simulation.json"), "utf8");
    // Killed in the second run's line; a line before it names that run and has no figures.
    const { engine, seed } = JSON.parse(runs.split("\n")[2] ?? "");
    const bare = `\n${JSON.stringify({ engine, seed })}\n`;
    writeFileSync(join(folder, "runs.ndjson"), runs.slice(0, -200).replace("\n", bare));
    const again = await zk(run("--out", folder));
    assert.equal(again.out, first.out);
    assert.equal(readFileSync(join(folder, "simulation.json"), "utf8"), json);
    // One more run makes one more run.
    await zk(["risk", "simulate", scenario(), "--runs", "3", "--out", folder]);
    const whole = readFileSync(join(folder, "runs.ndjson"), "utf8")
      .split("\n")
      .filter((line) => line.endsWith("}") && !bare.includes(line));
    assert.equal(whole.length, 4);
    assert.equal(readFileSync(join(folder, "runs.csv"), "utf8").split("\n").length, 5);
  });

  it("sweeps a parameter, and writes a profile that propose takes", async () => {
    const path = scenario({ profile: "collateralised-debt" });
    const folder = work.at("swept");
    const { out } = await zk([
      ...["risk", "simulate", path, "--runs", "2", "--sweep", "collateralFactor=50%,82.5%", "--out", folder],
    ]);
    assert.match(out, /collateralFactor with few-bidders: the frontier/);
    for (const line of out.split("\n")) assert.ok(line.length <= 80, line);
    checkSvg(readFileSync(join(folder, "sweep.svg"), "utf8"));
    const proposal = work.at("proposal.json");
    const proposed = await zk([
      ...[
        "risk",
        "propose",
        "--live",
        "collateralised-debt",
        "--to",
        join(folder, "profile.json"),
        "--out",
        proposal,
      ],
    ]);
    assert.equal(proposed.code, 0, proposed.err);
    const wrong = await zk(["risk", "simulate", path, "--sweep", "hope"]);
    assert.equal(wrong.code, 2);
  });

  it("goes on with a sweep that was killed", async () => {
    const folder = work.at("sweeps");
    const args = (what: string) => run("--sweep", what, "--threads", "1", "--out", folder);
    const first = await zk(args("floor=50%,90%"));
    assert.equal(first.code, 0, first.err);
    const path = join(folder, "sweep.ndjson");
    const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
    assert.equal(lines.length, 5);
    // Killed in the third run's line. A kept run is taken as it is.
    const marked = lines.slice(0, 2).map((line) => line.replace(/"liquidated":[^,]*,/, '"liquidated":1,'));
    writeFileSync(path, [...marked, lines[2], lines[3]?.slice(0, 40)].join("\n"));
    const again = await zkJson([...args("floor=50%,90%"), "--json"]);
    assert.equal(again.rows[0].figures.liquidated.least, 1);
    assert.equal(
      readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line.endsWith("}}")).length,
      4,
    );
    // Another value makes its own runs only; another parameter is another sweep.
    await zk(args("floor=50%,80%,90%"));
    assert.equal(
      readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line.endsWith("}}")).length,
      6,
    );
    const other = await zk([...args("penalty=5%"), "--json"]);
    assert.deepEqual([other.code, errorOf(other).name], [3, "FormatError"]);
  });

  it("takes no runs of another scenario for its own", async () => {
    const folder = work.at("out");
    await zk(run("--out", folder));
    const ran = await zk(["risk", "simulate", scenario({ minutes: 300 }), "--out", folder, "--json"]);
    assert.deepEqual([ran.code, errorOf(ran).name], [3, "FormatError"]);
  });

  it("opens own books beside the drawn accounts", async () => {
    const book = write(work.at("desk.json"), {
      format: "zkmargin/book@1",
      account: "desk",
      sequence: 1,
      isolated: false,
      positions: [
        { asset: "USDC", spot: "-1500000", perp: "0" },
        { asset: "ETH", spot: "1000", perp: "0" },
      ],
    });
    const alone = await zkJson(run());
    const { engines } = await zkJson(run("--book", book));
    assert.ok(engines[0].figures.liquidated.median > alone.engines[0].figures.liquidated.median + 200_000);
  });

  it("says of public figures whether the runs meet them", async () => {
    const path = scenario({
      publicFigures: [
        { figure: "fall", least: "40", most: "60", source: "a test" },
        { figure: "badDebt", least: "1000000000", most: "2000000000", source: "a test" },
      ],
    });
    const { out } = await zk(["risk", "simulate", path, "--runs", "2"]);
    assert.match(out, /fall, % +40\.0 to 60\.0 .* met/);
    assert.match(out, /badDebt, \$ +1\.00bn to 2\.00bn .* missed/);
  });

  it("follows a day, hours and a file of prices", async () => {
    const csv = write(work.at("minutes.csv"), "minute,ETH\n0,2000\n10,1000\n600,1500\n");
    assert.ok(csv);
    for (const path of [
      { kind: "day", date: "2020-03-12", volatility: "5%" },
      { kind: "hours", from: "2024-02-01T00:00Z" },
      { kind: "file", file: "minutes.csv" },
    ]) {
      const { engines } = await zkJson(["risk", "simulate", scenario({ path }), "--runs", "1"]);
      if (path.kind === "file") assert.ok(engines[0].figures.fall.median >= 50);
    }
  });

  const wrong: [
    name: string,
    change: Record<string, unknown>,
    args: string[],
    code: number,
    error: string,
  ][] = [
    ["an engine that is none", {}, ["--engine", "hope"], 2, "UsageError"],
    ["no runs", {}, ["--runs", "0"], 3, "OutOfRangeError"],
    [
      "a percentage without its sign",
      { bidders: { count: 1, capital: 1, participation: "50", discount: "2%", resale: 1 } },
      [],
      3,
      "FormatError",
    ],
    [
      "perpetuals in an auction",
      { accounts: [{ type: "long", count: 1, assets: { ETH: "100%" }, size: ["1"], leverage: ["2"] }] },
      [],
      3,
      "FormatError",
    ],
    [
      "shares that are not all",
      { accounts: [{ type: "borrower", count: 1, assets: { ETH: "90%" }, size: ["1"], health: ["2"] }] },
      [],
      3,
      "OutOfRangeError",
    ],
    [
      "an asset that is not there",
      { accounts: [{ type: "borrower", count: 1, assets: { DOGE: "100%" }, size: ["1"], health: ["2"] }] },
      [],
      3,
      "UnknownAssetError",
    ],
    ["a field that is not known", { mood: "bad" }, [], 3, "UnknownFieldError"],
    ["a day beyond the history", { path: { kind: "day", date: "2019-10-01" } }, [], 3, "OutOfRangeError"],
  ];
  for (const [name, change, args, code, error] of wrong)
    it(`refuses ${name}`, async () => {
      const ran = await zk(["risk", "simulate", scenario(change), ...args, "--json"]);
      assert.deepEqual([ran.code, errorOf(ran).name], [code, error]);
    });

  it("has examples that it reads", () => {
    const names = readdirSync(join(ROOT, "examples", "simulations")).filter((name) => name.endsWith(".json"));
    assert.ok(names.includes("crash.json"));
  });
});
