import type { BookFile } from "../../book/bookFile.js";
import { atSequence, type BookRequest, MOST_SALTS } from "../../book/bookRequest.js";
import { openWithSalt } from "../../book/opening.js";
import type { VerificationKeyPoints } from "../../groth16/verificationKey.js";
import type { MarketFile } from "../../market/file.js";
import type { AttestedTerms, SleeveTerms } from "../../protocol/attestation.js";
import { accountId, registryOf, signBook } from "../attest.js";
import type { OpenDeployment } from "../deployment.js";
import type { TypedDataSigner } from "../externalSigner.js";
import { type AccountStatus, accountStatus, type MarketStatus } from "../status.js";
import type { AttesterHappening } from "./events.js";
import type { Outbox, RecordSource } from "./exchange.js";
import {
  type AttesterPolicy,
  checkAge,
  checkHoldings,
  checkRemotes,
  checkSleeve,
  checkSlots,
  type PricingContext,
  pricedBook,
  Refusal,
  reasonToSign,
  type SigningReason,
} from "./nextBook.js";
import type { AttesterRecord } from "./records.js";
import type { SignedBooks } from "./signedBooks.js";
import { SigningReader } from "./signingReader.js";
import { sleeveTermsOf } from "./terms.js";

/** What an attester answers by: its wallet, its journal, its policy, and where answers go. */
export interface AnswerOptions {
  readonly open: OpenDeployment;
  readonly key: VerificationKeyPoints;
  readonly wallet: TypedDataSigner;
  /** A contract that attests by this key's signature (EIP-1271); the wallet by default. */
  readonly attester?: string;
  readonly signed: SignedBooks;
  readonly outbox: Outbox;
  readonly policy: AttesterPolicy;
}

/** What one look shows. */
export interface Look {
  readonly market: MarketStatus;
  readonly known: ReadonlyMap<string, RecordSource>;
  /** Seconds. */
  readonly longest: bigint;
}

interface Due extends Look {
  readonly status: AccountStatus;
  readonly record: AttesterRecord;
  /** The highest sequence that was attested or signed. */
  readonly above: bigint;
}

/** An attester's answer to a request for a book: none while none is due, a refusal, or a book that is signed once. */
export class BookAnswers {
  readonly #options: AnswerOptions;
  readonly #reader: SigningReader;
  readonly #tell: (happening: AttesterHappening) => void;

  constructor(options: AnswerOptions, tell: (happening: AttesterHappening) => void) {
    this.#options = options;
    this.#reader = new SigningReader(options);
    this.#tell = tell;
  }

  /** The address that attests. */
  get attester(): string {
    return this.#options.attester ?? this.#options.wallet.address;
  }

  /** Answers a request as far as it is due. Returns how many books were signed. */
  async answer(name: string, request: BookRequest, look: Look): Promise<number> {
    const { open, signed } = this.#options;
    const account = request.account.toLowerCase();
    const source = look.known.get(account);
    if (source === undefined)
      throw new Refusal("no-records", "request.account: expected an account of the records, got another");
    const status = await accountStatus(open, account, look.market.block);
    const { owner, book } = status;
    if (
      owner === null ||
      accountId(owner, request.book.account) !== account ||
      book.isolated !== request.book.isolated
    )
      throw new Refusal("other-account", "request.book: expected a book of this account, got one of another");
    if (!(await open.contracts.bookRegistry.isAttester(account, this.attester)))
      throw new Refusal("not-attester", `account: expected ${this.attester} among its attesters, got others`);
    const finished = await this.#finish(name, request, book.sequence);
    if (finished !== null) return finished;
    const newest = signed.highestOf(account);
    const above = newest > book.sequence ? newest : book.sequence;
    if (request.book.sleeve !== undefined)
      return this.#check(name, request, { ...look, status, above, record: await source.read() });
    const reason = await this.reasonToSign(status, look);
    if (reason === null) return 0;
    return this.#make(name, request, { ...look, status, above, record: await source.read(), reason });
  }

  /** Why an account needs a new book now; null if it needs none. */
  async reasonToSign(status: AccountStatus, { market, known }: Look): Promise<SigningReason | null> {
    const shocks = await this.#options.open.contracts.riskProfile.shocksHash();
    const hasOptions = known.get(status.account)?.hasOptions ?? false;
    return reasonToSign(
      await this.#reader.newest(status),
      market,
      { shocks, hasOptions },
      this.#options.policy,
    );
  }

  /** Gives an answer that was signed and not given. Null where the request asks for more than that. */
  async #finish(name: string, request: BookRequest, attested: bigint): Promise<number | null> {
    const { open, outbox, signed } = this.#options;
    const { account } = request;
    const asksForOne = request.book.sleeve !== undefined;
    const sequence = asksForOne ? BigInt(request.book.sequence) : signed.highestOf(account);
    const entry = signed.at({ account, sequence });
    const own = atSequence(request, Number(sequence));
    if (entry === undefined || own === undefined) return null;
    const { terms, given } = entry;
    const answer = answerName(name, sequence);
    const book = asksForOne ? request.book : given ? undefined : await outbox.staged(answer);
    const isThis =
      book !== undefined &&
      openWithSalt(book, own.salts.book, open.listing, open.tier).commitment === terms.commitment;
    if (asksForOne && !isThis)
      throw new Refusal(
        "spent",
        `book.sequence: expected one that no other book was signed for, got ${sequence}`,
      );
    if (given || sequence <= attested) return asksForOne ? 0 : null;
    if (await outbox.has(answer)) {
      await signed.give(terms);
      return 0;
    }
    // A sequence whose book was not kept is spent, and the next is signed.
    if (!isThis) return null;
    await this.#give(answer, terms, "asked");
    return 1;
  }

  /** Signs a book with a sleeve that the owner made, if the records confirm it. */
  async #check(name: string, request: BookRequest, due: Due): Promise<number> {
    const { open, policy } = this.#options;
    const { record } = due;
    const sequence = this.#sequence(request, due, BigInt(request.book.sequence));
    checkAge(record, { time: due.market.time, after: due.status.book.asOf }, policy);
    checkSlots(record, open.listing, await open.contracts.marketLedger.sleeveSlots());
    const market = await this.#reader.roundOf(request, due.market);
    const [book, [salts]] = [request.book, request.salts];
    if (salts === undefined) throw new Refusal("no-salts", "request.salts: expected one, got none");
    checkHoldings(book, record, market);
    checkRemotes(book, open.listing, await this.#reader.remotes(due.status.account, due.market));
    checkSleeve(book, salts, record, contextOf(due, market), policy);
    await this.#sign(answerName(name, sequence), { book, salt: salts.book, market }, due, "asked");
    return 1;
  }

  /** Makes the next book by the attester's own records, and signs it. */
  async #make(
    name: string,
    request: BookRequest,
    due: Due & { readonly reason: SigningReason },
  ): Promise<number> {
    const { open, outbox, policy } = this.#options;
    const { record, reason, status, above } = due;
    const first = BigInt(request.book.sequence);
    const sequence = this.#sequence(request, due, above + 1n > first ? above + 1n : first);
    const next = atSequence(request, Number(sequence));
    if (next === undefined)
      throw new Refusal("no-salts", `request.salts: expected one of sequence ${sequence}, got none`);
    const voided = status.book.sleeve?.voidedAt ?? 0n;
    const after = reason === "void" ? voided + 1n : status.book.asOf;
    checkAge(record, { time: due.market.time, after }, policy);
    const { round } = due.market;
    if (round === null || !due.market.usable)
      throw new Refusal("no-round", "market: expected a round to prove against, got none; poke");
    checkSlots(record, open.listing, await open.contracts.marketLedger.sleeveSlots());
    const market = await this.#reader.market(round.number);
    checkHoldings(next.book, record, market);
    checkRemotes(next.book, open.listing, await this.#reader.remotes(status.account, due.market));
    const book = pricedBook(next.book, next.salts, record, contextOf(due, market), policy);
    await this.#checkLater(book, due);
    const answer = answerName(name, sequence);
    await outbox.stage(answer, book);
    await this.#sign(answer, { book, salt: next.salts.book, market }, due, reason);
    return 1;
  }

  /** That a book which is due because its end nears ends later than the one before. @throws Refusal */
  async #checkLater(
    { sleeve }: BookFile,
    { status, record, reason, longest }: Due & { reason: SigningReason },
  ): Promise<void> {
    const before = await this.#reader.newest(status);
    if (before === null) return;
    const expiresAt = record.readAt + longest;
    if (reason === "expiry" && expiresAt <= before.expiresAt)
      throw new Refusal(
        "no-later",
        `readAt: expected holdings read after ${before.asOf}, got ${record.readAt}`,
      );
    const ends = BigInt(sleeve?.band.until ?? 0);
    if (reason === "end" && ends <= (before.sleeve?.until ?? 0n))
      throw new Refusal(
        "no-later",
        `sleeve: expected an end after ${before.sleeve?.until}, got ${ends}; its first position settles`,
      );
  }

  /** @throws Refusal for a sequence that the registry or an owner's next books could not take */
  #sequence({ book }: BookRequest, { above }: Due, sequence: bigint): bigint {
    const most = above + BigInt(MOST_SALTS);
    if (sequence <= above || sequence > most)
      throw new Refusal("sequence", `book.sequence: expected ${above + 1n} to ${most}, got ${book.sequence}`);
    return sequence;
  }

  /** Writes down what is signed, signs it and gives it. */
  async #sign(
    answer: string,
    { book, salt, market }: { readonly book: BookFile; readonly salt: bigint; readonly market: MarketFile },
    { status, record, longest }: Due,
    reason: SigningReason,
  ): Promise<void> {
    const { open, signed } = this.#options;
    const { commitment } = openWithSalt(book, salt, open.listing, open.tier);
    const sleeve: SleeveTerms | undefined =
      book.sleeve === undefined ? undefined : await sleeveTermsOf(open, market, book.sleeve);
    const terms: AttestedTerms = {
      account: status.account,
      commitment,
      sequence: BigInt(book.sequence),
      asOf: record.readAt,
      expiresAt: record.readAt + longest,
      ...(sleeve === undefined ? {} : { sleeve }),
    };
    await signed.put(terms);
    await this.#give(answer, terms, reason);
  }

  async #give(answer: string, terms: AttestedTerms, reason: SigningReason): Promise<void> {
    const { open, outbox, signed, wallet } = this.#options;
    await outbox.give(answer, await signBook(wallet, registryOf(open), terms, this.attester));
    await signed.give(terms);
    const { account, sequence, asOf, expiresAt, sleeve } = terms;
    const [pricedAt, until] = [sleeve?.pricedAt ?? null, sleeve?.until ?? null];
    this.#tell({ event: "signed", account, answer, reason, sequence, asOf, expiresAt, pricedAt, until });
  }
}

function contextOf({ market: { time }, record, longest }: Due, market: MarketFile): PricingContext {
  return { market, time, latest: record.readAt + longest };
}

function answerName(name: string, sequence: bigint): string {
  return `${name}-${sequence}`;
}
