import { id, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../../src/chain/anvil.js";
import { openAccount } from "../../../src/chain/attest.js";
import type { DeployPlan } from "../../../src/chain/deploy/plan.js";
import type { OpenMarket } from "../../../src/chain/deployment.js";
import { openDerived } from "../../../src/chain/derived.js";
import { LogTape } from "../../../src/chain/eventLog/export.js";
import { memoryJournal } from "../../../src/chain/journal.js";
import { poke } from "../../../src/chain/rounds.js";
import { Transactions } from "../../../src/chain/transactions/transactions.js";
import type { VerificationKey } from "../../../src/groth16/verificationKey.js";
import { closesOn, LocalChain } from "../../support/localChain.js";
import { Forger } from "./forgery.js";
import { type AccountRecords, recordsOf } from "./fuzzRecords.js";

const GENESIS = "1621209600"; // 17 May 2021, 00:00 UTC
const DATE = "2021-05-17";
const CLOSES = closesOn(DATE);
const MINUTE = 60;
const HOUR = 3_600;
/** Who is who among anvil's keys. */
export const [DEPLOYER, OWNER, KEEPER, GOVERNOR] = [0, 1, 3, 4];
/** The guardian is the keeper. */
export const GUARDIAN = KEEPER;
const ATTESTERS = [2, 5, 6, 7];

/** Name of the second market, of stricter factors and the same shocks at first. */
const DERIVED = "initial";

/** Short times, so that of everything that must wait much comes to pass; one account an attester, and one with two. */
function hasty(plan: DeployPlan): DeployPlan {
  const profile = { ...plan.profile, bookMaxAge: 4 * HOUR };
  const terms = { ...plan.terms, maxProofAge: 2 * HOUR, gracePeriod: HOUR, callPeriod: 2 * HOUR };
  return {
    ...plan,
    profile,
    sleeves: ["USDC", "BTC"],
    derived: [{ name: DERIVED, profile: { ...profile, pnlFactor: 0 }, terms }],
    timing: {
      twapWindow: 10 * MINUTE,
      minInterval: MINUTE,
      provingWindow: 30 * MINUTE,
      maxRoundAge: 40 * MINUTE,
    },
    terms,
    rotationDelay: 6 * HOUR + 31 * MINUTE,
    governance: { ...plan.governance, delay: 2 * HOUR },
    ...(plan.vault && {
      vault: { ...plan.vault, auctionPeriod: 20 * MINUTE, reliefPeriod: 10 * MINUTE, blockTime: MINUTE },
    }),
  };
}

/** A local chain to which things happen in an order that a seed decides, and the record of it. */
export class FuzzedChain {
  /** The deployment's own market, and the derived one. */
  readonly markets: readonly [OpenMarket, OpenMarket];
  /** The log of each of them. */
  readonly tapes: readonly [LogTape, LogTape];
  readonly chain: LocalChain;
  readonly forger: Forger;
  readonly accounts: string[] = [];
  /** Operations of the governor that wait. */
  readonly scheduled: {
    readonly market: OpenMarket;
    readonly data: string;
    readonly ripe: number;
    readonly viaManager: boolean;
  }[] = [];
  /** What the contracts had of each account at the end of a step, by block; of each market. */
  readonly records: readonly [Map<number, AccountRecords>, Map<number, AccountRecords>] = [
    new Map(),
    new Map(),
  ];
  readonly #random: () => number;
  readonly #senders = new Map<number, Transactions>();
  readonly #deck: string[] = [];
  #share = 10_000n;
  #postedAt = 0;
  #sent = 0;
  #books = 0;

  private constructor(
    chain: LocalChain,
    tapes: readonly [LogTape, LogTape],
    forger: Forger,
    random: () => number,
  ) {
    this.chain = chain;
    this.markets = [chain.open, openDerived(chain.open, DERIVED)];
    this.tapes = tapes;
    this.forger = forger;
    this.#random = random;
  }

  /** @param key the development key that the deployment has, for forged proofs */
  static async start(random: () => number, key: VerificationKey): Promise<FuzzedChain> {
    const chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), DATE, hasty);
    // A block a second, whatever the clock on the wall says, so that a seed comes to the same again.
    await chain.connection.provider.send("anvil_setBlockTimestampInterval", [1]);
    const forger = await Forger.of(key);
    const tapes = [await LogTape.start(chain.open), await LogTape.start(chain.open, DERIVED)] as const;
    const fuzzed = new FuzzedChain(chain, tapes, forger, random);
    const [a, b, c] = ATTESTERS.map((who) => new Wallet(ANVIL_KEYS[who] ?? "").address) as [
      string,
      string,
      string,
    ];
    const sets = [
      { attesters: [a], threshold: 1 },
      { attesters: [b, c], threshold: 1 },
      { attesters: [a, b], threshold: 2 },
    ];
    for (const [i, set] of sets.entries()) {
      const terms = { name: `fuzz-${i}`, isolated: false, ...set };
      fuzzed.accounts.push(await openAccount(chain.open, fuzzed.as(OWNER), terms));
      await fuzzed.advance();
    }
    await chain.mint(10n ** 6n);
    await fuzzed.round();
    return fuzzed;
  }

  /** Seconds after which the ledger takes another round, however the market moves. */
  get interval(): number {
    return this.chain.plan.timing.provingWindow / 2;
  }

  get contracts() {
    return this.chain.open.contracts;
  }

  /** The deployment's own market for the most part. */
  someMarket(): OpenMarket {
    return this.markets[this.below(3) === 0 ? 1 : 0];
  }

  /** Records what happened, and what the gates say now. */
  async advance(): Promise<void> {
    for (const tape of this.tapes) await tape.advance();
  }

  /** Keeps what the contracts have of each account now. */
  async keepRecords(): Promise<void> {
    const block = await this.chain.connection.provider.getBlockNumber();
    for (const [i, market] of this.markets.entries())
      this.records[i]?.set(block, await recordsOf(market, this.accounts));
  }

  async now(): Promise<number> {
    return Number(await this.chain.now());
  }

  below(limit: number): number {
    return this.#random() % limit;
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  /** The same in another order. */
  shuffled<T>(of: readonly T[]): T[] {
    const left = [...of];
    return of.flatMap(() => left.splice(this.below(left.length), 1));
  }

  /** One after the other of a deck of cards, shuffled again when it is used up: so that none is long in coming. */
  draw(cards: readonly string[]): string {
    if (this.#deck.length === 0) this.#deck.push(...cards);
    const [card = ""] = this.#deck.splice(this.below(this.#deck.length), 1);
    return card;
  }

  /** Lets time pass, and records what the gate says then. */
  async pass(seconds: number): Promise<void> {
    await this.passTo((await this.now()) + seconds);
  }

  /** Has the next block be of exactly this second, and records what the gate says then; nothing if that is over. */
  async passTo(time: number): Promise<void> {
    if (time <= (await this.now())) return;
    const { provider } = this.chain.connection;
    await provider.send("evm_setNextBlockTimestamp", [time]);
    await provider.send("evm_mine", []);
    await this.advance();
  }

  async round(): Promise<void> {
    // Feeds are stale after a day.
    if ((await this.now()) > this.#postedAt + 20 * HOUR) await this.#post();
    await poke(this.chain.open, this.as(KEEPER));
    await this.advance();
  }

  /** Has prices stand at a share of their closes, basis points. */
  async price(share: bigint): Promise<void> {
    this.#share = share;
    await this.#post();
  }

  /** Sends, and records the block of it. */
  async send(who: number, { to, data }: { readonly to: string; readonly data: string }): Promise<void> {
    await this.as(who).send({ key: `fuzz ${this.#sent++}`, to, data });
    await this.advance();
  }

  as(who: number): Transactions {
    const known = this.#senders.get(who);
    if (known !== undefined) return known;
    const wallet = new Wallet(ANVIL_KEYS[who] ?? "");
    const made = new Transactions(this.chain.connection, wallet, memoryJournal());
    this.#senders.set(who, made);
    return made;
  }

  /** The wallet of an attester, and its place among anvil's keys. */
  attester(address: string): { readonly who: number; readonly wallet: Wallet } {
    const who = ATTESTERS.find((each) => new Wallet(ANVIL_KEYS[each] ?? "").address === address);
    if (who === undefined) throw new RangeError(`no attester ${address}`);
    return { who, wallet: new Wallet(ANVIL_KEYS[who] ?? "") };
  }

  /** One to three attesters, in any order. */
  someAttesters(): string[] {
    const all = ATTESTERS.map((who) => new Wallet(ANVIL_KEYS[who] ?? "").address);
    const from = this.below(all.length);
    return [...all.slice(from), ...all.slice(0, from)].slice(0, 1 + this.below(3));
  }

  /** A commitment, which forged proofs need no book for. Never twice the same. */
  commitment(): bigint {
    return BigInt(id(`book ${this.#books++}`)) >> 8n;
  }

  close(): Promise<void> {
    return this.chain.close();
  }

  async #post(): Promise<void> {
    await this.chain.feeds.post(
      this.chain.plan.listing.map((_, u) => {
        const close = CLOSES[u] ?? 10n ** 18n;
        return u === 0 ? close : (close * this.#share) / 10_000n;
      }),
    );
    this.#postedAt = await this.now();
  }
}
