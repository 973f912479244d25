import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { builtEntry } from "../support/built.js";
import { errorOf, ROOT, workFolder, write, zk, zkJson, zkOk } from "./support.js";

const HISTORY = readFileSync(join(ROOT, "examples", "prices", "daily-close.csv"), "utf8");

/** The shipped history up to a date. */
function until(date: string): string {
  const lines = HISTORY.split("\n");
  return `${lines.filter((line, i) => i === 0 || (line !== "" && line.slice(0, 10) <= date)).join("\n")}\n`;
}

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

  it("says which assets of the history it ignores", async () => {
    await calibrateOn("2021-05-10");
    const rows = until("2021-05-11").trimEnd().split("\n");
    write(work.at("closes.csv"), `${rows.map((row, i) => `${row},${i === 0 ? "SHIB" : i}`).join("\n")}\n`);
    assert.match(await zkOk(watch("--once")), /; ignored SHIB: not listed$/m);
  });

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

  it("tightens where the stock market's trigger fires, and lowers what it added slowly", async () => {
    await calibrateOn("2021-01-26");
    const look = (date: string, ...more: string[]) => {
      write(work.at("closes.csv"), until(date));
      const state = work.at(`macro-${date}-${more.length}.json`);
      return zkJson(watch("--once", "--band", "4000", "--loosen-band", "9000", "--state", state, ...more));
    };
    const macro = ["--macro", join(ROOT, "examples/prices/macro-daily.csv")];
    // The VIX closed at 37 on 27 January, and below 30 from 2 February on.
    const calm = await look("2021-01-27");
    assert.deepEqual([calm.kind, calm.macro], ["held", null]);
    const fired = await look("2021-01-27", ...macro);
    assert.deepEqual([fired.kind, fired.direction], ["proposed", "tighten"]);
    assert.deepEqual([fired.macro.addOn, fired.macro.firedOn], [2_500, "2021-01-27"]);
    assert.ok(fired.drift.tighter > calm.drift.tighter + 1_000);
    // Ten business days after 1 February, when it fired last, half is left. The 15th was none.
    const later = await look("2021-02-16", ...macro);
    assert.deepEqual([later.macro.addOn, later.macro.firedOn], [1_250, "2021-02-01"]);
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
    const { message } = errorOf(await zk(watch("--once", "--json", "--half-life", "0")));
    assert.ok(message.startsWith("--half-life: "), message);
    // Also without --once: what is wrong from the start does not pass.
    assert.equal(errorOf(await zk(watch("--json", "--state", state))).exitCode, 3);
    write(work.at("closes.csv"), `${until("2021-05-10")}2021-05-11,1.0,4`);
    assert.equal(errorOf(await zk(watch("--once", "--json"))).exitCode, 3);
  });

  it("looks again and again, through trouble, until an interrupt ends it", async () => {
    await calibrateOn("2021-05-10");
    const child = spawn(process.execPath, [builtEntry("zkmargin"), ...watch("--json", "--every", "1")], {
      cwd: ROOT,
      timeout: 180_000,
    });
    assert.equal((await nextLine(child)).why, "within the band");
    write(work.at("closes.csv"), "date,BTC\n2021");
    assert.match((await untilKind(child, "trouble")).name ?? "", /^MalformedError$/);
    // A price that stands still is told once, while the history grows as well.
    for (const end of ["2021-05-17", "2021-05-18"]) {
      write(work.at("closes.csv"), frozen(until(end)));
      if (end === "2021-05-17") assert.equal((await untilKind(child, "trouble")).name, "StalePricesError");
      else await sleep(2_500);
    }
    write(work.at("closes.csv"), until("2021-05-19"));
    assert.equal((await nextLine(child)).kind, "proposed");
    child.kill("SIGINT");
    const [code, signal] = await once(child, "close");
    assert.deepEqual([code, signal], [0, null]);
  });

  it("goes on looking from the start where a price stands still, but for --once", async () => {
    await calibrateOn("2021-05-10");
    write(work.at("closes.csv"), frozen(until("2021-05-18")));
    assert.equal(errorOf(await zk(watch("--once", "--json"))).name, "StalePricesError");
    const child = spawn(process.execPath, [builtEntry("zkmargin"), ...watch("--json", "--every", "1")], {
      cwd: ROOT,
      timeout: 180_000,
    });
    const told = await nextLine(child);
    assert.deepEqual([told.kind, told.path], ["trouble", "prices.LTC"]);
    write(work.at("closes.csv"), until("2021-05-19"));
    assert.equal((await nextLine(child)).kind, "proposed");
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "close"), [0, null]);
  });
});

/** A history whose LTC is carried forward from the day on which all assets have a price. */
function frozen(text: string): string {
  const column = text.slice(0, text.indexOf("\n")).split(",").indexOf("LTC");
  return text.replace(/^2020-1.*$|^202[1-9].*$/gm, (line) => line.split(",").with(column, "48.27").join(","));
}

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
