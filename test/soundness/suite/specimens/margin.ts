import { OutOfRangeError } from "../../../../src/errors.js";
import { BPS, SLACK_BITS, SLEEVE_BITS, SUPPORT_BITS } from "../../../../src/protocol/bounds.js";
import { unpackClaim } from "../../../../src/protocol/claim.js";
import {
  BOOK_DOMAIN,
  PACKED_BITS,
  PACKED_OFFSET,
  poseidonChain,
} from "../../../../src/protocol/commitment.js";
import type { Random } from "../../../support/cases.js";
import { field } from "../../../support/field.js";
import { sleeveLayout } from "../../../support/statement.js";
import { reduce, signed } from "../engine/field.js";
import { about, hostile, list } from "./hostile.js";
import { netted, pairs, sparse } from "./lib.js";
import { type Signals, template } from "./specimen.js";

const power = (bits: number) => 1n << BigInt(bits);
const size = (x: bigint) => (x < 0n ? -x : x);
const positive = (x: bigint) => (x > 0n ? x : 0n);

/** A claim's word: mostly one that is read, at its limits or one beyond them. */
export function claimWord(random: Random): bigint {
  if (random.chance(0.05)) return hostile(random);
  const theta = random.pick([0n, 1n, 9_999n, 10_000n, 65_535n, random.bits(16)]);
  const envelope = random.pick([0n, 0n, 1n, 9_999n, 10_000n, 10_001n, 16_383n, random.bits(14)]);
  const flags = random.chance(0.5) ? random.bits(2) : random.bits(4);
  const most = power(SUPPORT_BITS) - 1n;
  const support = random.chance(0.4) ? 0n : random.pick([1n, most, random.bits(SUPPORT_BITS)]);
  const word = theta | (envelope << 16n) | (flags << 30n) | (support << 34n);
  return random.chance(0.05) ? word | (1n << BigInt(random.integer(90, 253))) : word;
}

export function readClaim() {
  return template("margin/ReadClaim", [], ["claim"], {
    sample: (random) => ({ claim: [field(claimWord(random))] }),
    meaning: ({ claim: [word = 0n] = [] }) => {
      try {
        const { theta, envelope, healthy, isolated, sleeve = false, support = 0n } = unpackClaim(word);
        const flags = { healthy: Number(healthy), isolated: Number(isolated), sleeve: Number(sleeve) };
        const supports = { supportAdded: positive(support), supportTaken: positive(-support) };
        const words = { theta, envelope, ...flags, ...supports };
        return Object.fromEntries(Object.entries(words).map(([name, value]) => [name, [BigInt(value)]]));
      } catch (error) {
        if (error instanceof OutOfRangeError) return "refused";
        throw error;
      }
    },
  });
}

const RISK = [
  "low",
  "high",
  "funding",
  "collateralFactor",
  "debtFactor",
  "perpMargin",
  "liquidity",
  "impact",
  "shockCap",
] as const;

export function assetRisk() {
  return template("margin/AssetRisk", [], ["healthy", "envelope", "spot", "perp", ...RISK], {
    sample: (random) => {
      const spot = about(random, 64);
      return {
        healthy: [random.chance(0.03) ? hostile(random) : random.bits(1)],
        envelope: [about(random, 14)],
        spot: [spot],
        perp: [random.chance(0.3) ? field(random.pick([0n, -spot, 1n - spot])) : about(random, 64)],
        ...Object.fromEntries(RISK.map((name) => [name, [about(random, name.length > 7 ? 15 : 64)]])),
      };
    },
    // The public inputs are any numbers: what is said of them is said modulo the field.
    meaning: (inputs) => {
      const of = (name: string) => signed(inputs[name]?.[0] ?? 0n);
      const [spot, perp] = [of("spot"), of("perp")];
      const split = netted(spot, perp, 64);
      if (!split) return "refused";
      const healthy = of("healthy");
      if (healthy !== 0n && healthy !== 1n) return "unclaimed";
      const { aPositive = 0n, bPositive = 0n, bMagnitude = 0n, sumMagnitude = 0n } = split;
      const [owned, owed] = healthy === 1n ? [of("low"), of("high")] : [of("high"), of("low")];
      const outputs = {
        collateral: aPositive * owned * of("collateralFactor"),
        debt: (aPositive - spot) * owed * of("debtFactor"),
        perpOwned: bPositive * owned,
        perpOwed: (bPositive - perp) * owed,
        perpFunding: perp * of("funding"),
        rateMargin: bMagnitude * owed * of("perpMargin") + sumMagnitude * owed * of("liquidity"),
        exposure: (spot + perp) * owed,
        spreadCharge: sumMagnitude * (owed * of("envelope") + BPS * (owed - owned)) * of("shockCap"),
        impactCharge: sumMagnitude * sumMagnitude * of("impact"),
        spotPositive: aPositive,
        perpMagnitude: bMagnitude,
      };
      return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, [reduce(value)]]));
    },
  });
}

/** The commitment by docs/STATEMENT.md to numbers of any size, as the circuit packs them: modulo the field. */
export function commitmentOf({ listing, spot, perp, basis, sleeve, detail, salt }: Signals): bigint {
  const quantities = [...(spot ?? []), ...(perp ?? [])].map((q) => signed(q) + PACKED_OFFSET);
  const words = [BOOK_DOMAIN, listing?.[0] ?? 0n];
  for (let i = 0; i < quantities.length; i += 3)
    words.push(
      reduce([0, 1, 2].reduce((sum, k) => sum + ((quantities[i + k] ?? 0n) << BigInt(k * PACKED_BITS)), 0n)),
    );
  const rest = [...(sleeve ?? []), detail?.[0] ?? 0n, salt?.[0] ?? 0n];
  return poseidonChain([...words, reduce((basis?.[0] ?? 0n) + power(127)), ...rest]);
}

/** What a sleeve's inputs are packed into, modulo the field; undefined where one of the numbers is out of bounds. */
export function sleeveWordsOf(inputs: {
  readonly value: bigint;
  readonly gains: readonly bigint[];
  readonly charge: bigint;
  readonly slack: bigint;
}): bigint[] | undefined {
  const { value, gains, charge, slack } = inputs;
  const limit = power(SLEEVE_BITS);
  if ([value, ...gains].some((x) => x < -limit || x >= limit)) return undefined;
  if (charge < 0n || charge >= limit || slack < 0n || slack >= power(SLACK_BITS)) return undefined;
  return sleeveLayout([value, ...gains, charge, slack]).map(reduce);
}

/** A sleeve's inputs: anywhere, at a bound or one beyond it; often nothing but one number. */
export function sampleSleeve(random: Random, scenarios: number): Signals {
  const alone = random.chance(0.3) ? random.integer(0, scenarios + 3) : -1;
  const of = (i: number, make: () => bigint) => (alone >= 0 && alone !== i ? 0n : make());
  const cents = () => (random.chance(0.1) ? field(-power(SLEEVE_BITS)) : about(random, SLEEVE_BITS));
  const natural = (bits: number) => () =>
    random.chance(0.1) ? about(random, bits) : size(signed(about(random, bits)));
  return {
    sleeveValue: [of(0, cents)],
    sleeveGain: list(scenarios, (s) => of(s + 1, cents)),
    sleeveCharge: [of(scenarios + 1, natural(SLEEVE_BITS))],
    sleeveSlack: [of(scenarios + 2, natural(SLACK_BITS))],
    detail: [of(scenarios + 3, () => hostile(random))],
  };
}

export function sleeve(scenarios: number) {
  return template("margin/Sleeve", [scenarios], ["present", "value", "gain", "charge", "slack", "detail"], {
    sample: (random) => {
      const { sleeveValue, sleeveGain, sleeveCharge, sleeveSlack, detail } = sampleSleeve(random, scenarios);
      const numbers = {
        value: sleeveValue,
        gain: sleeveGain,
        charge: sleeveCharge,
        slack: sleeveSlack,
        detail,
      };
      const none = (words: readonly bigint[] = []) => words.map(() => 0n);
      const nothing = Object.fromEntries(Object.entries(numbers).map(([name, words]) => [name, none(words)]));
      const present = random.chance(0.03) ? hostile(random) : random.chance(0.7) ? 1n : 0n;
      return {
        ...(present === 0n && random.chance(0.6) ? nothing : (numbers as Signals)),
        present: [present],
      };
    },
    meaning: ({ present: [present = 0n] = [], value, gain, charge, slack, detail }) => {
      const of = (words: readonly bigint[] = []) => words.map(signed);
      const words = sleeveWordsOf({
        value: of(value)[0] ?? 0n,
        gains: of(gain),
        charge: of(charge)[0] ?? 0n,
        slack: of(slack)[0] ?? 0n,
      });
      if (!words) return "refused";
      if (present === 0n && [...words, ...(detail ?? [])].some((word) => word !== 0n)) return "refused";
      return present > 1n ? "unclaimed" : { words };
    },
  });
}

export function commitBook(assets: number) {
  const inputs = ["listing", "spot", "perp", "basis", "sleeve", "detail", "salt"];
  return template("margin/CommitBook", [assets], inputs, {
    sample: (random) => ({
      listing: [hostile(random)],
      spot: list(assets, () => field(random.signed(power(65) - 1n))),
      perp: list(assets, () => field(random.signed(power(65) - 1n))),
      basis: [about(random, 127)],
      sleeve: list(4, () => hostile(random)),
      detail: [hostile(random)],
      salt: [hostile(random)],
    }),
    meaning: (inputs) => {
      const basis = signed(inputs.basis?.[0] ?? 0n);
      if (basis < -power(127) || basis >= power(127)) return "refused";
      if ([...(inputs.spot ?? []), ...(inputs.perp ?? [])].some((q) => size(signed(q)) >= power(65)))
        return "unclaimed";
      return { commitment: [commitmentOf(inputs)] };
    },
  });
}

export function isolatedMargin(assets: number) {
  return template("margin/IsolatedMargin", [assets], ["isolated", "spotPositive", "perpMagnitude"], {
    sample: (random) => ({
      isolated: [random.bits(1)],
      spotPositive: sparse(random, assets),
      perpMagnitude: sparse(random, assets),
    }),
    meaning: ({ isolated: [isolated = 0n] = [], spotPositive = [], perpMagnitude = [] }) => {
      if (isolated > 1n || [...spotPositive, ...perpMagnitude].some((x) => x >= power(65)))
        return "unclaimed";
      return isolated === 1n && pairs(spotPositive) + pairs(perpMagnitude) > 0n ? "refused" : {};
    },
  });
}

export function scenarioLoss(assets: number, scenarios: number, assetBits: number) {
  return template("margin/ScenarioLoss", [assets, scenarios, assetBits], ["exposure", "shock", "other"], {
    sample: (random) => {
      const gains = random.chance(0.3);
      const exposure = list(assets, () => (gains ? field(random.bits(129)) : about(random, 129)));
      const shock = list(assets * scenarios, () =>
        gains ? BigInt(random.integer(0, 10_000)) : field(random.signed(10_000n)),
      );
      const other = list(scenarios, () => (random.chance(0.3) ? 0n : about(random, 115)));
      return { exposure, shock, other };
    },
    meaning: ({ exposure = [], shock = [], other = [] }) => {
      const values = exposure.map(signed);
      const shocks = shock.map(signed);
      const others = other.map(signed);
      if (values.some((x) => size(x) >= power(129)) || shocks.some((x) => size(x) > 10_000n))
        return "unclaimed";
      if (others.some((x) => size(x) >= power(115))) return "unclaimed";
      const losses = list(scenarios, (s) =>
        values.reduce((sum, value, u) => sum - value * (shocks[s * assets + u] ?? 0n), -(others[s] ?? 0n)),
      );
      return { loss: [losses.reduce((worst, loss) => (loss > worst ? loss : worst), 0n)] };
    },
  });
}
