import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../src/groth16/artefacts/layout.js";
import { codeSettings, solcVersion } from "../contracts/solc.js";
import { measureDerived } from "./derived.js";
import type { Figure, GasReport, Section } from "./figures.js";
import { measureGovernance, proposeChange } from "./governance.js";
import { HARDFORK } from "./localNode.js";
import { measureAccounts, measureSubmissions, proveAccounts } from "./proofs.js";
import { measureMoves, measureRest, measureWrapped, perSignal, RoundMeter } from "./rounds.js";
import { constraintsOfHash, measureStock } from "./stock.js";
import { DERIVED, Testbed } from "./testbed.js";
import { VaultStory } from "./vault.js";
import { measureVerification } from "./verification.js";

/** Deploys everything on a local chain of its own, uses it with proofs, and reads what the receipts say. */
export async function measureGas(): Promise<GasReport> {
  const bed = await Testbed.start();
  try {
    const [sections, constraints] = await Promise.all([measureOn(bed), countConstraints(bed)]);
    const root = packageRoot();
    return {
      hardfork: HARDFORK,
      solc: solcVersion(),
      optimiserRuns: codeSettings(root).optimizer.runs,
      constraints,
      sections,
    };
  } finally {
    await bed.close();
  }
}

async function measureOn(bed: Testbed): Promise<GasReport["sections"]> {
  const deployment = await measureDeployment(bed);

  const meter = new RoundMeter(bed);
  const first = await meter.poke();
  const accounts = await measureAccounts(bed);
  const proven = await proveAccounts(bed);
  const verification = {
    ...(await measureVerification(bed, proven.round, proven.instances)),
    ...(await measureStock(bed, proven.bundle)),
  };
  const gate = await measureSubmissions(bed, proven);
  const derived = await bed.node.undoing(() => measureDerived(bed));
  const story = new VaultStory(bed);
  const vault = await story.measure();
  const moves = await measureMoves(bed, meter);
  const { "submit, a proof of ill health": illHealth, ...liquidation } = await story.measureLiquidation();
  const rest = await measureRest(bed, meter);
  const wrapped = await measureWrapped(bed, meter);
  // Days of rounds come before it, in which a proposal would expire.
  await proposeChange(bed);
  await bed.node.skip(bed.plan.governance.delay);
  const governance = await measureGovernance(bed);

  return {
    verification,
    gate: { ...gate, "submit, a proof of ill health": illHealth as Figure },
    derived,
    freshRounds: perSignal({ "the first": first, ...moves, ...rest }),
    wrappedRounds: perSignal(wrapped),
    accounts,
    governance,
    vault: { ...vault, ...liquidation },
    deployment,
  };
}

async function countConstraints({ plan, artefacts }: Testbed): Promise<GasReport["constraints"]> {
  const sizes = await readFile(join(packageRoot(), "test", "snapshots", "circuits.json"), "utf8");
  return {
    statement: JSON.parse(sizes).tiers[plan.tier.name].constraints,
    hashOfSignals: await constraintsOfHash(artefacts.verificationKey.nPublic),
  };
}

async function measureDeployment(bed: Testbed): Promise<Section> {
  const [feed] = bed.steps.filter(({ name }) => name.startsWith("feed "));
  const ofDerived = bed.steps.filter(({ name }) => name.startsWith(`${DERIVED} `));
  const steps = bed.steps.filter((step) => !step.name.startsWith("feed ") && !ofDerived.includes(step));
  const section: Record<string, Figure> = {};
  for (const { name, gas } of steps) {
    section[name.replace(/^./, (letter) => letter.toUpperCase())] = { gas: Number(gas) };
    if (name === "riskProfile" && feed !== undefined)
      section["ChainlinkFeed, each of 16"] = { gas: Number(feed.gas) };
  }
  const total = ofDerived.reduce((sum, { gas }) => sum + gas, 0n);
  section["DerivedLedger"] = { gas: Number(ofDerived.find(({ name }) => name.endsWith("Ledger"))?.gas) };
  section["a derived market: a RiskProfile, a DerivedLedger and a MarginGate"] = { gas: Number(total) };
  section["handover to governance"] = { gas: await bed.newestGas() };
  return section;
}
