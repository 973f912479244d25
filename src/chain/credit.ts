import { MaxUint256, type TransactionReceipt, ZeroAddress } from "ethers";
import * as z from "zod/mini";
import { address } from "../encoding/address.js";
import { parseDecimal } from "../encoding/decimal.js";
import { document, integer, shaped } from "../encoding/shape.js";
import { parseStrictJson } from "../encoding/strictJson.js";
import { DeploymentMismatchError, NodeUnreachableError } from "../errors.js";
import { contractAt, eventsOf, interfaceOf } from "./binding.js";
import { type OpenDeployment, openCredit } from "./deployment.js";
import { type CreditLine, creditLine } from "./generated/CreditLine.js";
import { type CreditRegistry, creditRegistry, type LineTerms as Terms } from "./generated/CreditRegistry.js";
import { calling } from "./transactions/revert.js";
import type { Transactions } from "./transactions/transactions.js";
import { approve, type Done, type TokenInfo, tokenInfo } from "./vault.js";

/** What a line goes by: see LineTerms in contracts/types/Credit.sol. Rates are basis points a year, the limit smallest units. */
export type LineTerms = Terms;

const FORMAT = "zkmargin/credit-terms@1";
const YEAR = 365 * 86_400;
const bps = integer(0, 10_000);
const seconds = integer(0, YEAR);

const termsSchema = document(FORMAT, {
  attester: address,
  steward: z.exactOptional(address),
  /** Whole tokens, a decimal. */
  limit: z.string(),
  baseRate: bps,
  kinkRate: bps,
  fullRate: bps,
  kink: bps,
  penaltyRate: bps,
  reserveRatio: bps,
  impairment: bps,
  batchPeriod: seconds,
  gracePeriod: seconds,
  noticePeriod: seconds,
  impairPeriod: seconds,
  curePeriod: seconds,
});

/**
 * Parses the terms of a credit line, `zkmargin/credit-terms@1`: rates and shares in basis points, times in seconds, the limit a
 * decimal of the settlement token. The registry checks their bounds.
 * @param decimals of the settlement token
 * @throws InputError naming the field
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { parseLineTerms } from "zkmargin/chain";
 *
 * const text = readFileSync("examples/credit-terms.json", "utf8");
 * console.log(parseLineTerms(text, 6).limit); // 1000000000000n
 * ```
 */
export function parseLineTerms(text: string, decimals: number, path = "terms"): LineTerms {
  const { attester, steward, limit, ...numbers } = shaped(termsSchema, parseStrictJson(text, path), { path });
  const counted = Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [name, BigInt(value)]),
  ) as Omit<LineTerms, "attester" | "steward" | "limit">;
  return {
    attester,
    steward: steward ?? ZeroAddress,
    limit: parseDecimal(limit, decimals, `${path}.limit`),
    ...counted,
  };
}

/** A batch of withdrawals, and a lender's part in it. Amounts are smallest units. */
export interface LineBatch {
  readonly batch: number;
  /** Unix seconds. */
  readonly closesAt: bigint;
  readonly shares: bigint;
  /** Shares that are still to be paid. */
  readonly left: bigint;
  readonly paid: bigint;
  /** Shares that the lender requested. */
  readonly mine: bigint;
  readonly claimed: bigint;
}

/** A line at one block. Amounts are smallest units of the settlement token; rates basis points a year. */
export interface LineStatus {
  readonly line: string;
  readonly account: string;
  readonly block: number;
  readonly settlement: TokenInfo;
  readonly open: boolean;
  readonly terms: LineTerms;
  readonly debt: bigint;
  readonly cash: bigint;
  /** Paid to batches and not claimed. */
  readonly reserved: bigint;
  /** Shares that wait to be withdrawn. */
  readonly waiting: bigint;
  /** Cash below which the line is short. */
  readonly required: bigint;
  readonly rate: bigint;
  readonly lateSeconds: bigint;
  /** Unix seconds; 0 without one. */
  readonly noticeAt: bigint;
  readonly calledAt: bigint;
  readonly noticeBySteward: boolean;
  readonly short: boolean;
  readonly impaired: boolean;
  readonly defaulted: boolean;
  /** What the account can draw if its covenant holds after it. */
  readonly drawable: bigint;
  readonly totalAssets: bigint;
  readonly totalShares: bigint;
  /** Whether the covenant over all lines of the account holds. */
  readonly covenantHolds: boolean;
  /** What a claim must take to keep it, cents. */
  readonly owedCents: bigint;
  /** Of the lender who was asked for; absent without one. */
  readonly lender?: {
    readonly shares: bigint;
    /** What the shares are worth now, smallest units. */
    readonly worth: bigint;
    /** In which the lender has a request. */
    readonly batches: readonly LineBatch[];
  };
}

/**
 * The credit lines of an account that are open, or all that were ever opened.
 * @throws DeploymentMismatchError if the deployment has no registry of credit lines, NodeUnreachableError
 *
 * @example
 * ```ts
 * import { creditLines } from "zkmargin/chain";
 *
 * console.log((await creditLines(creditOpen, account)).length); // 1
 * ```
 */
export function creditLines(open: OpenDeployment, account?: string): Promise<string[]> {
  const registry = openCredit(open);
  return calling("credit lines", async () => {
    if (account !== undefined) return [...(await registry.linesOf(account))];
    const lines: string[] = [];
    for (let i = 0n, count = await registry.lineCount(); i < count; i++) lines.push(await registry.lineAt(i));
    return lines;
  });
}

/**
 * What a line has come to, all of one block.
 * @param lender whose shares and requests are read as well
 * @throws DeploymentMismatchError if the deployment has no such line, NodeUnreachableError
 *
 * @example
 * ```ts
 * import { lineStatus } from "zkmargin/chain";
 *
 * const { debt, covenantHolds } = await lineStatus(creditOpen, line);
 * console.log(debt, covenantHolds); // 0n true
 * ```
 */
export async function lineStatus(open: OpenDeployment, line: string, lender?: string): Promise<LineStatus> {
  const registry = openCredit(open);
  const { provider } = open.connection;
  const contract = contractAt(creditLine, line, provider);
  await requireLine(registry, line, provider);
  return calling(`credit line ${line}`, async () => {
    const block = (await provider.getBlock("latest"))?.number;
    if (block === undefined)
      throw new NodeUnreachableError("credit line: expected the newest block, got none");
    const at = { blockTag: block };
    const account = await contract.account(at);
    const [state, terms, drawable, totalAssets, totalShares, isOpen, covenantHolds, owedCents, token] =
      await Promise.all([
        contract.state(at),
        contract.terms(at),
        contract.drawable(at),
        contract.totalAssets(at),
        contract.totalSupply(at),
        registry.isOpen(line, at),
        registry.covenantHolds(account, at),
        registry.owedCents(account, at),
        registry.settlement(at),
      ]);
    return {
      line,
      account,
      block,
      settlement: await tokenInfo(open, token),
      open: isOpen,
      terms: plainTerms(terms),
      debt: state.debt,
      cash: state.cash,
      reserved: state.reserved,
      waiting: state.waiting,
      required: state.required,
      rate: state.rate,
      lateSeconds: state.lateSeconds,
      noticeAt: state.noticeAt,
      calledAt: state.calledAt,
      noticeBySteward: state.noticeBySteward,
      short: state.short,
      impaired: state.impaired,
      defaulted: state.defaulted,
      drawable,
      totalAssets,
      totalShares,
      covenantHolds,
      owedCents,
      ...(lender === undefined ? {} : { lender: await lenderStatus(contract, lender, at) }),
    };
  });
}

async function lenderStatus(contract: CreditLine, lender: string, at: { readonly blockTag: number }) {
  const shares = await contract.balanceOf(lender, at);
  const batches: LineBatch[] = [];
  const count = Number(await contract.batchCount(at));
  for (let batch = 0; batch < count; batch++) {
    const request = await contract.requestOf(BigInt(batch), lender, at);
    if (request.shares === 0n) continue;
    const { closesAt, shares: all, left, paid } = await contract.batchOf(BigInt(batch), at);
    const { shares: mine, claimed } = request;
    batches.push({ batch, closesAt, shares: all, left, paid, mine, claimed });
  }
  return { shares, worth: await contract.convertToAssets(shares, at), batches };
}

/** A line must be a clone of the registry's code. @throws DeploymentMismatchError */
async function requireLine(
  registry: CreditRegistry,
  line: string,
  provider: OpenDeployment["connection"]["provider"],
): Promise<void> {
  const implementation = await calling("implementation", () => registry.implementation());
  const code = await provider.getCode(line);
  const expected = `0x363d3d373d3d3d363d73${implementation.slice(2).toLowerCase()}5af43d82803e903d91602b57fd5bf3`;
  if (code.toLowerCase() !== expected)
    throw new DeploymentMismatchError(
      `${line}: expected a credit line of this deployment, got another contract or none`,
    );
}

/** ethers' results are lists as well; what is handed out is not. */
export function plainTerms(terms: LineTerms): LineTerms {
  const { attester, steward, limit, baseRate, kinkRate, fullRate, kink, penaltyRate } = terms;
  const { reserveRatio, impairment, batchPeriod, gracePeriod, noticePeriod, impairPeriod, curePeriod } =
    terms;
  const rates = { baseRate, kinkRate, fullRate, kink, penaltyRate, reserveRatio, impairment };
  const periods = { batchPeriod, gracePeriod, noticePeriod, impairPeriod, curePeriod };
  return { attester, steward, limit, ...rates, ...periods };
}

const REGISTRY = interfaceOf(creditRegistry);
const LINE = interfaceOf(creditLine);

/** What anybody may do to a line that is late; see ICreditLine. */
export const LINE_STEPS = {
  touch: "touch",
  notice: "giveNotice",
  "withdraw-notice": "withdrawNotice",
  call: "callDebt",
  impair: "impair",
  default: "declareDefault",
} as const;
/** One of LINE_STEPS. */
export type LineStep = keyof typeof LINE_STEPS;

/**
 * What one sender does with a deployment's credit lines. Amounts are smallest units. The sender approves exactly the amount
 * that a line takes. A call that failed half-way carries on, because the journal has it.
 *
 * All throw what Transactions.send throws: RevertedError naming the contract's error, NodeUnreachableError,
 * TransactionPendingError, InsufficientFundsError.
 *
 * @example
 * ```ts
 * import { Credit } from "zkmargin/chain";
 *
 * const credit = new Credit(creditOpen, transactions);
 * console.log(credit.registry === creditOpen.deployment.creditRegistry?.address); // true
 * ```
 */
export class Credit {
  readonly #open: OpenDeployment;
  readonly #transactions: Transactions;
  readonly #contract: CreditRegistry;
  readonly registry: string;

  /** @throws DeploymentMismatchError if the deployment has no registry of credit lines */
  constructor(open: OpenDeployment, transactions: Transactions) {
    this.#open = open;
    this.#transactions = transactions;
    this.#contract = openCredit(open);
    this.registry = this.#contract.target as string;
  }

  /** Opens a line. Only the account's owner may call it. */
  async openLine(
    account: string,
    terms: LineTerms,
  ): Promise<{ readonly line: string | null; readonly receipt: TransactionReceipt | null }> {
    const what = [account, JSON.stringify(Object.values(terms).map(String))];
    const data = REGISTRY.encodeFunctionData("openLine", [account, terms]);
    const receipt = await this.#send("openLine", this.registry, data, what);
    const [opened] = eventsOf(creditRegistry, "LineOpened", receipt?.logs ?? []);
    return { line: opened?.fields.line ?? null, receipt };
  }

  /** Closes a line that is owed nothing. Only the account's owner may call it. */
  closeLine(line: string): Done {
    const data = REGISTRY.encodeFunctionData("closeLine", [line]);
    return this.#send("closeLine", this.registry, data, [line], {
      isDone: async () => !(await this.#contract.isOpen(line)),
    });
  }

  /** Draws from a line. Only the account's owner may call it. */
  draw(line: string, amount: bigint, to = this.#transactions.sender): Done {
    return this.#onLine("draw", line, [amount, to]);
  }

  /** Repays at most what is owed; all of it if no amount is given. Anybody may call it. */
  async repay(line: string, amount = MaxUint256): Done {
    const owed = await calling("debt", () => this.#line(line).debt());
    // Interest of the next blocks is owed as well: a thousandth covers four hours at the highest rate that a line can have.
    const soon = owed + owed / 1_000n + 1n;
    const pays = { token: await this.settlement(), amount: amount < soon ? amount : soon };
    return this.#onLine("repay", line, [amount], pays);
  }

  /** Lends: deposits, for shares. */
  async lend(line: string, amount: bigint): Done {
    const pays = { token: await this.settlement(), amount };
    return this.#onLine("deposit", line, [amount, this.#transactions.sender], pays);
  }

  /** Requests a withdrawal of shares; of all that the sender has if no number is given. */
  async requestWithdrawal(line: string, shares?: bigint): Done {
    const all =
      shares ?? (await calling("shares", () => this.#line(line).balanceOf(this.#transactions.sender)));
    return this.#onLine("requestWithdrawal", line, [all]);
  }

  /** Pays out a lender's part of a batch. Anybody may call it. */
  claim(line: string, batch: number, lender = this.#transactions.sender): Done {
    return this.#onLine("claim", line, [BigInt(batch), lender]);
  }

  /** One of LINE_STEPS. Anybody may take it when it is due. */
  step(line: string, step: LineStep): Done {
    return this.#onLine(LINE_STEPS[step], line, []);
  }

  /** The token that lines lend. */
  settlement(): Promise<string> {
    return calling("credit settlement", () => this.#contract.settlement());
  }

  #line(line: string): CreditLine {
    return contractAt(creditLine, line, this.#open.connection.provider);
  }

  async #onLine(
    name: string,
    line: string,
    args: readonly (string | bigint)[],
    pays?: { readonly token: string; readonly amount: bigint },
  ): Done {
    await requireLine(this.#contract, line, this.#open.connection.provider);
    const data = LINE.encodeFunctionData(name, args);
    return this.#send(name, line, data, [line, ...args.map(String)], pays === undefined ? {} : { pays });
  }

  async #send(
    name: string,
    to: string,
    data: string,
    unlike: readonly string[],
    options: {
      readonly pays?: { readonly token: string; readonly amount: bigint };
      readonly isDone?: () => Promise<boolean>;
    } = {},
  ): Done {
    const { pays, isDone } = options;
    const { key, underWay } = await this.#transactions.occasion(`credit ${name} ${unlike.join(" ")}`);
    if (pays !== undefined && !underWay)
      await approve(this.#open, this.#transactions, pays.token, to, pays.amount);
    return this.#transactions.send({ key, to, data, ...(isDone && { isDone }) });
  }
}
