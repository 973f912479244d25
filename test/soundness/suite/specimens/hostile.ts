import { FIELD_R } from "../../../../src/protocol/bounds.js";
import type { Random } from "../../../support/cases.js";
import { field } from "../../../support/field.js";

/** A signed number of about that many bits: mostly within 2^bits, often at a limit, now and then beyond it. */
export function about(random: Random, bits: number): bigint {
  if (random.chance(0.06)) return hostile(random);
  const limit = 1n << BigInt(bits);
  if (random.chance(0.1))
    return field(random.pick([limit, limit - 1n, -limit, 1n - limit, limit + 1n, -limit - 1n]));
  return field(random.signed(limit - 1n));
}

/** A field element of the kind that circuits go wrong at. */
export function hostile(random: Random): bigint {
  const power = 1n << BigInt(random.integer(0, 253));
  return field(
    random.pick([
      0n,
      1n,
      -1n,
      2n,
      power,
      power - 1n,
      power + 1n,
      -power,
      1n - power,
      FIELD_R >> 1n,
      (FIELD_R >> 1n) + 1n,
      random.bits(254),
      random.bits(random.integer(1, 253)),
    ]),
  );
}

export function list<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index));
}
