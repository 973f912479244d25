import type { FastifyRequest } from "fastify";
import type { AsOf } from "./apiTypes.js";
import type { WatchService } from "./service.js";
import { ageOf, chainTime } from "./watched.js";

/** What the handlers of every path share. */

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/;

/** Whether an address is this machine's own, which no other machine reaches. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase().replace(/^\[|\]$/g, ""));
}

/** The name in a Host header, without its port. */
export function hostOf(header: string | undefined): string {
  const name = (header ?? "").toLowerCase();
  return name.startsWith("[") ? (name.slice(1).split("]")[0] ?? "") : name.replace(/:\d*$/, "");
}

/** The body of an answer that refuses. */
export function failure(name: string, message: string) {
  return { error: { name, message } };
}

/** The block, the chain's time and the age of what an answer says. */
export function asOf({ watched }: WatchService): AsOf {
  return { block: watched.chain?.block.number ?? null, time: chainTime(watched), age: ageOf(watched) };
}

/** Rounds, accounts and events in an answer by default, and at most. */
export const PAGE = { rounds: [100, 2_048], accounts: [20_000, 20_000], events: [200, 1_000] } as const;

/** How many of them a request asks for. */
export function limitOf(request: Pick<FastifyRequest, "query">, of: keyof typeof PAGE): number {
  return (request.query as { limit?: number }).limit ?? PAGE[of][0];
}
