import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { keccak256, toUtf8Bytes } from "ethers";
import { type LiquidatorsKey, parseLiquidatorsKey } from "../../../src/clearing/liquidators/ceremony.js";
import { type Message, parseMessage } from "../../../src/clearing/liquidators/messages.js";
import {
  combinePartials,
  openByPartials,
  type SealedAccount,
} from "../../../src/clearing/liquidators/partials.js";
import { MemberFaultError, OutOfRangeError } from "../../../src/errors.js";
import { type ClearedOpening, sealBook, sealingScalar } from "../../../src/protocol/sealedBook.js";
import { commitCleared } from "../../../src/protocol/transition.js";
import { Random } from "../../support/cases.js";
import { randomOpening } from "../../support/clearing.js";
import { accountsText } from "../../support/frozenAccounts.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const CLI = ["--import", "tsx", join(ROOT, "src/cli/main.ts")];
const SERVICE = ["--import", "tsx", join(ROOT, "test/support/liquidatorService.ts")];
const PASSWORD = "five liquidators' passwords";
const run = promisify(execFile);

describe("five liquidators, each a process of its own", () => {
  let folder: string;
  let key: LiquidatorsKey;
  let account: SealedAccount;
  let opening: ClearedOpening;
  const processes: ChildProcess[] = [];
  const at = (name: string) => join(folder, name);
  const env = (member: number) => ({
    ...process.env,
    ZKMARGIN_STORE_PASSWORD: PASSWORD,
    LIQUIDATOR_KEY: keccak256(toUtf8Bytes(`process ${member}`)),
  });
  const cli = (member: number, ...args: readonly string[]) =>
    run(process.execPath, [...CLI, "clearing", "liquidator", ...args], { cwd: ROOT, env: env(member) });
  const liquidator = (command: string, member: number, ...args: readonly string[]) =>
    cli(member, command, ...args, "--store", at(`l${member}.store`), "--key-env", "LIQUIDATOR_KEY");
  const members = [1, 2, 3, 4, 5];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "zkmargin-liquidators-"));
    mkdirSync(at("partials"));
    await Promise.all(
      members.map((n) => liquidator("keygen", n, "--chain-id", "31337", "--out", at(`l${n}.card.json`))),
    );
    await cli(
      1,
      "terms",
      ...members.map((n) => at(`l${n}.card.json`)),
      "--threshold",
      "3",
      "--out",
      at("terms.json"),
    );
    await Promise.all(
      members.map((n) =>
        liquidator(
          "join",
          n,
          at("terms.json"),
          "--board",
          at("board"),
          "--out",
          at(`key${n}.json`),
          "--interval",
          "300",
        ),
      ),
    );
    key = parseLiquidatorsKey(readFileSync(at("key1.json"), "utf8"));
    opening = randomOpening(new Random(110), 16);
    const place = {
      chainId: 31337n,
      house: `0x${"33".repeat(20)}`,
      account: `0x${"ab".repeat(32)}`,
      sequence: 7n,
      listing: 5n,
    };
    const commitment = commitCleared(opening, place.listing);
    const scalar = sealingScalar(new Uint8Array(32), { ...place, commitment });
    account = { ...place, commitment, sealed: sealBook(opening, key.key, scalar) };
  });
  after(async () => {
    for (const each of processes) each.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const serve = (member: number, ...more: readonly string[]) => {
    const args = [
      at(`l${member}.store`),
      at(`l${member}.journal`),
      at("partials"),
      at("frozen.json"),
      ...more,
    ];
    const child = spawn(process.execPath, [...SERVICE, ...args], {
      cwd: ROOT,
      env: env(member),
      stdio: "pipe",
    });
    processes.push(child);
    return child;
  };
  const parts = (): Message[] =>
    readdirSync(at("partials"))
      .filter((name) => name.endsWith(".json"))
      .map((name) => parseMessage(readFileSync(join(at("partials"), name), "utf8")));
  const until = async (count: number) => {
    for (let i = 0; parts().length < count; i++) {
      assert.ok(i < 1200, `${count} parts`);
      await sleep(100);
    }
  };

  // shows: P65
  it("end their ceremony with one key, which anybody checks by the board, and shares that no file shows", async () => {
    for (const n of members)
      assert.equal(readFileSync(at(`key${n}.json`), "utf8"), readFileSync(at("key1.json"), "utf8"));
    const { stdout } = await cli(
      1,
      "check",
      at("terms.json"),
      "--board",
      at("board"),
      "--key",
      at("key1.json"),
      "--json",
    );
    assert.equal(JSON.parse(stdout).threshold, 3);
    const status = await cli(2, "status", "--store", at("l2.store"), "--json");
    const { shares, ceremonies } = JSON.parse(status.stdout);
    assert.deepEqual([shares.length, shares[0].member, ceremonies[0].done], [1, 2, true]);
    // Run again, a member says the same and signs nothing new.
    const before = readdirSync(at("board")).length;
    await liquidator("join", 1, at("terms.json"), "--board", at("board"), "--out", at("key1.json"), "--once");
    assert.equal(readdirSync(at("board")).length, before);
    await assert.rejects(
      run(process.execPath, [...CLI, "clearing", "liquidator", "status", "--store", at("l1.store")], {
        env: { ...env(1), ZKMARGIN_STORE_PASSWORD: "another password" },
      }),
      (error: Error & { code?: number; stderr?: string }) =>
        error.code === 8 && /does not open/.test(error.stderr ?? ""),
    );
  });

  // shows: P66, A98
  it("decrypt nothing before the freeze, and after it open the book though one lies and one is silent", async () => {
    for (const n of [1, 2]) serve(n);
    serve(3, "lie");
    await sleep(3_000);
    assert.equal(parts().length, 0);
    writeFileSync(at("frozen.json"), accountsText([account]));
    // Two honest ones and a liar, while two are silent: too few, and the liar has a name.
    await until(3);
    assert.throws(() => openByPartials(key, account, parts(), 16), OutOfRangeError);
    const [liar] = combinePartials(key, account, parts()).refused;
    assert.ok(liar instanceof MemberFaultError && liar.member === 3 && liar.fault === "partial");
    // One of the silent wakes up.
    serve(5);
    await until(4);
    assert.deepEqual(openByPartials(key, account, parts(), 16), opening);
    for (const n of [1, 2, 5]) {
      const journal = readFileSync(at(`l${n}.journal`), "utf8");
      assert.match(journal, /"sequence":"7"/);
      assert.ok(!journal.includes(String(opening.basis)));
    }
    assert.ok(!existsSync(at("l4.journal")));
  });
});
