/**
 * `npm run bench [-- --runs 5] [-- --tier 16x16] [-- --fresh] [-- --before FOLDER] [-- --json]`: the stock snarkjs command line, snarkjs
 * kept warm, and this package, on the same statement, key and machine, in turns within one run. Of both tiers, unless one is named.
 * Prints medians. `--fresh` also times a first set-up, in a temporary folder. `--before` names a checkout of an earlier commit with its packages
 * installed; the proofs of its smaller tier are made in the same turns. A small simulation follows; `npm run bench:simulate` has the whole one.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { groth16 } from "snarkjs";
import { fastProver } from "../src/groth16/fastProver.js";
import { snarkjsProver } from "../src/groth16/snarkjsProver.js";
import { denseMarket } from "../src/market/file.js";
import { listingDigest } from "../src/protocol/listing.js";
import { circuitInputs } from "../src/protocol/signals.js";
import { DEFAULT_TIER, TIERS, type Tier } from "../src/protocol/tiers.js";
import { type Artefacts, setup } from "../src/prove/artefacts.js";
import { parseBundle, serialiseBundle } from "../src/prove/bundle.js";
import { exportForSnarkjs, trustedKeyOf, verifyBundle } from "../src/prove/bundleVerifier.js";
import { ProvingSession } from "../src/prove/session.js";
import { benchSimulation } from "./bench/simulate.js";
import { benchSleeve, fullSleeve } from "./bench/sleeve.js";
import { benchStatement } from "./bench/statement.js";
import { runNode, StockSnarkjs } from "./bench/stock.js";
import { round, Stopwatch } from "./bench/stopwatch.js";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    tier: { type: "string" },
    home: { type: "string", default: "build/keys" },
    fresh: { type: "boolean", default: false },
    before: { type: "string" },
    json: { type: "boolean", default: false },
    /** Internal: makes one proof and ends, so that its memory can be measured. */
    alone: { type: "boolean", default: false },
  },
});
const tiers = options.tier === undefined ? TIERS : TIERS.filter(({ name }) => name === options.tier);
if (tiers.length === 0) throw new Error(`no tier ${options.tier}`);
const runs = Number(options.runs);
const note = (text: string) => options.json || options.alone || process.stderr.write(`${text}\n`);

/** The simulation that is timed beside proofs: accounts, and runs of a day. */
const SIMULATED = { accounts: 4_000, runs: 8 } as const;
/** Proofs and verifications of a warm process in each run; the stock command line makes one proof. */
const EACH = 3;
for (const tier of tiers) await benchTier(tier);
if (!options.alone) await benchASimulation();

async function benchASimulation(): Promise<void> {
  note("simulation …");
  const { measured, growth } = await benchSimulation(SIMULATED.accounts, SIMULATED.runs, () => {});
  const simulated = measured.at(-1);
  print({
    [`simulation, ${SIMULATED.accounts} accounts, 1 440 minutes, ${SIMULATED.runs} runs`]: {
      "account-minutes a second of processor time": simulated?.accountMinutesPerCpuSecond ?? 0,
      "time against half as many accounts": growth,
      "peak, megabytes, of all of this bench": simulated?.peakMegabytes ?? 0,
    },
  });
}

async function benchTier(tier: Tier): Promise<void> {
  const watch = new Stopwatch();
  if (options.fresh) {
    const home = await mkdtemp(join(tmpdir(), "zkmargin-setup-"));
    note("first set-up …");
    await watch.time("first set-up", () => setup({ home, tier }));
    await rm(home, { recursive: true });
  }
  const { artefacts } = await setup({ home: options.home, tier });
  if (options.alone) {
    const once = await ProvingSession.open(artefacts);
    await once.prove(benchStatement(tier));
    return once.close();
  }
  await watch.time("open a session without tables", async () =>
    (await ProvingSession.open(artefacts)).close(),
  );
  const session = await watch.time("open a session with tables", () =>
    ProvingSession.open(artefacts, {
      prover: (zkey) => fastProver(zkey, { tables: true, onPhase: watch.phase("    ") }),
      onPhase: watch.phase("  "),
    }),
  );
  const plain = await ProvingSession.open(artefacts);
  const former =
    options.before !== undefined && tier.name === DEFAULT_TIER ? await earlier(options.before) : undefined;
  try {
    await compare({ tier, artefacts, watch, session, plain, ...(former === undefined ? {} : { former }) });
  } finally {
    await session.close();
    await plain.close();
    await former?.close();
  }
}

/** What a checkout of another commit proves, by its own code and key. */
interface Former {
  prove(): Promise<unknown>;
  close(): Promise<void>;
}

async function earlier(folder: string): Promise<Former> {
  const load = (path: string) => import(pathToFileURL(resolve(folder, path)).href);
  // Where older commits have it.
  const setUp = ["src/prove/artefacts.ts", "src/groth16/setup/setup.ts"].find((path) =>
    existsSync(join(folder, path)),
  );
  if (setUp === undefined) throw new Error(`no set-up in ${folder}`);
  const [artefactsOf, sessions, statements, tiersOf] = await Promise.all(
    [setUp, "src/prove/session.ts", "scripts/bench/statement.ts", "src/protocol/tiers.ts"].map(load),
  );
  const tier = tiersOf.findTier(DEFAULT_TIER);
  const { artefacts } = await artefactsOf.setup({ home: resolve(folder, "build/keys"), tier });
  const session = await sessions.ProvingSession.open(artefacts);
  const request = statements.benchStatement(tier);
  return { prove: () => session.prove(request), close: () => session.close() };
}

interface Compared {
  readonly tier: Tier;
  readonly artefacts: Artefacts;
  readonly watch: Stopwatch;
  readonly session: ProvingSession;
  readonly plain: ProvingSession;
  readonly former?: Former;
}

async function compare({ tier, artefacts, watch, session, plain, former }: Compared): Promise<void> {
  const request = benchStatement(tier);
  const opened = ["first set-up", "open a session without tables", "open a session with tables"].map(
    (name) => [name, watch.median(name)] as const,
  );
  const inputs = circuitInputs(
    {
      commitment: request.opening.commitment,
      claim: { theta: request.theta, envelope: request.envelope ?? 0, healthy: true, isolated: false },
      listing: listingDigest(request.market.listing),
      market: denseMarket(request.market, tier),
    },
    request.opening,
  );
  const stock = await StockSnarkjs.open({
    "input.json": JSON.stringify(inputs, (_, value) => (typeof value === "bigint" ? String(value) : value)),
    "circuit.wasm": artefacts.wasm,
    "key.zkey": artefacts.zkey,
  });
  const warmStock = await ProvingSession.open(artefacts, { prover: snarkjsProver });
  const trusted = trustedKeyOf(artefacts);

  const STOCK = "snarkjs groth16 fullprove, a process per proof";
  const WARM_STOCK = "snarkjs.groth16.prove kept warm, book to bundle";
  const OURS = "zkmargin kept warm, book to bundle";
  const PLAIN = "zkmargin kept warm without tables, book to bundle";
  const FORMER = "the checkout given with --before, book to bundle";
  const SLEEVED = "zkmargin kept warm, a book with a full sleeve";
  const VERIFY = "verify a bundle, verifier kept";
  const VERIFY_COLD = "verify a bundle, nothing kept";
  const SLEEVE = "arrays of a sleeve: 500 options, 16 scenarios, 3 volatilities";
  const arrays = benchSleeve(request);
  const sleeved = benchStatement(tier, fullSleeve);
  const VERIFY_STOCK = "snarkjs.groth16.verify, curve kept";

  let stockMemory = 0;
  const once = async (run: number) => {
    note(run < 0 ? "warming up …" : `run ${run + 1} of ${runs} …`);
    stockMemory = await watch.time(STOCK, () =>
      stock.run(
        "groth16",
        "fullprove",
        "input.json",
        "circuit.wasm",
        "key.zkey",
        "proof.json",
        "public.json",
      ),
    );
    for (let i = 0; i < EACH; i++)
      await watch.time(WARM_STOCK, async () => serialiseBundle(await warmStock.prove(request)));
    let text = "";
    for (let i = 0; i < EACH; i++)
      text = await watch.time(OURS, async () => serialiseBundle(await session.prove(request)));
    for (let i = 0; i < EACH; i++)
      await watch.time(SLEEVED, async () => serialiseBundle(await session.prove(sleeved)));
    for (let i = 0; i < EACH; i++)
      await watch.time(PLAIN, async () => serialiseBundle(await plain.prove(request)));
    if (former !== undefined) for (let i = 0; i < EACH; i++) await watch.time(FORMER, () => former.prove());
    for (let i = 0; i < EACH; i++) {
      await watch.time(VERIFY, () => session.verifier.verify(parseBundle(text)));
      await watch.time(VERIFY_COLD, () => verifyBundle({ bundle: parseBundle(text), trusted }));
    }
    await watch.time(SLEEVE, async () => arrays());
    const files = exportForSnarkjs({ bundle: parseBundle(text), trusted });
    const signals = JSON.parse(files["public.json"]) as string[];
    const accepted = await watch.time(VERIFY_STOCK, () =>
      groth16.verify(trusted.key, signals, JSON.parse(files["proof.json"])),
    );
    const stockSignals = JSON.parse(await readFile(join(stock.folder, "public.json"), "utf8")) as string[];
    if (!accepted || signals.join() !== stockSignals.join()) throw new Error("the two ways do not agree");
  };
  try {
    for (let run = -2; run < 0; run++) await once(run);
    watch.reset();
    for (let run = 0; run < runs; run++) await once(run);
    note("memory …");
    const self = fileURLToPath(import.meta.url);
    const ourMemory = await runNode(
      ["--import", "tsx", self, "--alone", "--tier", tier.name, "--home", options.home],
      process.cwd(),
    );
    const ours = watch.median(OURS);
    print({
      machine: `${cpus()[0]?.model ?? "?"}, ${availableParallelism()} cores, Node ${process.version}`,
      statement: `${tier.name}, ${artefacts.manifest.constraints} constraints, a book with all assets, ${runs} runs`,
      milliseconds: {
        ...watch.medians(),
        ...Object.fromEntries(
          opened.filter(([, time]) => time > 0).map(([name, time]) => [name, round(time)]),
        ),
      },
      ratios: {
        "stock command line / zkmargin": round(watch.median(STOCK) / ours, 2),
        "snarkjs kept warm / zkmargin": round(watch.median(WARM_STOCK) / ours, 2),
        "snarkjs kept warm / zkmargin without tables": round(
          watch.median(WARM_STOCK) / watch.median(PLAIN),
          2,
        ),
        ...(former === undefined
          ? {}
          : {
              "zkmargin / the checkout": round(ours / watch.median(FORMER), 2),
              "zkmargin without tables / the checkout": round(watch.median(PLAIN) / watch.median(FORMER), 2),
            }),
        "zkmargin with a full sleeve / without": round(watch.median(SLEEVED) / ours, 3),
        "verify / zkmargin proof": round(watch.median(VERIFY) / ours, 3),
        "verify, nothing kept / zkmargin proof": round(watch.median(VERIFY_COLD) / ours, 3),
        "verify, nothing kept / stock proof": round(watch.median(VERIFY_COLD) / watch.median(STOCK), 3),
      },
      megabytes: {
        "peak, zkmargin, a process with one proof": round(ourMemory),
        "peak, stock": round(stockMemory),
      },
    });
  } finally {
    await stock.close();
    await warmStock.close();
  }
}

function print(report: Record<string, unknown>): void {
  if (options.json) return console.log(JSON.stringify(report, null, 2));
  for (const [title, content] of Object.entries(report)) {
    if (typeof content !== "object" || content === null) {
      console.log(`${title}: ${content}`);
      continue;
    }
    console.log(`\n${title}`);
    for (const [name, value] of Object.entries(content))
      console.log(`  ${name.padEnd(52)} ${String(value).padStart(9)}`);
  }
}
