import assert from "node:assert/strict";
import { remoteStatus } from "../../src/chain/remote/said.js";
import { Vault } from "../../src/chain/vault.js";
import { vaultAccount } from "../../src/chain/vaultAccount.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { ASSET, FINALITY, RemoteChains, spot, WAIT } from "../support/remoteChains.js";

const ONE = 10n ** 18n;
const OWED = 60_000n * ONE;

describe("chain/remote", () => {
  let chains: RemoteChains;
  let account: string;
  let owner: Vault;
  let claims: string;
  const heldBy = (who: string) => chains.token.balanceOf(who);

  before(async () => {
    chains = await RemoteChains.start();
    const { home } = chains;
    owner = new Vault(home.open, home.transactionsOf(home.institution));
    claims = String(chains.pair.collateral.target);
    await home.mint(100_000n);
    await home.move("2021-05-17", 10_000n);
    account = await home.attest(chains.book(1, [spot("USDC", "1")]));
  });
  after(() => chains?.close());

  it("credits what is locked once it is final and vouched for, and no sooner", async () => {
    const { pair } = chains;
    assert.equal(await chains.lock(account, 100n * ONE), 1n);
    const relayer = chains.relayer();
    assert.deepEqual(await relayer.look(), { proven: 0, acted: 0, refused: 0, left: 1 });
    // One attester's word is not enough, and a block right after the lock is too early.
    await chains.pass(1);
    await chains.vouch("other");
    await relayer.look();
    await chains.pass(FINALITY);
    await chains.vouch("other", 1);
    assert.equal((await relayer.look()).proven, 0);
    await chains.vouch("other");
    await relayer.look();
    assert.deepEqual(
      chains.happenings.map(({ event }) => event),
      ["waits", "waits", "waits", "accepted", "waits"],
    );
    await chains.pass(WAIT);
    assert.deepEqual(await relayer.look(), { proven: 1, acted: 1, refused: 0, left: 0 });
    assert.equal(await pair.collateral.recordedBalance(account), 100n * ONE);
    const { balances } = await vaultAccount(chains.home.open, account);
    assert.deepEqual(balances.at(-1)?.symbol, ASSET);
    assert.equal(balances.at(-1)?.recorded, 100n * ONE);
    const { locks, credited, stale } = await remoteStatus(pair);
    assert.deepEqual([locks.map(({ state }) => state), credited, stale], [["credited"], 100n * ONE, false]);
    assert.deepEqual(await relayer.look(), { proven: 0, acted: 0, refused: 0, left: 0 });
  });

  it("lends against it, and lets it go only after the debt is repaid", async () => {
    const { home } = chains;
    const custodian = new Vault(home.open, home.transactionsOf(home.custodian));
    await owner.setCreditor(account, home.custodian.address);
    await owner.requestLoan(account, OWED);
    await chains.attestAndProve(2, [spot("USDC", "-60000"), spot("ETH", "100")]);
    await custodian.lend(account, OWED);
    // Without the lock the book would be worth nothing: nobody can prove that.
    await owner.requestWithdrawal(account, claims, 90n * ONE);
    assert.equal(await chains.pair.collateral.recordedBalance(account), 10n * ONE);
    await chains.pass(60);
    await home.attest(chains.book(3, [spot("USDC", "-60000"), spot("ETH", "10")]));
    await home.move("2021-05-17", 10_000n);
    await assert.rejects(home.proofOf(account, { theta: 11_000 }), /NotProvable|false|expected/);
    await assertChainFails(owner.executeWithdrawal(account, claims, claims), refusal("NotHealthy"));
    const remote = chains.remoteOf(home.institution);
    await assertChainFails(remote.release(account, ONE, home.institution.address), refusal("StillPledged"));
    await owner.repay(account, OWED);
    await chains.attestAndProve(4, [spot("ETH", "10")]);
    await assertChainFails(
      owner.executeWithdrawal(account, claims, home.institution.address),
      refusal("ClaimNotTransferable"),
    );
    await owner.executeWithdrawal(account, claims, claims);
    const to = home.deployer.address;
    const before = await heldBy(to);
    const messages = await remote.release(account, 90n * ONE, to);
    assert.deepEqual(messages, [{ id: 1n, number: 1n, to, amount: 90n * ONE }]);
    await chains.settle();
    assert.equal(await heldBy(to), before + 90n * ONE);
    const [message] = messages;
    if (message === undefined) throw new RangeError("no message");
    assert.equal(await remote.payOut(message), null);
    const { locks, locked, credited } = await remoteStatus(chains.pair);
    assert.deepEqual(
      [locks[0]?.leftAtHome, locks[0]?.leftAtLock, locked, credited],
      [10n * ONE, 10n * ONE, 10n * ONE, 10n * ONE],
    );
  });
});
