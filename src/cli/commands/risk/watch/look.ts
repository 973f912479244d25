import { join } from "node:path";
import { serialiseProposal } from "../../../../chain/proposal/file.js";
import { DAY_SECONDS, parseDate } from "../../../../market/date.js";
import { parsePriceTable } from "../../../../market/history.js";
import { slotOf } from "../../../../protocol/listing.js";
import type { RiskProfile } from "../../../../protocol/profile.js";
import { calibrate, DEFAULT_CALIBRATION } from "../../../../risk/calibrate.js";
import type { NamedJump } from "../../../../risk/jumps.js";
import { type Decision, decide, type WatchPolicy } from "../../../../risk/propose/decide.js";
import { type Drift, quantumPrices, referenceBooks } from "../../../../risk/propose/drift.js";
import { checkOutput, type Io, readInput, save } from "../../../io.js";
import { type LiveOptions, makeProposal, withLive } from "../propose/make.js";
import type { ProposalOptions } from "../propose/options.js";
import { readState, saveState } from "./state.js";

/** Everything that a look goes by. */
export interface WatchOptions extends LiveOptions, ProposalOptions, WatchPolicy {
  readonly history: string;
  /** Folder of proposals. */
  readonly out: string;
  readonly state: string;
  readonly confidence: number;
  readonly halfLife: number;
  readonly acceptJump?: readonly NamedJump[];
}

/** What one look at the history came to. */
export type Look =
  | { readonly kind: "nothing new"; readonly time: string }
  | { readonly kind: "held"; readonly time: string; readonly drift: Drift; readonly why: string }
  | {
      readonly kind: "proposed";
      readonly time: string;
      readonly drift: Drift;
      readonly direction: "tighten" | "loosen";
      readonly file: string;
      readonly steps: number;
    };

/**
 * Looks at the history once: calibrates on all of it, measures the drift from the live profile, and writes a proposal if that
 * is worth one. The proposal comes before the state, and the same history gives the same proposal, so a look that was cut
 * short is made again.
 * @throws InputError, ChainError
 */
export function look(io: Io, options: WatchOptions): Promise<Look> {
  return withLive(io, options, async (live) => {
    const { listing } = live;
    const prices = parsePriceTable(await readInput(io, options.history, "prices"));
    const time = prices.times.at(-1) ?? "";
    const state = await readState(io, options.state, listing);
    if (state?.time === time) return { kind: "nothing new", time };

    const last = state?.proposal ?? null;
    const { profile } = calibrate({
      ...DEFAULT_CALIBRATION,
      name: `calibrated ${time}`,
      listing,
      prices,
      confidence: options.confidence,
      halfLife: options.halfLife,
      acceptJumps: options.acceptJump ?? [],
      previous: last?.target ?? live.profile,
    });
    const closes = listing.map(({ symbol }) => prices.closes.at(-1)?.[prices.assets.indexOf(symbol)] ?? 0);
    const quanta = quantumPrices(closes, listing);
    const books = referenceBooks(
      listing.map(({ symbol }) => symbol),
      quanta,
      slotOf(listing, DEFAULT_CALIBRATION.pegged[0] ?? "") ?? null,
    );
    const { decision, drift } = decide(
      {
        live: live.profile,
        calibrated: profile,
        prices: quanta,
        books,
        last: last === null ? null : { target: last.target, age: daysBetween(last.time, time) },
      },
      options,
    );
    if (decision.kind === "hold") {
      await saveState(io, options.state, { time, proposal: last });
      return { kind: "held", time, drift, why: decision.why };
    }
    const target = { ...decision.target, ...titleOf(decision.kind, profile, time) };
    const proposal = await makeProposal(io, live, target, options);
    const file = join(options.out, `proposal-${time.replaceAll(":", "")}.json`);
    await checkOutput(file);
    await save(io, file, serialiseProposal(proposal), "proposal");
    await saveState(io, options.state, { time, proposal: { time, kind: decision.kind, file, target } });
    return { kind: "proposed", time, drift, direction: decision.kind, file, steps: proposal.steps.length };
  });
}

function titleOf(kind: Exclude<Decision["kind"], "hold">, { name, description }: RiskProfile, time: string) {
  return kind === "loosen"
    ? { name, description }
    : {
        name: `tightened ${time}`,
        description: `The shocks of the calibration of ${time}, and parameter by parameter the tighter of it and the profile that was live.`,
      };
}

/** Whole days from one time of a history to another. */
function daysBetween(from: string, to: string): number {
  const day = (time: string) => parseDate(time.slice(0, 10), "state.time");
  return (day(to) - day(from)) / DAY_SECONDS;
}
