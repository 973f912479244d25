import { fileURLToPath } from "node:url";
import { ContractFactory, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { type AnyBinding, contractAt, interfaceOf } from "../../src/chain/binding.js";
import { clearingDefaults, clearingHouse, erc20Mock } from "../../src/chain/generated/index.js";
import { describeRevert } from "../../src/chain/transactions/revert.js";
import { DefaultTransactions } from "../../src/clearing/account/defaultTransactions.js";
import { deployHouse, parseClearingPlan } from "../../src/clearing/account/deployHouse.js";
import { clearingMarkets, houseTerms } from "../../src/clearing/account/house.js";
import { type OpenHouse, openHouse } from "../../src/clearing/account/manifest.js";
import {
  asBook,
  type ClearingProvers,
  healthCalls,
  prepareTransition,
  type TransitionRequest,
} from "../../src/clearing/account/transitionCall.js";
import { proveReveal } from "../../src/clearing/liquidators/reveal.js";
import { BPS } from "../../src/protocol/bounds.js";
import type { Point } from "../../src/protocol/folding.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { type ClearedOpening, keyOf } from "../../src/protocol/sealedBook.js";
import type { Transition } from "../../src/protocol/transition.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../src/prove/clearing.js";
import { ProvingSession } from "../../src/prove/session.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { clearingPlanText, withStress } from "./clearingScene.js";
import { defaultArtefacts } from "./desk.js";
import { GENESIS, LocalChain } from "./localChain.js";

const HOME = fileURLToPath(new URL("../../build/keys", import.meta.url));
const ASSETS = 16;
/** Health factor of the house's initial margin, basis points. */
export const INITIAL = 11_000;
/** The liquidators' secret. In a house nobody has it. */
const LIQUIDATORS = 987_654_321n;

/** Collateral counts for nine tenths of what it does for maintenance, and perpetuals ask half as much again. */
const STRESS: RiskProfile = {
  ...PORTFOLIO_MARGIN,
  assets: PORTFOLIO_MARGIN.assets.map((asset) => ({
    ...asset,
    perpMargin: Math.floor(asset.perpMargin * 1.5),
  })),
};

/** A member of the house, and what it keeps of its account. */
export interface Member {
  readonly wallet: Wallet;
  readonly secret: Uint8Array;
  readonly account: string;
  opening: ClearedOpening;
}

/**
 * A clearing house on anvil with its fund and its defaults, real keys and real proofs, by the library's own functions. Transitions are
 * made one at a time, so that a test can alter them before they are sent.
 */
export class ClearingChain {
  readonly liquidators = LIQUIDATORS;

  private constructor(
    readonly chain: LocalChain,
    readonly opened: OpenHouse,
    readonly token: string,
    readonly provers: ClearingProvers,
    readonly reveals: ClearingSession,
  ) {}

  static async start(): Promise<ClearingChain> {
    const chain = await LocalChain.deploy(
      await Anvil.start("--timestamp", GENESIS, "--code-size-limit", "24576"),
      "2021-05-17",
      (plan) => withStress(plan, STRESS),
    );
    const { provider } = chain.connection;
    const deployer = new Wallet(ANVIL_KEYS[9], provider);
    const mock = new ContractFactory(erc20Mock.abi as string[], erc20Mock.bytecode, deployer);
    const token = await (await mock.deploy("USDC", "USDC", deployer.address, 0)).getAddress();
    const artefacts = {
      transition: await clearingArtefacts(HOME, clearingCircuit("transition", ASSETS)),
      reveal: await clearingArtefacts(HOME, clearingCircuit("reveal", ASSETS)),
    };
    const plan = { ...parseClearingPlan(clearingPlanText(chain)), settlement: token };
    const manifest = await deployHouse(chain.open, chain.transactionsOf(chain.deployer), plan, {
      margin: chain.key,
      transition: artefacts.transition.verificationKey,
      reveal: artefacts.reveal.verificationKey,
      liquidators: keyOf(LIQUIDATORS),
    });
    const provers = {
      transition: await ClearingSession.open(artefacts.transition),
      margin: await ProvingSession.open(await defaultArtefacts()),
    };
    const reveals = await ClearingSession.open(artefacts.reveal);
    return new ClearingChain(chain, await openHouse(chain.open, manifest), token, provers, reveals);
  }

  async close(): Promise<void> {
    await Promise.all([this.provers.transition.close(), this.provers.margin.close(), this.reveals.close()]);
    await this.chain.close();
  }

  get house() {
    return this.opened.house;
  }

  get addresses() {
    const {
      clearingHouse: house,
      clearingDefaults: defaults,
      defaultFund: fund,
    } = this.opened.manifest.contracts;
    return { house: house.address, defaults: defaults.address, fund: fund.address };
  }

  get defaults() {
    return contractAt(clearingDefaults, this.addresses.defaults, this.chain.connection.provider);
  }

  /** What anybody does in the house's defaults. */
  get anybody(): DefaultTransactions {
    return new DefaultTransactions(this.opened, this.chain.transactionsOf(this.chain.keeper));
  }

  /** Sends a call of the house, or of another contract. Resolves with the gas that it used. */
  async send(
    wallet: Wallet,
    name: string,
    args: readonly unknown[],
    binding: AnyBinding = clearingHouse,
    to: string = this.addresses.house,
  ): Promise<bigint> {
    const data = interfaceOf(binding).encodeFunctionData(name, args as unknown[]);
    const receipt = await this.chain.transactionsOf(wallet).send({ key: name, to, data });
    return receipt?.gasUsed ?? 0n;
  }

  /** The name of the error that a call fails with. */
  async refusal(
    from: string,
    name: string,
    args: readonly unknown[],
    binding: AnyBinding = clearingHouse,
    to: string = this.addresses.house,
  ): Promise<string> {
    const data = interfaceOf(binding).encodeFunctionData(name, args as unknown[]);
    try {
      await this.chain.connection.provider.call({ from, to, data });
    } catch (error) {
      return describeRevert((error as { data?: string }).data ?? "0x")?.name ?? "unknown";
    }
    return "none";
  }

  /** Opens an account of a key of anvil's, with tokens that the house may take. */
  async join(index: number, units: bigint): Promise<Member> {
    const wallet = new Wallet(ANVIL_KEYS[index] ?? "");
    const deployer = new Wallet(ANVIL_KEYS[9]);
    const name = `0x${"00".repeat(31)}01`;
    await this.send(deployer, "mint", [wallet.address, units], erc20Mock, this.token);
    await this.send(wallet, "approve", [this.addresses.house, units], erc20Mock, this.token);
    const account = await this.house.open.staticCall(name, { from: wallet.address });
    await this.send(wallet, "open", [name]);
    const opening = { perp: new Array<bigint>(ASSETS).fill(0n), basis: 0n, salt: 0n };
    return { wallet, secret: new Uint8Array(32).fill(index), account, opening };
  }

  /** A transition, proven three times over and signed by its owner. @param change what it says instead of the truth */
  async call(
    { account, opening, secret, wallet: signer }: Member,
    moves: TransitionRequest["moves"],
    theta = INITIAL,
    change: { house?: string; key?: Point; deadline?: bigint } = {},
  ) {
    const terms = await houseTerms(this.opened);
    const { house = terms.house, key: liquidatorsKey = terms.liquidatorsKey } = change;
    const { sequence, commitment } = await this.chain.open.contracts.bookRegistry.bookOf(account);
    const { call, transition: made } = await prepareTransition(
      {
        house: { ...terms, house, liquidatorsKey },
        state: { account, sequence, commitment, tearUps: [] },
        ...{ opening, moves, theta, secret, signer, envelope: 0 },
        deadline: change.deadline ?? (await this.chain.now()) + 600n,
        markets: await clearingMarkets(this.opened, this.chain.key),
      },
      this.provers,
    );
    return { call, made };
  }

  /** Claims of health of a member's standing book for both gates, at the newest round. */
  async health({ account, opening }: Member, theta = Number(BPS)) {
    const { sequence, commitment } = await this.chain.open.contracts.bookRegistry.bookOf(account);
    return healthCalls(
      {
        house: await houseTerms(this.opened),
        markets: await clearingMarkets(this.opened, this.chain.key),
        ...{ theta, envelope: 0 },
      },
      {
        ...{ account, sequence: Number(sequence) + 1, isolated: false, commitment, salt: opening.salt },
        book: asBook(opening),
      },
      this.provers,
    );
  }

  /** The proof that a member's newest commitment opens to its book. */
  async reveal({ account, opening }: Member) {
    const { sequence, commitment } = await this.chain.open.contracts.bookRegistry.bookOf(account);
    const of = { ...(await houseTerms(this.opened)), account, sequence, commitment };
    return proveReveal(opening, of, this.reveals);
  }

  /** Takes in that a transition was mined. */
  took(member: Member, made: Transition): void {
    member.opening = made.opening;
  }
}
