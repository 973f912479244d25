import { createHash, timingSafeEqual } from "node:crypto";
import type { AccountReading } from "../chain/accountReading.js";
import { UsageError } from "../errors.js";
import { denseMarket, type MarketFile } from "../market/file.js";
import { BPS } from "../protocol/bounds.js";
import { assess, exceeds } from "../protocol/statement.js";
import type { Tier } from "../protocol/tiers.js";
import { healthFactor, largestEnvelope, largestTheta } from "../protocol/whatIf.js";
import type { ArchivedBooks } from "../queue/openings.js";
import type { OwnHealth } from "./apiTypes.js";

/** Characters of a token at least: it stands for the books. */
export const TOKEN_LENGTH = 32;

const MAINTENANCE = Number(BPS);

/** Computes the health factors of books that an institution's own key opens. They stay in this process's memory. */
export class OwnBooks {
  readonly #books: Pick<ArchivedBooks, "of">;
  readonly #tier: Tier;
  readonly #token: Buffer;
  #last:
    | { readonly market: MarketFile; readonly key: string; readonly found: readonly OwnHealth[] }
    | undefined;

  /** @throws UsageError for a token that is too short */
  constructor(books: Pick<ArchivedBooks, "of">, tier: Tier, token: string) {
    if (token.length < TOKEN_LENGTH)
      throw new UsageError(
        `--token-file: expected a token of at least ${TOKEN_LENGTH} characters, got a shorter one; openssl rand -hex 32 makes one`,
      );
    this.#books = books;
    this.#tier = tier;
    this.#token = digestOf(token);
  }

  /** Whether a request's Authorization header has the token; takes the same time for each. */
  admits(header: string | undefined): boolean {
    const given = /^Bearer (\S+)$/.exec(header ?? "")?.[1] ?? "";
    return timingSafeEqual(digestOf(given), this.#token);
  }

  /** The health of each account whose attested book the key opens, at a round. */
  async healthAt(
    round: number,
    market: MarketFile,
    accounts: Iterable<AccountReading>,
  ): Promise<readonly OwnHealth[]> {
    const attested = [...accounts].filter(({ gate }) => gate.book.sequence !== 0);
    const key = attested.map(({ status }) => status.book.commitment).join();
    if (this.#last?.market === market && this.#last.key === key) return this.#last.found;
    const prices = denseMarket(market, this.#tier);
    const found: OwnHealth[] = [];
    for (const { status, gate } of attested) {
      const {
        account,
        book: { commitment },
      } = status;
      const opening = await this.#books.of(commitment);
      if (opening === undefined) continue;
      const assessment = assess(opening.book, prices, { healthy: true, envelope: 0 });
      const factor = healthFactor(assessment);
      found.push({
        ...{ account, round, sequence: gate.book.sequence },
        healthFactor: factor === null ? null : Number(factor),
        healthy: exceeds(assessment, MAINTENANCE),
        largestTheta: largestTheta(assessment),
        largestEnvelope: largestEnvelope(opening.book, prices, MAINTENANCE),
      });
    }
    // A book that is not archived yet is looked for again.
    if (found.length === attested.length) this.#last = { market, key, found };
    return found;
  }
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
