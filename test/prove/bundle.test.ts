import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CrossedPricesError,
  DuplicateFieldError,
  FormatError,
  InvalidProofError,
  KeyLineageError,
  KeyMismatchError,
  MalformedError,
  MarketMismatchError,
  MissingFieldError,
  OutOfRangeError,
  StatementMismatchError,
  TierMismatchError,
  UnknownFieldError,
} from "../../src/errors.js";
import { verificationKeyHash } from "../../src/groth16/verificationKey.js";
import { Groth16Verifier } from "../../src/groth16/verifier.js";
import { type MarketFile, marketDigest } from "../../src/market/file.js";
import { FIELD_Q, FIELD_R } from "../../src/protocol/bounds.js";
import { TIERS } from "../../src/protocol/tiers.js";
import type { Artefacts } from "../../src/prove/artefacts.js";
import { type Bundle, bundleToJson, parseBundle, serialiseBundle } from "../../src/prove/bundle.js";
import {
  BundleVerifier,
  exportForSnarkjs,
  type TrustedKey,
  tierOfBundle,
  trustedKeyOf,
  verifyBundle,
} from "../../src/prove/bundleVerifier.js";
import { ProvingSession } from "../../src/prove/session.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";
import { assertFails } from "../support/failure.js";

type ErrorClass = abstract new (...args: never[]) => Error;
const exactly = (Class: ErrorClass) => (error: Error) => {
  assert.equal(error.constructor, Class, String(error));
  return true;
};
const snarkjs = fileURLToPath(new URL("../../node_modules/snarkjs/build/cli.cjs", import.meta.url));

describe("bundle", () => {
  let artefacts: Artefacts;
  let trusted: TrustedKey;
  let session: ProvingSession;
  let market: MarketFile;
  let bundle: Bundle;
  let text: string;

  before(async () => {
    artefacts = await defaultArtefacts();
    trusted = trustedKeyOf(artefacts);
    session = await ProvingSession.open(artefacts);
    market = marketOn("2021-05-17");
    bundle = await session.prove({
      opening: exampleBook("cash-and-carry"),
      market,
      theta: 10_000,
      envelope: 100,
    });
    text = serialiseBundle(bundle);
  });
  after(() => session?.close());

  const verifyText = (edited: string, given?: MarketFile) =>
    verifyBundle({ bundle: parseBundle(edited), trusted, ...(given === undefined ? {} : { market: given }) });

  it("says what it claims, in words that end with what every claim rests on", () => {
    const { words, claim, commitment, key } = verifyText(text);
    assert.equal(
      words,
      "The health factor of the committed book is above 1.0000 at the prices of this market and at all prices " +
        "within 1.00% of them. The book is complete with respect to the registered attesters.",
    );
    assert.deepEqual(claim, { theta: 10_000, envelope: 100, healthy: true, isolated: false });
    assert.equal(commitment, exampleBook("cash-and-carry").commitment);
    assert.equal(key.kind, "development");
    assert.match(key.warning ?? "", /^development key: /);
    assert.match(text, /"warning": "development key: /);
  });

  // shows: P14
  it("comes back from its text as it was, and its text from it", () => {
    assert.deepEqual(parseBundle(text), bundle);
    assert.equal(serialiseBundle(parseBundle(text)), text);
    assert.equal(text, `${JSON.stringify(bundleToJson(bundle), null, 2)}\n`);
  });

  // shows: P25, A55, T19
  it("holds nothing of the book but the commitment", () => {
    const { book, salt, account } = exampleBook("cash-and-carry");
    const held = [...book.spot, ...book.perp, book.basis].filter((q) => q !== 0n);
    for (const secret of [...held.flatMap((q) => [q, -q]), salt, account])
      assert.ok(!text.includes(String(secret)));
  });

  it("verifies without its market where the verifier has it", async () => {
    const opening = exampleBook("cash-and-carry");
    const bare = await session.prove({ opening, market, theta: 9_000, includeMarket: false });
    const bareText = serialiseBundle(bare);
    assert.equal(bare.market, undefined);
    assert.ok(!("market" in parseBundle(bareText)));
    assert.equal(verifyText(bareText, market).claim.theta, 9_000);
    assert.throws(() => verifyText(bareText), exactly(MissingFieldError));
    assert.throws(() => verifyText(bareText, marketOn("2021-05-19")), exactly(MarketMismatchError));
  });

  // shows: A49
  it("is refused with another market than its own", () => {
    assert.throws(() => verifyText(text, marketOn("2021-05-19")), exactly(MarketMismatchError));
    const [price, ...prices] = market.prices;
    assert.ok(price);
    const edited = { ...market, prices: [{ ...price, low: price.low - 1n }, ...prices] };
    assert.throws(() => verifyText(text, edited), exactly(MarketMismatchError));
    const crossed = { ...market, prices: [{ ...price, low: price.high + 1n }, ...prices] };
    assert.throws(() => verifyText(text, crossed), exactly(CrossedPricesError));
    // Market and digest edited together: the proof is of another statement.
    const whole = serialiseBundle({ ...bundle, market: edited, marketDigest: marketDigest(edited) });
    assert.throws(() => verifyText(whole), exactly(InvalidProofError));
  });

  // shows: T12, A26, A49
  it("is refused by the verifier of another tier or key", () => {
    const [, other] = TIERS;
    assert.throws(() => new BundleVerifier(other, trusted), exactly(TierMismatchError));
    assert.throws(() => tierOfBundle({ tier: "9x9" as typeof other.name }), exactly(TierMismatchError));
    assert.throws(
      () => verifyBundle({ bundle: { ...bundle, tier: other.name }, trusted }),
      exactly(TierMismatchError),
    );
    const verifier = session.verifier;
    assert.throws(() => verifier.verify({ ...bundle, tier: other.name }), exactly(TierMismatchError));
    const otherHash = { ...bundle, verificationKeyHash: "0".repeat(64) };
    assert.throws(() => verifier.verify(otherHash), exactly(KeyMismatchError));
    const key = { ...trusted.key, vk_delta_2: trusted.key.vk_gamma_2 };
    assert.throws(() => verifyBundle({ bundle, trusted: { ...trusted, key } }), exactly(KeyMismatchError));
    const asHermez = { ...bundle, key: { kind: "development", phase1: "hermez" } as const };
    assert.throws(() => verifier.verify(asHermez), exactly(StatementMismatchError));
    const asCeremony = { ...bundle, key: { kind: "ceremony", phase1: "hermez" } as const };
    assert.throws(() => verifier.verify(asCeremony), exactly(StatementMismatchError));
    for (const phase1 of ["hermez", "own"] as const) {
      const key = { kind: "ceremony", phase1 } as const;
      assert.deepEqual(parseBundle(serialiseBundle({ ...bundle, key })).key, key);
    }
    const ofHermez = new BundleVerifier(TIERS[0], { ...trusted, phase1: "hermez" });
    ofHermez.verify(asHermez);
    assert.throws(() => ofHermez.verify(asCeremony), exactly(StatementMismatchError));
  });

  // shows: P16, T12, A49
  it("is not verified under a key that anybody can forge under, whatever hash it is trusted by", () => {
    const { vk_gamma_2, vk_beta_2 } = trusted.key;
    const under = (change: Partial<TrustedKey["key"]>) => {
      const key = { ...trusted.key, ...change };
      const hash = verificationKeyHash(key);
      return () =>
        verifyBundle({
          bundle: { ...bundle, verificationKeyHash: hash },
          trusted: { ...trusted, key, hash },
        });
    };
    assert.throws(under({ vk_delta_2: vk_gamma_2 }), exactly(KeyLineageError));
    // In snarkjs's keys γ is the generator, so this is δ = generator under another γ.
    assert.throws(under({ vk_delta_2: vk_gamma_2, vk_gamma_2: vk_beta_2 }), exactly(KeyLineageError));
    assert.throws(under({ vk_delta_2: vk_beta_2 }), exactly(InvalidProofError));
  });

  // shows: T9
  it("is refused with a commitment that is another's alias, from a program as from a file", () => {
    const { verifier } = session;
    for (const commitment of [bundle.commitment + FIELD_R, bundle.commitment - FIELD_R])
      assert.throws(() => verifier.verify({ ...bundle, commitment }), exactly(InvalidProofError));
    verifier.verify(bundle);
  });

  it("is verified by its proof and all of its signals, no fewer and no more", () => {
    const verifier = new Groth16Verifier(trusted.key);
    const files = exportForSnarkjs({ bundle, trusted });
    const signals = (JSON.parse(files["public.json"]) as string[]).map(BigInt);
    verifier.verify(bundle.proof, signals);
    verifier.verifyFolded(bundle.proof, signals.slice(0, 2), verifier.fold(signals.slice(2), 2));
    const [commitment = 0n, claim = 0n] = signals;
    for (const action of [
      () => verifier.verify(bundle.proof, [commitment + FIELD_R, ...signals.slice(1)]),
      () =>
        verifier.verifyFolded(
          bundle.proof,
          [commitment + FIELD_R, claim],
          verifier.fold(signals.slice(2), 2),
        ),
      () =>
        verifier.verifyFolded(
          bundle.proof,
          [commitment, claim - FIELD_R],
          verifier.fold(signals.slice(2), 2),
        ),
      () => verifier.verify(bundle.proof, signals.with(5, (signals[5] ?? 0n) + 1n)),
      () => verifier.verify(bundle.proof, signals.slice(0, -1)),
      () => verifier.verify(bundle.proof, [...signals, 0n]),
      () => verifier.fold(signals.slice(2), 1),
      () => verifier.verifyFolded(bundle.proof, signals.slice(0, 3), verifier.fold(signals.slice(2), 2)),
      () => verifier.verifyFolded(bundle.proof, signals.slice(0, 1), verifier.fold(signals.slice(2), 2)),
    ])
      assert.throws(action, exactly(InvalidProofError));
    assert.throws(
      () =>
        verifier.verifyFolded(bundle.proof, [...signals.slice(0, 2), 0n], verifier.fold(signals.slice(2), 2)),
      /expected 2 before the others, got 3/,
    );
    assert.throws(() => verifier.fold(signals.slice(1), 0), /expected 404, got 403/);
  });

  it("is refused for another claim or another book", () => {
    const { verifier } = session;
    const claims = [{ theta: 9_999 }, { envelope: 99 }, { isolated: true }, { healthy: false, envelope: 0 }];
    for (const change of claims) {
      const edited = serialiseBundle({ ...bundle, claim: { ...bundle.claim, ...change } });
      assert.throws(() => verifyText(edited), exactly(InvalidProofError));
    }
    for (const commitment of [bundle.commitment + 1n, exampleBook("aave-borrower").commitment])
      assert.throws(() => verifier.verify({ ...bundle, commitment }), exactly(InvalidProofError));
  });

  describe("whose text was edited", () => {
    const replace = (from: string | RegExp, to: string) => {
      const edited = text.replace(from, to);
      assert.notEqual(edited, text);
      return edited;
    };
    const proofWord = () => /"pi_a": \[\s*"(\d+)"/.exec(text)?.[1] ?? "";
    const cases: [what: string, edit: () => string, Class: ErrorClass][] = [
      ["cut short", () => text.slice(0, -10), MalformedError],
      ["empty", () => "", MalformedError],
      ["with more after it", () => `${text}{}`, MalformedError],
      ["another format", () => replace("bundle@2", "bundle@3"), FormatError],
      ["the version before", () => replace("bundle@2", "bundle@1"), FormatError],
      ["words", () => replace("is above 1.0000", "is above 9.0000"), StatementMismatchError],
      [
        "words without their qualifier",
        () => replace(/ The book is complete[^"]*/, ""),
        StatementMismatchError,
      ],
      ["theta", () => replace('"theta": 10000', '"theta": 20000'), StatementMismatchError],
      ["theta of 0", () => replace('"theta": 10000', '"theta": 0'), OutOfRangeError],
      ["envelope", () => replace('"envelope": 100', '"envelope": 200'), StatementMismatchError],
      ["envelope above 10 000", () => replace('"envelope": 100', '"envelope": 10001'), OutOfRangeError],
      ["healthy", () => replace('"healthy": true', '"healthy": "true"'), FormatError],
      ["isolated", () => replace('"isolated": false', '"isolated": true'), StatementMismatchError],
      ["unknown tier", () => replace('"tier": "16x16"', '"tier": "17x16"'), TierMismatchError],
      ["wrong tier", () => replace('"tier": "16x16"', '"tier": "32x16"'), TierMismatchError],
      ["commitment", () => replace(/"commitment": "(\d+)\d"/, '"commitment": "$1"'), InvalidProofError],
      [
        "commitment that aliases",
        () => replace(/"commitment": "\d+"/, `"commitment": "${bundle.commitment + FIELD_R}"`),
        OutOfRangeError,
      ],
      [
        "commitment of r",
        () => replace(/"commitment": "\d+"/, `"commitment": "${FIELD_R}"`),
        OutOfRangeError,
      ],
      ["proof coordinate of q", () => replace(proofWord(), String(FIELD_Q)), OutOfRangeError],
      ["proof coordinate as a number", () => replace(`"${proofWord()}"`, "12"), FormatError],
      ["negative commitment", () => replace(/"commitment": "/, '"commitment": "-'), OutOfRangeError],
      ["hexadecimal commitment", () => replace(/"commitment": "\d+"/, '"commitment": "0x12"'), FormatError],
      ["commitment as a number", () => replace(/"commitment": "\d+"/, '"commitment": 12'), FormatError],
      ["claim", () => replace('"claim": "1080305424"', '"claim": "1080305425"'), StatementMismatchError],
      ["claim with a fraction", () => replace(/"claim": "(\d+)"/, '"claim": "$1.0"'), FormatError],
      ["claim too wide", () => replace(/"claim": "\d+"/, `"claim": "${1n << 40n}"`), OutOfRangeError],
      ["digest", () => replace(/"marketDigest": "./, '"marketDigest": "g'), FormatError],
      [
        "other digest",
        () => replace(/"marketDigest": "\w{64}/, `"marketDigest": "${"0".repeat(64)}`),
        StatementMismatchError,
      ],
      ["price", () => replace(/"low": "(\d+)\d"/, '"low": "$1"'), StatementMismatchError],
      ["proof", () => replace(proofWord(), String(BigInt(proofWord()) - 1n)), InvalidProofError],
      [
        "proof that aliases",
        () => replace(proofWord(), String(BigInt(proofWord()) + FIELD_Q)),
        OutOfRangeError,
      ],
      ["proof with a leading zero", () => replace(proofWord(), `0${proofWord()}`), FormatError],
      [
        "proof with a coordinate more",
        () => replace(/("pi_a": \[\s*"\d+",\s*"\d+",\s*"1")/, '$1, "1"'),
        FormatError,
      ],
      ["proof of another protocol", () => replace('"groth16"', '"plonk"'), FormatError],
      ["proof on another curve", () => replace('"bn128"', '"bls12381"'), FormatError],
      [
        "proof not normal",
        () => replace(/"pi_a": (\[\s*"\d+",\s*"\d+",\s*)"1"/, '"pi_a": $1"2"'),
        FormatError,
      ],
      ["proof not normal in G2", () => replace(/\[\s*"1",\s*"0"\s*\]/, '["2", "0"]'), FormatError],
      ["proof not normal in G2, imaginary", () => replace(/\[\s*"1",\s*"0"\s*\]/, '["1", "1"]'), FormatError],
      ["proof with a number for a pair", () => replace(/\[\s*"1",\s*"0"\s*\]/, "1"), FormatError],
      ["proof with three for a pair", () => replace(/\[\s*"1",\s*"0"\s*\]/, '["1", "0", "0"]'), FormatError],
      ["proof with a coordinate less", () => replace(/,\s*"1"\s*\]/, "]"), FormatError],
      [
        "key hash",
        () => replace(/"verificationKeyHash": "\w{8}/, '"verificationKeyHash": "00000000'),
        KeyMismatchError,
      ],
      ["warning", () => replace(/"warning": "[^"]*"/, '"warning": "none"'), StatementMismatchError],
      ["key kind", () => replace('"kind": "development"', '"kind": "production"'), FormatError],
      [
        "a ceremony on a public beacon",
        () => replace('"kind": "development"', '"kind": "ceremony"'),
        StatementMismatchError,
      ],
      ["phase 1", () => replace('"phase1": "development"', '"phase1": "hermez"'), StatementMismatchError],
      ["field missing", () => replace(/"claim": "\d+",/, ""), MissingFieldError],
      ["field unknown", () => replace('"tier"', '"note": "x", "tier"'), UnknownFieldError],
      ["field twice", () => replace('"tier"', '"tier": "16x16", "tier"'), DuplicateFieldError],
      ["proof field unknown", () => replace('"protocol"', '"x": 1, "protocol"'), UnknownFieldError],
    ];
    // shows: T9
    for (const [what, edit, Class] of cases)
      it(`is refused: ${what}`, () => {
        assert.throws(() => verifyText(edit()), exactly(Class));
      });

    it("is read with any θ that a claim can hold, and refused at the statement's number otherwise", () => {
      for (const theta of [1, 65_535]) {
        const edited = { ...bundle, claim: { ...bundle.claim, theta } };
        assert.deepEqual(parseBundle(serialiseBundle(edited)), edited);
      }
      assertFails(
        () => parseBundle(replace('"theta": 10000', '"theta": 65536')),
        OutOfRangeError,
        "bundle.statement.theta",
      );
      assertFails(
        () => parseBundle(replace('"healthy": true', '"healthy": false')),
        OutOfRangeError,
        "bundle.statement.envelope",
      );
    });

    // shows: P20, T18
    it("is refused wherever it is cut", () => {
      for (let i = 1; i <= 40; i++) {
        const length = Math.floor((text.length * i) / 41);
        assert.throws(() => parseBundle(text.slice(0, length)), exactly(MalformedError));
      }
    });
  });

  describe("as a file", () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "zkmargin-bundle-"));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    it("is exported with no other key than it was made with", () => {
      const other = { ...bundle, verificationKeyHash: "0".repeat(64) };
      assert.throws(() => exportForSnarkjs({ bundle: other, trusted }), exactly(KeyMismatchError));
    });

    it("is exported with a commitment that is a word of the field, and no other", () => {
      for (const commitment of [0n, FIELD_R - 1n]) {
        const files = exportForSnarkjs({ bundle: { ...bundle, commitment }, trusted });
        const signals = JSON.parse(files["public.json"]);
        assert.equal(signals[0], String(commitment));
        assert.equal(files["public.json"], `${JSON.stringify(signals, null, 1)}\n`);
      }
      for (const commitment of [-1n, FIELD_R])
        assert.throws(
          () => exportForSnarkjs({ bundle: { ...bundle, commitment }, trusted }),
          exactly(InvalidProofError),
        );
    });

    it("is accepted by the stock command line once exported", async () => {
      const files = exportForSnarkjs({ bundle, trusted });
      for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
      const stock = () =>
        spawnSync(
          process.execPath,
          [snarkjs, "groth16", "verify", "verification_key.json", "public.json", "proof.json"],
          { cwd: folder, encoding: "utf8" },
        );
      const accepted = stock();
      assert.equal(accepted.status, 0, accepted.stdout);
      assert.match(accepted.stdout, /OK!/);

      const signals = JSON.parse(files["public.json"]) as string[];
      await writeFile(join(folder, "public.json"), JSON.stringify(signals.with(1, "1")));
      assert.notEqual(stock().status, 0);
    });
  });
});
