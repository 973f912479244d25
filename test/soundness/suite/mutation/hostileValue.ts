import { FIELD_R } from "../../../../src/protocol/bounds.js";
import type { Random } from "../../../support/cases.js";
import { reduce } from "../engine/field.js";

const HALF = (FIELD_R + 1n) / 2n;

/** Another value than `honest`, of the kind that circuits go wrong at. */
export function hostileValue(random: Random, honest: bigint): bigint {
  const value = reduce(candidate(random, honest));
  return value === honest ? reduce(honest + 1n) : value;
}

function candidate(random: Random, x: bigint): bigint {
  const power = 1n << BigInt(random.integer(0, 253));
  switch (random.integer(0, 16)) {
    case 0:
      return 0n;
    case 1:
      return 1n;
    case 2:
      return -1n;
    case 3:
      return 2n;
    case 4:
      return x + 1n;
    case 5:
      return x - 1n;
    case 6:
      return -x;
    case 7:
      return 1n - x;
    case 8:
      return x + power;
    case 9:
      return x - power;
    case 10:
      return power;
    case 11:
      return power - 1n;
    case 12:
      return x * HALF;
    case 13:
      return 2n * x;
    case 14:
      return BigInt(random.integer(-9, 9)) * HALF;
    case 15:
      return FIELD_R >> 1n;
    default:
      return random.bits(254);
  }
}

/** The other bit for a bit, or a small number or half of one: what a selector must not be. */
export function smallValue(random: Random, honest: bigint): bigint {
  if (honest <= 1n && random.chance(0.6)) return 1n - honest;
  return reduce(BigInt(random.integer(-5, 7)) * random.pick([1n, HALF]));
}
