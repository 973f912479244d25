import type { JsonFragment } from "ethers";
import { compileSources } from "./solc.js";

/** A compiled contract. */
export interface CompiledContract {
  readonly abi: readonly JsonFragment[];
  /** Creation code, 0x-prefixed hex. */
  readonly bytecode: string;
  /** What stands on the chain then, unless there are immutables. */
  readonly runtime: string;
}

interface Output {
  readonly contracts?: Record<
    string,
    Record<
      string,
      {
        readonly abi: readonly JsonFragment[];
        readonly evm: Record<"bytecode" | "deployedBytecode", { readonly object: string }>;
      }
    >
  >;
}

/**
 * Compiles one contract of a source, and what it imports, with the settings that the project's contracts are compiled with.
 * @param path where the source stands, or would stand, in the repository or among its packages
 * @throws Error with solc's messages
 */
export function compileSolidity(root: string, path: string, name: string, content: string): CompiledContract {
  const { contracts } = compileSources<Output>(
    root,
    { [path]: content },
    { [path]: { [name]: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
  );
  const compiled = contracts?.[path]?.[name];
  if (compiled === undefined) throw new Error(`${path}: expected a contract ${name}, got none`);
  const { abi, evm } = compiled;
  return { abi, bytecode: `0x${evm.bytecode.object}`, runtime: `0x${evm.deployedBytecode.object}` };
}
