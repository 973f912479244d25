import type { JsonRpcProvider } from "ethers";
import { NodeUnreachableError } from "../errors.js";
import { Endpoint, type NodeClock, SYSTEM_CLOCK } from "./node/endpoint.js";
import { firstChainId, NodeProvider } from "./node/provider.js";

const LOCAL_CHAIN_IDS: readonly bigint[] = [31_337n, 1_337n];
const LOOPBACK = /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Whether a chain id is one of those that developers' own nodes use. Any node can use them. */
export function isLocalChain(chainId: bigint): boolean {
  return LOCAL_CHAIN_IDS.includes(chainId);
}

/** Milliseconds between two looks at a chain: a local one mines at once. */
const POLLING = { local: 20, remote: 4_000 } as const;
/** Milliseconds of the first wait after trouble. */
const FIRST_WAIT = { local: 20, remote: 500 } as const;
/** Least milliseconds between two lines of what is waited for. */
const GAP = { ordinary: 2_000, short: 4_000 } as const;
/** Requests that go to a node together. */
const BATCH = 100;

/** Seconds that one request may take. */
export const DEFAULT_TIMEOUT = 30;
/** Seconds of nothing but trouble from a node before a request is given up. */
export const DEFAULT_PATIENCE = 60;

/** Which chain is expected, how long to wait for a node, and which listener is told. */
export interface ConnectOptions {
  /** Id of the chain that the node must be of. */
  readonly expected?: bigint;
  /** Seconds that one request may take; {@link DEFAULT_TIMEOUT} by default. */
  readonly timeout?: number;
  /** Seconds in which nothing but trouble may come before a request is given up; {@link DEFAULT_PATIENCE} by default. */
  readonly patience?: number;
  /** Told, in a line, what is waited for, at least every ten seconds. Names hosts, and nothing else of a URL. */
  readonly tell?: (line: string) => void;
  /** Where time and chance come from; the system by default. */
  readonly clock?: NodeClock;
}

/** A node and the chain that it serves. */
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
  /** Tells, in a line, what is waited for. */
  tell(line: string): void;
  close(): void;
}

/**
 * Connects to a node by one URL or several. The first that answers is asked until it is in trouble, then the next.
 * @throws NodeUnreachableError if none answers
 * @throws WrongChainError if one is of another chain than `expected`, or than the others
 *
 * @example
 * ```ts
 * import { connect } from "zkmargin/chain";
 *
 * const own = await connect(rpc);
 * console.log(own.chainId); // 31337n
 * own.close();
 * ```
 */
export async function connect(
  url: string | readonly string[],
  { expected, timeout, patience, tell = () => {}, clock = SYSTEM_CLOCK }: ConnectOptions = {},
): Promise<Connection> {
  const endpoints = (typeof url === "string" ? [url] : url).map(endpointOf);
  const settings = {
    timeout: (timeout ?? DEFAULT_TIMEOUT) * 1_000,
    patience: (patience ?? DEFAULT_PATIENCE) * 1_000,
    tell: sparing(tell, clock),
    clock,
  };
  const chainId = await firstChainId(endpoints, expected, settings);
  const local = isLocalChain(chainId) && endpoints.every(({ hostname }) => LOOPBACK.test(hostname));
  const pollingInterval = local ? POLLING.local : POLLING.remote;
  const provider = new NodeProvider(
    endpoints,
    chainId,
    { ...settings, firstWait: local ? FIRST_WAIT.local : FIRST_WAIT.remote },
    // Requests wait for others to go with, which a node nearby answers sooner one by one.
    { pollingInterval, batchMaxCount: local ? 1 : BATCH },
  );
  return { provider, chainId, local, pollingInterval, tell, close: () => provider.destroy() };
}

/** Fewer lines: parallel requests print theirs once, and a short wait is printed only after a silence. */
function sparing(tell: (line: string) => void, clock: NodeClock): (line: string, isShort?: boolean) => void {
  let told = clock.now() - GAP.ordinary;
  return (line, isShort = false) => {
    const now = clock.now();
    if (now - told < (isShort ? GAP.short : GAP.ordinary)) return;
    told = now;
    tell(line);
  };
}

function endpointOf(text: string): Endpoint {
  const url = /^https?:\/\/[^\s/]/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw new NodeUnreachableError(
      "--rpc: expected a URL such as http://127.0.0.1:8545, got other text",
      "lasting",
    );
  return new Endpoint(url);
}
