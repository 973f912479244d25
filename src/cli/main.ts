#!/usr/bin/env node
import { EXIT } from "../errors.js";
import { type Io, reason } from "./io.js";
import { keepOutOfCoreDumps } from "./memory.js";
import { run } from "./run.js";

keepOutOfCoreDumps();

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  },
  interactive: process.stderr.isTTY === true,
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

const code = await run(process.argv.slice(2), io);
process.exitCode ||= code;
