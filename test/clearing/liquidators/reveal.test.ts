import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { KeyShare } from "../../../src/clearing/liquidators/dealing.js";
import { makePartial, type SealedAccount } from "../../../src/clearing/liquidators/partials.js";
import { encodeReveal, revealBook, serialiseReveal } from "../../../src/clearing/liquidators/reveal.js";
import { InvalidProofError, OutOfRangeError } from "../../../src/errors.js";
import { Groth16Verifier } from "../../../src/groth16/verifier.js";
import { bindWords } from "../../../src/protocol/boundWords.js";
import { scalarOf, sealBook } from "../../../src/protocol/sealedBook.js";
import { commitCleared, placeWord, revealWords, termsWord } from "../../../src/protocol/transition.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../../src/prove/clearing.js";
import { Random } from "../../support/cases.js";
import { randomOpening } from "../../support/clearing.js";
import { CHAIN, generated, seededBytes, type TestMember } from "../../support/liquidators.js";

const HOME = fileURLToPath(new URL("../../../build/keys", import.meta.url));

/** The keys are made here, on first use, and kept. */
describe("revealing a frozen book", () => {
  // shows: P63, P75
  it("takes the threshold of parts, and gives the proof that a verifier takes with its own words", async () => {
    const random = seededBytes(140);
    const { members } = await generated(5, 3, 140);
    const { key } = (members[0] as TestMember).share as KeyShare;
    const opening = randomOpening(new Random(141), 16);
    const place = {
      chainId: CHAIN,
      house: `0x${"33".repeat(20)}`,
      account: `0x${"ab".repeat(32)}`,
      sequence: 6n,
      listing: 4n,
    };
    const commitment = commitCleared(opening, place.listing);
    const account: SealedAccount = {
      ...place,
      commitment,
      sealed: sealBook(opening, key.key, scalarOf(99n)),
    };
    const parts = await Promise.all(
      [0, 2, 4].map((i) => {
        const { wallet, share } = members[i] as TestMember;
        return makePartial(wallet, share as KeyShare, account, random);
      }),
    );
    const artefacts = await clearingArtefacts(HOME, clearingCircuit("reveal", 16));
    const session = await ClearingSession.open(artefacts);
    const means = { session, assets: 16 };
    try {
      await assert.rejects(revealBook(key, account, parts.slice(1), means), OutOfRangeError);
      const revealed = await revealBook(key, account, parts, means);
      const { perp, basis } = opening;
      assert.deepEqual(revealed.book, { perp, basis });
      // The verifier's words, from what it knows itself.
      const terms = { place: placeWord(place), terms: termsWord(6n, 0n), listing: 4n };
      const { hash, challenge, sum } = bindWords(revealWords(terms, commitment, revealed.book));
      assert.equal(hash, revealed.hash);
      const verifier = new Groth16Verifier(artefacts.verificationKey);
      verifier.verify(revealed.proof, [hash, challenge, sum]);
      const lie = bindWords(revealWords(terms, commitment, { perp, basis: basis + 1n }));
      assert.throws(
        () => verifier.verify(revealed.proof, [lie.hash, lie.challenge, lie.sum]),
        InvalidProofError,
      );
      // account, basis, 16 quantities, hash and eight words of the proof.
      assert.equal((encodeReveal(revealed).length - 10) / 64, 1 + 1 + 16 + 1 + 8);
      const text = serialiseReveal(place, revealed);
      assert.ok(text.includes(String(basis)) && !text.includes(String(opening.salt)));
    } finally {
      await session.close();
    }
  });
});
