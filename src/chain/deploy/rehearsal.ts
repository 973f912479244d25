import { getCreateAddress, isError, type TransactionReceipt } from "ethers";
import { InsufficientFundsError, PlanMismatchError } from "../../errors.js";
import type { Connection } from "../connection.js";
import { describeRevert } from "../transactions/revert.js";
import type { Submission } from "../transactions/submission.js";
import type { Transactions } from "../transactions/transactions.js";

/** What a deployment needs of its sender. */
export interface DeploySender {
  readonly sender: string;
  send(
    submission: Submission,
  ): Promise<Pick<TransactionReceipt, "contractAddress" | "gasUsed" | "blockNumber"> | null>;
}

/** What a deployment will take. */
export interface DeployEstimate {
  /** Transactions that are still to be sent. */
  readonly transactions: number;
  readonly gas: bigint;
  /** Whether the node tried every transaction; otherwise `gas` is the least that they can take. */
  readonly tried: boolean;
  /** Wei per gas now. */
  readonly gasPrice: bigint;
  /** What the deployer has, wei. */
  readonly balance: bigint;
}

/**
 * Where contracts are created in the rehearsal: an address that nobody has, whose code creates what it is called with and
 * returns its address, or what the constructor refused with. Not every node tries a creation itself.
 */
const FACTORY = "0x00000000000000000000000000000000005a4b4d";
const FACTORY_CODE = "0x3660006000373660006000f0801560195760005260206000f35b3d600060003e3d6000fd";

/** What a refusal of each contract's constructor is about, in the plan. */
const FIELDS: readonly (readonly [step: RegExp, field: string])[] = [
  [/^feed (.+)$/, "plan.feeds.$1"],
  [/^funding$/, "plan.funding"],
  [/^sequencer$/, "plan.sequencer"],
  [/^riskProfile$/, "plan.profile"],
  [/^marketLedger$/, "plan.timing"],
  [/^bookRegistry$/, "plan.rotationDelay"],
  [/^marginGate$/, "plan.terms"],
  [/^(\S+) riskProfile$/, "plan.derived.$1.profile"],
  [/^(\S+) derivedLedger$/, "plan.derived.$1"],
  [/^(\S+) marginGate$/, "plan.derived.$1.terms"],
  [/^creditRegistry$/, "plan.credit"],
  [/^marginVault$/, "plan.vault"],
  [/^remote (\S+) \w+$/, "plan.vault.remote.$1"],
  [/^list .*$/, "plan.vault.collateral"],
  [/^(?:dao .*|voteToken|timelock|governor)$/, "plan.dao"],
  [/^handover .*$/, "plan.governance"],
];

interface Step {
  readonly key: string;
  readonly to: string | null;
  readonly data: string;
}

/**
 * Collects the transactions of a deployment without signing any, and has the node simulate them in sequence. It skips
 * those that the journal has as done.
 */
export class Rehearsal implements DeploySender {
  readonly #connection: Connection;
  readonly #transactions: Transactions;
  readonly #steps: Step[] = [];
  #created = 0;

  constructor(connection: Connection, transactions: Transactions) {
    this.#connection = connection;
    this.#transactions = transactions;
  }

  get sender(): string {
    return this.#transactions.sender;
  }

  async send({ key, to, data }: Submission) {
    const done = await this.#transactions.receiptFor(key);
    if (done !== null) return done;
    this.#steps.push({ key, to, data });
    const contractAddress = to === null ? getCreateAddress({ from: FACTORY, nonce: this.#created++ }) : null;
    return { contractAddress, gasUsed: 0n, blockNumber: 0 };
  }

  /**
   * What the transactions so far will cost.
   * @throws PlanMismatchError naming the plan's field, for a transaction that a contract refuses
   * @throws InsufficientFundsError if the deployer has less than that
   */
  async estimate(): Promise<DeployEstimate> {
    const { provider } = this.#connection;
    const tried = await this.#tryAll();
    const gas = tried ?? this.#steps.reduce((sum, step) => sum + leastGas(step), 0n);
    const { gasPrice, maxFeePerGas } = await provider.getFeeData();
    const price = gasPrice ?? maxFeePerGas ?? 0n;
    const balance = await provider.getBalance(this.sender);
    if (balance < gas * price)
      throw new InsufficientFundsError(
        `deploy: expected a deployer with at least ${gas * price} wei (${gas} gas at ${price} wei), got ${balance} wei; fund ${this.sender}`,
      );
    return { transactions: this.#steps.length, gas, tried: tried !== null, gasPrice: price, balance };
  }

  /** The gas of all steps, or null where the node cannot try them. */
  async #tryAll(): Promise<bigint | null> {
    const from = this.sender;
    const calls = this.#steps.map(({ to, data }) => ({ from, to: to ?? FACTORY, input: data }));
    const stateOverrides = { [FACTORY]: { code: FACTORY_CODE } };
    const request = { blockStateCalls: [{ stateOverrides, calls }], validation: false };
    let blocks: readonly { readonly calls: readonly Tried[] }[];
    try {
      blocks = await this.#connection.provider.send("eth_simulateV1", [request, "latest"]);
    } catch (error) {
      // Older nodes, and some providers, do not know the method.
      if (isUnknownMethod(error)) return null;
      throw error;
    }
    const results = blocks[0]?.calls ?? [];
    let gas = 0n;
    for (const [i, step] of this.#steps.entries()) {
      const result = results[i];
      if (result === undefined) return null;
      if (BigInt(result.status) !== 1n) throw refusalOf(step, result);
      gas += BigInt(result.gasUsed);
    }
    return gas;
  }
}

interface Tried {
  readonly status: string;
  readonly gasUsed: string;
  readonly returnData: string;
  readonly error?: { readonly data?: string; readonly message?: string };
}

function refusalOf({ key }: Step, { returnData, error }: Tried): PlanMismatchError {
  const step = key.replace(/^deploy /, "").replace(/ [0-9a-f]{16}$/, "");
  const [pattern, field] = FIELDS.find(([name]) => name.test(step)) ?? [/^.*$/, "plan"];
  const data = returnData !== "0x" ? returnData : (error?.data ?? "0x");
  const known = describeRevert(data);
  const said = known?.text ?? (data === "0x" ? "without a reason" : `with data ${data.slice(0, 10)}`);
  const named = /^(?:Credit)?TermOutOfRange\((\w+),/.exec(said)?.[1];
  return new PlanMismatchError(
    step.replace(pattern, field) + (named === undefined ? (OF_FIELD[known?.name ?? ""] ?? "") : `.${named}`),
    "what the contract takes",
    `a refusal: ${said}`,
  );
}

/** Which field it is that an error is about. */
const OF_FIELD: Readonly<Record<string, string>> = {
  GraceTooShort: ".gracePeriod",
  CallMarginTooLow: ".callMargin",
};

function isUnknownMethod(error: unknown): boolean {
  const said = JSON.stringify(
    isError(error, "UNKNOWN_ERROR") || isError(error, "UNSUPPORTED_OPERATION") ? error : {},
  );
  const text = `${said} ${error instanceof Error ? error.message : ""}`;
  return /-32601|-32600|-32602|method.{0,40}(not|unsupported|unavailable)|not (found|supported|available)|unsupported/i.test(
    text,
  );
}

/** What a transaction takes at least: its data, and for each byte of code that it leaves 200 gas. */
function leastGas({ to, data }: Step): bigint {
  const bytes = BigInt(data.length / 2 - 1);
  return 21_000n + 16n * bytes + (to === null ? 32_000n + 200n * bytes : 0n);
}
