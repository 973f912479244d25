import { eventsOf } from "../../src/chain/binding.js";
import { type MarketLedgerEvents, marketLedger } from "../../src/chain/generated/MarketLedger.js";
import { type Figure, figure, type Section } from "./figures.js";
import type { Mined } from "./localNode.js";
import type { Testbed } from "./testbed.js";

const STILL = "nothing moves";

type Quotes = Pick<MarketLedgerEvents["RoundCommitted"], "low" | "high" | "funding">;

/** Counts what moves from round to round. */
export class RoundMeter {
  readonly #bed: Testbed;
  #last: Quotes = { low: [], high: [], funding: [] };

  constructor(bed: Testbed) {
    this.#bed = bed;
  }

  /** Commits a round; `count` of its figure is the signals that it folded. */
  async poke(): Promise<Figure> {
    const mined = await this.#bed.poke();
    return { ...figure(mined), count: this.#movedIn(mined) };
  }

  #movedIn({ logs }: Mined): number {
    const round = eventsOf(marketLedger, "RoundCommitted", logs)[0]?.fields;
    if (round === undefined) throw new RangeError("poke: expected a round, got none");
    const last = this.#last;
    this.#last = round;
    const moved = (kind: keyof Quotes) =>
      round[kind].filter((value, u) => value !== (last[kind][u] ?? 0n)).length;
    return moved("low") + moved("high") + moved("funding");
  }
}

/** Shares out to the signals that each round folded what it cost more than one in which nothing moved. */
export function perSignal(section: Section): Section {
  const still = section[STILL]?.gas ?? Number.NaN;
  const share = (round: Figure): Figure =>
    round.count ? { ...round, each: Math.ceil((round.gas - still) / round.count) } : round;
  return Object.fromEntries(Object.entries(section).map(([name, round]) => [name, share(round)]));
}

/** Rounds while the rings are new. Leaves the market of 19 May, the averages still on their way. */
export async function measureMoves(bed: Testbed, meter: RoundMeter): Promise<Section> {
  await meter.poke();
  await bed.post("2021-05-18");
  const spots = await meter.poke();
  await bed.post("2021-05-19");
  return {
    "prices and funding jump from rest": spots,
    "prices, averages and funding move": await meter.poke(),
    "averages move, feeds stand": await meter.poke(),
  };
}

/** A round in which nothing moves, the averages having come to rest. */
export async function measureRest(bed: Testbed, meter: RoundMeter): Promise<Section> {
  const { twapWindow } = bed.plan.timing;
  for (let passed = 0; passed <= twapWindow; passed += bed.interval) await meter.poke();
  return { [STILL]: await meter.poke() };
}

/** The same once both rings of the ledger have come round, as they are for the rest of its life. */
export async function measureWrapped(bed: Testbed, meter: RoundMeter): Promise<Section> {
  await bed.wrapRings();
  const still = await meter.poke();
  await bed.post("2021-05-20");
  const spots = await meter.poke();
  await bed.post("2021-05-21");
  return {
    "prices and funding jump from rest": spots,
    "prices, averages and funding move": await meter.poke(),
    "averages move, feeds stand": await meter.poke(),
    [STILL]: still,
  };
}
