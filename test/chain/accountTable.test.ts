import assert from "node:assert/strict";
import { Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { marketLedger } from "../../src/chain/generated/MarketLedger.js";
import { AccountTable, type Head } from "../../src/chain/keeper/accountTable.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { poke } from "../../src/chain/rounds.js";
import { accountStatus, marketStatus } from "../../src/chain/status.js";
import { recordLapse, submit } from "../../src/chain/submit.js";
import { ZkMarginError } from "../../src/errors.js";
import { Random } from "../support/cases.js";
import { exampleBook } from "../support/desk.js";
import { LocalChain } from "../support/localChain.js";
import { ProxyNode } from "../support/proxyNode.js";

/** Steps of the walk; ACCOUNT_STEPS=1000 is a long one. */
const STEPS = Number(process.env["ACCOUNT_STEPS"] ?? 60);
const marketLedgerInterface = interfaceOf(marketLedger);
const unknownAccount = (i: number) => `0x${(0xabc000 + i).toString(16).padStart(64, "0")}`;

describe("chain/keeper/accountTable", function () {
  this.timeout(300_000);
  let chain: LocalChain;
  let accounts: string[];
  const names = ["cash-and-carry", "leveraged-long", "aave-borrower", "cash-and-carry"];
  before(async () => {
    chain = await LocalChain.start();
    accounts = [];
    for (const [i, name] of names.entries())
      accounts.push(await chain.attest(exampleBook(name, { account: `desk-${i}`, sequence: 1 })));
    accounts.push(unknownAccount(0));
  });
  after(() => chain?.close());

  const head = async (): Promise<Head> => {
    const block = (await chain.connection.provider.getBlock("latest")) ?? assert.fail();
    const { number, timestamp, parentHash } = block;
    return { number, time: BigInt(timestamp), hash: block.hash ?? "", parentHash };
  };

  // shows: A79
  it("has every account as the gate has it, whatever happens, and reads them all only once", async () => {
    const random = new Random(20_210_519);
    const proxy = await ProxyNode.start(chain.anvil.url);
    const connection = await connect([proxy.url]);
    let whole = 0;
    const selector = marketLedgerInterface.getFunction("oldestRound")?.selector ?? assert.fail();
    proxy.fate = (method, [call]) => {
      if (method === "eth_call" && JSON.stringify(call).includes(`"${selector}"`)) whole++;
      return "pass";
    };
    const table = new AccountTable(openDeployment(connection, chain.open.deployment), accounts);
    const sequences = accounts.map(() => 1);
    const seen = new Set<string>();
    const priced = async (share: bigint) => {
      await chain.pass(1_000);
      await chain.feeds.post(chain.closes.map((close, u) => (u === 0 ? close : (close * share) / 10_000n)));
      await poke(chain.open, chain.transactionsOf(chain.keeper));
    };
    const steps: Record<string, () => Promise<unknown>> = {
      pass: () => chain.pass(random.integer(1, 20_000)),
      wait: () => chain.pass(random.integer(1, 200)),
      price: () => priced(random.pick([10_000n, 10_000n, 10_000n, 9_950n, 10_050n, 8_500n])),
      prove: async () => {
        const account = accounts[random.integer(0, names.length - 1)] ?? "";
        const envelope = random.pick([0, 50, 100, 300]);
        const support = random.pick([0n, 0n, 100_000n, -100_000n]);
        const proven = await chain.proofOf(account, { envelope, support });
        await submit(chain.open, chain.transactionsOf(chain.keeper), proven);
      },
      illHealth: async () => {
        // Twice, as a round has the average over the time before it as well.
        for (const price of [8_000n, 8_000n]) await priced(price);
        const account = accounts[random.integer(0, 1)] ?? "";
        const theta = random.pick([10_000, 10_500]);
        const proven = await chain.proofOf(account, { theta, healthy: false });
        await submit(chain.open, chain.transactionsOf(chain.custodian), proven);
      },
      lapse: () =>
        recordLapse(
          chain.open,
          chain.transactionsOf(chain.keeper),
          accounts[random.integer(0, names.length - 1)] ?? "",
        ),
      attest: async () => {
        const i = random.integer(0, names.length - 1);
        const sequence = (sequences[i] ?? 0) + 1;
        await chain.attest(exampleBook(names[i] ?? "", { account: `desk-${i}`, sequence }));
        sequences[i] = sequence;
      },
    };
    for (let step = 0; step < STEPS; step++) {
      const name = step < 2 ? "price" : random.pick(Object.keys(steps));
      await steps[name]?.().catch((error) => {
        // A walk asks for much that the chain or the model refuses.
        if (!(error instanceof ZkMarginError)) throw error;
      });
      const at = await head();
      const { market, accounts: read } = await table.read(at);
      assert.deepEqual(market, await marketStatus(chain.open), `${step}: ${name}`);
      for (const [i, account] of accounts.entries()) {
        assert.deepEqual(read[i], await accountStatus(chain.open, account, at.number), `${step}: ${name}`);
        seen.add(read[i]?.status ?? "");
      }
    }
    connection.close();
    await proxy.stop();
    assert.equal(whole, 1);
    assert.deepEqual([...seen].sort(), ["grace", "healthy", "liquidatable", "marginCall", "unknown"]);
  });

  it("notices that a node leaves out events, and reads everything again", async () => {
    const proxy = await ProxyNode.start(chain.anvil.url);
    const connection = await connect([proxy.url]);
    try {
      const open = openDeployment(connection, chain.open.deployment);
      const table = new AccountTable(open, accounts);
      await chain.pass(1_000);
      await chain.feeds.post(chain.closes);
      await poke(chain.open, chain.transactionsOf(chain.keeper));
      await table.read(await head());
      proxy.fate = (method) =>
        method === "eth_getLogs" ? { change: (answer) => ({ ...answer, result: [] }) } : "pass";
      await chain.attest(exampleBook("cash-and-carry", { account: "desk-3", sequence: 90 }));
      let looks = 0;
      for (;;) {
        const { accounts: read } = await table.read(await head());
        looks++;
        if (read[3]?.book.sequence === 90n) break;
        await chain.pass(1);
        assert.ok(looks < 4, "four accounts are checked at each look");
      }
    } finally {
      connection.close();
      await proxy.stop();
    }
  });

  it("goes on from where the chain branched after a re-organisation, by a few requests", async () => {
    const proxy = await ProxyNode.start(chain.anvil.url);
    const connection = await connect([proxy.url]);
    try {
      const open = openDeployment(connection, chain.open.deployment);
      const more = Array.from({ length: 2_000 }, (_, i) => unknownAccount(i + 1));
      const table = new AccountTable(open, [...accounts, ...more]);
      const { provider } = chain.connection;
      const look = async () => {
        const at = await head();
        const begun = total(proxy);
        const found = await table.read(at);
        return { ...found, at, requests: total(proxy) - begun };
      };
      const first = await look();
      for (const depth of [1, 3, 12]) {
        await chain.pass(1);
        const before = (await look()).accounts[3]?.book.sequence ?? assert.fail();
        const snapshot = await provider.send("evm_snapshot", []);
        await chain.attest(
          exampleBook("cash-and-carry", { account: "desk-3", sequence: Number(before) + 10 }),
        );
        for (let i = 0; i < depth; i++) {
          await chain.pass(1);
          assert.equal((await look()).accounts[3]?.book.sequence, before + 10n);
        }
        await provider.send("evm_revert", [snapshot]);
        // Another branch, with an event of another account and a round.
        await chain.attest(exampleBook("aave-borrower", { account: "desk-2", sequence: 100 + depth }));
        await chain.pass(1_000);
        await chain.feeds.post(chain.closes);
        await poke(chain.open, chain.transactionsOf(chain.keeper));
        for (let i = 0; i <= depth; i++) await chain.pass(1);
        const { at, market, accounts: read, requests } = await look();
        assert.equal(read[3]?.book.sequence, before);
        assert.deepEqual(market, await marketStatus(chain.open));
        for (const [i, account] of accounts.entries())
          assert.deepEqual(read[i], await accountStatus(chain.open, account, at.number));
        assert.ok(requests <= 12 && requests < first.requests / 2, `${requests}, ${first.requests} at first`);
      }
    } finally {
      connection.close();
      await proxy.stop();
    }
  });

  it("asks the node as often for a thousand accounts as for ten: at a quiet block, at a new round, at a first look", async () => {
    const counts: Record<string, number>[] = [];
    for (const count of [10, 1_000]) {
      const proxy = await ProxyNode.start(chain.anvil.url);
      const connection = await connect([proxy.url]);
      try {
        const open = openDeployment(connection, chain.open.deployment);
        const more = Array.from({ length: count - accounts.length }, (_, i) => unknownAccount(i + 1));
        const keeper = new Keeper({
          ...{ open, key: chain.key.key, accounts: [...accounts, ...more] },
          // Newer books than the attested ones: nothing is due, so that a look is all there is.
          given: () => ({ name: "desk-0", sequence: 999n, commitment: 1n, isolated: false }),
          transactions: chain.transactionsOf(chain.keeper),
          prove: chain.prove,
          clock: Date.now,
          policy: { envelopeShare: 10_000, ageShare: 10_000, batch: 64, pokeAfter: null },
          interval: 10,
        });
        const asked = async (work: () => Promise<unknown>) => {
          await work();
          const before = total(proxy);
          await keeper.tick();
          return total(proxy) - before;
        };
        const first = await asked(async () => undefined);
        // What is due is done, so that the looks that follow only look.
        for (let i = 0; i < 3; i++) await asked(() => chain.pass(1));
        const quiet = await asked(() => chain.pass(1));
        await asked(() => chain.pass(120));
        const round = await asked(async () => {
          await chain.pass(1_000);
          await chain.feeds.post(chain.closes);
          await poke(chain.open, chain.transactionsOf(new Wallet(ANVIL_KEYS[5])));
        });
        counts.push({ first, quiet, round });
      } finally {
        connection.close();
        await proxy.stop();
      }
    }
    const [few, many] = counts;
    assert.equal(many?.["quiet"], few?.["quiet"]);
    assert.equal(many?.["round"], few?.["round"]);
    assert.equal(few?.["quiet"], 4, "block, events, one call, balance");
    assert.ok((few?.["round"] ?? 99) <= 10, `${few?.["round"]} requests`);
    // A first look reads every account: one request for 500 views, seven for each account.
    assert.ok((many?.["first"] ?? 0) - (few?.["first"] ?? 0) <= 16);
  });
});

const total = ({ heard }: ProxyNode) => [...heard.values()].reduce((sum, count) => sum + count, 0);
