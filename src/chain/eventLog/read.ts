import type { Block, Log } from "ethers";
import { DeploymentMismatchError, RevertedError } from "../../errors.js";
import { contractAt } from "../binding.js";
import type { OpenDeployment } from "../contracts.js";
import { erc20Mock } from "../generated/ERC20Mock.js";
import { STATUS_NAMES } from "../generated/enums.js";
import { logPages } from "../logs.js";
import { reaching } from "../provider.js";
import { calling } from "../transactions/revert.js";
import { loggedAddresses } from "./constants.js";
import { type ChainEvent, decodeEvent } from "./decode.js";
import { FeedReader } from "./feeds.js";
import type { LogBlock, LogCall, LogEvent, LoggedRole } from "./record.js";

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
  /** Blocks asked for at once. */
  readonly span?: number;
  readonly onBlock?: (block: number) => void;
}

/** Events whose transaction is recorded with its call data. */
const WITH_CALL = new Set(["BookAttested", "ProofAccepted", "AttestorRevoked"]);

/**
 * Blocks in which the deployment's contracts emitted anything, oldest first, and the last block in any case, with what
 * events alone do not tell: calls, feeds, answers.
 * @throws NodeUnreachableError, DeploymentMismatchError if the chain is re-organised under the reader
 */
export async function* readBlocks(open: OpenDeployment, options: ReadOptions): AsyncGenerator<LogBlock> {
  const reader = new BlockReader(open, options);
  const addresses = Object.values(loggedAddresses(open));
  const { contracts } = open.deployment;
  const fromBlock =
    options.fromBlock ?? Math.min(...Object.values(contracts).map(({ block: created }) => created));
  const filter = { address: addresses, topics: [], fromBlock, toBlock: options.toBlock };
  const pages = logPages(open.connection.provider, filter, options.span);
  let last = -1;
  for (;;) {
    const page = await reaching(() => pages.next());
    if (page.done) break;
    for (const [number, logs] of byBlock(page.value.logs)) {
      last = number;
      yield await reaching(() => reader.block(number, logs));
      options.onBlock?.(number);
    }
    options.onBlock?.(page.value.toBlock);
  }
  if (last < options.toBlock && fromBlock <= options.toBlock)
    yield await reaching(() => reader.block(options.toBlock, []));
}

function byBlock(logs: readonly Log[]): Map<number, Log[]> {
  const blocks = new Map<number, Log[]>();
  for (const log of logs) blocks.set(log.blockNumber, [...(blocks.get(log.blockNumber) ?? []), log]);
  return blocks;
}

class BlockReader {
  readonly #open: OpenDeployment;
  readonly #options: ReadOptions;
  readonly #roles: ReadonlyMap<string, LoggedRole>;
  readonly #accounts: string[];
  readonly #contracts = new Map<string, boolean>();
  readonly #feeds: FeedReader;

  constructor(open: OpenDeployment, options: ReadOptions) {
    this.#open = open;
    this.#options = options;
    this.#accounts = [...(options.accounts ?? [])];
    this.#feeds = new FeedReader(open);
    this.#roles = new Map(
      Object.entries(loggedAddresses(open)).map(([role, address]) => [
        address.toLowerCase(),
        role as LoggedRole,
      ]),
    );
  }

  async block(number: number, logs: readonly Log[]): Promise<LogBlock> {
    const { provider } = this.#open.connection;
    const header = await provider.getBlock(number);
    const [log] = logs;
    if (header?.hash === null || header === null || (log !== undefined && log.blockHash !== header.hash))
      throw new DeploymentMismatchError(
        `block ${number}: expected the one that its events are of, got another; the chain was re-organised: run it again`,
      );
    const events = [...logs].sort((a, b) => a.index - b.index).map((each) => this.#event(each));
    const decoded = events.map(decodeEvent).filter((event) => event !== undefined);
    for (const event of decoded)
      if (event.name === "AccountOpened") this.#accounts.push(event.fields.account);
    const hasRound = decoded.some(({ name }) => name === "RoundCommitted");
    return {
      number,
      hash: header.hash as string,
      parent: header.parentHash,
      time: header.timestamp,
      events,
      calls: await this.#calls(logs, events),
      contracts: await this.#contractsAmong(decoded, number),
      tokens: await this.#tokens(decoded),
      feeds: hasRound ? await this.#feeds.read(number) : null,
      answers: await this.#answers(header),
    };
  }

  #event({ address, topics, data, index, transactionIndex }: Log): LogEvent {
    const role = this.#roles.get(address.toLowerCase());
    if (role === undefined) throw new RangeError(`an event of ${address}, which was not asked for`);
    return { index, tx: transactionIndex, role, topics: [...topics], data };
  }

  async #calls(logs: readonly Log[], events: readonly LogEvent[]): Promise<LogCall[]> {
    const wanted = new Map<number, string>();
    events.forEach((event) => {
      const name = decodeEvent(event)?.name ?? "";
      const log = logs.find(({ index }) => index === event.index);
      if (WITH_CALL.has(name) && log !== undefined) wanted.set(event.tx, log.transactionHash);
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

  async #contractsAmong(events: readonly ChainEvent[], block: number): Promise<string[]> {
    const signers = new Set(
      events.flatMap((event) => (event.name === "BookAttested" ? [...event.fields.signers] : [])),
    );
    const found: string[] = [];
    for (const signer of [...signers].sort()) {
      let isContract = this.#contracts.get(signer);
      if (isContract === undefined) {
        isContract = (await this.#open.connection.provider.getCode(signer, block).catch(() => "0x")) !== "0x";
        // An address without code can come to have some.
        if (isContract) this.#contracts.set(signer, true);
      }
      if (isContract) found.push(signer);
    }
    return found;
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

  async #answers({ number }: Block): Promise<LogBlock["answers"]> {
    if (this.#options.answers === "last" && number !== this.#options.toBlock) return [];
    const { marginGate } = this.#open.contracts;
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
