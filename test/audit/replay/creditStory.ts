import { Anvil } from "../../../src/chain/anvil.js";
import { Credit, parseLineTerms } from "../../../src/chain/credit.js";
import { LogTape } from "../../../src/chain/eventLog/export.js";
import { poke } from "../../../src/chain/rounds.js";
import { submit } from "../../../src/chain/submit.js";
import { Vault } from "../../../src/chain/vault.js";
import { exampleBook } from "../../support/desk.js";
import { GENESIS, LocalChain } from "../../support/localChain.js";

const ONE = 10n ** 18n;
const DAY = 86_400;
const TERMS = {
  ...{ format: "zkmargin/credit-terms@1", limit: "100000", baseRate: 200, kinkRate: 800, fullRate: 5_000 },
  ...{ kink: 8_000, penaltyRate: 1_000, reserveRatio: 1_000, impairment: 5_000, batchPeriod: DAY },
  ...{ gracePeriod: 5 * DAY, noticePeriod: DAY, impairPeriod: DAY, curePeriod: 2 * DAY },
};

/**
 * The log of two credit lines of one account. The first lends, is short, is given notice, called, impaired and defaults; the
 * second lends and is repaid. The vault releases collateral in between. Proofs are simulated, and valid.
 */
export async function creditStory(): Promise<readonly string[]> {
  const chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), "2021-05-17", (plan) => {
    const { settlement = "", asset = "" } = plan.vault ?? {};
    return { ...plan, credit: { settlement, asset, covenantMargin: 11_000, horizon: 30 * DAY } };
  });
  try {
    const tape = await LogTape.start(chain.open);
    const { usdc } = await chain.mint(100_000n);
    // Each does its own: the owner, and two lenders.
    const [owner, lender, other] = [chain.institution, chain.custodian, chain.keeper].map(
      (wallet) => new Credit(chain.open, chain.transactionsOf(wallet)),
    ) as [Credit, Credit, Credit];
    const round = async (seconds = 1_000) => {
      await chain.pass(seconds);
      await chain.feeds.post(chain.closes);
      await poke(chain.open, chain.transactionsOf(chain.keeper));
      await tape.advance();
    };
    let sequence = 0;
    const prove = async (support: bigint) => {
      await round();
      const account = await chain.attest(exampleBook("cash-and-carry", { sequence: ++sequence }));
      const claim = await chain.proofOf(account, { theta: 11_000, envelope: 100, support });
      await submit(chain.open, chain.transactionsOf(chain.keeper), claim);
      await tape.advance();
      return account;
    };
    await round();
    const account = await prove(-3_000_00n);
    const terms = parseLineTerms(JSON.stringify({ ...TERMS, attester: chain.custodian.address }), 18);
    const first = (await owner.openLine(account, terms)).line ?? "";
    const second = (await owner.openLine(account, { ...terms, limit: 50_000n * ONE })).line ?? "";
    await lender.lend(first, 1_500n * ONE);
    await other.lend(first, 500n * ONE);
    await lender.lend(second, 1_000n * ONE);
    await owner.draw(first, 1_200n * ONE);
    await owner.draw(second, 400n * ONE);
    await tape.advance();
    const vault = new Vault(chain.open, chain.transactionsOf(chain.institution));
    await vault.deposit(account, usdc, 100n * ONE);
    await vault.requestWithdrawal(account, usdc, 40n * ONE);
    await prove(-3_000_00n);
    await vault.executeWithdrawal(account, usdc);
    // Less than a unit: its batch goes back.
    await lender.requestWithdrawal(second, 1n);
    await other.requestWithdrawal(first);
    await lender.requestWithdrawal(first, 300n * 10n ** 24n);
    await round(DAY);
    // The batch is paid as far as it goes.
    await other.claim(first, 0);
    await owner.repay(second);
    await owner.closeLine(second);
    await lender.requestWithdrawal(second);
    await round(DAY);
    await lender.claim(second, 0);
    await lender.claim(second, 1);
    await prove(0n);
    await other.step(first, "notice");
    await prove(-3_000_00n);
    await other.step(first, "withdraw-notice");
    await prove(0n);
    await other.step(first, "notice");
    for (let hours = 0; hours <= 24; hours += 1.5) await round(5_400);
    await other.step(first, "call");
    await round(DAY);
    await other.step(first, "impair");
    await lender.requestWithdrawal(first, 100n * 10n ** 24n);
    await round(DAY);
    await other.step(first, "default");
    await lender.claim(first, 1);
    await owner.repay(first, 200n * ONE);
    await round();
    return tape.text().trimEnd().split("\n");
  } finally {
    await chain.close();
  }
}
