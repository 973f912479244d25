/** One request, as JSON-RPC has it. */
export interface Asked {
  readonly id: number;
  readonly method: string;
  readonly params: unknown;
}

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  /** Of the header Retry-After, as it stands. */
  readonly retryAfter: string | null;
  /** Of the header Date. */
  readonly date: string | null;
  readonly body: string;
}

/** A JSON-RPC error, whose message may be anybody's words. */
export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: string;
}

/** Why an answer is none. */
export interface Trouble {
  /** Follows "got" in a message: a status, a code, the node's words. Never of the URL. */
  readonly what: string;
  /**
   * `passing`: over after a wait. `lasting`: of how the node is set up or named, so a wait alone does not end it.
   * `request`: the node answers other requests, and not this one. `state`: it has no state of that block any more.
   */
  readonly kind: "passing" | "lasting" | "request" | "state";
  /** What to do about it, where that is not to wait. */
  readonly todo?: string;
  /** Milliseconds that the node asks to be left alone for. */
  readonly retryAfter?: number;
}

/** The outcome of one request. A refusal is the contract's, or the node's where the request sends a raw transaction. */
export type Verdict =
  | { readonly result: unknown }
  | { readonly refusal: RpcFailure }
  | { readonly trouble: Trouble };

const QUANTITY = /^0x[0-9a-f]+$/i;
const DATA = /^0x[0-9a-f]*$/i;
/** What the result of a method looks like; of others anything is taken. */
const SHAPES: Readonly<Record<string, (result: unknown, params: unknown) => boolean>> = {
  eth_chainId: isQuantity,
  eth_blockNumber: isQuantity,
  eth_getTransactionCount: isQuantity,
  eth_estimateGas: isQuantity,
  eth_gasPrice: isQuantity,
  eth_maxPriorityFeePerGas: isQuantity,
  eth_getBalance: isQuantity,
  eth_call: isData,
  eth_getCode: isData,
  eth_getStorageAt: isData,
  eth_sendRawTransaction: isData,
  eth_getLogs: Array.isArray,
  eth_getTransactionReceipt: isObjectOrNull,
  eth_getTransactionByHash: isObjectOrNull,
  eth_getBlockByNumber: (result, params) =>
    isObjectOrNull(result) && (result !== null || isNumbered(Array.isArray(params) ? params[0] : undefined)),
};

const CALLS = ["eth_call", "eth_estimateGas"];
const LIMITED =
  /rate.?limit|too many requests|requests? (count|limit)|per.?second|compute units|quota|throttl|capacity|limit exceeded/i;
/** A node's words about too wide a span of blocks or too many events. */
const SPAN = /range|results|response size|too many (logs|blocks)|max(imum)? .*blocks|block limit/i;
/** The end of a call in the EVM, in the words of nodes that give no data and no code 3 with it. */
const REVERTED =
  /revert|vm execution error|evm error|out of gas|gas required exceeds|invalid opcode|invalid jump|stack (und|ov)erflow|write protection|max code size/i;
const FUNDS = /insufficient (funds|balance)/i;
/** A backend that has not come to the block that another one named. */
const BEHIND =
  /header not found|(unknown|no such) block|block (\S+ )?(not found|is not available)|could not find block|out ?of ?range|unfinalized/i;
/** In anvil's words a node that is behind, and one that has come further and keeps no state of the block, differ by the numbers. */
const HEIGHTS = /block height is (\d+) but requested was (\d+)/i;
const PRUNED =
  /missing trie node|pruned|historical state|state .*(not|un) ?available|archive|distance to target block/i;

/** What each request came to. A body that answers none of them is the same trouble for all. */
export function verdictsOf(
  asked: readonly Asked[],
  answer: HttpAnswer,
  redact: (text: string) => string,
): Verdict[] {
  const all = (trouble: Trouble) => asked.map(() => ({ trouble }));
  const whole = troubleOfStatus(answer);
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer.body);
  } catch {
    return all(whole ?? troubleOfBody(answer.body));
  }
  const parts: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return asked.map((one) => {
    const mine = parts.find((part) => isObject(part) && part["id"] === one.id);
    // One error for all, without the number of any: how a node refuses a batch, or a request that it did not read.
    const forAll = parts.length === 1 && isObject(parts[0]) && parts[0]["id"] == null ? parts[0] : undefined;
    const part = mine ?? (isObject(forAll?.["error"]) ? forAll : undefined);
    if (isObject(part) && isObject(part["error"])) {
      const verdict = ofError(one, failureOf(part["error"], redact));
      // The status of an answer tells more of a trouble than the error beside it.
      return "trouble" in verdict && whole !== undefined
        ? { trouble: merged(whole, verdict.trouble) }
        : verdict;
    }
    if (whole !== undefined) return { trouble: whole };
    if (!isObject(part) || !("result" in part)) return trouble("no answer to this request among those given");
    const fits = SHAPES[one.method]?.(part["result"], one.params) ?? true;
    if (fits) return { result: part["result"] };
    return trouble(part["result"] === null ? "null" : "a result of another kind");
  });
}

/** Why there is no HTTP answer at all, judged by the error of `fetch`. */
export function troubleOfSocket(error: unknown): Trouble {
  const code = codeOf(error);
  if (/^(EPROTO|ERR_SSL|ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code))
    return lasting(`a TLS handshake that failed (${code})`, "does it speak https, with a valid certificate?");
  if (/^HPE_/.test(code))
    return lasting(`something other than HTTP (${code})`, "does it speak http, or https?");
  if (code === "ECONNREFUSED") return lasting(`a refused connection (${code})`, RIGHT);
  if (code === "ENOTFOUND") return lasting(`an unknown host (${code})`, RIGHT);
  if (/bad port/.test(String((error as Error).cause)))
    return lasting("a port that is not for HTTP", "give another port");
  return { what: `a broken connection (${code})`, kind: "passing" };
}

const RIGHT = "is it running, and is --rpc right?";

function troubleOfStatus({ status, retryAfter, date }: HttpAnswer): Trouble | undefined {
  if (status >= 200 && status < 300) return undefined;
  const what = `HTTP ${status}`;
  const wait = retryAfter === null ? undefined : waitOf(retryAfter, date);
  const rest = wait === undefined ? {} : { retryAfter: wait };
  if (status === 429) return { what: `${what} (a rate limit)`, kind: "passing", ...rest };
  if (status >= 500 || status === 408 || status === 425) return { what, kind: "passing", ...rest };
  if (status === 400 || status === 413) return { what, kind: "request", ...rest };
  const todo = status === 401 || status === 403 ? "is the key in --rpc right?" : RIGHT;
  return { what, kind: "lasting", todo, ...rest };
}

/** Milliseconds: from seconds, or from a date, by the caller's clock. */
function waitOf(header: string, date: string | null): number | undefined {
  const wait = /^\d+$/.test(header.trim())
    ? Number(header) * 1_000
    : Date.parse(header) - Date.parse(date ?? "");
  return Number.isNaN(wait) ? undefined : Math.max(wait, 0);
}

function troubleOfBody(body: string): Trouble {
  if (body.trim() === "") return { what: "an empty answer", kind: "passing" };
  if (/^\s*</.test(body)) return { what: "HTML in place of JSON", kind: "lasting", todo: RIGHT };
  return { what: "an answer that is no whole JSON", kind: "passing" };
}

function ofError({ method, params }: Asked, failure: RpcFailure): Verdict {
  const { code, message, data } = failure;
  const told = `"${message}" (code ${code})`;
  const isCall = CALLS.includes(method);
  if (isCall && (code === 3 || (data?.length ?? 0) >= 10))
    return { refusal: { code: 3, message: "execution reverted", data: data ?? "0x" } };
  if (method === "eth_getLogs" && SPAN.test(message) && !/second|rate/i.test(message))
    return trouble(told, "request");
  if (code === 429 || code === -32_005 || code === -32_007 || LIMITED.test(message))
    return trouble(`a rate limit: ${told}`);
  const [, height, wanted] = HEIGHTS.exec(message) ?? [];
  const isPruned = height !== undefined && BigInt(wanted ?? 0) <= BigInt(height);
  if (BEHIND.test(message) && !isPruned) return trouble(told);
  if (isPruned || PRUNED.test(message))
    return trouble(told, isOfOldBlock(method, params) ? "state" : "passing");
  if (FUNDS.test(message) && (isCall || method === "eth_sendRawTransaction"))
    return { refusal: { code, message: `insufficient funds: ${message}` } };
  if (isCall && REVERTED.test(message))
    return { refusal: { code: 3, message: "execution reverted", data: data ?? "0x" } };
  if (code === -32_603 || /internal (server )?error|timed? ?out/i.test(message)) return trouble(told);
  if (method === "eth_sendRawTransaction") return { refusal: failure };
  // Whatever else a node has against a search for events, it may have less against a smaller one.
  if (method === "eth_getLogs") return trouble(told, "request");
  const wellFormed = [-32_700, -32_600, -32_601, -32_602].includes(code);
  return trouble(told, wellFormed ? "request" : "passing");
}

function trouble(what: string, kind: Trouble["kind"] = "passing"): { readonly trouble: Trouble } {
  return { trouble: { what, kind } };
}

function lasting(what: string, todo: string): Trouble {
  return { what, kind: "lasting", todo };
}

/** A status and the error in its body: the words of both. The error says more, except of a key or a rate limit. */
function merged(status: Trouble, error: Trouble): Trouble {
  const kind = status.kind === "lasting" || status.retryAfter !== undefined ? status.kind : error.kind;
  return { ...status, kind, what: `${status.what}: ${error.what}` };
}

const MESSAGE_MAX = 160;

function failureOf(error: Readonly<Record<string, unknown>>, redact: (text: string) => string): RpcFailure {
  const said = typeof error["message"] === "string" ? error["message"] : "no message";
  const message = redact(said);
  const data = revertData(error["data"]);
  return {
    code: Number(error["code"] ?? 0),
    message: message.length > MESSAGE_MAX ? `${message.slice(0, MESSAGE_MAX)}…` : message,
    ...(data === undefined ? {} : { data }),
  };
}

/** The data of a revert, where nodes put it: as it is, after a word, or in an object. */
function revertData(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string")
    return /^(?:revert(?:ed)?:? )?(0x(?:[0-9a-f]{2})*)$/i.exec(value.trim())?.[1];
  if (!isObject(value) || depth > 2) return undefined;
  for (const key of ["data", "result", "originalError", "error"]) {
    const found = revertData(value[key], depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether a request is about the state of a block that it names by number. */
function isOfOldBlock(method: string, params: unknown): boolean {
  if (!Array.isArray(params)) return false;
  // A call may have a state override behind its block.
  if (method === "eth_call") return isNumbered(params[1]);
  return method.startsWith("eth_get") && isNumbered(params.at(-1));
}

function isNumbered(tag: unknown): boolean {
  return typeof tag === "string" && QUANTITY.test(tag);
}

function isQuantity(value: unknown): boolean {
  return typeof value === "string" && QUANTITY.test(value);
}

function isData(value: unknown): boolean {
  return typeof value === "string" && DATA.test(value);
}

function isObjectOrNull(value: unknown): boolean {
  return value === null || isObject(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The most telling code of an error and what caused it. */
function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === "string") return code;
    if (at instanceof AggregateError) return codeOf(at.errors[0]);
  }
  return "no code";
}
