import { MaxUint256 } from "ethers";
import { vaultOf } from "../../src/chain/deployment.js";
import { erc20Mock, marginVault } from "../../src/chain/generated/index.js";
import { exampleBook } from "../../test/support/desk.js";
import { figure, type Section, shared } from "./figures.js";
import type { Mined } from "./localNode.js";
import type { Testbed } from "./testbed.js";

const UNIT = 10n ** 18n;
const MAINTENANCE = 10_000;

/** An owner, a lender who is its attester, and a bidder: from deposit to auction. */
export class VaultStory {
  readonly #bed: Testbed;
  readonly #vault: string;
  #sequence = 0;

  constructor(bed: Testbed) {
    this.#bed = bed;
    this.#vault = vaultOf(bed.open.deployment).address;
  }

  /** Deposits, withdraws, borrows and repays a little, in a market in which the account is well. */
  async measure(): Promise<Section> {
    const bed = this.#bed;
    const { institution, custodian, keeper } = bed;
    await this.#provide(this.#collateral, institution, 100n * UNIT);
    for (const payer of [institution, custodian.address, keeper.address])
      await this.#provide(this.#settlement, payer, 300_000n * UNIT);
    await bed.openAccount(this.#book(), [custodian.address]);

    const deposit = () => this.#call(institution, "deposit", this.#collateral, 10n * UNIT);
    const deposited = await deposit();
    const again = await deposit();
    const requested = await this.#call(institution, "requestWithdrawal", this.#collateral, UNIT);
    await this.#proveWell();
    const withdrawn = await this.#call(institution, "executeWithdrawal", this.#collateral, institution);
    await this.#call(institution, "setCreditor", custodian.address);
    const asked = await this.#call(institution, "requestLoan", 150_000n * UNIT);
    await this.#proveWell();
    const lent = await this.#call(custodian.address, "lend", 150_000n * UNIT);
    const repaid = await this.#call(institution, "repay", 10_000n * UNIT);
    return {
      "deposit, first of an account": figure(deposited),
      "deposit, later": figure(again),
      requestWithdrawal: figure(requested),
      executeWithdrawal: figure(withdrawn),
      requestLoan: figure(asked),
      lend: figure(lent),
      "repay, a part": figure(repaid),
    };
  }

  /** The attester proves the account not above maintenance, and its collateral is auctioned. */
  async measureLiquidation(): Promise<Section> {
    const bed = this.#bed;
    const opening = this.#book(-400_000);
    await bed.attest(opening);
    // Ill health is not proven at a round older than the book.
    await bed.poke();
    const { proven } = await bed.prove(opening, await bed.newestRound(), {
      theta: MAINTENANCE,
      healthy: false,
    });
    const submitted = await bed.submit(proven);
    const bidder = bed.keeper.address;
    const started = await this.#call(bidder, "startAuction", this.#collateral);
    const startedAt = BigInt(await bed.node.now());
    const take = (most: bigint) =>
      this.#call(bidder, "take", this.#collateral, startedAt, most, MaxUint256, bidder);
    const part = await take(UNIT / 10n);
    const rest = await take(100n * UNIT);
    const claimed = await bed.call(bed.custodian.address, this.#vault, marginVault, "claim", []);
    return {
      "submit, a proof of ill health": shared(submitted, 1, "gas"),
      startAuction: figure(started),
      "take, a part": figure(part),
      "take, what is left to raise": figure(rest),
      claim: figure(claimed),
    };
  }

  get #collateral(): string {
    return this.#bed.plan.vault?.collateral?.[0]?.token ?? "";
  }

  get #settlement(): string {
    return this.#bed.plan.vault?.settlement ?? "";
  }

  /** The next book: collateral, and a debt in dollars. */
  #book(debt = -150_000) {
    const positions = [
      { asset: "USDC", spot: String(debt), perp: "0" },
      { asset: "BTC", spot: "3", perp: "0" },
      { asset: "ETH", spot: "120", perp: "0" },
    ];
    return exampleBook("aave-borrower", { account: "borrower", sequence: ++this.#sequence, positions });
  }

  /** Has the next book attested, after what was requested, and proven at initial margin. */
  async #proveWell(): Promise<void> {
    const bed = this.#bed;
    const opening = this.#book();
    await bed.attest(opening);
    const theta = bed.plan.vault?.initialMargin ?? MAINTENANCE;
    const { proven } = await bed.prove(opening, await bed.newestRound(), { theta });
    await bed.submit(proven);
  }

  async #provide(token: string, to: string, amount: bigint): Promise<void> {
    const bed = this.#bed;
    await bed.call(bed.deployer, token, erc20Mock, "transfer", [to, amount]);
    await bed.call(to, token, erc20Mock, "approve", [this.#vault, MaxUint256]);
  }

  #call(from: string, name: string, ...args: readonly unknown[]): Promise<Mined> {
    const account = this.#bed.accountOf(exampleBook("aave-borrower", { account: "borrower" }));
    return this.#bed.call(from, this.#vault, marginVault, name, [account, ...args]);
  }
}
