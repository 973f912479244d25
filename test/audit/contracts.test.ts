import assert from "node:assert/strict";
import { Interface } from "ethers";
import { type ContractAudit, compareAnswers, replayContracts } from "../../src/audit/contracts/replay.js";
import type { FindingCode } from "../../src/audit/findings.js";
import {
  type ContractLog,
  contractLogDigest,
  type LoggedTransaction,
  parseContractLog,
  serialiseContractLog,
} from "../../src/chain/contractLog.js";
import { FormatError, MalformedError } from "../../src/errors.js";

/** A contract that counts, to replay without a chain. */
const COUNTER = {
  name: "Counter",
  abi: ["event Counted(address indexed by, uint256 amount)", "event Cleared()"],
  bytecode: "0x",
  runtime: { hash: "0x", immutables: [] },
};
const ABI = new Interface(COUNTER.abi);
const BY = `0x${"ab".repeat(20)}`;
const HASH = `0x${"cd".repeat(32)}`;

interface State {
  sum: bigint;
  readonly most: bigint;
}

const AUDIT: ContractAudit<State> = {
  of: "counter",
  bindings: { counter: COUNTER },
  handlers: {
    counter: {
      Counted(state: State, { amount }: { readonly amount: bigint }, { report }) {
        state.sum += amount;
        if (state.sum > state.most) report("event-impossible", {}, `at most ${state.most}`, `${state.sum}`);
      },
      Cleared(state: State) {
        state.sum = 0n;
      },
    },
  },
  begin: ({ facts }) => ({ sum: 0n, most: BigInt(facts["counter.most"] ?? "0") }),
  end: ({ sum }, answers, report) => compareAnswers(answers, { "counter.sum()": `${sum}` }, report),
  coverage: () => ({}),
};

function transaction(
  block: number,
  ...events: readonly (readonly [string, ...unknown[]])[]
): LoggedTransaction {
  return {
    ...{ block, time: block * 12, tx: 0, hash: HASH, from: BY, to: BY, data: "0x" },
    events: events.map(([name, ...args], index) => {
      const { topics, data } = ABI.encodeEventLog(name, args);
      return { index, role: "counter", topics: topics.filter((topic) => typeof topic === "string"), data };
    }),
  };
}

function logOf(transactions: readonly LoggedTransaction[], sum: string): ContractLog {
  const head = {
    of: "counter",
    chainId: 31_337n,
    contracts: [{ role: "counter", address: BY, block: 1 }],
    facts: { "counter.most": "10" },
  };
  const digest = contractLogDigest({ head, transactions });
  return { head, transactions, end: { end: 9, answers: { "counter.sum()": sum }, digest } };
}

const LOG = logOf(
  [
    transaction(2, ["Counted", BY, 3n], ["Counted", BY, 4n]),
    transaction(3, ["Cleared"]),
    transaction(5, ["Counted", BY, 9n]),
  ],
  "9",
);

describe("the replay of contracts beside a deployment's own", () => {
  const codes = (log: ContractLog): FindingCode[] =>
    replayContracts(log, AUDIT).findings.listed.map(({ code }) => code);

  it("finds nothing in a sound log, written and read", () => {
    const read = parseContractLog(serialiseContractLog(LOG), "counter");
    assert.deepEqual(read, LOG);
    const { transactions, events, findings } = replayContracts(read, AUDIT);
    assert.deepEqual([transactions, events, findings.total], [3, 4, 0]);
  });

  it("finds each tampering", () => {
    const [first, second, third] = LOG.transactions;
    assert.ok(first && second && third);
    assert.deepEqual(codes({ ...LOG, transactions: [first, third] }), [
      "log-altered",
      "event-impossible",
      "record-mismatch",
    ]);
    assert.deepEqual(codes(logOf([first, third, second], "0")), ["event-impossible", "event-order"]);
    assert.deepEqual(codes(logOf([first, second, third], "8")), ["record-mismatch"]);
    const foreign = { ...first, events: first.events.map((event) => ({ ...event, topics: [HASH] })) };
    assert.deepEqual(codes(logOf([foreign, second, third], "9")), ["event-impossible", "event-impossible"]);
    const backwards = { ...first, events: first.events.toReversed() };
    assert.deepEqual(codes(logOf([backwards, second, third], "9")), ["event-order"]);
  });

  it("reads no log that is cut short, or of other contracts", () => {
    const text = serialiseContractLog(LOG);
    assert.throws(() => parseContractLog(text.slice(0, -1), "counter"), MalformedError);
    assert.throws(() =>
      parseContractLog(text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1), "counter"),
    );
    assert.throws(() => parseContractLog(text, "credit"), FormatError);
  });
});
