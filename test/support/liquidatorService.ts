/**
 * A liquidator's service in a process of its own, with a stand-in for the house: a file that says which accounts are frozen.
 * `store journal outbox frozen.json [lie]`; the password and the signing key come from the environment.
 */
import { randomBytes } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Wallet } from "ethers";
import { serialiseMessage } from "../../src/clearing/liquidators/messages.js";
import type { SealedAccount } from "../../src/clearing/liquidators/partials.js";
import { decryptionJournal, LiquidatorService } from "../../src/clearing/liquidators/service.js";
import { LiquidatorStore } from "../../src/clearing/liquidators/store.js";
import { parsedAccounts } from "./frozenAccounts.js";

const [path = "", journalPath = "", outbox = "", frozen = "", lie] = process.argv.slice(2);
const store = await LiquidatorStore.open(path, process.env["ZKMARGIN_STORE_PASSWORD"] ?? "");
const wallet = new Wallet(process.env["LIQUIDATOR_KEY"] ?? "");
const [share] = store.shares;
if (share === undefined) throw new Error("no share");
const read = async (): Promise<SealedAccount[]> =>
  parsedAccounts(await readFile(frozen, "utf8").catch(() => "[]"));
const house = `0x${"33".repeat(20)}`;
const seat = { address: wallet.address, house, chainId: store.chainId };
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());
const service = new LiquidatorService({
  reader: {
    ...{ chainId: store.chainId, house },
    liquidatorsKey: async () => share.key.key,
    frozenAccounts: read,
    isFrozen: async (account) => (await read()).some((each) => each.account === account),
  },
  // A liar multiplies by another number than its share.
  share: async () => (lie === undefined ? share : { ...share, value: share.value + 1n }),
  ...{ wallet, random: randomBytes, clock: Date.now, interval: 100 },
  journal: await decryptionJournal(journalPath, seat),
  outbox: {
    has: (context, member) =>
      stat(join(outbox, `${context}-${member}.json`)).then(
        () => true,
        () => false,
      ),
    give: async (message) => {
      const name = join(outbox, `${message.body.context}-${message.from}.json`);
      await writeFile(`${name}.partial`, serialiseMessage(message));
      await rename(`${name}.partial`, name);
    },
  },
  onEvent: (event) => process.stdout.write(`${event.event} ${event.account ?? ""}\n`),
});
await service.run(stop.signal);
