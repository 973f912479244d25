import { babyjubjub } from "@noble/curves/misc";
import { FIELD_R } from "../../../../src/protocol/bounds.js";
import type { Note } from "../../../../src/protocol/note.js";
import { keyOf, keyRoot, scalarOf } from "../../../../src/protocol/sealedBook.js";
import { type Moves, makeReveal, makeTransition } from "../../../../src/protocol/transition.js";
import { Random } from "../../../support/cases.js";
import { randomTerms } from "../../../support/clearing.js";
import { inverse, reduce } from "../engine/field.js";
import type { Signals } from "../specimens/specimen.js";

/** A transition or a reveal that an attacker begins with: honest, or false in one way. */
export interface ClearingBase {
  readonly kind: "honest" | "idle" | "empty" | "reducing" | "false";
  readonly inputs: Signals;
  /** Numbers by which an unheld product makes it true: what to add to a signal, or to put in its place. */
  readonly helps?: readonly bigint[];
}

const LARGE = 1n << 60n;
/** The curve's a and d. */
const [A, D] = [168_700n, 168_696n];
/** Digits of both signs in every window of the ladders. */
const SCALAR = scalarOf((((1n << 246n) - 1n) / 7n) * 5n);

/** Transitions of at least three slots from which every constraint of the circuit can be attacked. */
export function transitionBases(assets = 3): ClearingBase[] {
  const terms = randomTerms(new Random(61));
  const each = <T>(of: (u: number) => T): T[] => Array.from({ length: assets }, (_, u) => of(u));
  const held = each((u) => [500n, -700n, 900n][u % 3] ?? 0n);
  const of = (moves: Moves, old = { perp: held, basis: 12_345n, salt: 3n }) =>
    makeTransition(old, moves, terms, { salt: 4n, scalar: () => SCALAR }).inputs;
  const note = (asset: number, size: bigint, quote = 7n): Note => ({ asset, size, quote, blind: 5n });
  const box = each(() => ({ low: -50n, high: 50n }));
  const reducing = of({ reduces: true, sides: [{ note: note(0, 100n), side: "sell" }], box });
  const honest = of({
    sides: [note(0, 10n), note(1, 20n), note(2, 30n), note(0, 40n)].map((one, k) => ({
      note: one,
      side: k % 2 === 0 ? ("buy" as const) : ("sell" as const),
    })),
    tearUps: each((u) => (u % 3 === 1 ? 11n : undefined)),
    deltaPerp: each((u) => BigInt(u + 1)),
    deltaBasis: 99n,
  });
  const first = (value: bigint) => [reduce(value), 0n, 0n, 0n];
  const lie = (change: Signals, helps: readonly bigint[] = []): ClearingBase => ({
    kind: "false",
    inputs: { ...reducing, ...change },
    helps,
  });
  const root = keyRoot(keyOf(9n));
  const off = { x: root.x + 1n, y: root.y };
  const [xx, yy] = [reduce(off.x * off.x), reduce(off.y * off.y)];
  return [
    { kind: "honest", inputs: honest },
    { kind: "idle", inputs: of({ box }) },
    {
      kind: "empty",
      inputs: { ...of({ box }, { perp: each(() => 0n), basis: 0n, salt: 3n }), deltaBasis: [0n] },
    },
    { kind: "reducing", inputs: reducing },
    // Through zero, and away from it: true with another old or new quantity.
    lie({ size: first(501n) }, [LARGE, 1n, -LARGE]),
    lie({ adds: first(1n), takes: first(0n) }, [LARGE, -600n, -LARGE, -100n]),
    // A quote below low, or above high: true with another price.
    lie({ quote: first(-51n) }, [-10n]),
    lie({ quote: first(51n) }, [10n]),
    lie({ newSalt: reducing.oldSalt ?? [] }),
    lie({ scalar: [0n] }),
    lie({ key: [0n, 1n], root: [0n, 1n] }),
    // Off the curve: on it with another square.
    lie({ key: eightTimes(off.x, off.y), root: [off.x, off.y] }, [
      reduce((1n - yy) * inverse(reduce(A - D * yy))),
      reduce((1n - A * xx) * inverse(reduce(1n - D * xx))),
    ]),
  ];
}

/** A reveal: what its constraints hold besides hashes is ranges. */
export function revealBases(assets = 3): ClearingBase[] {
  const perp = Array.from({ length: assets }, (_, u) => [500n, -700n, 0n][u % 3] ?? 0n);
  const opening = { perp, basis: 12_345n, salt: 3n };
  return [{ kind: "honest", inputs: makeReveal(opening, randomTerms(new Random(62))).inputs }];
}

/** Eight times a point, by the formula of the curve, which is no group's law off the curve. */
export function eightTimes(x: bigint, y: bigint): bigint[] {
  const Fp = babyjubjub.CURVE.Fp;
  let point = [Fp.create(x), Fp.create(y)] as [bigint, bigint];
  for (let i = 0; i < 3; i++) {
    const [u, v] = point;
    const product = reduce(u * v);
    const tau = reduce(D * product * product);
    const above = reduce(v * v - A * u * u);
    point = [
      reduce(2n * product * inverse(reduce(1n + tau))),
      reduce(above * inverse(reduce(1n - tau + FIELD_R))),
    ];
  }
  return point;
}
