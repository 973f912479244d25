import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Interface, Wallet } from "ethers";
import type { Opening } from "../../src/book/opening.js";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { accountId, openAccount, registryOf, relayBook, signBook } from "../../src/chain/attest.js";
import type { Connection } from "../../src/chain/connection.js";
import { deploy } from "../../src/chain/deploy/deploy.js";
import {
  DEFAULT_DELAY,
  type DeployPlan,
  LOCAL_VAULT,
  leastRotationDelay,
} from "../../src/chain/deploy/plan.js";
import {
  type Deployment,
  type OpenDeployment,
  openDeployment,
  parseDeployment,
} from "../../src/chain/deployment.js";
import { erc20Mock } from "../../src/chain/generated/index.js";
import { type Journal, memoryJournal } from "../../src/chain/journal.js";
import type { GivenBook } from "../../src/chain/keeper/decide.js";
import type { Prove } from "../../src/chain/keeper/keeper.js";
import { LocalFeeds, LocalToken } from "../../src/chain/localMarket.js";
import { poke, roundMarket } from "../../src/chain/rounds.js";
import type { ProvenClaim } from "../../src/chain/submit.js";
import type { TransactionOptions } from "../../src/chain/transactions/submission.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import type { NamedKey } from "../../src/chain/verificationKey.js";
import { denseMarket } from "../../src/market/file.js";
import { closesOn as closesOfHistory, parseHistory } from "../../src/market/history.js";
import { DEFAULT_TERMS, DEFAULT_TIMING } from "../../src/protocol/deploymentTerms.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { largestOfGrid } from "../../src/protocol/whatIf.js";
import { ProvingSession } from "../../src/prove/session.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { defaultArtefacts } from "./desk.js";
import { journalOf, keepChain, keptChain, loadChain } from "./keptChain.js";
import { simulatedProver } from "./simulatedProver.js";

const [TIER] = TIERS;
const HISTORY = fileURLToPath(new URL("../../examples/prices/daily-close.csv", import.meta.url));
const DAY = 86_400;
/** The first block's time, unix seconds: 2021-05-17, 00:00 UTC. */
export const GENESIS = "1621209600";
const DATE = "2021-05-17";

/** Closes of a day in attodollars a unit, in the listing's order. */
export function closesOn(date: string): bigint[] {
  return closesOfHistory(parseHistory(readFileSync(HISTORY, "utf8")), DEFAULT_LISTING, date);
}

/** A whole deployment on a local chain with mock feeds, and everybody's keys; its proofs are simulated. */
export class LocalChain {
  readonly deployer = new Wallet(ANVIL_KEYS[0]);
  readonly institution = new Wallet(ANVIL_KEYS[1]);
  readonly custodian = new Wallet(ANVIL_KEYS[2]);
  readonly keeper = new Wallet(ANVIL_KEYS[3]);
  readonly #accounts = new Map<string, Opening>();
  /** Closes of the first day, attodollars a unit, in the listing's order. */
  readonly closes = closesOn(DATE);

  private constructor(
    readonly anvil: Anvil,
    readonly connection: Connection,
    readonly open: OpenDeployment,
    readonly key: NamedKey,
    readonly feeds: LocalFeeds,
    readonly plan: DeployPlan,
    readonly session: ProvingSession,
  ) {}

  /**
   * Starts a local chain on which the local plan is deployed, with the closes of 2021-05-17. The deployment is sent once
   * for the same sources; afterwards the chain gets the state that was kept. It has the blocks, transactions and logs of the
   * deployment, but no state of a block before the newest: a test that asks for one deploys for itself.
   */
  static async start(): Promise<LocalChain> {
    // A state is loaded by one request, and anvil refuses those above 2 MB otherwise.
    const anvil = await Anvil.start("--timestamp", GENESIS, "--no-request-size-limit");
    const kept = keptChain();
    if (kept === undefined) {
      const journal = memoryJournal();
      const chain = await LocalChain.deploy(anvil, DATE, undefined, journal);
      await keepChain(chain.connection, journal, chain.open.deployment);
      return chain;
    }
    const connection = await anvil.connect();
    await loadChain(connection, kept);
    const transactions = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), journalOf(kept));
    // The journal has all that these send, so that nothing is sent again.
    const feeds = await LocalFeeds.deploy(connection, transactions, DEFAULT_LISTING, closesOn(DATE));
    const plan = await localPlan(connection, transactions, feeds);
    return LocalChain.#of(anvil, connection, parseDeployment(kept.deployment), feeds, plan);
  }

  /** @param change makes another plan of the local one */
  static async deploy(
    anvil: Anvil,
    date: string,
    change: (plan: DeployPlan) => DeployPlan = (plan) => plan,
    journal: Journal = memoryJournal(),
  ): Promise<LocalChain> {
    const connection = await anvil.connect();
    const transactions = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), journal);
    const feeds = await LocalFeeds.deploy(connection, transactions, DEFAULT_LISTING, closesOn(date));
    const plan = change(await localPlan(connection, transactions, feeds));
    const deployment = await deploy(connection, transactions, plan);
    return LocalChain.#of(anvil, connection, deployment, feeds, plan);
  }

  static async #of(
    anvil: Anvil,
    connection: Connection,
    deployment: Deployment,
    feeds: LocalFeeds,
    plan: DeployPlan,
  ): Promise<LocalChain> {
    const artefacts = await defaultArtefacts();
    const session = await ProvingSession.open(artefacts, { prover: () => simulatedProver(artefacts) });
    const open = openDeployment(connection, deployment);
    return new LocalChain(anvil, connection, open, plan.key, feeds, plan, session);
  }

  transactionsOf(
    wallet: Wallet,
    journal: Journal = memoryJournal(),
    options: TransactionOptions = {},
  ): Transactions {
    return new Transactions(this.connection, wallet, journal, options);
  }

  /** Chain time, unix seconds. */
  async now(): Promise<bigint> {
    return BigInt((await this.connection.provider.getBlock("latest"))?.timestamp ?? 0);
  }

  async pass(seconds: number): Promise<void> {
    await this.connection.provider.send("evm_increaseTime", [seconds]);
    await this.connection.provider.send("evm_mine", []);
  }

  /** Opens the account of a book, and has its first or next book attested. */
  async attest(opening: Opening, age = 0n): Promise<string> {
    const owner = this.institution;
    const transactions = this.transactionsOf(owner);
    const account = await openAccount(this.open, transactions, {
      name: opening.account,
      isolated: opening.isolated,
      attesters: [this.custodian.address],
      threshold: 1,
    });
    const asOf = (await this.now()) - age;
    const signed = await signBook(this.custodian, registryOf(this.open), {
      account,
      commitment: opening.commitment,
      sequence: BigInt(opening.sequence),
      asOf,
      expiresAt: asOf + BigInt(this.plan.profile.bookMaxAge),
    });
    await relayBook(this.open, transactions, [signed]);
    this.#accounts.set(account, opening);
    return account;
  }

  /** Mints the vault's tokens, that many units of each, to everybody but the deployer. Returns their addresses. */
  async mint(units: bigint): Promise<{ usdc: string; btc: string }> {
    const { settlement: usdc = "", collateral: [{ token: btc = "" } = {}] = [] } = this.plan.vault ?? {};
    const abi = new Interface(erc20Mock.abi);
    for (const token of [usdc, btc])
      for (const { address } of [this.institution, this.custodian, this.keeper]) {
        const data = abi.encodeFunctionData("mint", [address, units * 10n ** 18n]);
        await this.transactionsOf(this.deployer).send({ key: `mint ${token} ${address}`, to: token, data });
      }
    return { usdc, btc };
  }

  accountOf(opening: Opening): string {
    return accountId(this.institution.address, opening.account);
  }

  /** What a keeper is to know of the book that was attested here last. */
  readonly given = (account: string): GivenBook => {
    const { account: name, sequence, commitment, isolated } = this.#bookOf(account);
    return { name, sequence: BigInt(sequence), commitment, isolated };
  };

  /** A prover of the books attested here, above what is asked for, in the largest envelope of the grid. */
  readonly prove: Prove = async ({ account, round, theta }) => {
    const opening = this.#bookOf(account);
    const { market } = round;
    const envelope = largestOfGrid(opening.book, denseMarket(market, TIER), theta) ?? 0;
    const { claim, proof } = await this.session.prove({ opening, market, theta, envelope });
    return { claim, proof };
  };

  /** A claim about the attested book of an account, proven at the newest round. */
  async proofOf(
    account: string,
    {
      theta = 10_000,
      envelope = 0,
      healthy = true,
      support = 0n,
      round = undefined as bigint | undefined,
    } = {},
  ): Promise<ProvenClaim> {
    const opening = this.#bookOf(account);
    const number = round ?? (await this.open.contracts.marketLedger.latestRound()).number;
    const { market } = await roundMarket(this.open, number, this.key.key);
    const terms = { theta, envelope, healthy, support };
    const { claim, proof } = await this.session.prove({ opening, market, ...terms });
    return { account, round: number, sequence: BigInt(opening.sequence), claim, proof };
  }

  #bookOf(account: string): Opening {
    const opening = this.#accounts.get(account);
    if (opening === undefined) throw new ReferenceError(`no book of ${account}`);
    return opening;
  }

  /** Feeds at a share of their closes of a day, basis points, and rounds until the average is there as well. */
  async move(date: string, share: bigint): Promise<void> {
    const closes = closesOn(date).map((close, u) => (u === 0 ? close : (close * share) / 10_000n));
    const { twapWindow, provingWindow } = this.plan.timing;
    for (const wait of [provingWindow / 2, twapWindow, twapWindow]) {
      await this.pass(wait);
      await this.feeds.post(closes);
      await poke(this.open, this.transactionsOf(this.keeper));
    }
  }

  async close(): Promise<void> {
    await this.session.close();
    this.connection.close();
    await this.anvil.stop();
  }
}

export async function localPlan(
  connection: Connection,
  transactions: Transactions,
  feeds: LocalFeeds,
): Promise<DeployPlan> {
  const { verificationKey, verificationKeyHash } = await defaultArtefacts();
  return {
    tier: TIER,
    listing: DEFAULT_LISTING,
    profile: PORTFOLIO_MARGIN,
    key: { key: verificationKey, hash: verificationKeyHash, kind: "development" },
    feeds: feeds.plan(DAY),
    timing: DEFAULT_TIMING,
    terms: DEFAULT_TERMS,
    rotationDelay: leastRotationDelay(PORTFOLIO_MARGIN, DEFAULT_TERMS),
    governance: {
      governor: new Wallet(ANVIL_KEYS[4]).address,
      guardian: new Wallet(ANVIL_KEYS[3]).address,
      delay: DEFAULT_DELAY,
    },
    vault: {
      settlement: (await LocalToken.deploy(connection, transactions, "USDC", 10n ** 24n)).address,
      asset: "USDC",
      collateral: [
        {
          asset: "BTC",
          token: (await LocalToken.deploy(connection, transactions, "BTC", 10n ** 24n)).address,
        },
      ],
      initialMargin: 11_000,
      ...LOCAL_VAULT,
    },
  };
}
