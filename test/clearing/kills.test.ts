import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { hexToBytes } from "@noble/hashes/utils";
import { parseHalf } from "../../src/clearing/account/half.js";
import { MemberStore } from "../../src/clearing/account/store.js";
import { serialiseLiquidatorsKey } from "../../src/clearing/liquidators/ceremony.js";
import { builtEntry } from "../support/built.js";
import { Random } from "../support/cases.js";
import { type ChainDesk, ROOT } from "../support/chainDesk.js";
import { ClearingDesk, type MemberName } from "../support/clearingDesk.js";
import { generated } from "../support/liquidators.js";

const SEED = 1_805;
/** Slot of BTC in the shipped listing. */
const BTC = 1;
const SIDES: readonly MemberName[] = ["maker", "taker"];

/** When a process is killed: after so many milliseconds, or once a file was written so many times. */
type Moment = { readonly after: number } | { readonly file: string; readonly writes: number };

/**
 * Trades over files between two processes of the command line, either of which is killed by SIGKILL: at moments of a seed, and right
 * after each of the files that it writes. Started again, both end as before the trade or as after it, and so does the chain.
 */
describe("trades over files, with either side killed", function () {
  this.timeout(1_200_000);
  const random = new Random(SEED);
  let house: ClearingDesk;
  let desk: ChainDesk;
  /** Milliseconds that each side takes when nobody kills it. */
  const takes = { accept: 0, settle: 0 };
  /** What the maker signed and sent. */
  let journal = "";
  let trades = 0;
  /** Dollars of both accounts together. */
  let paidIn = 500_000n;

  before(async () => {
    house = await ClearingDesk.start();
    desk = house.desk;
    journal = desk.file(`deployment.json.${desk.owner.slice(2, 10).toLowerCase()}.journal`);
    const { members } = await generated(4, 3, 1);
    await house.deploy(serialiseLiquidatorsKey(members[0]?.share?.key ?? assert.fail()));
    await house.open();
    await house.deposit(250_000);
  });
  after(() => house?.close());

  /** Runs a command line in a process of its own, which is killed at a moment unless it ends before. Its code, or null if it was killed. */
  async function process_(line: readonly string[], moment?: Moment): Promise<number | null> {
    const child = spawn(process.execPath, [builtEntry("zkmargin"), ...line], { cwd: ROOT, stdio: "ignore" });
    const ended = once(child, "close");
    let over = false;
    void ended.then(() => {
      over = true;
    });
    if (moment !== undefined) {
      if ("after" in moment) await Promise.race([sleep(moment.after), ended]);
      else {
        let [seen, writes] = [markOf(moment.file), 0];
        while (!over && writes < moment.writes) {
          await sleep(1);
          const now = markOf(moment.file);
          if (now !== seen) [seen, writes] = [now, writes + 1];
        }
      }
      child.kill("SIGKILL");
    }
    const [code] = await ended;
    return code;
  }

  /** What changes with each write of a file. */
  function markOf(file: string): string {
    const found = statSync(file, { throwIfNoEntry: false });
    return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
  }

  /** Coins of the maker as chain and both stores have them, which must agree: Σ perp is 0, and Σ basis what was paid in. */
  async function coins(): Promise<bigint> {
    const { accounts } = house;
    const of = SIDES.map((name) => accounts[name]);
    const shown: { commitment: string }[] = JSON.parse(
      await desk.ok("clearing", "status", ...of, ...house.house),
    );
    const { contracts } = JSON.parse(readFileSync(house.manifest, "utf8"));
    const place = { chainId: 31_337, house: contracts.clearingHouse.address };
    const [maker, taker] = await Promise.all(
      SIDES.map(async (name, i) => {
        const secret = hexToBytes(readFileSync(desk.file(`${name}.secret`), "utf8").trim());
        const store = await MemberStore.open(desk.file(`${name}.books`), secret, place);
        const standing = BigInt(shown[i]?.commitment ?? 0);
        return store.booksOf(accounts[name]).find(({ commitment }) => commitment === standing);
      }),
    );
    assert.ok(maker !== undefined && taker !== undefined, "each store has the book that stands on the chain");
    assert.equal((maker.perp[BTC] ?? 0n) + (taker.perp[BTC] ?? 0n), 0n);
    assert.equal(maker.basis + taker.basis, paidIn * 10n ** 18n);
    return maker.perp[BTC] ?? 0n;
  }

  /** One trade, with each side killed at its moments and started again. Resolves with what stood right after the last kill of settle. */
  async function trade(moments: { accept?: readonly Moment[]; settle?: readonly Moment[] }): Promise<void> {
    const buys = trades++ % 2 === 0;
    const before = await coins();
    const after = before + (buys ? 1n : -1n) * 10n ** 7n;
    await house.offer("0.1", "43000", buys ? "--buy" : "--sell");
    for (const moment of moments.accept ?? []) {
      await process_(house.accepts(), moment);
      assert.equal(await coins(), before);
      const half = desk.file("half.json");
      if (existsSync(half)) parseHalf(readFileSync(half, "utf8"));
    }
    const start = Date.now();
    assert.equal(await process_(house.accepts()), 0);
    takes.accept ||= Date.now() - start;
    for (const moment of moments.settle ?? []) {
      await process_(house.settles(), moment);
      assert.ok([before, after].includes(await coins()));
      // The taker, too, is killed and starts again, with another half of the same offer or none.
      if (random.integer(0, 1) === 1)
        await process_(house.accepts(), { after: random.integer(0, takes.accept) });
    }
    const begin = Date.now();
    assert.equal(await process_(house.settles()), 0);
    takes.settle ||= Date.now() - begin;
    assert.equal(await coins(), after);
    // The taker hears of it by the chain alone.
    assert.equal(await process_(house.accepts()), 0);
    assert.equal(await coins(), after);
  }

  // shows: A136
  it("land when nobody is killed", () => trade({}));

  // shows: A136
  it("end as before or as after, when a side is killed right after it wrote a file", async () => {
    const written = (file: string, writes = 1) => ({ file, writes });
    await trade({ accept: [written(desk.file("taker.books")), written(desk.file("half.json"))] });
    // Before it signs, before it sends, and before it knows of the receipt.
    await trade({ settle: [written(desk.file("maker.books")), written(journal), written(journal)] });
    await trade({ settle: [written(journal, 2)] });
  });

  // shows: A136
  it("move money once, when a deposit or a request for a payment is killed before it knows of the receipt", async () => {
    const moves = [
      ["deposit", 3_000n],
      ["withdraw", -2_000n],
    ] as const;
    for (const [move, dollars] of moves) {
      const amount = String(dollars < 0n ? -dollars : dollars);
      const line = ["clearing", move, house.accounts.maker, amount, ...house.proofs("maker")];
      const writes = move === "deposit" ? 3 : 1;
      assert.equal(await process_(line, { file: journal, writes }), null);
      assert.equal(await process_(line), 0);
      paidIn += dollars;
      await coins();
    }
  });

  // shows: A136
  it("end as before or as after, when a side is killed at any moment", async () => {
    const moments = (most: number, count: number) =>
      Array.from({ length: count }, () => ({ after: random.integer(0, most) }));
    for (let i = 0; i < 6; i++)
      await trade({ accept: moments(takes.accept, 2), settle: moments(Math.ceil(takes.settle * 1.1), 3) });
    const audit = JSON.parse(await desk.ok("clearing", "audit", ...house.house));
    assert.equal(audit.findings.total, 0);
  });
});
