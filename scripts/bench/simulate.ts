import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/groth16/artefacts/layout.js";
import { knotsOf } from "../../src/risk/simulate/prices.js";
import { simulateRuns } from "../../src/risk/simulate/runs.js";
import { parseScenario } from "../../src/risk/simulate/scenario.js";

/**
 * `npm run bench:simulate [-- <accounts> <runs>]`: account-minutes a second of the simulation, at half as many accounts and at all of
 * them, so that it shows how the time grows. By default 10 000 accounts in 1 440 minutes and 100 runs: the fall of 40 % in two
 * hours of examples/simulations/crash.json, in which half of them are liquidated.
 */
const [accounts = 10_000, runs = 100] = process.argv.slice(2).map(Number);
const file = parseScenario(
  readFileSync(join(packageRoot(), "examples", "simulations", "crash.json"), "utf8"),
);

for (const count of [Math.round(accounts / 2), accounts]) {
  const scaled = { ...file, accounts: file.accounts.map((group) => ({ ...group, count })) };
  const before = process.cpuUsage();
  const start = performance.now();
  await simulateRuns(
    { file: scaled, knots: knotsOf(scaled, null), own: [] },
    {
      engines: ["attester"],
      seeds: Array.from({ length: runs }, (_, i) => i + 1),
      onRun: (_, share) => {
        process.stderr.write(`\r${count} accounts: ${Math.floor(share * 100)} %  `);
      },
    },
  );
  const { user, system } = process.cpuUsage(before);
  const [cpu, seconds] = [(user + system) / 1e6, (performance.now() - start) / 1000];
  const minutes = count * file.minutes * runs;
  console.log(
    JSON.stringify({
      accounts: count,
      minutes: file.minutes,
      runs,
      seconds: Number(seconds.toFixed(1)),
      cpuSeconds: Number(cpu.toFixed(1)),
      accountMinutesPerCpuSecond: Math.round(minutes / cpu),
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}
