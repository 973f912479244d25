import type { JsonRpcProvider } from "ethers";
import * as z from "zod/mini";

/** The calls that contracts made within a transaction, by the tracer of a node that has one. */

const hexData = z.string().check(z.regex(/^0x[0-9a-fA-F]*$/));
const frame = z.object({
  to: z.optional(z.nullable(hexData)),
  input: hexData,
  error: z.optional(z.string()),
  calls: z.optional(z.array(z.unknown())),
});

/** Calls nested deeper than this, or more of them, are no wallet's. */
const [DEEPEST, MOST] = [64, 4_096];

/**
 * Call data of every call that a transaction made of these contracts and that did not revert, in order. Null where the node has no
 * tracer, or not for a transaction that is so old. A node can tell what it likes: what is found counts by its proofs alone.
 * @param targets addresses, lower case
 */
export async function innerCalls(
  provider: Pick<JsonRpcProvider, "send">,
  hash: string,
  targets: ReadonlySet<string>,
): Promise<string[] | null> {
  const found: string[] = [];
  let seen = 0;
  const walk = (value: unknown, depth: number): void => {
    const { success, data } = frame.safeParse(value);
    if (!success || data.error !== undefined || depth > DEEPEST || ++seen > MOST) return;
    if (depth > 0 && targets.has(data.to?.toLowerCase() ?? "")) found.push(data.input.toLowerCase());
    for (const inner of data.calls ?? []) walk(inner, depth + 1);
  };
  try {
    walk(await provider.send("debug_traceTransaction", [hash, { tracer: "callTracer" }]), 0);
  } catch {
    // Most public nodes have no tracer.
    return null;
  }
  return found;
}
