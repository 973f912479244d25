import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ZeroHash } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { connect } from "../../src/chain/connection.js";
import { openDeployment, openVault, serialiseDeployment } from "../../src/chain/deployment.js";
import { ammLiquidator } from "../../src/chain/generated/AmmLiquidator.js";
import {
  DEFAULT_ROUTES,
  findLiquidatable,
  type LiquidationTerms,
  liquidatedIn,
  quoteLiquidation,
  type RouteQuote,
  routesOf,
  takeLiquidation,
} from "../../src/chain/liquidator.js";
import { LocalToken } from "../../src/chain/localMarket.js";
import { quoteRoutes, quoterOf } from "../../src/chain/poolQuotes.js";
import { submit } from "../../src/chain/submit.js";
import { tokenAt } from "../../src/chain/vault.js";
import { Recording, RememberingVerifier, runOptions } from "../audit/replay/recording.js";
import {
  edits,
  findsEach,
  linesOf,
  removes,
  type SideTampering,
  sideEvents,
} from "../audit/replay/sideRecording.js";
import { zk } from "../cli/support.js";
import { builtEntry } from "../support/built.js";
import { until } from "../support/feedChain.js";
import { borrow, fallIll } from "../support/loan.js";
import { LocalChain } from "../support/localChain.js";
import { ProxyNode } from "../support/proxyNode.js";
import { Uniswap } from "../support/uniswap.js";

const ONE = 10n ** 18n;

describe("chain/liquidator, an auction sold in Uniswap's own pools", () => {
  let chain: LocalChain;
  let account: string;
  let usdc: string;
  let btc: string;
  let folder: string;
  let liquidator: string;
  let uniswap: Uniswap;
  const balance = (who: string) => tokenAt(chain.open, usdc).balanceOf(who);
  const terms = (): LiquidationTerms => ({
    leastProfit: ONE,
    slippage: 200,
    to: chain.keeper.address,
  });
  const cli = async (...args: readonly string[]) => {
    const at = ["--rpc", chain.anvil.url, "--deployment", join(folder, "deployment.json")];
    return zk(["liquidate", ...args, ...at, "--key-env", "ZKM_KEEPER"]);
  };
  const lines = (text: string) =>
    text
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  before(async () => {
    process.env["ZKM_KEEPER"] = ANVIL_KEYS[3];
    folder = await mkdtemp(join(tmpdir(), "zkmargin-liquidate-"));
    chain = await LocalChain.start();
    await writeFile(join(folder, "deployment.json"), serialiseDeployment(chain.open.deployment));
    ({ usdc, btc } = await chain.mint(10n ** 9n));
    account = await borrow(chain, btc);
    uniswap = await Uniswap.deploy(chain.connection.provider, ANVIL_KEYS[2] ?? "");
  });
  after(async () => {
    await chain?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("finds nothing while nobody is liquidatable", async () => {
    assert.deepEqual(await findLiquidatable(chain.open), []);
    const told = await cli("deploy", "--factory", String(uniswap.factory.target));
    assert.equal(told.code, 0, told.err);
    liquidator = told.out.trim();
    const looked = await cli("run", "--liquidator", liquidator, "--once", "--json");
    assert.equal(looked.code, 0, looked.err);
    assert.deepEqual(
      lines(looked.out).map(({ event, found }) => [event, found]),
      [
        ["unquoted", undefined],
        ["found", 0],
      ],
    );
  });

  it("finds what is liquidatable, starts its auction, and waits for a price that pays", async () => {
    const ill = await fallIll(chain, account);
    await submit(chain.open, chain.transactionsOf(chain.custodian), ill);
    const [found] = await findLiquidatable(chain.open);
    assert.deepEqual([found?.account, found?.token.symbol, found?.auction], [account, "BTC", null]);
    const started = await cli("run", "--liquidator", liquidator, "--once", "--json");
    assert.equal(started.code, 12, started.err);
    assert.deepEqual(
      lines(started.out).map(({ event }) => event),
      ["unquoted", "found", "started"],
    );
    const { low } = await chain.open.contracts.marketLedger.priceOf(1n);
    // A pool at the ledger's price, in whole dollars.
    await uniswap.pool(btc, usdc, low / 10n ** 10n, 1_000n * ONE);
    const waits = await cli("run", "--liquidator", liquidator, "--once", "--json");
    assert.equal(waits.code, 12, waits.err);
    assert.deepEqual(
      lines(waits.out).map(({ event }) => event),
      ["unquoted", "found", "waits"],
    );
  });

  it("tries all routes and parts in one block, although the price falls meanwhile", async () => {
    for (let i = 0; i < 2; i++) await chain.pass(330);
    const [found] = await findLiquidatable(chain.open);
    assert.ok(found?.auction);
    const node = await ProxyNode.start(chain.anvil.url);
    const connection = await connect(node.url);
    try {
      let tries = 0;
      // Once the whole has been tried in vain, the price falls, and all of it would pay.
      node.fate = (method) =>
        method !== "eth_call" || tries++ !== 12
          ? "pass"
          : {
              change: async (answer, ask) => {
                await ask("evm_increaseTime", [2_300]);
                await ask("evm_mine", []);
                return answer;
              },
            };
      const open = openDeployment(connection, chain.open.deployment);
      const { address } = chain.keeper;
      assert.equal(await quoteLiquidation(open, liquidator, found, DEFAULT_ROUTES, terms(), address), null);
      assert.ok(tries > 12);
    } finally {
      connection.close();
      await node.stop();
    }
  });

  it("asks Uniswap's quoter first, and tries only what promises most", async () => {
    const [found] = await findLiquidatable(chain.open);
    assert.ok(found?.auction);
    const { low } = await chain.open.contracts.marketLedger.priceOf(1n);
    const cost = low / 10n ** 10n;
    // A cheaper pool without depth, beside the deep one.
    await uniswap.pool(btc, usdc, cost, ONE, 500);
    const quoter = await quoterOf(chain.open, liquidator, String(uniswap.quoter.target));
    assert.ok(quoter);
    const quotes = await quoteRoutes(chain.open, quoter, found, DEFAULT_ROUTES);
    const wholeOf = (fee: bigint): RouteQuote => {
      const ofFee = quotes.routes.filter(({ hops }) => hops[0]?.fee === fee);
      return ofFee.find(({ most }) => most === found.auction?.left) ?? assert.fail(String(fee));
    };
    const [deep, thin] = [wholeOf(3_000n), wholeOf(500n)];
    // A position over all prices sells along x · y = k, less the fee.
    for (const [{ amount, sale, impact, hops }, depth] of [
      [deep, 1_000n * ONE],
      [thin, ONE],
    ] as const) {
      const paid = (amount * (1_000_000n - (hops[0]?.fee ?? 0n))) / 1_000_000n;
      const expected = (depth * cost * paid) / (depth + paid);
      const apart = sale > expected ? sale - expected : expected - sale;
      assert.ok(apart * 1_000_000n < expected, `${sale} for ${expected}`);
      const moved = Number(paid) / Number(depth + paid);
      assert.ok(Math.abs(Number(impact) / 10_000 - moved) < 0.002, `${impact} for ${moved}`);
    }
    assert.ok((thin.impact ?? 0n) > (deep.impact ?? 0n));
    const [best] = quotes.routes;
    assert.ok(best);
    for (const { sale, cost: paid } of quotes.routes) assert.ok(sale - paid <= best.sale - best.cost);

    const node = await ProxyNode.start(chain.anvil.url);
    const connection = await connect(node.url);
    const { address } = chain.keeper;
    const differs: [bigint | undefined, bigint | string][] = [];
    const onDiffers = ({ hops }: RouteQuote, simulated: bigint | string) =>
      void differs.push([hops[0]?.fee, simulated]);
    try {
      const open = openDeployment(connection, chain.open.deployment);
      let calls = 0;
      node.fate = (method) => {
        if (method === "eth_call") calls++;
        return "pass";
      };
      const known = { quotes, onDiffers };
      const quote = await quoteLiquidation(open, liquidator, found, DEFAULT_ROUTES, terms(), address, known);
      assert.ok(quote);
      assert.deepEqual([quote.hops, quote.profit, differs], [best.hops, best.sale - best.cost, []]);
      // The liquidator's vault, the vault's token, and one trial.
      assert.equal(calls, 3);
      calls = 0;
      await quoteRoutes(open, quoter, found, DEFAULT_ROUTES);
      assert.equal(calls, 4);
    } finally {
      connection.close();
      await node.stop();
    }
    // A quote that a trial does not bear out is told, and the next best is tried.
    const tries = async (given: typeof quotes, wanted: LiquidationTerms) =>
      quoteLiquidation(chain.open, liquidator, found, DEFAULT_ROUTES, wanted, address, {
        quotes: given,
        onDiffers,
      });
    const lie = { ...thin, sale: best.sale * 2n };
    const honest = await tries({ ...quotes, routes: [lie, ...quotes.routes] }, terms());
    assert.deepEqual([honest?.hops, honest?.profit], [best.hops, best.sale - best.cost]);
    assert.deepEqual(
      differs.map(([fee]) => fee),
      [500n],
    );
    differs.length = 0;
    assert.equal(await tries(quotes, { ...terms(), slippage: 0 }), null);
    assert.ok(differs.some(([fee, why]) => fee === 3_000n && why === "ProfitTooLow"));
    // A trader moves the pool through Uniswap's router after the quote: the trial in the next block comes out otherwise.
    await uniswap.sell(btc, usdc, ONE, 3_000);
    const newest = await chain.connection.provider.getBlockNumber();
    differs.length = 0;
    const later = await tries({ block: newest, routes: [best] }, { ...terms(), slippage: 1_000 });
    assert.ok(later && later.profit < best.sale - best.cost);
    assert.deepEqual(differs, [[3_000n, later.profit]]);
    // What promises too little is not tried.
    differs.length = 0;
    assert.equal(await tries(quotes, { ...terms(), leastProfit: 10n ** 30n }), null);
    assert.deepEqual(differs, []);
  });

  it("quotes a route of two pools as its trial comes out, and says nothing of one with a pool of v4", async () => {
    const [found] = await findLiquidatable(chain.open);
    assert.ok(found?.auction);
    const { low } = await chain.open.contracts.marketLedger.priceOf(1n);
    const desk = chain.custodian;
    const { address: dai } = await LocalToken.deploy(
      chain.connection,
      chain.transactionsOf(desk),
      "DAI",
      10n ** 30n,
    );
    // The pools' own account is the custodian's.
    await uniswap.pool(btc, dai, low / 10n ** 10n, 100_000n * ONE, 10_000);
    await uniswap.pool(dai, usdc, 1n, 10n ** 8n * ONE, 500);
    const choice = { fees: [500n, 10_000n], v4: [{ fee: 100n, tickSpacing: 1n }], through: [dai] };
    const quoter = String(uniswap.quoter.target);
    const all = await quoteRoutes(chain.open, quoter, found, choice);
    for (const { hops } of all.routes) assert.ok(hops.every(({ tickSpacing }) => tickSpacing === 0n));
    const routes = all.routes.filter(({ hops }) => hops.length === 2);
    assert.deepEqual(
      [...new Set(routes.map(({ hops }) => hops.map(({ fee }) => fee).join()))],
      ["10000,500"],
    );
    const differs: unknown[] = [];
    const known = { quotes: { ...all, routes }, onDiffers: (...told: unknown[]) => void differs.push(told) };
    // This liquidator knows no manager of v4: a route through one is tried, and refused.
    const { address } = chain.keeper;
    const quote = await quoteLiquidation(chain.open, liquidator, found, choice, terms(), address, known);
    const [best] = routes;
    assert.ok(best);
    assert.deepEqual([quote?.hops, quote?.profit, differs], [best.hops, best.sale - best.cost, []]);
  });

  it("takes no quoter of another factory, and knows none where none is given", async () => {
    assert.equal(await quoterOf(chain.open, liquidator), null);
    const run = ["run", "--liquidator", liquidator, "--once", "--json"];
    const strange = await cli(...run, "--quoter", btc);
    assert.equal(strange.code, 8);
    const other = await Uniswap.deploy(chain.connection.provider, ANVIL_KEYS[2] ?? "");
    const foreign = await cli(...run, "--quoter", String(other.quoter.target));
    assert.equal(foreign.code, 8);
    assert.match(foreign.err, /quoter 0x\w+: expected one of the liquidator's factory 0x\w+, got one of 0x/);
  });

  it("tries routes out, and takes the most profitable once", async () => {
    const [found] = await findLiquidatable(chain.open);
    assert.ok(found?.auction);
    const greedy = { ...terms(), leastProfit: 10n ** 30n };
    const { address } = chain.keeper;
    assert.equal(
      await quoteLiquidation(chain.open, liquidator, found, DEFAULT_ROUTES, greedy, address),
      null,
    );
    const quote = await quoteLiquidation(chain.open, liquidator, found, DEFAULT_ROUTES, terms(), address);
    assert.ok(quote);
    assert.deepEqual(
      quote.hops.map(({ fee }) => fee),
      [3_000n],
    );
    const before = await balance(address);
    const transactions = chain.transactionsOf(chain.keeper);
    // The price falls before it is mined: all that is due is raised all the same.
    await chain.connection.provider.send("evm_increaseTime", [5]);
    const taken = await takeLiquidation(chain.open, transactions, liquidator, quote, terms());
    assert.ok(taken);
    assert.ok(taken.amount > quote.amount);
    const { due } = await openVault(chain.open).liquidationOf(account);
    assert.equal(due, 0n);
    assert.equal((await balance(address)) - before, taken.profit);
    assert.ok(taken.profit >= ONE);
    assert.equal(await balance(liquidator), 0n);
    // The same journal sends nothing twice.
    assert.deepEqual(await takeLiquidation(chain.open, transactions, liquidator, quote, terms()), taken);
    assert.equal((await balance(address)) - before, taken.profit);
    // For who comes later it is done.
    const late = chain.transactionsOf(chain.institution);
    assert.equal(await takeLiquidation(chain.open, late, liquidator, quote, terms()), null);
  });

  it("reads what was liquidated of its liquidator alone", async () => {
    const abi = interfaceOf(ammLiquidator);
    const log = (address: string, profit: bigint) => ({
      address,
      ...abi.encodeEventLog("Liquidated", [account, btc, ONE, ONE, profit, btc]),
    });
    // A token of an attacker reports a profit in the same transaction.
    const receipt = { logs: [log(btc, 10n ** 30n), log(liquidator, ONE)], gasUsed: 1n, hash: "0x" };
    assert.equal(liquidatedIn(receipt as never, liquidator)?.profit, ONE);
    assert.equal(liquidatedIn({ ...receipt, logs: [log(btc, ONE)] } as never, liquidator), null);
  });

  it("runs as a bot: starts after relief and again after an hour unsold, takes, and ends by an interrupt", async () => {
    await chain.pass(3_600);
    await chain.move("2021-05-19", 8_000n);
    const before = await balance(chain.custodian.address);
    const node = await ProxyNode.start(chain.anvil.url);
    const bot = spawn(
      process.execPath,
      [
        ...[builtEntry("zkmargin"), "liquidate", "run", "--rpc", node.url],
        ...["--deployment", join(folder, "deployment.json"), "--liquidator", liquidator, "--patience", "8"],
        ...["--quoter", String(uniswap.quoter.target)],
        ...["--to", chain.custodian.address, "--interval", "1", "--json", "--key-env", "ZKM_KEEPER"],
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const seen: { event: string; profit?: string; route?: string; impactBps?: string }[] = [];
    let text = "";
    bot.stdout.on("data", (data) => {
      text += data;
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      text = text.slice(whole.length);
      seen.push(...lines(whole));
    });
    // A bot that does not get there says what it saw instead.
    const end = Date.now() + 300_000;
    const saw = (event: string, times = 1) =>
      until(() => {
        assert.ok(Date.now() < end, `expected ${event}, got ${JSON.stringify(seen.slice(-20))}`);
        assert.deepEqual([bot.exitCode, bot.signalCode], [null, null]);
        return seen.filter((line) => line.event === event).length >= times;
      });
    try {
      // The node goes once it has the transaction, which is told when it is seen to be mined.
      await until(() => node.heard.has("eth_sendRawTransaction"));
      node.fate = () => "reset";
      await saw("trouble");
      assert.ok(!seen.some(({ event }) => event === "started"));
      node.fate = () => "pass";
      await saw("started");
      await saw("waits");
      // Looks that find nothing new say nothing.
      const told = seen.length;
      await sleep(4_000);
      assert.deepEqual(seen.slice(told), []);
      await chain.pass(3_700);
      await saw("closed");
      await saw("started", 2);
      await saw("waits", 2);
      for (let i = 0; i < 9; i++) await chain.pass(330);
      await saw("taken");
      // A node that answers nothing holds up nobody.
      node.fate = () => "hang";
      await sleep(2_000);
      const asked = Date.now();
      bot.kill("SIGINT");
      const [code] = await once(bot, "exit");
      assert.equal(code, 0);
      assert.ok(Date.now() - asked < 5_000);
    } finally {
      bot.kill("SIGKILL");
      await node.stop();
    }
    const quoted = seen.filter(({ event }) => event === "quoted");
    assert.deepEqual([...new Set(quoted.map(({ route }) => route))].sort(), ["v3 3000", "v3 500"]);
    for (const { impactBps } of quoted) assert.match(String(impactBps), /^\d+$/);
    const taken = seen.filter(({ event }) => event === "taken");
    assert.equal(taken.length, 1);
    assert.equal((await balance(chain.custodian.address)) - before, BigInt(taken[0]?.profit ?? 0));
  });

  describe("replayed by the auditor", () => {
    let lines: string[] = [];
    let verifier: RememberingVerifier;
    before(async () => {
      lines = await linesOf(chain.open);
      verifier = new RememberingVerifier((await runOptions()).key.verificationKey);
    });

    it("has nothing found in it", async () => {
      const log = new Recording(undefined, lines);
      assert.equal(sideEvents(log, "Liquidated").length, 2);
      assert.deepEqual((await log.replay({ verifier })).findings.listed, []);
    });

    const transfers = (log: Recording) => log.blocks.flatMap((block) => block.transfers ?? []);
    const change = (
      log: Recording,
      pick: (transfer: { token: string; from: string; to: string }) => boolean,
    ) => {
      const found = transfers(log).find(pick) as { amount: string } | undefined;
      assert.ok(found);
      found.amount = String(BigInt(found.amount) + 1n);
    };
    const vault = () => chain.open.deployment.marginVault?.address ?? "";
    const tamperings: readonly SideTampering[] = [
      edits("liquidation-sale", "a profit that the sale did not bring", "Liquidated", 0, { profit: 1n }),
      edits("liquidation-sale", "another amount than the vault sold", "Liquidated", 0, { amount: 1n }),
      edits("liquidation-sale", "another cost than the vault was paid", "Liquidated", 0, { cost: 1n }),
      edits("liquidation-sale", "a sale that the vault knows nothing of", "Liquidated", 0, {
        account: ZeroHash,
      }),
      [
        "liquidation-sale",
        "more from the pools than cost and profit",
        (log) => change(log, ({ token, to }) => token === usdc && to === liquidator),
      ],
      [
        "liquidation-sale",
        "another payment to the vault",
        (log) => change(log, ({ token, to }) => token === usdc && to === vault()),
      ],
      [
        "liquidation-sale",
        "another payment of the profit",
        (log) =>
          change(log, ({ token, from, to }) => token === usdc && from === liquidator && to !== vault()),
      ],
      [
        "liquidation-sale",
        "more collateral than the vault gave",
        (log) => change(log, ({ token, from }) => token === btc && from === vault()),
      ],
      [
        "liquidation-sale",
        "collateral that no pool took",
        (log) => change(log, ({ token, from }) => token === btc && from === liquidator),
      ],
      [
        "liquidation-sale",
        "transfers that the record leaves out",
        (log) => {
          for (const block of log.blocks) if (block.transfers !== undefined) block.transfers = [];
        },
      ],
      removes("event-missing", "a bid that its liquidator does not tell of", "Liquidated", 0),
    ];
    // shows: A77
    findsEach(
      "liquidations",
      tamperings,
      () => lines,
      () => verifier,
    );
  });

  it("joins the hops of every route", () => {
    const v4 = [{ fee: 3_000n, tickSpacing: 60n }];
    const routes = routesOf("a", "c", { fees: [100n, 500n], v4, through: ["b", "a", "c"] });
    assert.equal(routes.length, 3 + 9);
    for (const hops of routes) assert.equal(hops.at(-1)?.token, "c");
  });
});
