import { FormatError, OutOfRangeError } from "../../../../../src/errors.js";
import { unpackClaim } from "../../../../../src/protocol/claim.js";
import type { Random } from "../../../../support/cases.js";
import type { Subject, Verdict } from "../subject.js";
import { hostileElement } from "../values.js";

/** A word that is a claim, or nearly. */
export function hostileClaim(random: Random): bigint {
  if (random.chance(0.15)) return hostileElement(random);
  const theta = BigInt(random.pick([0, 1, 2, 9_999, 10_000, 10_001, 65_535, random.integer(0, 65_535)]));
  const envelope = BigInt(
    random.pick([0, 0, 0, 1, 9_999, 10_000, 10_001, 16_383, random.integer(0, 16_383)]),
  );
  const flags = BigInt(random.chance(0.5) ? random.integer(0, 3) : random.integer(0, 15));
  const most = (1n << 56n) - 1n;
  const support = random.chance(0.5) ? 0n : random.pick([1n, most, 1n << 55n, random.spread(0n, most)]);
  const beyond = random.chance(0.1) ? 1n << BigInt(random.pick([90, 90, 91, random.integer(92, 253)])) : 0n;
  return theta | (envelope << 16n) | (flags << 30n) | (support << 34n) | beyond;
}

/** What `unpackClaim` makes of the word; what it refuses is refused. */
export const readClaim: Subject = {
  file: "margin/ReadClaim",
  parameters: [],
  inputs: ["claim"],
  cases: (random) => {
    const word = hostileClaim(random);
    return [{ inputs: { claim: [word] }, verdict: verdictOf(word) }];
  },
};

function verdictOf(word: bigint): Verdict {
  try {
    const { theta, envelope, healthy, isolated, sleeve = false, support = 0n } = unpackClaim(word);
    const flag = (bit: boolean) => (bit ? 1n : 0n);
    const signals = {
      theta: BigInt(theta),
      envelope: BigInt(envelope),
      healthy: flag(healthy),
      isolated: flag(isolated),
      sleeve: flag(sleeve),
      supportAdded: support > 0n ? support : 0n,
      supportTaken: support < 0n ? -support : 0n,
    };
    return { accepted: true, signals };
  } catch (error) {
    if (error instanceof OutOfRangeError || error instanceof FormatError) return { accepted: false };
    throw error;
  }
}
