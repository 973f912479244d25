import { DeploymentMismatchError } from "../errors.js";
import { contractAt, interfaceOf } from "./binding.js";
import type { Connection } from "./connection.js";
import type { ContractLogRequest } from "./contractLog.js";
import type { OpenDeployment } from "./deployment.js";
import { accessManager } from "./generated/AccessManager.js";
import { type DefaultFund, defaultFund } from "./generated/DefaultFund.js";
import { calling } from "./transactions/revert.js";
import type { Transactions } from "./transactions/transactions.js";
import { approve, type Done, tokenInfo } from "./vault.js";

/** The default fund of a clearing house, at its address. Sends no request to the chain. */
export function openDefaultFund({ provider }: Pick<Connection, "provider">, address: string): DefaultFund {
  return contractAt(defaultFund, address, provider);
}

/**
 * What a log of a fund has, for `readContracts`: all its events, its terms, and what it answers at the last block.
 * @param block that it was created in, or an earlier one
 * @throws DeploymentMismatchError if nothing is at the address
 *
 * @example
 * ```ts
 * import { readContracts } from "zkmargin/chain";
 * import { fundLogRequest } from "zkmargin/clearing";
 *
 * const { address, block } = clearing.contracts.defaultFund;
 * const { connection } = houseOpen;
 * const whole = await readContracts(connection, await fundLogRequest(connection, address, block));
 * console.log(whole.head.of); // default-fund
 * ```
 */
export async function fundLogRequest(
  connection: Connection,
  address: string,
  block: number,
): Promise<ContractLogRequest> {
  const fund = openDefaultFund(connection, address);
  if ((await connection.provider.getCode(address)) === "0x")
    throw new DeploymentMismatchError(`fund: expected a default fund at ${address}, got no contract`);
  return {
    of: "default-fund",
    contracts: [{ role: "fund", binding: defaultFund, address, block }],
    facts: (at) =>
      calling("the fund's terms", async () => {
        const terms = await fund.terms(at);
        const settlement = await fund.settlement(at);
        const { decimals, symbol } = await tokenInfo({ connection }, settlement);
        const names = interfaceOf(defaultFund).getFunction("terms")?.outputs[0]?.components ?? [];
        return {
          ...Object.fromEntries(
            names.map(({ name }) => [`fund.${name}`, `${terms[name as keyof typeof terms]}`]),
          ),
          "fund.decimals": `${decimals}`,
          "fund.symbol": symbol,
          "fund.settlement": settlement,
          "fund.house": await fund.house(at),
          "fund.houseDefaults": await fund.houseDefaults(at),
          "fund.stressGate": await fund.stressGate(at),
          "fund.authority": await fund.authority(at),
        };
      }),
    answers: (log, at) =>
      calling("the fund's answers", async () => {
        const abi = interfaceOf(defaultFund);
        const named = log.flatMap(({ events }) =>
          events.flatMap((event) => {
            const fields: Record<string, unknown> = abi.parseLog(event)?.args.toObject() ?? {};
            return [fields.owner, fields.member].filter((who): who is string => typeof who === "string");
          }),
        );
        const cover = await fund.cover(at);
        const { open, noted } = await fund.defaults(at);
        const answers: Record<string, string> = {
          "fund.contributions()": `${await fund.contributions(at)}`,
          "fund.capital()": `${await fund.capital(at)}`,
          "fund.defaults()": [open, noted].join(),
          "fund.cover()": [cover.caps, cover.first, cover.second, cover.required, cover.held].join(),
          "fund.members()": [...(await fund.members(at))].join(),
        };
        for (const who of new Set(named)) {
          const { group, defaults, caps, contribution, owed } = await fund.memberOf(who, at);
          answers[`fund.memberOf(${who})`] = [group, defaults, caps, contribution, owed].join();
        }
        return answers;
      }),
  };
}

/**
 * A member's dealings with a default fund. Amounts are smallest units of the settlement token.
 *
 * @example
 * ```ts
 * import { FundMembership, openHouse } from "zkmargin/clearing";
 *
 * const { fund } = await openHouse(houseOpen, clearing);
 * await new FundMembership(houseOpen, houseTransactions, String(fund.target)).addCapital(10n ** 18n);
 * console.log((await fund.capital()) > 0n); // true
 * ```
 */
export class FundMembership {
  readonly #open: Pick<OpenDeployment, "connection">;
  readonly #transactions: Transactions;
  readonly #address: string;

  constructor(open: Pick<OpenDeployment, "connection">, transactions: Transactions, address: string) {
    this.#open = open;
    this.#transactions = transactions;
    this.#address = address;
  }

  /** Adds to the sender's contribution. */
  contribute(amount: bigint): Done {
    return this.#send("contribute", [amount], amount);
  }

  /** Adds to the house's own capital, which anybody may do. */
  addCapital(amount: bigint): Done {
    return this.#send("addCapital", [amount], amount);
  }

  /** Asks for a part of the contribution, in place of an earlier request; 0 cancels. */
  request(amount: bigint): Done {
    return this.#send("requestContribution", [amount]);
  }

  /** Pays out what was asked for, within its window. */
  withdraw(to = this.#transactions.sender): Done {
    return this.#send("withdrawContribution", [to]);
  }

  /** Pays an assessment of the sender's: all that it owes for a default, or at most an amount. */
  async payAssessment(number: bigint, amount?: bigint): Done {
    const { sender } = this.#transactions;
    const fund = openDefaultFund(this.#open.connection, this.#address);
    const owed = await calling("the assessment", () => fund.owedOf(number, sender));
    const most = amount === undefined || amount > owed ? owed : amount;
    return this.#send("payAssessment", [number, sender, most], most);
  }

  async #send(name: string, args: readonly (string | bigint)[], pays?: bigint): Done {
    const data = interfaceOf(defaultFund).encodeFunctionData(name, args);
    const { key, underWay } = await this.#transactions.occasion(
      `fund ${name} ${this.#address} ${args.join(" ")}`,
    );
    if (pays !== undefined && !underWay) {
      const fund = openDefaultFund(this.#open.connection, this.#address);
      const token = await calling("the settlement token", () => fund.settlement());
      await approve(this.#open, this.#transactions, token, this.#address, pays);
    }
    return this.#transactions.send({ key, to: this.#address, data });
  }
}

/**
 * Who is in which group of a default fund: a duty of the deployment's administrators, which the access manager delays. All throw what
 * Transactions.send throws.
 *
 * @example
 * ```ts
 * import { FundGroups, openHouse } from "zkmargin/clearing";
 *
 * const opened = await openHouse(houseOpen, clearing);
 * const groups = new FundGroups(opened.open, houseGovernor, String(opened.fund.target));
 * await groups.schedule(houseMember.address, 1);
 * console.log((await groups.due(houseMember.address, 1)) > 0n); // true
 * ```
 */
export class FundGroups {
  readonly #open: OpenDeployment;
  readonly #transactions: Transactions;
  readonly #address: string;

  constructor(open: OpenDeployment, transactions: Transactions, address: string) {
    this.#open = open;
    this.#transactions = transactions;
    this.#address = address;
  }

  /** Schedules that an owner joins a group, or with group 0 leaves the fund; see {@link due}. */
  schedule(owner: string, group: number): Done {
    return this.#send("schedule", [this.#address, groupCall(owner, group), 0n], owner, group);
  }

  /** Unix seconds from which on {@link set} does what the sender has scheduled; 0 if it has not, or too long ago. */
  due(owner: string, group: number): Promise<bigint> {
    const { accessManager: manager } = this.#open.contracts;
    const data = groupCall(owner, group);
    return calling("the schedule", async () =>
      manager.getSchedule(await manager.hashOperation(this.#transactions.sender, this.#address, data)),
    );
  }

  /** Does what was scheduled, once its delay is over. */
  set(owner: string, group: number): Done {
    return this.#send("execute", [this.#address, groupCall(owner, group)], owner, group);
  }

  async #send(name: "schedule" | "execute", args: readonly unknown[], owner: string, group: number): Done {
    const { key } = await this.#transactions.occasion(`fund ${name} ${this.#address} ${owner} ${group}`);
    const data = interfaceOf(accessManager).encodeFunctionData(name, [...args]);
    return this.#transactions.send({ key, to: this.#open.addresses.accessManager, data });
  }
}

function groupCall(owner: string, group: number): string {
  return interfaceOf(defaultFund).encodeFunctionData("setGroup", [owner, BigInt(group)]);
}
