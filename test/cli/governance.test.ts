import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { serialiseProfile } from "../../src/market/profile.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { withParameter } from "../support/profiles.js";
import { errorOf, example, ROOT, workFolder, write, zk, zkJson, zkOk } from "./support.js";

const HISTORY = readFileSync(join(ROOT, "examples", "prices", "daily-close.csv"), "utf8");

/** The shipped history up to a date. */
function until(date: string): string {
  const lines = HISTORY.split("\n");
  return `${lines.filter((line, i) => i === 0 || (line !== "" && line.slice(0, 10) <= date)).join("\n")}\n`;
}

describe("cli: health --fix", () => {
  const work = workFolder();
  const market = async (date = "2021-05-19") => {
    const path = work.at("market.json");
    await zkOk(["market", "build", "--date", date, "--out", path]);
    return path;
  };

  it("writes a margin call with the cheapest steps first", async () => {
    const path = await market();
    const book = example("leveraged-long.json");
    const said = await zkOk(["health", book, "--market", path, "--fix", "--by", "12:00 UTC on 20 May"]);
    assert.match(said, /^ {2}health factor 0\.7015: not above 1\.0000$/m);
    assert.match(said, /^ {2}MARGIN CALL on leveraged-long, sequence 1$/m);
    assert.match(said, /missing, and wanted by 12:00 UTC on 20 May\.$/m);
    assert.match(said, /close a part of the long BTC perpetual: sell 6\.\d+ BTC/);
    assert.match(said, /deposit \d+\.\d+ USDC/);

    const { fix, healthFactor } = await zkJson(["health", book, "--market", path, "--fix"]);
    assert.equal(healthFactor, "7015");
    assert.equal(fix.target, 10_000);
    const costs = fix.remedies.map(({ cost }: { cost: string }) => BigInt(cost));
    assert.deepEqual(
      costs,
      costs.toSorted((a: bigint, b: bigint) => (a < b ? -1 : 1)),
    );
    assert.equal(fix.remedies[0].kind, "close");
    assert.ok(fix.remedies.length > 10);
  });

  it("is right about a deposit: the book with it is above the target, and without a quantum of it is not", async () => {
    const path = await market();
    const { positions, ...rest } = JSON.parse(readFileSync(example("leveraged-long.json"), "utf8"));
    const { fix } = await zkJson(["health", example("leveraged-long.json"), "--market", path, "--fix"]);
    const deposit = fix.remedies.find(
      ({ kind, changes }: { kind: string; changes: { asset: string }[] }) =>
        kind === "deposit" && changes[0]?.asset === "USDC",
    );
    const spot = BigInt(deposit.changes[0].quanta) + 131_000_000_000n;
    for (const [quanta, healthy] of [
      [spot, true],
      [spot - 1n, false],
    ] as const) {
      const units = `${quanta / 1_000_000n}.${(quanta % 1_000_000n).toString().padStart(6, "0")}`;
      const changed = positions.map((position: { asset: string }) =>
        position.asset === "USDC" ? { ...position, spot: units } : position,
      );
      const book = write(work.at("book.json"), { ...rest, positions: changed });
      assert.equal((await zkJson(["health", book, "--market", path])).healthy, healthy);
    }
  });

  it("offers hedges, sales and repayments where they help", async () => {
    const path = await market();
    const positions = [
      { asset: "USDC", spot: "-290000" },
      { asset: "BTC", spot: "10" },
    ];
    const book = write(work.at("book.json"), {
      format: "zkmargin/book@1",
      account: "a",
      sequence: 0,
      isolated: false,
      positions,
    });
    const kinds = async (...more: string[]) => {
      const { fix } = await zkJson(["health", book, "--market", path, "--fix", ...more]);
      return new Set(fix.remedies.map(({ kind }: { kind: string }) => kind));
    };
    assert.deepEqual(await kinds(), new Set(["hedge", "sell", "repay", "deposit"]));
    const said = await zkOk(["health", book, "--market", path, "--fix"]);
    assert.match(said, /hedge: sell [\d.]+ BTC of perpetual/);
    assert.match(said, /sell [\d.]+ BTC and pay back [\d.]+ USDC/);
    assert.match(said, /pay back [\d.]+ USDC/);
    assert.match(
      await zkOk(["health", book, "--market", path, "--fix", "--target", "1"]),
      /no margin call: .* 0\.0001 already/,
    );
  });

  it("refuses what makes no sense", async () => {
    const path = await market();
    const args = ["health", example("leveraged-long.json"), "--market", path, "--json"];
    assert.equal(errorOf(await zk([...args, "--target", "11000"])).name, "UsageError");
    assert.equal(errorOf(await zk([...args, "--fix", "--target", "0"])).name, "OutOfRangeError");
    assert.equal(errorOf(await zk([...args, "--fix", "--cash", "EURC"])).name, "UnknownAssetError");
    assert.equal((await zk([...args, "--fix", "--by", "a\u001b[2J"])).code, 2);
  });
});

describe("cli: risk propose", () => {
  const work = workFolder();

  it("writes steps whose last is the target, and shows what changes", async () => {
    const target = withParameter(withParameter(PORTFOLIO_MARGIN, "perpMargin", 1, 400), "liquidity", 2, -40);
    const to = write(work.at("to.json"), serialiseProfile({ ...target, name: "new" }));
    const out = work.at("proposal.json");
    const args = ["risk", "propose", "--live", "portfolio-margin", "--to", to, "--out", out];
    const said = await zkOk([...args, "--max-step", "30"]);
    assert.match(said, /BTC +1→5 ▲/);
    assert.match(said, /ETH +0\.6→0\.2 ▼/);
    assert.match(said, /^ +1 +guardian +1 +0 +0 +at once$/m);
    assert.match(said, /^ +3 +governor +0 +1 +0 +after the delay$/m);
    const file = JSON.parse(readFileSync(out, "utf8"));
    assert.deepEqual(
      file.steps.map(({ kind, changes }: { kind: string; changes: unknown[] }) => [kind, changes.length]),
      [
        ["tighten", 1],
        ["set", 1],
        ["set", 1],
      ],
    );
    assert.deepEqual(file.steps.at(-1).profile, JSON.parse(serialiseProfile({ ...target, name: "new" })));
    assert.deepEqual(await zkJson([...args, "--max-step", "30"]), file);
    const none = await zkOk([...args.with(5, "portfolio-margin"), "--max-step", "30"]);
    assert.match(none, /nothing differs/);
  });

  it("refuses what makes no sense, and writes nothing then", async () => {
    const out = work.at("proposal.json");
    const args = ["risk", "propose", "--to", "rate-perps", "--out", out, "--json"];
    assert.equal(errorOf(await zk(args)).name, "UsageError");
    const live = [...args, "--live", "portfolio-margin"];
    assert.equal(errorOf(await zk([...live, "--deployment", "d.json"])).name, "UsageError");
    assert.equal(errorOf(await zk([...live, "--expires-in", "60"])).name, "UsageError");
    assert.equal(errorOf(await zk([...live, "--max-step", "0"])).name, "OutOfRangeError");
    assert.equal(errorOf(await zk([...live.slice(0, -2), "--live", "none"])).name, "UnreadableError");
    const fewer = { ...PORTFOLIO_MARGIN, assets: PORTFOLIO_MARGIN.assets.slice(0, 3) };
    const scenarios = fewer.scenarios.map(({ name, shocks: { USDC = 0, BTC = 0, ETH = 0 } }) => ({
      name,
      shocks: { USDC, BTC, ETH },
    }));
    const narrow = write(work.at("narrow.json"), serialiseProfile({ ...fewer, scenarios }));
    const told = errorOf(await zk([...live.with(3, narrow)]));
    assert.equal(told.name, "MissingFieldError", told.message);
    assert.ok(!existsSync(out));
    // The other way round the shipped profile is cut to the three.
    await zkOk(["risk", "propose", "--live", narrow, "--to", "portfolio-margin", "--out", out]);
  });
});

describe("cli: risk watch", () => {
  const work = workFolder();
  const watch = (...more: string[]) => [
    ...["risk", "watch", "--history", work.at("closes.csv"), "--live", work.at("live.json")],
    ...["--out", work.at("proposals"), "--band", "5000", "--loosen-band", "1500", ...more],
  ];
  const lookOn = async (date: string) => {
    write(work.at("closes.csv"), until(date));
    return zkJson(watch("--once"));
  };
  const calibrateOn = async (date: string) => {
    write(work.at("closes.csv"), until(date));
    await zkOk(["risk", "calibrate", "--history", work.at("closes.csv"), "--out", work.at("live.json")]);
  };

  it("holds, tightens fast, does not repeat itself, and loosens slowly", async () => {
    await calibrateOn("2021-05-10");
    const still = await lookOn("2021-05-10");
    assert.deepEqual([still.kind, still.why], ["held", "within the band"]);
    assert.equal((await lookOn("2021-05-10")).kind, "nothing new");
    const crash = await lookOn("2021-05-19");
    assert.deepEqual([crash.kind, crash.direction, crash.time], ["proposed", "tighten", "2021-05-19"]);
    assert.ok(crash.drift.tighter > 5_000);
    const file = JSON.parse(readFileSync(crash.file, "utf8"));
    assert.equal(file.format, "zkmargin/proposal@1");
    assert.equal(file.target.name, "tightened 2021-05-19");
    const after = await lookOn("2021-05-20");
    assert.deepEqual([after.kind, after.why], ["held", "proposed already"]);
    assert.deepEqual(readdirSync(work.at("proposals")).toSorted(), [
      "proposal-2021-05-19.json",
      "watch.json",
    ]);

    // What was proposed became live, and the market calms down.
    write(work.at("live.json"), file.target);
    const soon = await lookOn("2021-05-21");
    assert.deepEqual([soon.kind, soon.why], ["held", "cooling down"]);
    assert.ok(soon.drift.looser > 1_500);
    const later = await lookOn("2021-06-05");
    assert.deepEqual([later.kind, later.direction], ["proposed", "loosen"]);
    assert.ok(later.steps > 10);
    const said = await zkOk(watch("--once"));
    assert.equal(said, "2021-06-05: nothing new\n");
  });

  it("makes a look again that was cut short before its state was written", async () => {
    await calibrateOn("2021-05-10");
    const { file } = await lookOn("2021-05-19");
    const first = readFileSync(file, "utf8");
    write(work.at("proposals/watch.json"), {
      format: "zkmargin/watch@1",
      time: "2021-05-10",
      proposal: null,
    });
    assert.equal((await lookOn("2021-05-19")).file, file);
    assert.equal(readFileSync(file, "utf8"), first);
  });

  it("refuses a state that is none, and a history that is half written", async () => {
    await calibrateOn("2021-05-10");
    const state = write(work.at("state.json"), { format: "zkmargin/watch@1", time: "2021-05-10" });
    assert.equal(errorOf(await zk(watch("--once", "--json", "--state", state))).name, "MissingFieldError");
    // Also without --once: what is wrong from the start does not pass.
    assert.equal(errorOf(await zk(watch("--json", "--state", state))).exitCode, 3);
    write(work.at("closes.csv"), `${until("2021-05-10")}2021-05-11,1.0,4`);
    assert.equal(errorOf(await zk(watch("--once", "--json"))).exitCode, 3);
  });

  it("looks again and again, through trouble, until an interrupt ends it", async () => {
    await calibrateOn("2021-05-10");
    const child = spawn(
      process.execPath,
      ["--import", "tsx", join(ROOT, "src", "cli", "main.ts"), ...watch("--json", "--every", "1")],
      { cwd: ROOT, timeout: 60_000 },
    );
    assert.equal((await nextLine(child)).why, "within the band");
    write(work.at("closes.csv"), "date,BTC\n2021");
    assert.equal((await untilKind(child, "trouble")).kind, "trouble");
    write(work.at("closes.csv"), until("2021-05-19"));
    assert.equal((await untilKind(child, "proposed")).direction, "tighten");
    child.kill("SIGINT");
    const [code, signal] = await once(child, "close");
    assert.deepEqual([code, signal], [0, null]);
  });
});

const buffers = new WeakMap<ChildProcess, string>();

/** The next line of JSON that a process prints. */
async function nextLine(child: ChildProcess): Promise<Record<string, string>> {
  let text = buffers.get(child) ?? "";
  while (!text.includes("\n")) {
    assert.ok(child.stdout);
    const [chunk] = await once(child.stdout, "data");
    text += chunk.toString("utf8");
  }
  const end = text.indexOf("\n");
  buffers.set(child, text.slice(end + 1));
  return JSON.parse(text.slice(0, end));
}

async function untilKind(child: ChildProcess, kind: string): Promise<Record<string, string>> {
  for (;;) {
    const line = await nextLine(child);
    if (line.kind === kind) return line;
  }
}
