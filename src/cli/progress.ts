import type { Io } from "./io.js";

/** Something that reports how far it has come; what setup and the demo hand their steps to. */
export interface Step {
  readonly label: string;
  /** 0 … 1 while under way. */
  readonly fraction?: number;
  /** Set once the step is done. */
  readonly seconds?: number;
}

/** Shows steps on standard error: a line that redraws itself on a terminal, one line a finished step elsewhere. */
export function progressOn(io: Io): (step: Step) => void {
  let lastTenth = -1;
  let label = "";
  return (step) => {
    if (step.label !== label) {
      label = step.label;
      lastTenth = -1;
      if (!io.interactive && step.seconds === undefined) io.err(`  ${label} …\n`);
    }
    if (step.seconds !== undefined) {
      const line = `  ${label}: ${step.seconds.toFixed(1)} s`;
      io.err(io.interactive ? `\r\u001b[K${line}\n` : `${line}\n`);
      return;
    }
    const done = Math.floor((step.fraction ?? 0) * 100);
    if (io.interactive) io.err(`\r\u001b[K  ${label} … ${done > 0 ? `${done} %` : ""}`);
    else if (Math.floor(done / 25) > lastTenth && done > 0 && done < 100) {
      lastTenth = Math.floor(done / 25);
      io.err(`  ${label} … ${done} %\n`);
    }
  };
}
