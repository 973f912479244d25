import assert from "node:assert/strict";
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
import { type LiquidatorsKey, parseLiquidatorsKey } from "../../../src/clearing/liquidators/ceremony.js";
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
import { LiquidatorProcesses } from "../../support/liquidatorProcesses.js";

const SERVICE = fileURLToPath(new URL("../../support/liquidatorService.ts", import.meta.url));

describe("five liquidators, each a process of its own", () => {
  let folder: string;
  let key: LiquidatorsKey;
  let account: SealedAccount;
  let opening: ClearedOpening;
  let five: LiquidatorProcesses;
  const at = (name: string) => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "zkmargin-liquidators-"));
    mkdirSync(at("partials"));
    five = new LiquidatorProcesses(folder);
    key = parseLiquidatorsKey(await five.generate());
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
    five?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  // A stand-in of the house is a file, so that one can lie and a freeze takes no block.
  const serve = (member: number, ...more: readonly string[]) => {
    const files = [at(`l${member}.store`), at(`l${member}.journal`), at("partials"), at("frozen.json")];
    return five.spawn(member, "--import", "tsx", SERVICE, ...files, ...more);
  };

  // shows: P74
  it("end their ceremony with one key, which anybody checks by the board, and shares that no file shows", async () => {
    for (const n of five.members)
      assert.equal(readFileSync(at(`key${n}.json`), "utf8"), readFileSync(at("key1.json"), "utf8"));
    const board = ["--board", at("board")];
    const { stdout } = await five.cli(
      1,
      "check",
      at("terms.json"),
      ...board,
      "--key",
      at("key1.json"),
      "--json",
    );
    assert.equal(JSON.parse(stdout).threshold, 3);
    const status = await five.cli(2, "status", "--store", at("l2.store"), "--json");
    const { shares, ceremonies } = JSON.parse(status.stdout);
    assert.deepEqual([shares.length, shares[0].member, ceremonies[0].done], [1, 2, true]);
    // Run again, a member says the same and signs nothing new.
    const before = readdirSync(at("board")).length;
    await five.as("join", 1, at("terms.json"), ...board, "--out", at("key1.json"), "--once");
    assert.equal(readdirSync(at("board")).length, before);
    writeFileSync(at("password"), "another password");
    const other = ["--store", at("l1.store"), "--store-password-file", at("password")];
    await assert.rejects(
      five.cli(1, "status", ...other),
      (error: Error & { code?: number; stderr?: string }) =>
        error.code === 8 && /does not open/.test(error.stderr ?? ""),
    );
  });

  // shows: P75, A129
  it("decrypt nothing before the freeze, and after it open the book though one lies and one is silent", async () => {
    for (const n of [1, 2]) serve(n);
    serve(3, "lie");
    await sleep(3_000);
    assert.equal(five.parts().length, 0);
    writeFileSync(at("frozen.json"), accountsText([account]));
    // Two honest ones and a liar, while two are silent: too few, and the liar has a name.
    await five.until(3);
    assert.throws(() => openByPartials(key, account, five.parts(), 16), OutOfRangeError);
    const [liar] = combinePartials(key, account, five.parts()).refused;
    assert.ok(liar instanceof MemberFaultError && liar.member === 3 && liar.fault === "partial");
    // One of the silent wakes up.
    serve(5);
    await five.until(4);
    assert.deepEqual(openByPartials(key, account, five.parts(), 16), opening);
    for (const n of [1, 2, 5]) {
      const journal = readFileSync(at(`l${n}.journal`), "utf8");
      assert.match(journal, /"sequence":"7"/);
      assert.ok(!journal.includes(String(opening.basis)));
    }
    assert.ok(!existsSync(at("l4.journal")));
  });
});
