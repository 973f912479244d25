import { Interface, id as hashOf } from "ethers";
import { marketStatus } from "../../src/chain/status.js";
import { poke } from "../../src/chain/rounds.js";
import { submit } from "../../src/chain/submit.js";
import { serveHttp } from "../../src/serve/httpServer.js";
import { type ServiceOptions, WatchService } from "../../src/serve/service.js";
import { ServiceLog } from "../../src/serve/serviceLog.js";
import { exampleBook } from "./desk.js";
import { LocalChain } from "./localChain.js";

/** A service over a local chain, and what it said. */
export class WatchedChain {
  readonly lines: string[] = [];
  /** Unix milliseconds of the service's clock; the test moves it. */
  now = 1_800_000_000_000;
  service!: WatchService;
  url = "";
  #close: (() => Promise<void>) | undefined;

  constructor(readonly chain: LocalChain) {}

  async start(options: Partial<ServiceOptions> = {}, board?: string): Promise<this> {
    const { open, key } = this.chain;
    const log = new ServiceLog((line) => this.lines.push(line), () => this.now);
    this.service = new WatchService({ open, key: key.key, clock: () => this.now, log, ...options });
    const http = await serveHttp({
      ...{ service: this.service, log, port: 0, version: "0.0.0" },
      ...(board === undefined ? {} : { board }),
    });
    this.url = http.url;
    this.#close = http.close;
    return this;
  }

  async get(path: string, headers: Readonly<Record<string, string>> = {}) {
    const response = await fetch(`${this.url}${path}`, { headers });
    const text = await response.text();
    const json = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : null;
    return { status: response.status, text, json, headers: response.headers };
  }

  async stop(): Promise<void> {
    await this.#close?.();
  }
}

void Interface;
void hashOf;
void marketStatus;
void poke;
void submit;
void exampleBook;
