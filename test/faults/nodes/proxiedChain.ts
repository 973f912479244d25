import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { Interface, type JsonRpcProvider, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../../src/chain/anvil.js";
import type { Connection } from "../../../src/chain/connection.js";
import { openDeployment, parseDeployment } from "../../../src/chain/deployment.js";
import { erc20Mock } from "../../../src/chain/generated/index.js";
import { memoryJournal } from "../../../src/chain/journal.js";
import { Transactions } from "../../../src/chain/transactions/transactions.js";
import { vaultTokens } from "../../../src/chain/vaultAccount.js";
import { ChainDesk, type Who } from "../../support/chainDesk.js";
import { ProxyNode, type Rule } from "../../support/proxyNode.js";

/** A command that is run through bad nodes, and what has to be there before. */
export interface Step {
  readonly name: string;
  /** Makes ready, by a good node. */
  readonly prepare?: (chain: ProxiedChain) => Promise<unknown>;
  /** Its arguments but for the node, the manifest and the journal. A `run` that is carried on has the number it had. */
  readonly command: (chain: ProxiedChain, run: number) => readonly string[];
  /** Who sends; nobody where it only reads. */
  readonly who?: Who;
}

/** What a run has brought about: events of the chain by contract and kind, and transactions by sender. */
type Effect = Readonly<Record<string, number>>;

/** Seconds after which a market that stands still may be poked again. */
export const SETTLED = 1_000;

/** A deployment behind a proxy, whose chain goes back to where a step begins before each run. */
export class ProxiedChain {
  readonly account = { id: "", name: "desk-1/cross" };
  #runs = 0;

  private constructor(
    readonly desk: ChainDesk,
    readonly proxy: ProxyNode,
    readonly connection: Connection,
  ) {}

  static async start(): Promise<ProxiedChain> {
    const desk = await ChainDesk.start();
    return new ProxiedChain(desk, await ProxyNode.start(desk.anvil.url), await desk.anvil.connect());
  }

  get provider(): JsonRpcProvider {
    return this.connection.provider;
  }

  /** Mints the vault's tokens to everybody. */
  async mint(): Promise<void> {
    const deployment = parseDeployment(await readFile(this.desk.file("deployment.json"), "utf8"));
    const transactions = new Transactions(this.connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
    for (const { token } of await vaultTokens(openDeployment(this.connection, deployment)))
      for (const index of [1, 2, 4]) {
        const { address } = new Wallet(ANVIL_KEYS[index] ?? "");
        const data = new Interface(erc20Mock.abi).encodeFunctionData("mint", [address, 10n ** 24n]);
        await transactions.send({ key: `mint ${token} ${index}`, to: token, data });
      }
  }

  /** A new book, attested and proven at a new round. */
  async prove(book: string, sequence: number): Promise<void> {
    const { desk } = this;
    await desk.pass(SETTLED);
    const path = await desk.attestBook(book, this.account, sequence);
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    const bundle = await desk.prove(path, "--theta", "11000");
    await desk.json("submit", ...desk.at, `${this.account.id}=${bundle}`, ...desk.by("ZKM_KEEPER"));
  }

  /** Runs a step by the node that the arguments name, with a journal of its own for each `run`. */
  run(step: Step, url: string, run: number) {
    const journal =
      step.who === undefined
        ? []
        : [...this.desk.by(step.who), "--journal", this.desk.file(`${run}.journal`)];
    // By a good node nothing is given up for a busy machine.
    const [timeout, patience] = url === this.proxy.url ? ["1", "8"] : ["60", "120"];
    const node = ["--rpc", url, "--timeout", timeout, "--patience", patience];
    const manifest = step.name === "deploy" ? [] : ["--deployment", this.desk.file("deployment.json")];
    return this.desk.run(...step.command(this, run), ...node, ...manifest, ...journal);
  }

  /** Runs `work` and undoes on the chain what it did. Returns its effect, and what it returns. */
  async undone<T>(work: (run: number) => Promise<T>): Promise<{ effect: Effect; result: T }> {
    const snapshot = await this.provider.send("evm_snapshot", []);
    const [block, counts] = [await this.provider.getBlockNumber(), await this.#counts()];
    try {
      const result = await work(++this.#runs);
      const effect: Record<string, number> = {};
      const newest = await this.provider.getBlockNumber();
      const logs = newest > block ? await this.provider.getLogs({ fromBlock: block + 1 }) : [];
      for (const { address, topics } of logs) {
        const kind = `${address} ${topics[0]}`;
        effect[kind] = (effect[kind] ?? 0) + 1;
      }
      (await this.#counts()).forEach((count, i) => {
        effect[`transactions of ${i}`] = count - (counts[i] ?? 0);
      });
      return { effect, result };
    } finally {
      await this.provider.send("evm_revert", [snapshot]);
    }
  }

  /**
   * Runs a step behind a bad node. It ends as it does by a good one, or with a clear error, after which it does by a good
   * node: either way the chain shows what one run without faults does, each once.
   */
  async meets(step: Step, rule: Rule, clean: Effect): Promise<"done" | "told"> {
    const { effect, result } = await this.undone(async (run) => {
      this.proxy.fate = rule;
      const bad = await this.run(step, this.proxy.url, run);
      this.proxy.fate = () => "pass";
      if (bad.code === 0) return "done" as const;
      assert.equal(bad.code, 8, `a clear error of the chain: ${bad.err}`);
      assert.match(bad.err, /^zkmargin: .+$/m);
      const good = await this.run(step, this.desk.anvil.url, run);
      // What somebody's second poke is told is that the first was it.
      if (!/PokedTooSoon/.test(good.err)) assert.equal(good.code, 0, `${bad.err}\nthen: ${good.err}`);
      return "told" as const;
    });
    assert.deepEqual(effect, clean, "what the chain shows");
    return result;
  }

  /** What a step does by a good node. */
  async clean(step: Step): Promise<Effect> {
    const { effect } = await this.undone(async (run) => {
      const { code, err } = await this.run(step, this.desk.anvil.url, run);
      assert.equal(code, 0, err);
    });
    return effect;
  }

  #counts(): Promise<number[]> {
    return Promise.all(
      ANVIL_KEYS.slice(0, 5).map((key) => this.provider.getTransactionCount(new Wallet(key).address)),
    );
  }

  async close(): Promise<void> {
    this.connection.close();
    await this.proxy.stop();
    await this.desk.close();
  }
}
