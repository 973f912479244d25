import { Wallet } from "ethers";
import type { BookFile } from "../../src/book/bookFile.js";
import type { Opening } from "../../src/book/opening.js";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import type { Connection } from "../../src/chain/connection.js";
import { collateralLock } from "../../src/chain/generated/CollateralLock.js";
import { erc20Mock } from "../../src/chain/generated/ERC20Mock.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { LocalToken } from "../../src/chain/localMarket.js";
import {
  bindLock,
  connectPair,
  deployOtherSide,
  type OtherSide,
  type RemotePair,
} from "../../src/chain/remote/otherSide.js";
import { Relayer, type RelayerOptions, type RelayHappening } from "../../src/chain/remote/relay.js";
import { Remote } from "../../src/chain/remote/remote.js";
import type { Side } from "../../src/chain/remote/said.js";
import { finalBlock, type SignedRoot, signRoot } from "../../src/chain/remote/storageProof.js";
import { submit } from "../../src/chain/submit.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { exampleBook } from "./desk.js";
import { GENESIS, LocalChain } from "./localChain.js";

const ONE = 10n ** 18n;
const OTHER_CHAIN = "1337";
/** Two blocks make a block of anvil final. */
const ANVIL_ARGUMENTS = ["--timestamp", GENESIS, "--slots-in-an-epoch", "1"] as const;
export const FINALITY = 900;
export const WAIT = 300;
export const MAX_AGE = 86_400;
export const ASSET = "ETH";

/** A deployment at home, a lock of ETH on a second chain, and two of three attesters of blocks for each. */
export class RemoteChains {
  readonly attesters = [6, 7, 8].map((i) => new Wallet(ANVIL_KEYS[i] ?? ""));
  readonly signed: Record<Side, SignedRoot[]> = { home: [], other: [] };
  readonly happenings: RelayHappening[] = [];

  private constructor(
    readonly home: LocalChain,
    readonly anvil: Anvil,
    readonly connection: Connection,
    readonly token: LocalToken,
    readonly other: OtherSide,
    readonly pair: RemotePair,
  ) {}

  /** @param cap units of 10^-18 */
  static async start(cap = 150n * ONE): Promise<RemoteChains> {
    const anvil = await Anvil.start(...ANVIL_ARGUMENTS, "--chain-id", OTHER_CHAIN);
    const connection = await anvil.connect();
    const transactions = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
    const token = await LocalToken.deploy(connection, transactions, ASSET, 10n ** 24n);
    const attesters = [6, 7, 8].map((i) => new Wallet(ANVIL_KEYS[i] ?? "").address);
    const source = {
      kind: "storage-proofs",
      attesters,
      threshold: 2,
      wait: WAIT,
      finality: FINALITY,
    } as const;
    const other = await deployOtherSide(connection, transactions, {
      homeChain: 31_337n,
      token: token.address,
      source,
    });
    const lock = other.contracts.collateralLock.address;
    const remote = {
      asset: ASSET,
      chain: BigInt(OTHER_CHAIN),
      lock,
      decimals: 18,
      cap,
      maxAge: MAX_AGE,
      source,
    };
    const home = await LocalChain.deploy(await Anvil.start(...ANVIL_ARGUMENTS), "2021-05-17", (plan) => ({
      ...plan,
      ...(plan.vault && { vault: { ...plan.vault, remote: [remote] } }),
    }));
    const claims = home.open.deployment.remotes?.[ASSET]?.remoteCollateral.address ?? "";
    await bindLock(connection, transactions, other, claims);
    const pair = await connectPair(home.open, ASSET, connection, other);
    return new RemoteChains(home, anvil, connection, token, other, pair);
  }

  async close(): Promise<void> {
    await this.home.close();
    this.connection.close();
    await this.anvil.stop();
  }

  /** Both of a wallet's senders, each with a journal of its own. */
  sendersOf(wallet: Wallet) {
    return {
      home: this.home.transactionsOf(wallet),
      other: new Transactions(this.connection, wallet, memoryJournal()),
    };
  }

  remoteOf(wallet: Wallet): Remote {
    return new Remote(this.pair, this.sendersOf(wallet));
  }

  relayer(options: Partial<RelayerOptions> = {}): Relayer {
    return new Relayer({
      pair: this.pair,
      senders: this.sendersOf(this.home.deployer),
      roots: async (chain) => this.signed[chain],
      onEvent: (event) => this.happenings.push(event),
      ...options,
    });
  }

  /** Time passes on both chains, and two blocks with it: what was the newest block before is final. */
  async pass(seconds: number): Promise<void> {
    for (const { provider } of [this.connection, this.home.connection]) {
      await provider.send("evm_increaseTime", [seconds]);
      await provider.send("anvil_mine", ["0x3"]);
    }
  }

  /** As many attesters sign what their node calls final on a chain. */
  async vouch(chain: Side, count = 2): Promise<void> {
    const [from, to] =
      chain === "home"
        ? [this.home.connection, this.other.contracts.blockRoots]
        : [this.connection, this.home.open.deployment.remotes?.[ASSET]?.blockRoots];
    const block = await finalBlock(from);
    if (block === null || to === undefined) return;
    const chainId = chain === "home" ? this.connection.chainId : this.home.connection.chainId;
    const domain = { chainId, verifyingContract: to.address, of: from.chainId };
    for (const wallet of this.attesters.slice(0, count))
      this.signed[chain].push(await signRoot(wallet, domain, block));
  }

  /** What a relayer and attesters do until nothing is left to do. */
  async settle(options: Partial<RelayerOptions> = {}): Promise<void> {
    await this.pass(FINALITY);
    await this.vouch("other");
    await this.vouch("home");
    const relayer = this.relayer(options);
    await relayer.look();
    await this.pass(WAIT);
    await relayer.look();
  }

  /** Mints tokens on the other chain, and locks them for an account. */
  async lock(account: string, amount: bigint, wallet = this.home.institution): Promise<bigint> {
    await this.mint(wallet.address, amount);
    const { id } = await this.remoteOf(wallet).lock(account, amount);
    return id ?? 0n;
  }

  async mint(to: string, amount: bigint): Promise<void> {
    const { deployer } = this.home;
    const transactions = new Transactions(this.connection, deployer, memoryJournal());
    const data = interfaceOf(erc20Mock).encodeFunctionData("mint", [to, amount]);
    await transactions.send({ key: `mint ${Math.random()}`, to: this.token.address, data });
  }

  /** A book of the borrower, with these positions. */
  book(sequence: number, positions: BookFile["positions"]): Opening {
    return exampleBook("cash-and-carry", { sequence, positions });
  }

  /** Attests a book of these positions, and proves it at initial margin. */
  async attestAndProve(sequence: number, positions: BookFile["positions"]): Promise<string> {
    await this.pass(60);
    const account = await this.home.attest(this.book(sequence, positions));
    await this.home.move("2021-05-17", 10_000n);
    const claim = await this.home.proofOf(account, { theta: 11_000 });
    await submit(this.home.open, this.home.transactionsOf(this.home.keeper), claim);
    return account;
  }

  /** The lock's interface, for calls that nobody but a test makes. */
  readonly lockInterface = interfaceOf(collateralLock);
}

/** A spot position. */
export function spot(asset: string, amount: string): BookFile["positions"][number] {
  return { asset, spot: amount, perp: "0" } as BookFile["positions"][number];
}
