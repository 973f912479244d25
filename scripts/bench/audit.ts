import { spawnSync } from "node:child_process";
import { createReadStream } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { replayLog } from "../../src/audit/replay/replayLog.js";
import { linesOf } from "../../src/chain/eventLog/record.js";
import { BatchVerifier } from "../../src/groth16/batchVerifier.js";
import { Forger } from "../../test/audit/replay/forgery.js";
import { generatedLines } from "../../test/audit/replay/generated.js";
import { Recording, runOptions } from "../../test/audit/replay/recording.js";

/**
 * `npm run bench:audit [-- <rounds>]`: how fast an auditor replays, and in how much memory. The log is the recorded demo,
 * continued by rounds in which every price moves, each with a proof of its own. The proofs of the demo are the prover's (51, of
 * which the first six are taken); the others are simulated under the development key, which takes milliseconds: every one is
 * valid, and costs a verifier what any other costs.
 */
const ROUNDS = 10_000;
const PREFIX = 54;
const SELF = fileURLToPath(import.meta.url);

if (process.argv[2] === "replay") await replayOne(process.argv[3] ?? "");
else await compare(Number(process.argv[2] ?? ROUNDS));

async function compare(rounds: number): Promise<void> {
  const rows = [];
  for (const each of [Math.max(Math.floor(rounds / 10), 1), rounds]) {
    const path = await generated(each);
    const child = spawnSync(process.execPath, ["--import", "tsx", SELF, "replay", path], {
      encoding: "utf8",
    });
    if (child.status !== 0) throw new Error(child.stderr);
    rows.push({
      rounds: each,
      ...(JSON.parse(child.stdout) as object),
      megabytes: Math.round((await stat(path)).size / 1e6),
    });
  }
  console.log(JSON.stringify(rows, null, 2));
}

/** Replays a log in this process, and says how long it took of its time and what it held at most. */
async function replayOne(path: string): Promise<void> {
  const before = process.cpuUsage();
  const start = performance.now();
  const lines = (async function* () {
    for await (const { text, torn } of linesOf(createReadStream(path), path)) yield { text, torn };
  })();
  const { coverage, findings } = await replayLog(lines, await runOptions());
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  const items = coverage.rounds + coverage.proofs;
  console.log(
    JSON.stringify({
      proofs: coverage.proofs,
      verified: coverage.proofsVerified,
      findings: findings.total,
      cpuSeconds: Number(cpu.toFixed(1)),
      seconds: Number(((performance.now() - start) / 1000).toFixed(1)),
      roundsAndProofsPerCpuSecond: Math.round(items / cpu),
      peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
    }),
  );
}

/** Makes the log once; it is the same every time. */
async function generated(rounds: number): Promise<string> {
  const path = `build/audit-bench-${rounds}.ndjson`;
  if (await isWhole(path)) return path;
  const { key } = await runOptions();
  const verifier = new BatchVerifier(key.verificationKey);
  const forger = await Forger.of(key.verificationKey);
  const file = await open(path, "w");
  for await (const { text } of generatedLines(new Recording(PREFIX), { rounds, verifier, forger }))
    await file.appendFile(`${text}\n`);
  await file.close();
  return path;
}

async function isWhole(path: string): Promise<boolean> {
  try {
    return (await readFile(path, "utf8")).slice(-200).includes('"digest"');
  } catch {
    return false;
  }
}
