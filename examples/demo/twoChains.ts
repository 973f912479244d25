import {
  type Anvil,
  bindLock,
  type Connection,
  connectPair,
  deployOtherSide,
  finalBlock,
  LocalToken,
  memoryJournal,
  type OtherSide,
  Relayer,
  type RelayerOptions,
  type RelayHappening,
  Remote,
  type RemotePair,
  type Side,
  type SignedRoot,
  signRoot,
  Transactions,
} from "zkmargin/chain";
import type { Artefacts } from "zkmargin/prove";
import type { PriceHistory } from "zkmargin/risk";
import { DemoChain, startAnvil } from "./demoChain.js";
import { type ActorName, OPENING, TOKEN, type Wallet, walletsOfActors } from "./setting.js";

/** The asset that is locked on the other chain: a slot of its own at home. */
export const ASSET = "ETH";
/** The most that counts at home, units of 10^-18. */
export const CAP = 150n * TOKEN;
/** Seconds that a message must have stood on its chain, and that a block's hash waits until it counts. */
export const FINALITY = 900;
export const WAIT = 300;
const HOME_CHAIN = 31_337n;
const OTHER_CHAIN = 1_337n;
const MAX_AGE = 86_400;
/** Who vouches for blocks, on both chains; two of them must sign. */
export const BLOCK_ATTESTERS = ["custodian", "venue", "broker"] as const;
export const BLOCK_THRESHOLD = 2;
/** With slots of one block, the last block but two is final. */
const SLOTS = ["--slots-in-an-epoch", "1"] as const;

/** A chain with a lock of a token, and home with claims on what it holds. */
export class TwoChains {
  readonly #signed: Record<Side, SignedRoot[]> = { home: [], other: [] };
  readonly #senders = new Map<ActorName, Transactions>();

  private constructor(
    readonly home: DemoChain,
    readonly anvil: Anvil,
    readonly connection: Connection,
    readonly token: LocalToken,
    readonly other: OtherSide,
    readonly pair: RemotePair,
  ) {}

  /** Starts both chains: the lock is deployed, then home with the lock in its plan, and the lock is bound to it. */
  static async start(artefacts: Artefacts, history: PriceHistory): Promise<TwoChains> {
    const anvil = await startAnvil(OPENING, ...SLOTS, "--chain-id", `${OTHER_CHAIN}`);
    let home: DemoChain | undefined;
    try {
      const connection = await anvil.connect();
      const wallets = await walletsOfActors();
      const deployer = new Transactions(connection, wallets.deployer, memoryJournal());
      const token = await LocalToken.deploy(connection, deployer, ASSET, 0n);
      const attesters = BLOCK_ATTESTERS.map((name) => wallets[name].address);
      const vouched = { attesters, threshold: BLOCK_THRESHOLD, wait: WAIT, finality: FINALITY };
      const source = { kind: "storage-proofs", ...vouched } as const;
      const other = await deployOtherSide(connection, deployer, {
        homeChain: HOME_CHAIN,
        token: token.address,
        source,
      });
      const { address: lock } = other.contracts.collateralLock;
      const remote = {
        asset: ASSET,
        chain: OTHER_CHAIN,
        lock,
        decimals: 18,
        cap: CAP,
        maxAge: MAX_AGE,
        source,
      };
      home = await DemoChain.start(artefacts, history, {
        date: OPENING,
        options: SLOTS,
        // Claims are a slot of their own: home's vault takes no ETH besides.
        change: ({ vault, ...plan }) => ({
          ...plan,
          ...(vault && {
            vault: {
              ...vault,
              collateral: (vault.collateral ?? []).filter(({ asset }) => asset !== ASSET),
              remote: [remote],
            },
          }),
        }),
      });
      await bindLock(connection, deployer, other, claimsOf(home));
      const pair = await connectPair(home.open, ASSET, connection, other);
      return new TwoChains(home, anvil, connection, token, other, pair);
    } catch (error) {
      await home?.close();
      await anvil.stop();
      throw error;
    }
  }

  /** The claims' contract at home. */
  get claims(): string {
    return claimsOf(this.home);
  }

  /** The token of that actor on the other chain, units of 10^-18. */
  balance(of: ActorName): Promise<bigint> {
    return this.token.balanceOf(this.wallet(of).address);
  }

  wallet(of: ActorName): Wallet {
    return this.home.wallets[of];
  }

  /** What an actor does on both chains. */
  remoteOf(actor: ActorName): Remote {
    return new Remote(this.pair, this.#sendersOf(actor));
  }

  /** A relayer that an actor runs; `told` gets what it does. */
  relayer(actor: ActorName, told: RelayHappening[], options: Pick<RelayerOptions, "acts"> = {}): Relayer {
    return new Relayer({
      pair: this.pair,
      senders: this.#sendersOf(actor),
      roots: async (chain) => this.#signed[chain],
      onEvent: (event) => void told.push(event),
      ...options,
    });
  }

  /** Time passes on both chains, and with it so many blocks that what was the newest is final. */
  async pass(seconds: number): Promise<void> {
    for (const { provider } of [this.connection, this.home.connection]) {
      await provider.send("evm_increaseTime", [seconds]);
      await provider.send("anvil_mine", ["0x3"]);
    }
  }

  /** Attesters ask their own node of each chain for its final block, and sign it for the other chain. */
  async vouch(): Promise<void> {
    for (const [side, from, to, proofs] of [
      ["other", this.connection, this.home.connection, this.pair.proofs.home],
      ["home", this.home.connection, this.connection, this.pair.proofs.other],
    ] as const) {
      const block = await finalBlock(from);
      if (block === null || proofs === null) continue;
      const { chainId } = to;
      const domain = { chainId, verifyingContract: String(proofs.roots.target), of: from.chainId };
      for (const name of BLOCK_ATTESTERS.slice(0, BLOCK_THRESHOLD))
        this.#signed[side].push(await signRoot(this.wallet(name), domain, block));
    }
  }

  /** Ends both chains. */
  async close(): Promise<void> {
    await this.home.close();
    this.connection.close();
    await this.anvil.stop();
  }

  #sendersOf(actor: ActorName) {
    const other =
      this.#senders.get(actor) ?? new Transactions(this.connection, this.wallet(actor), memoryJournal());
    this.#senders.set(actor, other);
    return { home: this.home.as(actor), other };
  }
}

function claimsOf({ open }: DemoChain): string {
  const { address } = open.deployment.remotes?.[ASSET]?.remoteCollateral ?? {};
  if (address === undefined) throw new RangeError(`expected claims on ${ASSET} at home, got none`);
  return address;
}
