import { rmSync } from "node:fs";
import { Command } from "commander";
import { serialiseDeployment } from "../../chain/deployment.js";
import { LogTape } from "../../chain/eventLog/tape.js";
import type { Artefacts } from "../../groth16/artefacts/load.js";
import { setup } from "../../groth16/setup/setup.js";
import { parseHistory } from "../../market/history.js";
import { serialiseBundle } from "../../prove/bundle.js";
import { ProvingSession } from "../../prove/session.js";
import { DEFAULT_HOME, defaultTier } from "../arguments.js";
import { DemoChain } from "../demo/chain.js";
import { interruptible } from "../demo/interruptible.js";
import { chainText } from "../demo/report/before.js";
import { caveats } from "../demo/report/ending.js";
import { play, type Story } from "../demo/story.js";
import { World } from "../demo/world.js";
import { json } from "../format.js";
import { type Io, makeFolder, readInput, saveAll } from "../io.js";
import { shippedHistory } from "../markets.js";
import { progressOn } from "../progress.js";

/** `zkmargin demo`: the whole story on a local chain, on real prices. */
export function demoCommand(io: Io): Command {
  return new Command("demo")
    .description(
      "Play the spring of 2021 on a local chain: deploy, attest, prove, lend, and liquidate on 19 May, at real prices.",
    )
    .option("--home <folder>", "where circuits and keys are kept", DEFAULT_HOME)
    .option("--out <folder>", "where the deployment and the newest proof bundles are written", "build/demo")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ zkmargin demo")
    .action(async (options) => {
      const say = (text: string) => (options.json ? undefined : io.out(text));
      say(`zkmargin demo, tier ${defaultTier.name}\n\nCircuit and keys\n`);
      const { artefacts, reused } = await setup({
        home: options.home,
        tier: defaultTier,
        onProgress: progressOn(io),
      });
      const { constraints, publicSignals } = artefacts.manifest;
      say(`  ${reused ? "reused what is in" : "made"} ${artefacts.directory}\n`);
      say(`  ${constraints} constraints, ${publicSignals} public signals\n`);
      say("  DEVELOPMENT KEY: anybody can forge proofs with it\n");
      const made = await makeFolder(options.out);

      const { story, deployment } = await interruptible(
        async () => {
          const performed = await perform(io, artefacts, say);
          await saveAll(io, options.out, performed.files, "bundle");
          return performed;
        },
        () => made && rmSync(made, { recursive: true, force: true }),
      );
      if (options.json) return io.out(json({ tier: defaultTier.name, reused, deployment, ...story }));
      say(caveats(io.invocation, options.out));
    });
}

/** The event log of the whole story, for `zkmargin audit replay`. */
const LOG_FILE = "event-log.ndjson";

interface Performance {
  readonly story: Story;
  readonly deployment: { readonly contracts: number; readonly gas: bigint; readonly seconds: number };
  readonly files: Readonly<Record<string, string>>;
}

/** Everything that needs the chain, which is gone afterwards. */
async function perform(io: Io, artefacts: Artefacts, say: (text: string) => void): Promise<Performance> {
  const history = parseHistory(await readInput(io, shippedHistory(), "prices"));
  const chapter = chaptersOn(io);
  const start = performance.now();
  const chain = await chapter("a local chain and its contracts", () => DemoChain.start(artefacts, history));
  try {
    const seconds = (performance.now() - start) / 1000;
    say(chainText(chain, seconds));
    const session = await ProvingSession.open(artefacts);
    try {
      const tape = await LogTape.start(chain.open);
      const world = new World(chain, session, history, tape);
      const story = await play(world, { say, chapter });
      await tape.advance();
      const deployment = { contracts: chain.steps.length, gas: chain.gas, seconds };
      return { story, deployment, files: { ...filesOf(world), [LOG_FILE]: tape.text() } };
    } finally {
      await session.close();
    }
  } finally {
    await chain.close();
  }
}

/** The deployment, and of each account the newest proof of either verdict. */
function filesOf(world: World): Record<string, string> {
  const files: Record<string, string> = {
    "deployment.json": serialiseDeployment(world.chain.open.deployment),
  };
  for (const { account, bundle, claim } of world.proofs) {
    const name = world.nameOf(account);
    files[`${name}${claim.healthy ? "" : ".unhealthy"}.proof.json`] = serialiseBundle(bundle);
  }
  return files;
}

/** Shows a chapter under way on standard error. */
function chaptersOn(io: Io) {
  const tell = progressOn(io);
  return async <T>(label: string, work: (onShare: (share: number) => void) => Promise<T>): Promise<T> => {
    const start = performance.now();
    tell({ label, fraction: 0 });
    // Elsewhere than on a terminal each share would be a line.
    const result = await work((fraction) => io.interactive && tell({ label, fraction }));
    tell({ label, seconds: (performance.now() - start) / 1000 });
    return result;
  };
}
