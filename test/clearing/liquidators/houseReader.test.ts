import assert from "node:assert/strict";
import { interfaceOf } from "../../../src/chain/binding.js";
import type { Connection } from "../../../src/chain/connection.js";
import { clearingHouse } from "../../../src/chain/generated/ClearingHouse.js";
import { assetsOf, ChainHouseReader } from "../../../src/clearing/liquidators/houseReader.js";
import { DeploymentMismatchError } from "../../../src/errors.js";
import { keyOf, scalarOf } from "../../../src/protocol/sealedBook.js";
import { makeTransition, placeWord, termsWord } from "../../../src/protocol/transition.js";
import { Random } from "../../support/cases.js";
import { randomOpening } from "../../support/clearing.js";
import { CHAIN } from "../../support/liquidators.js";

const HOUSE = "0x3333333333333333333333333333333333333333";
const ABI = interfaceOf(clearingHouse);
const [OPEN, FROZEN, REVEALED] = [1n, 2n, 3n];

interface Log {
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
}

/** A chain of one house, as a node answers of it: its logs, and the stages of its accounts by block. */
class HouseChain {
  logs: Log[] = [];
  head = 100;
  readonly stages = new Map<string, [block: number, stage: bigint][]>();

  emit(name: string, args: readonly unknown[], blockNumber: number): void {
    const { topics, data } = ABI.encodeEventLog(name, args);
    this.logs.push({ topics: topics as string[], data, blockNumber });
  }

  reader(depth: number): ChainHouseReader {
    const provider = {
      getBlockNumber: async () => this.head,
      getLogs: async ({
        topics,
        fromBlock,
        toBlock,
      }: {
        topics: (string | null)[];
        fromBlock: number;
        toBlock: number;
      }) =>
        this.logs
          .filter(({ blockNumber }) => blockNumber >= fromBlock && blockNumber <= toBlock)
          .filter((log) => topics.every((topic, i) => topic === null || topic === log.topics[i]))
          .map((log, index) => ({ ...log, address: HOUSE, index, blockHash: String(log.blockNumber) })),
      resolveName: async (name: string) => name,
      call: async ({ data, blockTag }: { data: string; blockTag?: number }) => {
        const call = ABI.parseTransaction({ data });
        if (call?.name === "liquidatorsKey") {
          const { x, y } = keyOf(77n);
          return ABI.encodeFunctionResult("liquidatorsKey", [x, y]);
        }
        const at = typeof blockTag === "number" ? blockTag : this.head;
        const stages = this.stages.get(call?.args[0]) ?? [];
        return ABI.encodeFunctionResult("stageOf", [
          stages.filter(([block]) => block <= at).at(-1)?.[1] ?? 0n,
        ]);
      },
    };
    const connection = { provider, chainId: CHAIN } as unknown as Connection;
    return new ChainHouseReader(connection, { house: HOUSE, fromBlock: 1, depth });
  }
}

function transition(account: string, assets: number, sequence: bigint, seed: number) {
  const random = new Random(seed);
  const place = placeWord({ chainId: CHAIN, house: HOUSE, account });
  const terms = { place, terms: termsWord(sequence, 5n), key: keyOf(77n), listing: 9n };
  const old = randomOpening(random, assets, 60);
  return makeTransition(old, {}, terms, { salt: old.salt + 1n, scalar: () => scalarOf(random.bits(246)) });
}

describe("what liquidators read of a house", () => {
  const account = `0x${"ab".repeat(32)}`;
  const frozenChain = (assets = 16) => {
    const chain = new HouseChain();
    const [first, last] = [transition(account, assets, 1n, 1), transition(account, assets, 2n, 2)];
    chain.emit("BookChanged", [account, 1n, first.bound.hash, first.words], 10);
    chain.emit("BookChanged", [account, 2n, last.bound.hash, last.words], 20);
    chain.emit("BookRenewed", [account, 3n], 25);
    chain.emit("AccountFrozen", [account, 3n, 0n], 30);
    chain.stages.set(account, [
      [5, OPEN],
      [30, FROZEN],
    ]);
    return { chain, last };
  };

  // shows: A129
  it("is the last sealed book of a frozen account, under the sequence that froze it, as its transition has bound it", async () => {
    for (const assets of [16, 32]) {
      const { chain, last } = frozenChain(assets);
      const reader = chain.reader(12);
      assert.deepEqual(await reader.liquidatorsKey(), keyOf(77n));
      const [found] = await reader.frozenAccounts();
      assert.deepEqual(found, {
        ...{ chainId: CHAIN, house: HOUSE, account, sequence: 3n, listing: 9n },
        commitment: last.commitment,
        sealed: { ephemeral: last.sealed.ephemeral, cipher: [...last.sealed.cipher] },
      });
      assert.equal(assetsOf(last.sealed), assets);
    }
  });

  // shows: A129
  it("is nothing until the freeze is deep enough, nothing if it is taken back, and nothing after the reveal", async () => {
    const { chain } = frozenChain();
    const reader = chain.reader(12);
    for (const [head, count] of [
      [29, 0],
      [30, 0],
      [41, 0],
      [42, 1],
    ] as const) {
      chain.head = head;
      assert.equal((await reader.frozenAccounts()).length, count, `block ${head}`);
      assert.equal(await reader.isFrozen(account), count === 1);
    }
    // Deep enough, and yet no longer frozen at the newest block.
    chain.stages.get(account)?.push([43, REVEALED]);
    chain.head = 43;
    assert.equal((await reader.frozenAccounts()).length, 0);
    assert.equal(await reader.isFrozen(account), false);
    // A freeze that a re-organisation takes back before it is deep is never seen.
    const taken = frozenChain().chain;
    const other = taken.reader(12);
    taken.head = 35;
    assert.equal((await other.frozenAccounts()).length, 0);
    taken.logs = taken.logs.filter(({ blockNumber }) => blockNumber < 30);
    taken.stages.set(account, [[5, OPEN]]);
    taken.head = 90;
    assert.equal((await other.frozenAccounts()).length, 0);
  });

  // shows: A129
  it("is refused where the words are of another place or statement, or cut, or there is no book", async () => {
    const [own, strange] = [transition(account, 16, 1n, 3), transition(`0x${"cd".repeat(32)}`, 16, 1n, 4)];
    for (const words of [
      strange.words,
      own.words.with(0, 1n),
      own.words.slice(1),
      own.words.slice(0, -1),
      [],
    ]) {
      const chain = new HouseChain();
      chain.emit("BookChanged", [account, 1n, 1n, words], 10);
      chain.emit("AccountFrozen", [account, 1n, 0n], 11);
      chain.stages.set(account, [[11, FROZEN]]);
      await assert.rejects(chain.reader(0).frozenAccounts(), DeploymentMismatchError);
    }
    const empty = new HouseChain();
    empty.emit("AccountFrozen", [account, 1n, 0n], 11);
    empty.stages.set(account, [[11, FROZEN]]);
    await assert.rejects(empty.reader(0).frozenAccounts(), DeploymentMismatchError);
    await assert.rejects(empty.reader(0).sealedAccount(account), DeploymentMismatchError);
  });
});
