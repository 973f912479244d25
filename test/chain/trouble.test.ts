import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Anvil } from "../../src/chain/anvil.js";
import { type Connection, type ConnectOptions, connect } from "../../src/chain/connection.js";
import type { NodeClock } from "../../src/chain/node/endpoint.js";
import { calling } from "../../src/chain/transactions/revert.js";
import { NodeUnreachableError, RevertedError, WrongChainError } from "../../src/errors.js";
import { assertChainFails } from "../support/chainFailure.js";
import { stretch, TROUBLES } from "../support/nodeFaults.js";
import { type Fate, ProxyNode } from "../support/proxyNode.js";

/** Time that goes by so many times as fast, so that waits are as long as they are and tests are not. */
function fastClock(random = () => 1, times = 100): NodeClock & { readonly waits: number[] } {
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    now: () => now,
    sleep: async (milliseconds, signal) => {
      await sleep(milliseconds / times, undefined, { signal }).then(
        () => {
          now += milliseconds;
          waits.push(milliseconds);
        },
        () => undefined,
      );
    },
    random,
  };
}

describe("chain/node, in trouble", () => {
  let anvil: Anvil;
  let proxy: ProxyNode;
  let second: ProxyNode;
  const open: Connection[] = [];
  const told: string[] = [];
  const connected = async (url: string | string[], options: ConnectOptions = {}) => {
    const connection = await connect(url, { tell: (line) => told.push(line), ...options });
    open.push(connection);
    return connection;
  };

  before(async () => {
    anvil = await Anvil.start();
    proxy = await ProxyNode.start(anvil.url);
    second = await ProxyNode.start(anvil.url);
  });
  beforeEach(() => {
    proxy.fate = second.fate = () => "pass";
    proxy.heard.clear();
    second.heard.clear();
    told.length = 0;
  });
  afterEach(() => {
    for (const connection of open.splice(0)) connection.close();
  });
  after(async () => {
    await proxy.stop();
    await second.stop();
    await anvil.stop();
  });

  for (const [name, trouble] of Object.entries(TROUBLES)) {
    it(`waits out ${name}, and says what it was where it does not end`, async () => {
      const { provider } = await connected(proxy.url, {
        timeout: trouble === "hang" ? 1.5 : 10,
        patience: trouble === "hang" ? 5 : 1.5,
      });
      proxy.fate = stretch(2, trouble, 0);
      assert.equal(await provider.getBlockNumber(), 0);
      assert.equal(proxy.heard.get("eth_blockNumber"), 3);
      proxy.fate = () => trouble;
      await assertChainFails(
        provider.getBlockNumber(),
        {
          Class: NodeUnreachableError,
          text: new RegExp(
            `^node ${proxy.host}: expected an answer to eth_blockNumber, got .+; .+ run again`,
          ),
        },
        ["PROVIDER-KEY"],
      );
    });
  }

  // shows: A42, A61
  it("names the status, the code and the words, and no part of a URL that a node quotes", async () => {
    const got = async (fate: Fate) => {
      proxy.fate = () => "pass";
      const { provider } = await connected(proxy.url, { timeout: fate === "hang" ? 1.5 : 10, patience: 0 });
      proxy.fate = () => fate;
      const error = await provider.getBlockNumber().catch((thrown: Error) => thrown);
      assert.ok(error instanceof NodeUnreachableError, String(error));
      return /got (.*?); /.exec(error.message)?.[1];
    };
    assert.equal(await got({ status: 401 }), "HTTP 401");
    assert.equal(await got({ status: 429 }), "HTTP 429 (a rate limit)");
    assert.equal(await got("hang"), "no answer within 1.5 s");
    assert.match((await got("reset")) ?? "", /^a broken connection \(/);
    const message = "no such project PROVIDER-KEY\u001b[2J\nof yours";
    assert.equal(
      await got({ error: { code: -32_005, message } }),
      'a rate limit: "no such project …\\u{1b}[2J\\u{a}of yours" (code -32005)',
    );
    const long = await got({ error: { code: -32_050, message: "x".repeat(5_000) } });
    assert.ok((long?.length ?? 0) < 200);
  });

  // shows: A60
  it("takes for a contract's refusal what has revert data, code 3 or says so, in whatever form", async () => {
    const { provider } = await connected(proxy.url);
    const data = "0x08c379a0" + "20".padStart(64, "0") + "2".padStart(64, "0") + "6f6b".padEnd(64, "0");
    const call = () => calling("a call", () => provider.call({ to: `0x${"11".repeat(20)}`, data: "0x" }));
    const refused: [error: { code: number; message: string; data?: unknown }, text: RegExp][] = [
      [{ code: 3, message: "execution reverted", data }, /Error\(ok\)/],
      [{ code: -32_000, message: "execution reverted", data }, /Error\(ok\)/],
      [{ code: -32_015, message: "VM execution error.", data: `Reverted ${data}` }, /Error\(ok\)/],
      [{ code: -32_603, message: "Internal error", data: { message: "reverted", data } }, /Error\(ok\)/],
      [
        { code: -32_603, message: "x", data: { originalError: { code: 3, data, message: "" } } },
        /Error\(ok\)/,
      ],
      [{ code: 3, message: "execution reverted: rate limit exceeded", data }, /Error\(ok\)/],
      [{ code: 3, message: "execution reverted" }, /without a reason/],
      [{ code: -32_000, message: "execution reverted" }, /without a reason/],
      [{ code: -32_000, message: "invalid opcode: INVALID" }, /without a reason/],
    ];
    for (const [error, text] of refused) {
      proxy.fate = () => ({ error });
      await assertChainFails(call(), { Class: RevertedError, text });
    }
    const troubles = [
      { code: 429, message: "compute units per second" },
      { code: -32_005, message: "limit exceeded", data: { rate: { allowed_rps: 1 } } },
      { code: -32_000, message: "header not found" },
      { code: -32_000, message: "something else" },
      { code: -32_603, message: "Internal error" },
      { code: -32_601, message: "the method eth_call does not exist/is not available" },
    ];
    for (const error of troubles) {
      proxy.fate = () => "pass";
      const impatient = await connected(proxy.url, { patience: 0 });
      proxy.fate = () => ({ error });
      const call = () => calling("a call", () => impatient.provider.call({ to: `0x${"11".repeat(20)}` }));
      await assertChainFails(call(), { Class: NodeUnreachableError, text: /expected an answer to eth_call/ });
    }
  });

  it("waits longer each time, by chance, and as long as the node asks for", async () => {
    const clock = fastClock();
    const { provider } = await connected(proxy.url, { clock, patience: 100 });
    proxy.fate = stretch(12, { status: 503 }, 0);
    await provider.getBlockNumber();
    for (const wait of [40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 8_000])
      assert.ok(clock.waits.includes(wait), `${wait} of ${clock.waits}`);
    assert.equal(Math.max(...clock.waits), 8_000);
    clock.waits.length = 0;
    proxy.fate = stretch(1, { status: 429, headers: { "retry-after": "30" } }, 0);
    await provider.getBlockNumber();
    const waited = clock.waits.reduce((sum, wait) => sum + wait, 0);
    assert.ok(waited >= 29_000 && waited < 45_000, String(waited));
    proxy.fate = () => ({ status: 429, headers: { "retry-after": "3600" } });
    const begun = Date.now();
    await assertChainFails(provider.getBlockNumber(), { Class: NodeUnreachableError, text: /got HTTP 429/ });
    assert.ok(Date.now() - begun < 10_000, "what is asked to wait beyond its patience does not wait");
    const half = fastClock(() => 0);
    const other = await connected(second.url, { clock: half });
    second.fate = stretch(1, { status: 503 }, 0);
    await other.provider.getBlockNumber();
    assert.ok((half.waits[0] ?? 0) <= 10, "chance takes up to half off a wait");
  });

  // shows: A60
  it("is silent for no more than ten seconds, while it waits and while a node hangs", async () => {
    const clock = fastClock(() => 1, 20);
    const times: number[] = [clock.now()];
    const { provider } = await connected(proxy.url, {
      clock,
      timeout: 30,
      patience: 40,
      tell: (line) => {
        told.push(line);
        times.push(clock.now());
      },
    });
    const silences = () => times.slice(1).map((time, i) => time - (times[i] ?? 0));
    proxy.fate = () => "hang";
    await assert.rejects(provider.getBlockNumber(), NodeUnreachableError);
    assert.match(told[0] ?? "", /^node 127\.0\.0\.1:\d+: no answer to eth_blockNumber for 8 s; it has 30 s$/);
    proxy.fate = stretch(1, { status: 429, headers: { "retry-after": "25" } }, 0);
    times.push(clock.now());
    await provider.getBlockNumber();
    assert.match(
      told.at(-1) ?? "",
      /: got HTTP 429 \(a rate limit\) in place of an answer to eth_blockNumber; asking again/,
    );
    assert.ok(Math.max(...silences()) <= 10_000, String(silences()));
    assert.ok(!told.join().includes("PROVIDER-KEY"));
  });

  it("asks another URL once one is in trouble, and goes on with it", async () => {
    const { provider } = await connected([proxy.url, second.url], { patience: 1 });
    await provider.getBlockNumber();
    assert.equal(second.heard.get("eth_blockNumber"), undefined);
    proxy.fate = () => ({ status: 503 });
    await provider.getBlockNumber();
    await provider.getBlockNumber();
    assert.deepEqual([proxy.heard.get("eth_blockNumber"), second.heard.get("eth_blockNumber")], [2, 2]);
    assert.match(
      told[0] ?? "",
      new RegExp(`^node ${proxy.host}: got HTTP 503; asking ${second.host} instead$`),
    );
    second.fate = () => ({ status: 401 });
    await assertChainFails(provider.getBlockNumber(), {
      Class: NodeUnreachableError,
      text: new RegExp(`^node ${second.host}: expected .*, got HTTP 401; node ${proxy.host}: got HTTP 503; `),
    });
  });

  it("asks another URL for what one alone refuses", async () => {
    const { provider } = await connected([proxy.url, second.url]);
    proxy.fate = (method) =>
      method === "eth_call" ? { error: { code: -32_601, message: "method not found" } } : "pass";
    assert.equal(await provider.call({ to: `0x${"11".repeat(20)}`, data: "0x" }), "0x");
    await provider.getBlockNumber();
    assert.equal(second.heard.get("eth_blockNumber"), undefined);
  });

  it("carries on without a URL that does not answer at first, and refuses one of another chain", async () => {
    const gone = await ProxyNode.start(anvil.url);
    const dead = gone.url;
    await gone.stop();
    const { provider } = await connected([dead, proxy.url]);
    assert.equal(await provider.getBlockNumber(), 0);
    assert.match(
      told[0] ?? "",
      /^node 127\.0\.0\.1:\d+: got a refused connection \(ECONNREFUSED\); others are/,
    );
    const other = await Anvil.start("--chain-id", "1337");
    try {
      await assertChainFails(connect([proxy.url, other.url]), {
        Class: WrongChainError,
        text: /^node 127\.0\.0\.1:\d+: expected chain 31337, got chain 1337; give another --rpc$/,
      });
      // Away at first, and of another chain once it is back.
      second.fate = stretch(1_000, { status: 403 }, 0);
      const both = await connected([proxy.url, second.url], { patience: 0.3 });
      second.fate = (method) =>
        method === "eth_chainId" ? { change: ({ id }) => ({ id, result: "0x1" }) } : "pass";
      proxy.fate = () => ({ status: 500 });
      await assertChainFails(both.provider.getBlockNumber(), {
        Class: NodeUnreachableError,
        text: /got chain 1\b.*expected chain 31337/,
      });
      assert.equal(second.heard.get("eth_blockNumber"), undefined);
    } finally {
      await other.stop();
    }
  });

  it("says at once that a URL is wrong: another protocol, another port, no key", async () => {
    const fails = async (url: string, text: RegExp) => {
      const begun = Date.now();
      await assertChainFails(connect(url), { Class: NodeUnreachableError, text }, ["PROVIDER-KEY"]);
      assert.ok(Date.now() - begun < 10_000);
    };
    const { host } = proxy;
    await fails(
      `https://${host}/v2/PROVIDER-KEY`,
      new RegExp(`^node ${host}: .*got a TLS handshake that failed \\(.+\\); does it speak https`),
    );
    await fails(
      "http://127.0.0.1:2/v2/PROVIDER-KEY",
      /^node 127\.0\.0\.1:2: .*a refused connection \(ECONNREFUSED\); is it running, and is --rpc right\?/,
    );
    proxy.fate = () => ({ status: 401 });
    await fails(`http://user:PROVIDER-KEY@${host}/`, /HTTP 401; is the key in --rpc right\?$/);
    await fails("PROVIDER-KEY", /^--rpc: expected a URL/);
    const mute: Server = createServer((socket) => socket.end("hello\r\n"));
    await new Promise<void>((listening) => mute.listen(0, "127.0.0.1", listening));
    const { port } = mute.address() as { port: number };
    await fails(`http://127.0.0.1:${port}`, /got something other than HTTP \(HPE_/);
    mute.close();
  });
});
