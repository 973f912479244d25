import assert from "node:assert/strict";
import { accountStatus } from "../../src/chain/status.js";
import { submit } from "../../src/chain/submit.js";
import { tokenAt, Vault } from "../../src/chain/vault.js";
import { vaultAccount } from "../../src/chain/vaultAccount.js";
import { DeploymentMismatchError } from "../../src/errors.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { borrow, fallIll } from "../support/loan.js";
import { LocalChain } from "../support/localChain.js";

const ONE = 10n ** 18n;

/** A payment's shares under LOCAL_VAULT: the debt's part is rounded up, the keeper's fifth of the penalty down. */
function sharesOf(cost: bigint) {
  const repaid = (cost * 10_000n + 10_499n) / 10_500n;
  const incentive = (cost - repaid) / 5n;
  return { repaid, incentive, insured: cost - repaid - incentive };
}

describe("chain/vault, auctions", () => {
  let insured = 0n;
  let chain: LocalChain;
  let account: string;
  let usdc: string;
  let btc: string;
  const vaultOf = (wallet: LocalChain["keeper"]) => new Vault(chain.open, chain.transactionsOf(wallet));
  const balance = (token: string, who: string) => tokenAt(chain.open, token).balanceOf(who);
  /** What is being sold of the account. */
  const sold = async () => {
    const { balances, liquidation } = await vaultAccount(chain.open, account);
    const { auction, recorded } = balances.find(({ token }) => token === btc) ?? assert.fail("no BTC");
    return { auction, liquidation, recorded };
  };
  const status = async () => (await accountStatus(chain.open, account)).status;

  before(async () => {
    chain = await LocalChain.start();
    ({ usdc, btc } = await chain.mint(10n ** 6n));
    account = await borrow(chain, btc);
  });
  after(() => chain?.close());

  it("takes a proof of ill health from an attester, and from nobody else", async () => {
    await assertChainFails(vaultOf(chain.keeper).startAuction(account, btc), refusal("NotLiquidatable"));
    const ill = await fallIll(chain, account);
    await assertChainFails(
      submit(chain.open, chain.transactionsOf(chain.keeper), ill),
      refusal("NotAttester"),
    );
    assert.equal((await submit(chain.open, chain.transactionsOf(chain.custodian), ill)).outcome, "accepted");
    assert.equal((await submit(chain.open, chain.transactionsOf(chain.custodian), ill)).outcome, "already");
    assert.equal(await status(), "liquidatable");
    const { breachRound, callRound } = await accountStatus(chain.open, account);
    assert.deepEqual([breachRound, callRound], [ill.round, 0n]);
  });

  it("sells collateral for the debt and the penalty, and gives back the rest", async () => {
    const keeper = vaultOf(chain.keeper);
    await assertChainFails(keeper.take(account, btc, ONE), refusal("NoAuction"));
    await keeper.startAuction(account, btc);
    await assertChainFails(keeper.startAuction(account, btc), refusal("AuctionRunning"));
    await assertChainFails(keeper.closeAuction(account, btc), refusal("AuctionGoesOn"));
    const { auction, liquidation, recorded } = await sold();
    // Half of the debt and its penalty, as the breach was proven.
    assert.deepEqual([liquidation?.due, liquidation?.penalty], [31_500n * ONE, 500n]);
    assert.equal(auction?.left, 2n * ONE);
    assert.equal(recorded, 2n * ONE);
    assert.equal(auction?.over, false);
    await chain.pass(600);
    const before = await balance(usdc, chain.keeper.address);
    const some = await keeper.take(account, btc, ONE / 10n);
    assert.equal(some.amount, ONE / 10n);
    const most = (await sold()).auction?.left ?? 0n;
    await assertChainFails(keeper.take(account, btc, most, { mostCost: 1n }), refusal("CostTooHigh"));
    const rest = await keeper.take(account, btc, most, { to: chain.deployer.address });
    // All that was due, to less than what a unit of BTC costs.
    const raised = some.cost + rest.cost;
    assert.ok(raised <= 31_500n * ONE && 31_500n * ONE - raised <= rest.cost / rest.amount, String(raised));
    assert.equal(before - (await balance(usdc, chain.keeper.address)), raised);

    const left = await vaultAccount(chain.open, account);
    const [first, second] = [sharesOf(some.cost), sharesOf(rest.cost)];
    assert.deepEqual([left.debt, left.liquidation], [60_000n * ONE - first.repaid - second.repaid, null]);
    assert.equal(left.balances[1]?.auction, null);
    assert.equal(left.balances[1]?.balance, 2n * ONE - some.amount - rest.amount);
    insured = first.insured + second.insured;
    assert.equal(left.insurance, insured);
    await keeper.claim();
    const paid = before - (await balance(usdc, chain.keeper.address));
    assert.equal(paid, raised - first.incentive - second.incentive);
    await vaultOf(chain.custodian).claim();
    await assertChainFails(keeper.startAuction(account, btc), refusal("InRelief"));
  });

  it("closes an auction whose time is over, and covers a shortfall only without collateral", async () => {
    const keeper = vaultOf(chain.keeper);
    await chain.pass(3_600);
    await chain.move("2021-05-19", 8_000n);
    await assertChainFails(keeper.coverShortfall(account), refusal("CollateralLeft"));
    await keeper.startAuction(account, btc);
    await chain.pass(3_700);
    await chain.move("2021-05-19", 8_000n);
    const { auction } = await sold();
    assert.deepEqual([auction?.over, auction?.now], [true, null]);
    await assertChainFails(keeper.take(account, btc, ONE), refusal("AuctionOver"));
    await keeper.closeAuction(account, btc);
    assert.equal((await sold()).auction, null);
    await assertChainFails(keeper.closeAuction(account, btc), refusal("NoAuction"));
    const custodian = vaultOf(chain.custodian);
    await keeper.fundInsurance(chain.custodian.address, 500n * ONE);
    assert.equal((await vaultAccount(chain.open, account)).insurance, insured + 500n * ONE);
    await assertChainFails(custodian.withdrawInsurance(500n * ONE), refusal("DebtOutstanding"));
    await keeper.repay(account, 10n ** 6n * ONE);
    await custodian.withdrawInsurance(500n * ONE);
    assert.deepEqual((await vaultAccount(chain.open, account)).debt, 0n);
  });

  it("says so where a deployment has no vault", () => {
    const { marginVault: _, ...deployment } = chain.open.deployment;
    assert.throws(
      () => new Vault({ ...chain.open, deployment }, chain.transactionsOf(chain.keeper)),
      (error) =>
        error instanceof DeploymentMismatchError && /expected a marginVault, got none/.test(error.message),
    );
  });
});
