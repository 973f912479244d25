import { type JsonRpcProvider, Transaction, type TransactionRequest } from "ethers";
import { FeeCapError } from "../../errors.js";
import type { Connection } from "../connection.js";
import type { TransactionSigner } from "../externalSigner.js";
import type { Attempt, JournalEntry } from "../journal.js";
import { asChainError } from "./revert.js";
import { aboveCap, askedFees, bumpedFees, cappedFees, type Submission } from "./submission.js";

/** An estimate is of this state; the one it is mined in may cost more. */
const GAS_MARGIN = { times: 5n, over: 4n };

/** Makes signed transactions of one account: with gas as the node estimates it, and fees as the chain asks, below a cap. Sends none. */
export class Attempts {
  readonly #provider: JsonRpcProvider;
  readonly #chainId: bigint;
  readonly #signer: TransactionSigner;
  readonly #feeCap: bigint;

  /** @param feeCap wei a gas */
  constructor({ provider, chainId }: Connection, signer: TransactionSigner, feeCap: bigint) {
    this.#provider = provider;
    this.#chainId = chainId;
    this.#signer = signer;
    this.#feeCap = feeCap;
  }

  get sender(): string {
    return this.#signer.address;
  }

  /** The transaction of a submission, but for its nonce. @throws RevertedError if the contract refuses, FeeCapError */
  async prepare({ key, to, data }: Submission): Promise<TransactionRequest> {
    const [feeCap, chainId] = [this.#feeCap, this.#chainId];
    try {
      const gas = await this.#provider.estimateGas({ from: this.sender, to, data });
      const asked = await askedFees(this.#provider);
      if (asked.least > feeCap)
        throw new FeeCapError(
          `${key}: ${aboveCap(asked.least, feeCap)}; nothing was sent: wait, or allow more`,
        );
      const gasLimit = (gas * GAS_MARGIN.times) / GAS_MARGIN.over;
      return { type: 2, chainId, to, data, gasLimit, ...cappedFees(asked, feeCap) };
    } catch (error) {
      throw asChainError(error, key);
    }
  }

  async sign(transaction: TransactionRequest): Promise<Attempt> {
    const raw = await this.#signer.signTransaction(transaction);
    return { raw, hash: Transaction.from(raw).hash ?? "" };
  }

  /** What uses up a nonce: nothing, sent to the sender itself. */
  async filler(nonce: number): Promise<Attempt> {
    const fees = cappedFees(await askedFees(this.#provider), this.#feeCap);
    const [chainId, to] = [this.#chainId, this.sender];
    return this.sign({ type: 2, chainId, to, gasLimit: 21_000n, nonce, ...fees });
  }

  /**
   * The newest attempt again for more; null if the cap allows no more.
   * @throws FeeCapError if the chain takes nothing for so little
   */
  async dearer({ key, nonce: known, attempts }: JournalEntry): Promise<Attempt | null> {
    const last = Transaction.from(attempts.at(-1)?.raw ?? "0x");
    const paid = {
      maxFeePerGas: last.maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: last.maxPriorityFeePerGas ?? 0n,
    };
    const asked = await askedFees(this.#provider);
    if (asked.least > this.#feeCap)
      throw new FeeCapError(
        `${key}: ${aboveCap(asked.least, this.#feeCap)}; it is signed for less: run again to carry on with nonce ${known}, or allow more`,
      );
    const fees = bumpedFees(paid, asked, this.#feeCap);
    if (fees === null) return null;
    const { type, chainId, to, data, gasLimit, nonce } = last;
    return this.sign({ type, chainId, to, data, gasLimit, nonce, ...fees });
  }
}
