import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { fileJournal } from "../../src/chain/journal.js";
import { builtEntry } from "../support/built.js";
import { ChainDesk, PASSWORD, ROOT } from "../support/chainDesk.js";
import { until } from "../support/feedChain.js";
import { ProxyNode } from "../support/proxyNode.js";

const KEY = ANVIL_KEYS[3];
const VAULT = "show, deposit, request, cancel, withdraw, claim, insurance fund, insurance withdraw";
const LOANS = "loan creditor, loan request, loan cancel, loan lend, loan repay";
const AUCTIONS = "auction start, auction take, auction close, auction cover";
const COMMANDS = [
  ..."deploy, attest open, attest sign, attest relay, poke, round, submit, status, keep".split(", "),
  ...[VAULT, LOANS, AUCTIONS].flatMap((names) => names.split(", ")).map((name) => `vault ${name}`),
];

describe("chain, what goes wrong on the command line", () => {
  let desk: ChainDesk;
  before(async () => {
    desk = await ChainDesk.start();
    await desk.json(...desk.deployArguments());
  });
  after(() => desk?.close());

  it("answers with its exit codes, and quotes no key", async () => {
    const { at } = desk;
    const by = desk.by("ZKM_KEEPER");
    const out = ["--out", desk.file("none.json")];
    const terms = ["--account", `0x${"ab".repeat(32)}`, "--commitment", "1", "--sequence", "1"];
    const cases: [number, string, RegExp, readonly string[]][] = [
      [2, "UsageError", /^expected --keystore, --key-env or --signer, got none$/, ["poke", ...at]],
      [
        2,
        "UsageError",
        /^--key-env, --password-env: expected the name of an/,
        ["poke", ...at, "--key-env", KEY],
      ],
      [
        2,
        "UsageError",
        /option '--keystore <file>' cannot be used with/,
        ["poke", ...at, "--keystore", "k", ...by],
      ],
      [
        2,
        "UsageError",
        /^expected <account>=<file>, with an account of 0x/,
        ["submit", ...at, "0x12=a.json", ...by],
      ],
      [2, "UsageError", /expected an account of 0x and 64 small hex digits/, ["status", ...at, "0x12"]],
      [
        2,
        "UsageError",
        /expected an address of 0x/,
        ["attest", "open", ...at, "--name", "a", "--attester", "0x1", ...by],
      ],
      [
        8,
        "KeystoreError",
        /^ZKM_NOBODY: expected an environment variable of that name, got none$/,
        ["poke", ...at, "--key-env", "ZKM_NOBODY"],
      ],
      [
        8,
        "NodeUnreachableError",
        /^node 127\.0\.0\.1:2: expected .*ECONNREFUSED/,
        ["status", "--rpc", "http://127.0.0.1:2", ...at.slice(2)],
      ],
      [
        8,
        "NodeUnreachableError",
        /^--rpc: expected a URL such as/,
        ["status", "--rpc", "localhost", ...at.slice(2)],
      ],
      [8, "RoundMismatchError", /^round: expected one, got none yet; poke first$/, ["round", ...at, ...out]],
      [
        8,
        "RoundMismatchError",
        /^round 99: expected it on the chain, got none/,
        ["round", ...at, "--number", "99", ...out],
      ],
      [
        3,
        "UnreadableError",
        /none\.json: expected a readable file, got no such file$/,
        ["status", ...at.slice(0, 2), "--deployment", desk.file("none.json")],
      ],
      [
        3,
        "FormatError",
        /keeper\.json: expected a deployment manifest \(.*\), got an encrypted JSON keystore; it is private: do not hand it out$/,
        ["status", ...at.slice(0, 2), "--deployment", desk.file("keeper.json")],
      ],
      [
        3,
        "FormatError",
        /^--commitment: expected a whole number/,
        ["attest", "sign", ...at, ...terms.slice(0, 3), "0x1", ...terms.slice(4), ...by, ...out],
      ],
    ];
    for (const [code, name, text, args] of cases) {
      const failed = await desk.fails(code, ...args);
      assert.equal(failed.name, name, failed.message);
      assert.match(failed.message, text);
      assert.ok(!failed.message.toLowerCase().includes(KEY.slice(2)));
    }
  });

  it("names the keystore that a password does not open, and neither of the two", async () => {
    const keystore = desk.file("keeper.json");
    const wrong = desk.file("wrong.password");
    await writeFile(wrong, "wrong battery\n");
    const poke = ["poke", ...desk.at, ...desk.by("keystore")];
    const failed = await desk.fails(8, ...poke, "--password-file", wrong);
    assert.deepEqual(failed, {
      name: "KeystoreError",
      message: `${keystore}: the password does not open this keystore`,
      exitCode: 8,
    });
    const right = desk.file("right.password");
    await writeFile(right, `${PASSWORD}\n`);
    assert.equal((await desk.json(...poke, "--password-file", right)).round, "1");
    const again = await desk.fails(8, "poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    assert.match(
      again.message,
      /^poke 0x.* 2: the contract refused: PokedTooSoon\(\d+, \d+\); wait (60|[1-5]?\d) s, or prove against the newest round$/,
    );
  });

  it("does everything but sign, send and write in a dry run", async () => {
    const connection = await desk.anvil.connect();
    const sent = async () => {
      const counts = [0, 1, 3].map((i) => {
        return connection.provider.getTransactionCount(new Wallet(ANVIL_KEYS[i] ?? "").address);
      });
      return [await Promise.all(counts), (await readdir(desk.folder)).sort()];
    };
    try {
      const before = await sent();
      const open = ["attest", "open", ...desk.at, "--name", "dry", "--attester", desk.custodian, "--dry-run"];
      const told = JSON.parse(await desk.ok(...open, ...desk.by("ZKM_OWNER")));
      assert.deepEqual(
        [told.dryRun, /^open 0x/.test(told.key), BigInt(told.gas) > 21_000n],
        [true, true, true],
      );
      const said = await desk.run(...open, ...desk.by("ZKM_OWNER"));
      assert.match(
        said.out,
        /^Would send: open 0x.*\n {2}to 0x.* gas at \d+ wei\nNothing was signed, sent or written\.\n$/,
      );
      const other = ["--out", desk.file("another.json"), "--dry-run"];
      const deploy = [...desk.deployArguments().slice(0, -2), ...other];
      const estimate = JSON.parse(await desk.ok(...deploy));
      assert.deepEqual([estimate.dryRun, estimate.tried], [true, true]);
      assert.ok(estimate.transactions > 40 && BigInt(estimate.gas) > 30_000_000n);
      const text = await desk.run(...deploy);
      assert.match(
        text.out,
        /^\d+ transactions, \d+ gas, .* ETH at .* gwei; the deployer has \d+.* ETH\nThe node tried/,
      );
      assert.deepEqual(await sent(), before);
    } finally {
      connection.close();
    }
  });

  it("checks a plan before the first transaction, and names its field", async () => {
    const connection = await desk.anvil.connect();
    const deployer = new Wallet(ANVIL_KEYS[0]).address;
    const before = await connection.provider.getTransactionCount(deployer);
    const plan = join(ROOT, "examples/deploy-plan.json");
    const args = ["deploy", "--rpc", desk.anvil.url, "--plan", plan, ...desk.by("ZKM_DEPLOYER")];
    const failed = await desk.fails(3, ...args, "--out", desk.file("planned.json"));
    assert.equal(failed.name, "PlanMismatchError");
    assert.match(failed.message, /^plan\.feeds\.USDC\.chainlink: expected the address of a contract, got 0x/);
    assert.equal(await connection.provider.getTransactionCount(deployer), before);
    connection.close();
  });

  it("opens and signs nothing that the chain would refuse, or no book could bear", async () => {
    const [a, b] = [desk.custodian, new Wallet(ANVIL_KEYS[3]).address];
    const opening = (name: string, ...more: readonly string[]) => [
      ...["attest", "open", ...desk.at, ...desk.by("ZKM_OWNER"), "--name", name, "--attester", a],
      ...more,
    ];
    for (const [args, text] of [
      [opening(""), /^--name: expected 1 to 64 printable ASCII characters/],
      [opening("dësk"), /^--name: expected 1 to 64 printable/],
      [opening("x".repeat(65)), /^--name: expected 1 to 64 printable/],
      [opening("desk\u202e"), /^--name: expected 1 to 64 printable/],
      [
        opening("desk", "--threshold", "2"),
        /^--threshold: expected 1 to 1, as many as there are attesters, got 2$/,
      ],
      [opening("desk", "--threshold", "0"), /^--threshold: expected 1 to 1/],
      [opening("desk", "--attester", a), /^--attester: expected each address once, got 0x.* again$/],
      [opening("desk", "--attester", a.toLowerCase()), /^--attester: expected each address once/],
      [opening("desk", "--attester", `0x${"0".repeat(40)}`), /^--attester: expected somebody's address/],
    ] as const)
      assert.match((await desk.fails(3, ...args)).message, text);

    const { account } = await desk.json(...opening("terms", "--attester", b, "--threshold", "1"));
    const signing = (...more: readonly string[]) => [
      ...["attest", "sign", ...desk.at, ...desk.by("ZKM_CUSTODIAN"), "--account", account],
      ...[
        "--out",
        desk.file("terms.attestation.json"),
        "--as-of",
        "1621209600",
        "--commitment",
        "1",
        "--sequence",
        "1",
        ...more,
      ],
    ];
    for (const [args, text] of [
      [
        signing("--valid-for", "99999999"),
        /^--valid-for: expected 1 to \d+ seconds, as the profile allows, got 99999999$/,
      ],
      [signing("--valid-for", "0"), /^--valid-for: expected 1 to \d+ seconds/],
      [
        signing("--sequence", String(2 ** 40)),
        /^--sequence: expected at most 1099511627775, as the registry takes/,
      ],
      [
        signing("--commitment", String(2n ** 254n)),
        /^--commitment: expected a number that `zkmargin book commit` prints/,
      ],
    ] as const)
      assert.match((await desk.fails(3, ...args)).message, text);
  });

  // shows: A40
  it("refuses a deployment whose gate is altered, whatever is asked of it", async () => {
    const manifest = JSON.parse(await readFile(desk.file("deployment.json"), "utf8"));
    const { marginGate, bookRegistry } = manifest.contracts;
    manifest.contracts.marginGate = { ...bookRegistry, contract: marginGate.contract };
    const forged = desk.file("forged.json");
    await writeFile(forged, JSON.stringify(manifest));
    const failed = await desk.fails(8, "status", "--rpc", desk.anvil.url, "--deployment", forged);
    assert.equal(failed.name, "DeploymentMismatchError");
    assert.match(failed.message, /^marginGate: code of MarginGate: .*was it deployed by another version\?$/);
  });

  it("quotes nothing of a node's URL, which may hold a provider's key", async () => {
    const proxy = await ProxyNode.start(desk.anvil.url);
    try {
      // Well until the deployment is checked.
      proxy.fate = (method) => (method === "eth_getBlockByNumber" ? { status: 500 } : "pass");
      const failed = await desk.run("status", "--rpc", proxy.url, "--patience", "1", ...desk.at.slice(2));
      assert.equal(failed.code, 8);
      assert.match(
        failed.err,
        /^zkmargin: node 127\S+: expected an answer to eth_getBlockByNumber, got HTTP 500; /m,
      );
      assert.ok(!failed.err.includes("PROVIDER-KEY"));
    } finally {
      await proxy.stop();
    }
  });

  // shows: A58
  it("carries on after a kill: what a killed run has signed is sent once", async () => {
    const connection = await desk.anvil.connect();
    const { address } = new Wallet(KEY);
    const count = () => connection.provider.getTransactionCount(address);
    const before = await count();
    const path = desk.file("killed.journal");
    const poke = ["poke", ...desk.at, ...desk.by("ZKM_KEEPER"), "--journal", path];
    await desk.pass(1_000);
    await connection.provider.send("evm_setAutomine", [false]);
    const child = spawn(process.execPath, [builtEntry("zkmargin"), ...poke], { cwd: ROOT, stdio: "ignore" });
    const gone = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    const written = async () => (await readFile(path, "utf8").catch(() => "")).includes('"pending"');
    await until(async () => (await written()) || child.exitCode !== null);
    child.kill("SIGKILL");
    assert.equal(await gone, "SIGKILL");
    await connection.provider.send("anvil_dropAllTransactions", []);
    await connection.provider.send("evm_setAutomine", [true]);
    assert.equal(await count(), before);
    const { round, gas } = await desk.json(...poke);
    assert.equal(round, "2");
    assert.ok(gas !== null);
    assert.equal(await count(), before + 1);
    const journal = await fileJournal(path, { sender: address, chainId: 31_337n });
    assert.deepEqual(
      journal.entries().map(({ state, attempts }) => [state, attempts.length]),
      [["done", 1]],
    );
    connection.close();
  });

  it("has a help with examples for each", async () => {
    for (const name of COMMANDS) {
      const { code, out } = await desk.run(...name.split(" "), "--help");
      assert.equal(code, 0);
      assert.match(out, new RegExp(`Examples?:\\n {2}\\$ zkmargin ${name}`), name);
    }
  });
});
