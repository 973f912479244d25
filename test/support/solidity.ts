import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Interface, type Wallet } from "ethers";
import { compileSolidity as compileOne } from "../../scripts/contracts/compileOne.js";
import type { Connection } from "../../src/chain/connection.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A contract that is there for tests only. */
export interface TestContract {
  readonly abi: Interface;
  readonly bytecode: string;
}

/** Compiles one contract of the tests or of a package, which bears its file's name. */
export function compileSolidity(path: string): TestContract {
  const { abi, bytecode } = compileOne(root, path, basename(path, ".sol"), readSource(path));
  return { abi: new Interface(abi), bytecode };
}

/** Creates a contract. Returns its address. */
export async function createContract(
  connection: Connection,
  wallet: Wallet,
  { abi, bytecode }: TestContract,
  args: readonly unknown[],
): Promise<string> {
  const transactions = new Transactions(connection, wallet, memoryJournal());
  const data = bytecode + abi.encodeDeploy(args).slice(2);
  const receipt = await transactions.send({ key: "create", to: null, data });
  return receipt?.contractAddress ?? "";
}

function readSource(path: string): string {
  const own = join(root, path);
  return readFileSync(existsSync(own) ? own : join(root, "node_modules", path), "utf8");
}
