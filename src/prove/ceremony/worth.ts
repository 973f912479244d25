import type { KeyWorth } from "../artefacts/keyStatement.js";
import type { Transcript } from "./transcript.js";

/** What a key of this ceremony is worth, once it is finished. */
export function worthOf({ terms }: Transcript): KeyWorth {
  const { source } = terms.phase1;
  if (source === "development") return { kind: "development", phase1: "development" };
  return { kind: "ceremony", phase1: source };
}
