import { inverse, reduce } from "../engine/field.js";
import type { Subject } from "../engine/subject.js";
import { componentOf, type Targets } from "../mutation/edits.js";
import type { ClearingBase } from "./clearingBases.js";
import type { Recipe } from "./recipes.js";

const OFFSETS = [1n, -1n, 1n << 200n];
const [CURVE_A, CURVE_D] = [168_700n, 168_696n];
/** What a bit must not be. */
const NO_BITS = [2n, -1n, 3n];

/** How to forge a witness of a transition or a reveal once `rule` is gone; none where that base is of no use against it. */
export function* clearingRecipes(
  rule: number,
  { kind, helps = [] }: ClearingBase,
  { system, solver }: Subject,
  targets: Targets,
): Generator<Recipe> {
  const step = solver.plan.steps[solver.plan.stepOf[rule] ?? 0];
  const defined = step?.kind === "define" ? step.wires[0] : undefined;
  const wires = system.rules[rule]?.wires ?? [];
  const names = wires.map((wire) => system.names[wire] ?? "");
  const now = (wire: number) => solver.values[wire] ?? 0n;
  const at = (signal: string) => system.wireOf.get(`main.${signal}`) ?? -1;
  const slots = slotsOf(system);
  const put = (...values: [signal: string, value: bigint][]): Recipe => ({
    pins: new Map(values.map(([signal, value]) => [at(signal), reduce(value)])),
  });

  // 1. A false statement may be what the rule alone refuses; or a product that is not held makes it true.
  if (kind === "false") {
    yield { pins: new Map() };
    for (const wire of defined === undefined ? [] : [defined])
      for (const value of [...helps.flatMap((x) => [x, now(wire) + x]), 0n])
        yield { pins: new Map([[wire, reduce(value)]]) };
    return;
  }
  const bit = names.length === 1 && wires[0] !== undefined && system.bits.get(wires[0]) === rule;
  // 2. A range that a bit no longer closes, or an input that is no bit.
  if (bit) {
    const [name = ""] = names;
    const input = name.replace(/^main\./, "");
    const side = /^note\[(\d)\]\.(adds|takes)$/.exec(input);
    if (side) {
      const other = side[2] === "adds" ? "takes" : "adds";
      for (const value of NO_BITS) yield put([`${side[2]}[${side[1]}]`, value], [`${other}[${side[1]}]`, 0n]);
      return;
    }
    if (solver.plan.setBy[wires[0] ?? 0] === -1) for (const value of NO_BITS) yield put([input, value]);
    else if (kind !== "empty") yield* outOfRange(name, slots, put, (signal) => now(at(signal)));
    return;
  }
  // 3. What a flag forbids.
  if (kind === "idle") yield put(["reduces", 1n]);
  if (kind === "empty")
    for (const signal of ["oldBasis", ...slots.map((u) => `oldPerp[${u}]`)])
      yield put(["birth", 1n], [signal, 5n]);
  if (kind === "reducing")
    for (const signal of ["deltaBasis", ...slots.map((u) => `deltaPerp[${u}]`)])
      for (const value of [1n, -1n]) yield put([signal, value]);
  if (kind !== "honest") return;
  for (let k = 0; k < 4; k++)
    yield* names.some((name) => name.includes(`note[${k}].`)) ? bothSides(k, put) : [];
  // 4. Any wrong value of a product is another word.
  if (defined !== undefined)
    for (const offset of OFFSETS) yield { pins: new Map([[defined, reduce(now(defined) + offset)]]) };
  // 5. A quotient that nothing holds.
  const said = targets.said.get(componentOf(names[0] ?? ""))?.wires ?? [];
  for (const wire of said)
    for (const offset of OFFSETS) yield { pins: new Map([[wire, reduce(now(wire) + offset)]]) };
  // 6. A key that is not eight times its root: whatever the wrong signal makes of it, or a wrong coordinate.
  if (!names.some((name) => name.includes(".agreement.twice["))) return;
  for (const wire of [...(defined === undefined ? [] : [defined]), ...said]) {
    const pins = new Map([[wire, reduce(now(wire) + 1n)]]);
    solver.attempt(pins, { without: rule, all: true });
    const [beta, gamma, delta, tau] = ["beta", "gamma", "delta", "tau"].map((name) =>
      now(at(`sealed.agreement.twice[2].adder.${name}`)),
    ) as [bigint, bigint, bigint, bigint];
    solver.undo();
    const x = reduce((beta + gamma) * inverse(reduce(1n + CURVE_D * tau)));
    const y = reduce((delta + CURVE_A * beta - gamma) * inverse(reduce(1n - CURVE_D * tau)));
    yield { pins: new Map(pins).set(at("key[0]"), x).set(at("key[1]"), y) };
  }
  for (const coordinate of ["key[0]", "key[1]"]) yield put([coordinate, now(at(coordinate)) + 1n]);
}

/** The slots of the circuit's book. */
function slotsOf({ wireOf }: Subject["system"]): number[] {
  const slots: number[] = [];
  while (wireOf.has(`main.oldPerp[${slots.length}]`) || wireOf.has(`main.perp[${slots.length}]`))
    slots.push(slots.length);
  return slots;
}

function* bothSides(k: number, put: (...values: [string, bigint][]) => Recipe): Generator<Recipe> {
  yield put([`adds[${k}]`, 1n], [`takes[${k}]`, 1n]);
}

/** The number whose bit is loose, beyond its range, with all else as it should be. */
function* outOfRange(
  name: string,
  slots: readonly number[],
  put: (...values: [string, bigint][]) => Recipe,
  now: (signal: string) => bigint,
): Generator<Recipe> {
  const beyond = (bits: number) => (1n << BigInt(bits)) + 999n;
  const of = (part: string) => name.includes(part);
  if (of("main.ClearedBook#0.")) {
    if (of("RangeCheck#1")) yield put(["oldBasis", beyond(127)], ["deltaBasis", -beyond(127)]);
    else for (const u of slots) yield put([`oldPerp[${u}]`, beyond(63)], [`deltaPerp[${u}]`, -beyond(63)]);
  }
  if (of("main.new.")) {
    if (of("RangeCheck#1")) yield put(["deltaBasis", beyond(127)]);
    else for (const u of slots) yield put([`deltaPerp[${u}]`, beyond(63)]);
  }
  if (of("main.book.")) {
    if (of("RangeCheck#1")) yield put(["basis", beyond(127)]);
    else for (const u of slots) yield put([`perp[${u}]`, beyond(63)]);
  }
  const note = /main\.note\[(\d)\]\.RangeCheck#([01])/.exec(name);
  if (note)
    yield note[2] === "0" ? put([`size[${note[1]}]`, beyond(63)]) : put([`quote[${note[1]}]`, beyond(65)]);
  if (/^main\.RangeCheck#0/.test(name)) yield put(["newSalt", beyond(248)]);
  if (of(".agreement.SignedDigits#0.")) yield put(["scalar", 3n * beyond(246)], ["scalar", 1n]);
  const prices = /PackPrices#0\[(\d+)\]\.(halves|RangeCheck)/.exec(name);
  if (prices)
    yield put(
      prices[2] === "halves" ? [`box[${prices[1]}]`, beyond(132)] : [`tearPrice[${prices[1]}]`, beyond(67)],
    );
  // A place that is 1 − two others: both are set, and it is −1.
  const place = /main\.note\[(\d)\]\.OneHot#0\.at\[(\d+)\]/.exec(name);
  if (place) {
    const [k, i] = [place[1], Number(place[2])];
    const others = slots.filter((u) => u !== i).slice(0, 2);
    yield put(
      [`asset[${k}]`, BigInt((others[0] ?? 0) + (others[1] ?? 0) - i)],
      ...others.map((u): [string, bigint] => [`note[${k}].OneHot#0.at[${u}]`, 1n]),
      [`note[${k}].OneHot#0.at[${i}]`, -1n],
    );
  }
}
