import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { getCurveFromName } from "ffjavascript";
import { FormatError, InvalidProofError, UsageError } from "../../src/errors.js";
import { externalProver } from "../../src/groth16/externalProver.js";
import { WORD } from "../../src/groth16/field.js";
import type { ProvenSignals, Prover } from "../../src/groth16/proof.js";
import type { Artefacts } from "../../src/prove/artefacts.js";
import { trustedKeyOf, verifyBundle } from "../../src/prove/bundleVerifier.js";
import { type ProofRequest, ProvingSession } from "../../src/prove/session.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";
import { skip } from "../support/skip.js";
import { standInBinary, standInServer } from "./standInProver.js";

const SECRET_TEXT = "77031";

describe("external provers", () => {
  let artefacts: Artefacts;
  let request: ProofRequest;
  before(async () => {
    artefacts = await defaultArtefacts();
    request = {
      opening: exampleBook("cash-and-carry"),
      market: marketOn("2021-05-17"),
      theta: 10_000,
      envelope: 100,
    };
  });
  after(async () => {
    await (await getCurveFromName("bn128")).terminate();
  });

  const proveBy = async (prover: (zkey: Uint8Array) => Prover) => {
    const session = await ProvingSession.open(artefacts, { prover });
    try {
      return await session.prove(request);
    } finally {
      await session.close();
    }
  };
  /** A prover for one call; what the session gives it, once, and what it makes of that. */
  const witnessAndInputs = async () => {
    const given: Parameters<Prover["prove"]>[] = [];
    await proveBy(() => ({
      name: "listener",
      prove(witness, inputs) {
        given.push([witness.slice(), inputs]);
        return Promise.reject(new Error("heard"));
      },
      close: () => Promise.resolve(),
    })).catch(() => undefined);
    return given[0] as Parameters<Prover["prove"]>;
  };
  /** A program needs files in memory, which Linux has. Elsewhere it is refused, and there is no more to test. */
  const isRefused = (): boolean => {
    if (process.platform === "linux") return false;
    const prover = process.execPath;
    assert.throws(() => externalProver(artefacts.zkey, { prover }), UsageError);
    return true;
  };
  const invalid = (work: Promise<unknown>, says: RegExp) =>
    assert.rejects(work, (error) => error instanceof InvalidProofError && says.test(error.message));

  // shows: P22, T19
  it("a program gets its witness in memory, without a name, and its proof verifies", async () => {
    if (isRefused()) return;
    const program = await standInBinary();
    const before = readdirSync("/dev/shm");
    try {
      const environment = { PATH: process.env["PATH"] };
      const bundle = await proveBy((zkey) => externalProver(zkey, { prover: program.path, environment }));
      verifyBundle({ bundle, trusted: trustedKeyOf(artefacts) });
      const seen = JSON.parse(readFileSync(`${program.path}.log`, "utf8"));
      assert.deepEqual(
        seen.argv,
        [3, 4, 5, 6].map((i) => `/proc/self/fd/${i}`),
      );
      for (const name of seen.names) assert.match(name, /^\/dev\/shm\/zkmargin-\w{6}\/file \(deleted\)$/);
      assert.deepEqual(seen.modes, [0o600, 0o600, 0o600, 0o600]);
      assert.deepEqual(seen.environment, ["PATH"]);
      assert.deepEqual(readdirSync("/dev/shm"), before);
      assert.deepEqual(readdirSync(program.folder).sort(), ["prover.cjs", "prover.cjs.log"]);
    } finally {
      await program.remove();
    }
  });

  it("a program's failure, silence or wrong proof is an error, and nothing of it is shown", async () => {
    if (isRefused()) return;
    const [witness] = await witnessAndInputs();
    const run = async (text: string, options: { timeout?: number } = {}): Promise<ProvenSignals> => {
      const program = await standInBinary();
      writeFileSync(program.path, `#!/bin/sh\n${text}\n`);
      const prover = externalProver(artefacts.zkey, { prover: program.path, ...options });
      try {
        return await prover.prove(witness);
      } finally {
        await prover.close();
        await program.remove();
      }
    };
    await invalid(run(`echo ${SECRET_TEXT} >&2; exit 3`), /expected exit code 0, got 3$/);
    await invalid(run("kill -9 $$"), /got SIGKILL$/);
    await invalid(run("exec /bin/sleep 60", { timeout: 100 }), /got SIGKILL$/);
    await invalid(run("exit 0"), /expected a proof as snarkjs writes it, got other text$/);
    await invalid(run(`echo '{"pi_a":["${SECRET_TEXT}"]}' > "$3"`), /expected a proof as snarkjs writes it/);
    const points = `{"pi_a":["1","2","1"],"pi_b":[["1","2"],["3","4"],["1","0"]],"pi_c":["1","2","1"]}`;
    await invalid(
      run(`echo '${points}' > "$3"; echo '["${SECRET_TEXT}"]' > "$4"`),
      /expected \d+ public signals, got 1$/,
    );
    const program = await standInBinary(
      `(text) => text.replace(/"pi_a":\\["\\d/, (start) => start.slice(0, -1) + (9 - start.at(-1)))`,
    );
    try {
      const environment = { PATH: process.env["PATH"] };
      await invalid(
        proveBy((zkey) => externalProver(zkey, { prover: program.path, environment })),
        /proof/,
      );
    } finally {
      await program.remove();
    }
  });

  it("a server gets the inputs, and its proof verifies; a wrong one does not leave the session", async () => {
    const server = await standInServer(artefacts);
    const liar = await standInServer(artefacts, (text) =>
      // Another digit, whichever it was.
      text.replace(
        /("pi_c":\["\d+)(\d)"/,
        (_, start: string, last: string) => `${start}${9 - Number(last)}"`,
      ),
    );
    try {
      const bundle = await proveBy((zkey) => externalProver(zkey, { prover: server.address }));
      verifyBundle({ bundle, trusted: trustedKeyOf(artefacts) });
      assert.equal(server.bodies.length, 1);
      await invalid(
        proveBy((zkey) => externalProver(zkey, { prover: liar.address })),
        /proof/,
      );
      const [witness, inputs = {}] = await witnessAndInputs();
      const prover = externalProver(artefacts.zkey, { prover: server.address });
      const [name = ""] = Object.keys(inputs);
      await invalid(
        prover.prove(witness, { ...inputs, [name]: (inputs[name] ?? []).map((value) => value + 1n) }),
        /expected success, got a failure$/,
      );
      await assert.rejects(prover.prove(witness.subarray(WORD)), FormatError);
      const elsewhere = externalProver(artefacts.zkey, {
        prover: server.address.replace("/circuit", "/other"),
      });
      await invalid(elsewhere.prove(witness, inputs), /expected status 200, got 404$/);
      await server.close();
      await invalid(prover.prove(witness, inputs), /no answer from http:\/\/127\.0\.0\.1:\d+$/);
    } finally {
      await liar.close();
      await server.close();
    }
  });

  it("refuses a program that cannot be run, and an address where others would read the book", () => {
    for (const prover of [
      "/nowhere/prover",
      import.meta.filename,
      "http://example.com/16x16",
      "http://127.0.0.1.example.com/16x16",
      "http://127.0.0.1:9080",
      "http://127.0.0.1:9080/a/b",
      "https://user:password@example.com/16x16",
      "http://",
    ])
      assert.throws(() => externalProver(artefacts.zkey, { prover }), UsageError, prover);
  });

  // Skipped where there is none, as in CI: it has to be built or downloaded. The stand-ins above speak its protocols.
  it("rapidsnark itself makes a proof that verifies, if RAPIDSNARK or the path names its binary", async function () {
    const found = ["rapidsnark", "rapidsnark-prover"].flatMap((name) => {
      try {
        return [execFileSync("which", [name], { encoding: "utf8" }).trim()];
      } catch {
        return [];
      }
    })[0];
    const binary = process.env["RAPIDSNARK"] ?? found;
    if (binary === undefined) return skip(this, "no rapidsnark binary here");
    const bundle = await proveBy((zkey) => externalProver(zkey, { prover: binary }));
    verifyBundle({ bundle, trusted: trustedKeyOf(artefacts) });
  });
});
