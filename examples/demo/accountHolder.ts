import {
  accountId,
  type GivenBook,
  openAccount,
  type ProvenClaim,
  type RoundMarket,
  registryOf,
  relayBook,
  signBook,
} from "zkmargin/chain";
import { largestOfGrid } from "zkmargin/protocol";
import { type Opening, openBook, type Position, type ProvingSession } from "zkmargin/prove";
import { type Bundle, denseMarket } from "zkmargin/verify";
import type { DemoChain } from "./demoChain.js";
import { type DemoAccount, secretOf } from "./setting.js";

/** The claim to prove of a book: θ in basis points, and whether the health factor is above it. */
export interface Goal {
  readonly theta: number;
  readonly healthy: boolean;
}

/** A proof, its bundle for counterparties, and how long it took. */
export interface Proven extends ProvenClaim {
  readonly bundle: Bundle;
  readonly proveMs: number;
}

/** The holder of an account: has its book attested as it changes, and proves it. */
export class AccountHolder {
  readonly #details: DemoAccount;
  /** As the chain knows it: 32 bytes, hex. */
  readonly account: string;
  readonly #chain: DemoChain;
  readonly #session: ProvingSession;
  #positions: readonly Position[];
  #opening: Opening | undefined;
  #sequence = 0;

  constructor(chain: DemoChain, session: ProvingSession, details: DemoAccount) {
    this.#details = details;
    this.#chain = chain;
    this.#session = session;
    this.#positions = details.positions;
    this.account = accountId(chain.wallets[details.owner].address, details.account);
  }

  /** The attested book. */
  get opening(): Opening {
    if (this.#opening === undefined)
      throw new ReferenceError(`no book of ${this.#details.account} is attested`);
    return this.#opening;
  }

  /** What the keeper is to know of the newest book; of the first, before there is one. */
  get given(): GivenBook {
    const { account: name, isolated } = this.#details;
    const { commitment, sequence } = this.#opening ?? { commitment: 0n, sequence: 1 };
    return { name, isolated, commitment, sequence: BigInt(sequence) };
  }

  /** Opens the account on chain, with its attesters. */
  async open(): Promise<void> {
    const { owner, account: name, isolated, attesters, threshold } = this.#details;
    const addresses = attesters.map((attester) => this.#chain.wallets[attester].address);
    const options = { name, isolated, attesters: addresses, threshold };
    await openAccount(this.#chain.open, this.#chain.as(owner), options);
  }

  /** Changes the next book: these positions replace those of the same assets. */
  hold(...positions: readonly Position[]): void {
    const changed = new Map(positions.map((position) => [position.asset, position]));
    this.#positions = this.#positions.map((position) => changed.get(position.asset) ?? position);
  }

  /** Has every attester sign the book as it is now, and sends the signatures to the chain. */
  async attest(): Promise<void> {
    const { owner, account, isolated, attesters } = this.#details;
    const { open, wallets } = this.#chain;
    const file = { account, sequence: ++this.#sequence, isolated, positions: this.#positions };
    const opening = openBook(file, secretOf(owner), open.listing, open.tier);
    const asOf = BigInt(await this.#chain.now());
    const terms = {
      account: this.account,
      commitment: opening.commitment,
      sequence: BigInt(opening.sequence),
      asOf,
      expiresAt: asOf + BigInt(this.#chain.plan.profile.bookMaxAge),
    };
    const signed = await Promise.all(
      attesters.map((name) => signBook(wallets[name], registryOf(open), terms)),
    );
    await relayBook(open, this.#chain.as(owner), signed);
    this.#opening = opening;
  }

  /** Proves the attested book at a round, with the largest envelope of the grid. @throws NotProvableError */
  async prove(round: RoundMarket, { theta, healthy }: Goal): Promise<Proven> {
    const { opening } = this;
    const dense = denseMarket(round.market, this.#session.tier);
    const envelope = healthy ? (largestOfGrid(opening.book, dense, theta) ?? 0) : 0;
    const start = performance.now();
    const bundle = await this.#session.prove({ opening, market: round.market, theta, envelope, healthy });
    const proveMs = performance.now() - start;
    const { claim, proof } = bundle;
    const sequence = BigInt(opening.sequence);
    return { account: this.account, round: round.number, sequence, claim, proof, bundle, proveMs };
  }
}
