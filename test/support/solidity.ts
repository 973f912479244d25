import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Interface, type InterfaceAbi, type Wallet } from "ethers";
import { memoryJournal } from "../../src/chain/journal.js";
import type { Connection } from "../../src/chain/provider.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<
    string,
    Record<
      string,
      { readonly abi: InterfaceAbi; readonly evm: { readonly bytecode: { readonly object: string } } }
    >
  >;
}
type Solc = { compile(input: string, callbacks: { import(path: string): object }): string };

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A contract that is there for tests only. */
export interface TestContract {
  readonly abi: Interface;
  readonly bytecode: string;
}

/** Compiles one contract of the tests or of a package, which bears its file's name. */
export function compileSolidity(path: string): TestContract {
  const solc: Solc = createRequire(import.meta.url)("solc");
  const input = {
    language: "Solidity",
    sources: { [path]: { content: readSource(path) } },
    settings: {
      optimizer: { enabled: true, runs: 1 },
      evmVersion: "cancun",
      outputSelection: { [path]: { "*": ["abi", "evm.bytecode.object"] } },
    },
  };
  const readImport = (name: string) => ({ contents: readSource(name) });
  const output: Output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }));
  const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  const [name = ""] = path.split("/").at(-1)?.split(".") ?? [];
  const contract = output.contracts[path]?.[name];
  if (contract === undefined) throw new Error(`${path}: expected a contract ${name}, got none`);
  return { abi: new Interface(contract.abi), bytecode: `0x${contract.evm.bytecode.object}` };
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
