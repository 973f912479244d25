import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of a request: answered by the node, heard by it and its answer lost, or answered here. */
export type Fate =
  | "pass"
  | "lose the answer"
  | { readonly status: number }
  | { readonly error: { readonly code: number; readonly message: string } };

/** A node between us and a real one, that can be made as bad as nodes get. */
export class ProxyNode {
  /** Decides on each request; everything passes by default. */
  fate: (method: string, params: readonly unknown[]) => Fate = () => "pass";
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string): Promise<ProxyNode> {
    const server = createServer();
    const node = new ProxyNode(server);
    server.on("request", async (request, response) => {
      const body = await textOf(request);
      const { id, method, params } = JSON.parse(body);
      const fate = node.fate(method, params);
      if (fate === "pass" || fate === "lose the answer") {
        const answer = await fetch(target, { method: "POST", body, headers: JSON_TYPE }).catch(
          () => undefined,
        );
        if (fate === "pass" && answer !== undefined)
          response.writeHead(200, JSON_TYPE).end(await answer.text());
        else request.socket.destroy();
      } else if ("status" in fate) response.writeHead(fate.status).end();
      else response.writeHead(200, JSON_TYPE).end(JSON.stringify({ jsonrpc: "2.0", id, error: fate.error }));
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return node;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v2/PROVIDER-KEY`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}

const JSON_TYPE = { "content-type": "application/json" };

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
