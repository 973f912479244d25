import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileSources } from "./solc.js";

/** One entry of a contract's ABI, as solc writes it. */
export interface AbiItem {
  readonly type: string;
  readonly name?: string;
  readonly stateMutability?: string;
  readonly anonymous?: boolean;
  readonly inputs?: readonly AbiParameter[];
  readonly outputs?: readonly AbiParameter[];
}

export interface AbiParameter {
  readonly name: string;
  readonly type: string;
  readonly internalType?: string;
  readonly indexed?: boolean;
  readonly components?: readonly AbiParameter[];
}

/** A compiled contract that can be deployed. */
export interface Compiled {
  readonly name: string;
  readonly source: string;
  readonly abi: readonly AbiItem[];
  /** Creation code, 0x-prefixed hex. */
  readonly bytecode: string;
  /** Runtime code, 0x-prefixed hex, with zeros where immutables go. */
  readonly runtime: string;
  /** Byte ranges of the runtime code that the constructor fills in. */
  readonly immutables: readonly { readonly start: number; readonly length: number }[];
}

/** Members of each enum, by its name. */
export type Enums = ReadonlyMap<string, readonly string[]>;

interface Output {
  readonly sources: Record<string, { readonly ast: AstNode }>;
  readonly contracts: Record<string, Record<string, OutputContract>>;
}

interface OutputContract {
  readonly abi: readonly AbiItem[];
  readonly evm: {
    readonly bytecode: { readonly object: string; readonly linkReferences: object };
    readonly deployedBytecode: {
      readonly object: string;
      readonly immutableReferences?: Record<string, { readonly start: number; readonly length: number }[]>;
    };
  };
}

interface AstNode {
  readonly nodeType: string;
  readonly name?: string;
  readonly nodes?: readonly AstNode[];
  readonly members?: readonly { readonly name: string }[];
}

/** Sources that are compiled with ours: what a deployment needs of others, and the mocks of local chains. */
const EXTERNAL = [
  "@openzeppelin/contracts/access/manager/AccessManager.sol",
  "@openzeppelin/contracts/governance/TimelockController.sol",
  "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol",
  "@chainlink/contracts/src/v0.8/vendor/openzeppelin-solidity/v4.8.3/contracts/mocks/ERC20Mock.sol",
];
const OWN_FOLDERS = [
  "contracts",
  "contracts/clearing",
  "contracts/credit",
  "contracts/feeds",
  "contracts/governance",
  "contracts/liquidation",
  "contracts/remote",
];
const OWN_FILES = ["contracts/lib/SignalTable.sol"];

/**
 * Compiles every contract that is deployed, with the settings of foundry.toml.
 * @throws Error with solc's messages
 */
export function compileContracts(root: string): { contracts: Compiled[]; enums: Enums } {
  const own = [...OWN_FOLDERS.flatMap((folder) => sourcesIn(root, folder)), ...OWN_FILES].sort();
  const external = EXTERNAL.map((path) => join("node_modules", path));
  const read = (path: string) => [path, readFileSync(join(root, path), "utf8")] as const;
  const output = compileSources<Output>(root, Object.fromEntries([...own, ...external].map(read)), {
    "*": { "*": ["abi", "evm.bytecode", "evm.deployedBytecode"], "": ["ast"] },
  });
  const compiled = [...own, ...external].flatMap((source) =>
    Object.entries(output.contracts[source] ?? {}).map(([name, contract]) =>
      artefact(name, source, contract),
    ),
  );
  return {
    contracts: compiled.filter(({ bytecode }) => bytecode !== "0x").filter(isDeployed),
    enums: enumsOf(output),
  };
}

function sourcesIn(root: string, folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".sol"))
    .map((file) => `${folder}/${file}`);
}

/** An internal library has code, but nothing to call: it is part of its users. */
function isDeployed({ abi }: Compiled): boolean {
  return abi.some(({ type }) => type === "constructor" || type === "function");
}

function artefact(name: string, source: string, { abi, evm }: OutputContract): Compiled {
  if (Object.keys(evm.bytecode.linkReferences).length > 0)
    throw new Error(`${name}: expected internal libraries only, got one that must be linked`);
  return {
    name,
    source,
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    runtime: `0x${evm.deployedBytecode.object}`,
    immutables: Object.values(evm.deployedBytecode.immutableReferences ?? {})
      .flat()
      .sort((a, b) => a.start - b.start),
  };
}

function enumsOf(output: Output): Enums {
  const enums = new Map<string, readonly string[]>();
  const visit = (node: AstNode) => {
    if (node.nodeType === "EnumDefinition" && node.name !== undefined)
      enums.set(node.name, node.members?.map(({ name }) => name) ?? []);
    node.nodes?.forEach(visit);
  };
  for (const [path, { ast }] of Object.entries(output.sources)) if (path.startsWith("contracts/")) visit(ast);
  return enums;
}
