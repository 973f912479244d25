import { CeremonyError } from "../../errors.js";
import type { Pin } from "../artefacts/manifest.js";
import type { CeremonyTerms } from "./terms.js";

/**
 * That a ceremony's circuit is the one which this package pins for its tier.
 * @throws CeremonyError (circuit)
 */
export function checkCircuit(
  circuit: Pick<CeremonyTerms, "tier" | "circuitSource" | "r1cs" | "wasm">,
  pin: Pin,
): void {
  const pairs: [what: string, expected: string, got: string][] = [
    ["sources", pin.circuitSource, circuit.circuitSource],
    ["circuit.r1cs", pin.files["circuit.r1cs"].sha256, circuit.r1cs],
    ["circuit.wasm", pin.files["circuit.wasm"].sha256, circuit.wasm],
  ];
  for (const [what, expected, got] of pairs)
    if (expected !== got)
      throw new CeremonyError(
        "circuit",
        `tier ${circuit.tier}: expected ${what} ${expected} as this version of zkmargin pins, got ${got}; use the version that the ceremony was started with`,
      );
}
