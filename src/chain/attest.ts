import { AbiCoder, getAddress, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { checkAccountName } from "../book/bookFile.js";
import { FormatError, OutOfRangeError, RevertedError } from "../errors.js";
import {
  type AttestedTerms,
  attestedMessage,
  type SigningPlace,
  signingDomain,
} from "../protocol/attestation.js";
import { MOST_ATTESTERS } from "../protocol/bounds.js";
import { listingDigest } from "../protocol/listing.js";
import type { SignedBook } from "../prove/attestation.js";
import { interfaceOf } from "./binding.js";
import type { OpenDeployment } from "./deployment.js";
import type { TypedDataSigner } from "./externalSigner.js";
import { bookRegistry } from "./generated/BookRegistry.js";
import type { Transactions } from "./transactions/transactions.js";

const REGISTRY = interfaceOf(bookRegistry);

/** The chain's id of a sub-account, made from its name. */
export function subaccountId(name: string): string {
  return keccak256(toUtf8Bytes(name));
}

/**
 * The account of an owner's sub-account, as BookRegistry computes it.
 *
 * @example
 * ```ts
 * import { accountId } from "zkmargin/chain";
 *
 * console.log(accountId(`0x${"33".repeat(20)}`, "desk-1/cross").length); // 66
 * ```
 */
export function accountId(owner: string, name: string): string {
  return accountOf(owner, subaccountId(name));
}

/** The account of an owner's sub-account, by the hash of its name. */
export function accountOf(owner: string, subaccount: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [owner, subaccount]));
}

/**
 * The registry of a deployment.
 *
 * @example
 * ```ts
 * import { registryOf } from "zkmargin/chain";
 *
 * console.log(registryOf(open).chainId); // 31337n
 * ```
 */
export function registryOf({ connection, addresses, listing }: OpenDeployment): SigningPlace {
  return { chainId: connection.chainId, registry: addresses.bookRegistry, listing };
}

/**
 * Signs a book by EIP-712, off line.
 * @param attester who attests: the wallet itself by default, or a contract that takes its signature (EIP-1271)
 *
 * @example
 * ```ts
 * import { accountId, ANVIL_KEYS, signBook, unlock } from "zkmargin/chain";
 * import { verifyAttestation } from "zkmargin/verify";
 *
 * const wallet = await unlock({ privateKey: ANVIL_KEYS[0], name: "custodian" });
 * const place = { chainId: 1n, registry: `0x${"22".repeat(20)}`, listing: market.listing };
 * const terms = { account: accountId(wallet.address, "desk-1/cross"), commitment: opening.commitment, sequence: 1n };
 * const signed = await signBook(wallet, place, { ...terms, asOf: 1_621_209_600n, expiresAt: 1_621_296_000n });
 * console.log(verifyAttestation(signed, opening.commitment, market.listing).attester === wallet.address); // true
 * ```
 */
export async function signBook(
  wallet: TypedDataSigner,
  { chainId, registry, listing }: SigningPlace,
  book: AttestedTerms,
  attester: string = wallet.address,
): Promise<SignedBook> {
  const { types, values } = attestedMessage(book, listing);
  const signature = await wallet.signTypedData(signingDomain({ chainId, registry }), types, values);
  return { ...book, chainId, registry, attester, signature };
}

/**
 * Calldata of `attest`, or of `attestWithSleeve`, of signatures of one book. The registry wants each attester once, in ascending
 * order.
 */
export function encodeAttest(
  { account, commitment, sequence, asOf, expiresAt, sleeve }: AttestedTerms,
  signed: readonly Pick<SignedBook, "attester" | "signature">[],
): string {
  const attestations = [...signed]
    .sort((a, b) => (BigInt(a.attester) < BigInt(b.attester) ? -1 : 1))
    .map(({ attester, signature }) => ({ attester, signature }));
  const book = { commitment, sequence, asOf, expiresAt };
  return sleeve === undefined
    ? REGISTRY.encodeFunctionData("attest", [account, book, attestations])
    : REGISTRY.encodeFunctionData("attestWithSleeve", [account, book, sleeve, attestations]);
}

/**
 * Submits attesters' signatures of one book to the chain. Anybody may call it.
 * @throws FormatError if they are not all of one book, of this registry and chain
 * @throws RevertedError and what Transactions.send throws
 *
 * @example
 * ```ts
 * import { openAccount, registryOf, relayBook, signBook } from "zkmargin/chain";
 * import { openBook } from "zkmargin/prove";
 *
 * const next = openBook({ ...book, account: "desk-8/cross" }, secret, market.listing, tier);
 * const terms = { name: next.account, isolated: false, attesters: [custodian.address], threshold: 1 };
 * const account = await openAccount(open, transactions, terms);
 * const asOf = BigInt((await open.connection.provider.getBlock("latest"))?.timestamp ?? 0);
 * const attested = { account, commitment: next.commitment, sequence: 1n, asOf, expiresAt: asOf + 86_400n };
 * await relayBook(open, transactions, [await signBook(custodian, registryOf(open), attested)]);
 * ```
 */
export async function relayBook(
  open: OpenDeployment,
  transactions: Transactions,
  signed: readonly SignedBook[],
): Promise<void> {
  const [first] = signed;
  if (first === undefined) throw new FormatError("attestations", "at least one signature", "none");
  const { account, commitment, sequence } = first;
  const registry = open.addresses.bookRegistry;
  const here = { ...first, chainId: open.connection.chainId, registry };
  signed.forEach((other, i) => {
    for (const field of ["account", "commitment", "sequence", "asOf", "expiresAt", "chainId"] as const)
      if (other[field] !== here[field])
        throw new FormatError(`attestations[${i}].${field}`, `${here[field]}`, `${other[field]}`);
    if (sleeveText(other) !== sleeveText(here))
      throw new FormatError(`attestations[${i}].sleeve`, "the sleeve of the first", "another, or none");
    if (getAddress(other.registry) !== getAddress(registry))
      throw new FormatError(`attestations[${i}].registry`, registry, other.registry);
  });
  const repeated = signed.findIndex(({ attester }, i) =>
    signed.slice(0, i).some((other) => getAddress(other.attester) === getAddress(attester)),
  );
  if (repeated !== -1)
    throw new FormatError(
      `attestations[${repeated}].attester`,
      "each attester once",
      `${signed[repeated]?.attester} again`,
    );
  await transactions.send({
    key: `attest ${registry} ${account} ${sequence} ${commitment}`,
    to: registry,
    data: encodeAttest(first, signed),
    isDone: async () => {
      const newest = await open.contracts.bookRegistry.bookOf(account);
      return newest.sequence === sequence && newest.commitment === commitment;
    },
  });
}

/**
 * Ends the sleeve of an account's newest book, as one of its signers or as the owner. Nothing is sent if it is void already.
 * @throws RevertedError (NoSleeve, NotOwnerOrAttester) and what Transactions.send throws
 *
 * @example
 * ```ts
 * import { voidSleeve } from "zkmargin/chain";
 *
 * const failed = await voidSleeve(open, transactions, `0x${"11".repeat(32)}`).catch((error) => error);
 * console.log(failed instanceof Error); // true
 * ```
 */
export async function voidSleeve(
  open: OpenDeployment,
  transactions: Transactions,
  account: string,
): Promise<void> {
  const registry = open.addresses.bookRegistry;
  const { sequence } = await open.contracts.bookRegistry.bookOf(account);
  await transactions.send({
    key: `void ${registry} ${account} ${sequence}`,
    to: registry,
    data: REGISTRY.encodeFunctionData("voidSleeve", [account]),
    isDone: async () => {
      const sleeve = await open.contracts.bookRegistry.sleeveOf(account);
      return sleeve.sequence === sequence && sequence !== 0n && sleeve.voidedAt !== 0n;
    },
  });
}

/** The terms of a book's sleeve as one text; empty without one. */
function sleeveText({ sleeve }: AttestedTerms): string {
  if (sleeve === undefined) return "";
  const { ledger, pricedAt, band, until, shocks } = sleeve;
  return [getAddress(ledger), pricedAt, band, until, shocks.toLowerCase()].join();
}

/** The terms on which an account is opened. */
export interface AccountTerms {
  readonly name: string;
  readonly isolated: boolean;
  readonly attesters: readonly string[];
  readonly threshold: number;
}

/**
 * Rejects terms that the registry would refuse, and names that it would take but no book could ever have.
 * @throws FormatError, OutOfRangeError naming the option
 */
export function checkAccountTerms({ name, attesters, threshold }: AccountTerms): void {
  checkAccountName(name, "--name");
  const size = attesters.length;
  if (size < 1 || size > MOST_ATTESTERS)
    throw new OutOfRangeError("--attester", `1 to ${MOST_ATTESTERS} of them`, String(size));
  const repeated = attesters.find((address, i) => {
    return attesters.slice(0, i).some((other) => getAddress(other) === getAddress(address));
  });
  if (repeated !== undefined) throw new FormatError("--attester", "each address once", `${repeated} again`);
  if (attesters.some((address) => BigInt(address) === 0n))
    throw new FormatError("--attester", "somebody's address", "the zero address");
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > size)
    throw new OutOfRangeError(
      "--threshold",
      `1 to ${size}, as many as there are attesters`,
      String(threshold),
    );
}

/**
 * Opens the sender's sub-account of that name. Returns its account, also if it was open already on the same terms.
 * @throws FormatError, OutOfRangeError as checkAccountTerms, before anything is sent
 * @throws RevertedError (AccountExists) if it is open on other terms
 *
 * @example
 * ```ts
 * import { accountId, openAccount } from "zkmargin/chain";
 *
 * const terms = { name: "desk-9/cross", isolated: false, attesters: [custodian.address], threshold: 1 };
 * console.log(await openAccount(open, transactions, terms) === accountId(transactions.sender, terms.name)); // true
 * ```
 */
export async function openAccount(
  open: OpenDeployment,
  transactions: Transactions,
  options: AccountTerms,
): Promise<string> {
  checkAccountTerms(options);
  const { name, isolated, attesters, threshold } = options;
  const account = accountId(transactions.sender, name);
  const registry = open.addresses.bookRegistry;
  await transactions.send({
    key: `open ${registry} ${account}`,
    to: registry,
    data: REGISTRY.encodeFunctionData("open", [subaccountId(name), isolated, attesters, threshold]),
    isDone: async () => BigInt(await open.contracts.bookRegistry.ownerOf(account)) !== 0n,
  });
  await checkTerms(open, account, options);
  return account;
}

async function checkTerms(
  { contracts }: OpenDeployment,
  account: string,
  { isolated, attesters, threshold }: AccountTerms,
): Promise<void> {
  const registry = contracts.bookRegistry;
  const [found, isIsolated] = [await registry.attestersOf(account), await registry.isIsolated(account)];
  const set = (addresses: readonly string[]) => addresses.map((address) => getAddress(address)).sort();
  const members = set([...found.attesters]);
  const same = members.join() === set(attesters).join() && Number(found.threshold) === threshold;
  if (same && isIsolated === isolated) return;
  throw new RevertedError(
    `open ${account}`,
    "AccountExists",
    `AccountExists: it is open already on other terms: ${isIsolated ? "isolated" : "cross"} margin, ${found.threshold} of ${members.join(", ")}`,
  );
}
