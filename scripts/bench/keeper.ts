import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Opening } from "../../src/book/opening.js";
import { accountId, encodeAttest, registryOf, signBook, subaccountId } from "../../src/chain/attest.js";
import { connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { poke } from "../../src/chain/rounds.js";
import { embeddedDatabase } from "../../src/queue/embedded.js";
import { ProofQueue } from "../../src/queue/proofQueue.js";
import { ProofWorker } from "../../src/queue/worker.js";
import { exampleBook } from "../../test/support/desk.js";
import { LocalChain } from "../../test/support/localChain.js";
import { ProxyNode } from "../../test/support/proxyNode.js";

/** Transactions in a block of a bench: all of them fit into its gas. */
const A_BLOCK = 100;
const BATCH = 64;

/** A look of the keeper, or several, and what they asked of the node. */
interface Looked {
  readonly requests: number;
  readonly seconds: number;
}

/**
 * A keeper with a queue over many accounts, on a real chain with real contracts. The accounts have one book, each under its own salt; a worker proves it
 * for each by a simulated proof, which the gate accepts as any other. Counts the requests to the node.
 * @param accounts how many are open, attested and watched
 * @param proofs how many of them are proven and submitted, whole batches of 64
 */
export async function benchKeeper(accounts: number, proofs: number, tell: (line: string) => void) {
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-bench-keeper-"));
  const chain = await LocalChain.start();
  const proxy = await ProxyNode.start(chain.anvil.url);
  const connection = await connect([proxy.url]);
  const queue = await ProofQueue.open(await embeddedDatabase(join(folder, "queue")), {
    chainId: chain.connection.chainId,
    gate: chain.open.addresses.marginGate,
  });
  try {
    const books = new Map<bigint, Opening>();
    const ids = await openAll(chain, accounts, books, tell);
    const open = openDeployment(connection, chain.open.deployment);
    const submitted = { proofs: 0, gas: 0n, batches: new Set<string>() };
    const keeper = new Keeper({
      ...{ open, key: chain.key.key, accounts: ids, given: () => null, prove: queue, clock: Date.now },
      transactions: chain.transactionsOf(chain.keeper),
      policy: { envelopeShare: 5_000, ageShare: 7_500, batch: BATCH, pokeAfter: null },
      interval: 20,
      onEvent: (event) => {
        if (event.event !== "submitted" || event.transaction === null) return;
        submitted.proofs++;
        if (!submitted.batches.has(event.transaction)) submitted.gas += event.gas ?? 0n;
        submitted.batches.add(event.transaction);
      },
    });
    const measure = async (work: () => Promise<unknown>): Promise<Looked> => {
      const [before, start] = [heardBy(proxy), performance.now()];
      await work();
      const seconds = Number(((performance.now() - start) / 1_000).toFixed(2));
      return { requests: heardBy(proxy) - before, seconds };
    };
    const first = await measure(() => keeper.tick());
    tell("a first look");
    await chain.pass(chain.plan.timing.provingWindow);
    await chain.feeds.post(chain.closes);
    await poke(chain.open, chain.transactionsOf(chain.deployer));
    const round = await measure(() => keeper.tick());
    tell("a new round: every account is due");
    const { waiting } = await queue.status();
    await chain.pass(12);
    const quiet = await measure(() => keeper.tick());

    const worker = new ProofWorker({
      ...{ queue, open, key: chain.key.key, session: chain.session, theta: 10_000, clock: Date.now },
      bookOf: async (commitment) => books.get(commitment),
    });
    const proving = await measure(async () => {
      for (let i = 0; i < proofs; i++) {
        if (!(await worker.step())) throw new Error(`expected a job, got none after ${i}`);
        if (i % 500 === 499) tell(`${i + 1} proofs`);
      }
    });
    const submitting = await measure(async () => {
      while (submitted.proofs < proofs) await keeper.tick();
    });
    await chain.pass(12);
    const after = await measure(() => keeper.tick());
    return {
      accounts,
      "a first look": first,
      "a new round, in which every account is due": { ...round, jobs: waiting },
      "a quiet block after it": quiet,
      "a quiet block, with what was proven": after,
      "simulated proofs by one worker": { proofs, ...proving },
      "submitting them": {
        ...submitting,
        batches: submitted.batches.size,
        gasPerProof: Number(submitted.gas / BigInt(Math.max(1, submitted.proofs))),
      },
      megabytes: Math.round(process.memoryUsage().rss / 2 ** 20),
    };
  } finally {
    await queue.close();
    connection.close();
    await proxy.stop();
    await chain.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const heardBy = ({ heard }: ProxyNode) => [...heard.values()].reduce((sum, count) => sum + count, 0);

/** Opens accounts and has the book attested for each, many transactions a block. Returns their ids. */
async function openAll(
  chain: LocalChain,
  count: number,
  books: Map<bigint, Opening>,
  tell: (line: string) => void,
): Promise<string[]> {
  const { provider } = chain.connection;
  const registry = chain.open.contracts.bookRegistry;
  const to = chain.open.addresses.bookRegistry;
  const from = chain.institution.address;
  const asOf = await chain.now();
  const expiresAt = asOf + BigInt(chain.plan.profile.bookMaxAge);
  const ids = Array.from({ length: count }, (_, i) => accountId(from, `desk-${i}`));
  // Every transaction is the node's own to sign: nothing waits for a nonce.
  const send = (data: string) => provider.send("eth_sendTransaction", [{ from, to, data, gas: "0x493e0" }]);
  await provider.send("evm_setAutomine", [false]);
  for (let at = 0; at < count; at += A_BLOCK) {
    const part = ids.slice(at, at + A_BLOCK);
    for (const i of part.keys())
      await send(
        registry.interface.encodeFunctionData("open", [
          ...[subaccountId(`desk-${at + i}`), false, [chain.custodian.address], 1],
        ]),
      );
    await provider.send("evm_mine", []);
    for (const [i, account] of part.entries()) {
      const opening = exampleBook("cash-and-carry", { account: `desk-${at + i}`, sequence: 1 });
      const { commitment } = opening;
      books.set(commitment, opening);
      const terms = { account, commitment, sequence: 1n, asOf, expiresAt };
      await send(encodeAttest(terms, [await signBook(chain.custodian, registryOf(chain.open), terms)]));
    }
    await provider.send("evm_mine", []);
    if ((at / A_BLOCK) % 10 === 9) tell(`${at + A_BLOCK} accounts`);
  }
  await provider.send("evm_setAutomine", [true]);
  return ids;
}

// `npm run bench:keeper [-- <accounts> <proofs>]`; 10 000 accounts, of which 1 024 are proven, by default.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [accounts = "10000", proofs = "1024"] = process.argv.slice(2);
  const result = await benchKeeper(Number(accounts), Number(proofs), (line) =>
    process.stderr.write(`keeper: ${line}\n`),
  );
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
