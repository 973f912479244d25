import assert from "node:assert/strict";
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { QueueError } from "../../src/errors.js";
import { embeddedDatabase } from "../../src/queue/embedded.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { jobsFrom, OWNER, PROVEN } from "./queueJobs.js";

/**
 * A queue on a disk that fills: has jobs asked for until that is refused, makes room again, and opens the queue again. Prints
 * what was said and what is left, as JSON. Its arguments are a folder on a small file system, and the bytes of it that are left.
 */
const [disk = "", left = "0"] = process.argv.slice(2);
const ballast = join(disk, "ballast");
const open = async () => ProofQueue.open(await embeddedDatabase(join(disk, "queue")), OWNER);

let queue = await open();
await queue.request(jobsFrom(20));
for (let i = 0; i < 10; i++) {
  const job = await queue.take();
  assert.ok(job !== null && (await queue.finish(job, PROVEN)));
}
const { bavail, bsize } = await statfs(disk);
await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - Number(left))));
let said = "";
let asked = 20;
while (said === "")
  try {
    await queue.request(jobsFrom(asked + 200).slice(asked));
    asked += 200;
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
    said = error.message;
  }
await rm(ballast);
await queue.close();
queue = await open();
const { waiting, ready, done } = await queue.status();
await queue.request(jobsFrom(asked + 200));
const after = (await queue.status()).waiting;
await queue.close();
process.stdout.write(JSON.stringify({ said, asked, waiting, ready, done, after }));
