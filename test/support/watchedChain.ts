import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { encodeBytes32String, Interface } from "ethers";
import { MULTICALL3 } from "../../src/chain/multicall.js";
import { poke } from "../../src/chain/rounds.js";
import { submit } from "../../src/chain/submit.js";
import { Vault } from "../../src/chain/vault.js";
import { serveHttp } from "../../src/serve/httpServer.js";
import { type ServiceOptions, WatchService } from "../../src/serve/service.js";
import { ServiceLog } from "../../src/serve/serviceLog.js";
import { exampleBook } from "./desk.js";
import { borrow, fallIll } from "./loan.js";
import { closesOn, LocalChain } from "./localChain.js";

/** A service over a local chain, and what it said. */
export class WatchedService {
  readonly lines: string[] = [];
  /** Unix milliseconds of the service's clock, which the test moves. */
  now = 1_800_000_000_000;
  service!: WatchService;
  url = "";
  #close: (() => Promise<void>) | undefined;

  async start(chain: LocalChain, options: Partial<ServiceOptions> = {}, board?: string): Promise<this> {
    const { open, key } = chain;
    const clock = () => this.now;
    const log = new ServiceLog((line) => this.lines.push(line), clock);
    this.service = new WatchService({ open, key: key.key, clock, log, ...options });
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
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      text,
      json: isJson ? JSON.parse(text) : null,
      headers: response.headers,
    };
  }

  async stop(): Promise<void> {
    await this.#close?.();
  }
}

/** Accounts of a scene, by what is the matter with them. */
export interface SceneAccounts {
  /** In a breach, its collateral in an auction. */
  readonly auctioned: string;
  /** Its market left the envelope. */
  readonly lapsed: string;
  readonly healthy: string;
  /** Healthy, with most of the envelope used up. */
  readonly nearly: string;
  /** Attested and never proven. */
  readonly unproven: string;
}

/** A chain with an account in each state that matters, an auction that runs, and a dozen rounds. */
export async function watchedScene(): Promise<{
  readonly chain: LocalChain;
  readonly accounts: SceneAccounts;
}> {
  const chain = await LocalChain.start();
  try {
    return { chain, accounts: await sceneOn(chain) };
  } catch (error) {
    await chain.close();
    throw error;
  }
}

async function sceneOn(chain: LocalChain): Promise<SceneAccounts> {
  const { btc } = await chain.mint(10n ** 6n);
  const keeper = chain.transactionsOf(chain.keeper);
  const named = (account: string) => exampleBook("cash-and-carry", { account, sequence: 1 });
  const auctioned = await borrow(chain, btc);
  const lapsed = await chain.attest(named("desk-2/cross"));
  await submit(chain.open, keeper, await chain.proofOf(lapsed, { envelope: 500 }));
  const ill = await fallIll(chain, auctioned);
  await submit(chain.open, chain.transactionsOf(chain.custodian), ill);
  await new Vault(chain.open, keeper).startAuction(auctioned, btc);
  const [healthy, nearly, unproven] = [
    await chain.attest(named("desk-3/cross")),
    await chain.attest(named("desk-4/cross")),
    await chain.attest(named("desk-5/cross")),
  ];
  const round = async (share: bigint) => {
    await chain.pass(chain.plan.timing.provingWindow / 2);
    await chain.feeds.post(
      closesOn("2021-05-19").map((close, u) => (u === 0 ? close : (close * share) / 10_000n)),
    );
    await poke(chain.open, keeper);
  };
  await round(8_010n);
  await submit(chain.open, keeper, await chain.proofOf(nearly, { envelope: 200 }));
  for (const share of [8_030n, 8_060n, 8_090n, 8_120n]) await round(share);
  await submit(chain.open, keeper, await chain.proofOf(healthy, { envelope: 200, theta: 10_500 }));
  await round(8_130n);
  return { auctioned, lapsed, healthy, nearly, unproven };
}

const AGGREGATE = new Interface([
  "function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])",
]);
/** Accounts opened by one transaction, within a block's gas. */
const AT_ONCE = 150;

/** Opens accounts, all of one owner: a contract that opens many in one transaction. */
export async function openMany(
  { connection: { provider }, open, custodian, deployer }: LocalChain,
  count: number,
  progress: (done: number) => void = () => undefined,
): Promise<void> {
  const folder = dirname(fileURLToPath(import.meta.resolve("viem/package.json")));
  const { multicall3Bytecode } = await import(
    pathToFileURL(join(folder, "_esm/constants/contracts.js")).href
  );
  await provider.send("anvil_setCode", [MULTICALL3, await provider.call({ data: multicall3Bytecode })]);
  const registry = open.contracts.bookRegistry.interface;
  for (let at = 0; at < count; at += AT_ONCE) {
    const calls = Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, i) => ({
      target: open.addresses.bookRegistry,
      allowFailure: false,
      callData: registry.encodeFunctionData("open", [
        encodeBytes32String(`desk-${at + i}`),
        false,
        [custodian.address],
        1,
      ]),
    }));
    const data = AGGREGATE.encodeFunctionData("aggregate3", [calls]);
    await provider.send("eth_sendTransaction", [
      { from: deployer.address, to: MULTICALL3, data, gas: "0x1c00000" },
    ]);
    progress(Math.min(count, at + AT_ONCE));
  }
}
