import { RevertedError } from "../../errors.js";
import { contractAt } from "../binding.js";
import type { OpenDeployment } from "../contracts.js";
import { chainlinkFeed } from "../generated/ChainlinkFeed.js";
import { fundingIndex } from "../generated/FundingIndex.js";
import { calling } from "../transactions/revert.js";
import type { FeedReadings } from "./record.js";

const NOBODY = `0x${"0".repeat(40)}`;

/** Asks a ledger's feeds what they said in a block: at its end, and before it where that differs. */
export class FeedReader {
  readonly #open: OpenDeployment;

  constructor(open: OpenDeployment) {
    this.#open = open;
  }

  /** Null where the node has no state of that block any more, or the sources were replaced in it. */
  async read(block: number): Promise<FeedReadings | null> {
    try {
      const [now, before] = [await this.#sources(block), await this.#sources(block - 1)];
      if (now === null || JSON.stringify(now) !== JSON.stringify(before)) return null;
      const prices: FeedReadings["prices"] = [];
      for (const feed of now.feeds)
        prices.push(distinct([await this.#price(feed, block), await this.#price(feed, block - 1)]));
      const funding =
        now.funding === NOBODY
          ? []
          : distinct([await this.#funding(now.funding, block), await this.#funding(now.funding, block - 1)]);
      return { prices, funding };
    } catch {
      // What was not answered is not known, and what is left of the answers would be compared in its place.
      return null;
    }
  }

  async #sources(block: number) {
    const { marketLedger } = this.#open.contracts;
    const { feeds, fundingSource } = await marketLedger.sources({ blockTag: block });
    return { feeds: [...feeds], funding: fundingSource };
  }

  /** All feeds answer alike, whatever is behind them. */
  #price(feed: string, blockTag: number): Promise<[string, string] | undefined> {
    return unlessRefused(async () => {
      const { provider } = this.#open.connection;
      const { price, confidence } = await contractAt(chainlinkFeed, feed, provider).read({ blockTag });
      return [price.toString(), confidence.toString()];
    });
  }

  #funding(source: string, blockTag: number): Promise<string[] | undefined> {
    return unlessRefused(async () => {
      const { provider } = this.#open.connection;
      return [...(await contractAt(fundingIndex, source, provider).read({ blockTag }))].map(String);
    });
  }
}

/** Undefined where the contract refuses to answer, as a stale feed does; that the node did not answer is thrown. */
async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await calling("feed", ask);
  } catch (error) {
    if (error instanceof RevertedError) return undefined;
    throw error;
  }
}

function distinct<T>(answers: readonly (T | undefined)[]): T[] {
  const known = answers.filter((answer): answer is T => answer !== undefined);
  return known.filter((answer, i) => known.findIndex((other) => String(other) === String(answer)) === i);
}
