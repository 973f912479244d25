import { Interface, toBeHex, Wallet } from "ethers";
import type { Opening } from "../../src/book/opening.js";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { accountId, encodeAttest, registryOf, signBook, subaccountId } from "../../src/chain/attest.js";
import type { AnyBinding } from "../../src/chain/binding.js";
import type { DeployStep } from "../../src/chain/deploy/create.js";
import { deploy } from "../../src/chain/deploy/deploy.js";
import type { DeployPlan } from "../../src/chain/deploy/plan.js";
import { type OpenDeployment, openDeployment } from "../../src/chain/deployment.js";
import { bookRegistry, fundingIndex, marginGate, marketLedger } from "../../src/chain/generated/index.js";
import { mockV3Aggregator } from "../../src/chain/generated/MockV3Aggregator.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { answerOf, LocalFeeds } from "../../src/chain/localMarket.js";
import { type RoundMarket, roundMarket } from "../../src/chain/rounds.js";
import { encodeSubmit, type ProvenClaim } from "../../src/chain/submit.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import type { Artefacts } from "../../src/prove/artefacts.js";
import type { Bundle } from "../../src/prove/bundle.js";
import { ProvingSession } from "../../src/prove/session.js";
import { defaultArtefacts } from "../../test/support/desk.js";
import { closesOn, localPlan } from "../../test/support/localChain.js";
import { LocalNode, type Mined } from "./localNode.js";
import { repeatableProver } from "./repeatableProver.js";

/** Name of the derived market of the testbed. */
export const DERIVED = "initial";

const DAY = 86_400;
/** Of an index, in what a price is: a basis point a post. */
const FUNDING_RATE = 10_000n;
export const FIRST_DAY = "2021-05-17";
/** Where the ledger's storage has what {@link Testbed.wrapRings} moves, after a ring of 2 048 rounds: see RoundRing. */
const SLOTS = { newest: 0n, rounds: 2n, anchor: 8_194n };
/** Words of a round in the ring: its head, x and y of its folded point, and the digest of its quotes. */
const ROUND_WORDS = 4n;
/** Bits below the number in a RoundHead, and below the newest number in its slot. */
const [NUMBER_AT, NEWEST_AT] = [216n, 168n];

/** The contracts as they are deployed, with every source of a price, and their users. */
export class Testbed {
  readonly deployer = new Wallet(ANVIL_KEYS[0]).address;
  readonly institution = new Wallet(ANVIL_KEYS[1]).address;
  readonly custodian = new Wallet(ANVIL_KEYS[2]);
  /** Another attester, the guardian, and who posts funding. */
  readonly keeper = new Wallet(ANVIL_KEYS[3]);
  readonly governor = new Wallet(ANVIL_KEYS[4]).address;

  readonly #interfaces = new Map<string, Interface>();

  private constructor(
    readonly node: LocalNode,
    readonly open: OpenDeployment,
    readonly plan: DeployPlan,
    readonly artefacts: Artefacts,
    readonly session: ProvingSession,
    readonly steps: readonly DeployStep[],
  ) {}

  static async start(): Promise<Testbed> {
    const node = await LocalNode.start();
    try {
      return await Testbed.#deployOn(node);
    } catch (error) {
      await node.close();
      throw error;
    }
  }

  static async #deployOn(node: LocalNode): Promise<Testbed> {
    const { connection } = node;
    const transactions = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
    const feeds = await LocalFeeds.deploy(connection, transactions, DEFAULT_LISTING, closesOn(FIRST_DAY));
    const local = await localPlan(connection, transactions, feeds);
    const plan: DeployPlan = {
      ...local,
      derived: [{ name: DERIVED, profile: initialMargin(local.profile), terms: local.terms }],
      feeds: feeds.plan(30 * DAY),
      funding: {
        poster: new Wallet(ANVIL_KEYS[3]).address,
        steps: DEFAULT_LISTING.map(() => 2n ** 63n),
        interval: 1,
        heartbeat: 30 * DAY,
      },
    };
    const steps: DeployStep[] = [];
    const artefacts = await defaultArtefacts();
    const [deployment, session] = await Promise.all([
      deploy(connection, transactions, plan, (step) => steps.push(step)),
      ProvingSession.open(artefacts, { prover: repeatableProver }),
    ]);
    return new Testbed(node, openDeployment(connection, deployment), plan, artefacts, session, steps);
  }

  async close(): Promise<void> {
    await this.session.close();
    await this.node.close();
  }

  /** A transaction that calls a function of a contract, by its binding. */
  call(
    from: string,
    to: string,
    binding: AnyBinding,
    name: string,
    args: readonly unknown[],
  ): Promise<Mined> {
    return this.node.send(from, to, this.#interfaceOf(binding).encodeFunctionData(name, args));
  }

  /** Has every feed answer the closes of that day; funding accrues by a basis point of them. */
  async post(date: string): Promise<void> {
    const closes = closesOn(date);
    for (const [u, { source }] of this.plan.feeds.entries()) {
      if (source.kind !== "chainlink") throw new Error(`feed ${u}: expected a mock, got another`);
      const to = source.aggregator;
      await this.call(this.deployer, to, mockV3Aggregator, "updateAnswer", [answerOf(closes[u] ?? 0n)]);
    }
    const accrued = DEFAULT_LISTING.map(
      ({ decimals }, u) => (closes[u] ?? 0n) / 10n ** BigInt(decimals) / FUNDING_RATE,
    );
    const index = this.open.deployment.sources.funding?.address ?? "";
    await this.call(this.keeper.address, index, fundingIndex, "accrue", [accrued]);
  }

  /** Seconds after which the ledger takes another round, however the market moves. */
  get interval(): number {
    return this.plan.timing.provingWindow / 2;
  }

  /** Commits a round as soon as the ledger is sure to take it. */
  async poke(): Promise<Mined> {
    await this.node.skip(this.interval);
    return this.pokeNow();
  }

  /** Commits rounds up to this number. */
  async pokeUntil(number: bigint): Promise<void> {
    const newest = await this.open.contracts.marketLedger.latestRound();
    await this.node.setInterval(this.interval);
    for (let round = newest.number; round < number; round++) await this.pokeNow();
    await this.node.setInterval(1);
  }

  /**
   * Leaves the ledger as it is once both of its rings have come round: its newest rounds are renumbered, by a multiple of
   * OBSERVATIONS that brings them past the end of the ring, and stored where those numbers belong. Every place that the
   * next rounds write to then holds an older round, and every reading is what it was but for the numbers.
   */
  async wrapRings(): Promise<void> {
    const { marketLedger: ledger } = this.open.contracts;
    const [rounds, observations] = [await ledger.ROUNDS(), await ledger.OBSERVATIONS()];
    await this.pokeUntil(observations + 2n);
    const before = await ledger.latestRound();
    const shift = rounds - observations;
    const address = this.open.addresses.marketLedger;
    const read = async (slot: bigint) =>
      BigInt(await this.node.rpc<string>("eth_getStorageAt", address, toBeHex(slot), "latest"));
    const write = (slot: bigint, word: bigint) =>
      this.node.rpc("anvil_setStorageAt", address, toBeHex(slot), toBeHex(word, 32));
    const placeOf = (number: bigint) => SLOTS.rounds + ROUND_WORDS * (number % rounds);

    const anchor = BigInt.asUintN(64, await read(SLOTS.anchor));
    for (let number = anchor; number <= before.number; number++) {
      for (let word = 0n; word < ROUND_WORDS; word++) {
        const renumbered = word === 0n ? shift << NUMBER_AT : 0n;
        await write(placeOf(number + shift) + word, (await read(placeOf(number) + word)) + renumbered);
      }
    }
    await write(SLOTS.newest, (await read(SLOTS.newest)) + (shift << NEWEST_AT));
    await write(SLOTS.anchor, (await read(SLOTS.anchor)) + shift);
    const after = await ledger.latestRound();
    if (
      after.number !== before.number + shift ||
      after.time !== before.time ||
      after.odometer !== before.odometer
    )
      throw new Error(
        `rings: expected round ${before.number + shift}, got ${after.number}, of another time or odometer`,
      );
  }

  pokeNow(): Promise<Mined> {
    return this.call(this.keeper.address, this.open.addresses.marketLedger, marketLedger, "poke", []);
  }

  async newestRound(): Promise<RoundMarket> {
    const { number } = await this.open.contracts.marketLedger.latestRound();
    return roundMarket(this.open, number, this.artefacts.verificationKey);
  }

  accountOf({ account }: Opening): string {
    return accountId(this.institution, account);
  }

  openAccount(opening: Opening, attesters: readonly string[]): Promise<Mined> {
    const args = [subaccountId(opening.account), opening.isolated, attesters, attesters.length];
    return this.call(this.institution, this.open.addresses.bookRegistry, bookRegistry, "open", args);
  }

  /** Has a book attested as of a second after the newest block, by these. */
  async attest(opening: Opening, attesters: readonly Wallet[] = [this.custodian]): Promise<Mined> {
    const asOf = BigInt((await this.node.now()) + 1);
    const book = {
      account: this.accountOf(opening),
      commitment: opening.commitment,
      sequence: BigInt(opening.sequence),
      asOf,
      expiresAt: asOf + BigInt(this.plan.profile.bookMaxAge),
    };
    const place = registryOf(this.open);
    const signed = await Promise.all(attesters.map((attester) => signBook(attester, place, book)));
    return this.node.send(this.custodian.address, place.registry, encodeAttest(book, signed));
  }

  /** Proves a claim about a book in a round's market. */
  async prove(
    opening: Opening,
    round: RoundMarket,
    claim: { readonly theta: number; readonly envelope?: number; readonly healthy?: boolean },
  ): Promise<{ readonly bundle: Bundle; readonly proven: ProvenClaim }> {
    const bundle = await this.session.prove({ opening, market: round.market, ...claim });
    const proven = {
      account: this.accountOf(opening),
      round: round.number,
      sequence: BigInt(opening.sequence),
      claim: bundle.claim,
      proof: bundle.proof,
    };
    return { bundle, proven };
  }

  submit(proven: ProvenClaim): Promise<Mined> {
    return this.node.send(this.custodian.address, this.open.addresses.marginGate, encodeSubmit(proven));
  }

  /** Gas of the newest block. */
  async newestGas(): Promise<number> {
    return Number((await this.open.connection.provider.getBlock("latest"))?.gasUsed);
  }

  /** A view of the gate as a transaction of its own, which leaves a receipt. */
  ask(name: "statusOf" | "requireMargin(bytes32,uint256)", ...args: readonly unknown[]): Promise<Mined> {
    return this.call(this.keeper.address, this.open.addresses.marginGate, marginGate, name, args);
  }

  /** Read once: thousands of rounds would feel it. */
  #interfaceOf({ name, abi }: AnyBinding): Interface {
    const known = this.#interfaces.get(name) ?? new Interface(abi);
    this.#interfaces.set(name, known);
    return known;
  }
}

/** A profile for initial margin: collateral counts for nine tenths of what it does for maintenance. */
function initialMargin(profile: RiskProfile): RiskProfile {
  const assets = profile.assets.map((asset) => ({
    ...asset,
    collateralFactor: Math.floor((asset.collateralFactor * 9) / 10),
  }));
  return { ...profile, name: DERIVED, assets };
}
