import type { Manifest } from "./manifest.js";

/** What a proof under a key is worth, in words that go into every bundle made with it. */
export const KEY_STATEMENTS: Readonly<Record<Manifest["phase1"]["source"], string>> = {
  development:
    "development key: both phases of its set-up are public beacons, so anybody can derive its secrets and forge proofs",
  hermez:
    "development key: phase 1 is the published Hermez ceremony, but phase 2 is a public beacon, so anybody can derive delta and forge proofs",
};
