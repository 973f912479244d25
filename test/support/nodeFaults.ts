import type { Random } from "./cases.js";
import type { Fate, Rule } from "./proxyNode.js";

const json = (code: number, message: string): Fate => ({ error: { code, message } });
const page = (status: number, title: string): Fate => ({
  status,
  headers: { "content-type": "text/html" },
  body: `<!DOCTYPE html><html><title>${title}</title></html>`,
});
const raw = (body: string): Fate => ({ status: 200, body });

/** One answer of each kind that is none, as providers, gateways and backends give them. */
export const TROUBLES: Readonly<Record<string, Fate>> = {
  "HTTP 401": { status: 401, body: '{"error":"unauthorized"}' },
  "HTTP 403": { status: 403, body: '{"error":"forbidden"}' },
  "HTTP 429": { status: 429, body: "Too Many Requests" },
  "HTTP 429 with a time": { status: 429, headers: { "retry-after": "0" }, body: "" },
  "HTTP 429 in JSON": {
    status: 429,
    body: '{"jsonrpc":"2.0","error":{"code":429,"message":"Too Many Requests"}}',
  },
  "HTTP 500": { status: 500 },
  "HTTP 502 in HTML": page(502, "502 Bad Gateway"),
  "HTTP 503": { status: 503, headers: { "retry-after": "0" } },
  "HTTP 520 in HTML": page(520, "520"),
  "limit of Alchemy": json(
    429,
    "Your app has exceeded its compute units per second capacity. If you have retries enabled, you can safely ignore this message.",
  ),
  "limit of Infura": json(-32_005, "daily request count exceeded, request rate limited"),
  "limit of QuickNode": json(-32_007, "50/second request limit reached - reduce calls per second"),
  "internal error": json(-32_603, "Internal error"),
  "header not found": json(-32_000, "header not found"),
  "missing trie node": json(-32_000, "missing trie node 8f3c (path ) <nil>"),
  "unknown error": json(-32_011, "no backends available for method"),
  "HTML with status 200": page(200, "Just a moment..."),
  "empty body": raw(""),
  "cut body": raw('{"jsonrpc":"2.0","id":'),
  "no id": raw('{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"limit exceeded"}}'),
  "an answer to another": raw('{"jsonrpc":"2.0","id":999999,"result":"0x1"}'),
  reset: "reset",
  "lost answer": "lose the answer",
  hang: "hang",
};

/** Methods that tests call to make blocks and pass time, which are no part of a node. */
const OF_TESTS = /^(evm|anvil|hardhat|txpool)_/;

/** One request in `of` meets a trouble, by chance; the first `after` requests pass. */
export function oneIn(of: number, trouble: Fate, random: Random, after = 0): Rule {
  let count = 0;
  return (method) => (!OF_TESTS.test(method) && count++ >= after && random.chance(1 / of) ? trouble : "pass");
}

/** All of `length` requests in a row meet a trouble, once `after` have passed. */
export function stretch(length: number, trouble: Fate, after: number): Rule {
  let count = 0;
  return (method) => {
    if (OF_TESTS.test(method)) return "pass";
    const at = count++;
    return at >= after && at < after + length ? trouble : "pass";
  };
}

/** Each receipt that there is is kept back at the first `looks` looks for it. */
export function lateReceipts(looks: number): Rule {
  const seen = new Map<unknown, number>();
  return (method, [hash]) => {
    if (method !== "eth_getTransactionReceipt") return "pass";
    return {
      change: (answer) => {
        if (answer.result == null) return answer;
        const look = (seen.get(hash) ?? 0) + 1;
        seen.set(hash, look);
        return look <= looks ? { id: answer.id, result: null } : answer;
      },
    };
  };
}

/** Some counts of transactions, of `tag`, are of a backend that is one transaction behind. */
export function laggingCount(tag: "latest" | "pending", share: number, random: Random): Rule {
  return (method, params) => {
    if (method !== "eth_getTransactionCount" || params[1] !== tag || !random.chance(share)) return "pass";
    return {
      change: async (answer, ask) => {
        // The least that a backend can know of: what is mined, less one.
        const mined = await ask("eth_getTransactionCount", [params[0], "latest"]);
        return { id: answer.id, result: `0x${Math.max(Number(mined.result) - 1, 0).toString(16)}` };
      },
    };
  };
}

/** Some numbers of the newest block are of a backend that is `blocks` behind. */
export function laggingBlock(blocks: number, share: number, random: Random): Rule {
  return (method) => {
    if (method !== "eth_blockNumber" || !random.chance(share)) return "pass";
    return {
      change: ({ id, result }) => ({ id, result: `0x${Math.max(Number(result) - blocks, 0).toString(16)}` }),
    };
  };
}

/** Some requests reach the node twice. */
export function repeated(share: number, random: Random): Rule {
  return (method) => (!OF_TESTS.test(method) && random.chance(share) ? "twice" : "pass");
}

/** Some transactions are taken, and the answer that says so is lost. */
export function lostSends(share: number, random: Random): Rule {
  return (method) =>
    method === "eth_sendRawTransaction" && random.chance(share) ? "lose the answer" : "pass";
}

/** The first rule that has more to say than that a request passes. */
export function together(...rules: readonly Rule[]): Rule {
  return (method, params) => {
    for (const rule of rules) {
      const fate = rule(method, params);
      if (fate !== "pass") return fate;
    }
    return "pass";
  };
}
