import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../src/groth16/artefacts/layout.js";
import { knotsOf } from "../../src/risk/simulate/prices.js";
import { simulateRuns } from "../../src/risk/simulate/runs.js";
import { parseScenario } from "../../src/risk/simulate/scenario.js";

/** Of one number of accounts. Processor time is of all threads; memory is the process's peak so far. */
interface Measured {
  readonly accounts: number;
  readonly minutes: number;
  readonly runs: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly accountMinutesPerCpuSecond: number;
  readonly peakMegabytes: number;
}

/**
 * Times the simulation at half as many accounts and at all of them, so that it shows how the time grows. The scenario is the fall of
 * 40 % in two hours of examples/simulations/crash.json, in which half of the accounts are liquidated.
 */
export async function benchSimulation(
  accounts: number,
  runs: number,
  onShare: (accounts: number, share: number) => void,
): Promise<{ readonly measured: readonly Measured[]; readonly growth: number }> {
  const path = join(packageRoot(), "examples", "simulations", "crash.json");
  const file = parseScenario(readFileSync(path, "utf8"));
  const measured: Measured[] = [];
  for (const count of [Math.round(accounts / 2), accounts]) {
    const scaled = { ...file, accounts: file.accounts.map((group) => ({ ...group, count })) };
    const before = process.cpuUsage();
    const start = performance.now();
    await simulateRuns(
      { file: scaled, knots: knotsOf(scaled, null), own: [] },
      {
        engines: ["attester"],
        seeds: Array.from({ length: runs }, (_, i) => i + 1),
        onRun: (_, share) => onShare(count, share),
      },
    );
    const { user, system } = process.cpuUsage(before);
    const [cpu, seconds] = [(user + system) / 1e6, (performance.now() - start) / 1000];
    measured.push({
      accounts: count,
      minutes: file.minutes,
      runs,
      seconds: Number(seconds.toFixed(1)),
      cpuSeconds: Number(cpu.toFixed(1)),
      accountMinutesPerCpuSecond: Math.round((count * file.minutes * runs) / cpu),
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    });
  }
  const [half, whole] = measured;
  return { measured, growth: Number(((whole?.cpuSeconds ?? 0) / (half?.cpuSeconds ?? 1)).toFixed(2)) };
}

// `npm run bench:simulate [-- <accounts> <runs>]`; 10 000 accounts and 100 runs by default. `npm run bench` has a smaller one.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [accounts = 10_000, runs = 100] = process.argv.slice(2).map(Number);
  const result = await benchSimulation(accounts, runs, (count, share) => {
    process.stderr.write(`\r${count} accounts: ${Math.floor(share * 100)} %  `);
  });
  console.log(JSON.stringify(result, null, 2));
}
