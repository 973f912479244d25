/**
 * What it costs to watch many accounts: `npm run bench:serve -- 10000`. It opens accounts on a local chain, has the service read them,
 * and counts requests and times of looks at new blocks, with and without events. Every account is real; most have no book.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { ReadStore } from "../../src/serve/readStore.js";
import { exampleBook } from "../../test/support/desk.js";
import { LocalChain } from "../../test/support/localChain.js";
import { ProxyNode } from "../../test/support/proxyNode.js";
import { openMany, WatchedService } from "../../test/support/watchedChain.js";

const count = Number(process.argv[2] ?? 10_000);
const LOOKS = 10;

const folder = mkdtempSync(join(tmpdir(), "zkmargin-serve-"));
const chain = await LocalChain.start();
const proxy = await ProxyNode.start(chain.anvil.url);
const connection = await connect(proxy.url);
const watched = new WatchedService();
const timed = async (work: () => Promise<unknown>) => {
  proxy.heard.clear();
  const begun = performance.now();
  await work();
  const requests = [...proxy.heard.values()].reduce((sum, heard) => sum + heard, 0);
  return { seconds: (performance.now() - begun) / 1_000, requests };
};
const shown = (what: string, { seconds, requests }: Awaited<ReturnType<typeof timed>>) =>
  console.log(`${what}: ${requests} requests, ${seconds.toFixed(2)} s`);

try {
  await openMany(chain, count, (done) => process.stderr.write(`\r  opened ${done} of ${count}`));
  process.stderr.write("\n");
  const open = openDeployment(connection, chain.open.deployment);
  const store = new ReadStore(join(folder, "state"), "bench", open);
  await watched.start(chain, { open, store });
  shown(`start with ${count} accounts`, await timed(() => watched.service.look()));
  const quiet = { seconds: 0, requests: 0 };
  for (let i = 0; i < LOOKS; i++) {
    await chain.pass(60);
    const { seconds, requests } = await timed(() => watched.service.look());
    quiet.seconds += seconds / LOOKS;
    quiet.requests = Math.max(quiet.requests, requests);
  }
  shown("a look without events, on average", quiet);
  for (let i = 0; i < LOOKS; i++)
    await chain.attest(exampleBook("cash-and-carry", { account: `late-${i}`, sequence: 1 }));
  shown(`a look at ${LOOKS} accounts with events`, await timed(() => watched.service.look()));
  const { provider } = chain.connection;
  const branch = await provider.send("evm_snapshot", []);
  await chain.attest(exampleBook("cash-and-carry", { account: "orphan", sequence: 1 }));
  await watched.service.look();
  await provider.send("evm_revert", [branch]);
  await provider.send("anvil_mine", ["0x10", "0x5"]);
  shown("a look at another branch of the chain", await timed(() => watched.service.look()));
  for (const path of ["/v1/accounts", "/metrics"]) {
    const begun = performance.now();
    const { text } = await watched.get(path);
    console.log(
      `${path}: ${(text.length / 2 ** 20).toFixed(1)} MiB, ${((performance.now() - begun) / 1_000).toFixed(2)} s`,
    );
  }
  const kept = await timed(() => watched.service.keep());
  console.log(`kept: ${(statSync(store.path).size / 2 ** 20).toFixed(1)} MiB, ${kept.seconds.toFixed(2)} s`);
  const again = new WatchedService();
  await again.start(chain, { open, store });
  await chain.attest(exampleBook("cash-and-carry", { account: "meanwhile", sequence: 1 }));
  const restart = await timed(async () => {
    await again.service.restore();
    await again.service.look();
  });
  shown(`a restart with ${again.service.watched.accounts.length} accounts`, restart);
  await again.stop();
  console.log(`memory: ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
} finally {
  await watched.stop();
  connection.close();
  await proxy.stop();
  await chain.close();
  rmSync(folder, { recursive: true });
}
