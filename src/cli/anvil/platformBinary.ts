import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ToolMissingError } from "../../errors.js";

const ARCHITECTURE: Record<string, string> = { x64: "amd64", arm64: "arm64" };

/**
 * Where this platform's binary of a Foundry tool is. The umbrella package's own starter is a second process, which
 * outlives a kill of the first.
 * @throws ToolMissingError if the optional package of this platform is not installed
 */
export function platformBinary(tool: "anvil" | "forge"): string {
  const { platform } = process;
  const name = `@foundry-rs/${tool}-${platform}-${ARCHITECTURE[process.arch] ?? process.arch}`;
  try {
    const root = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return join(root, "bin", platform === "win32" ? `${tool}.exe` : tool);
  } catch {
    throw new ToolMissingError(
      `expected ${tool} of Foundry 1.7.1, got no package ${name}: run \`npm install --no-save ${name}@1.7.1\``,
    );
  }
}
