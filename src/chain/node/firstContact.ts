import { WrongChainError } from "../../errors.js";
import type { Trouble } from "./answers.js";
import { type AskSettings, type Endpoint, unreachable } from "./endpoint.js";

/** Milliseconds for which a node that was never heard of may be in trouble that passes. */
const FIRST_PATIENCE = 20_000;
const FIRST_WAIT = 500;
/** Milliseconds that are left to the other URLs once one has answered. */
const GRACE = 2_000;

/** The chain that an endpoint says it is of, or why it does not say. */
export async function chainIdOf(endpoint: Endpoint, settings: AskSettings): Promise<bigint | Trouble> {
  const [verdict] = await endpoint.ask([{ id: 1, method: "eth_chainId", params: [] }], settings);
  if (verdict !== undefined && "trouble" in verdict) return verdict.trouble;
  if (verdict === undefined || "refusal" in verdict) return { what: "a refusal", kind: "lasting" };
  return BigInt(verdict.result as string);
}

/** What a node of another chain is in. */
export function anotherChain(found: bigint, expected: bigint): Trouble {
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
