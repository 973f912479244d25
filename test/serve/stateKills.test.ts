import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { ReadStore } from "../../src/serve/readStore.js";
import { scratch } from "../support/archives.js";
import { Random } from "../support/cases.js";
import { LocalChain } from "../support/localChain.js";
import { openMany } from "../support/watchedChain.js";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
/** How often the service is killed; SERVE_KILLS=100 is a long run. */
const KILLS = Number(process.env["SERVE_KILLS"] ?? 6);

describe("serve: what it keeps, with the service killed", () => {
  const folder = scratch();
  let chain: LocalChain;
  before(async () => {
    chain = await LocalChain.start();
    await openMany(chain, 900);
  });
  after(async () => {
    await chain?.close();
    folder.remove();
  });

  it(`is whole after each of ${KILLS} kills at random moments`, async function () {
    this.timeout(300_000);
    const random = new Random(21);
    writeFileSync(folder.at("deployment.json"), serialiseDeployment(chain.open.deployment));
    const at = folder.at("killed.state");
    const args = ["serve", "--deployment", folder.at("deployment.json"), "--rpc", chain.anvil.url];
    const options = ["--port", "0", "--json", "--interval", "250", "--state", at];
    /** A service until it has told an event, and what it told. */
    const until = async (event: string, wait: number, signal: "SIGKILL" | "SIGTERM") => {
      const child: ChildProcess = spawn(process.execPath, ["--import", "tsx", MAIN, ...args, ...options], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      let out = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        out += chunk.toString("utf8");
      });
      const gone = new Promise((resolve) => child.once("close", resolve));
      for (let i = 0; i < 1_200 && !out.includes(`"${event}"`); i++) await sleep(100);
      await sleep(wait);
      child.kill(signal);
      await gone;
      assert.ok(out.includes(`"${event}"`), out);
      return out;
    };
    for (let kill = 0; kill < KILLS; kill++) {
      await chain.pass(60);
      const out = await until("ready", random.integer(0, 400), "SIGKILL");
      assert.ok(!out.includes("not-restored"), out);
      // The package's version is whatever it is here: a damaged file would say so first.
      const found = await new ReadStore(at, "any", chain.open).load();
      assert.ok("why" in found && ["absent", "other-version"].includes(found.why), JSON.stringify(found));
    }
    await chain.pass(60);
    await until("kept", 0, "SIGKILL");
    assert.match(await until("ready", 0, "SIGTERM"), /"event":"restored"/);
    const left = readdirSync(folder.at("")).filter((name) => name.endsWith(".tmp"));
    assert.deepEqual(left, []);
  });
});
