import { Random } from "../../../support/cases.js";
import { inverse, reduce } from "../engine/field.js";
import { coefficientOf, type Rule, type System, valueOf } from "../engine/system.js";

/** What the simplification of a circuit lost or added. */
export interface Difference {
  /** Rules of the unsimplified circuit that do not follow from the simplified one. */
  readonly lost: readonly number[];
  /** Rules of the simplified circuit that are none of the unsimplified one. */
  readonly added: readonly number[];
}

/**
 * Compares a circuit with its simplification. The linear rules of the first give every signal as a linear form of the wires that
 * the second has kept; put into the other rules, each must be a multiple of one of the second's, and the other way about.
 * Two polynomials are told apart by their values at random points of the field, so one that differs passes with a chance of
 * about 2^−250.
 */
export function compare(unsimplified: System, simplified: System, seed: number): Difference {
  const random = new Random(seed);
  const points = [0, 1].map(() => pointOf(unsimplified, simplified, random));
  const excess = ({ a, b, c }: Rule, values: readonly bigint[]) =>
    reduce((a.wires.length === 0 ? 0n : valueOf(a, values) * valueOf(b, values)) - valueOf(c, values));
  /** The ratio of a rule's excesses at the two points, which no factor changes; 0 of a rule that always holds. */
  const signature = (rule: Rule, at: "full" | "kept") => {
    const [x = 0n, y = 0n] = points.map((point) => excess(rule, point[at]));
    return x === 0n && y === 0n ? "holds" : x === 0n ? "one" : String(reduce(y * inverse(x)));
  };
  const before = unsimplified.rules.map((rule) => signature(rule, "full"));
  const after = simplified.rules.map((rule) => signature(rule, "kept"));
  const [has, had] = [new Set(after), new Set(before)];
  return {
    lost: before.flatMap((x, rule) => (x === "holds" || has.has(x) ? [] : [rule])),
    added: after.flatMap((x, rule) => (had.has(x) ? [] : [rule])),
  };
}

/** Random values of the wires that are kept, and what constants and linear rules make of all the others. */
function pointOf(
  unsimplified: System,
  simplified: System,
  random: Random,
): { full: bigint[]; kept: bigint[] } {
  const full = new Array<bigint | undefined>(unsimplified.wires).fill(undefined);
  full[0] = 1n;
  propagate(unsimplified.rules, full);
  const kept = simplified.names.map((name, wire) => {
    if (wire === 0) return 1n;
    const origin = unsimplified.wireOf.get(name) ?? -1;
    const value = full[origin] ?? reduce(random.bits(254));
    full[origin] = value;
    return value;
  });
  const linear = unsimplified.rules.filter(({ a }) => a.wires.length === 0);
  propagate(linear, full);
  eliminate(linear, full);
  // What no linear rule reaches is in no rule that was kept; a value of its own shows where that is not so.
  return { full: full.map((value) => value ?? reduce(random.bits(254))), kept };
}

/** Adds the value of every wire that a rule gives, all of whose other wires have one. */
function propagate(rules: readonly Rule[], full: (bigint | undefined)[]): void {
  for (let found = true; found; ) {
    found = false;
    for (const { a, b, c, wires } of rules) {
      const [wire, ...more] = wires.filter((w) => full[w] === undefined);
      if (wire === undefined || more.length > 0 || [a, b].some((form) => coefficientOf(form, wire) !== 0n))
        continue;
      full[wire] = 0n;
      const values = full as bigint[];
      const product = a.wires.length === 0 ? 0n : valueOf(a, values) * valueOf(b, values);
      full[wire] = reduce((product - valueOf(c, values)) * inverse(coefficientOf(c, wire)));
      found = true;
    }
  }
}

/** Solves the linear rules for what is still unknown in them, several at a time: Gauss' elimination of sparse rows. */
function eliminate(linear: readonly Rule[], full: (bigint | undefined)[]): void {
  const rows = new Map<number, Map<number, bigint>>();
  for (const { c, wires } of linear) {
    if (wires.every((wire) => full[wire] !== undefined)) continue;
    let row = new Map<number, bigint>([[0, 0n]]);
    c.wires.forEach((wire, i) => {
      const coefficient = c.coefficients[i] as bigint;
      const value = full[wire];
      if (value === undefined) row.set(wire, coefficient);
      else row.set(0, reduce((row.get(0) ?? 0n) + coefficient * value));
    });
    for (let wire = pivotIn(row, rows); wire !== undefined; wire = pivotIn(row, rows))
      row = combine(row, rows.get(wire) as Map<number, bigint>, -(row.get(wire) ?? 0n));
    const [pivot] = [...row.keys()].filter((wire) => wire !== 0);
    if (pivot === undefined) continue;
    const scale = inverse(row.get(pivot) as bigint);
    rows.set(pivot, new Map([...row].map(([wire, coefficient]) => [wire, reduce(coefficient * scale)])));
  }
  for (const [pivot, row] of [...rows].reverse()) {
    const others = [...row].filter(([wire]) => wire !== pivot);
    if (others.every(([wire]) => full[wire] !== undefined))
      full[pivot] = reduce(others.reduce((sum, [wire, x]) => sum - x * (full[wire] as bigint), 0n));
  }
}

function pivotIn(row: ReadonlyMap<number, bigint>, rows: ReadonlyMap<number, unknown>): number | undefined {
  for (const wire of row.keys()) if (rows.has(wire)) return wire;
  return undefined;
}

/** row + factor·other, terms of 0 left out. */
function combine(row: ReadonlyMap<number, bigint>, other: ReadonlyMap<number, bigint>, factor: bigint) {
  const sum = new Map(row);
  for (const [wire, coefficient] of other) {
    const value = reduce((sum.get(wire) ?? 0n) + factor * coefficient);
    if (value === 0n && wire !== 0) sum.delete(wire);
    else sum.set(wire, value);
  }
  return sum;
}
