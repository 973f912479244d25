import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import { FormatError, InvalidProofError, UsageError } from "../errors.js";
import { WORD } from "./field.js";
import type { Groth16Proof, ProvenSignals, Prover } from "./proof.js";
import { parseProvingKey } from "./provingKey.js";
import { MemoryFile, witnessFile } from "./witnessFile.js";

/** How long a proof may take before it is given up, milliseconds. */
const LONGEST = 600_000;
/** Between two questions whether the server is done. */
const POLL = 20;
/** Of what a prover may say: a proof is below 1 kB, a signal below 100 bytes. */
const MOST_BYTES = 1 << 20;
export interface ExternalProverOptions {
  /** A rapidsnark binary's path, or the URL of a rapidsnark server, whose last part names the circuit. */
  readonly prover: string;
  /** Milliseconds that a proof may take; default ten minutes. */
  readonly timeout?: number;
  /** The environment of the binary; empty by default, so that it learns no password of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * A prover of another make: rapidsnark's binary, called as `prover zkey witness proof public`, or its server. A session
 * verifies its proofs, as it does all others.
 *
 * The binary gets key and witness as open files in memory, without a name, so the witness is on no disk, and nothing is left however either process
 * ends. The server gets the circuit's inputs, and works out the witness itself: it writes both into its own working folder, which should
 * be in memory. Inputs go to this machine only, or by HTTPS.
 *
 * @throws ArtefactAlteredError if `zkey` is no Groth16 proving key over BN254
 * @throws UsageError for a file that cannot be run, an address that would show the inputs to others, or no files in memory
 *
 * @example
 * ```ts
 * import { externalProver, ProvingSession } from "zkmargin/prove";
 *
 * const prover = (zkey: Uint8Array) => externalProver(zkey, { prover: "/usr/local/bin/rapidsnark" });
 * const open = () => ProvingSession.open(artefacts, { prover });
 * ```
 */
export function externalProver(zkey: Uint8Array, options: ExternalProverOptions): Prover {
  const { wires, publicCount } = parseProvingKey(zkey);
  const { prover: where, timeout = LONGEST, environment = {} } = options;
  const way = /^https?:\/\//.test(where)
    ? serverAt(where, timeout)
    : binaryAt(where, zkey, { timeout, env: { ...environment } });
  // A server has room for one proof; a binary takes all cores.
  let last: Promise<unknown> = Promise.resolve();
  return {
    name: "external",
    async prove(witness, inputs) {
      if (witness.length !== wires * WORD)
        throw new FormatError("witness", `${wires} wires`, `${witness.length / WORD}`);
      const proven = last.then(async () => readProven(await way.prove(witness, inputs), publicCount));
      last = proven.catch(() => undefined);
      return proven;
    },
    async close() {
      await last;
      way.close();
    },
  };
}

interface Way {
  /** The texts of the proof and of the public signals. */
  prove(witness: Uint8Array, inputs?: CircuitInputs): Promise<readonly [proof: string, signals: string]>;
  close(): void;
}

type CircuitInputs = Readonly<Record<string, readonly bigint[]>>;

interface ProcessLimits {
  readonly timeout: number;
  readonly env: Record<string, string | undefined>;
}

function binaryAt(path: string, zkey: Uint8Array, limits: ProcessLimits): Way {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new UsageError(`--prover: expected a program that can be run, or an http address, got ${path}`);
  }
  const key = new MemoryFile(zkey);
  return {
    async prove(witness) {
      const content = witnessFile(witness);
      const files: MemoryFile[] = [];
      try {
        const [given, proof, signals] = [content, undefined, undefined].map((bytes) => {
          const file = new MemoryFile(bytes);
          files.push(file);
          return file;
        }) as [MemoryFile, MemoryFile, MemoryFile];
        content.fill(0);
        await runProver(path, [key, given, proof, signals], limits);
        return [proof.read(MOST_BYTES) ?? "", signals.read(MOST_BYTES) ?? ""];
      } finally {
        content.fill(0);
        for (const file of files) file.close();
      }
    },
    close: () => key.close(),
  };
}

/** Runs the program on open files, which it finds under the names that Linux gives them. What it prints is not shown: it may quote values. */
async function runProver(path: string, files: readonly MemoryFile[], limits: ProcessLimits): Promise<void> {
  const child = spawn(
    path,
    files.map((_, i) => `/proc/self/fd/${3 + i}`),
    {
      ...limits,
      stdio: ["ignore", "ignore", "ignore", ...files.map(({ descriptor }) => descriptor)],
      killSignal: "SIGKILL",
    },
  );
  const end = await new Promise<string>((resolve) => {
    child.on("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? "an error"));
    child.on("close", (code, signal) => resolve(signal ?? String(code)));
  });
  if (end !== "0") throw new InvalidProofError(`external prover: expected exit code 0, got ${end}`);
}

function serverAt(address: string, timeout: number): Way {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const circuit = url?.pathname.replace(/^\//, "") ?? "";
  const isLocal = url !== undefined && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url === undefined || !/^[\w.-]+$/.test(circuit) || url.username !== "" || url.search !== "")
    throw new UsageError(
      "--prover: expected an address such as http://127.0.0.1:9080/16x16, with the circuit's name on the server",
    );
  if (url.protocol !== "https:" && !isLocal)
    throw new UsageError(
      "--prover: expected https or an address of this machine, because the server gets the book; got http elsewhere",
    );
  const ask = async (path: string, body?: string): Promise<string> => {
    let answer: Response;
    try {
      answer = await fetch(new URL(path, url.origin), {
        ...(body === undefined
          ? {}
          : { method: "POST", body, headers: { "content-type": "application/json" } }),
        redirect: "error",
        signal: AbortSignal.timeout(timeout),
      });
    } catch {
      throw new InvalidProofError(`external prover: no answer from ${url.origin}`);
    }
    if (!answer.ok) throw new InvalidProofError(`external prover: expected status 200, got ${answer.status}`);
    return answer.text();
  };
  return {
    async prove(_, inputs) {
      if (inputs === undefined) throw new UsageError("--prover: a server needs the circuit's inputs");
      await ask(
        `/input/${circuit}`,
        JSON.stringify(inputs, (_key, value) => (typeof value === "bigint" ? String(value) : value)),
      );
      for (let waited = 0; waited <= timeout; waited += POLL) {
        const { status, proof = "", pubData = "" } = parsed(STATUS, await ask("/status"), "a status");
        if (status === "success") return [proof, pubData];
        if (status !== "busy")
          throw new InvalidProofError("external prover: expected success, got a failure");
        await sleep(POLL);
      }
      throw new InvalidProofError(`external prover: expected a proof within ${timeout} ms, got none`);
    },
    close: () => {},
  };
}

const STATUS = z.object({
  status: z.string(),
  proof: z.optional(z.string()),
  pubData: z.optional(z.string()),
});
const DECIMAL = z.string().check(z.regex(/^(0|[1-9]\d{0,77})$/));
const PROOF = z.object({
  pi_a: z.tuple([DECIMAL, DECIMAL, z.literal("1")]),
  pi_b: z.tuple([
    z.tuple([DECIMAL, DECIMAL]),
    z.tuple([DECIMAL, DECIMAL]),
    z.tuple([z.literal("1"), z.literal("0")]),
  ]),
  pi_c: z.tuple([DECIMAL, DECIMAL, z.literal("1")]),
});
const SIGNALS = z.array(DECIMAL);

function parsed<T>(schema: z.ZodMiniType<T>, text: string, what: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // What it wrote is not quoted.
    throw new InvalidProofError(`external prover: expected ${what} as snarkjs writes it, got other text`);
  }
}

function readProven([proofText, signalsText]: readonly [string, string], count: number): ProvenSignals {
  const points = parsed(PROOF, proofText, "a proof");
  const signals = parsed(SIGNALS, signalsText, "public signals");
  if (signals.length !== count)
    throw new InvalidProofError(`external prover: expected ${count} public signals, got ${signals.length}`);
  const proof: Groth16Proof = { ...points, protocol: "groth16", curve: "bn128" };
  return { proof, publicSignals: signals.map(BigInt) };
}
