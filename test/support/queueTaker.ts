import { embeddedDatabase } from "../../src/queue/embedded.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";

/** Takes jobs of a folder's queue, waits as long as a proof takes, and finishes them: to be killed at any moment. */
const [folder = "", owner = "{}", times = "{}", finding = "{}", delay = "5"] = process.argv.slice(2);
const { chainId, gate } = JSON.parse(owner);
const queue = await ProofQueue.open(
  await embeddedDatabase(folder, "reach"),
  { chainId: BigInt(chainId), gate },
  JSON.parse(times),
);
process.stdout.write("ready\n");
for (;;) {
  const job = await queue.take();
  await new Promise((done) => setTimeout(done, Number(delay)));
  if (job === null) continue;
  const kept = await queue.finish(job, JSON.parse(finding));
  process.stdout.write(`${kept ? "kept" : "late"} ${job.account}\n`);
}
