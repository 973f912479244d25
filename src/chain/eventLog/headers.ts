import { getBytes, keccak256, type Log, toQuantity } from "ethers";
import { IncompleteLogsError } from "../../errors.js";
import { type AnyBinding, interfaceOf } from "../binding.js";
import type { OpenDeployment } from "../deployment.js";
import { eachOnce, isNodeRefusal } from "../logs.js";

/** The part of a header that a log has, and against which its events are checked. */
export interface Header {
  readonly number: number;
  readonly hash: string;
  readonly parent: string;
  /** Unix seconds. */
  readonly time: number;
  readonly bloom: LogsBloom;
}

/** A header as a node gives it. */
interface RawHeader {
  readonly hash: string | null;
  readonly parentHash: string;
  readonly timestamp: string;
  readonly logsBloom?: string;
}

/** A receipt as a node gives it. */
interface RawReceipt {
  readonly logs: readonly { readonly address: string; readonly logIndex: string }[];
}

const NO_BLOOM = `0x${"00".repeat(256)}`;

/** Filters that are fuller than this seem to hold what they do not too often for each such block to be read again. */
const FULLEST = 0.25;

/** With so many events of one block each kind is asked for by itself: a node may give only so many at once. */
const MANY = 10;

/** Reads headers, and checks a block's events against the bloom filter in its header. */
export class HeaderReader {
  readonly #open: OpenDeployment;
  /** Of each contract its address and the first topics of its events. */
  readonly #contracts: readonly { readonly address: string; readonly topics: readonly string[] }[];

  /** @param contracts those whose events are read */
  constructor(
    open: OpenDeployment,
    contracts: readonly { readonly address: string; readonly binding: AnyBinding }[],
  ) {
    this.#open = open;
    this.#contracts = contracts.map(({ address, binding }) => {
      const topics: string[] = [];
      interfaceOf(binding).forEachEvent(({ topicHash }) => topics.push(topicHash));
      return { address, topics };
    });
  }

  /** Null if there is no such block. */
  async read(number: number): Promise<Header | null> {
    const header = await this.#send<RawHeader | null>("eth_getBlockByNumber", [toQuantity(number), false]);
    if (header === null || header.hash === null) return null;
    const { hash, parentHash: parent, timestamp, logsBloom = NO_BLOOM } = header;
    return { number, hash, parent, time: Number(timestamp), bloom: new LogsBloom(logsBloom) };
  }

  /**
   * All events of a block, in their order: what its filter may hold and is not among them is asked for once more.
   * @throws IncompleteLogsError if the node does not give what its own header or receipts say there is
   */
  async whole(header: Header, logs: readonly Log[]): Promise<Log[]> {
    const { bloom, number } = header;
    if (bloom.isEmpty) return eachOnce(logs);
    for (const { address, topics } of logs)
      if (![address, ...topics].every((each) => bloom.mayHold(each)))
        throw new IncompleteLogsError(
          `block ${number}: expected events that its header's filter holds, got one of ${address} that it does not; ask another node`,
        );
    const isMany = logs.length >= MANY;
    const asked = [...this.#missing(bloom, logs), ...(isMany ? eachKind(logs) : [])];
    if (asked.length === 0) return eachOnce(logs);
    const { provider } = this.#open.connection;
    const more = await Promise.all(
      asked.map(({ address, topics }) =>
        provider.getLogs({ address, topics: [[...topics]], fromBlock: number, toBlock: number }),
      ),
    );
    const all = eachOnce([...logs, ...more.flat()]);
    const isDoubtful = isMany || this.#missing(bloom, all).length > 0;
    if (isDoubtful && bloom.fill < FULLEST) await this.#compareReceipts(header, all);
    return all;
  }

  /** What the filter may hold of the contracts' events and these are not. */
  #missing(bloom: LogsBloom, logs: readonly Log[]) {
    const seen = new Set(logs.map(({ address, topics }) => `${address.toLowerCase()} ${topics[0]}`));
    return this.#contracts.flatMap(({ address, topics }) => {
      if (!bloom.mayHold(address)) return [];
      const absent = topics.filter(
        (topic) => !seen.has(`${address.toLowerCase()} ${topic}`) && bloom.mayHold(topic),
      );
      return absent.length === 0 ? [] : [{ address, topics: absent }];
    });
  }

  /** The receipts of the block settle whether an event is missing, where the node gives them. */
  async #compareReceipts({ number }: Header, logs: readonly Log[]): Promise<void> {
    let receipts: readonly RawReceipt[] | null;
    try {
      receipts = await this.#send("eth_getBlockReceipts", [toQuantity(number)]);
    } catch (error) {
      if (!isNodeRefusal(error)) throw error;
      return;
    }
    const addresses = new Set(this.#contracts.map(({ address }) => address.toLowerCase()));
    const all = (receipts ?? []).flatMap((receipt) =>
      receipt.logs.filter(({ address }) => addresses.has(address.toLowerCase())),
    );
    if (all.length > logs.length)
      throw new IncompleteLogsError(
        `block ${number}: expected ${all.length} events of the contracts, as its receipts have, got ${logs.length} from eth_getLogs; the node leaves events out: ask another`,
      );
  }

  #send<T>(method: string, params: readonly unknown[]): Promise<T> {
    return this.#open.connection.provider.send(method, [...params]);
  }
}

/** Each kind of event that there is: its contract and first topic. */
function eachKind(logs: readonly Log[]): { readonly address: string; readonly topics: readonly string[] }[] {
  const kinds = new Map(
    logs.map(({ address, topics: [topic = ""] }) => [`${address} ${topic}`, { address, topics: [topic] }]),
  );
  return [...kinds.values()];
}

const BITS = 2_048;

/** The bloom filter of a block's header: which addresses and topics its events can have. */
class LogsBloom {
  readonly #bytes: Uint8Array;

  /** @param hex 256 bytes, as `eth_getBlockByNumber` gives them */
  constructor(hex: string) {
    this.#bytes = getBytes(hex);
  }

  /** Whether the filter is of no events at all; some chains leave it empty whatever their blocks hold. */
  get isEmpty(): boolean {
    return this.#bytes.every((byte) => byte === 0);
  }

  /** The share of bits that are set: how probable it is, to the third power, that something seems to be in it. */
  get fill(): number {
    let set = 0;
    for (const byte of this.#bytes) for (let bits = byte; bits !== 0; bits &= bits - 1) set++;
    return set / BITS;
  }

  /** False if no event of the block has this address or topic. */
  mayHold(addressOrTopic: string): boolean {
    const hash = getBytes(keccak256(addressOrTopic));
    return [0, 2, 4].every((at) => {
      const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) % BITS;
      return ((this.#bytes[this.#bytes.length - 1 - (bit >> 3)] ?? 0) >> (bit & 7)) & 1;
    });
  }
}
