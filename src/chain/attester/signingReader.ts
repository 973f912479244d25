import type { BookRequest } from "../../book/bookRequest.js";
import type { VerificationKeyPoints } from "../../groth16/verificationKey.js";
import { type MarketFile, marketDigest } from "../../market/file.js";
import { slotOf } from "../../protocol/listing.js";
import { type OpenDeployment, openRemote } from "../deployment.js";
import { roundMarket } from "../rounds.js";
import type { AccountStatus, MarketStatus } from "../status.js";
import { calling } from "../transactions/revert.js";
import { Refusal, type SignedState } from "./nextBook.js";
import type { SignedBooks } from "./signedBooks.js";

/** Rounds before the newest whose sleeves are signed too, as an owner's book takes a moment to arrive. */
const ROUNDS_BACK = 8n;

interface SigningSources {
  readonly open: OpenDeployment;
  readonly key: VerificationKeyPoints;
  readonly signed: SignedBooks;
}

/** Reads from chain and journal what an attester decides by. */
export class SigningReader {
  readonly #options: SigningSources;
  readonly #rounds = new Map<bigint, MarketFile>();

  constructor(options: SigningSources) {
    this.#options = options;
  }

  /** The newest book of an account: the attested one, or one that was signed since. */
  async newest({ account, book }: AccountStatus): Promise<SignedState | null> {
    const signed = this.#options.signed.newestGiven(account);
    if (signed !== undefined && signed.sequence > book.sequence) {
      const { sleeve } = signed;
      const state = sleeve && { ...sleeve, voidedAt: 0n, odometer: await this.#odometerAt(sleeve.pricedAt) };
      return { ...signed, live: true, sleeve: state ?? null };
    }
    if (book.sequence === 0n) return null;
    const { sleeve } = book;
    const held = sleeve && {
      ...{ ...sleeve, band: BigInt(sleeve.band) },
      odometer: await this.#odometerAt(sleeve.pricedAt),
    };
    return { ...book, sleeve: held };
  }

  /** The sleeve odometer in a round; null where the ledger has forgotten it. */
  async #odometerAt(number: bigint): Promise<bigint | null> {
    const ledger = this.#options.open.contracts.marketLedger;
    if (number < (await ledger.oldestRound())) return null;
    return (await ledger.roundAt(number)).sleeveOdometer;
  }

  /** The market of the round that a request's sleeve was made for, among the newest. @throws Refusal */
  async roundOf({ book }: BookRequest, { round }: MarketStatus): Promise<MarketFile> {
    const ledger = this.#options.open.contracts.marketLedger;
    const newest = round?.number ?? 0n;
    for (let number = newest; number > 0n && number + ROUNDS_BACK > newest; number--) {
      if (!(await ledger.usable(number))) break;
      const market = await this.market(number);
      if (marketDigest(market) === book.sleeve?.market) return market;
    }
    throw new Refusal("no-round", "book.sleeve.market: expected one of the newest rounds, got another");
  }

  /** What is recorded of an account's assets on other chains in the market's block: quanta by slot, 0 of a stale lock. */
  remotes(account: string, { block }: Pick<MarketStatus, "block">): Promise<ReadonlyMap<number, bigint>> {
    const { open } = this.#options;
    return calling(`remotes of ${account}`, async () => {
      const found = new Map<number, bigint>();
      for (const asset of Object.keys(open.deployment.remotes ?? {})) {
        const slot = slotOf(open.listing, asset);
        if (slot === undefined) continue;
        const collateral = openRemote(open, asset);
        const units = await collateral.recordedBalance(account, { blockTag: block });
        const quantum = 10n ** BigInt(open.listing[slot]?.decimals ?? 0);
        found.set(slot, (units * quantum) / 10n ** (await collateral.decimals()));
      }
      return found;
    });
  }

  async market(number: bigint): Promise<MarketFile> {
    const { open, key } = this.#options;
    const kept = this.#rounds.get(number);
    if (kept !== undefined) return kept;
    const { market } = await roundMarket(open, number, key);
    this.#rounds.set(number, market);
    for (const old of this.#rounds.keys()) if (old + ROUNDS_BACK < number) this.#rounds.delete(old);
    return market;
  }
}
