import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openBook } from "../../src/book/opening.js";
import {
  InvalidProofError,
  MarketMismatchError,
  NotIsolatedError,
  NotProvableError,
  OutOfRangeError,
  TierMismatchError,
} from "../../src/errors.js";
import { fastProver } from "../../src/groth16/fastProver.js";
import { snarkjsProver } from "../../src/groth16/snarkjsProver.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import type { Artefacts } from "../../src/prove/artefacts.js";
import { ProvingSession } from "../../src/prove/session.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";

type ErrorClass = abstract new (...args: never[]) => Error;

describe("ProvingSession", () => {
  let artefacts: Artefacts;
  let session: ProvingSession;
  const before19May = marketOn("2021-05-17");
  const on19May = marketOn("2021-05-19");
  const desk = exampleBook("cash-and-carry");
  const long = exampleBook("leveraged-long");

  before(async () => {
    artefacts = await defaultArtefacts();
    session = await ProvingSession.open(artefacts);
  });
  after(() => session?.close());

  const refuses = async (request: Parameters<ProvingSession["prove"]>[0], Class: ErrorClass) => {
    let failure: Error | undefined;
    await assert.rejects(session.prove(request), (error: Error) => {
      assert.equal(error.constructor, Class, String(error));
      failure = error;
      return true;
    });
    return failure?.message ?? "";
  };

  it("proves ill health too", async () => {
    const bundle = await session.prove({ opening: long, market: on19May, theta: 10_000, healthy: false });
    assert.match(
      session.verifier.verify(bundle).words,
      /^The health factor .* is not above 1\.0000 at the prices/,
    );
  });

  it("proves an isolated book to be one", async () => {
    const opening = exampleBook("isolated-perp");
    assert.equal(opening.isolated, true);
    const bundle = await session.prove({ opening, market: before19May, theta: 1 });
    assert.equal(session.verifier.verify(bundle).claim.isolated, true);
  });

  // shows: T21
  it("answers why a false claim cannot be proven, before it proves anything", async () => {
    const reason = await refuses({ opening: long, market: on19May, theta: 10_000 }, NotProvableError);
    assert.match(reason, /^not healthy: HF \d\.\d{4}, needs more than 1\.0000$/);
    assert.match(
      await refuses({ opening: long, market: before19May, theta: 65_535 }, NotProvableError),
      /^not healthy: HF \d\.\d{4}, needs more than 6\.5535$/,
    );
    assert.match(
      await refuses({ opening: long, market: before19May, theta: 10_000, envelope: 9_000 }, NotProvableError),
      /^not healthy: HF \d\.\d{4} at the edge of an envelope of 90\.00%, needs more than 1\.0000$/,
    );
    assert.match(
      await refuses({ opening: desk, market: on19May, theta: 10_000, healthy: false }, NotProvableError),
      /^not unhealthy: HF \d+\.\d{4}, needs at most 1\.0000$/,
    );
  });

  it("refuses claims and books out of bounds", async () => {
    const good = { opening: desk, market: before19May, theta: 10_000 };
    await refuses({ ...good, theta: 0 }, OutOfRangeError);
    await refuses({ ...good, theta: 65_536 }, OutOfRangeError);
    await refuses({ ...good, envelope: 10_001 }, OutOfRangeError);
    await refuses({ ...good, envelope: 1, healthy: false }, OutOfRangeError);
    const { book } = desk;
    await refuses(
      { ...good, opening: { ...desk, book: { ...book, spot: book.spot.with(0, 1n << 64n) } } },
      OutOfRangeError,
    );
    await refuses(
      { ...good, opening: { ...desk, isolated: true, book: { ...book, perp: book.perp.map(() => 1n) } } },
      NotIsolatedError,
    );
  });

  it("refuses a book of another tier, listing or commitment", async () => {
    const wider = { assets: 32 };
    const file = { account: "a", sequence: 1, isolated: false, positions: [] };
    const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
    const opening = openBook(file, secret, DEFAULT_LISTING, wider);
    const market = before19May;
    await refuses({ opening, market, theta: 10_000 }, TierMismatchError);
    const other = openBook(file, secret, DEFAULT_LISTING.slice(1), { assets: 16 });
    await refuses({ opening: other, market, theta: 10_000 }, MarketMismatchError);
    const commitment = desk.commitment + 1n;
    await refuses({ opening: { ...desk, commitment }, market, theta: 10_000 }, MarketMismatchError);
  });

  // shows: P18, T16
  it("lets no proof out whose signals are not those of the statement", async () => {
    const other = await ProvingSession.open(artefacts, {
      prover: async (zkey) => {
        const sound = await fastProver(zkey);
        return {
          name: "one that misreports a signal",
          prove: async (witness) => {
            const { proof, publicSignals } = await sound.prove(witness);
            return { proof, publicSignals: publicSignals.with(1, 0n) };
          },
          close: () => sound.close(),
        };
      },
    });
    await assert.rejects(
      other.prove({ opening: desk, market: before19May, theta: 10_000 }),
      (error: Error) => /public signals/.test(error.message) && error.constructor === InvalidProofError,
    );
    await other.close();
  });

  // shows: P18, T20
  it("takes any prover, and lets nothing out that does not verify", async () => {
    const request = { opening: desk, market: before19May, theta: 10_000 };
    const stock = await ProvingSession.open(artefacts, { prover: snarkjsProver });
    session.verifier.verify(await stock.prove(request));
    await stock.close();
    assert.equal(globalThis.curve_bn128, null, "the curve's threads have ended");

    const faulty = await ProvingSession.open(artefacts, {
      prover: async (zkey) => {
        const sound = await fastProver(zkey);
        return {
          name: "one that swaps two points",
          prove: async (witness) => {
            const { proof, publicSignals } = await sound.prove(witness);
            return { proof: { ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a }, publicSignals };
          },
          close: () => sound.close(),
        };
      },
    });
    await assert.rejects(faulty.prove(request), (error: Error) => error.constructor === InvalidProofError);
    await faulty.close();
  });

  // shows: P24, T19
  it("leaves no witness behind, whether the proof succeeds or fails", async () => {
    const request = { opening: desk, market: before19May, theta: 10_000 };
    for (const fails of [false, true]) {
      const seen: Uint8Array[] = [];
      const spying = await ProvingSession.open(artefacts, {
        prover: async (zkey) => {
          const sound = await fastProver(zkey);
          return {
            name: "one that keeps what it is given",
            prove: async (witness) => {
              assert.ok(witness.some((byte) => byte !== 0));
              seen.push(witness);
              if (fails) throw new InvalidProofError("no proof");
              return sound.prove(witness);
            },
            close: () => sound.close(),
          };
        },
      });
      await spying.prove(request).catch((error: Error) => assert.ok(fails, String(error)));
      await spying.close();
      assert.equal(seen.length, 1);
      assert.ok(seen[0]?.every((byte) => byte === 0));
    }
  });

  // shows: T16
  it("notices a proving key with one bit flipped by the proof it makes", async () => {
    // loadArtefacts refuses such a key by its hash; here one got past it.
    const zkey = artefacts.zkey.slice();
    const middleOfH = zkey.length - 300_000;
    zkey[middleOfH] = (zkey[middleOfH] ?? 0) ^ 1;
    const flipped = await ProvingSession.open({ ...artefacts, zkey });
    await assert.rejects(
      flipped.prove({ opening: desk, market: before19May, theta: 10_000 }),
      (error: Error) => error.constructor === InvalidProofError,
    );
    await flipped.close();
  });

  it("tells the start and the end of each phase", async () => {
    const told: string[] = [];
    const timed = await ProvingSession.open(artefacts, {
      onPhase: (phase, state) => told.push(`${phase} ${state}`),
    });
    await timed.prove({ opening: desk, market: before19May, theta: 10_000 });
    await timed.close();
    const phases = ["reference model", "witness", "proof", "self-verification"];
    assert.deepEqual(
      told,
      phases.flatMap((phase) => [`${phase} start`, `${phase} end`]),
    );
  });

  // shows: T20
  it("keeps no process alive, closed or not", () => {
    const script = fileURLToPath(new URL("../support/proveAndEnd.ts", import.meta.url));
    for (const close of ["close", "leave open"]) {
      const run = spawnSync(process.execPath, ["--import", "tsx", script, close], {
        encoding: "utf8",
        timeout: 60_000,
      });
      assert.equal(run.signal, null, "the process had to be killed");
      assert.equal(run.stderr, "");
      assert.equal(run.stdout, "proven\n");
      assert.equal(run.status, 0);
    }
  });
});
