import { Wallet } from "ethers";
import type { Opening } from "../../../src/book/opening.js";
import { openBook } from "../../../src/book/opening.js";
import type { Position } from "../../../src/book/position.js";
import { openAccount, registryOf, relayBook, signBook } from "../../../src/chain/attest.js";
import { LogTape } from "../../../src/chain/eventLog/tape.js";
import { memoryJournal } from "../../../src/chain/journal.js";
import { poke } from "../../../src/chain/poke.js";
import { profileWords, readProfileWords } from "../../../src/chain/profileWords.js";
import { roundMarket } from "../../../src/chain/rounds.js";
import { submit } from "../../../src/chain/submit.js";
import { Transactions } from "../../../src/chain/transactions/transactions.js";
import { ANVIL_KEYS, Anvil } from "../../../src/cli/anvil/anvil.js";
import { NotProvableError, RevertedError } from "../../../src/errors.js";
import { closesOn, LocalChain } from "../../support/localChain.js";

const GENESIS = "1621209600"; // 17 May 2021, 00:00 UTC
const DATE = "2021-05-17";
const CLOSES = closesOn(DATE);
const SECRET = Buffer.from("the secret of a fuzzed desk, which is none");
const POSITIONS: readonly (readonly Position[])[] = [
  [
    { asset: "USDC", spot: "-20000", perp: "0" },
    { asset: "BTC", spot: "1", perp: "0" },
  ],
  [
    { asset: "USDC", spot: "-29500", perp: "0" },
    { asset: "BTC", spot: "1", perp: "0" },
  ],
  [
    { asset: "USDC", spot: "-36000", perp: "0" },
    { asset: "BTC", spot: "1", perp: "0" },
  ],
];

/** A desk on a local chain to which everything happens that can, in whatever order. */
export class FuzzedChain {
  readonly tape: LogTape;
  readonly #chain: LocalChain;
  readonly #random: () => number;
  readonly #openings: (Opening | undefined)[] = [];
  readonly #accounts: string[] = [];
  readonly #sequences = [0, 0];
  readonly #senders = new Map<number, Transactions>();
  #share = 10_000n;
  #sent = 0;
  #steps = 0;

  private constructor(chain: LocalChain, tape: LogTape, random: () => number) {
    this.#chain = chain;
    this.tape = tape;
    this.#random = random;
  }

  static async start(random: () => number): Promise<FuzzedChain> {
    const chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), DATE);
    const fuzzed = new FuzzedChain(chain, await LogTape.start(chain.open), random);
    for (const i of [0, 1])
      fuzzed.#accounts.push(
        await openAccount(chain.open, fuzzed.#as(1), {
          name: `fuzz-${i}`,
          isolated: false,
          attestors: [new Wallet(ANVIL_KEYS[2]).address],
          threshold: 1,
        }),
      );
    return fuzzed;
  }

  /** Does one thing, and records the block of it with the gate's answers. Returns what it was. */
  async step(): Promise<string> {
    const steps = [
      "time",
      "time",
      "round",
      "round",
      "round",
      "price",
      "book",
      "proof",
      "proof",
      "denial",
      "note",
    ];
    const rare = ["pause", "tighten", "revoke"];
    this.#steps++;
    const kind = this.#pick(this.#random() % 20 === 0 ? rare : steps);
    const done = await this.#try(kind);
    await this.tape.advance();
    return done ? kind : `no ${kind}`;
  }

  close(): Promise<void> {
    return this.#chain.close();
  }

  /** Whether the chain took it: what it refuses is part of the scenario. */
  async #try(kind: string): Promise<boolean> {
    try {
      await this.#do(kind);
      return true;
    } catch (error) {
      if (error instanceof RevertedError || error instanceof NotProvableError) return false;
      throw error;
    }
  }

  async #do(kind: string): Promise<void> {
    const { open, feeds, session } = this.#chain;
    const { riskProfile, marginGate, bookRegistry } = open.contracts;
    const which = this.#random() % 2;
    const account = this.#accounts[which] ?? "";
    switch (kind) {
      case "time":
        return this.#chain.pass(this.#pick([1, 60, 300, 1_200, 3_600, 4 * 3_600]));
      case "price":
        this.#share = BigInt(8_200 + (this.#random() % 3_000));
        return this.#post();
      case "round":
        // Most come when the ledger takes one again; some too soon.
        if (this.#random() % 4 !== 0) await this.#chain.pass(this.#chain.plan.timing.minInterval);
        await this.#post();
        await poke(open, this.#as(3));
        return;
      case "book": {
        const opening = openBook(
          {
            account: `fuzz-${which}`,
            sequence: ++(this.#sequences as number[])[which]!,
            isolated: false,
            positions: POSITIONS[this.#random() % 3] ?? [],
          },
          SECRET,
          open.listing,
          open.tier,
        );
        const asOf = await this.#chain.now();
        const life = BigInt(this.#pick([1_800, 86_400]));
        const terms = {
          account,
          commitment: opening.commitment,
          sequence: BigInt(opening.sequence),
          asOf,
          expiresAt: asOf + life,
        };
        const signed = await signBook(new Wallet(ANVIL_KEYS[2]), registryOf(open), terms);
        await relayBook(open, this.#as(3), [signed]);
        this.#openings[which] = opening;
        return;
      }
      case "proof":
      case "denial": {
        const opening = this.#openings[which];
        if (opening === undefined) return;
        const healthy = kind === "proof";
        const { number } = await open.contracts.marketLedger.latestRound();
        const { market } = await roundMarket(open, number, this.#chain.key.key);
        const theta = healthy ? 10_000 : this.#pick([10_000, 10_500]);
        const envelope = healthy ? this.#pick([0, 50, 300]) : 0;
        const { claim, proof } = await session.prove({ opening, market, theta, envelope, healthy });
        const sequence = BigInt(opening.sequence);
        await submit(open, this.#as(healthy ? 3 : 2), { account, round: number, sequence, claim, proof });
        return;
      }
      case "note":
        return this.#send(3, await marginGate.note.populateTransaction(account));
      case "pause":
        // Only the governor ends a pause, after a delay; so the guardian's pause is for good, and comes late.
        if (this.#steps < 50) return;
        return this.#send(3, await riskProfile.pause.populateTransaction());
      case "tighten": {
        const words = [...(await riskProfile.profileWords())];
        const profile = readProfileWords(words, open.listing, open.tier, 1n);
        const tighter = {
          ...profile,
          assets: profile.assets.map((asset) => ({ ...asset, liquidity: asset.liquidity + 1 })),
        };
        return this.#send(3, await riskProfile.tighten.populateTransaction(profileWords(tighter, open.tier)));
      }
      case "revoke":
        if (this.#steps < 40 || which === 0) return;
        return this.#send(
          1,
          await bookRegistry.revokeAttestor.populateTransaction(account, new Wallet(ANVIL_KEYS[2]).address),
        );
    }
  }

  #post(): Promise<void> {
    return this.#chain.feeds.post(
      this.#chain.plan.listing.map((_, u) => {
        const close = CLOSES[u] ?? 10n ** 18n;
        return u === 0 ? close : (close * this.#share) / 10_000n;
      }),
    );
  }

  async #send(who: number, { to, data }: { readonly to: string; readonly data: string }): Promise<void> {
    await this.#as(who).send({ key: `fuzz ${this.#sent++}`, to, data });
  }

  #as(who: number): Transactions {
    const known = this.#senders.get(who);
    if (known !== undefined) return known;
    const wallet = new Wallet(ANVIL_KEYS[who] ?? "");
    const made = new Transactions(this.#chain.connection, wallet, memoryJournal());
    this.#senders.set(who, made);
    return made;
  }

  #pick<T>(of: readonly T[]): T {
    return of[this.#random() % of.length] as T;
  }
}
