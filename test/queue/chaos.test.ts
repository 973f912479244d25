import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Archive } from "../../src/audit/archive/archive.js";
import { newKeyPair, serialiseAuditorKey } from "../../src/audit/archive/seal.js";
import { disclosedOpening } from "../../src/audit/disclosure.js";
import type { Opening } from "../../src/book/opening.js";
import { eventsOf } from "../../src/chain/binding.js";
import { serialiseDeployment } from "../../src/chain/deployment.js";
import { marginGate } from "../../src/chain/generated/MarginGate.js";
import { pagedLogs } from "../../src/chain/logs.js";
import { poke, roundMarket } from "../../src/chain/rounds.js";
import { accountStatus } from "../../src/chain/status.js";
import { RevertedError } from "../../src/errors.js";
import { denseMarket } from "../../src/market/file.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { largestOfGrid } from "../../src/protocol/whatIf.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { Random } from "../support/cases.js";
import type { ChaosSetting } from "../support/chaosPart.js";
import { exampleBook } from "../support/desk.js";
import { loadChain } from "../support/keptChain.js";
import { closesOn, LocalChain } from "../support/localChain.js";
import { LocalPostgres } from "../support/localPostgres.js";
import { ProxyNode } from "../support/proxyNode.js";

/** Steps of the day; each moves the clock by that share of it. `npm run test:queue` has 72, twenty minutes each. */
const STEPS = Number(process.env["CHAOS_STEPS"] ?? 8);
const SEED = Number(process.env["CHAOS_SEED"] ?? 20_210_519);
const DAY = 86_400;
/** The worst day of the shipped prices: what had been worth 100 on the evening of the 18th was worth 70 a day later. */
const [FROM, TO] = ["2021-05-18", "2021-05-19"];
const TIMES = { lease: 3, sweep: 1, hold: 3 };
const PART = fileURLToPath(new URL("../support/chaosPart.ts", import.meta.url));
const BOOKS = ["cash-and-carry", "leveraged-long", "aave-borrower", "cash-and-carry"];

describe("a day of 19 May 2021, on which keeper, workers, database and node are killed at random", function () {
  // A step takes five seconds on an idle machine.
  this.timeout(300_000 + STEPS * 30_000);
  let folder: string;
  let chain: LocalChain;
  let postgres: LocalPostgres;
  let node: ProxyNode;
  let path: string;
  let setting: ChaosSetting;
  const running = new Map<string, ChildProcess>();
  /** What each part has said last, and how often it was started. */
  const said = new Map<string, { readonly lines: string[]; starts: number }>();
  const news = new EventEmitter();
  let ending = false;
  let archive: Archive;
  let books: Opening[] = [];
  /** Has the next book of every account attested, archived first: a book lives for a day. */
  const attestAll = async (sequence: number) => {
    books = BOOKS.map((name, i) => exampleBook(name, { account: `desk-${i}`, sequence }));
    for (const book of books) await archive.add(disclosedOpening(book, DEFAULT_LISTING, null), 1_621_209_600);
    const accounts: string[] = [];
    for (const book of books) accounts.push(await chain.attest(book));
    return accounts;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-chaos-"));
    chain = await LocalChain.start();
    postgres = await LocalPostgres.start("a password", true);
    node = await ProxyNode.start(chain.anvil.url);
    const at = (name: string) => join(folder, name);
    archive = await Archive.create(
      at("archive"),
      Uint8Array.from({ length: 32 }, (_, i) => i + 1),
    );
    const pair = newKeyPair();
    const accounts = await attestAll(1);
    for (const { account } of books)
      await archive.grant(pair.publicKey, { account, first: 1n, last: 9n }, 1_621_209_600);
    await writeFile(at("deployment.json"), serialiseDeployment(chain.open.deployment));
    await writeFile(at("worker.key"), serialiseAuditorKey(pair), { mode: 0o600 });
    setting = {
      ...{ rpc: node.url, deployment: at("deployment.json"), journal: at("journal"), archive: at("archive") },
      ...{ workerKey: at("worker.key"), accounts, times: TIMES },
      database: { url: postgres.url, password: postgres.password },
    };
    path = at("setting.json");
    await writeFile(path, JSON.stringify(setting));
  });
  after(async () => {
    ending = true;
    for (const child of running.values()) child.kill("SIGKILL");
    await postgres?.stop();
    await node?.stop();
    await chain?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The node as its disk has it: what is mined later is lost if it is killed. */
  const nodeState = async () => ({
    state: (await chain.connection.provider.send("anvil_dumpState", [])) as string,
    block: await chain.connection.provider.getBlockNumber(),
    time: Number(await chain.now()),
  });
  /** Kills the node, and starts it again as it was: a process that read the blocks since has read another chain. */
  const killNode = async (kept: Awaited<ReturnType<typeof nodeState>>, away: number) => {
    const lost = (await chain.connection.provider.getBlockNumber()) - kept.block;
    node.fate = () => "reset";
    await chain.anvil.stop("SIGKILL");
    await sleep(away);
    await chain.anvil.restart();
    await loadChain(chain.connection, { ...kept, journal: [], deployment: "" });
    assert.equal(await chain.connection.provider.getBlockNumber(), kept.block);
    node.fate = () => "pass";
    return lost;
  };

  /** Starts a part, and another whenever it ends, as a service manager does. */
  const supervise = (name: string) => {
    const child = spawn(process.execPath, ["--import", "tsx", PART, name.split("-")[0] ?? "", path], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.set(name, child);
    const of = said.get(name) ?? { lines: [], starts: 0 };
    said.set(name, of);
    of.starts++;
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream ?? assert.fail() }).on("line", (line) => {
        of.lines.push(line);
        of.lines.splice(0, of.lines.length - 12);
        news.emit("line");
      });
    child.once("close", () => {
      if (!ending) setTimeout(() => ending || supervise(name), 200);
    });
  };

  /** Looks again whenever a part says something, and at least every second, until nothing is missing. */
  const until = async (what: string, missing: () => Promise<readonly string[]>, limit: number) => {
    const began = performance.now();
    for (;;) {
      const late = await missing();
      if (late.length === 0) return;
      if (performance.now() - began > limit) {
        const parts = [...said].map(
          ([name, { lines, starts }]) =>
            `${name}, started ${starts} times, said last:\n  ${lines.join("\n  ")}`,
        );
        assert.fail(`waited ${limit / 1_000} s for ${what}; missing: ${late.join()}\n${parts.join("\n")}`);
      }
      const ending = new AbortController();
      const { signal } = ending;
      await Promise.race([once(news, "line", { signal }), sleep(1_000, undefined, { signal })]);
      ending.abort();
    }
  };

  // shows: A79
  it(`ends with every account healthy that can be, ${STEPS} steps and every proof accepted once`, async () => {
    const random = new Random(SEED);
    const killed = { keeper: 0, worker: 0, database: 0, node: 0, connections: 0 };
    let lost = 0;
    const [from, to] = [closesOn(FROM), closesOn(TO)];
    const priceAt = (step: number) =>
      from.map((close, u) => close + (((to[u] ?? close) - close) * BigInt(step)) / BigInt(STEPS));
    await chain.feeds.post(priceAt(0));
    await poke(chain.open, chain.transactionsOf(chain.deployer));
    for (const name of ["keeper", "worker-1", "worker-2"]) supervise(name);
    await until("the first proof of each account", lateAccounts, 180_000);
    for (let step = 0; step <= STEPS; step++) {
      const move = async () => {
        await chain.pass(Math.round(DAY / STEPS));
        await chain.feeds.post(priceAt(step));
        if (step === Math.floor(STEPS / 2)) await attestAll(2);
      };
      const kept = step === Math.floor(STEPS / 2) || random.chance(1 / 8) ? await nodeState() : undefined;
      await move();
      await sleep(random.integer(300, 1_500));
      if (kept !== undefined) {
        killed.node++;
        lost += await killNode(kept, random.integer(100, 2_000));
        await move();
        await sleep(random.integer(300, 1_500));
      }
      // Each at one step at least, and at random ones.
      if (step === 1 || random.chance(1 / 4)) {
        killed.keeper++;
        running.get("keeper")?.kill("SIGKILL");
      }
      if (step === 2 || random.chance(1 / 3)) {
        killed.worker++;
        running.get(random.pick(["worker-1", "worker-2"]))?.kill("SIGKILL");
      }
      if (step === 3 || random.chance(1 / 6)) {
        killed.database++;
        await postgres.kill();
        await sleep(random.integer(100, 1_000));
        await postgres.startAgain();
      }
      if (step === 5 || random.chance(1 / 6)) {
        killed.connections++;
        node.fate = () => "reset";
        await sleep(random.integer(100, 3_000));
        node.fate = () => "pass";
      }
    }
    for (const [part, times] of Object.entries(killed)) assert.ok(times > 0, `the ${part} was killed`);
    assert.ok(lost >= 4 * killed.node, `${lost} blocks were lost`);

    // The market stands still now, and everybody has the time to come back.
    await until("the accounts that can be healthy to be so, after the last kill", lateAccounts, 180_000);
    const statuses = await Promise.all(setting.accounts.map((id) => accountStatus(chain.open, id)));
    assert.ok(statuses.filter(({ status }) => status === "healthy").length >= 2);

    const { address, block: fromBlock } = chain.open.deployment.contracts.marginGate;
    const logs = await pagedLogs(chain.connection.provider, { address, topics: [], fromBlock });
    const accepted = eventsOf(marginGate, "ProofAccepted", logs).map(
      ({ fields }) => `${fields.account} ${fields.round}`,
    );
    assert.ok(accepted.length >= 4);
    assert.equal(new Set(accepted).size, accepted.length, "a proof was accepted twice");
    assert.deepEqual(eventsOf(marginGate, "ProofSkipped", logs), [], "a proof was sent twice");
    const queue = await ProofQueue.open(await postgres.open());
    assert.equal((await queue.status()).failed, 0);
    await queue.close();
  });

  /** Accounts whose book is healthy at the newest round, which the gate does not know; a round is made where none is usable. */
  async function lateAccounts(): Promise<string[]> {
    const { marketLedger } = chain.open.contracts;
    let { number } = await marketLedger.latestRound();
    if (!(await marketLedger.usable(number)))
      ({ number } = await poke(chain.open, chain.transactionsOf(chain.deployer)).catch((error) => {
        if (error instanceof RevertedError) return { number };
        throw error;
      }));
    const { market } = await roundMarket(chain.open, number, chain.key.key);
    const late: string[] = [];
    for (const [i, id] of setting.accounts.entries()) {
      const { status } = await accountStatus(chain.open, id);
      const { book } = books[i] ?? assert.fail();
      const dense = denseMarket(market, chain.session.tier);
      if (status !== "healthy" && largestOfGrid(book, dense, 10_000) !== null)
        late.push(`desk-${i} ${status}`);
    }
    return late;
  }
});
