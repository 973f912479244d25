import {
  Anvil,
  type Connection,
  DEFAULT_DELAY,
  type DeployPlan,
  type DeployStep,
  deploy,
  LOCAL_VAULT,
  LocalFeeds,
  LocalToken,
  leastRotationDelay,
  memoryJournal,
  type NamedKey,
  type OpenDeployment,
  openDeployment,
  Transactions,
  Vault,
} from "zkmargin/chain";
import { DEFAULT_LISTING, type Tier } from "zkmargin/protocol";
import type { Artefacts } from "zkmargin/prove";
import { closesOn, findPreset, type PriceHistory } from "zkmargin/risk";
import {
  ACTOR_COUNT,
  type ActorName,
  after,
  FIRST_DAY,
  INITIAL,
  type TokenName,
  type Wallet,
  walletsOfActors,
} from "./setting.js";

const HOUR = 3_600;
/** States that anvil keeps in memory; it would put older ones on disk. */
const STATES = 64;

type Tokens = Readonly<Record<TokenName, LocalToken>>;

/** What of a chain a story may have otherwise. */
export interface DemoChainOptions {
  /** Day at whose close the chain begins, and whose closes the feeds answer first. */
  readonly date?: string;
  /** Further options of anvil's command line. */
  readonly options?: readonly string[];
  /** Makes another plan of the demo's. */
  readonly change?: (plan: DeployPlan) => DeployPlan;
}

/** Starts a local chain at a day's close, with coins for every actor. */
export function startAnvil(date: string, ...options: readonly string[]): Promise<Anvil> {
  return Anvil.start(
    ...["--timestamp", String(after(date)), "--accounts", String(ACTOR_COUNT)],
    ...["--prune-history", String(STATES)],
    ...options,
  );
}

/** A local chain with everything on it, at the time of the price history, and everybody's keys. */
export class DemoChain {
  readonly wallets: Readonly<Record<ActorName, Wallet>>;
  readonly #senders: ReadonlyMap<ActorName, Transactions>;

  private constructor(
    readonly anvil: Anvil,
    readonly connection: Connection,
    readonly open: OpenDeployment,
    readonly plan: DeployPlan,
    readonly feeds: LocalFeeds,
    readonly tokens: Tokens,
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
  static async start(
    artefacts: Artefacts,
    history: PriceHistory,
    { date = FIRST_DAY, options = [], change = (plan) => plan }: DemoChainOptions = {},
  ): Promise<DemoChain> {
    const anvil = await startAnvil(date, ...options);
    try {
      return await DemoChain.#deploy(anvil, artefacts, { history, date, change });
    } catch (error) {
      await anvil.stop();
      throw error;
    }
  }

  static async #deploy(
    anvil: Anvil,
    artefacts: Artefacts,
    {
      history,
      date,
      change,
    }: Pick<Required<DemoChainOptions>, "date" | "change"> & { history: PriceHistory },
  ): Promise<DemoChain> {
    const connection = await anvil.connect();
    const wallets = await walletsOfActors();
    const sender = (wallet: Wallet) => new Transactions(connection, wallet, memoryJournal());
    const deployer = sender(wallets.deployer);
    const transactions = new Map(
      (Object.entries(wallets) as [ActorName, Wallet][]).map(([name, wallet]) => [name, sender(wallet)]),
    ).set("deployer", deployer);
    const closes = closesOn(history, DEFAULT_LISTING, date);
    const feeds = await LocalFeeds.deploy(connection, deployer, DEFAULT_LISTING, closes);
    const token = (symbol: TokenName) => LocalToken.deploy(connection, deployer, symbol, 0n);
    const tokens = { USDC: await token("USDC"), BTC: await token("BTC"), ETH: await token("ETH") };
    const { tier, verificationKey, verificationKeyHash } = artefacts;
    const key: NamedKey = { key: verificationKey, hash: verificationKeyHash, kind: "development" };
    const governance = { governor: wallets.governor.address, guardian: wallets.guardian.address };
    const plan = change(planOf(tier, key, feeds, tokens, governance));
    const steps: DeployStep[] = [];
    const deployment = await deploy(connection, deployer, plan, (step) => steps.push(step));
    const open = openDeployment(connection, deployment);
    return new DemoChain(anvil, connection, open, plan, feeds, tokens, steps, { wallets, transactions });
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

  /** Mines a block of that time, unix seconds. */
  async at(time: number): Promise<void> {
    await this.connection.provider.send("evm_setNextBlockTimestamp", [time]);
    await this.connection.provider.send("evm_mine", []);
  }

  async pass(seconds: number): Promise<void> {
    await this.at((await this.now()) + seconds);
  }

  /** Gives an actor tokens. */
  mint(token: TokenName, to: ActorName, amount: bigint): Promise<void> {
    return this.tokens[token].mint(this.wallets[to].address, amount);
  }

  balance(token: TokenName, of: ActorName): Promise<bigint> {
    return this.tokens[token].balanceOf(this.wallets[of].address);
  }

  /** Gas that one of the newest transactions paid for precompiled operations on the curve. */
  async curveGas(hash: string): Promise<bigint> {
    const options = { tracer: "callTracer" };
    return curveGas(await this.connection.provider.send("debug_traceTransaction", [hash, options]));
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

/**
 * What the demo deploys. Times for a market of daily closes: a round a day to prove against, books for a day, a morning for
 * an account that cannot be proven.
 */
function planOf(
  tier: Tier,
  key: NamedKey,
  feeds: LocalFeeds,
  tokens: Tokens,
  governance: { readonly governor: string; readonly guardian: string },
): DeployPlan {
  const profile = findPreset("portfolio-margin");
  if (profile === undefined) throw new RangeError("expected a preset portfolio-margin, got none");
  const terms = {
    maxProofAge: 36 * HOUR,
    gracePeriod: 12 * HOUR,
    callPeriod: 24 * HOUR,
    callMargin: 11_000,
  };
  return {
    tier,
    listing: DEFAULT_LISTING,
    profile,
    key,
    // What the desk's options are of.
    sleeves: ["BTC", "ETH"],
    // A feed answers at least once a day.
    feeds: feeds.plan(25 * HOUR),
    timing: {
      twapWindow: 6 * HOUR,
      minInterval: HOUR,
      provingWindow: 25 * HOUR,
      maxRoundAge: 26 * HOUR,
    },
    terms,
    rotationDelay: leastRotationDelay(profile, terms),
    governance: { ...governance, delay: DEFAULT_DELAY },
    vault: {
      settlement: tokens.USDC.address,
      asset: "USDC",
      collateral: [
        { token: tokens.BTC.address, asset: "BTC" },
        { token: tokens.ETH.address, asset: "ETH" },
      ],
      initialMargin: INITIAL,
      ...LOCAL_VAULT,
    },
  };
}
