import fs from "node:fs";
import { createRequire } from "node:module";

interface Runner {
  execute(wasm: Uint8Array): Promise<unknown>;
  compile(wasm: Uint8Array): Promise<WebAssembly.Module>;
}
interface Circom2 {
  readonly CircomRunner: new (options: object) => Runner;
  readonly bindings: object;
}

const require = createRequire(import.meta.url);
const { CircomRunner, bindings } = require("circom2") as Circom2;
let compiled: Promise<WebAssembly.Module> | undefined;

/** The compiler, compiled once in a process: it is nine megabytes, and longer about itself than about a template. */
class WarmRunner extends CircomRunner {
  override compile(wasm: Uint8Array): Promise<WebAssembly.Module> {
    compiled ??= super.compile(wasm);
    return compiled;
  }
}

/**
 * Runs circom2 in this process, in a folder above which it sees nothing.
 * @returns whether it succeeded, and what it said
 */
export async function runCompiler(
  folder: string,
  args: readonly string[],
): Promise<{ readonly ok: boolean; readonly said: string }> {
  let said = "";
  const listening = {
    ...fs,
    writeSync(file: number, data: Uint8Array, ...rest: [number, number, number]) {
      if (file > 2) return fs.writeSync(file, data, ...rest);
      const [offset = 0, length = data.length - offset] = rest;
      said += Buffer.from(data.subarray(offset, offset + length)).toString();
      return length;
    },
  };
  const runner = new WarmRunner({
    args,
    env: {},
    preopens: { ".": folder },
    bindings: { ...bindings, fs: listening },
  });
  const wasm = compiled ? new Uint8Array() : fs.readFileSync(require.resolve("circom2/circom.wasm"));
  try {
    await runner.execute(wasm);
    return { ok: said.includes("Everything went okay"), said };
  } catch (error) {
    return { ok: false, said: said || String(error) };
  }
}
