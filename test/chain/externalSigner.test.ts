import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Transaction, TypedDataEncoder, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { ExternalSigner } from "../../src/chain/externalSigner.js";
import { run } from "../../src/cli/run.js";
import { SignerError } from "../../src/errors.js";
import { LocalChain } from "../support/localChain.js";

const wallet = new Wallet(ANVIL_KEYS[5]);
const other = new Wallet(ANVIL_KEYS[6]);

type Method = (params: readonly never[]) => unknown;
interface Rpc {
  readonly id: number;
  readonly method: string;
  readonly params: readonly never[];
}

/** A signer over HTTP, as Clef and web3signer are, with a wallet of ethers behind it. */
class SignerServer {
  readonly #server: Server;
  /** What it answers by method; what it lacks it does not know. */
  methods: Record<string, Method> = {};
  asked: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<SignerServer> {
    let it: SignerServer | undefined;
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      await it?.answer(JSON.parse(body), (text) => response.end(text));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    it = new SignerServer(server);
    return it;
  }

  async answer({ id, method, params }: Rpc, end: (text: string) => void): Promise<void> {
    this.asked.push(method);
    const known = this.methods[method];
    if (known === undefined)
      return end(
        JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_601, message: "Method not found" } }),
      );
    try {
      const result = await known(params);
      if (result !== HANG) end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    } catch (error) {
      end(
        JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message: (error as Error).message } }),
      );
    }
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const HANG = Symbol("no answer");
const sign = (change: Record<string, unknown> = {}, by = wallet) =>
  (([given]: readonly [Record<string, unknown>]) => {
    const { from: _, gas, ...rest } = given;
    return by.signTransaction({ ...rest, gasLimit: gas, type: 2, ...change } as never);
  }) as unknown as Method;

describe("chain/externalSigner", () => {
  let server: SignerServer;
  let signer: ExternalSigner;
  const transaction = {
    type: 2,
    chainId: 31_337n,
    to: other.address,
    data: "0x1234",
    gasLimit: 30_000n,
    nonce: 7,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1n,
  };

  before(async () => {
    server = await SignerServer.start();
    signer = new ExternalSigner({ url: server.url, from: wallet.address.toLowerCase(), timeout: 30 });
  });
  after(() => server.close());
  beforeEach(() => {
    server.asked = [];
  });

  it("signs what it is asked to, as web3signer answers and as Clef does", async () => {
    server.methods = { eth_signTransaction: sign() };
    const raw = await signer.signTransaction(transaction);
    assert.equal(raw, await wallet.signTransaction(transaction));
    assert.deepEqual(server.asked, ["eth_signTransaction"]);
    const clef: Method = async (params) => ({ raw: await sign()(params), tx: {} });
    server.methods = { account_signTransaction: clef };
    const { to: _, ...creation } = transaction;
    assert.equal(Transaction.from(await signer.signTransaction(creation)).to, null);
    assert.deepEqual(server.asked.slice(1), ["eth_signTransaction", "account_signTransaction"]);
  });

  it("uses nothing that is not exactly what was asked for", async () => {
    const hostile: readonly (readonly [Method, RegExp])[] = [
      [sign({ nonce: 8 }), /expected a transaction with nonce 7, got 8; nothing was sent/],
      [sign({ to: wallet.address }), /expected a transaction with to 0x9[^,]+, got 0x9/],
      [sign({ chainId: 1 }), /with chain id 31337, got 1;/],
      [sign({ value: 1n }), /with value 0, got 1;/],
      [sign({ data: "0x1235" }), /with data 0x1234, got 0x1235;/],
      [sign({ gasLimit: 90_000 }), /with gas limit 30000, got 90000;/],
      [sign({ maxFeePerGas: 9_000_000_000n }), /with maxFeePerGas 2000000000, got 9000000000;/],
      [sign({ maxPriorityFeePerGas: 2n }), /with maxPriorityFeePerGas 1, got 2;/],
      [sign({ type: 0, gasPrice: 5, maxFeePerGas: null, maxPriorityFeePerGas: null }), /with type 2, got 0;/],
      [sign({ accessList: [{ address: other.address, storageKeys: [] }] }), /got one with other fields/],
      [sign({}, other), new RegExp(`expected a signature of ${wallet.address}, got one of ${other.address}`)],
      [
        () => Transaction.from(transaction).unsignedSerialized,
        /expected a signed transaction, got something else/,
      ],
      [async (params) => `${await sign()(params)}00`, /got something else/],
      [() => "0x", /got something else/],
      [() => null, /got something else/],
      [() => ({ raw: 5 }), /got something else/],
      [
        () => {
          throw new Error("Request denied");
        },
        /expected it to sign a transaction \(eth_signTransaction\), got "Request denied" \(code -32000\); nothing was sent/,
      ],
    ];
    for (const [method, message] of hostile) {
      server.methods = { eth_signTransaction: method };
      await assert.rejects(signer.signTransaction(transaction), (error) => {
        assert.ok(error instanceof SignerError, String(error));
        assert.match(error.message, message);
        return true;
      });
    }
    server.methods = {};
    await assert.rejects(
      signer.signTransaction(transaction),
      /\(eth_signTransaction or account_signTransaction\)/,
    );
  });

  it("gives a signer that hangs its time, and no more; names no more of its URL than the host", async () => {
    server.methods = { eth_signTransaction: () => HANG };
    const url = `${server.url}/v1/abcdef0123456789`;
    const short = new ExternalSigner({ url, from: wallet.address, timeout: 1 });
    await assert.rejects(short.signTransaction(transaction), (error: Error) => {
      assert.match(
        error.message,
        /^signer 127\.0\.0\.1:\d+: expected .* got no answer within 1 s; nothing was sent/,
      );
      assert.ok(!error.message.includes("abcdef"));
      return true;
    });
    const gone = new ExternalSigner({ url: "http://127.0.0.1:1", from: wallet.address });
    await assert.rejects(gone.signTransaction(transaction), SignerError);
    for (const text of ["", "localhost:8550", "ftp://x", "file:///x"])
      assert.throws(() => new ExternalSigner({ url: text, from: wallet.address }), SignerError);
  });

  it("signs attestations and texts, and takes nobody else's signature", async () => {
    const domain = { name: "n", version: "1", chainId: 1n };
    const types = { T: [{ name: "a", type: "uint256" }] };
    const by =
      (who: Wallet): Method =>
      ([, payload]) => {
        const given = typeof payload === "string" ? JSON.parse(payload) : payload;
        assert.deepEqual(given, TypedDataEncoder.getPayload(domain, types, { a: 5n }));
        return who.signTypedData(domain, types, { a: 5n });
      };
    for (const method of ["eth_signTypedData_v4", "eth_signTypedData", "account_signTypedData"]) {
      server.methods = { [method]: by(wallet) };
      const signature = await signer.signTypedData(domain, types, { a: 5n });
      assert.equal(signature, await wallet.signTypedData(domain, types, { a: 5n }));
      server.methods = { [method]: by(other) };
      await assert.rejects(signer.signTypedData(domain, types, { a: 5n }), SignerError);
    }
    const text: Method = (params) => wallet.signMessage(Buffer.from(String(params.at(-1)).slice(2), "hex"));
    for (const method of ["eth_sign", "account_signData"]) {
      server.methods = { [method]: text };
      assert.equal(await signer.signMessage("Grüezi"), await wallet.signMessage("Grüezi"));
    }
    server.methods = { eth_sign: () => "0x1234" };
    await assert.rejects(
      signer.signMessage("x"),
      /expected a signature of this text by 0x9.*, got something else/,
    );
  });

  it("sends for the command line, and journals nothing that it refuses", async () => {
    const chain = await LocalChain.start();
    const { mkdtemp, readdir, readFile, rm, writeFile } = await import("node:fs/promises");
    const { join } = await import("node:path");
    const { tmpdir } = await import("node:os");
    const { serialiseDeployment } = await import("../../src/chain/deployment.js");
    const folder = await mkdtemp(join(tmpdir(), "zkmargin-signer-"));
    try {
      const manifest = join(folder, "deployment.json");
      await writeFile(manifest, serialiseDeployment(chain.open.deployment));
      const poke = async (...more: readonly string[]) => {
        const told = { out: "", err: "" };
        const io = {
          out: (part: string) => void (told.out += part),
          err: (part: string) => void (told.err += part),
          stdin: async () => Buffer.alloc(0),
          interactive: false,
          invocation: "npx zkmargin",
        };
        const at = [
          "--rpc",
          chain.anvil.url,
          "--deployment",
          manifest,
          "--signer",
          server.url,
          "--journal",
          folder,
        ];
        return { code: await run(["poke", ...at, ...more, "--json"], io), ...told };
      };
      const from = ["--from", wallet.address];
      server.methods = { eth_signTransaction: sign({ nonce: 5 }) };
      const hostile = await poke(...from);
      assert.deepEqual([hostile.code, JSON.parse(hostile.err).error.name], [8, "SignerError"]);
      const [journal = ""] = (await readdir(folder)).filter((name) => name.endsWith(".journal"));
      assert.equal(
        (await readFile(join(folder, journal), "utf8")).trim().split("\n").length,
        1,
        "only its header",
      );
      server.methods = { eth_signTransaction: sign() };
      const good = await poke(...from);
      assert.equal(JSON.parse(good.out).round, "1", good.err);
      const nobody = await poke();
      assert.match(JSON.parse(nobody.err).error.message, /^--from: expected the address/);
      const both = await poke(...from, "--key-env", "HOME");
      assert.equal(both.code, 2, "two keys");
    } finally {
      await rm(folder, { recursive: true });
      await chain.close();
    }
  });
});
