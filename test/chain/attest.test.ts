import assert from "node:assert/strict";
import { Interface, recoverAddress, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { accountId, openAccount, relayBook, signBook, subaccountId } from "../../src/chain/attest.js";
import { bookRegistry } from "../../src/chain/generated/BookRegistry.js";
import {
  FormatError,
  type InputError,
  MissingFieldError,
  OutOfRangeError,
  UnknownFieldError,
} from "../../src/errors.js";
import { type AttestedTerms, bookDigest } from "../../src/protocol/attestation.js";
import { shocksHash } from "../../src/protocol/profileWords.js";
import { parseAttestation, type SignedBook, serialiseAttestation } from "../../src/prove/attestation.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { assertFails } from "../support/failure.js";
import { LocalChain } from "../support/localChain.js";
import { compileSolidity, createContract } from "../support/solidity.js";

const WALLET = compileSolidity("test/contracts/support/Wallet.sol");
const REGISTRY = new Interface(bookRegistry.abi);

const hexOf = (digest: Uint8Array) => `0x${Buffer.from(digest).toString("hex")}`;

describe("chain/attest", () => {
  let chain: LocalChain;
  let account: string;
  let contract: string;
  let where: Parameters<typeof signBook>[1];
  /** Signs for the contract. */
  const signer = new Wallet(ANVIL_KEYS[4]);
  const outsider = new Wallet(ANVIL_KEYS[3]);
  let commitment = 1_000n;

  /** Commitment of a book that others have followed. */
  let past = 0n;
  const terms = async (sequence: bigint, change: Partial<AttestedTerms> = {}): Promise<AttestedTerms> => {
    const asOf = await chain.now();
    return { account, commitment: ++commitment, sequence, asOf, expiresAt: asOf + 3_600n, ...change };
  };
  const both = async (book: AttestedTerms, at = where): Promise<SignedBook[]> => [
    await signBook(chain.custodian, at, book),
    await signBook(signer, at, book, contract),
  ];
  const relay = (signed: readonly SignedBook[]) =>
    relayBook(chain.open, chain.transactionsOf(chain.keeper), signed);
  const newest = async () => (await chain.open.contracts.bookRegistry.bookOf(account)).sequence;

  before(async () => {
    chain = await LocalChain.start();
    contract = await createContract(chain.connection, chain.keeper, WALLET, [signer.address]);
    const registry = chain.open.addresses.bookRegistry;
    where = { chainId: chain.connection.chainId, registry, listing: chain.open.listing };
    account = await openAccount(chain.open, chain.transactionsOf(chain.institution), {
      name: "desk-1/cross",
      isolated: false,
      attesters: [chain.custodian.address, contract],
      threshold: 2,
    });
  });
  after(() => chain?.close());

  it("opens an account once, and under the name that the registry computes", async () => {
    assert.equal(account, accountId(chain.institution.address, "desk-1/cross"));
    const { bookRegistry: registry } = chain.open.contracts;
    assert.equal(await registry.accountId(chain.institution.address, subaccountId("desk-1/cross")), account);
    const again = {
      name: "desk-1/cross",
      isolated: false,
      attesters: [contract, chain.custodian.address],
      threshold: 2,
    };
    const reopen = (terms: typeof again) =>
      openAccount(chain.open, chain.transactionsOf(chain.institution), terms);
    assert.equal(await reopen(again), account);
    for (const change of [{ attesters: [contract], threshold: 1 }, { threshold: 1 }, { isolated: true }])
      await assertChainFails(reopen({ ...again, ...change }), refusal("AccountExists"));
    assert.deepEqual((await registry.attestersOf(account)).threshold, 2n);
    const none = { name: "other", isolated: false, attesters: [], threshold: 0 };
    await assert.rejects(
      openAccount(chain.open, chain.transactionsOf(chain.institution), none),
      OutOfRangeError,
    );
  });

  it("takes an EOA's and a contract's signature together, in whatever order they come", async () => {
    const book = await terms(1n);
    past = book.commitment;
    const [eoa, wallet] = await both(book);
    await assertChainFails(relay([eoa as SignedBook]), refusal("TooFewSignatures"));
    await relay([wallet as SignedBook, eoa as SignedBook]);
    assert.equal(await newest(), 1n);
    // Relayed again, by anybody: it is there.
    await relay([eoa as SignedBook, wallet as SignedBook]);
    const digest = await chain.open.contracts.bookRegistry.digestOf(account, book);
    assert.equal(recoverAddress(digest, eoa?.signature ?? ""), chain.custodian.address);
  });

  it("takes a book with a sleeve, as its attesters signed it and in no other way", async () => {
    const { bookRegistry: registry, marketLedger: ledger, riskProfile } = chain.open.contracts;
    const shocks = shocksHash(await riskProfile.profileWords(), chain.open.tier);
    assert.equal(await riskProfile.shocksHash(), shocks);
    const until = (await chain.now()) + 1_800n;
    const sleeve = { ledger: await ledger.origin(), pricedAt: 1n, band: 100n, until, shocks };
    const options = await openAccount(chain.open, chain.transactionsOf(chain.institution), {
      name: "options",
      isolated: false,
      attesters: [chain.custodian.address],
      threshold: 1,
    });
    const plain = await terms(1n, { account: options });
    const book = { ...plain, sleeve };
    const { account: _, ...attested } = plain;
    assert.equal(await registry.sleevedDigestOf(options, attested, sleeve), hexOf(bookDigest(book, where)));
    // Neither without its sleeve nor with another band.
    const changed = [plain, { ...plain, sleeve: { ...sleeve, band: 200n } }];
    for (const other of changed)
      assert.notEqual(hexOf(bookDigest(other, where)), hexOf(bookDigest(book, where)));
    await relay([await signBook(chain.custodian, where, book)]);
    const said = await registry.sleeveOf(options);
    assert.deepEqual([said.sequence, said.voidedAt], [1n, 0n]);
    const { ledger: of, pricedAt, band } = said.terms;
    assert.deepEqual([of, pricedAt, band, said.terms.until, said.terms.shocks], Object.values(sleeve));
  });

  it("takes a contract's signature only while its owner's key gives it", async () => {
    const book = await terms(2n);
    const signed = await both(book);
    const transactions = chain.transactionsOf(chain.keeper);
    const owned = (owner: Wallet, key: string) =>
      transactions.send({
        key,
        to: contract,
        data: WALLET.abi.encodeFunctionData("setOwner", [owner.address]),
      });
    await owned(outsider, "away");
    await assertChainFails(relay(signed), refusal("SignatureInvalid"));
    await owned(signer, "back");
    await relay(signed);
    assert.equal(await newest(), 2n);
  });

  // shows: A5
  it("refuses, before sending, signatures of another chain, registry or book", async () => {
    const book = await terms(3n);
    const elsewhere = await both(book, { ...where, chainId: 1n });
    const registry = chain.open.addresses.marginGate;
    const cases: [string, string, readonly SignedBook[]][] = [
      ["attestations[0].chainId", "expected 31337, got 1", elsewhere],
      ["attestations[0].registry", `got ${registry}`, await both(book, { ...where, registry })],
      [
        "attestations[1].sequence",
        "expected 3, got 4",
        [...(await both(book)).slice(0, 1), ...(await both({ ...book, sequence: 4n })).slice(1)],
      ],
      ["attestations", "got none", []],
    ];
    for (const [path, text, signed] of cases)
      await assert.rejects(relay(signed), (error: InputError) => {
        assert.equal(error.constructor, FormatError);
        assert.equal(error.path, path);
        assert.ok(error.message.includes(text), error.message);
        return true;
      });
    // And the registry refuses them where somebody says that they are of here.
    const forged = elsewhere.map((signed) => ({ ...signed, chainId: where.chainId }));
    await assertChainFails(relay(forged), refusal("SignatureInvalid"));
  });

  it("names what the registry refuses of a book", async () => {
    const most = BigInt(chain.plan.profile.bookMaxAge);
    const fifth = await terms(5n);
    await relay(await both(fifth));
    await chain.pass(100);
    const now = await chain.now();
    const cases: [string, Partial<AttestedTerms>][] = [
      ["SequenceNotNewer", { sequence: 5n }],
      ["SequenceNotNewer", { sequence: 1n }],
      ["SequenceTooLarge", { sequence: 1n << 40n }],
      ["BookExpired", { asOf: fifth.asOf, expiresAt: now - 1n }],
      ["BookLivesTooLong", { asOf: now, expiresAt: now + most + 1n }],
      ["AsOfInFuture", { asOf: now + 10_000n, expiresAt: now + 10_001n }],
      ["AsOfBeforeLast", { asOf: 1n, expiresAt: now + 100n }],
      ["CommitmentUsed", { commitment: past }],
    ];
    for (const [reason, change] of cases)
      await assertChainFails(relay(await both(await terms(6n, change))), refusal(reason));
    // The standing one may be signed again by those who signed it: a renewal.
    await relay(await both(await terms(6n, { commitment: fifth.commitment })));
    assert.equal(await newest(), 6n);
    const stranger = await signBook(outsider, where, await terms(7n));
    const known = await signBook(chain.custodian, where, { ...stranger });
    await assertChainFails(relay([known, stranger]), refusal("AttesterUnknown"));
    await assert.rejects(relay([known, known]), FormatError);
  });

  // shows: A8
  it("refuses a revoked attester, and the book that it had signed", async () => {
    const signed = await both(await terms(7n));
    const transactions = chain.transactionsOf(chain.institution);
    const data = REGISTRY.encodeFunctionData("revokeAttester", [account, contract]);
    await transactions.send({ key: "revoke", to: chain.open.addresses.bookRegistry, data });
    assert.equal(await chain.open.contracts.bookRegistry.bookIsLive(account), false);
    await assertChainFails(relay(signed), refusal("AttesterUnknown"));
    await assertChainFails(relay(signed.slice(0, 1)), refusal("TooFewSignatures"));
  });

  it("survives its file, and names what is wrong with one", async () => {
    const [signed] = await both(await terms(9n));
    const text = serialiseAttestation(signed as SignedBook);
    assert.deepEqual(parseAttestation(text), signed);
    const changed = (change: object) => JSON.stringify({ ...JSON.parse(text), ...change });
    const cases: [Parameters<typeof assertFails>[1], string, object][] = [
      [FormatError, "attestation.format", { format: "zkmargin/attestation@4" }],
      [MissingFieldError, "attestation.attester", { attester: undefined }],
      [UnknownFieldError, "attestation.more", { more: 1 }],
      [FormatError, "attestation.account", { account: account.slice(0, 64) }],
      [FormatError, "attestation.registry", { registry: "0x12" }],
      [FormatError, "attestation.signature", { signature: "0xabc" }],
      [FormatError, "attestation.sequence", { sequence: 9 }],
      [FormatError, "attestation.commitment", { commitment: "0x9" }],
    ];
    for (const [Class, path, change] of cases)
      assertFails(() => parseAttestation(changed(change)), Class, path);
  });
});
