#!/usr/bin/env node
import type { Io } from "./io.js";
import { run } from "./run.js";

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

// A reader that closes early, such as `head`, is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

process.exitCode = await run(process.argv.slice(2), io);
