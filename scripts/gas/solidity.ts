import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A compiled contract. */
export interface CompiledContract {
  readonly abi: readonly object[];
  /** Creation code, 0x-prefixed hex. */
  readonly bytecode: string;
  /** What stands on the chain then, unless there are immutables. */
  readonly runtime: string;
}

interface Solc {
  version(): string;
  compile(
    input: string,
    callbacks: { import(path: string): { contents: string } | { error: string } },
  ): string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Record<
    string,
    Record<
      string,
      {
        readonly abi: readonly object[];
        readonly evm: Record<"bytecode" | "deployedBytecode", { readonly object: string }>;
      }
    >
  >;
}

/** "0.8.30" */
export function solcVersion(): string {
  return solc().version().replace(/\+.*/, "");
}

/**
 * Compiles one contract of a source, and what it imports by relative paths, with the settings that the project's
 * contracts are compiled with.
 * @param path where the source stands, or would stand, in the repository
 * @throws Error with solc's messages
 */
export function compileSolidity(root: string, path: string, name: string, content: string): CompiledContract {
  const input = {
    language: "Solidity",
    sources: { [path]: { content } },
    settings: {
      ...codeSettings(readFileSync(join(root, "foundry.toml"), "utf8")),
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection: { [path]: { [name]: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const output: Output = JSON.parse(
    solc().compile(JSON.stringify(input), {
      import(file) {
        const at = join(root, file);
        return existsSync(at) ? { contents: readFileSync(at, "utf8") } : { error: `${file} is not there` };
      },
    }),
  );
  const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  const compiled = output.contracts?.[path]?.[name];
  if (compiled === undefined) throw new Error(`${path}: expected a contract ${name}, got none`);
  const { abi, evm } = compiled;
  return { abi, bytecode: `0x${evm.bytecode.object}`, runtime: `0x${evm.deployedBytecode.object}` };
}

/** Optimiser runs of the default profile of foundry.toml. */
export function optimiserRuns(root: string): number {
  return codeSettings(readFileSync(join(root, "foundry.toml"), "utf8")).optimizer.runs;
}

/** What of foundry.toml's default profile changes code. @throws Error for a setting that is not there */
function codeSettings(toml: string) {
  const profile = toml.split(/^\[/m).find((section) => section.startsWith("profile.default]")) ?? "";
  const setting = (name: string) => {
    const value = new RegExp(`^${name}\\s*=\\s*(.*)$`, "m").exec(profile)?.[1];
    if (value === undefined) throw new Error(`foundry.toml: expected ${name} in profile.default, got none`);
    return JSON.parse(value);
  };
  return {
    optimizer: { enabled: setting("optimizer"), runs: setting("optimizer_runs") as number },
    viaIR: setting("via_ir"),
    evmVersion: setting("evm_version"),
  };
}

function solc(): Solc {
  return createRequire(import.meta.url)("solc");
}
