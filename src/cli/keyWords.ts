import { type KeyWorth, keyStatement } from "../prove/artefacts/keyStatement.js";

/** What a proof under a key is worth, so written that nobody overlooks a development key. */
export function keyWords(worth: KeyWorth): string {
  return keyStatement(worth).replace(/^development key/, "DEVELOPMENT KEY");
}
