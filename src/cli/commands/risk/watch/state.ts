import { ObjectReader } from "../../../../encoding/objectReader.js";
import { parseStrictJson } from "../../../../encoding/strictJson.js";
import { UnreadableError } from "../../../../errors.js";
import { profileToJson, readProfile } from "../../../../market/profile.js";
import type { Listing } from "../../../../protocol/listing.js";
import type { RiskProfile } from "../../../../protocol/profile.js";
import { type Io, readKept, save } from "../../../io.js";

const FORMAT = "zkmargin/watch@1";

/** What a watch remembers from one look to the next, `zkmargin/watch@1`. */
export interface WatchState {
  /** Last time of the history that was looked at. */
  readonly time: string;
  /** The newest proposal; null before the first. */
  readonly proposal: WatchProposal | null;
}

/** A proposal that a watch has made. */
export interface WatchProposal {
  readonly time: string;
  readonly kind: "tighten" | "loosen";
  /** Name of its file. */
  readonly file: string;
  readonly target: RiskProfile;
}

/** The state of a watch; null where there is none yet. @throws InputError */
export async function readState(io: Io, path: string, listing: Listing): Promise<WatchState | null> {
  const text = await readKept(io, path, "watch").catch((error) => {
    if (error instanceof UnreadableError && error.got === "no such file") return null;
    throw error;
  });
  if (text === null) return null;
  const state = ObjectReader.document(parseStrictJson(text, path), path, FORMAT, ["time", "proposal"]);
  return {
    time: state.text("time", 32),
    proposal:
      state.value("proposal") === null
        ? null
        : readProposal(ObjectReader.of(state.value("proposal"), state.at("proposal"), FIELDS), listing),
  };
}

const FIELDS = ["time", "kind", "file", "target"] as const;

function readProposal(proposal: ObjectReader, listing: Listing): WatchProposal {
  return {
    time: proposal.text("time", 32),
    kind: proposal.oneOf("kind", ["tighten", "loosen"]),
    file: proposal.text("file", 256),
    target: readProfile(proposal.value("target"), proposal.at("target"), listing),
  };
}

/** Writes the state whole or not at all. */
export function saveState(io: Io, path: string, state: WatchState): Promise<void> {
  return save(io, path, stateText(state), "watch");
}

/** The text of a state file. */
export function stateText({ time, proposal }: WatchState): string {
  const told = proposal === null ? null : { ...proposal, target: profileToJson(proposal.target) };
  return `${JSON.stringify({ format: FORMAT, time, proposal: told }, null, 2)}\n`;
}
