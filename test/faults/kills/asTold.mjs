/** Runs work as the command line runs a command: the same protection, and the same words and codes for what goes wrong. */
import { fileSystemError } from "../../../build/dist/cli/io.js";
import { keepOutOfCoreDumps } from "../../../build/dist/cli/memory.js";
import { ZkMarginError } from "../../../build/dist/errors.js";

export async function asTold(work) {
  keepOutOfCoreDumps();
  try {
    await work();
  } catch (error) {
    const known = error instanceof ZkMarginError ? error : fileSystemError(error);
    if (known === undefined) throw error;
    process.stderr.write(`zkmargin: ${known.message}\n`);
    process.exitCode = known.exitCode;
  }
}
