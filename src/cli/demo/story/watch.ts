import { after, daysBetween, FALL, OPENING } from "../calendar.js";
import { CAST, type PartName } from "../cast.js";
import type { Kept, Moment, RoundFigures, World } from "../world.js";

/** One day: the close, what it did to every account, and how the keeper left them. */
export interface Day {
  readonly figures: RoundFigures;
  /** Right after the round. */
  readonly lapsed: Moment;
  /** After new books were attested and the keeper has looked. */
  readonly kept: Kept;
  readonly then: Moment;
}

/** A close, then half an hour later new books and a keeper. */
export async function day(world: World, date: string): Promise<Day> {
  const { chain } = world;
  const figures = await world.round(date, after(date));
  const lapsed = await world.look();
  await chain.at(after(date, 0.5));
  for (const part of Object.keys(CAST) as PartName[]) if (CAST[part].joins === date) await world.open(part);
  await world.attestAll();
  const kept = await world.keep();
  return { figures, lapsed, kept, then: await world.look() };
}

/** The days from the opening to the eve of the fall. */
export async function watch(world: World, onShare: (share: number) => void): Promise<Day[]> {
  const days = daysBetween(world.history, OPENING, FALL).filter((date) => date < FALL);
  const watched: Day[] = [];
  for (const [i, date] of days.entries()) {
    onShare(i / days.length);
    watched.push(await day(world, date));
  }
  return watched;
}
