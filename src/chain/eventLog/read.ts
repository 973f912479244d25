import { getAddress, type Log, ZeroAddress } from "ethers";
import { DeploymentMismatchError, RevertedError } from "../../errors.js";
import { STATUS_NAMES } from "../../protocol/status.js";
import { contractAt } from "../binding.js";
import type { OpenDeployment, OpenMarket } from "../deployment.js";
import { chainlinkFeed } from "../generated/ChainlinkFeed.js";
import { erc20Mock } from "../generated/ERC20Mock.js";
import { fundingIndex } from "../generated/FundingIndex.js";
import { medianFeed } from "../generated/MedianFeed.js";
import { isNodeRefusal, logPages } from "../logs.js";
import { keptBy } from "../medians.js";
import { calling } from "../transactions/revert.js";
import { loggedAddresses, loggedLines, marketOf, readCounts, readLines } from "./chainState.js";
import { HeaderReader } from "./headers.js";
import type { FeedReadings, LogBlock, LogCall, LogEvent, LoggedRole } from "./record.js";
import { type ChainEvent, decodeEvent, LOGGED_BINDINGS } from "./record.js";
import { namedSides, SIDE_BINDINGS, SideReader } from "./sides.js";

/** What is read, and how much is asked for beside the events. */
export interface ReadOptions {
  /** First block; by default that of the first contract's creation. */
  readonly fromBlock?: number;
  /** Last block. */
  readonly toBlock: number;
  /** Of which blocks the gate's answers are asked for: needs the chain's state at each. */
  readonly answers: "every" | "last";
  /** Accounts opened before the first block. */
  readonly accounts?: readonly string[];
  /** Credit lines opened before the first block. */
  readonly lines?: readonly string[];
  /** Name of the derived market that is read; the deployment's own by default. */
  readonly derived?: string;
  /** Blocks asked for at once. */
  readonly span?: number;
  readonly onBlock?: (block: number) => void;
}

/** Events whose transaction is recorded with its call data. */
const WITH_CALL = new Set(["BookAttested", "ProofAccepted", "AttesterRevoked"]);

/**
 * Blocks in which the deployment's contracts emitted anything, oldest first, and the last block in any case, with what
 * events alone do not tell: calls, feeds, answers.
 * @throws NodeUnreachableError, DeploymentMismatchError if the chain is re-organised under the reader,
 *   IncompleteLogsError if the node's events are fewer than a header's filter and its receipts say
 */
export async function* readBlocks(open: OpenDeployment, options: ReadOptions): AsyncGenerator<LogBlock> {
  const lines = await loggedLines(open, options.derived);
  const reader = new BlockReader(open, options, lines);
  const addresses = placesOf(open, options, lines).map(({ address }) => address);
  const { contracts } = open.deployment;
  const fromBlock =
    options.fromBlock ?? Math.min(...Object.values(contracts).map(({ block: created }) => created));
  const filter = { address: addresses, topics: [], fromBlock, toBlock: options.toBlock };
  const pages = logPages(open.connection.provider, filter, options.span);
  let last = -1;
  for (;;) {
    const page = await pages.next();
    if (page.done) break;
    for (const [number, logs] of byBlock(page.value.logs)) {
      last = number;
      yield await reader.block(number, logs);
      options.onBlock?.(number);
    }
    options.onBlock?.(page.value.toBlock);
  }
  if (last < options.toBlock && fromBlock <= options.toBlock) yield await reader.block(options.toBlock, []);
}

/** Where each contract is whose events are read. */
function placesOf(open: OpenDeployment, options: ReadOptions, lines: readonly string[]) {
  const core = Object.entries(loggedAddresses(logged(open, options))).map(([role, address]) => ({
    role: role as LogEvent["role"],
    of: undefined,
    address,
    binding: LOGGED_BINDINGS[role as LoggedRole],
  }));
  const sides = namedSides(open).map(({ role, of, address }) => ({
    role,
    of,
    address,
    binding: SIDE_BINDINGS[role],
  }));
  const role = "creditLine" as const;
  const ofLines = lines.map((address) => ({ role, of: undefined, address, binding: LOGGED_BINDINGS[role] }));
  return [...core, ...sides, ...ofLines];
}

/** The market that is read, as a log's head names it. */
function logged({ deployment }: OpenDeployment, { derived }: ReadOptions) {
  return { deployment, ...(derived === undefined ? {} : { derived }) };
}

function byBlock(logs: readonly Log[]): Map<number, Log[]> {
  const blocks = new Map<number, Log[]>();
  for (const log of logs) {
    const known = blocks.get(log.blockNumber);
    if (known === undefined) blocks.set(log.blockNumber, [log]);
    else known.push(log);
  }
  return blocks;
}

class BlockReader {
  readonly #open: OpenDeployment;
  readonly #market: OpenMarket;
  readonly #options: ReadOptions;
  readonly #roles: ReadonlyMap<string, Pick<LogEvent, "role" | "of">>;
  readonly #sides: SideReader;
  readonly #accounts: string[];
  /** Credit lines, as far as the blocks that were read have opened them. */
  readonly #lines: string[] = [];
  readonly #contracts = new Map<string, boolean>();
  readonly #feeds: FeedReader;
  readonly #headers: HeaderReader;

  /** @param lines every credit line */
  constructor(open: OpenDeployment, options: ReadOptions, lines: readonly string[]) {
    this.#open = open;
    this.#market = marketOf(open, options.derived);
    this.#options = options;
    this.#accounts = [...(options.accounts ?? [])];
    this.#feeds = new FeedReader(open);
    this.#sides = new SideReader(open);
    this.#lines.push(...(options.lines ?? []));
    const places = placesOf(open, options, lines);
    this.#headers = new HeaderReader(open, places);
    this.#roles = new Map(
      places.map(({ address, role, of }) => [
        address.toLowerCase(),
        of === undefined ? { role } : { role, of },
      ]),
    );
  }

  async block(number: number, some: readonly Log[]): Promise<LogBlock> {
    const header = await this.#headers.read(number);
    const [log] = some;
    if (header === null || (log !== undefined && log.blockHash !== header.hash))
      throw new DeploymentMismatchError(
        `block ${number}: expected the one that its events are of, got another; the chain was re-organised: run it again`,
      );
    const logs = await this.#headers.whole(header, some);
    const events = logs.map((each) => this.#event(each));
    const decoded = events.map(decodeEvent);
    const known = decoded.filter((event) => event !== undefined);
    for (const event of known)
      if (event.name === "AccountOpened") this.#accounts.push(event.fields.account);
      else if (event.name === "LineOpened") this.#lines.push(event.fields.line);
    const { sold, ...sides } = await this.#beside(events, known, number);
    const hasRound = known.some(({ name }) => name === "RoundCommitted");
    const withAnswers = this.#options.answers === "every" || number === this.#options.toBlock;
    return {
      number,
      hash: header.hash,
      parent: header.parent,
      time: header.time,
      events: [...events, ...sold].sort((a, b) => a.index - b.index),
      ...sides,
      calls: await this.#calls(logs, decoded),
      ...(await this.#contractsAmong(known, number)),
      tokens: await this.#tokens(known),
      feeds: hasRound ? await this.#feeds.read(number) : null,
      answers: withAnswers ? await this.#answers(number) : [],
      counts: withAnswers ? await this.#counts(number) : null,
    };
  }

  #event({ address, topics, data, index, transactionIndex }: Log): LogEvent {
    const place = this.#roles.get(address.toLowerCase());
    if (place === undefined) throw new RangeError(`an event of ${address}, which was not asked for`);
    const line = place.role === "creditLine" ? { line: getAddress(address) } : {};
    return { index, tx: transactionIndex, ...place, ...line, topics: [...topics], data };
  }

  async #counts(number: number): Promise<LogBlock["counts"]> {
    const counts = await readCounts(this.#market, this.#accounts, number);
    if (this.#lines.length === 0) return counts;
    return { ...counts, lines: await readLines(this.#open, this.#lines, number) };
  }

  /** What of medians and liquidators stands beside their events, and the events of liquidators, which no manifest names. */
  async #beside(events: readonly LogEvent[], known: readonly ChainEvent[], number: number) {
    const hasRound = known.some(({ name }) => name === "RoundCommitted");
    const assets = namedSides(this.#open).flatMap(({ role, of }) =>
      role === "medianFeed" && of !== undefined && (hasRound || events.some((event) => event.of === of))
        ? [of]
        : [],
    );
    const medians = assets.length === 0 ? [] : await this.#sides.medians(assets, number);
    const taken = known.flatMap((event) => (event.name === "Taken" ? [event.fields] : []));
    const liquidators = await this.#sides.liquidators(taken.map(({ bidder }) => bidder));
    const tokens = taken.map(({ token }) => token);
    const { logs, transfers } = await this.#sides.liquidations(liquidators, tokens, number);
    return {
      sold: logs.map(
        ({ address, index, transactionIndex: tx, topics, data }): LogEvent => ({
          ...{ index, tx, role: "ammLiquidator" as const, of: address, topics: [...topics], data },
        }),
      ),
      ...(medians.length === 0 ? {} : { medians }),
      ...(liquidators.length === 0 ? {} : { liquidators, transfers }),
    };
  }

  async #calls(logs: readonly Log[], events: readonly (ChainEvent | undefined)[]): Promise<LogCall[]> {
    const wanted = new Map<number, string>();
    logs.forEach(({ transactionIndex, transactionHash }, i) => {
      if (WITH_CALL.has(events[i]?.name ?? "")) wanted.set(transactionIndex, transactionHash);
    });
    const calls: LogCall[] = [];
    for (const [tx, hash] of [...wanted].sort(([a], [b]) => a - b)) {
      const transaction = await this.#open.connection.provider.getTransaction(hash);
      // A node that has forgotten it leaves the proof unseen, which the audit says.
      if (transaction !== null)
        calls.push({ tx, from: transaction.from, to: transaction.to, data: transaction.data });
    }
    return calls;
  }

  /** Which signers of books are contracts, and of which nobody can tell. */
  async #contractsAmong(
    events: readonly ChainEvent[],
    block: number,
  ): Promise<Pick<LogBlock, "contracts" | "unknown">> {
    const signers = new Set(
      events.flatMap((event) => (event.name === "BookAttested" ? [...event.fields.signers] : [])),
    );
    const [contracts, unknown]: [string[], string[]] = [[], []];
    for (const signer of [...signers].sort()) {
      const isContract = this.#contracts.get(signer) ?? (await this.#hasCode(signer, block));
      // An address without code can come to have some.
      if (isContract === true) this.#contracts.set(signer, true);
      if (isContract === true) contracts.push(signer);
      else if (isContract === null) unknown.push(signer);
    }
    return { contracts, unknown };
  }

  /**
   * Whether an address had code in a block; null if the node cannot tell: it has forgotten that block's state or refuses
   * to answer, and code that there is now does not say that there is none.
   */
  async #hasCode(address: string, block: number): Promise<boolean | null> {
    const { provider } = this.#open.connection;
    for (const at of [block, "latest"] as const)
      try {
        const code = await provider.getCode(address, at);
        if (code !== "0x") return true;
        if (at === block) return false;
      } catch (error) {
        if (!isNodeRefusal(error)) throw error;
      }
    return null;
  }

  async #tokens(events: readonly ChainEvent[]): Promise<[string, number][]> {
    const tokens: [string, number][] = [];
    for (const event of events)
      if (event.name === "AssetListed") {
        const token = contractAt(erc20Mock, event.fields.token, this.#open.connection.provider);
        tokens.push([event.fields.token, Number(await token.decimals())]);
      }
    return tokens;
  }

  async #answers(number: number): Promise<LogBlock["answers"]> {
    const { marginGate } = this.#market.contracts;
    const at = { blockTag: number };
    const answers: LogBlock["answers"] = [];
    for (const account of this.#accounts)
      try {
        const [status, deadline] = await calling("status", () =>
          Promise.all([marginGate.statusOf(account, at), marginGate.deadlineOf(account, at)]),
        );
        answers.push({
          account,
          status: STATUS_NAMES[Number(status)] ?? "unknown",
          deadline: Number(deadline),
        });
      } catch (error) {
        // Before its first round the market has nothing to say.
        if (!(error instanceof RevertedError) || error.reason !== "RoundUnknown") throw error;
      }
    return answers;
  }
}

/** Asks a ledger's feeds what they said in a block: at its end, and before it where that differs. */
class FeedReader {
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
        now.funding === ZeroAddress
          ? []
          : distinct([await this.#funding(now.funding, block), await this.#funding(now.funding, block - 1)]);
      const medians = await this.#medians(now.feeds, block);
      return { prices, funding, ...(medians.length === 0 ? {} : { medians }) };
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

  /** What the manifest's medians among the feeds have recorded by the block's end. */
  async #medians(feeds: readonly string[], block: number): Promise<NonNullable<FeedReadings["medians"]>> {
    const { connection, deployment } = this.#open;
    const found: NonNullable<FeedReadings["medians"]> = [];
    for (const [u, { symbol: asset }] of deployment.listing.entries()) {
      const source = deployment.sources[asset];
      if (source?.contract !== medianFeed.name || source.address !== feeds[u]) continue;
      const kept = await keptBy(source.address, connection.provider, block);
      const { low, high, silent, check } = kept;
      found.push({ asset, low: `${low}`, high: `${high}`, silent: Number(silent), check });
    }
    return found;
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
