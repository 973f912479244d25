import assert from "node:assert/strict";
import { memoryJournal } from "../../src/chain/journal.js";
import { poke } from "../../src/chain/rounds.js";
import { accountStatus } from "../../src/chain/status.js";
import { submit, submitBatch } from "../../src/chain/submit.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { exampleBook } from "../support/desk.js";
import { LocalChain } from "../support/localChain.js";

/** Cents. */
const [TAKEN, ADDED] = [-1_000_00n, 2_000_000_00n];

describe("support on chain", () => {
  let chain: LocalChain;
  let account: string;
  before(async () => {
    chain = await LocalChain.start();
    await poke(chain.open, chain.transactionsOf(chain.keeper));
    account = await chain.attest(exampleBook("cash-and-carry"));
  });
  after(() => chain?.close());

  const transactions = () => chain.transactionsOf(chain.keeper, memoryJournal());
  const status = () => accountStatus(chain.open, account);
  const requireMargin = (theta: number, support: bigint) =>
    chain.open.contracts.marginGate["requireMargin(bytes32,uint256,int256)"](account, BigInt(theta), support);

  // shows: A64
  it("with dollars added leaves an account as it is, and is read by who adds them", async () => {
    const added = await chain.proofOf(account, { support: ADDED });
    assert.equal((await submit(chain.open, transactions(), added)).outcome, "accepted");
    assert.deepEqual(await submit(chain.open, transactions(), added), { outcome: "already", receipt: null });
    const { status: now, claim, supports } = await status();
    assert.deepEqual([now, claim, supports.taken], ["unknown", null, null]);
    const { number } = await chain.open.contracts.marketLedger.latestRound();
    assert.deepEqual(
      [supports.added?.support, supports.added?.holds, supports.added?.theta, supports.added?.round],
      [ADDED, true, 10_000, number],
    );
    await requireMargin(10_000, ADDED);
    await assertChainFails(
      submit(chain.open, transactions(), { ...added, claim: { ...added.claim, support: ADDED - 1n } }),
      refusal("ProofRejected"),
    );
    await assert.rejects(requireMargin(10_000, ADDED - 1n), /SupportNotProven/);
    await assert.rejects(requireMargin(10_000, 0n), /NotHealthy/);
  });

  it("with dollars taken makes it healthy, and says how much more it may owe", async () => {
    const [taken, plain] = [
      await chain.proofOf(account, { support: TAKEN }),
      await chain.proofOf(account, { theta: 10_000 }),
    ];
    const { results } = await submitBatch(chain.open, transactions(), [taken]);
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ["accepted"],
    );
    const { status: now, claim, supports } = await status();
    assert.deepEqual([now, claim?.theta, supports.taken?.support], ["healthy", 10_000, TAKEN]);
    await requireMargin(10_000, TAKEN);
    await assert.rejects(requireMargin(10_000, TAKEN - 1n), /SupportNotProven/);
    // The plain claim says no more than the gate has.
    assert.equal((await submit(chain.open, transactions(), plain)).outcome, "already");
    const more = { ...taken, claim: { ...taken.claim, support: TAKEN - 1n } };
    await assertChainFails(submit(chain.open, transactions(), more), refusal("ProofRejected"));
  });

  it("ends with the book, though the account is proven again", async () => {
    await chain.pass(1);
    await chain.attest(exampleBook("cash-and-carry", { sequence: 9 }));
    const lapsed = (await status()).supports;
    assert.deepEqual([lapsed.taken?.holds, lapsed.added?.holds], [false, false]);
    const again = await chain.proofOf(account);
    await submit(chain.open, transactions(), again);
    const { status: now, supports } = await status();
    assert.deepEqual([now, supports.taken?.holds, supports.taken?.support], ["healthy", false, TAKEN]);
    await assert.rejects(requireMargin(10_000, TAKEN), /SupportNotProven/);
    await requireMargin(10_000, 0n);
  });
});
