import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, Order } from "./protocol.js";
import { ACTIVE_VARIABLE } from "./switch.js";

const CHILD = fileURLToPath(new URL("child.ts", import.meta.url));

/** The process ended in the middle of something. */
export class TestProcessEnded extends Error {}

/** No answer in time: a mutant that goes on for ever. */
export class TestProcessSilent extends Error {}

/** One process that holds staged test files; see child.ts. */
export class TestProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** Mutants that were asked about while the files were loaded. */
    readonly whileLoading: readonly number[],
  ) {}

  /**
   * @param mutant awake from the start, so that it is so while modules are loaded
   * @throws TestProcessEnded, TestProcessSilent
   */
  static async start(
    stage: string,
    files: readonly string[],
    mutant: number,
    patience: number,
  ): Promise<TestProcess> {
    const child = fork(CHILD, files, {
      cwd: stage,
      execArgv: ["--import", "tsx"],
      env: { ...process.env, [ACTIVE_VARIABLE]: String(mutant) },
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const ready = await answer(child, patience);
    return new TestProcess(child, ready.kind === "ready" ? ready.whileLoading : []);
  }

  /**
   * @param patience milliseconds
   * @throws TestProcessEnded, TestProcessSilent; the process is over then
   */
  ask(order: Order, patience: number): Promise<Answer> {
    this.child.send(order);
    return answer(this.child, patience);
  }

  end(): void {
    this.child.kill("SIGKILL");
  }
}

function answer(child: ChildProcess, patience: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer);
      child.off("message", onMessage).off("exit", onExit);
      then();
    };
    const onMessage = (message: unknown) => settle(() => resolve(message as Answer));
    const onExit = () => settle(() => reject(new TestProcessEnded()));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      settle(() => reject(new TestProcessSilent()));
    }, patience);
    child.on("message", onMessage).on("exit", onExit);
  });
}
