import { FetchRequest, isError, JsonRpcProvider, Network } from "ethers";
import { NodeUnreachableError, WrongChainError } from "../errors.js";

const LOCAL_CHAIN_IDS: readonly bigint[] = [31_337n, 1_337n];
const LOOPBACK = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether a chain id is one of those that developers' own nodes use; so can anybody's. */
export function isLocalChain(chainId: bigint): boolean {
  return LOCAL_CHAIN_IDS.includes(chainId);
}

/** Milliseconds between two looks at a chain: a local one mines at once. */
const POLLING = { local: 20, remote: 4_000 } as const;
const REQUEST_TIMEOUT = 30_000;
/** Requests that go to a node together. */
const BATCH = 100;

/** A node, and which chain it is of. */
export interface Connection {
  readonly provider: JsonRpcProvider;
  readonly chainId: bigint;
  /**
   * Whether it is a developer's own: of a developer's chain id, at a loopback address. Only there is a development key
   * accepted. Such chains mine on demand and are never re-organised by others.
   */
  readonly local: boolean;
  /** Milliseconds between two looks at the chain. */
  readonly pollingInterval: number;
  close(): void;
}

/**
 * Connects to a node. Answers are never cached: a status that is a quarter of a second old is a wrong one.
 * @throws NodeUnreachableError, WrongChainError if `expected` is given and the node is of another chain
 */
export async function connect(url: string, expected?: bigint): Promise<Connection> {
  const chainId = await askChainId(url);
  if (expected !== undefined && chainId !== expected)
    throw new WrongChainError(`chain: expected id ${expected}, got ${chainId}; give another --rpc`);
  const local = isLocalChain(chainId) && LOOPBACK.test(new URL(url).hostname);
  const pollingInterval = local ? POLLING.local : POLLING.remote;
  const network = new Network("chain", chainId);
  const provider = new JsonRpcProvider(requestTo(url), network, {
    staticNetwork: network,
    cacheTimeout: -1,
    pollingInterval,
    // Requests wait for others to go with, which a node nearby answers sooner one by one.
    batchMaxCount: local ? 1 : BATCH,
  });
  return { provider, chainId, local, pollingInterval, close: () => provider.destroy() };
}

/** Whether an error says that the node did not answer, so that it is not known whether it heard. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof NodeUnreachableError) return true;
  if (isError(error, "SERVER_ERROR") || isError(error, "TIMEOUT") || isError(error, "NETWORK_ERROR"))
    return true;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
  return [
    "ECONNREFUSED",
    "ECONNRESET",
    "EPIPE",
    "ENOTFOUND",
    "EHOSTUNREACH",
    "ETIMEDOUT",
    "EAI_AGAIN",
  ].includes(code);
}

/**
 * Runs `work`; that the node did not answer is thrown as NodeUnreachableError, anything else as it is. What ethers says
 * of it quotes the URL, which may hold a provider's key, so nothing of that is told.
 */
export async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUnreachable(error) || error instanceof NodeUnreachableError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "no answer";
    throw new NodeUnreachableError(
      `node: expected an answer, got ${code}; is it running, and is --rpc right?`,
    );
  }
}

function requestTo(url: string): FetchRequest {
  const request = new FetchRequest(url);
  request.timeout = REQUEST_TIMEOUT;
  return request;
}

async function askChainId(url: string): Promise<bigint> {
  if (!/^https?:\/\/[^\s/]/.test(url))
    throw new NodeUnreachableError("--rpc: expected a URL such as http://127.0.0.1:8545, got other text");
  return reaching(async () => {
    const request = requestTo(url);
    request.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
    const response = await request.send();
    response.assertOk();
    try {
      return BigInt(response.bodyJson.result);
    } catch {
      throw new NodeUnreachableError(
        "node: expected a chain id, got another answer; is --rpc an Ethereum node?",
      );
    }
  });
}
