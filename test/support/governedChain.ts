import assert from "node:assert/strict";
import { Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { memoryJournal } from "../../src/chain/journal.js";
import type { ProposalTransaction } from "../../src/chain/proposal/file.js";
import { type Governance } from "../../src/chain/proposal/file.js";
import { governanceOf, liveProfile } from "../../src/chain/proposal/governance.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { RevertedError } from "../../src/errors.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { profileWords } from "../../src/protocol/profileWords.js";
import { LocalChain } from "./localChain.js";

export const DAY = 86_400n;

/** A local chain whose profile is to be changed, and those who may. */
export class GovernedChain {
  readonly governor = new Wallet(ANVIL_KEYS[4]);
  readonly guardian = new Wallet(ANVIL_KEYS[3]);
  #sent = 0;

  private constructor(
    readonly chain: LocalChain,
    readonly governance: Governance,
  ) {}

  static async start(): Promise<GovernedChain> {
    const chain = await LocalChain.start();
    return new GovernedChain(chain, await governanceOf(chain.open));
  }

  async live(): Promise<RiskProfile> {
    return (await liveProfile(this.chain.open)).profile;
  }

  words(profile: RiskProfile): bigint[] {
    return profileWords(profile, this.chain.open.tier);
  }

  /** What the contract holds. */
  async held(): Promise<bigint[]> {
    return [...(await this.chain.open.contracts.riskProfile.profileWords())];
  }

  async timing(expiresIn: bigint | null = null) {
    return { start: await this.chain.now(), lead: 600n, interval: DAY, expiresIn };
  }

  async send(wallet: Wallet, { to, data }: Pick<ProposalTransaction, "to" | "data">): Promise<void> {
    const transactions = new Transactions(this.chain.connection, wallet, memoryJournal());
    await transactions.send({ key: `proposal ${this.#sent++}`, to, data });
  }

  async refusedAs(wallet: Wallet, transaction: ProposalTransaction, reason: string): Promise<void> {
    await assert.rejects(this.send(wallet, transaction), (error) => {
      assert.ok(error instanceof RevertedError, String(error));
      assert.equal(error.reason, reason);
      return true;
    });
  }

  async waitUntil(time: bigint): Promise<void> {
    const now = await this.chain.now();
    if (time > now) await this.chain.pass(Number(time - now));
  }

  close(): Promise<void> {
    return this.chain.close();
  }
}
