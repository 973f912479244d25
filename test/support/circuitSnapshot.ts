import { createRequire } from "node:module";
import { signalCount } from "../../src/protocol/signals.js";
import { CLEARING_CIRCUITS, CLEARING_SIGNALS, TIERS } from "../../src/protocol/tiers.js";
import { compileTemplate, compileTier } from "./circuit.js";

const FLAGS = ["--O2"];
/** Every template below the statements, at the parameters the 16x16 tier gives it. */
const TEMPLATES: readonly (readonly [file: string, parameters: readonly number[]])[] = [
  ["lib/NettedPair", [64]],
  ["lib/SignedSplit", [149]],
  ["lib/Maximum", [16, 148]],
  ["lib/AtMostOne", [16]],
  ["lib/PoseidonChain", [20]],
  ["lib/NonZeroWhere", []],
  ["lib/OneHot", [16]],
  ["lib/KeyAgreement", []],
  ["lib/Permutation", [16, 1]],
  ["margin/ReadClaim", []],
  ["margin/AssetRisk", []],
  ["margin/CommitBook", [16]],
  ["margin/ScenarioLoss", [16, 16, 4]],
  ["margin/IsolatedMargin", [16]],
  ["margin/Sleeve", [16]],
  ["clearing/ClearedBook", [16]],
  ["clearing/ApplyNote", [16]],
  ["clearing/HoldReduction", [16]],
  ["clearing/EncryptBook", [16]],
  ["clearing/PackPrices", []],
  ["clearing/BindWords", [72, 28]],
];

/** Sizes of everything that is compiled: the checked-in snapshot, test/snapshots/circuits.json. */
export async function circuitSnapshot(): Promise<unknown> {
  const { version } = createRequire(import.meta.url)("circom2/package.json") as { version: string };
  const tiers: Record<string, unknown> = {};
  const circuits = [
    ...TIERS.map((tier) => ({ ...tier, publicSignals: signalCount(tier) })),
    ...CLEARING_CIRCUITS.map((circuit) => ({ ...circuit, publicSignals: CLEARING_SIGNALS })),
  ];
  for (const { name, power, publicSignals } of circuits) {
    const { constraints } = await compileTier(name);
    const count = constraints.constraints.length;
    tiers[name] = {
      constraints: count,
      wires: constraints.wires,
      publicSignals,
      domain: 2 ** power,
      used: count + publicSignals + 1,
    };
  }
  const templates: Record<string, number> = {};
  for (const [file, parameters] of TEMPLATES) {
    const { constraints } = await compileTemplate(file, parameters);
    templates[`${file}(${parameters.join(", ")})`] = constraints.constraints.length;
  }
  return { compiler: `circom2 ${version}`, flags: FLAGS, tiers, templates };
}
