import { fileURLToPath } from "node:url";
import { AbiCoder, ContractFactory, getCreateAddress, keccak256, Wallet } from "ethers";
import type { Opening } from "../../src/book/opening.js";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { type AnyBinding, contractAt, interfaceOf } from "../../src/chain/binding.js";
import type { OpenMarket } from "../../src/chain/deployment.js";
import { openDerived } from "../../src/chain/derived.js";
import {
  accessManager,
  clearingDefaults,
  clearingHouse,
  defaultFund,
  erc20Mock,
  wordsVerifier,
} from "../../src/chain/generated/index.js";
import { roundMarket } from "../../src/chain/rounds.js";
import { proofWords } from "../../src/chain/submit.js";
import { describeRevert } from "../../src/chain/transactions/revert.js";
import { signalPoint, verifyingKeyWords } from "../../src/chain/verificationKey.js";
import type { CircuitArtefacts } from "../../src/groth16/artefacts/load.js";
import { packClaim } from "../../src/protocol/claim.js";
import type { Point } from "../../src/protocol/folding.js";
import { listingDigest } from "../../src/protocol/listing.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { type ClearedOpening, keyOf, sealingScalar } from "../../src/protocol/sealedBook.js";
import {
  type Moves,
  makeReveal,
  makeTransition,
  noteDigest,
  placeWord,
  type Transition,
  termsWord,
} from "../../src/protocol/transition.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../src/prove/clearing.js";
import { ProvingSession } from "../../src/prove/session.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { defaultArtefacts } from "./desk.js";
import { GENESIS, LocalChain } from "./localChain.js";

const HOME = fileURLToPath(new URL("../../build/keys", import.meta.url));
const ASSETS = 16;
const HOUR = 3_600;
/** Health factor of the house's initial margin, basis points. */
export const INITIAL = 11_000;

/** Collateral counts for nine tenths of what it does for maintenance, and perpetuals ask half as much again. */
const STRESS: RiskProfile = {
  ...PORTFOLIO_MARGIN,
  name: "stress",
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
  sequence: bigint;
}

/** A transition with all its proofs, as the house takes it. */
export type Call = Record<string, unknown> & { readonly account: string; readonly newCommitment: bigint };

/** A clearing house on anvil with its fund and its defaults, real keys and real proofs. */
export class ClearingChain {
  readonly liquidators = 987_654_321n;
  readonly key: Point = keyOf(this.liquidators);
  readonly listing: bigint;
  #salt = 1n;

  private constructor(
    readonly chain: LocalChain,
    readonly stress: OpenMarket,
    readonly token: string,
    readonly addresses: { readonly house: string; readonly defaults: string; readonly fund: string },
    readonly sessions: {
      readonly health: ProvingSession;
      readonly transition: ClearingSession;
      readonly reveal: ClearingSession;
    },
  ) {
    this.listing = listingDigest(chain.open.listing);
  }

  static async start(): Promise<ClearingChain> {
    const chain = await LocalChain.deploy(
      await Anvil.start("--timestamp", GENESIS, "--code-size-limit", "24576"),
      "2021-05-17",
      (plan) => ({ ...plan, derived: [{ name: "stress", profile: STRESS, terms: plan.terms }] }),
    );
    const stress = openDerived(chain.open, "stress");
    const { provider } = chain.connection;
    const deployer = new Wallet(ANVIL_KEYS[9], provider);
    const deploy = async (binding: AnyBinding, ...args: unknown[]): Promise<string> => {
      const contract = await new ContractFactory(binding.abi as string[], binding.bytecode, deployer).deploy(
        ...args,
      );
      await contract.waitForDeployment();
      return contract.getAddress();
    };
    const artefacts = {
      transition: await clearingArtefacts(HOME, clearingCircuit("transition", ASSETS)),
      reveal: await clearingArtefacts(HOME, clearingCircuit("reveal", ASSETS)),
    };
    const verifier = ({ verificationKey }: CircuitArtefacts, words: number) =>
      deploy(
        wordsVerifier,
        verifyingKeyWords(verificationKey),
        signalPoint(verificationKey, 0),
        signalPoint(verificationKey, 3),
        words,
      );
    const token = await deploy(erc20Mock, "USDC", "USDC", deployer.address, 0);
    const manager = await deploy(accessManager, deployer.address);
    const transitions = await verifier(artefacts.transition, 72);
    const reveals = await verifier(artefacts.reveal, 22);
    const nonce = await provider.getTransactionCount(deployer.address);
    const house = getCreateAddress({ from: deployer.address, nonce: nonce + 2 });
    const { maxProofAge, gracePeriod } = chain.plan.terms;
    const defaults = await deploy(clearingDefaults, house, {
      revealPeriod: HOUR,
      auctionPeriod: HOUR,
      settlePeriod: HOUR,
      closePeriod: 6 * HOUR,
      claimPeriod: 6 * HOUR,
      premium: 200,
      discount: 1_000,
    });
    const horizon = BigInt(maxProofAge) + BigInt(gracePeriod) + BigInt(3 * HOUR);
    const fund = await deploy(
      defaultFund,
      house,
      defaults,
      token,
      stress.addresses.marginGate,
      {
        alpha: 1_000,
        share: 500,
        assessment: 10_000,
        horizon: horizon + 1n,
        window: HOUR,
        memoryPeriod: 30 * 24 * HOUR,
        grace: HOUR,
        assessmentPeriod: HOUR,
        floor: 0,
        leastCap: 100_000,
      },
      manager,
    );
    const key = keyOf(987_654_321n);
    await deploy(clearingHouse, {
      gate: chain.open.addresses.marginGate,
      stressGate: stress.addresses.marginGate,
      fund,
      defaults,
      settlement: token,
      transitions,
      reveals,
      keyX: key.x,
      keyY: key.y,
      initialMargin: INITIAL,
      horizon,
    });
    return new ClearingChain(
      chain,
      stress,
      token,
      { house, defaults, fund },
      {
        health: await ProvingSession.open(await defaultArtefacts()),
        transition: await ClearingSession.open(artefacts.transition),
        reveal: await ClearingSession.open(artefacts.reveal),
      },
    );
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.sessions).map((session) => session.close()));
    await this.chain.close();
  }

  get house() {
    return contractAt(clearingHouse, this.addresses.house, this.chain.connection.provider);
  }

  get defaults() {
    return contractAt(clearingDefaults, this.addresses.defaults, this.chain.connection.provider);
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
    const sent = await wallet.connect(this.chain.connection.provider).sendTransaction({ to, data });
    return (await sent.wait())?.gasUsed ?? 0n;
  }

  /** The name of the error that a call fails with. */
  async refusal(from: string, name: string, args: readonly unknown[]): Promise<string> {
    const data = interfaceOf(clearingHouse).encodeFunctionData(name, args as unknown[]);
    try {
      await this.chain.connection.provider.call({ from, to: this.addresses.house, data });
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
    return { wallet, secret: new Uint8Array(32).fill(index), account, opening, sequence: 0n };
  }

  place(account: string): bigint {
    return placeWord({ chainId: 31_337n, house: this.addresses.house, account });
  }

  /** A member's transition by the reference model. */
  async transition(
    member: Member,
    moves: Moves,
    change: { house?: string; key?: Point; deadline?: bigint } = {},
  ) {
    const sequence = member.sequence + 1n;
    const deadline = change.deadline ?? (await this.chain.now()) + 600n;
    const place =
      change.house === undefined
        ? this.place(member.account)
        : placeWord({ chainId: 31_337n, house: change.house, account: member.account });
    const terms = {
      place,
      terms: termsWord(sequence, deadline),
      key: change.key ?? this.key,
      listing: this.listing,
    };
    const birth = member.sequence === 0n;
    const made = makeTransition(member.opening, { ...moves, birth }, terms, {
      salt: 1_000n + this.#salt++,
      scalar: (commitment) =>
        sealingScalar(member.secret, { chainId: 31_337n, account: member.account, sequence, commitment }),
    });
    return { made, deadline };
  }

  /** A transition, proven four times over and signed by its owner. */
  async call(
    member: Member,
    moves: Moves,
    theta = INITIAL,
    change: Parameters<ClearingChain["transition"]>[2] = {},
  ) {
    const { made, deadline } = await this.transition(member, moves, change);
    const proof = await this.sessions.transition.prove(made.inputs);
    const health = await this.health(made.opening, made.commitment, theta);
    const { sides = [] } = moves;
    const call: Call = {
      account: member.account,
      newCommitment: made.commitment,
      deadline,
      sides: sides.reduce((word, { side }, k) => word | ((side === "buy" ? 1 : 2) << (2 * k)), 0),
      reduces: moves.reduces ?? false,
      capSteps: 0n,
      hash: made.bound.hash,
      ephemeral: [made.sealed.ephemeral.x, made.sealed.ephemeral.y],
      notes: [0, 1, 2, 3].map((k) => (sides[k] ? noteDigest(sides[k].note) : 0n)),
      cipher: [...made.sealed.cipher],
      proof: proofWords(proof),
      ...health,
      signature: await this.sign(member, made),
    };
    return { call, made };
  }

  /** Claims of health of a book for both gates, at the newest round. */
  async health(opening: ClearedOpening, commitment: bigint, theta = INITIAL) {
    const prove = async (market: OpenMarket, above: number) => {
      const { number } = await market.contracts.marketLedger.latestRound();
      const priced = await roundMarket(market, number, this.chain.key.key);
      const book = { spot: opening.perp.map(() => 0n), perp: [...opening.perp], basis: opening.basis };
      const whole = {
        book,
        salt: opening.salt,
        commitment,
        account: "cleared",
        sequence: 1,
        isolated: false,
      } as Opening;
      const bundle = await this.sessions.health.prove({
        opening: whole,
        market: priced.market,
        theta: above,
        envelope: 0,
      });
      const { claim, proof } = bundle;
      return { round: number, claim: packClaim(claim), proof: proofWords(proof) };
    };
    return { initial: await prove(this.chain.open, theta), stress: await prove(this.stress, 10_000) };
  }

  /** The owner's signature of a transition. */
  sign(member: Member, { words }: Transition): Promise<string> {
    const packed = AbiCoder.defaultAbiCoder().encode(new Array(words.length).fill("uint256"), [...words]);
    return member.wallet.signTypedData(
      {
        name: "zkmargin ClearingHouse",
        version: "1",
        chainId: 31_337n,
        verifyingContract: this.addresses.house,
      },
      {
        Transition: [
          { name: "words", type: "bytes32" },
          { name: "capSteps", type: "uint64" },
        ],
      },
      { words: keccak256(packed), capSteps: 0n },
    );
  }

  /** The proof that a member's newest commitment opens to its book. */
  async reveal(member: Member) {
    const { inputs } = makeReveal(member.opening, {
      place: this.place(member.account),
      terms: termsWord(member.sequence, 0n),
      listing: this.listing,
    });
    const proof = await this.sessions.reveal.prove(inputs);
    return { hash: inputs.hash?.[0] ?? 0n, proof: proofWords(proof) };
  }

  /** Takes in that a transition was mined. */
  took(member: Member, made: Transition): void {
    member.opening = made.opening;
    member.sequence++;
  }
}
