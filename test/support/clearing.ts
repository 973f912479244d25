import { FIELD_R } from "../../src/protocol/bounds.js";
import { keyOf, SUBGROUP_ORDER } from "../../src/protocol/sealedBook.js";
import {
  type Moves,
  makeTransition,
  type NetBox,
  type Note,
  type Transition,
  type TransitionTerms,
} from "../../src/protocol/transition.js";
import type { ClearedOpening } from "../../src/protocol/sealedBook.js";
import type { Random } from "./cases.js";

/** A signed number with a magnitude below 2^bits, often at a limit. */
export function signedBits(random: Random, bits: number): bigint {
  const limit = 1n << BigInt(bits);
  return random.chance(0.2) ? random.pick([0n, 1n, -1n, limit - 1n, 1n - limit]) : random.signed(limit - 1n);
}

/** A scalar of the curve's subgroup. */
export function randomSecret(random: Random): bigint {
  return 1n + (random.bits(252) % (SUBGROUP_ORDER - 1n));
}

export function randomOpening(random: Random, assets: number, bits = 62): ClearedOpening {
  return {
    perp: Array.from({ length: assets }, () => (random.chance(0.3) ? 0n : signedBits(random, bits))),
    basis: signedBits(random, 120),
    salt: 1n + random.bits(247),
  };
}

export function randomTerms(random: Random): TransitionTerms & { readonly secret: bigint } {
  const secret = randomSecret(random);
  const [place, terms, listing] = [random.bits(248), random.bits(128), random.bits(248)];
  return { place, terms, listing, key: keyOf(secret), secret };
}

/** Moves that a book of quantities below 2^60 and a basis below 2^120 admits, of every kind. */
export function randomMoves(random: Random, old: ClearedOpening): Moves {
  const assets = old.perp.length;
  const each = <T>(of: (u: number) => T): T[] => Array.from({ length: assets }, (_, u) => of(u));
  const note = (): Note => ({
    asset: random.integer(0, assets - 1),
    size: random.bits(random.integer(1, 58)),
    quote: signedBits(random, 50),
    blind: random.bits(248),
  });
  const tearUps = random.chance(0.3)
    ? each(() => (random.chance(0.5) ? signedBits(random, 50) : undefined))
    : [];
  const kept = old.perp.map((quantity, u) => (tearUps[u] === undefined ? quantity : 0n));
  const open = kept.flatMap((quantity, u) => (quantity === 0n ? [] : [u]));
  if (open.length > 0 && random.chance(0.4)) {
    const asset = random.pick(open);
    const held = kept[asset] as bigint;
    const most = held < 0n ? -held : held;
    const size = random.pick([most, 0n, 1n, most / 2n]);
    const box = each((): NetBox => {
      const low = signedBits(random, 50);
      return { low, high: low + random.bits(random.integer(1, 40)) };
    });
    const { low, high } = box[asset] as NetBox;
    const quote = random.pick([low, high, (low + high) / 2n]);
    const reducing = { asset, size, quote: quote < low ? low : quote, blind: random.bits(248) };
    return { reduces: true, sides: [{ note: reducing, side: held > 0n ? "sell" : "buy" }], tearUps, box };
  }
  return {
    birth: old.basis === 0n && open.length === 0 && random.chance(0.7),
    sides: Array.from({ length: random.integer(0, 4) }, () => ({
      note: note(),
      side: random.pick(["buy", "sell"] as const),
    })),
    tearUps,
    ...(random.chance(0.5) ? { deltaBasis: signedBits(random, 110) } : {}),
    ...(random.chance(0.3) ? { deltaPerp: each(() => signedBits(random, 60)) } : {}),
  };
}

/** A transition that its circuit accepts. */
export function randomTransition(random: Random, assets: number): Transition & { readonly old: ClearedOpening } {
  const empty = { perp: new Array<bigint>(assets).fill(0n), basis: 0n, salt: 0n };
  const old = random.chance(0.15) ? empty : randomOpening(random, assets, 60);
  const terms = randomTerms(random);
  const made = makeTransition(old, randomMoves(random, old), terms, {
    salt: 1n + random.bits(247),
    scalar: () => 1n + (random.bits(246) % ((1n << 246n) - 1n)),
  });
  return { ...made, old };
}

/** −x in the field. */
export const negated = (x: bigint): bigint => (x === 0n ? 0n : FIELD_R - x);
