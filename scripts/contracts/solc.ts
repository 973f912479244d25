import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

interface Solc {
  version(): string;
  compile(
    input: string,
    callbacks: { import(path: string): { contents: string } | { error: string } },
  ): string;
}

/** The settings of foundry.toml's default profile that change code, as solc takes them. */
export interface CodeSettings {
  readonly remappings: readonly string[];
  readonly optimizer: { readonly enabled: boolean; readonly runs: number };
  readonly viaIR: boolean;
  readonly evmVersion: string;
}

/** @throws Error for a setting that is not there */
export function codeSettings(root: string): CodeSettings {
  const toml = readFileSync(join(root, "foundry.toml"), "utf8");
  const profile = toml.split(/^\[/m).find((section) => section.startsWith("profile.default]")) ?? "";
  const setting = (name: string) => {
    const value = new RegExp(`^${name}\\s*=\\s*(\\[[^\\]]*\\]|.*)$`, "m").exec(profile)?.[1];
    if (value === undefined) throw new Error(`foundry.toml: expected ${name} in profile.default, got none`);
    return JSON.parse(value.replace(/,\s*\]$/, "]"));
  };
  return {
    remappings: setting("remappings"),
    optimizer: { enabled: setting("optimizer"), runs: setting("optimizer_runs") },
    viaIR: setting("via_ir"),
    evmVersion: setting("evm_version"),
  };
}

/** "0.8.30" */
export function solcVersion(): string {
  return solc().version().replace(/\+.*/, "");
}

/**
 * Compiles as the project's contracts are compiled, but for the hash of the sources, which is left out of the code: the
 * same code whatever else is compiled beside it. Imports are files below the root, or of a package.
 * @param sources texts by their paths
 * @throws Error with solc's messages
 */
export function compileSources<Output>(
  root: string,
  sources: Readonly<Record<string, string>>,
  outputSelection: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
): Output {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([path, content]) => [path, { content }])),
    settings: {
      ...codeSettings(root),
      metadata: { bytecodeHash: "none", appendCBOR: false },
      outputSelection,
    },
  };
  const output: Output & {
    readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  } = JSON.parse(solc().compile(JSON.stringify(input), { import: (path) => readImport(root, path) }));
  const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return output;
}

function readImport(root: string, path: string): { contents: string } | { error: string } {
  const file = [join(root, path), join(root, "node_modules", path)].find((place) => existsSync(place));
  return file === undefined ? { error: `${path} is not there` } : { contents: readFileSync(file, "utf8") };
}

function solc(): Solc {
  return createRequire(import.meta.url)("solc");
}
