import {
  getAddress,
  hexlify,
  Signature,
  Transaction,
  type TransactionRequest,
  type TypedDataDomain,
  TypedDataEncoder,
  type TypedDataField,
  toUtf8Bytes,
  verifyMessage,
  verifyTypedData,
} from "ethers";
import { SignerError } from "../errors.js";
import { Endpoint, SYSTEM_CLOCK } from "./node/endpoint.js";

/** A key that signs transactions, wherever it is kept: a wallet of ethers, or {@link ExternalSigner}. */
export interface TransactionSigner {
  /** 0x and 40 hex digits, with its checksum. */
  readonly address: string;
  /** The signed transaction as it is sent: 0x and hex digits. */
  signTransaction(transaction: TransactionRequest): Promise<string>;
}

/** A key that signs structured data by EIP-712. */
export interface TypedDataSigner {
  readonly address: string;
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: Record<string, unknown>,
  ): Promise<string>;
}

/** A key that signs transactions, structured data and texts. */
export interface KeyHolder extends TransactionSigner, TypedDataSigner {
  /** Signs by EIP-191. */
  signMessage(text: string): Promise<string>;
}

/** Seconds that a signature may take: with a person or a device behind the signer. */
export const DEFAULT_SIGNER_TIMEOUT = 300;

/** How an external signer is asked. */
export interface ExternalSignerOptions {
  /** Of http or https. Errors name its host alone. */
  readonly url: string;
  /** Whose key signs. */
  readonly from: string;
  /** Seconds that one signature may take; {@link DEFAULT_SIGNER_TIMEOUT} by default. */
  readonly timeout?: number;
  /** Receives a line while a signature is waited for. */
  readonly tell?: (line: string) => void;
}

/** A method that some signers have, and its parameters there. */
type Request = readonly [method: string, params: readonly unknown[]];

/**
 * A key behind JSON-RPC: Clef, web3signer, or whatever else answers `eth_signTransaction`, with a KMS or a hardware wallet
 * behind it. It is not trusted: each signature must be of this address and of exactly what was asked for, or none is returned.
 *
 * @example
 * ```ts
 * import { ExternalSigner, memoryJournal, Transactions } from "zkmargin/chain";
 *
 * const signer = new ExternalSigner({ url: "http://127.0.0.1:8550", from: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8" });
 * const signed = new Transactions(open.connection, signer, memoryJournal()); // asks the signer for each signature
 * console.log(signed.sender); // 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
 * ```
 */
export class ExternalSigner implements KeyHolder {
  readonly address: string;
  readonly #endpoint: Endpoint;
  readonly #timeout: number;
  readonly #tell: (line: string) => void;

  /** @throws SignerError for a URL that is none of http or https */
  constructor({ url, from, timeout = DEFAULT_SIGNER_TIMEOUT, tell = () => {} }: ExternalSignerOptions) {
    if (!/^https?:\/\/[^\s/]/i.test(url) || !URL.canParse(url))
      throw new SignerError("--signer: expected a URL such as http://127.0.0.1:8550, got other text");
    this.#endpoint = new Endpoint(new URL(url));
    this.address = getAddress(from);
    this.#timeout = timeout;
    this.#tell = tell;
  }

  /** @throws SignerError if it does not answer, refuses, or signs anything else than this transaction */
  async signTransaction(transaction: TransactionRequest): Promise<string> {
    const { from: _, ...fields } = transaction;
    const wanted = Transaction.from(fields as Parameters<typeof Transaction.from>[0]);
    const params = [this.#asRpc(wanted)];
    const answer = await this.#ask("a transaction", [
      ["eth_signTransaction", params],
      // Clef's own interface calls it so.
      ["account_signTransaction", params],
    ]);
    const raw = typeof answer === "object" && answer !== null && "raw" in answer ? answer.raw : answer;
    return this.#checked(wanted, raw);
  }

  /** @throws SignerError as {@link signTransaction} */
  async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    message: Record<string, unknown>,
  ): Promise<string> {
    const payload = TypedDataEncoder.getPayload(domain, types, message);
    const text = JSON.stringify(payload);
    const answer = await this.#ask("an attestation", [
      ["eth_signTypedData_v4", [this.address, text]],
      ["eth_signTypedData", [this.address, text]],
      ["account_signTypedData", [this.address, payload]],
    ]);
    return this.#checkedSignature(answer, "this attestation", (signature) =>
      verifyTypedData(domain, types, message, signature),
    );
  }

  /** @throws SignerError as {@link signTransaction} */
  async signMessage(text: string): Promise<string> {
    const data = hexlify(toUtf8Bytes(text));
    const answer = await this.#ask("a text", [
      ["eth_sign", [this.address, data]],
      ["account_signData", ["text/plain", this.address, data]],
    ]);
    return this.#checkedSignature(answer, "this text", (signature) => verifyMessage(text, signature));
  }

  /** The fields as JSON-RPC has them: quantities without leading zeros. */
  #asRpc(wanted: Transaction): Record<string, unknown> {
    const quantity = (value: bigint | number) => `0x${BigInt(value).toString(16)}`;
    return {
      from: this.address,
      ...(wanted.to === null ? {} : { to: wanted.to }),
      gas: quantity(wanted.gasLimit),
      maxFeePerGas: quantity(wanted.maxFeePerGas ?? 0n),
      maxPriorityFeePerGas: quantity(wanted.maxPriorityFeePerGas ?? 0n),
      value: quantity(wanted.value),
      nonce: quantity(wanted.nonce),
      data: wanted.data,
      chainId: quantity(wanted.chainId),
    };
  }

  /** A signed transaction, if it is the wanted one, byte for byte, under this key. */
  #checked(wanted: Transaction, raw: unknown): string {
    let signed: Transaction | undefined;
    try {
      if (typeof raw === "string") signed = Transaction.from(raw);
    } catch {
      // Nothing that can be read is no transaction, whatever it is.
    }
    if (signed === undefined || signed.signature === null || typeof raw !== "string")
      throw this.#wrong("a signed transaction", "something else");
    for (const field of FIELDS) {
      const [expected, got] = [String(wanted[field] ?? "none"), String(signed[field] ?? "none")];
      if (expected.toLowerCase() !== got.toLowerCase())
        throw this.#wrong(`a transaction with ${WORDS[field] ?? field} ${short(expected)}`, short(got));
    }
    if (signed.unsignedSerialized !== wanted.unsignedSerialized || signed.serialized !== raw.toLowerCase())
      throw this.#wrong("the transaction that was asked for", "one with other fields");
    if (signed.from !== this.address)
      throw this.#wrong(`a signature of ${this.address}`, `one of ${signed.from ?? "nobody"}`);
    return signed.serialized;
  }

  #checkedSignature(answer: unknown, what: string, signerOf: (signature: string) => string): string {
    let signer: string | undefined;
    let signature = "";
    try {
      signature = Signature.from(answer as string).serialized;
      signer = signerOf(signature);
    } catch {
      // No signature: nobody's.
    }
    if (signer !== this.address)
      throw this.#wrong(`a signature of ${what} by ${this.address}`, signer ?? "something else");
    return signature;
  }

  #wrong(expected: string, got: string): SignerError {
    return new SignerError(
      `signer ${this.#endpoint.host}: expected ${expected}, got ${got}; nothing was sent: do not trust this signer until you know why`,
    );
  }

  /** The result of the first of these methods that the signer has. */
  async #ask(what: string, requests: readonly Request[]): Promise<unknown> {
    const { host } = this.#endpoint;
    for (const [i, [method, params]] of requests.entries()) {
      const [verdict] = await this.#endpoint.ask([{ id: i + 1, method, params }], {
        timeout: this.#timeout * 1_000,
        tell: () => this.#tell(`signer ${host}: waiting for it to sign ${what}`),
        clock: SYSTEM_CLOCK,
        signal: NEVER.signal,
      });
      if (verdict !== undefined && "result" in verdict) return verdict.result;
      const got =
        verdict === undefined
          ? "none"
          : "trouble" in verdict
            ? verdict.trouble.what
            : `"${verdict.refusal.message}" (code ${verdict.refusal.code})`;
      const isUnknown = UNKNOWN_METHOD.test(got);
      if (isUnknown && i + 1 < requests.length) continue;
      const names = requests.map(([name]) => name).join(" or ");
      throw new SignerError(
        `signer ${host}: expected it to sign ${what} (${isUnknown ? names : method}), got ${got}; nothing was sent: see to the signer, and run again`,
      );
    }
    throw new SignerError(`signer ${host}: expected a method to sign ${what}, got none`);
  }
}

/** Compared one by one before the whole, so that an error can name the field. */
const FIELDS = [
  "type",
  "chainId",
  "nonce",
  "to",
  "value",
  "data",
  "gasLimit",
  "maxFeePerGas",
  "maxPriorityFeePerGas",
] as const;
const WORDS: Partial<Record<(typeof FIELDS)[number], string>> = {
  chainId: "chain id",
  gasLimit: "gas limit",
};
const UNKNOWN_METHOD = /\(code -3260[14]\)|method .*(not (found|supported|available|exist)|does not exist)/i;
/** What no other event ends. */
const NEVER = new AbortController();

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 40)}… (${text.length} digits)` : text;
}
