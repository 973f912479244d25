import assert from "node:assert/strict";
import { Interface } from "ethers";
import { erc20Mock } from "../../src/chain/generated/index.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { submit } from "../../src/chain/submit.js";
import { tokenAt, Vault } from "../../src/chain/vault.js";
import { vaultAccount } from "../../src/chain/vaultAccount.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { exampleBook } from "../support/desk.js";
import { LocalChain } from "../support/localChain.js";

const ONE = 10n ** 18n;

describe("chain/vault", () => {
  let chain: LocalChain;
  let owner: Vault;
  let custodian: Vault;
  let keeper: Vault;
  let account: string;
  let usdc: string;
  let btc: string;
  const book = (sequence: number) => exampleBook("cash-and-carry", { sequence });
  const balance = (token: string, who: string) => tokenAt(chain.open, token).balanceOf(who);
  const prove = async (of: string, claim: Parameters<LocalChain["proofOf"]>[1], wallet = chain.keeper) =>
    submit(chain.open, chain.transactionsOf(wallet), await chain.proofOf(of, claim));

  before(async () => {
    chain = await LocalChain.start();
    const vaultOf = (wallet: LocalChain["keeper"]) => new Vault(chain.open, chain.transactionsOf(wallet));
    [owner, custodian, keeper] = [chain.institution, chain.custodian, chain.keeper].map(vaultOf) as [
      Vault,
      Vault,
      Vault,
    ];
    ({ usdc, btc } = await chain.mint(1_000n));
    await chain.move("2021-05-17", 10_000n);
    account = await chain.attest(book(1));
  });
  after(() => chain?.close());

  it("takes a deposit for exactly what it is allowed, and again what is deposited again", async () => {
    await owner.deposit(account, btc, 2n * ONE);
    await owner.deposit(account, btc, 2n * ONE);
    await owner.deposit(account, usdc, 500n * ONE);
    assert.equal(await balance(btc, chain.institution.address), 996n * ONE);
    assert.equal(await tokenAt(chain.open, btc).allowance(chain.institution.address, owner.address), 0n);
    const { balances, settlement, debt, creditor, liquidation, loanRequest } = await vaultAccount(
      chain.open,
      account,
    );
    assert.deepEqual(
      balances.map(({ symbol, balance: held, recorded }) => [symbol, held, recorded]),
      [
        ["USDC", 500n * ONE, 500n * ONE],
        ["BTC", 4n * ONE, 4n * ONE],
      ],
    );
    assert.deepEqual(settlement, { token: usdc, symbol: "USDC", decimals: 18 });
    assert.deepEqual([debt, creditor, liquidation, loanRequest], [0n, null, null, null]);
  });

  it("replaces an allowance that is too small, and names a token's refusal", async () => {
    const transactions = chain.transactionsOf(chain.keeper);
    const approve = new Interface(erc20Mock.abi).encodeFunctionData("approve", [owner.address, 5n]);
    await transactions.send({ key: "too little", to: btc, data: approve });
    await keeper.deposit(account, btc, ONE);
    assert.equal(await tokenAt(chain.open, btc).allowance(chain.keeper.address, owner.address), 0n);
    await assertChainFails(keeper.deposit(account, btc, 10_000n * ONE), {
      ...refusal("Error"),
      text: /ERC20: transfer amount exceeds balance/,
    });
    await assertChainFails(keeper.deposit(account, chain.open.addresses.marginGate, ONE), refusal(null));
  });

  it("finishes a deposit that was cut off, and makes none twice", async () => {
    const journal = memoryJournal();
    const { provider } = chain.connection;
    const patient = new Vault(chain.open, chain.transactionsOf(chain.institution, journal));
    await patient.deposit(account, btc, ONE);
    const before = await balance(btc, chain.institution.address);
    await provider.send("evm_setAutomine", [false]);
    try {
      const hasty = new Vault(chain.open, chain.transactionsOf(chain.institution, journal, { patience: 2 }));
      // The allowance waits, then the deposit: each run gets one step further.
      for (let step = 0; step < 2; step++) {
        await assert.rejects(hasty.deposit(account, btc, ONE), { name: "TransactionPendingError" });
        await provider.send("evm_mine", []);
      }
    } finally {
      await provider.send("evm_setAutomine", [true]);
    }
    await patient.deposit(account, btc, ONE);
    assert.equal(await balance(btc, chain.institution.address), before - ONE);
    await patient.deposit(account, btc, ONE);
    assert.equal(await balance(btc, chain.institution.address), before - 2n * ONE);
  });

  it("releases what was requested only by a later book that is proven at initial margin", async () => {
    await assertChainFails(keeper.requestWithdrawal(account, btc, ONE), refusal("NotOwner"));
    await assertChainFails(owner.executeWithdrawal(account, btc), refusal("NothingRequested"));
    await owner.requestWithdrawal(account, btc, 3n * ONE);
    assert.equal(await owner.requestWithdrawal(account, btc, 3n * ONE), null);
    await owner.cancelWithdrawal(account, btc);
    assert.equal(await owner.cancelWithdrawal(account, btc), null);
    await owner.requestWithdrawal(account, btc, ONE);
    const [, held] = (await vaultAccount(chain.open, account)).balances;
    assert.deepEqual([held?.withdrawal?.amount, (held?.balance ?? 0n) - (held?.recorded ?? 0n)], [ONE, ONE]);
    await prove(account, { theta: 11_000 });
    await assertChainFails(owner.executeWithdrawal(account, btc), refusal("BookTooEarly"));
    await chain.pass(60);
    await chain.attest(book(2));
    await prove(account, { theta: 10_500 });
    await assertChainFails(owner.executeWithdrawal(account, btc), refusal("MarginTooLow"));
    await prove(account, { theta: 11_000 });
    const before = await balance(btc, chain.deployer.address);
    await owner.executeWithdrawal(account, btc, chain.deployer.address);
    assert.equal(await balance(btc, chain.deployer.address), before + ONE);
  });

  it("lends what was requested, by the creditor, and takes repayments", async () => {
    await assertChainFails(owner.setCreditor(account, chain.keeper.address), refusal("NotAttester"));
    await owner.setCreditor(account, chain.custodian.address);
    assert.equal(await owner.setCreditor(account, chain.custodian.address), null);
    await owner.requestLoan(account, 100n * ONE);
    await owner.cancelLoan(account);
    await owner.requestLoan(account, 200n * ONE);
    await chain.pass(60);
    await chain.attest(book(3));
    await prove(account, { theta: 11_000 });
    await assertChainFails(keeper.lend(account, 200n * ONE), refusal("NotCreditor"));
    await assertChainFails(custodian.lend(account, 100n * ONE), refusal("AmountDiffers"));
    const before = await balance(usdc, chain.institution.address);
    await custodian.lend(account, 200n * ONE);
    assert.equal(await balance(usdc, chain.institution.address), before + 200n * ONE);
    await keeper.repay(account, 50n * ONE);
    const { debt, recordedDebt, creditor } = await vaultAccount(chain.open, account);
    assert.deepEqual([debt, recordedDebt, creditor], [150n * ONE, 150n * ONE, chain.custodian.address]);
    await custodian.claim();
    await assertChainFails(custodian.claim(), refusal("AmountZero"));
  });
});
