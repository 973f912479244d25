import type { PhaseOneSource } from "../../../prove/artefacts/keyStatement.js";

/** Where phase 1 came from, in words. */
export const PHASE_ONE: Readonly<Record<PhaseOneSource, string>> = {
  hermez: "the published Hermez ceremony",
  own: "one's own, its transcript verified",
  development: "DEVELOPMENT: beacons alone, so this is a rehearsal and its key a development key",
};
