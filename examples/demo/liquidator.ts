import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, unlock } from "zkmargin/chain";
import {
  ChainHouseReader,
  decryptionJournal,
  type KeyShare,
  LiquidatorService,
  LiquidatorStore,
  makeCard,
  parseClearing,
  parseLiquidatorTerms,
  parseMessage,
  randomScalar,
  serialiseLiquidatorCard,
  serialiseLiquidatorsKey,
  serialiseMessage,
  takeStep,
} from "zkmargin/clearing";
import { awaited, LOOK, post, textsOf } from "./board.js";
import { FOLDERS, liquidatorKey } from "./liquidators.js";

// One liquidator, in a process of its own: `liquidator.js <number> <shared folder> <own folder> <node> <chain id>`. It takes part in
// the ceremony, keeps its share in a store under a password, and then gives its part of every book that the house has frozen.

const [number = "", shared = "", own = "", rpc = "", chain = ""] = process.argv.slice(2);
const chainId = BigInt(chain);
const wallet = await unlock({ privateKey: liquidatorKey(Number(number)), name: `liquidator ${number}` });
const store = await LiquidatorStore.create(join(own, "liquidator.store"), randomBytes(16).toString("hex"), {
  ...{ address: wallet.address, chainId },
});

/** Deals, accepts and extracts, until the messages of all make a key. */
async function ceremony(): Promise<KeyShare> {
  const secret = randomScalar(randomBytes);
  await store.addSecret(secret);
  const card = await makeCard(wallet, chainId, secret, randomBytes);
  post(shared, `${number}${FOLDERS.card}`, serialiseLiquidatorCard(chainId, card));
  const terms = parseLiquidatorTerms(await awaited(join(shared, FOLDERS.terms)));
  for (;;) {
    const board = textsOf(join(shared, FOLDERS.board), ".json").map((text) => parseMessage(text));
    const kept = store.ceremony(terms);
    const { progress, publish, share } = await takeStep({ sent: [], ...kept, terms }, board, {
      ...{ wallet, secret, random: randomBytes },
      keep: (state) => store.keep(state),
    });
    for (const message of publish) {
      const text = serialiseMessage(message);
      const name = createHash("sha256").update(text).digest("hex").slice(0, 16);
      post(join(shared, FOLDERS.board), `${number}-${message.kind}-${name}.json`, text);
    }
    if (progress.key !== undefined && share !== undefined) {
      await store.finish({ terms, sent: publish }, progress.key, share);
      post(shared, `${number}${FOLDERS.key}`, serialiseLiquidatorsKey(progress.key));
      return share;
    }
    if (progress.faults[0] !== undefined) throw progress.faults[0];
    await sleep(LOOK);
  }
}

/** Serves the house until it is told to end. */
async function serve(share: KeyShare): Promise<void> {
  const { contracts } = parseClearing(await awaited(join(shared, FOLDERS.house)));
  const { address: house, block: fromBlock } = contracts.clearingHouse;
  const connection = await connect(rpc);
  const outbox = join(shared, FOLDERS.parts);
  const nameOf = (context: string, member: number) => `${context}-${member}.json`;
  const stop = new AbortController();
  process.once("SIGTERM", () => stop.abort());
  const service = new LiquidatorService({
    // A chain of the demo's own has no re-organisations: a service elsewhere waits for some blocks.
    reader: new ChainHouseReader(connection, { house, fromBlock, depth: 0 }),
    ...{ wallet, random: randomBytes, clock: Date.now, interval: 200, share: async () => share },
    journal: await decryptionJournal(join(own, "journal"), { address: wallet.address, house, chainId }),
    outbox: {
      has: async (context, member) => existsSync(join(outbox, nameOf(context, member))),
      give: async (message) =>
        post(outbox, nameOf(message.body.context, message.from), serialiseMessage(message)),
    },
  });
  await service.run(stop.signal);
  connection.close();
}

await serve(await ceremony());
