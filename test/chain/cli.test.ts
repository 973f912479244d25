import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Wallet } from "ethers";
import { lock } from "../../src/chain/keystore.js";
import { ANVIL_KEYS, Anvil } from "../../src/cli/anvil/anvil.js";
import { run } from "../../src/cli/run.js";
import { defaultArtefacts } from "../support/desk.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NAMES = ["ZKM_DEPLOYER", "ZKM_OWNER", "ZKM_CUSTODIAN", "ZKMARGIN_PASSWORD"] as const;

describe("chain, from the command line", () => {
  let anvil: Anvil;
  let folder: string;
  let at: readonly string[];
  let account: string;
  const custodian = new Wallet(ANVIL_KEYS[2]).address;

  async function zk(...args: string[]) {
    const told = { out: "", err: "" };
    const io = {
      out: (text: string) => {
        told.out += text;
      },
      err: (text: string) => {
        told.err += text;
      },
      stdin: async () => assert.fail("nothing is read from standard input"),
      interactive: false,
      invocation: "npx zkmargin",
    };
    return { code: await run(args, io), ...told };
  }
  async function zkOk(...args: string[]) {
    const ran = await zk(...args, "--json");
    assert.equal(ran.code, 0, `${args.join(" ")}: ${ran.err}`);
    return ran.out;
  }
  const zkJson = async (...args: string[]) => JSON.parse(await zkOk(...args));
  const file = (name: string) => join(folder, name);

  before(async () => {
    await defaultArtefacts();
    anvil = await Anvil.start("--timestamp", "1621209600");
    folder = await mkdtemp(join(tmpdir(), "zkmargin-cli-"));
    at = ["--rpc", anvil.url, "--deployment", file("deployment.json")];
    [process.env.ZKM_DEPLOYER, process.env.ZKM_OWNER, process.env.ZKM_CUSTODIAN] = ANVIL_KEYS;
    process.env.ZKMARGIN_PASSWORD = "correct horse";
    await writeFile(file("keeper.json"), await lock(new Wallet(ANVIL_KEYS[3]), "correct horse"));
    await writeFile(file("desk.secret"), `${"ab12".repeat(16)}\n`);
    const book = JSON.parse(await readFile(join(ROOT, "examples/books/cash-and-carry.json"), "utf8"));
    await writeFile(file("desk.json"), JSON.stringify({ ...book, sequence: 1 }));
  });
  after(async () => {
    for (const name of NAMES) delete process.env[name];
    await anvil.stop();
    await rm(folder, { recursive: true });
  });

  it("deploys, and carries on where it was: nothing is deployed twice", async () => {
    const args = [
      "deploy",
      "--rpc",
      anvil.url,
      "--local",
      "--key-env",
      "ZKM_DEPLOYER",
      "--out",
      file("deployment.json"),
    ];
    const first = await zkJson(...args);
    const manifest = await readFile(file("deployment.json"), "utf8");
    assert.deepEqual(await zkJson(...args), first);
    assert.equal(await readFile(file("deployment.json"), "utf8"), manifest);
  });

  it("goes from a book to a healthy account", async () => {
    const keeper = ["--keystore", file("keeper.json")];
    const { account: name } = JSON.parse(await readFile(file("desk.json"), "utf8"));
    const opened = [
      "attest",
      "open",
      ...at,
      "--name",
      name,
      "--attestor",
      custodian,
      "--key-env",
      "ZKM_OWNER",
    ];
    ({ account } = await zkJson(...opened));
    const { commitment } = await zkJson("book", "commit", file("desk.json"), "--secret", file("desk.secret"));
    const sign = [
      "--account",
      account,
      "--commitment",
      commitment,
      "--sequence",
      "1",
      "--key-env",
      "ZKM_CUSTODIAN",
    ];
    await zkJson("attest", "sign", ...at, ...sign, "--out", file("desk.attestation.json"));
    await zkJson("attest", "relay", ...at, file("desk.attestation.json"), ...keeper);

    assert.equal((await zkJson("poke", ...at, ...keeper)).round, "1");
    await zkJson("round", ...at, "--out", file("round.json"));
    const inputs = [
      "--market",
      file("round.json"),
      "--secret",
      file("desk.secret"),
      "--home",
      join(ROOT, "build/keys"),
    ];
    await zkJson("prove", file("desk.json"), ...inputs, "--envelope", "50", "--out", file("desk.proof.json"));
    const pair = `${account}=${file("desk.proof.json")}`;
    const submitted = await zkJson("submit", ...at, pair, ...keeper);
    assert.equal(submitted.results[0].outcome, "accepted");
    assert.equal((await zkJson("submit", ...at, pair, ...keeper)).results[0].outcome, "already");

    const { accounts } = await zkJson("status", ...at, account);
    assert.equal(accounts[0].status, "healthy");
    assert.equal(accounts[0].claim.envelope, 50);
    const { code, out } = await zk("status", ...at, account);
    assert.equal(code, 0);
    assert.match(out, /status +healthy\n/);
    assert.match(out, /proof +above 1\.0000 at round 1, within 0\.50 %/);
    assert.match(await zkOk("market", "show", file("round.json")), /"round": 1/);
  });

  it("keeps the account, once, and finds nothing more to do", async () => {
    const keep = [
      "keep",
      ...at,
      `${account}=${file("desk.json")}`,
      "--secret",
      file("desk.secret"),
      "--once",
    ];
    const options = [
      "--home",
      join(ROOT, "build/keys"),
      "--keystore",
      file("keeper.json"),
      "--poke-after",
      "60",
    ];
    const connection = await anvil.connect();
    await connection.provider.send("evm_increaseTime", [70_000]);
    await connection.provider.send("evm_mine", []);
    connection.close();
    const kinds = (text: string) =>
      text
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line).kind);
    assert.deepEqual(kinds(await zkOk(...keep, ...options)), ["poked", "proven", "submitted"]);
    assert.deepEqual(kinds(await zkOk(...keep, ...options)), []);
  });

  it("answers with its exit codes, and quotes no key", async () => {
    const key = ANVIL_KEYS[3];
    const keystore = ["--keystore", file("keeper.json")];
    const cases: [number, string, string[]][] = [
      [2, "UsageError", ["poke", ...at]],
      [2, "UsageError", ["poke", ...at, "--key-env", key]],
      [8, "KeystoreError", ["poke", ...at, "--key-env", "ZKM_NOBODY"]],
      [8, "RevertedError", ["poke", ...at, ...keystore]],
      [8, "NodeUnreachableError", ["status", "--rpc", "http://127.0.0.1:1", ...at.slice(2)]],
      [8, "RoundMismatchError", ["round", ...at, "--number", "99", "--out", file("none.json")]],
      [3, "UnreadableError", ["status", ...at.slice(0, 2), "--deployment", file("none.json")]],
    ];
    for (const [code, name, args] of cases) {
      const ran = await zk(...args, "--json");
      assert.equal(ran.code, code, `${args.join(" ")}: ${ran.err}`);
      assert.equal(JSON.parse(ran.err).error.name, name);
      assert.ok(!ran.err.includes(key.slice(2)));
    }
    process.env.ZKMARGIN_PASSWORD = "wrong battery";
    const { code, err } = await zk("poke", ...at, ...keystore);
    assert.equal(code, 8);
    assert.ok(!err.includes("wrong battery"));
  });

  it("has a help with examples for each", async () => {
    for (const name of [
      "deploy",
      "attest open",
      "attest sign",
      "attest relay",
      "poke",
      "round",
      "submit",
      "status",
      "keep",
    ]) {
      const { code, out } = await zk(...name.split(" "), "--help");
      assert.equal(code, 0);
      assert.match(out, new RegExp(`Examples?:\\n {2}\\$ zkmargin ${name}`), name);
    }
  });
});
