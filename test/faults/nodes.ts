import type { Part, Setting, TaskReport } from "../soundness/suite/part.js";
import { Random } from "../support/cases.js";
import {
  laggingBlock,
  laggingCount,
  lateReceipts,
  lostSends,
  oneIn,
  repeated,
  stretch,
  TROUBLES,
  together,
} from "../support/nodeFaults.js";
import type { Rule } from "../support/proxyNode.js";
import { ProxiedChain, type Step } from "./nodes/proxiedChain.js";
import { GROUPS } from "./nodes/steps.js";

/** Cells of a command in CI; all of them in a long run. */
const CELLS = 24;
/** Fewer of those that make hundreds of requests, or a proof. */
const SLOW: Readonly<Record<string, number>> = { deploy: 8, keep: 6, "audit export": 12 };

/** Commands through bad nodes: everything that is sent is executed once. */
export const nodes: Part = {
  name: "nodes",
  about:
    "through nodes that are late, lag, lose, repeat and refuse, every command does what it is to do once, or says why not",
  tasks: (long) =>
    Object.entries(GROUPS).map(([name, steps]) => ({
      name,
      seconds: steps.length * 40 * (long ? 3 : 1),
      run: (setting: Setting, progress: (share: number) => void) => behindBadNodes(steps, setting, progress),
    })),
};

/** Every fault, by its name and chance. */
export function faults(random: Random): readonly (readonly [name: string, rule: Rule])[] {
  const special: [string, Rule][] = [
    ["receipts one look late", lateReceipts(1)],
    ["receipts four looks late", lateReceipts(4)],
    ["pending counts that lag", laggingCount("pending", 0.3, random)],
    ["latest counts that lag", laggingCount("latest", 0.3, random)],
    ["block numbers that lag", laggingBlock(2, 0.3, random)],
    ["lost answers to sending", lostSends(0.7, random)],
    ["requests that come twice", repeated(0.5, random)],
    [
      "all at once",
      together(
        lostSends(0.5, random),
        lateReceipts(2),
        laggingCount("pending", 0.3, random),
        repeated(0.2, random),
      ),
    ],
  ];
  const troubles = Object.entries(TROUBLES).flatMap(([name, trouble]): [string, Rule][] => [
    [`${name}, in a row`, stretch(name === "hang" ? 2 : 5, trouble, random.integer(0, 60))],
    // One hang is a second.
    [`${name}, one in four`, oneIn(name === "hang" ? 60 : 4, trouble, random)],
  ]);
  return [...special, ...troubles];
}

async function behindBadNodes(
  steps: readonly Step[],
  { long, seed }: Setting,
  progress: (share: number) => void,
): Promise<TaskReport> {
  const random = new Random(seed);
  const chain = await ProxiedChain.start();
  const counts = { done: 0, told: 0 };
  try {
    for (const [i, step] of steps.entries()) {
      await step.prepare?.(chain);
      const clean = await chain.clean(step);
      const left = [...faults(random)];
      const wanted = long ? left.length : (SLOW[step.name] ?? CELLS);
      for (let cell = 0; cell < wanted; cell++) {
        // The special ones first, then troubles by chance.
        const at = cell < 8 ? 0 : random.integer(0, left.length - 1);
        const [[name, rule] = ["", () => "pass" as const]] = left.splice(at, 1);
        const end = await chain.meets(step, rule, clean).catch((error: Error) => {
          throw new Error(`${step.name} and ${name}: ${error.stack}`);
        });
        counts[end]++;
        progress((i + cell / wanted) / steps.length);
      }
    }
  } finally {
    await chain.close();
  }
  const { done, told } = counts;
  return { cases: done + told, says: `${done} done, ${told} told and done by the next run` };
}
