import { Anvil } from "../../chain/anvil.js";
import { contractAt } from "../../chain/binding.js";
import { type OpenDeployment, openDeployment } from "../../chain/contracts.js";
import type { DeployStep } from "../../chain/deploy/create.js";
import { deploy } from "../../chain/deploy/deploy.js";
import { LocalFeeds, LocalToken } from "../../chain/deploy/local.js";
import { type ERC20Mock, erc20Mock } from "../../chain/generated/ERC20Mock.js";
import { memoryJournal } from "../../chain/journal.js";
import type { Connection } from "../../chain/provider.js";
import { Transactions } from "../../chain/transactions/transactions.js";
import { Vault } from "../../chain/vault.js";
import type { NamedKey } from "../../chain/verificationKey.js";
import type { Artefacts } from "../../groth16/artefacts/load.js";
import type { PriceHistory } from "../../market/history.js";
import { DEFAULT_LISTING } from "../../protocol/listing.js";
import { PORTFOLIO_MARGIN } from "../../risk/portfolioMargin.js";
import { after, closesOn, FIRST_DAY } from "./calendar.js";
import { ACTORS, type ActorName, actors, type Wallet } from "./cast.js";
import { demoPlan } from "./plan.js";

/** Tokens of the story; the mock has 18 decimals. */
export const TOKEN = 10n ** 18n;
export type TokenName = "USDC" | "BTC" | "ETH";
/** States that anvil keeps in memory; it would put older ones on disk. */
const STATES = 64;

type Receipt = ReturnType<Transactions["send"]>;

/** A local chain with everything on it, at the time of the price history, and everybody's keys. */
export class DemoChain {
  readonly wallets: Readonly<Record<ActorName, Wallet>>;
  /** Longest life of a book, seconds. */
  readonly bookMaxAge = PORTFOLIO_MARGIN.bookMaxAge;
  readonly #senders: ReadonlyMap<ActorName, Transactions>;
  #minted = 0;

  private constructor(
    readonly anvil: Anvil,
    readonly connection: Connection,
    readonly open: OpenDeployment,
    readonly key: NamedKey,
    readonly feeds: LocalFeeds,
    readonly tokens: Readonly<Record<TokenName, string>>,
    readonly steps: readonly DeployStep[],
    senders: {
      wallets: Readonly<Record<ActorName, Wallet>>;
      transactions: ReadonlyMap<ActorName, Transactions>;
    },
  ) {
    this.wallets = senders.wallets;
    this.#senders = senders.transactions;
  }

  /** Starts anvil and deploys. If that fails, anvil is ended. */
  static async start(artefacts: Artefacts, history: PriceHistory): Promise<DemoChain> {
    const anvil = await Anvil.start(
      ...["--timestamp", String(after(FIRST_DAY)), "--accounts", String(ACTORS)],
      ...["--prune-history", String(STATES)],
    );
    try {
      return await DemoChain.#deploy(anvil, artefacts, history);
    } catch (error) {
      await anvil.stop();
      throw error;
    }
  }

  static async #deploy(anvil: Anvil, artefacts: Artefacts, history: PriceHistory): Promise<DemoChain> {
    const connection = await anvil.connect();
    const wallets = await actors();
    const sender = (wallet: Wallet) => new Transactions(connection, wallet, memoryJournal());
    const deployer = sender(wallets.deployer);
    const transactions = new Map(
      (Object.entries(wallets) as [ActorName, Wallet][]).map(([name, wallet]) => [name, sender(wallet)]),
    ).set("deployer", deployer);
    const closes = closesOn(history, DEFAULT_LISTING, FIRST_DAY);
    const feeds = await LocalFeeds.deploy(connection, deployer, DEFAULT_LISTING, closes);
    const token = async (symbol: TokenName) =>
      (await LocalToken.deploy(connection, deployer, symbol, 0n)).address;
    const tokens = { USDC: await token("USDC"), BTC: await token("BTC"), ETH: await token("ETH") };
    const key: NamedKey = {
      key: artefacts.verificationKey,
      hash: artefacts.verificationKeyHash,
      kind: "development",
    };
    const steps: DeployStep[] = [];
    const plan = demoPlan(artefacts.tier, key, feeds, tokens, {
      governor: wallets.governor.address,
      guardian: wallets.guardian.address,
    });
    const deployment = await deploy(connection, deployer, plan, (step) => steps.push(step));
    const open = openDeployment(connection, deployment);
    return new DemoChain(anvil, connection, open, key, feeds, tokens, steps, { wallets, transactions });
  }

  /** Of all contracts. */
  get gas(): bigint {
    return this.steps.reduce((sum, { gas }) => sum + gas, 0n);
  }

  /** The sender of this actor. */
  as(actor: ActorName): Transactions {
    const found = this.#senders.get(actor);
    if (found === undefined) throw new RangeError(`no actor ${actor}`);
    return found;
  }

  vaultOf(actor: ActorName): Vault {
    return new Vault(this.open, this.as(actor));
  }

  /** Time of the newest block, unix seconds. */
  async now(): Promise<number> {
    return (await this.connection.provider.getBlock("latest"))?.timestamp ?? 0;
  }

  /** Mines a block of that time. */
  async at(time: number): Promise<void> {
    await this.connection.provider.send("evm_setNextBlockTimestamp", [time]);
    await this.connection.provider.send("evm_mine", []);
  }

  async pass(seconds: number): Promise<void> {
    await this.at((await this.now()) + seconds);
  }

  /** Gives an actor tokens. */
  async mint(token: TokenName, to: ActorName, amount: bigint): Promise<void> {
    const mint = await this.#token(token).mint.populateTransaction(this.wallets[to].address, amount);
    await this.send("deployer", `mint ${this.#minted++}`, mint);
  }

  balance(token: TokenName, of: ActorName): Promise<bigint> {
    return this.#token(token).balanceOf(this.wallets[of].address);
  }

  #token(name: TokenName): ERC20Mock {
    return contractAt(erc20Mock, this.tokens[name], this.connection.provider);
  }

  /** A contract's events above a block, and the gas of the newest transaction among them. */
  async logsSince(block: number, address: string) {
    const { provider } = this.connection;
    const logs = await provider.getLogs({ address, fromBlock: block + 1 });
    const receipt = await provider.getTransactionReceipt(logs.at(-1)?.transactionHash ?? "");
    return { logs, gas: receipt?.gasUsed ?? 0n };
  }

  /** Gas that one of the newest transactions paid for precompiled operations on the curve. */
  async curveGas(hash: string): Promise<bigint> {
    const options = { tracer: "callTracer" };
    return curveGas(await this.connection.provider.send("debug_traceTransaction", [hash, options]));
  }

  /** Sends a transaction, once for its key. */
  send(actor: ActorName, key: string, { to, data }: { readonly to: string; readonly data: string }): Receipt {
    return this.as(actor).send({ key, to, data });
  }

  async close(): Promise<void> {
    this.connection.close();
    await this.anvil.stop();
  }
}

/** A call as the tracer shows it. */
interface Call {
  readonly to: string;
  readonly gasUsed: string;
  readonly calls?: readonly Call[];
}

/** Of the precompiles 6 to 8: addition, multiplication and pairing. */
function curveGas({ to, gasUsed, calls = [] }: Call): bigint {
  const own = BigInt(to) >= 6n && BigInt(to) <= 8n ? BigInt(gasUsed) : 0n;
  return calls.reduce((sum, call) => sum + curveGas(call), own);
}
