import { setMaxListeners } from "node:events";
import {
  type JsonRpcError,
  type JsonRpcPayload,
  JsonRpcProvider,
  type JsonRpcResult,
  makeError,
  Network,
} from "ethers";
import { NodeUnreachableError, TransactionRefusedError, WrongChainError } from "../../errors.js";
import type { Asked, RpcFailure, Trouble } from "./answers.js";
import { type AskSettings, type Endpoint, unreachable } from "./endpoint.js";

/** One answer as ethers takes it from `_send`; an error of ours passes through it as it is. */
type Answer = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly error: RpcFailure | NodeUnreachableError }
);

export interface NodeSettings extends Omit<AskSettings, "signal"> {
  /** Milliseconds in which nothing but trouble may come before a request is given up. */
  readonly patience: number;
  /** Milliseconds of the first wait after trouble, which doubles. */
  readonly firstWait: number;
}

/**
 * A provider over one or several URLs, one of which is asked until it is in trouble. Every answer is judged here, below
 * ethers, which takes a rate limit for a contract's refusal: trouble is waited out or taken to the next URL, and thrown
 * as NodeUnreachableError once there is no more patience.
 */
export class NodeProvider extends JsonRpcProvider {
  readonly #endpoints: readonly Endpoint[];
  readonly #chainId: bigint;
  readonly #settings: NodeSettings & AskSettings;
  readonly #closed = new AbortController();
  #endpoint: Endpoint;

  /** @param endpoints of one chain; those that are not verified are asked for their chain before anything else */
  constructor(
    endpoints: readonly Endpoint[],
    chainId: bigint,
    settings: NodeSettings,
    options: { readonly pollingInterval: number; readonly batchMaxCount: number },
  ) {
    const network = new Network("chain", chainId);
    // Answers are never cached: a status that is a quarter of a second old is a wrong one.
    super(undefined, network, { staticNetwork: network, cacheTimeout: -1, ...options });
    this.#endpoints = endpoints;
    const [endpoint] = endpoints;
    if (endpoint === undefined) throw new RangeError("expected an endpoint, got none");
    this.#endpoint = endpoint;
    this.#chainId = chainId;
    this.#settings = { ...settings, signal: this.#closed.signal };
    // Every request that is under way listens.
    setMaxListeners(0, this.#closed.signal);
  }

  override async _send(
    payload: JsonRpcPayload | JsonRpcPayload[],
  ): Promise<(JsonRpcResult & Partial<JsonRpcError>)[]> {
    const asked = Array.isArray(payload) ? payload : [payload];
    const answers = await this.#answers(asked);
    return answers as (JsonRpcResult & Partial<JsonRpcError>)[];
  }

  override getRpcError(payload: JsonRpcPayload, { error }: JsonRpcError): Error {
    if (error instanceof Error) return error;
    const { code, message = "", data } = error;
    if (message.startsWith("insufficient funds"))
      return makeError("insufficient funds", "INSUFFICIENT_FUNDS", { transaction: {} as never });
    if (payload.method === "eth_sendRawTransaction")
      return new TransactionRefusedError(payload.method, code, message);
    return super.getRpcError(payload, { id: payload.id, error: { code, message, data } });
  }

  override destroy(): void {
    this.#closed.abort();
    super.destroy();
  }

  async #answers(asked: readonly Asked[]): Promise<Answer[]> {
    const answers = new Map<number, Answer>();
    const { clock, patience, firstWait } = this.#settings;
    const until = clock.now() + patience;
    const heard = new Map<Endpoint, Trouble>();
    /** Endpoints that refuse the first request that is left, and it alone. */
    const refusing = new Set<Endpoint>();
    // What a node refuses as a whole is asked for one by one.
    let apart = false;
    for (;;) {
      const left = asked.filter(({ id }) => !answers.has(id));
      const [first] = left;
      if (first === undefined) return [...answers.values()];
      const give = (up: readonly Asked[], over: "refused" | "patience") => {
        for (const one of up)
          answers.set(one.id, { id: one.id, error: unreachable(one.method, heard, over, patience) });
      };
      const endpoint = this.#next(refusing);
      if (refusing.size > 0 && endpoint.notBefore > clock.now()) {
        // Nobody is waited for who might not refuse it.
        give([first], "refused");
        refusing.clear();
        continue;
      }
      if (!(await endpoint.isDue(first.method, until, this.#settings))) {
        if (endpoint.trouble !== undefined) heard.set(endpoint, endpoint.trouble);
        give(left, "patience");
        continue;
      }
      const begun = clock.now();
      const group = apart ? [first] : left;
      const trouble = await this.#askOf(endpoint, group, answers);
      if (trouble === undefined) {
        refusing.clear();
        continue;
      }
      heard.set(endpoint, trouble);
      if (!isOfRequest(trouble)) endpoint.strike(trouble, firstWait, clock, begun);
      else if (group.length > 1) apart = true;
      else if (refusing.add(endpoint).size === this.#endpoints.length) {
        give([first], "refused");
        refusing.clear();
      }
    }
  }

  /** Asks one endpoint, and notes what it answers. Returns the trouble of what it does not, if there is any. */
  async #askOf(
    endpoint: Endpoint,
    asked: readonly Asked[],
    answers: Map<number, Answer>,
  ): Promise<Trouble | undefined> {
    const other = await this.#verify(endpoint);
    if (other !== undefined) return other;
    const verdicts = await endpoint.ask(asked, this.#settings);
    const troubles: Trouble[] = [];
    verdicts.forEach((verdict, i) => {
      const id = asked[i]?.id ?? 0;
      if ("trouble" in verdict) troubles.push(verdict.trouble);
      else if ("refusal" in verdict) answers.set(id, { id, error: verdict.refusal });
      else answers.set(id, { id, result: verdict.result });
    });
    if (troubles.length === 0) endpoint.strikes = 0;
    // A refused request is asked for again alone, once the node is out of trouble.
    return troubles.find((trouble) => !isOfRequest(trouble)) ?? troubles[0];
  }

  async #verify(endpoint: Endpoint): Promise<Trouble | undefined> {
    if (endpoint.verified) return undefined;
    const found = await chainIdOf(endpoint, this.#settings);
    if (typeof found !== "bigint") return found;
    if (found !== this.#chainId) return anotherChain(found, this.#chainId);
    endpoint.verified = true;
    return undefined;
  }

  /** The endpoint to ask: the previous one, unless another may be asked sooner. */
  #next(refusing: ReadonlySet<Endpoint>): Endpoint {
    const now = this.#settings.clock.now();
    const before = this.#endpoint;
    const at = this.#endpoints.indexOf(before);
    const inTurn = [...this.#endpoints.slice(at), ...this.#endpoints.slice(0, at)];
    const open = inTurn.filter((one) => !refusing.has(one));
    const due = open.map(({ notBefore }) => Math.max(notBefore, now));
    const chosen = open[due.indexOf(Math.min(...due))] ?? before;
    // One that is asked for what another refuses has not replaced it for all that follows.
    if (refusing.size === 0 && chosen !== before) {
      this.#settings.tell(`node ${before.host}: got ${before.trouble?.what}; asking ${chosen.host} instead`);
      this.#endpoint = chosen;
    }
    return chosen;
  }
}

function isOfRequest({ kind }: Trouble): boolean {
  return kind === "request" || kind === "state";
}

/** Milliseconds for which a node that was never heard of may be in trouble that passes. */
const FIRST_PATIENCE = 20_000;
const FIRST_WAIT = 500;
/** Milliseconds that are left to the other URLs once one has answered. */
const GRACE = 2_000;

/** The chain that an endpoint says it is of, or why it does not say. */
async function chainIdOf(endpoint: Endpoint, settings: AskSettings): Promise<bigint | Trouble> {
  const [verdict] = await endpoint.ask([{ id: 1, method: "eth_chainId", params: [] }], settings);
  if (verdict !== undefined && "trouble" in verdict) return verdict.trouble;
  if (verdict === undefined || "refusal" in verdict) return { what: "a refusal", kind: "lasting" };
  return BigInt(verdict.result as string);
}

/** What a node of another chain is in. */
function anotherChain(found: bigint, expected: bigint): Trouble {
  return { what: `chain ${found}`, kind: "lasting", todo: `expected chain ${expected}; give another --rpc` };
}

/**
 * The chain of endpoints that nothing is known of yet. Those that say so become verified; one that does not in time is
 * asked before it is used. Trouble that a wait does not end is told at once: a URL is often simply wrong.
 * @throws NodeUnreachableError if none says, WrongChainError if one says another than `expected` or than the first
 */
export async function firstChainId(
  endpoints: readonly Endpoint[],
  expected: bigint | undefined,
  { patience, ...common }: Omit<AskSettings, "signal"> & { readonly patience: number },
): Promise<bigint> {
  const { clock, tell } = common;
  const least = Math.min(patience, FIRST_PATIENCE);
  const until = clock.now() + least;
  const done = new AbortController();
  const settings = { ...common, signal: done.signal };
  const heard = new Map<Endpoint, Trouble>();
  const said = new Map<Endpoint, bigint>();
  const asking = endpoints.map(async (endpoint) => {
    while (!done.signal.aborted) {
      const begun = clock.now();
      const found = await chainIdOf(endpoint, settings);
      if (typeof found === "bigint") {
        said.set(endpoint, found);
        heard.delete(endpoint);
        return;
      }
      heard.set(endpoint, found);
      if (found.kind !== "passing") return;
      endpoint.strike(found, FIRST_WAIT, clock, begun);
      if (!(await endpoint.isDue("eth_chainId", until, settings))) return;
    }
  });
  const first = Promise.any(
    asking.map((one, i) => one.then(() => said.get(endpoints[i] as Endpoint) ?? Promise.reject())),
  );
  await first.catch(() => undefined);
  await Promise.race([Promise.all(asking), clock.sleep(GRACE, done.signal)]);
  done.abort();
  const inOrder = endpoints.flatMap((endpoint) => {
    const id = said.get(endpoint);
    return id === undefined ? [] : [{ endpoint, id }];
  });
  const chainId = inOrder[0]?.id;
  if (chainId === undefined) {
    const passing = [...heard.values()].some(({ kind }) => kind === "passing");
    throw unreachable("eth_chainId", heard, passing ? "patience" : "refused", least);
  }
  for (const { endpoint, id } of inOrder) {
    if (id !== (expected ?? chainId))
      throw new WrongChainError(
        `node ${endpoint.host}: expected chain ${expected ?? chainId}, got chain ${id}; give another --rpc`,
      );
    endpoint.verified = true;
  }
  for (const [{ host }, { what }] of heard) tell(`node ${host}: got ${what}; others are asked instead`);
  return chainId;
}
