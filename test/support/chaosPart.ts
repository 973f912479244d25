import { readFileSync } from "node:fs";
import { Wallet } from "ethers";
import { parseAuditorKey } from "../../src/audit/archive/seal.js";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { connect } from "../../src/chain/connection.js";
import { openDeployment, parseDeployment } from "../../src/chain/deployment.js";
import { fileJournal } from "../../src/chain/journal.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { ProvingSession } from "../../src/prove/session.js";
import { postgresDatabase } from "../../src/queue/database.js";
import { ArchivedBooks } from "../../src/queue/openings.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { ProofWorker } from "../../src/queue/worker.js";
import { defaultArtefacts } from "./desk.js";
import { simulatedProver } from "./simulatedProver.js";

/** What a keeper or a worker of the chaos test is started with. */
export interface ChaosSetting {
  readonly rpc: string;
  /** Files. */
  readonly deployment: string;
  readonly journal: string;
  readonly archive: string;
  readonly workerKey: string;
  readonly database: { readonly url: string; readonly password: string };
  readonly accounts: readonly string[];
  readonly times: { readonly lease: number; readonly sweep: number; readonly hold: number };
}

/**
 * A keeper or a worker in a process of its own, to be killed at any moment: as the command line's, but for shorter leases and
 * simulated proofs. What it cannot get over ends it, and the test starts another.
 */
const [role = "", path = ""] = process.argv.slice(2);
const setting: ChaosSetting = JSON.parse(readFileSync(path, "utf8"));
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());

const connection = await connect([setting.rpc], { patience: 2, timeout: 2 });
const open = openDeployment(connection, parseDeployment(readFileSync(setting.deployment, "utf8")));
const queue = await ProofQueue.open(
  await postgresDatabase(setting.database.url, setting.database.password),
  { chainId: connection.chainId, gate: open.addresses.marginGate },
  setting.times,
);
const artefacts = await defaultArtefacts();
process.stdout.write(`${role} ready\n`);
if (role === "keeper") {
  const sender = new Wallet(ANVIL_KEYS[3]);
  const journal = await fileJournal(setting.journal, { sender: sender.address, chainId: connection.chainId });
  await new Keeper({
    open,
    transactions: new Transactions(connection, sender, journal),
    ...{ key: artefacts.verificationKey, accounts: setting.accounts, given: () => null, prove: queue },
    clock: Date.now,
    policy: { envelopeShare: 5_000, ageShare: 7_500, batch: 64, pokeAfter: 600 },
    interval: 50,
    onEvent: (event) => process.stdout.write(`${event.event}\n`),
  }).run(stop.signal);
} else {
  const books = await ArchivedBooks.open(
    setting.archive,
    { auditor: parseAuditorKey(readFileSync(setting.workerKey, "utf8")) },
    Date.now,
  );
  const session = await ProvingSession.open(artefacts, { prover: () => simulatedProver(artefacts) });
  await new ProofWorker({
    ...{ queue, open, key: artefacts.verificationKey, session, theta: 10_000, clock: Date.now },
    bookOf: (commitment) => books.of(commitment),
    onEvent: ({ event }) => process.stdout.write(`${event}\n`),
  }).run(stop.signal);
  await session.close();
}
await queue.close();
connection.close();
