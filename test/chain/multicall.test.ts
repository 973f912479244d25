import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { keccak256, toBeHex, ZeroAddress } from "ethers";
import { contractAt } from "../../src/chain/binding.js";
import { type Connection, connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { marginVault } from "../../src/chain/generated/index.js";
import { MULTICALL3, multicall, READS_A_REQUEST, valueOf, viewOf } from "../../src/chain/multicall.js";
import { poke } from "../../src/chain/rounds.js";
import { accountStatus } from "../../src/chain/status.js";
import { DeploymentMismatchError, NodeUnreachableError, RevertedError } from "../../src/errors.js";
import { exampleBook } from "../support/desk.js";
import { LocalChain } from "../support/localChain.js";
import { ProxyNode } from "../support/proxyNode.js";

describe("chain/multicall", () => {
  let chain: LocalChain;
  let proxy: ProxyNode;
  let account: string;
  let block: number;
  /** A node of its own for each test: what is learned of one is kept with it. */
  let near: Connection;
  before(async () => {
    chain = await LocalChain.start();
    account = await chain.attest(exampleBook("cash-and-carry"));
    await poke(chain.open, chain.transactionsOf(chain.keeper));
    block = await chain.connection.provider.getBlockNumber();
    proxy = await ProxyNode.start(chain.anvil.url);
  });
  after(async () => {
    await proxy?.stop();
    await chain?.close();
  });
  beforeEach(async () => {
    proxy.fate = () => "pass";
    near = await connect(proxy.url, { patience: 1 });
    proxy.heard.clear();
  });
  afterEach(() => near.close());

  const contracts = () => openDeployment(near, chain.open.deployment).contracts;
  const named = (n: number) => toBeHex(n, 32);
  const statuses = (count: number) =>
    Array.from({ length: count }, (_, i) => viewOf(contracts().marginGate, "statusOf", named(i + 1)));
  const calls = () => proxy.heard.get("eth_call") ?? 0;

  it("answers as the views do one by one, of several contracts and types", async () => {
    const { marginGate, bookRegistry, riskProfile } = contracts();
    const [status, owner, book, epoch] = await multicall(
      near.provider,
      [
        viewOf(marginGate, "statusOf", account),
        viewOf(bookRegistry, "ownerOf", account),
        viewOf(bookRegistry, "bookStateOf", account),
        viewOf(riskProfile, "epoch"),
      ],
      block,
    );
    const alone = await accountStatus(chain.open, account, block);
    const { sequence, commitment } = valueOf(book);
    assert.deepEqual(
      [Number(valueOf(status)), valueOf(owner), sequence, commitment, valueOf(epoch)],
      [0, alone.owner, alone.book.sequence, alone.book.commitment, 1n],
    );
    assert.equal(calls(), 1);
  });

  it("sends one request for 500 reads, and deploys nothing", async () => {
    assert.equal(READS_A_REQUEST, 500);
    const outcomes = await multicall(near.provider, statuses(1_250), block);
    assert.equal(outcomes.length, 1_250);
    assert.ok(outcomes.every((one) => valueOf(one) === 0n));
    assert.equal(calls(), 3);
    assert.equal(await near.provider.getCode(MULTICALL3), "0x");
  });

  it("asks Multicall3 where it stands", async () => {
    const folder = dirname(fileURLToPath(import.meta.resolve("viem/package.json")));
    const { multicall3Bytecode } = await import(
      pathToFileURL(join(folder, "_esm/constants/contracts.js")).href
    );
    const runtime = await near.provider.call({ data: multicall3Bytecode });
    const overrides: unknown[] = [];
    proxy.fate = (method, params) => {
      if (method === "eth_call") overrides.push(params[2]);
      return "pass";
    };
    await multicall(near.provider, statuses(2), block);
    const given = Object.values(overrides[0] as Record<string, { code: string }>)[0]?.code ?? "";
    assert.equal(keccak256(given), keccak256(runtime), "the code that viem publishes");
    const { provider } = chain.connection;
    await provider.send("anvil_setCode", [MULTICALL3, runtime]);
    const other = await connect(proxy.url);
    try {
      const epoch = viewOf(contracts().riskProfile, "epoch");
      const latest = await provider.getBlockNumber();
      assert.deepEqual(await multicall(other.provider, [epoch, epoch], latest), [
        { value: 1n },
        { value: 1n },
      ]);
      assert.equal(overrides.at(-1), undefined, "no override");
    } finally {
      other.close();
      await provider.send("anvil_setCode", [MULTICALL3, "0x"]);
    }
  });

  it("gives a refusal its reason, and the others their values", async () => {
    const { marketLedger, riskProfile } = contracts();
    const [refused, epoch] = await multicall(
      near.provider,
      [viewOf(marketLedger, "roundAt", 99n), viewOf(riskProfile, "epoch")],
      block,
    );
    assert.deepEqual(epoch, { value: 1n });
    assert.throws(
      () => valueOf(refused),
      (error) => error instanceof RevertedError && error.reason === "RoundUnknown",
    );
  });

  it("says where an address has no such view", async () => {
    const { riskProfile } = contracts();
    const nobody = contractAt(marginVault, ZeroAddress, near.provider);
    await assert.rejects(
      multicall(
        near.provider,
        [viewOf(riskProfile, "epoch"), viewOf(nobody, "auctionOf", named(1), ZeroAddress)],
        block,
      ),
      DeploymentMismatchError,
    );
  });

  it("asks for half where so many are too many, and one by one where no override is known", async () => {
    const tooMany = { error: { code: -32_000, message: "out of gas" } };
    proxy.fate = (method, params) =>
      method === "eth_call" && JSON.stringify(params).length > 60_000 ? tooMany : "pass";
    assert.equal((await multicall(near.provider, statuses(300), block)).length, 300);
    assert.equal(calls(), 7, "300, then 150 twice, then 75 four times");
    const unknown = { error: { code: -32_602, message: "too many arguments, want at most 2" } };
    proxy.fate = (method, params) => (method === "eth_call" && params.length > 2 ? unknown : "pass");
    proxy.heard.clear();
    assert.equal((await multicall(near.provider, statuses(8), block)).length, 8);
    proxy.heard.clear();
    assert.equal((await multicall(near.provider, statuses(8), block)).length, 8);
    assert.equal(calls(), 8, "not asked for together again");
  });

  it("asks again alone for a view that was left without gas", async () => {
    proxy.fate = (method, params) => {
      if (method !== "eth_call" || params.length < 3) return "pass";
      // As Multicall3 answers where two views failed without a word.
      const words = [0x20, 2, 0x40, 0xa0, 0, 0x40, 0, 0, 0x40, 0].map((word) => toBeHex(word, 32).slice(2));
      return { change: (answer) => ({ ...answer, result: `0x${words.join("")}` }) };
    };
    assert.deepEqual((await multicall(near.provider, statuses(2), block)).map(valueOf), [0n, 0n]);
    assert.equal(calls(), 3);
  });

  it("does not part what fails for another reason", async () => {
    const gone = { error: { code: -32_000, message: "missing trie node" } };
    proxy.fate = (method) => (method === "eth_call" ? gone : "pass");
    await assert.rejects(
      multicall(near.provider, statuses(8), block),
      (error) => error instanceof NodeUnreachableError && error.kind === "state",
    );
    assert.equal(calls(), 1);
  });
});
