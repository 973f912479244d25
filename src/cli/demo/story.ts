import { openingText, releasesText, replayText, watchText } from "./report/before.js";
import { endingText } from "./report/ending.js";
import { fallText } from "./report/fall.js";
import { type Ending, ending } from "./story/ending.js";
import { type Fall, fall } from "./story/fall.js";
import { type Opening, opening, replay } from "./story/opening.js";
import { type Release, releases } from "./story/releases.js";
import { type Day, watch } from "./story/watch.js";
import type { RoundFigures, World } from "./world.js";

/** Everything that happened: what `demo --json` prints. */
export interface Story {
  readonly rounds: readonly RoundFigures[];
  readonly opening: Opening;
  readonly releases: readonly Release[];
  readonly days: readonly Day[];
  readonly fall: Fall;
  readonly ending: Ending;
}

/** How a story is told while it happens. */
export interface Telling {
  /** Text that is final. */
  readonly say: (text: string) => void;
  /** Runs a chapter that takes its time. */
  readonly chapter: <T>(label: string, work: (onShare: (share: number) => void) => Promise<T>) => Promise<T>;
}

/** Plays the story from its first round to its end, chapter by chapter. */
export async function play(world: World, { say, chapter }: Telling): Promise<Story> {
  const rounds = await chapter("three weeks of daily rounds", (onShare) => replay(world, onShare));
  say(replayText(rounds));
  const opened = await chapter("four accounts, attested and proven", () => opening(world));
  say(openingText(opened));
  const released = await chapter("loans and withdrawals", () => releases(world));
  say(releasesText(released));
  const days = await chapter("eight days of books and proofs", (onShare) => watch(world, onShare));
  say(watchText(days));
  const fallen = await chapter("the fall", () => fall(world));
  say(fallText(fallen));
  const ended = await chapter("the newest proofs once more, off line", () => ending(world));
  const all = [...rounds, ...days.map(({ figures }) => figures), ...figuresOf(fallen)];
  say(endingText(ended, fallen, all, world.chain.gas));
  return { rounds, opening: opened, releases: released, days, fall: fallen, ending: ended };
}

function figuresOf({ close, settled }: Fall): RoundFigures[] {
  return [close.figures, settled];
}
