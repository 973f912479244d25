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
import { largestOfGrid, type SleeveTerms } from "zkmargin/protocol";
import {
  type BookFile,
  denseBook,
  type Opening,
  openBook,
  type Position,
  type ProvingSession,
} from "zkmargin/prove";
import { type PriceHistory, saltedArrays, sleeveSalt } from "zkmargin/risk";
import { type Bundle, denseMarket } from "zkmargin/verify";
import type { DemoChain } from "./demoChain.js";
import { pricing } from "./options.js";
import { type DemoAccount, secretOf } from "./setting.js";

/** The claim to prove of a book: θ in basis points, and whether the health factor is above it. */
export interface Goal {
  readonly theta: number;
  readonly healthy: boolean;
  /** Cents added to the collateral or, if negative, owed besides. */
  readonly support?: bigint;
}

/** What accounts are held by: the round that is the newest, and its close. */
export interface Place {
  readonly history: PriceHistory;
  readonly newest: () => { readonly round: RoundMarket; readonly date: string };
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
  readonly #place: Place;
  #positions: readonly Position[];
  #opening: Opening | undefined;
  #sequence = 0;

  constructor(chain: DemoChain, session: ProvingSession, details: DemoAccount, place: Place) {
    this.#details = details;
    this.#place = place;
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
    const now = await this.#chain.now();
    const asOf = BigInt(now);
    const linear = { account, sequence: ++this.#sequence, isolated, positions: this.#positions };
    const { file, sleeve } = await this.#withOptions(linear, now);
    const opening = openBook(file, secretOf(owner), open.listing, open.tier);
    const terms = {
      account: this.account,
      commitment: opening.commitment,
      sequence: BigInt(opening.sequence),
      asOf,
      expiresAt: asOf + BigInt(this.#chain.plan.profile.bookMaxAge),
      ...(sleeve === undefined ? {} : { sleeve }),
    };
    const signed = await Promise.all(
      attesters.map((name) => signBook(wallets[name], registryOf(open), terms)),
    );
    await relayBook(open, this.#chain.as(owner), signed);
    this.#opening = opening;
  }

  /** The book with its options priced at the newest round, and what of them is signed. */
  async #withOptions(
    linear: BookFile,
    now: number,
  ): Promise<{ readonly file: BookFile; readonly sleeve?: SleeveTerms }> {
    const { options, owner } = this.#details;
    if (options === undefined) return { file: linear };
    const { open, plan } = this.#chain;
    const { round, date } = this.#place.newest();
    const request = pricing(this.#place.history, round.market, {
      options,
      date,
      now,
      life: plan.profile.bookMaxAge,
    });
    const book = denseBook(linear, open.listing, open.tier.assets);
    const salt = sleeveSalt(secretOf(owner), linear.account, linear.sequence);
    const { price, until } = request.band;
    const sleeve = {
      ledger: open.addresses.marketLedger,
      pricedAt: round.number,
      band: BigInt(price),
      until: BigInt(until),
      shocks: await open.contracts.riskProfile.shocksHash(),
    };
    return { file: { ...linear, sleeve: saltedArrays({ ...request, book }, salt) }, sleeve };
  }

  /** Proves the attested book at a round, with the largest envelope of the grid. @throws NotProvableError */
  async prove(round: RoundMarket, { theta, healthy, support = 0n }: Goal): Promise<Proven> {
    const { opening } = this;
    const dense = denseMarket(round.market, this.#session.tier);
    // A claim with support is of one moment.
    const envelope = healthy && support === 0n ? (largestOfGrid(opening.book, dense, theta) ?? 0) : 0;
    const start = performance.now();
    const bundle = await this.#session.prove({
      opening,
      market: round.market,
      theta,
      envelope,
      healthy,
      support,
    });
    const proveMs = performance.now() - start;
    const { claim, proof } = bundle;
    const sequence = BigInt(opening.sequence);
    return { account: this.account, round: round.number, sequence, claim, proof, bundle, proveMs };
  }
}
