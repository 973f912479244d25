import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { EXIT } from "../../src/errors.js";
import { LocalChain } from "../support/localChain.js";
import { NoticeReceiver } from "../support/noticeReceiver.js";
import { errorOf, workFolder, zk } from "./support.js";

describe("zkmargin serve", () => {
  const work = workFolder();
  let chain: LocalChain;
  before(async () => {
    chain = await LocalChain.start();
  });
  after(() => chain?.close());
  const deployment = () => {
    writeFileSync(work.at("deployment.json"), serialiseDeployment(chain.open.deployment));
    return ["--deployment", work.at("deployment.json"), "--rpc", chain.anvil.url];
  };
  const state = () => ["--state", work.at("served.state")];
  const alerts = (receivers: readonly object[]) => {
    writeFileSync(work.at("alerts.json"), JSON.stringify({ format: "zkmargin/alerts@1", receivers }));
    return ["--alerts", work.at("alerts.json")];
  };

  it("refuses what does not belong together before it asks a node", async () => {
    const cases: [readonly string[], RegExp][] = [
      [["--token-file", work.at("t")], /--token-file: expected them with --archive/],
      [["--archive", "a"], /--archive: expected --secret or --key, got neither/],
      [["--archive", "a", "--secret", "s"], /--archive: expected --token-file/],
      [["--test-alerts"], /--test-alerts: expected --alerts with it/],
    ];
    for (const [options, message] of cases) {
      const error = errorOf(await zk(["serve", "--json", ...options]));
      assert.equal(error.exitCode, EXIT.usage, options.join(" "));
      assert.match(error.message, message);
    }
    writeFileSync(work.at("alerts.json"), '{"format":"zkmargin/alerts@1"}');
    assert.equal((await zk(["serve", "--alerts", work.at("alerts.json")])).code, EXIT.input);
  });

  it("says that the port is in use, that others could reach it, and that no node answers", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    try {
      const used = await zk(["serve", ...deployment(), ...state(), "--port", String(port)]);
      assert.equal(used.code, EXIT.usage);
      assert.match(used.err, /expected a free one, got one that another process listens on/);
    } finally {
      other.close();
    }
    const reached = await zk(["serve", ...deployment(), ...state(), "--host", "0.0.0.0", "--port", "0"]);
    assert.equal(reached.code, EXIT.usage);
    assert.match(reached.err, /--allow-remote/);
    writeFileSync(work.at("clearing.json"), '{"format":"zkmargin/clearing@1"}');
    const house = await zk(["serve", ...deployment(), ...state(), "--clearing", work.at("clearing.json")]);
    assert.equal(house.code, EXIT.input);
    const args = ["serve", ...deployment().slice(0, 2), "--rpc", "http://127.0.0.1:9", "--patience", "1"];
    assert.equal((await zk(args)).code, EXIT.chain);
  });

  it("serves until it is interrupted, one line of JSON for each thing that it tells", async () => {
    const running = zk(["serve", ...deployment(), "--port", "0", "--json", "--interval", "250", ...state()]);
    // The process of the test gets the signal, as the command would, once all has happened.
    for (let i = 0; i < 600 && !existsSync(work.at("served.state")); i++) await sleep(100);
    process.emit("SIGTERM");
    const { code, out, err } = await running;
    assert.deepEqual([code, err], [EXIT.ok, ""]);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const events = lines.map(({ event }) => event);
    assert.deepEqual(events.slice(0, 1), ["listening"]);
    for (const event of ["ready", "notice", "kept", "stopped"]) assert.ok(events.includes(event), event);
    for (const line of lines) assert.match(`${line.level} ${line.time}`, /^(info|warn|error) 20\d\d-.*Z$/);
    // What it kept is of this deployment: another one's is refused, and stays as it was.
    const text = readFileSync(work.at("served.state"), "utf8");
    const other = text.replace(/"deployment":"[0-9a-f]{64}"/, `"deployment":"${"0".repeat(64)}"`);
    writeFileSync(work.at("other.state"), other);
    const refused = await zk(["serve", ...deployment(), "--port", "0", "--state", work.at("other.state")]);
    assert.equal(refused.code, EXIT.chain);
    assert.match(refused.err, /--state: expected what was read of this deployment/);
    assert.equal(readFileSync(work.at("other.state"), "utf8"), other);
  });

  it("sends each receiver a test notice", async () => {
    const webhook = await NoticeReceiver.start();
    try {
      const hook = { name: "hook", severities: ["critical"], webhook: webhook.url };
      const well = await zk(["serve", ...alerts([hook]), "--test-alerts"]);
      assert.deepEqual([well.code, well.out], [EXIT.ok, "hook: delivered\n"]);
      assert.match(webhook.bodies[0] ?? "", /"todo":"nothing: this is a test"/);
      const broken = { name: "none", severities: ["warning"], command: ["/no/such/program"] };
      const ill = await zk(["serve", ...alerts([hook, broken]), "--test-alerts"]);
      assert.equal(ill.code, EXIT.findings);
      assert.match(ill.out, /none: not delivered: ENOENT/);
    } finally {
      await webhook.stop();
    }
  });
});
