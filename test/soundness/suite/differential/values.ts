import { FIELD_R } from "../../../../src/protocol/bounds.js";
import type { Random } from "../../../support/cases.js";

/** A hostile integer: 0, ±1, 2^k and its neighbours of either sign, or anything of a random size. */
export function hostileInteger(random: Random, bits = 128): bigint {
  const sign = random.chance(0.5) ? 1n : -1n;
  if (random.chance(0.25)) return sign * BigInt(random.integer(0, 3));
  const power = 1n << BigInt(random.integer(0, bits));
  if (random.chance(0.6)) return sign * (power + BigInt(random.integer(-1, 1)));
  return sign * random.bits(random.integer(1, bits));
}

/** A hostile element of the field: a hostile integer, or what lies at the end or in the middle of the field. */
export function hostileElement(random: Random, bits = 253): bigint {
  if (random.chance(0.15))
    return random.pick([FIELD_R - 1n, FIELD_R - 2n, FIELD_R >> 1n, (FIELD_R >> 1n) + 1n, FIELD_R / 3n]);
  return element(hostileInteger(random, bits));
}

/** A hostile number about a bound: mostly within one of ±2^bits, of 0 or of the bound's neighbours. */
export function aboutBound(random: Random, bits: number): bigint {
  const sign = random.chance(0.5) ? 1n : -1n;
  const bound = 1n << BigInt(bits);
  const about = random.pick([bound, bound, bound << 1n, bound >> 1n, 0n, bound - (bound >> 2n)]);
  return random.chance(0.6)
    ? sign * (about + BigInt(random.integer(-2, 2)))
    : hostileInteger(random, bits + 2);
}

/** An integer as an element of the field. */
export function element(value: bigint): bigint {
  const reduced = value % FIELD_R;
  return reduced < 0n ? reduced + FIELD_R : reduced;
}
