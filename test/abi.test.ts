import assert from "node:assert/strict";
import { Contract, Interface, JsonRpcProvider } from "ethers";
import { createPublicClient, custom, decodeErrorResult, encodeErrorResult, encodeFunctionResult } from "viem";
import * as abis from "zkmargin/abi";
import { bookRegistryAbi, marginGateAbi } from "zkmargin/abi";
import { bookRegistry, marginGate, marginVault } from "../src/chain/generated/index.js";

const ADDRESS = `0x${"11".repeat(20)}` as const;
const ACCOUNT = `0x${"22".repeat(32)}` as const;

/** A node that knows one answer. */
const answering = (result: `0x${string}`) =>
  custom({ request: async ({ method }) => (method === "eth_call" ? result : "0x1") });

describe("zkmargin/abi", () => {
  it("is read by viem, which takes the types of arguments and results from it", async () => {
    const result = encodeFunctionResult({ abi: marginGateAbi, functionName: "statusOf", result: 4 });
    const client = createPublicClient({ transport: answering(result) });
    const status: number = await client.readContract({
      address: ADDRESS,
      abi: marginGateAbi,
      functionName: "statusOf",
      args: [ACCOUNT],
    });
    assert.equal(status, 4);

    const book = { commitment: 7n, sequence: 2n, asOf: 3n, expiresAt: 4n };
    const books = createPublicClient({
      transport: answering(
        encodeFunctionResult({ abi: bookRegistryAbi, functionName: "bookOf", result: book }),
      ),
    });
    const read = await books.readContract({
      address: ADDRESS,
      abi: bookRegistryAbi,
      functionName: "bookOf",
      args: [ACCOUNT],
    });
    const commitment: bigint = read.commitment;
    assert.equal(commitment, 7n);
    assert.deepEqual(read, book);
    const wrong = { address: ADDRESS, abi: marginGateAbi, functionName: "statusOf" } as const;
    // @ts-expect-error: the account is 32 bytes, not a number
    await assert.rejects(client.readContract({ ...wrong, args: [1] }));
  });

  it("names the gate's errors", () => {
    const data = encodeErrorResult({
      abi: marginGateAbi,
      errorName: "MarginTooLow",
      args: [ACCOUNT, 12_500n, 11_000n],
    });
    const decoded = decodeErrorResult({ abi: marginGateAbi, data });
    assert.deepEqual([decoded.errorName, decoded.args], ["MarginTooLow", [ACCOUNT, 12_500n, 11_000n]]);
    assert.equal(new Interface(marginGateAbi).parseError(data)?.name, "MarginTooLow");
  });

  it("is read by ethers", async () => {
    const provider = new JsonRpcProvider("http://127.0.0.1:1", 1, { staticNetwork: true });
    const gate = new Contract(ADDRESS, marginGateAbi, provider);
    const data = await gate.getFunction("requireMargin").populateTransaction(ACCOUNT, 12_500n);
    assert.equal(data.data?.length, 2 + 2 * (4 + 64));
    provider.destroy();
  });

  it("is what the package itself calls the contracts by", () => {
    for (const { name, abi } of [bookRegistry, marginGate, marginVault]) {
      const key = `${name[0]?.toLowerCase()}${name.slice(1)}Abi` as keyof typeof abis;
      assert.deepEqual([...new Interface(abis[key]).format()].sort(), [...abi].sort(), name);
    }
    assert.equal(Object.keys(abis).length, 12);
  });
});
