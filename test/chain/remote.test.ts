import assert from "node:assert/strict";
import type { SignedBooks } from "../../src/chain/attester/signedBooks.js";
import { SigningReader } from "../../src/chain/attester/signingReader.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { erc20Mock } from "../../src/chain/generated/ERC20Mock.js";
import { allSaid, remoteStatus } from "../../src/chain/remote/said.js";
import { signRoot, storageProof } from "../../src/chain/remote/storageProof.js";
import { marketStatus } from "../../src/chain/status.js";
import { calling } from "../../src/chain/transactions/revert.js";
import { Vault } from "../../src/chain/vault.js";
import { vaultAccount } from "../../src/chain/vaultAccount.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { ASSET, FINALITY, MAX_AGE, RemoteChains, spot, WAIT } from "../support/remoteChains.js";

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
    // Somebody leaves a signature in the third attester's name; it holds up nobody.
    const [real, third] = [chains.signed.other.at(-1), chains.attesters[2]];
    if (real === undefined || third === undefined) throw new RangeError("nothing signed");
    chains.signed.other.push({ ...real, attester: third.address });
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
    // An attester's service is bound by the same figure, in quanta of its slot.
    const { open, key } = chains.home;
    const reader = new SigningReader({ open, key: key.key, signed: {} as SignedBooks });
    assert.deepEqual([...(await reader.remotes(account, await marketStatus(open)))], [[2, 100n * 10n ** 9n]]);
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

  // shows: A98
  it("learns nothing from a proof of another block, account, slot or value", async () => {
    const { pair, home } = chains;
    const side = pair.proofs.home;
    if (side === null) throw new TypeError("no storage proofs");
    const id = await chains.lock(account, ONE);
    await chains.pass(FINALITY);
    await chains.vouch("other");
    await chains.relayer({ acts: false }).look();
    await chains.pass(WAIT);
    const said = (await allSaid(pair)).find((each) => each.kind === "lock" && each.message.id === id);
    const root = chains.signed.other.at(-1);
    if (said === undefined || root === undefined) throw new RangeError("nothing said");
    const lock = String(pair.lock.target);
    const good = await storageProof(pair.connection, lock, said.digest, root.number);
    const tell = (proof: typeof good, { outbox = lock, digest = said.digest } = {}) =>
      calling("prove", () => side.source.prove.staticCall(outbox, digest, proof));
    const refused = async (proof: typeof good, of = {}) =>
      assert.rejects(tell(proof, of), { name: "RevertedError" });
    // Of another block, vouched for or not.
    const later = await storageProof(pair.connection, lock, said.digest, root.number + 1n);
    await refused(later);
    await refused({ ...good, header: later.header });
    await refused({ ...later, header: good.header });
    await refused({ ...good, header: `${good.header}00` });
    // Of another account, another message, one that was never said, and with nodes left out, doubled or changed.
    const token = await storageProof(pair.connection, chains.token.address, said.digest, root.number);
    await refused(token, { outbox: chains.token.address });
    await refused({ ...good, account: token.account });
    await refused(good, { outbox: chains.token.address });
    const unsaid = `0x${"12".repeat(32)}`;
    await refused(good, { digest: unsaid });
    await refused(await storageProof(pair.connection, lock, unsaid, root.number), { digest: unsaid });
    for (const part of ["account", "slot"] as const) {
      const nodes = good[part];
      for (let i = 0; i < nodes.length; i++) {
        await refused({ ...good, [part]: nodes.filter((_, j) => j !== i) });
        await refused({ ...good, [part]: [...nodes.slice(0, i + 1), ...nodes.slice(i)] });
        const node = nodes[i] ?? "";
        for (const at of [4, node.length >> 1, node.length - 2]) {
          const digit = node.at(at) === "0" ? "1" : "0";
          const other = node.slice(0, at) + digit + node.slice(at + 1);
          await refused({ ...good, [part]: nodes.map((each, j) => (j === i ? other : each)) });
        }
      }
    }
    await tell(good);
    await chains.relayer().look();
    assert.equal((await pair.collateral.lockOf(id)).used, true);
    assert.equal(
      await new Vault(home.open, home.transactionsOf(home.keeper)).settlement(),
      chains.home.plan.vault?.settlement,
    );
  });

  // shows: A90, A92
  it("holds each fact once, though relayers drop, repeat, delay and reorder", async () => {
    const { pair, home } = chains;
    const before = await pair.collateral.totalSupply();
    const [first, second] = [await chains.lock(account, ONE), await chains.lock(account, 2n * ONE)];
    await chains.pass(FINALITY);
    await chains.vouch("other");
    // One relayer hands the block in and is gone. Another proves, and drops the first message; a third finds it.
    await chains.relayer().look();
    await chains.pass(WAIT);
    await chains.relayer({ acts: false }).look();
    const said = (await allSaid(pair)).flatMap((each) => (each.kind === "lock" ? [each.message] : []));
    const [one, two] = [first, second].map((id) => said.find((message) => message.id === id));
    if (one === undefined || two === undefined) throw new RangeError("no locks");
    const keeper = chains.remoteOf(home.keeper);
    await keeper.credit(two);
    await Promise.all([chains.relayer().look(), keeper.credit(two)]);
    assert.equal(await keeper.credit(one), null);
    // Sent again by somebody who does not look first, it is refused.
    await assertChainFails(
      calling("credit", () => pair.collateral.credit.staticCall(one)),
      refusal("LockUsed"),
    );
    assert.equal((await pair.collateral.totalSupply()) - before, 3n * ONE);
    assert.deepEqual(await chains.relayer().look(), { proven: 0, acted: 0, refused: 0, left: 0 });
  });

  // shows: A89
  it("counts nothing that a re-organisation takes back before it is final", async () => {
    const { pair, connection } = chains;
    const [before, snapshot] = [
      await pair.collateral.totalSupply(),
      await connection.provider.send("evm_snapshot", []),
    ];
    const id = await chains.lock(account, 5n * ONE);
    const early = await connection.provider.getBlock("latest");
    if (early?.hash == null) throw new RangeError("no block");
    // Two attesters whose node is wrong about what is final sign the block of the lock.
    const to = pair.proofs.home?.roots.target;
    const domain = { chainId: 31_337n, verifyingContract: String(to), of: connection.chainId };
    const root = { number: BigInt(early.number), hash: early.hash };
    for (const wallet of chains.attesters.slice(0, 2))
      chains.signed.other.push(await signRoot(wallet, domain, root));
    assert.equal((await chains.relayer().look()).proven, 0);
    await connection.provider.send("evm_revert", [snapshot]);
    await chains.settle();
    assert.equal(await pair.collateral.totalSupply(), before);
    assert.equal((await pair.collateral.lockOf(id)).used, false);
    // The number is used again, by another lock, and that one counts.
    assert.equal(await chains.lock(account, ONE), id);
    await chains.settle();
    assert.equal(await pair.collateral.totalSupply(), before + ONE);
  });

  // shows: A91
  it("credits a chain that claims more than its cap up to the cap, and no more", async () => {
    const { pair } = chains;
    const cap = await pair.collateral.cap();
    const id = await chains.lock(account, cap);
    chains.happenings.length = 0;
    await chains.settle();
    assert.ok((await pair.collateral.totalSupply()) <= cap);
    const [refused] = chains.happenings.filter(({ event }) => event === "refused");
    assert.equal(refused?.event === "refused" && refused.reason, "CapExceeded");
    // The owner has it sent back.
    const said = (await allSaid(pair)).find((each) => each.kind === "lock" && each.message.id === id);
    if (said?.kind !== "lock") throw new RangeError("no lock");
    const { institution } = chains.home;
    const before = await heldBy(institution.address);
    await assertChainFails(chains.remoteOf(chains.home.keeper).decline(said.message), refusal("NotOwner"));
    await chains.remoteOf(institution).decline(said.message);
    await chains.settle();
    assert.equal(await heldBy(institution.address), before + cap);
  });

  // shows: A132
  it("carries no dust and no report without news, at its relayer's choice", async () => {
    const { pair, home } = chains;
    await chains.settle();
    const dust = await chains.lock(account, 5n);
    await chains.remoteOf(home.keeper).report();
    const careful = { least: 6n, reportEvery: BigInt(MAX_AGE / 2) };
    const states = async () =>
      (await allSaid(pair)).flatMap((each) => (each.state === "said" ? [each.kind] : [])).sort();
    assert.deepEqual(await states(), ["lock", "report"]);
    await chains.settle(careful);
    assert.deepEqual(await states(), ["lock", "report"]);
    assert.equal((await chains.relayer(careful).look()).left, 0);
    // Who wants them carried does it, and a report that says less than there are claims is news at once.
    const { connection } = chains;
    const held = await chains.token.balanceOf(String(pair.lock.target));
    const lock = String(pair.lock.target);
    await connection.provider.send("anvil_impersonateAccount", [lock]);
    await connection.provider.send("anvil_setBalance", [lock, "0x56bc75e2d63100000"]);
    const data = interfaceOf(erc20Mock).encodeFunctionData("transfer", [home.keeper.address, held]);
    await connection.provider.send("eth_sendTransaction", [{ from: lock, to: chains.token.address, data }]);
    await chains.remoteOf(home.keeper).report();
    await chains.settle(careful);
    assert.equal(await pair.collateral.isStale(), true);
    assert.deepEqual(await states(), ["lock"]);
    await chains.settle();
    assert.deepEqual([(await pair.collateral.lockOf(dust)).left, await states()], [5n, []]);
    // The tokens come back, and so does the word of them: a stale lock's report is news as well.
    await chains.mint(lock, held);
    await chains.remoteOf(home.keeper).report();
    await chains.settle(careful);
    assert.equal(await pair.collateral.isStale(), false);
  });

  // shows: A95
  it("counts nothing of a lock that is not heard of, until it reports", async () => {
    const { pair } = chains;
    const recorded = await pair.collateral.recordedBalance(account);
    assert.ok(recorded > 0n);
    await chains.pass(MAX_AGE + 1);
    assert.equal(await pair.collateral.recordedBalance(account), 0n);
    chains.happenings.length = 0;
    const relayer = chains.relayer({ reportEvery: BigInt(MAX_AGE / 2) });
    await relayer.look();
    await relayer.look();
    await chains.settle();
    assert.equal(await pair.collateral.recordedBalance(account), recorded);
    assert.deepEqual(
      chains.happenings
        .filter(({ event }) => event === "reported" || event === "noted")
        .map(({ event }) => event),
      ["reported", "noted"],
    );
  });
});
