import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Log, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../../src/chain/anvil.js";
import { openAccount, registryOf, relayBook, signBook } from "../../../src/chain/attest.js";
import { type Connection, connect } from "../../../src/chain/connection.js";
import { type OpenDeployment, openDeployment } from "../../../src/chain/deployment.js";
import { exportLog } from "../../../src/chain/eventLog/export.js";
import { pagedLogs } from "../../../src/chain/logs.js";
import { poke } from "../../../src/chain/rounds.js";
import { IncompleteLogsError, MalformedError, StatementMismatchError } from "../../../src/errors.js";
import { RememberingVerifier, replayText, runOptions } from "../../audit/replay/recording.js";
import { LocalChain } from "../../support/localChain.js";
import { ProxyNode, type RpcAnswer, type Rule } from "../../support/proxyNode.js";
import { compileSolidity, createContract } from "../../support/solidity.js";

const WALLET = compileSolidity("test/contracts/support/Wallet.sol");
const OPTIONS = { confirmations: 0, answers: "last" } as const;
type RawLog = { readonly address: string; readonly blockNumber: string; readonly topics: readonly string[] };

/** Changes what a node answers to eth_getLogs. */
function logsBecome(
  change: (logs: readonly RawLog[], params: readonly unknown[]) => readonly RawLog[],
): Rule {
  return (method, params) =>
    method === "eth_getLogs"
      ? {
          change: (answer: RpcAnswer) =>
            answer.result === undefined
              ? answer
              : { ...answer, result: change(answer.result as readonly RawLog[], params) },
        }
      : "pass";
}

describe("an event log, from nodes as they are", () => {
  let chain: LocalChain;
  let proxy: ProxyNode;
  let connection: Connection;
  let open: OpenDeployment;
  let folder: string;
  let signer: string;
  let whole: string;
  let files = 0;
  const outsider = new Wallet(ANVIL_KEYS[4]);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-nodes-"));
    chain = await LocalChain.deploy(await Anvil.start("--timestamp", "1621209600"), "2021-05-17");
    const { connection: direct } = chain;
    const round = async () => {
      await chain.pass(1_000);
      await poke(chain.open, chain.transactionsOf(chain.keeper));
    };
    await round();
    // A contract whose owner signs for it.
    signer = await createContract(direct, chain.keeper, WALLET, [outsider.address]);
    const transactions = chain.transactionsOf(chain.institution);
    const terms = { name: "desk", isolated: false, attesters: [signer], threshold: 1 };
    const account = await openAccount(chain.open, transactions, terms);
    const asOf = await chain.now();
    const book = { account, commitment: 7n, sequence: 1n, asOf, expiresAt: asOf + 3_600n };
    await relayBook(chain.open, transactions, [
      await signBook(outsider, registryOf(chain.open), book, signer),
    ]);
    for (let i = 0; i < 3; i++) await round();
    // Far beyond the states that a node without an archive keeps.
    await direct.provider.send("anvil_mine", ["0xa0"]);
    proxy = await ProxyNode.start(chain.anvil.url);
    connection = await connect(proxy.url, { patience: 1 });
    open = openDeployment(connection, chain.open.deployment);
    whole = await exported();
  });
  after(async () => {
    connection?.close();
    await proxy?.stop();
    await chain?.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    proxy.fate = () => "pass";
  });

  const path = () => join(folder, `log-${files}.ndjson`);
  async function exported(rule: Rule = () => "pass"): Promise<string> {
    files++;
    proxy.fate = rule;
    await exportLog(open, path(), OPTIONS);
    return readFile(path(), "utf8");
  }
  const replayed = async (text: string) =>
    (await replayText(text, { verifier: new RememberingVerifier((await runOptions()).key.verificationKey) }))
      .findings;

  // shows: A43
  it("is whole, also where a node gives the first or the last few events of an answer and does not say so", async () => {
    assert.deepEqual((await replayed(whole)).listed, []);
    // Of a block with more events than that only its filter and receipts tell.
    // One answer of a block's handover has 16 events of one kind.
    assert.ok((await exported(logsBecome((logs) => logs.slice(0, 20)))) === whole, "the first");
    assert.ok((await exported(logsBecome((logs) => logs.slice(-20)))) === whole, "the last");
    const few = logsBecome((logs) => logs.slice(0, 12));
    await assert.rejects(exported(few), IncompleteLogsError);
  });

  // shows: A43
  it("is refused where a node leaves out what its headers, receipts and contracts count", async () => {
    const { marketLedger, bookRegistry } = open.contracts;
    const topic = (contract: typeof marketLedger | typeof bookRegistry, name: string) =>
      contract.interface.getEvent(name)?.topicHash;
    const without = (hidden: (log: RawLog, last: boolean) => boolean): Rule =>
      logsBecome((logs) => logs.filter((log) => !hidden(log, log === logs.at(-1))));
    const rounds = await pagedLogs(chain.connection.provider, {
      address: open.addresses.marketLedger,
      topics: [topic(marketLedger, "RoundCommitted") ?? null],
      fromBlock: 0,
    });
    const newest = Number(rounds.at(-1)?.blockNumber);
    const handover = {
      address: open.addresses.accessManager.toLowerCase(),
      block: Number((await firstManagerLogs()).at(-1)?.blockNumber),
    };
    const cases: [what: string, rule: Rule, said: RegExp][] = [
      [
        "the newest round",
        without(({ blockNumber }) => Number(blockNumber) === newest),
        /round 4, .*got round 3/,
      ],
      [
        "every round",
        without(({ topics }) => topics[0] === topic(marketLedger, "RoundCommitted")),
        /round 4, .*got round 0/,
      ],
      [
        "a book",
        without(({ topics }) => topics[0] === topic(bookRegistry, "BookAttested")),
        /book 1 of account 0x[0-9a-f]{64}, .*got book 0/,
      ],
      [
        "the profile",
        without(({ address }) => address === open.addresses.riskProfile.toLowerCase()),
        /epoch 1, .*got epoch 0/,
      ],
      // Its block is read for what is left of it.
      [
        "part of a block",
        without(
          ({ address, blockNumber, topics }) =>
            address === handover.address && Number(blockNumber) === handover.block && topics.length === 3,
        ),
        new RegExp(
          `^block ${handover.block}: expected \\d+ events of the contracts, as its receipts have, got \\d+`,
        ),
      ],
    ];
    for (const [what, rule, said] of cases) {
      await assert.rejects(exported(rule), (error: Error) => {
        assert.ok(error instanceof IncompleteLogsError, `${what}: ${error.stack}`);
        assert.match(error.message, said, what);
        return true;
      });
      // Nothing of it stays but the head.
      assert.equal(await readFile(path(), "utf8"), whole.slice(0, whole.indexOf("\n") + 1), what);
    }
    proxy.fate = () => "pass";
    await exportLog(open, path(), OPTIONS);
    assert.ok((await readFile(path(), "utf8")) === whole, "a better node carries on");
  });

  // shows: A43
  it("accuses nobody of forgery where a node has forgotten the state of a block, or refuses to tell an address's code", async () => {
    const pruned = { error: { code: -32_000, message: "missing trie node 1cf3ca (path )" } };
    const newest = await chain.connection.provider.getBlockNumber();
    const old = (params: readonly unknown[]) =>
      typeof params[1] === "string" && params[1].startsWith("0x") && Number(params[1]) < newest - 128;
    const withoutArchive = await exported((method, params) =>
      ["eth_getCode", "eth_call"].includes(method) && old(params) ? pruned : "pass",
    );
    // The newest block has the code too.
    assert.deepEqual((await replayed(withoutArchive)).listed, []);
    const refused = { error: { code: -32_602, message: "the method is not for that address" } };
    const untold = await exported((method, params) =>
      method === "eth_getCode" && String(params[0]).toLowerCase() === signer.toLowerCase() ? refused : "pass",
    );
    assert.match(untold, new RegExp(`"unknown":\\["${signer}"\\]`));
    assert.deepEqual((await replayed(untold)).byCode, { "attestation-unseen": 1 });
  });

  it("compares no round with feeds of which only some were asked", async () => {
    const newest = await chain.connection.provider.getBlockNumber();
    let asked = 0;
    // Feeds that answer before a block's end, and not at it, have not said another price.
    const some = await exported((method, params) => {
      const of = method === "eth_call" && Number(params[1]) < newest && Number(params[1]) > 0;
      return of && ++asked % 2 === 1 && asked > 4
        ? { error: { code: -32_000, message: "missing trie node" } }
        : "pass";
    });
    assert.deepEqual((await replayed(some)).listed, []);
  });

  it("is written to no file that is something else, and not behind a last line that is followed by text", async () => {
    files++;
    for (const text of ["a secret without a line end", "a secret\n", '{"end":{}}\n']) {
      await writeFile(path(), text);
      await assert.rejects(exportLog(open, path(), OPTIONS));
      assert.equal(await readFile(path(), "utf8"), text);
    }
    await writeFile(path(), `${whole}more\n`);
    await assert.rejects(exportLog(open, path(), OPTIONS), MalformedError);
    const lines = whole.trimEnd().split("\n");
    const shorter = `${[...lines.slice(0, 5), lines.at(-1)].join("\n")}\n`;
    await writeFile(path(), shorter);
    await assert.rejects(exportLog(open, path(), OPTIONS), StatementMismatchError);
    assert.equal(await readFile(path(), "utf8"), shorter);
    // A header that was cut off is written again.
    await writeFile(path(), whole.slice(0, 60));
    await exportLog(open, path(), OPTIONS);
    assert.ok((await readFile(path(), "utf8")) === whole);
  });

  // shows: A44
  it("takes a chain for a developer's own at a loopback address alone", async () => {
    const { port } = new URL(chain.anvil.url);
    for (const [host, local] of [
      ["127.0.0.1", true],
      ["localhost", true],
      ["0.0.0.0", false],
    ] as const) {
      const at = await connect(`http://${host}:${port}`, { patience: 1 });
      assert.equal(at.local, local, host);
      at.close();
    }
  });

  function firstManagerLogs(): Promise<Log[]> {
    const address = open.addresses.accessManager;
    return pagedLogs(chain.connection.provider, { address, topics: [], fromBlock: 0 });
  }
});
