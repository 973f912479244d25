/**
 * A warm process with the staged tests loaded: runs those it is told to, with the mutant it is told to. Started by
 * {@link TestProcess}, in the stage's folder, with the test files as arguments.
 */
import { relative } from "node:path";
import Mocha from "mocha";
import type { Answer, Covered, Order } from "./protocol.js";
import { mutationState } from "./switch.js";

const files = process.argv.slice(2);
const state = mutationState();
const say = (answer: Answer) => process.send?.(answer);

const mocha = new Mocha({ timeout: 600_000, reporter: class {} as unknown as Mocha.ReporterConstructor });
mocha.cleanReferencesAfterRun(false);
for (const file of files) mocha.addFile(file);
state.asked = new Set();
await mocha.loadFilesAsync();
const whileLoading = [...state.asked];
state.asked = undefined;
const tests: Mocha.Test[] = [];
mocha.suite.eachTest((test: Mocha.Test) => tests.push(test));

process.on("message", (order: Order) => void obey(order));
say({ kind: "ready", whileLoading });

async function obey(order: Order): Promise<void> {
  if (order.kind === "cover") {
    say(await cover());
    return;
  }
  state.active = order.mutant;
  const failed = await run(order.tests);
  state.active = 0;
  if (failed === undefined) {
    say({ kind: "passed" });
    return;
  }
  // The same test without the mutant: it fails as well if something that was cached has been spoilt.
  const again = await run([failed]);
  say(again === undefined || order.fresh ? { kind: "failed", test: failed } : { kind: "spoilt" });
}

/** Runs some tests until one fails. @returns its title, or its suite's if a hook failed */
function run(asked: readonly string[]): Promise<string | undefined> {
  const titles = new Set(asked);
  // Of a pattern mocha only ever asks whether it matches a title.
  mocha.grep({ test: (title: string) => titles.has(title) } as unknown as RegExp);
  mocha.bail(true);
  return new Promise((resolve) => {
    let failed: string | undefined;
    const runner = mocha.run(() => resolve(failed));
    runner.on("fail", (test) => {
      failed ??= (test.ctx?.currentTest ?? test).fullTitle();
    });
  });
}

/** Runs all tests and notes what each asks for; what a hook asks for, all tests of its suite do. */
function cover(): Promise<Answer> {
  const covered: Covered[] = tests.map((test) => ({
    file: relative(process.cwd(), test.file ?? ""),
    title: test.fullTitle(),
    asked: [],
    milliseconds: 0,
  }));
  const failures: string[] = [];
  const take = () => {
    const asked = [...(state.asked ?? [])];
    state.asked = new Set();
    return asked;
  };
  return new Promise((resolve) => {
    state.asked = new Set();
    const runner = mocha.run(() => {
      state.asked = undefined;
      resolve({ kind: "covered", tests: covered, failures });
    });
    runner.on("hook", take);
    runner.on("hook end", (hook) => {
      const asked = take();
      const suite = hook.parent;
      suite?.eachTest((test: Mocha.Test) => covered[tests.indexOf(test)]?.asked.push(...asked));
    });
    runner.on("test", take);
    runner.on("test end", (test) => {
      const entry = covered[tests.indexOf(test)];
      entry?.asked.push(...take());
      if (entry) entry.milliseconds = test.duration ?? 0;
    });
    runner.on("fail", (test) => failures.push(test.fullTitle()));
  });
}
