import { CrossedPricesError, OutOfRangeError } from "../../../../src/errors.js";
import { checkMarket } from "../../../../src/protocol/checks.js";
import { unpackClaim } from "../../../../src/protocol/claim.js";
import { PUBLIC_SIGNALS } from "../../../../src/protocol/signals.js";
import { claimHolds, largestShocks } from "../../../../src/protocol/statement.js";
import type { Tier } from "../../../../src/protocol/tiers.js";
import type { Market } from "../../../../src/protocol/types.js";
import {
  type Random,
  randomBook,
  randomMarket,
  randomSleeve,
  randomSupport,
  thresholdCases,
} from "../../../support/cases.js";
import { compileTemplate, compileTier } from "../../../support/circuit.js";
import { statementInputs } from "../../../support/statement.js";
import { signed } from "../engine/field.js";
import { hostile, list } from "./hostile.js";
import { netted, pairs } from "./lib.js";
import { claimWord, commitmentOf, sampleSleeve, sleeveWordsOf } from "./margin.js";
import type { Meaning, Signals, Specimen } from "./specimen.js";

const PRIVATE = [
  ...["spot", "perp", "basis"],
  ...["sleeveValue", "sleeveGain", "sleeveCharge", "sleeveSlack", "detail", "salt"],
];
const OPEN: readonly string[] = PUBLIC_SIGNALS.map(({ name }) => name);

/** The circuit of a tier, as it is shipped. */
export function tierStatement(tier: Tier): Specimen {
  return statement(tier, tier.name, (flags) => compileTier(tier.name, flags));
}

/** The statement at a size of its own. */
export function smallStatement(assets: number, scenarios: number): Specimen {
  const size = { name: `${assets}x${scenarios}`, assets, scenarios, power: 0 };
  return statement(size, `margin/MarginStatement(${assets}, ${scenarios})`, (flags) =>
    compileTemplate("margin/MarginStatement", [assets, scenarios], OPEN, flags),
  );
}

function statement(tier: Tier, name: string, compile: Specimen["compile"]): Specimen {
  return {
    name,
    compile,
    inputs: [...OPEN.filter((input) => input !== "commitment"), ...PRIVATE],
    open: OPEN,
    sample: (random) => sampleStatement(random, tier),
    meaning: (inputs) => meaningOf(inputs, tier),
  };
}

/** A claim at its threshold, true or false by one attodollar; or a random one, isolated or out of bounds. */
export function sampleStatement(random: Random, tier: Tier): Signals {
  const isolated = random.chance(0.25);
  const options = { isolated, sleeves: 0.5, supports: 0.4 };
  if (random.chance(0.7)) {
    const { book, market, leaning, theta } = random.pick(thresholdCases(random, tier, options));
    return statementInputs(book, market, { ...leaning, theta, isolated });
  }
  const claim = { theta: random.integer(1, 65_535), healthy: random.chance(0.5), envelope: 0, isolated };
  const sleeve = random.chance(0.3) ? { sleeve: randomSleeve(random) } : {};
  const inputs = statementInputs(
    { ...randomBook(random, tier, random.chance(0.5)), ...sleeve },
    randomMarket(random, tier),
    {
      ...claim,
      sleeve: !isolated && random.chance("sleeve" in sleeve ? 0.8 : 0.3),
      support: randomSupport(random),
    },
  );
  if (random.chance(0.7)) return inputs;
  return random.pick([
    () => ({ ...inputs, claim: [claimWord(random)] }),
    () => ({ ...inputs, basis: [hostile(random)] }),
    () => ({ ...inputs, ...sampleSleeve(random, tier.scenarios) }),
    () => ({
      ...inputs,
      shockCap: inputs.shockCap?.with(random.integer(0, tier.assets - 1), hostile(random)) ?? [],
    }),
    () => ({ ...inputs, spot: inputs.spot?.with(random.integer(0, tier.assets - 1), hostile(random)) ?? [] }),
    () => ({ ...inputs, perp: inputs.perp?.with(random.integer(0, tier.assets - 1), hostile(random)) ?? [] }),
  ])();
}

/**
 * The public meaning of the statement. Nothing is claimed of a market that no verifier takes. For any other, an
 * accepted statement has a readable claim word, and a commitment that opens to its book. The book is within what the
 * circuit admits (docs/STATEMENT.md), and isolated if the claim says so. The verdict is the reference model's.
 */
function meaningOf(inputs: Signals, tier: Tier): Meaning {
  const market = marketOf(inputs, tier);
  try {
    checkMarket(market, market.high.filter((price) => price !== 0n).length);
  } catch (error) {
    if (error instanceof OutOfRangeError || error instanceof CrossedPricesError) return "unclaimed";
    throw error;
  }
  if (largestShocks(market).some((cap, u) => cap !== inputs.shockCap?.[u])) return "unclaimed";
  const one = (name: string) => signed(inputs[name]?.[0] ?? 0n);
  const numbers = {
    value: one("sleeveValue"),
    gains: (inputs.sleeveGain ?? []).map(signed),
    charge: one("sleeveCharge"),
    slack: one("sleeveSlack"),
  };
  const sleeve = sleeveWordsOf(numbers);
  if (!sleeve) return "refused";
  const detail = inputs.detail?.[0] ?? 0n;
  const spot = (inputs.spot ?? []).map(signed);
  const perp = (inputs.perp ?? []).map(signed);
  const basis = signed(inputs.basis?.[0] ?? 0n);
  if (basis < -(1n << 127n) || basis >= 1n << 127n) return "refused";
  if (spot.some((q, u) => netted(q, perp[u] ?? 0n, 64) === undefined)) return "refused";
  try {
    const claim = unpackClaim(inputs.claim?.[0] ?? 0n);
    if (claim.isolated) {
      const [owned, perpetuals] = [spot.map((q) => (q > 0n ? q : 0n)), perp.map((q) => (q < 0n ? -q : q))];
      if (pairs(owned) + pairs(perpetuals) > 0n) return "refused";
    }
    const held = [...sleeve, detail].some((word) => word !== 0n) ? { sleeve: { ...numbers, detail } } : {};
    if (!claimHolds({ spot, perp, basis, ...held }, market, claim)) return "refused";
  } catch (error) {
    if (error instanceof OutOfRangeError) return "refused";
    throw error;
  }
  return { commitment: [commitmentOf({ ...inputs, sleeve })] };
}

function marketOf(inputs: Signals, { assets, scenarios }: Tier): Market {
  const of = (name: string) => (inputs[name] ?? []).map(signed);
  const shocks = of("shock");
  return {
    pnlFactor: of("pnlFactor")[0] ?? 0n,
    low: of("low"),
    high: of("high"),
    funding: of("funding"),
    collateralFactor: of("collateralFactor"),
    debtFactor: of("debtFactor"),
    perpMargin: of("perpMargin"),
    liquidity: of("liquidity"),
    impact: of("impact"),
    shock: list(scenarios, (s) => shocks.slice(s * assets, (s + 1) * assets)),
  };
}
