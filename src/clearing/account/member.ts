import type { TypedDataSigner } from "../../chain/externalSigner.js";
import { roundMarket } from "../../chain/rounds.js";
import { proofWords } from "../../chain/submit.js";
import { calling } from "../../chain/transactions/revert.js";
import type { Done } from "../../chain/vault.js";
import type { NamedKey } from "../../chain/verificationKey.js";
import { HalfMismatchError, OutOfRangeError, UnrecoverableBookError } from "../../errors.js";
import { BPS } from "../../protocol/bounds.js";
import type { NoteSide } from "../../protocol/note.js";
import { readTransition } from "../../protocol/readTransition.js";
import type { ClearedOpening } from "../../protocol/sealedBook.js";
import { STATUS_NAMES } from "../../protocol/status.js";
import type { ClearingSession } from "../../prove/clearing.js";
import { proveReveal, type RevealedBook } from "../liquidators/reveal.js";
import { recoverOpening } from "./changes.js";
import { defaultOf, defaultsOf } from "./defaults.js";
import type { DefaultTransactions } from "./defaultTransactions.js";
import { checkHalf, type Half } from "./half.js";
import {
  bookChanges,
  boxOf,
  type ClearedAccount,
  clearedAccount,
  clearingMarkets,
  type HouseTransactions,
  houseTerms,
} from "./house.js";
import type { OpenHouse } from "./manifest.js";
import { checkOffer, type Offer, offerName, opposite } from "./offer.js";
import type { MemberStore } from "./store.js";
import {
  asBook,
  type ClearingMarkets,
  type ClearingProvers,
  healthCalls,
  type PreparedTransition,
  prepareTransition,
  type TransitionRequest,
} from "./transitionCall.js";

/** What a member works with. */
export interface MemberParts {
  readonly opened: OpenHouse;
  /** The margin statement's verification key, as the deployment has it. */
  readonly key: NamedKey;
  readonly store: MemberStore;
  readonly secret: Uint8Array;
  /** Loaded when the first proof is made. */
  readonly provers: () => Promise<ClearingProvers>;
  /** Basis points of price move through which claims of health hold. */
  readonly envelope: number;
}

/** How a transition is asked for: what changes, until when, and how healthy it must leave the book. */
export interface Change {
  readonly moves?: TransitionRequest["moves"];
  /** Unix seconds. */
  readonly deadline: bigint;
  /** Whether it opens risk, and so needs the house's initial margin. */
  readonly opens: boolean;
  /** Signs for the owner, where another sends it. */
  readonly signer?: TypedDataSigner;
}

/** How one side of a trade is made. */
export interface SideOptions {
  readonly deadline: bigint;
  /** Whether the trade only reduces the account's position: it then needs no initial margin, and says so to everybody. */
  readonly reduces: boolean;
  /** Unix seconds. */
  readonly now: bigint;
  readonly signer?: TypedDataSigner;
}

/** What has landed has, whatever its offer's time. */
const ANY_TIME = { now: 0n };

/** A bid for a part of an estate. */
export interface EstateBid {
  /** The account in default. */
  readonly of: string;
  /** Hundredths of what was in the estate when its book was revealed. */
  readonly parts: number;
  /** Attodollars that the buyer pays; negative if it is paid. The price now by default. */
  readonly cash?: bigint;
  /** Unix seconds, the last in which it may be mined. */
  readonly deadline: bigint;
  /** Signs the buyer's transition: the contract of defaults passes it on to the house. */
  readonly signer: TypedDataSigner;
}

/**
 * What the owner of cleared accounts does: it opens its books, proves their changes and keeps what follows. A book is kept before its
 * transition is sent. If it never becomes the account's, the chain still names the one before, and that one is used.
 *
 * @example
 * ```ts
 * import { HouseTransactions, Member, MemberStore, openHouse } from "zkmargin/clearing";
 *
 * const opened = await openHouse(houseOpen, clearing);
 * const store = await MemberStore.open(`${folder}/desk.books`, houseSecret, housePlace);
 * const member = new Member({ opened, key: namedKey, store, secret: houseSecret, provers: async () => provers, envelope: 0 });
 * const sender = new HouseTransactions(opened, houseTransactions);
 * await member.deposit(sender, cleared, 10n ** 21n, deadline); // a thousand tokens of 18 decimals
 * const { basis } = await member.openingOf(await member.account(cleared));
 * console.log(basis >= 10n ** 21n); // true
 * ```
 */
export class Member {
  readonly #parts: MemberParts;

  constructor(parts: MemberParts) {
    this.#parts = parts;
  }

  /** An account as the chain has it. */
  account(account: string): Promise<ClearedAccount> {
    return clearedAccount(this.#parts.opened, account);
  }

  /**
   * The opening of an account's standing book: from the store, or from the chain if the store lacks it.
   * @throws UnrecoverableBookError if neither has it under this secret
   */
  async openingOf({
    account,
    commitment,
  }: Pick<ClearedAccount, "account" | "commitment">): Promise<ClearedOpening> {
    const { opened, store, secret } = this.#parts;
    if (commitment === 0n) {
      const perp = new Array<bigint>(opened.open.tier.assets).fill(0n);
      return { perp, basis: 0n, salt: 0n };
    }
    const kept = store.booksOf(account).find((book) => book.commitment === commitment);
    if (kept !== undefined) return { perp: kept.perp, basis: kept.basis, salt: kept.salt };
    const changes = await bookChanges(opened, account);
    const change = changes.findLast(({ words }) => readTransition(words).newCommitment === commitment);
    if (change === undefined) throw new UnrecoverableBookError(account, 0n);
    const opening = recoverOpening(change, secret);
    await store.keep(account, { sequence: Number(change.sequence), commitment, ...opening, notes: [] });
    return opening;
  }

  /**
   * Reads every book of an account from the chain again, and keeps those that the store lacks.
   * @returns how many it kept
   * @throws UnrecoverableBookError for one that this secret does not open
   */
  async recover(account: string): Promise<number> {
    const { opened, store, secret } = this.#parts;
    let count = 0;
    for (const change of await bookChanges(opened, account)) {
      const { newCommitment: commitment } = readTransition(change.words);
      if (store.booksOf(account).some((book) => book.commitment === commitment)) continue;
      const opening = recoverOpening(change, secret);
      await store.keep(account, { sequence: Number(change.sequence), commitment, ...opening, notes: [] });
      count++;
    }
    return count;
  }

  /** The markets of the newest round. */
  markets(): Promise<ClearingMarkets> {
    return clearingMarkets(this.#parts.opened, this.#parts.key);
  }

  /** Pays tokens into an account, in units of the settlement token. One that was sent and not seen mined is carried on instead. */
  async deposit(sender: HouseTransactions, account: string, amount: bigint, deadline: bigint): Done {
    const before = await sender.carryOn("deposit", account, amount);
    if (before !== null) return before;
    const deltaBasis = amount * (await this.#unit());
    const { call } = await this.#prepared(account, { moves: { deltaBasis }, deadline, opens: false });
    return sender.deposit(call, amount);
  }

  /** Asks for tokens of an account, to be paid after the house's horizon. As for a deposit, none is asked for twice. */
  async withdraw(
    sender: HouseTransactions,
    account: string,
    amount: bigint,
    to: string,
    deadline: bigint,
  ): Done {
    const before = await sender.carryOn("withdraw", account, amount);
    if (before !== null) return before;
    const deltaBasis = -amount * (await this.#unit());
    const { call } = await this.#prepared(account, { moves: { deltaBasis }, deadline, opens: true });
    return sender.withdraw(call, amount, to);
  }

  /** Closes the torn-up lines of an account, or changes its salt. */
  async refresh(sender: HouseTransactions, account: string, deadline: bigint) {
    const { call } = await this.#prepared(account, { deadline, opens: false });
    return sender.refresh(call);
  }

  /** Gives an account's standing book new times, by two new claims of health of it. */
  async renew(sender: HouseTransactions, account: string): Done {
    const { opened, envelope, provers } = this.#parts;
    const state = await this.account(account);
    const opening = await this.openingOf(state);
    const request = {
      house: await houseTerms(opened),
      markets: await this.markets(),
      theta: await this.#theta(state, false),
      envelope,
    };
    const { sequence, commitment } = state;
    const { initial, stress, capSteps } = await healthCalls(
      request,
      {
        ...{ account, sequence: Number(sequence + 1n), isolated: false, commitment, salt: opening.salt },
        book: asBook(opening),
      },
      await provers(),
    );
    return sender.renew(state, initial, stress, capSteps);
  }

  /**
   * Takes everything out of an account that has no position left, and shows that its book is empty then.
   * @param reveal proves RevealBook
   * @throws NotProvableError if a position is left
   */
  async exit(
    sender: HouseTransactions,
    account: string,
    to: string,
    deadline: bigint,
    reveal: ClearingSession,
  ) {
    const { opened, secret, provers, store } = this.#parts;
    const state = await this.account(account);
    const [house, opening, markets, loaded] = await Promise.all([
      houseTerms(opened),
      this.openingOf(state),
      this.markets(),
      provers(),
    ]);
    const { transition, call, kept } = await prepareTransition(
      {
        ...{ house, state, opening, markets, deadline, secret, theta: 0, envelope: 0 },
        moves: { deltaBasis: -opening.basis },
      },
      loaded,
    );
    const { commitment } = transition;
    const of = { ...house, account, sequence: state.sequence + 1n, commitment };
    const { hash, proof } = await proveReveal(transition.opening, of, reveal);
    await store.keep(account, kept);
    return sender.exit(call, opening.basis, to, hash, proofWords(proof));
  }

  /**
   * Proves what an account's standing book is, for everybody to see: a reveal that the liquidators did not make, or a claim at the end
   * of the market.
   * @param reveal proves RevealBook
   */
  async revealed(account: string, reveal: ClearingSession): Promise<RevealedBook> {
    const state = await this.account(account);
    const { commitment, sequence } = state;
    const [house, opening] = await Promise.all([houseTerms(this.#parts.opened), this.openingOf(state)]);
    return proveReveal(opening, { ...house, account, sequence, commitment }, reveal);
  }

  /**
   * Takes parts of an estate into an account, for cash of its book. A bid for these parts that was sent and not seen mined is carried
   * on instead.
   * @throws OutOfRangeError for more parts than are left, or for less cash than they cost now
   * @throws NotProvableError if the book that follows would not have the house's initial margin
   */
  async bid(sender: DefaultTransactions, account: string, bid: EstateBid): Done {
    const { opened } = this.#parts;
    const { of, parts, deadline, signer } = bid;
    const before = await sender.carryOnBid(of, parts, account);
    if (before !== null) return before;
    const defaults = defaultsOf(opened);
    const left = (await defaultOf(opened, of))?.auction?.left ?? 0;
    if (!Number.isInteger(parts) || parts < 1 || parts > left)
      throw new OutOfRangeError("parts", `hundredths that are left, 1 to ${left}`, `${parts}`);
    const [shares, price] = await calling(`estate of ${of}`, () =>
      Promise.all([defaults.sharesOf(of, BigInt(parts)), defaults.priceOf(of, BigInt(parts))]),
    );
    const cash = bid.cash ?? price;
    if (cash < price)
      throw new OutOfRangeError("cash", `at least the price now, ${price} attodollars`, `${cash}`);
    const moves = { deltaPerp: [...shares], deltaBasis: -cash };
    const { call } = await this.#prepared(account, { moves, deadline, opens: true, signer });
    return sender.bid(of, parts, cash, call);
  }

  /**
   * Whether an account has traded what an offer names. No other half of it is settled then: a note is used once.
   * @throws HalfMismatchError for an offer of another house
   */
  async hasTraded(offer: Offer, account: string): Promise<boolean> {
    this.#checkOffer(offer, ANY_TIME);
    const name = BigInt(offerName(offer));
    const changes = await bookChanges(this.#parts.opened, account);
    return changes.some(({ words }) => readTransition(words).notes.some((note) => note?.digest === name));
  }

  /** The taker's half of an offer, proven and signed. Nothing is sent. */
  async accept(offer: Offer, account: string, options: SideOptions): Promise<Half> {
    this.#checkOffer(offer, options);
    const note: NoteSide = { note: offer.note, side: opposite(offer.side) };
    const { call, round } = await this.#side(note, account, options);
    return { offer: offerName(offer), round: Number(round), call };
  }

  /**
   * The maker's half of an offer, and with the taker's the trade. A trade that has landed, or that was sent and not seen mined, is not
   * proven again, whatever its deadline.
   * @throws HalfMismatchError if the half does not complete the offer
   */
  async settle(sender: HouseTransactions, offer: Offer, half: Half, options: SideOptions): Done {
    this.#checkOffer(offer, ANY_TIME);
    const settled = await sender.settled(half.call);
    if (settled !== undefined) return settled;
    this.#checkOffer(offer, options);
    checkHalf(half, offer, options.now);
    const at = half.round === 0 ? undefined : BigInt(half.round);
    const own = await this.#side({ note: offer.note, side: offer.side }, offer.maker, options, at);
    const { opened, key } = this.#parts;
    const round = own.round === 0n ? (at ?? 0n) : own.round;
    if (at !== undefined && at !== round)
      throw new HalfMismatchError(
        "half.round",
        `${round}`,
        `${at}`,
        "ask the taker to accept the offer again",
      );
    const quotes =
      round === 0n ? [] : boxOf({ margin: (await roundMarket(opened.margin, round, key.key)).market }).quotes;
    return sender.trade([half.call, own.call], round, quotes);
  }

  #checkOffer(offer: Offer, { now }: Pick<SideOptions, "now">): void {
    const { open, house } = this.#parts.opened;
    const { connection, listing } = open;
    checkOffer(offer, { chainId: connection.chainId, house: String(house.target), listing, now });
  }

  /** @param at round whose prices the other side is held to, if it reduces */
  async #side(side: NoteSide, account: string, options: SideOptions, at?: bigint) {
    const { deadline, reduces, signer } = options;
    const { opened, key } = this.#parts;
    const markets = await this.markets();
    const round = reduces ? (at ?? markets.round) : 0n;
    const held =
      !reduces || round === markets.round
        ? markets.margin
        : (await roundMarket(opened.margin, round, key.key)).market;
    const moves = { sides: [side], ...(reduces ? { reduces, box: boxOf({ margin: held }).box } : {}) };
    const change = { moves, deadline, opens: !reduces, ...(signer === undefined ? {} : { signer }) };
    const { call } = await this.#prepared(account, change, markets);
    return { call, round };
  }

  /** Proves a change, and keeps the book that it leaves. */
  async #prepared(account: string, change: Change, given?: ClearingMarkets): Promise<PreparedTransition> {
    const { opened, secret, envelope, provers, store } = this.#parts;
    const { moves = {}, deadline, opens, signer } = change;
    const state = await this.account(account);
    const [house, opening, markets, theta, loaded] = await Promise.all([
      houseTerms(opened),
      this.openingOf(state),
      given ?? this.markets(),
      this.#theta(state, opens),
      provers(),
    ]);
    const request = { house, state, opening, moves, deadline, theta, envelope, markets, secret };
    const prepared = await prepareTransition(
      { ...request, ...(signer === undefined ? {} : { signer }) },
      loaded,
    );
    await store.keep(account, prepared.kept);
    return prepared;
  }

  /** Maintenance margin where nothing is opened, unless the account is to be saved from its liquidation. */
  async #theta({ account, commitment }: ClearedAccount, opens: boolean): Promise<number> {
    const { opened } = this.#parts;
    if (!opens && commitment === 0n) return Number(BPS);
    const status = STATUS_NAMES[Number(await opened.margin.contracts.marginGate.statusOf(account))];
    const most = opens || status === "liquidatable" || status === "marginCall";
    return most ? Number(await opened.house.initialMargin()) : Number(BPS);
  }

  async #unit(): Promise<bigint> {
    return this.#parts.opened.house.unit();
  }
}
