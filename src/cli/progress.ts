import type { Terminal } from "./io.js";

/** Something that reports how far it has come; what setup and ceremonies hand their steps to. */
interface Step {
  readonly label: string;
  /** Share of the whole that is done as this step starts, 0 … 1; a label without it is a mere notice. */
  readonly fraction?: number;
  /** Set once the step is done. */
  readonly seconds?: number;
}

const CLEAR = "\r\u001b[K";

/** Shows steps on standard error: a line that redraws itself on a terminal, a line at each start and end elsewhere. */
export function progressOn(io: Terminal): (step: Step) => void {
  const clear = io.interactive ? CLEAR : "";
  return ({ label, fraction, seconds }) => {
    if (seconds !== undefined) return io.err(`${clear}  ${label}: ${seconds.toFixed(1)} s\n`);
    if (fraction === undefined) return io.err(`${clear}  ${label}\n`);
    const done = Math.floor(fraction * 100);
    io.err(`${clear}  ${label} …${done > 0 ? ` (${done} %)` : ""}${io.interactive ? "" : "\n"}`);
  };
}

/** Shows the phase of a proof under way, on a terminal only: elsewhere it is over too soon to be news. */
export function phasesOn(io: Terminal): (phase: string, state: "start" | "end") => void {
  return (phase, state) => {
    if (io.interactive) io.err(state === "start" ? `${CLEAR}  ${phase} …` : CLEAR);
  };
}

/** A share that grows. */
export interface ShownShare {
  at(share: number): void;
  /** Takes the line away. */
  end(): void;
}

/** Shows how much of something long is done: on a terminal each percent, elsewhere each tenth. */
export function shareOn(io: Terminal, label: string): ShownShare {
  const step = io.interactive ? 1 : 10;
  let shown = -1;
  return {
    at: (share) => {
      const percent = Math.floor((Math.min(share, 1) * 100) / step) * step;
      if (percent <= shown) return;
      shown = percent;
      io.err(io.interactive ? `${CLEAR}  ${label} … (${percent} %)` : `  ${label} … ${percent} %\n`);
    },
    end: () => {
      if (io.interactive) io.err(CLEAR);
    },
  };
}
