import assert from "node:assert/strict";
import { type BatchItem, BatchVerifier } from "../../src/groth16/batchVerifier.js";
import { Groth16Verifier } from "../../src/groth16/verifier.js";
import { denseMarket } from "../../src/market/file.js";
import { FIELD_Q, FIELD_R } from "../../src/protocol/bounds.js";
import { packClaim } from "../../src/protocol/claim.js";
import { listingDigest } from "../../src/protocol/listing.js";
import { ACCOUNT_SIGNALS, publicSignals } from "../../src/protocol/signals.js";
import { ProvingSession } from "../../src/prove/session.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";

describe("a batch of proofs", () => {
  const items: BatchItem[] = [];
  let batch: BatchVerifier;
  let single: Groth16Verifier;
  let signals: bigint[];

  before(async () => {
    const artefacts = await defaultArtefacts();
    batch = new BatchVerifier(artefacts.verificationKey);
    single = new Groth16Verifier(artefacts.verificationKey);
    const session = await ProvingSession.open(artefacts);
    for (const date of ["2021-05-17", "2021-05-18"]) {
      const market = marketOn(date);
      const opening = exampleBook("cash-and-carry");
      for (const envelope of [0, 50]) {
        const bundle = await session.prove({ opening, market, theta: 10_000, envelope });
        signals = publicSignals({
          commitment: bundle.commitment,
          claim: bundle.claim,
          listing: listingDigest(market.listing),
          market: denseMarket(market, artefacts.tier),
        });
        const folded = batch.refold(null, foldable(signals));
        items.push({ proof: bundle.proof, own: signals.slice(0, ACCOUNT_SIGNALS), folded });
      }
    }
    await session.close();
  });

  const foldable = (all: readonly bigint[]) =>
    all.map((value, i) => [i, value] as const).slice(ACCOUNT_SIGNALS);
  const edited = (at: number, edit: Partial<BatchItem>): BatchItem[] =>
    items.map((item, i) => (i === at ? { ...item, ...edit } : item));

  it("is valid if each of it is, of several markets", () => {
    assert.deepEqual(batch.invalid(items), []);
    assert.deepEqual(batch.invalid(items.slice(0, 1)), []);
    assert.deepEqual(batch.invalid([]), []);
  });

  it("names every culprit and nobody else", () => {
    const [commitment = 0n, claim = 0n] = items[2]?.own ?? [];
    assert.deepEqual(batch.invalid(edited(2, { own: [commitment + 1n, claim] })), [2]);
    assert.deepEqual(batch.invalid(edited(2, { own: [commitment, claim + 1n] })), [2]);
    assert.deepEqual(batch.invalid(edited(0, { folded: items[2]?.folded as BatchItem["folded"] })), [0]);
    const swapped = [items[1], items[0], items[2], items[3]].map((item, i) => ({
      ...(items[i] as BatchItem),
      proof: (item as BatchItem).proof,
    }));
    assert.deepEqual(batch.invalid(swapped), [0, 1]);
  });

  it("is not fooled by two errors that cancel each other", () => {
    // With all coefficients alike, moving C of one proof by a point and that of another by its negative would pass.
    const [x, y] = items[0]?.proof.pi_c ?? [];
    const [u, v] = items[1]?.proof.pi_c ?? [];
    const withC = (item: BatchItem | undefined, c: readonly (string | undefined)[]): BatchItem =>
      ({ ...item, proof: { ...item?.proof, pi_c: [...c, "1"] } }) as unknown as BatchItem;
    const pair = [withC(items[0], [u, v]), withC(items[1], [x, y])];
    assert.deepEqual(batch.invalid([...pair, ...items.slice(2)]), [0, 1]);
  });

  it("refuses words and points that are none", () => {
    const [commitment = 0n, claim = 0n] = items[1]?.own ?? [];
    assert.deepEqual(batch.invalid(edited(1, { own: [commitment + FIELD_R, claim] })), [1]);
    const proof = items[1]?.proof as BatchItem["proof"];
    const [x, y, z] = proof.pi_a;
    const beyond = (BigInt(x) + FIELD_Q).toString();
    assert.deepEqual(batch.invalid(edited(1, { proof: { ...proof, pi_a: [beyond, y, z] } })), [1]);
    assert.deepEqual(batch.invalid(edited(1, { proof: { ...proof, pi_a: ["0", "0", "1"] } })), [1]);
  });

  it("folds a change as all of it", () => {
    const changed = signals.map((value, i) => (i === 7 ? value + 5n : i === 9 ? value - 3n : value));
    const at = batch.refold(null, foldable(signals));
    const moved = batch.refold(at, [
      [7, 5n],
      [9, FIELD_R - 3n],
    ]);
    assert.deepEqual(moved, batch.refold(null, foldable(changed)));
    const last = items.at(-1) as BatchItem;
    single.verifyFolded(last.proof, last.own, single.fold(signals.slice(ACCOUNT_SIGNALS), ACCOUNT_SIGNALS));
  });
});
