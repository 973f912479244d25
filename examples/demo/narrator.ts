import type { Artefacts } from "zkmargin/prove";

// How a story is told while it happens, and what it leaves behind.

/** Tells a story while it happens. */
export interface Narrator {
  /** Prints text on standard output. */
  say(text: string): void;
  /** Runs a chapter, and shows on standard error that it is under way. */
  chapter<T>(label: string, work: (onShare: (share: number) => void) => Promise<T>): Promise<T>;
}

/** What a story leaves behind. */
export interface Performed {
  /** Everything that happened: what `--json` prints. */
  readonly told: object;
  /** Texts by the names of their files. */
  readonly files: Readonly<Record<string, string>>;
  /** What the reader must know, and how to check the files. `invocation`: how to run the command line. */
  readonly farewell: (invocation: string, folder: string) => string;
}

/** A story on local chains that it starts and ends. */
export type Story = (artefacts: Artefacts, narrator: Narrator) => Promise<Performed>;

/** What setup and chapters tell of themselves; `fraction` of the whole is done as a step starts. */
interface Step {
  readonly label: string;
  readonly fraction?: number;
  readonly seconds?: number;
}

/** Shows steps on standard error: a line that redraws itself on a terminal, a line at each start and end elsewhere. */
export function showStep({ label, fraction, seconds }: Step): void {
  const isTerminal = process.stderr.isTTY === true;
  const clear = isTerminal ? "\r\u001b[K" : "";
  const done = Math.floor((fraction ?? 0) * 100);
  if (seconds !== undefined) process.stderr.write(`${clear}  ${label}: ${seconds.toFixed(1)} s\n`);
  else if (fraction === undefined) process.stderr.write(`${clear}  ${label}\n`);
  else process.stderr.write(`${clear}  ${label} …${done > 0 ? ` (${done} %)` : ""}${isTerminal ? "" : "\n"}`);
}

/** A narrator that shows chapters as steps. */
export function narratorOf(show: (step: Step) => void, say: (text: string) => void): Narrator {
  return {
    say,
    chapter: async (label, work) => {
      const start = performance.now();
      show({ label, fraction: 0 });
      // Elsewhere than on a terminal each share would be a line.
      const result = await work((fraction) => process.stderr.isTTY && show({ label, fraction }));
      show({ label, seconds: (performance.now() - start) / 1000 });
      return result;
    },
  };
}
