import { KEY_STATEMENTS } from "../prove/artefacts/keyStatement.js";
import type { PhaseOneSource } from "../prove/bundle.js";

/** What a proof under a key is worth, so written that nobody overlooks it. */
export function keyWarning(phase1: PhaseOneSource): string {
  return KEY_STATEMENTS[phase1].replace(/^development key/, "DEVELOPMENT KEY");
}
