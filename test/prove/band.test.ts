import assert from "node:assert/strict";
import {
  FormatError,
  InvalidProofError,
  KeyMismatchError,
  MarketMismatchError,
  MissingFieldError,
  NotProvableError,
  OutOfRangeError,
  StatementMismatchError,
  UnknownFieldError,
} from "../../src/errors.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { type Band, isBand, parseBand, serialiseBand, verifyBand } from "../../src/prove/band.js";
import { type Bundle, serialiseBundle } from "../../src/prove/bundle.js";
import { type TrustedKey, verifyBundle } from "../../src/prove/bundleVerifier.js";
import { ProvingSession, proveBand } from "../../src/prove/session.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";

type ErrorClass = new (...args: never[]) => Error;

describe("a band", () => {
  const opening = exampleBook("cash-and-carry");
  const market = marketOn("2021-05-17");
  const otherMarket = marketOn("2021-05-16");
  const bounds = { above: 11_000, notAbove: 12_500 };
  let session: ProvingSession;
  let trusted: TrustedKey;
  let band: Band;
  let otherBook: Bundle;
  let otherDay: Bundle;
  before(async () => {
    session = await ProvingSession.open(await defaultArtefacts());
    trusted = await pinnedVerificationKey("16x16");
    band = await proveBand(session, { opening, market, bounds });
    const half = { theta: 65_535, healthy: false, includeMarket: false };
    otherBook = await session.prove({ ...half, opening: exampleBook("aave-borrower"), market });
    otherDay = await session.prove({ ...half, opening, market: otherMarket });
  });
  after(() => session.close());

  const fails = (wrong: Band, Class: ErrorClass, message: RegExp) => {
    const check = (action: () => unknown) =>
      assert.throws(action, (error: Error) => {
        assert.equal(error.constructor, Class, `${error.name}: ${error.message}`);
        assert.match(error.message, message);
        return true;
      });
    check(() => verifyBand({ band: wrong, trusted }));
    return check;
  };
  /** As {@link fails}, and so does its file, which cannot be written but by hand. */
  const failsWhole = (wrong: Band, Class: ErrorClass, message: RegExp) => {
    fails(wrong, Class, message)(() => serialiseBand(wrong));
  };

  it("comes back from its file, and says what its halves prove", () => {
    const text = serialiseBand(band);
    assert.ok(isBand(text));
    assert.deepEqual(parseBand(text), band);
    const verified = verifyBand({ band, trusted });
    assert.deepEqual(verified.band, { ...bounds, isolated: false });
    assert.equal(
      verified.words,
      "The health factor of the committed book is, at the prices of this market, above 1.1000 priced against the account, " +
        "and not above 1.2500 priced in its favour. The book is complete with respect to the registered attesters.",
    );
    assert.equal(verified.commitment, opening.commitment);
  });

  it("is two bundles, each of which stands by itself", () => {
    for (const bundle of [band.above, band.notAbove])
      assert.equal(verifyBundle({ bundle, market, trusted }).commitment, opening.commitment);
    assert.ok(!isBand(serialiseBundle(band.above)));
  });

  it("is proven in the narrowest of the grid where no bounds are given", async () => {
    const narrowest = await proveBand(session, { opening, market, includeMarket: false });
    assert.deepEqual([narrowest.above.claim.theta, narrowest.notAbove.claim.theta], [11_000, 12_500]);
    const { market: none, ...without } = narrowest;
    assert.equal(none, undefined);
    assert.throws(() => verifyBand({ band: without, trusted }), MissingFieldError);
    assert.equal(verifyBand({ band: without, market, trusted }).marketDigest, band.above.marketDigest);
    assert.throws(() => verifyBand({ band: without, market: otherMarket, trusted }), MarketMismatchError);
  });

  it("is not proven where it is not true, or has nothing in it", async () => {
    const prove = (above: number, notAbove: number) =>
      proveBand(session, { opening, market, bounds: { above, notAbove } });
    await assert.rejects(prove(12_500, 15_000), NotProvableError);
    await assert.rejects(prove(9_000, 10_000), NotProvableError);
    await assert.rejects(prove(11_000, 11_000), OutOfRangeError);
    await assert.rejects(prove(12_500, 11_000), OutOfRangeError);
  });

  // shows: A53
  it("is none of halves that are swapped, or claim something else", () => {
    const { above, notAbove } = band;
    failsWhole(
      { ...band, above: notAbove, notAbove: above },
      StatementMismatchError,
      /aboveProof.statement.healthy/,
    );
    failsWhole({ ...band, above: notAbove }, StatementMismatchError, /aboveProof.statement.healthy/);
    failsWhole({ ...band, notAbove: above }, StatementMismatchError, /notAboveProof.statement.healthy/);
    const edited = (bundle: Bundle, claim: Partial<Bundle["claim"]>) => ({
      ...bundle,
      claim: { ...bundle.claim, ...claim },
    });
    failsWhole({ ...band, above: edited(above, { envelope: 1 }) }, StatementMismatchError, /envelope/);
    failsWhole({ ...band, above: edited(above, { isolated: true }) }, StatementMismatchError, /isolated/);
    failsWhole({ ...band, above: edited(above, { theta: 12_500 }) }, OutOfRangeError, /statement.notAbove/);
    failsWhole({ ...band, above: edited(above, { theta: 12_501 }) }, OutOfRangeError, /statement.notAbove/);
    fails({ ...band, above: edited(above, { theta: 11_001 }) }, InvalidProofError, /./);
    fails({ ...band, notAbove: edited(notAbove, { theta: 12_499 }) }, InvalidProofError, /./);
  });

  // shows: A53
  it("is none of halves of two books, markets, tiers or keys", () => {
    const { notAbove } = band;
    failsWhole({ ...band, notAbove: otherBook }, StatementMismatchError, /notAboveProof.commitment/);
    failsWhole({ ...band, notAbove: otherDay }, MarketMismatchError, /notAboveProof.marketDigest/);
    failsWhole({ ...band, market: otherMarket }, MarketMismatchError, /notAboveProof.marketDigest/);
    const otherKey = { ...notAbove, verificationKeyHash: "0".repeat(64) };
    failsWhole({ ...band, notAbove: otherKey }, KeyMismatchError, /notAboveProof.verificationKeyHash/);
    // Each half proves another statement than the one it is dressed up as.
    fails({ ...band, notAbove: { ...otherBook, commitment: opening.commitment } }, InvalidProofError, /./);
    fails(
      { ...band, notAbove: { ...otherDay, marketDigest: notAbove.marketDigest } },
      InvalidProofError,
      /./,
    );
    fails({ ...band, notAbove: { ...notAbove, proof: band.above.proof } }, InvalidProofError, /./);
  });

  // shows: A53
  it("is not read from a file that was edited", () => {
    const text = serialiseBand(band);
    const cases: [string, string, ErrorClass][] = [
      ["above 1.1000 priced", "above 1.2000 priced", StatementMismatchError],
      ['"above": 11000', '"above": 11001', StatementMismatchError],
      ['"notAbove": 12500', '"notAbove": 12000', StatementMismatchError],
      ['"isolated": false', '"isolated": true', StatementMismatchError],
      ["zkmargin/band@1", "zkmargin/bundle@1", FormatError],
      ['"aboveProof"', '"proof"', UnknownFieldError],
    ];
    for (const [from, to, Class] of cases)
      assert.throws(
        () => parseBand(text.replace(from, to)),
        (error: Error) => error.constructor === Class,
        `${from} as ${to}`,
      );
    const twice = JSON.parse(text);
    twice.aboveProof.market = twice.market;
    assert.throws(() => parseBand(JSON.stringify(twice)), StatementMismatchError);
  });
});
