import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

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

interface Solc {
  compile(
    input: string,
    callbacks: { import(path: string): { contents: string } | { error: string } },
  ): string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
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
  "@chainlink/contracts/src/v0.8/tests/MockV3Aggregator.sol",
  "@chainlink/contracts/src/v0.8/vendor/openzeppelin-solidity/v4.8.3/contracts/mocks/ERC20Mock.sol",
];
const OWN_FOLDERS = ["contracts", "contracts/feeds"];
const OWN_FILES = ["contracts/lib/SignalTable.sol"];

/**
 * Compiles every contract that is deployed, with the settings of foundry.toml.
 * @throws Error with solc's messages
 */
export function compileContracts(root: string): { contracts: Compiled[]; enums: Enums } {
  const config = foundryConfig(readFileSync(join(root, "foundry.toml"), "utf8"));
  const own = [...OWN_FOLDERS.flatMap((folder) => sourcesIn(root, folder)), ...OWN_FILES].sort();
  const external = EXTERNAL.map((path) => remapped(path, config.remappings));
  const sources = Object.fromEntries(
    [...own, ...external].map((path) => [path, { content: readFileSync(join(root, path), "utf8") }]),
  );
  const input = {
    language: "Solidity",
    sources,
    settings: {
      remappings: config.remappings,
      optimizer: { enabled: config.optimizer, runs: config.runs },
      viaIR: config.viaIr,
      evmVersion: config.evmVersion,
      // No hash of the sources in the code: the same code whatever else is compiled beside it.
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: {
        "*": { "*": ["abi", "evm.bytecode", "evm.deployedBytecode"], "": ["ast"] },
      },
    },
  };
  const solc: Solc = createRequire(import.meta.url)("solc");
  const readImport = (path: string) => {
    const file = join(root, path);
    return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `${path} is not there` };
  };
  const output: Output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport }));
  const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
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

function remapped(path: string, remappings: readonly string[]): string {
  for (const remapping of remappings) {
    const [prefix = "", target = ""] = remapping.split("=");
    if (path.startsWith(prefix)) return target + path.slice(prefix.length);
  }
  throw new Error(`foundry.toml: expected a remapping for ${path}, got none`);
}

interface FoundryConfig {
  readonly remappings: readonly string[];
  readonly optimizer: boolean;
  readonly runs: number;
  readonly viaIr: boolean;
  readonly evmVersion: string;
}

/** The settings that change code, read from the default profile. @throws Error for one that is not there */
function foundryConfig(text: string): FoundryConfig {
  const profile = text.split(/^\[/m).find((section) => section.startsWith("profile.default]")) ?? "";
  const setting = (name: string) => {
    const value = new RegExp(`^${name}\\s*=\\s*(\\[[^\\]]*\\]|.*)$`, "m").exec(profile)?.[1];
    if (value === undefined) throw new Error(`foundry.toml: expected ${name} in profile.default, got none`);
    return JSON.parse(value.replace(/,\s*\]$/, "]"));
  };
  return {
    remappings: setting("remappings"),
    optimizer: setting("optimizer"),
    runs: setting("optimizer_runs"),
    viaIr: setting("via_ir"),
    evmVersion: setting("evm_version"),
  };
}
