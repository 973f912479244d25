import assert from "node:assert/strict";
import { TypedDataEncoder, toBeHex, Wallet } from "ethers";
import { signBook } from "../../src/chain/attest.js";
import { AttestationMismatchError, InvalidAttestationError } from "../../src/errors.js";
import { BOOK_TYPES, bookDigest, signingDomain } from "../../src/protocol/attestation.js";
import { DEFAULT_LISTING, listingDigest } from "../../src/protocol/listing.js";
import { attestationWords, isExpiredAt, verifyAttestation } from "../../src/prove/attestation.js";
import { agoText } from "../../src/prove/statementWords.js";

const BOOK = {
  account: `0x${"11".repeat(32)}`,
  commitment: 12_345n,
  sequence: 3n,
  asOf: 1_621_209_600n,
  expiresAt: 1_621_296_000n,
};
const PLACE = { chainId: 8453n, registry: `0x${"22".repeat(20)}`, listing: DEFAULT_LISTING };

describe("an attestation that is verified off line", () => {
  const wallet = Wallet.createRandom();
  const signed = () => signBook(new Wallet(wallet.privateKey), PLACE, BOOK);

  it("hashes as EIP-712 does", () => {
    const message = { ...BOOK, listing: toBeHex(listingDigest(DEFAULT_LISTING), 32) };
    assert.equal(
      `0x${Buffer.from(bookDigest(BOOK, PLACE)).toString("hex")}`,
      TypedDataEncoder.hash(signingDomain(PLACE), BOOK_TYPES, message),
    );
  });

  it("says who signed, for which account, registry and chain, and until when", async () => {
    const one = verifyAttestation(await signed(), BOOK.commitment, DEFAULT_LISTING);
    assert.equal(
      attestationWords(one, 1_621_209_600),
      `Signed by ${wallet.address} for account ${BOOK.account} in registry ${PLACE.registry} on chain 8453: book 3, dated ` +
        "2021-05-17 00:00 UTC; it counts until 2021-05-18 00:00 UTC, in 1 day.",
    );
    assert.match(
      attestationWords(one, 1_621_296_000),
      /; EXPIRED: it counted until 2021-05-18 00:00 UTC, now\.$/,
    );
    assert.deepEqual([isExpiredAt(one, 1_621_295_999), isExpiredAt(one, 1_621_296_000)], [false, true]);
    assert.match(
      attestationWords({ ...one, expiresAt: 2n ** 64n }, 0),
      /until 18446744073709551616 seconds after 1970/,
    );
  });

  it("is refused for another book, and for whatever its attester did not sign", async () => {
    const one = await signed();
    assert.throws(() => verifyAttestation(one, 7n, DEFAULT_LISTING), AttestationMismatchError);
    const changes: object[] = [
      { account: `0x${"12".repeat(32)}` },
      { sequence: 4n },
      { asOf: one.asOf + 1n },
      { expiresAt: one.expiresAt + 1n },
      { expiresAt: -1n },
      { chainId: 1n },
      { registry: `0x${"23".repeat(20)}` },
      { attester: `0x${"33".repeat(20)}` },
      { signature: `0x${"44".repeat(65)}` },
      { signature: "0x1234" },
    ];
    for (const change of changes)
      assert.throws(
        () => verifyAttestation({ ...one, ...change }, BOOK.commitment, DEFAULT_LISTING),
        InvalidAttestationError,
        Object.keys(change).join(),
      );
    const shorter = DEFAULT_LISTING.slice(1);
    assert.throws(
      () => verifyAttestation(one, BOOK.commitment, shorter),
      /another listing, or the attester is a contract/,
    );
  });
});

describe("how long ago", () => {
  it("is told in the largest unit, rounded down", () => {
    const year = 31_557_600;
    const cases: [number, string][] = [
      [0, "now"],
      [1, "1 second ago"],
      [3_599, "59 minutes ago"],
      [86_400, "1 day ago"],
      [2 * 86_400 + 86_399, "2 days ago"],
      [5 * year + 200 * 86_400, "5 years ago"],
      [-86_400, "in 1 day"],
    ];
    for (const [distance, words] of cases)
      assert.equal(agoText(1_000_000_000, 1_000_000_000 + distance), words);
  });
});
