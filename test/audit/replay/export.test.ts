import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { replayLog } from "../../../src/audit/replay/replayLog.js";
import { Anvil } from "../../../src/chain/anvil.js";
import { serialiseDeployment } from "../../../src/chain/deployment.js";
import { exportLog, logLines } from "../../../src/chain/eventLog/export.js";
import { poke } from "../../../src/chain/rounds.js";
import { StatementMismatchError } from "../../../src/errors.js";
import { zk } from "../../cli/support.js";
import { LocalChain } from "../../support/localChain.js";
import { Recording, RememberingVerifier, replayText, runOptions } from "./recording.js";

const OPTIONS = { confirmations: 0, answers: "last" } as const;

describe("an exported log", () => {
  let chain: LocalChain;
  let folder: string;
  let verifier: RememberingVerifier;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-export-"));
    chain = await LocalChain.deploy(await Anvil.start("--timestamp", "1621209600"), "2021-05-17");
    verifier = new RememberingVerifier((await runOptions()).key.verificationKey);
  });
  after(async () => {
    await chain?.close();
    await rm(folder, { recursive: true });
  });

  const round = async () => {
    await chain.pass(1_000);
    await poke(chain.open, chain.transactionsOf(chain.keeper));
  };
  const text = (path: string) => readFile(path, "utf8");

  it("is carried on from where it was, also after a line was torn off, and replays as the chain itself does", async () => {
    const path = join(folder, "log.ndjson");
    await round();
    const first = await exportLog(chain.open, path, OPTIONS);
    assert.ok((await text(path)).endsWith("\n"));
    await round();
    // Its writer was stopped in the middle of a line.
    await truncate(path, (await text(path)).length - 40);
    await appendFile(path, '{"block":{"ans');
    const second = await exportLog(chain.open, path, OPTIONS);
    assert.ok(second.events > first.events);
    const audit = await replayText(await text(path), { verifier });
    assert.deepEqual(audit.findings.listed, []);
    assert.equal(audit.coverage.rounds, 2);
    assert.equal(audit.coverage.roundsWithFeeds, 2);
    assert.equal(audit.range.log, second.digest);
    const straight = await replayLog(logLines(chain.open, OPTIONS), await runOptions({ verifier }));
    assert.deepEqual(straight.findings, audit.findings);
    assert.deepEqual(straight.epochs, audit.epochs);
  });

  it("is not carried on by another deployment's", async () => {
    const path = join(folder, "other.ndjson");
    const lines = [...new Recording(8).lines()].map(({ text: line }) => `${line}\n`);
    await writeFile(path, lines.join(""));
    await assert.rejects(exportLog(chain.open, path, OPTIONS), StatementMismatchError);
    assert.equal(await text(path), lines.join(""));
  });

  it("is not replayed from a node whose contracts are not the manifest's", async () => {
    const manifest = join(folder, "deployment.json");
    await writeFile(manifest, serialiseDeployment(chain.open.deployment));
    const { provider } = chain.connection;
    const feed = chain.open.deployment.sources["BTC"]?.address ?? "";
    const code = await provider.getCode(feed);
    const replay = ["audit", "replay", "--rpc", chain.anvil.url, "--deployment", manifest];
    await provider.send("anvil_setCode", [feed, "0x600160005260206000f3"]);
    const refused = await zk(replay);
    await provider.send("anvil_setCode", [feed, code]);
    assert.equal(refused.code, 8, refused.err);
    assert.match(refused.err, /sources\.BTC at 0x[0-9a-fA-F]{40}: expected 0x/);
    const { code: exit, err, out } = await zk([...replay, "--json"]);
    assert.equal(exit, 0, err);
    assert.equal(JSON.parse(out).findings.total, 0);
  });

  it("is replayed from the command line: exit code 0, or 9 where something does not fit", async () => {
    const [path, out] = [join(folder, "demo.ndjson"), join(folder, "audit.json")];
    const write = (log: Recording) =>
      writeFile(path, [...log.lines()].map(({ text: line }) => `${line}\n`).join(""));
    await write(new Recording(8));
    const clean = await zk(["audit", "replay", "--log", path, "--out", out, "--json"]);
    assert.equal(clean.code, 0, clean.err);
    assert.deepEqual(JSON.parse(clean.out), JSON.parse(await text(out)));
    const log = new Recording(8);
    log.digest = "ab".repeat(32);
    await write(log);
    const found = await zk(["audit", "replay", "--log", path, "--json"]);
    assert.equal(found.code, 9);
    assert.equal(JSON.parse(found.err).error.name, "FindingsError");
    assert.deepEqual(Object.keys(JSON.parse(found.out).findings.byCode), ["log-altered"]);
    const missing = await zk(["audit", "replay", "--log", join(folder, "none"), "--json"]);
    assert.equal(missing.code, 3, missing.err);
  });
});
