/**
 * `npx tsx scripts/scale.ts`: what 10^4, 10^5 and 10^6 accounts take, on paper, from measured figures. Prints the tables of docs/SCALE.md,
 * which a test compares with it.
 */
import { fileURLToPath } from "node:url";

/** Measured figures, each with the command or the document that has it. */
export const MEASURED = {
  /** Milliseconds of a core for a proof of 16x16 by a worker of one thread: `npm run bench:queue`, two on two cores. */
  proof: 204,
  /** Jobs a second through the queue in a folder, the slowest part: docs/QUEUE.md, idle. */
  folderJobs: 552,
  /** Gas of a proof in a batch of 64, an account's later one: docs/GAS.md. */
  proofGas: 73_688,
  /** Gas of such a batch as a whole. */
  batchGas: 4_716_018,
  /** Calldata of a proof in a batch, bytes: four words, and eight of the proof. */
  proofBytes: 12 * 32,
} as const;

/** Chains, by what limits them. Gas limits are of 2025; a block's share is what a keeper may hope to get. */
const CHAINS = [
  { name: "mainnet", gasPerSecond: 45_000_000 / 12, blockTime: 12, gwei: 1 },
  { name: "a rollup", gasPerSecond: 30_000_000, blockTime: 2, gwei: 0.01 },
] as const;
/** Seconds in which a round may be proven against, and of a day. */
const WINDOW = 1_800;
const DAY = 86_400;
const SIZES = [10_000, 100_000, 1_000_000] as const;
/** How often an account is proven: at each of 48 rounds a day, or as a quiet market asks for: at three quarters of a proof's age. */
const RATES = [
  { name: "each round", aDay: DAY / WINDOW },
  { name: "a quiet day", aDay: 1 / 0.75 },
] as const;

const number = (value: number) => Math.ceil(value).toLocaleString("en").replaceAll(",", " ");

/** The tables, as Markdown. */
export function scaleTables(): string {
  const machines = SIZES.map((accounts) => {
    const cores = (accounts * MEASURED.proof) / 1_000 / WINDOW;
    const jobs = accounts / WINDOW;
    const queue =
      jobs <= MEASURED.folderJobs ? "a folder" : `${number(jobs / MEASURED.folderJobs)} gates' queues`;
    return `| ${number(accounts)} | ${number(cores)} | ${number(jobs)} | ${queue} | ${number(accounts / 64)} |`;
  });
  const gas = CHAINS.flatMap((chain) =>
    RATES.flatMap((rate) =>
      SIZES.map((accounts) => {
        const aDay = accounts * rate.aDay * MEASURED.proofGas;
        const share = (100 * aDay) / (chain.gasPerSecond * DAY);
        const ether = (aDay * chain.gwei) / 1e9;
        return `| ${chain.name} | ${rate.name} | ${number(accounts)} | ${number(aDay / 1e6)} | ${share < 1 ? share.toFixed(2) : number(share)} % | ${ether < 1 ? ether.toFixed(3) : number(ether)} |`;
      }),
    ),
  );
  const sequential = CHAINS.map(
    ({ name, blockTime }) => `| ${name} | ${blockTime} s | ${number((WINDOW / blockTime) * 64)} |`,
  );
  return `| accounts | cores, each round proven in its ${WINDOW} s | jobs a second | the queue | batches of 64 |
| --- | --- | --- | --- | --- |
${machines.join("\n")}

| chain | proven | accounts | million gas a day | of the chain's gas | ether a day |
| --- | --- | --- | --- | --- | --- |
${gas.join("\n")}

| chain | a block each | accounts that one sender proves in a window, a batch a block |
| --- | --- | --- |
${sequential.join("\n")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${scaleTables()}\n`);
