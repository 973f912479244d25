import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A JSON-RPC answer, as far as rules look at it. */
export interface RpcAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** What becomes of a request. */
export type Fate =
  | "pass"
  /** The node hears it, and its answer is lost. */
  | "lose the answer"
  /** The connection ends before the node hears it. */
  | "reset"
  /** The node hears it twice; the second answer is given. */
  | "twice"
  /** Nobody answers, and the connection stays. */
  | "hang"
  /** Answered here: by a status, by a body as it is, or by a JSON-RPC error. */
  | {
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
  /** The node's answer, changed. `ask` asks the node something else. */
  | { readonly change: (answer: RpcAnswer, ask: Ask) => RpcAnswer | Promise<RpcAnswer> };

/** Asks the node behind a proxy. */
export type Ask = (method: string, params: readonly unknown[]) => Promise<RpcAnswer>;

/** Decides what becomes of each request. */
export type Rule = (method: string, params: readonly unknown[]) => Fate;

interface RpcRequest {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/**
 * A node between us and a real one, that can be made as bad as nodes get: set `fate`, or take one of the faults of
 * `nodeFaults.ts`. Its URL has what looks like a provider's key in it.
 */
export class ProxyNode {
  /** Decides on each request; everything passes by default. */
  fate: Rule = () => "pass";
  /** Requests that came, by method. */
  readonly heard = new Map<string, number>();
  readonly #server: Server;
  readonly #target: string;

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = target;
  }

  static async start(target: string): Promise<ProxyNode> {
    const server = createServer();
    const node = new ProxyNode(server, target);
    server.on("request", (request, response) => {
      node.#answer(request, response).catch(() => request.socket.destroy());
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return node;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}/v2/PROVIDER-KEY`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: RpcRequest | RpcRequest[] = JSON.parse(await textOf(request));
    const answers: RpcAnswer[] = [];
    for (const one of Array.isArray(body) ? body : [body]) {
      this.heard.set(one.method, (this.heard.get(one.method) ?? 0) + 1);
      const fate = this.fate(one.method, one.params);
      if (fate === "hang") return;
      if (fate === "reset") return void request.socket.destroy();
      if (typeof fate === "object" && "status" in fate) {
        response.writeHead(fate.status, fate.headers ?? JSON_TYPE).end(fate.body);
        return;
      }
      if (typeof fate === "object" && "error" in fate) {
        answers.push({ id: one.id, error: fate.error });
        continue;
      }
      if (fate === "twice") await this.#ask(one);
      const answer = await this.#ask(one);
      if (fate === "lose the answer") return void request.socket.destroy();
      answers.push(typeof fate === "object" ? await fate.change(answer, this.#asking) : answer);
    }
    const [only] = answers;
    const json = JSON.stringify(Array.isArray(body) ? answers : { jsonrpc: "2.0", ...only });
    response.writeHead(200, JSON_TYPE).end(json);
  }

  readonly #asking: Ask = (method, params) => this.#ask({ id: 1, method, params });

  async #ask({ id, method, params }: RpcRequest): Promise<RpcAnswer> {
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    const answer = await fetch(this.#target, { method: "POST", body, headers: JSON_TYPE });
    return (await answer.json()) as RpcAnswer;
  }
}

const JSON_TYPE = { "content-type": "application/json" };

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
