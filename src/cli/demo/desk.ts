import { type Opening, openBook } from "../../book/opening.js";
import type { Position } from "../../book/position.js";
import { accountId, openAccount, registryOf, relayBook, signBook } from "../../chain/attest.js";
import type { GivenBook } from "../../chain/keeper/decide.js";
import type { RoundMarket } from "../../chain/rounds.js";
import type { ProvenClaim } from "../../chain/submit.js";
import { denseMarket } from "../../market/file.js";
import { largestOfGrid } from "../../protocol/whatIf.js";
import type { Bundle } from "../../prove/bundle.js";
import type { ProvingSession } from "../../prove/session.js";
import { type Part, secretOf } from "./cast.js";
import type { DemoChain } from "./chain.js";

/** What is to be proven of a book; basis points. */
export interface Aim {
  readonly theta: number;
  readonly healthy: boolean;
}

/** A proof, its bundle for counterparties, and how long it took. */
export interface Proven extends ProvenClaim {
  readonly bundle: Bundle;
  readonly proveMs: number;
}

/** An account's holder: its book as it changes, and the proofs of it. */
export class Desk {
  readonly part: Part;
  readonly account: string;
  readonly #chain: DemoChain;
  readonly #session: ProvingSession;
  #positions: readonly Position[];
  #opening: Opening | undefined;
  #sequence = 0;

  constructor(chain: DemoChain, session: ProvingSession, part: Part) {
    this.part = part;
    this.#chain = chain;
    this.#session = session;
    this.#positions = part.positions;
    this.account = accountId(chain.wallets[part.owner].address, part.account);
  }

  /** The attested book. */
  get opening(): Opening {
    if (this.#opening === undefined) throw new ReferenceError(`no book of ${this.part.account} is attested`);
    return this.#opening;
  }

  /** What the keeper is to know of the newest book; of the first, before there is one. */
  get given(): GivenBook {
    const { account: name, isolated } = this.part;
    const { commitment, sequence } = this.#opening ?? { commitment: 0n, sequence: 1 };
    return { name, isolated, commitment, sequence: BigInt(sequence) };
  }

  async open(): Promise<void> {
    const { owner, account: name, isolated, attesters, threshold } = this.part;
    const addresses = attesters.map((attester) => this.#chain.wallets[attester].address);
    const options = { name, isolated, attesters: addresses, threshold };
    await openAccount(this.#chain.open, this.#chain.as(owner), options);
  }

  /** What the next book holds, in place of what the last held of the same assets. */
  hold(...positions: readonly Position[]): void {
    const changed = new Map(positions.map((position) => [position.asset, position]));
    this.#positions = this.#positions.map((position) => changed.get(position.asset) ?? position);
  }

  /** Has every attester sign the book as it is now, and takes the signatures to the chain. */
  async attest(): Promise<void> {
    const { owner, account, isolated, attesters } = this.part;
    const { open, wallets } = this.#chain;
    const file = { account, sequence: ++this.#sequence, isolated, positions: this.#positions };
    const opening = openBook(file, secretOf(owner), open.listing, open.tier);
    const asOf = BigInt(await this.#chain.now());
    const terms = {
      account: this.account,
      commitment: opening.commitment,
      sequence: BigInt(opening.sequence),
      asOf,
      expiresAt: asOf + BigInt(this.#chain.bookMaxAge),
    };
    const signed = await Promise.all(
      attesters.map((name) => signBook(wallets[name], registryOf(open), terms)),
    );
    await relayBook(open, this.#chain.as(owner), signed);
    this.#opening = opening;
  }

  /** Proves the attested book at a round, with the largest envelope of the grid. @throws NotProvableError */
  async prove(round: RoundMarket, { theta, healthy }: Aim): Promise<Proven> {
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
