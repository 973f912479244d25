import type { WriteStream } from "node:tty";
import { EXIT } from "../errors.js";
import { reason, type Terminal } from "./io.js";
import { keepOutOfCoreDumps } from "./memory.js";
import { run } from "./run.js";

keepOutOfCoreDumps();

/** A terminal is taken to have no fewer. */
const LEAST_COLUMNS = 40;

/** Whether a stream is a terminal with colours, and its user wants them (https://no-color.org). */
function hasColour(stream: Partial<WriteStream>): boolean {
  return stream.isTTY === true && !process.env["NO_COLOR"] && stream.hasColors?.() === true;
}

const io: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: async (limit) => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) break;
    }
    return Buffer.concat(chunks);
  },
  interactive: process.stderr.isTTY === true,
  ...(process.stdout.isTTY === true ? { columns: Math.max(process.stdout.columns, LEAST_COLUMNS) } : {}),
  colour: { out: hasColour(process.stdout), err: hasColour(process.stderr) },
  // In a checkout the command is not on the path: package.json has a script for it.
  invocation: process.env["npm_lifecycle_script"]?.includes("build/dist/cli/main.js")
    ? "npm run -s zkmargin --"
    : "npx zkmargin",
};

// A reader that closes early, such as `head`, is no error; a result that is not written is one.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  io.err(`zkmargin: standard output: expected a file that can be written, got ${reason(error, "none")}\n`);
  process.exitCode = EXIT.input;
});
// There is nobody left to tell.
process.stderr.on("error", () => undefined);

/** Runs the command line of this process. */
const code = await run(process.argv.slice(2), io);
process.exitCode ||= code;
