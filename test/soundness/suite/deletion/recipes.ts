import { CLAIM_BITS, HEALTHY_AT, ISOLATED_AT, SLEEVE_AT, TAKEN_AT } from "../../../../src/protocol/claim.js";
import { field } from "../../../support/field.js";
import { inverse, signed } from "../engine/field.js";
import type { Pins } from "../engine/solver.js";
import type { Subject } from "../engine/subject.js";
import { componentOf, type HintGroup, type Targets } from "../mutation/edits.js";
import type { Base } from "./bases.js";

/** What to put into a base, and which other hints to solve for. */
export interface Recipe {
  readonly pins: Pins;
  readonly solve?: HintGroup;
}

const BITS = list(0, 200, 8);
/** What to add to a signal that nothing holds any more, in either direction. */
const OFFSETS = [1n, -1n, ...BITS.flatMap((k) => [1n << BigInt(k), -(1n << BigInt(k))])];
const HALF = inverse(2n);
/** What a selector must not be. */
const SELECTORS = [-2n, -1n, 2n, 3n, HALF, field(-HALF), field(3n * HALF)];
const [ISOLATED, SLEEVE, TAKEN] = [1n << ISOLATED_AT, 1n << SLEEVE_AT, 1n << TAKEN_AT];
/** Above θ = 0.0001, without an envelope. */
const HEALTHY_CLAIM = 1n | (1n << HEALTHY_AT);
const TOO_LARGE = (1n << 64n) + 12_345n;

/** How to forge a witness from a base once `rule` is gone; none where that base is of no use against it. */
export function* recipes(
  rule: number,
  { kind, scenario }: Base,
  subject: Subject,
  targets: Targets,
): Generator<Recipe> {
  const { system, solver } = subject;
  const step = solver.plan.steps[solver.plan.stepOf[rule] ?? 0];
  const defined = step?.kind === "define" ? step.wires[0] : undefined;
  const names = (system.rules[rule]?.wires ?? []).map((wire) => system.names[wire] ?? "");
  const name = system.names[defined ?? -1] ?? names[0] ?? "";
  const bit =
    defined === undefined && names.length === 1 ? Number(/\.out\[(\d+)\]$/.exec(name)?.[1] ?? -1) : -1;
  const now = (wire: number) => solver.values[wire] ?? 0n;
  const at = (signal: string) => system.wireOf.get(signal) ?? -1;

  // 1. A false statement, or a forbidden one, may be what the rule alone refuses.
  if (kind !== "worthless" && kind !== "worst" && kind !== "gains") yield { pins: new Map() };

  if (kind === "worthless") {
    // 2. Of a hash, any wrong value is another commitment.
    if (name.startsWith("main.book.chain")) yield { pins: new Map([[defined ?? 0, now(defined ?? 0) + 1n]]) };
    // 3. A range that a bit no longer closes; a sleeve that no bit holds; a claim's word that nobody reads.
    if (bit >= 0) yield* outOfRange(name, bit, at);
    if (names.some((mentioned) => mentioned.startsWith("main.sleeve."))) yield* unclaimedSleeves(at);
    if (bit < 0 && names.some((mentioned) => mentioned.startsWith("main.read.")))
      for (const flags of [ISOLATED | SLEEVE, TAKEN])
        yield { pins: new Map([[at("main.claim"), HEALTHY_CLAIM | flags]]) };
    return;
  }
  if (kind === "isolated") {
    // 4. Products of a sum that must be 0.
    if (!name.startsWith("main.isolatedMargin") || defined === undefined) return;
    const sum = ["collaterals", "perpetuals"].reduce(
      (s, part) => s + now(at(`main.isolatedMargin.${part}.pairs`)),
      0n,
    );
    yield { pins: new Map([[defined, field(now(defined) - sum)]]) };
    return;
  }
  // 5. A worst scenario that is none: another one, or one beyond them all.
  const worst = "main.scenario.worst";
  if (name.startsWith(worst)) {
    const out = at(`${worst}.out`);
    const held = /\.atLeast(?:Zero|\[(\d+)\])\./.exec(name);
    if (kind === "false" && !held) {
      const keep = defined === undefined ? [] : [[defined, 0n] as const];
      for (const offset of OFFSETS) yield { pins: new Map([[out, field(now(out) + offset)], ...keep]) };
    }
    const lowered = kind === "worst" ? held?.[1] === String(scenario) : kind === "gains" && held && !held[1];
    if (lowered)
      for (let s = 0; at(`${worst}.in[${s}]`) >= 0; s++)
        yield { pins: new Map([[out, now(at(`${worst}.in[${s}]`))]]) };
    return;
  }
  if (kind !== "false") return;
  // 6. A sign that is the other one.
  if (name.startsWith("main.pnl.offset")) {
    const top = Math.max(...names.map(() => lastBit("main.pnl.offset.out", at)));
    const flipped = at(`main.pnl.offset.out[${bit === top ? top - 1 : top}]`);
    yield { pins: new Map([[flipped, 1n - now(flipped)]]) };
    return;
  }
  // 7. Signs and magnitudes of an asset: whatever else a prover may say of them.
  const group = targets.said.get(componentOf(name));
  if (group) yield* otherHints(rule, defined, group, subject);
  // 8. A product that is whatever helps.
  if (defined !== undefined)
    for (const offset of OFFSETS) yield { pins: new Map([[defined, field(now(defined) + offset)]]) };
}

function* outOfRange(name: string, bit: number, at: (signal: string) => number): Generator<Recipe> {
  const pins = (...values: [signal: string, value: bigint][]) => ({
    pins: new Map(values.map(([signal, value]) => [at(signal), value])),
  });
  const asset = /asset\[(\d+)\]\.quantity\.RangeCheck#([01])/.exec(name);
  if (asset) {
    const [spot, perp] = asset[2] === "0" ? [TOO_LARGE, 5n] : [5n, TOO_LARGE];
    yield pins([`main.spot[${asset[1]}]`, spot], [`main.perp[${asset[1]}]`, perp]);
  }
  if (name.startsWith("main.book.basisRange")) yield pins(["main.basis", (1n << 127n) + 99n]);
  const claim = (theta: bigint, envelope: bigint, flags: bigint) =>
    theta | (envelope << 16n) | (flags << 30n);
  if (name.startsWith("main.read.thetaAboveZero")) yield pins(["main.claim", claim(0n, 0n, 1n)]);
  if (name.startsWith("main.read.envelopeAtMostOne")) yield pins(["main.claim", claim(1n, 10_001n, 1n)]);
  const number = /^main\.sleeve\.(signedRange|RangeCheck#)\[?(\d+)/.exec(name);
  if (number) {
    const [, kind, index = ""] = number;
    const beyond = (1n << 46n) + 99n;
    const claim = ["main.claim", HEALTHY_CLAIM | SLEEVE] as [string, bigint];
    if (kind === "RangeCheck#")
      yield pins(claim, index === "0" ? ["main.sleeveCharge", field(-99n)] : ["main.sleeveSlack", beyond]);
    else
      yield pins(claim, [
        index === "0" ? "main.sleeveValue" : `main.sleeveGain[${Number(index) - 1}]`,
        beyond,
      ]);
  }
  if (!name.startsWith("main.read.word")) return;

  // The other bits of the word say something that can be read; this one takes the difference to what the word says.
  const said = (word: bigint) =>
    list(0, CLAIM_BITS - 1, 1)
      .filter((i) => i !== bit)
      .map((i): [string, bigint] => [`main.read.word.out[${i}]`, (word >> BigInt(i)) & 1n]);
  if (bit < 16) yield pins(["main.claim", claim(0n, 1n, 1n)], ...said(claim(0n, 0n, 1n)));
  else if (bit < 30) yield pins(["main.claim", claim(1n, 16_383n, 0n)], ...said(claim(1n, 0n, 1n)));
  else if (bit === 30) yield pins(["main.claim", claim(1n, 0n, 2n)], ...said(claim(1n, 0n, 0n)));
  else yield pins(["main.claim", claim(1n, 0n, 1n) + (1n << BigInt(CLAIM_BITS))], ...said(claim(1n, 0n, 1n)));
}

/** Each of a sleeve's numbers alone, in a claim that says there is none. */
function* unclaimedSleeves(at: (signal: string) => number): Generator<Recipe> {
  const numbers = ["sleeveValue", "sleeveCharge", "sleeveSlack", "detail"].map((name) => at(`main.${name}`));
  for (let s = 0; at(`main.sleeveGain[${s}]`) >= 0; s++) numbers.push(at(`main.sleeveGain[${s}]`));
  for (const wire of numbers) yield { pins: new Map([[wire, 1n]]) };
}

/** Every choice of the bits among a component's hints, with the signal that is no longer held, and then with wrong bits. */
function* otherHints(
  rule: number,
  defined: number | undefined,
  group: HintGroup,
  { solver, system }: Subject,
): Generator<Recipe> {
  const now = (wire: number) => solver.values[wire] ?? 0n;
  const selectors = group.wires.filter((wire) => system.bits.has(wire));
  const loose = selectors.filter((wire) => system.bits.get(wire) === rule);
  const rest = selectors.filter((wire) => !loose.includes(wire));
  for (let choice = 0; choice < 1 << rest.length; choice++) {
    const pins = new Map(rest.map((wire, i) => [wire, (choice >> i) & 1 ? 1n - now(wire) : now(wire)]));
    if (defined === undefined && loose.length === 0) yield { pins, solve: group };
    for (const wire of loose)
      for (const value of SELECTORS) yield { pins: new Map(pins).set(wire, value), solve: group };
    if (defined !== undefined)
      for (const offset of [
        ...OFFSETS.slice(0, 12),
        ...SELECTORS.map((value) => signed(value) - now(defined)),
      ])
        yield { pins: new Map(pins).set(defined, field(now(defined) + offset)), solve: group };
  }
  const numbers = group.wires.filter((wire) => !selectors.includes(wire));
  for (const wire of numbers)
    for (const offset of [2n, -2n, 720_720n, -720_720n]) {
      const pins = new Map([[wire, field(now(wire) + offset)]]);
      yield { pins };
      yield { pins, solve: group };
    }
}

function lastBit(signal: string, at: (signal: string) => number): number {
  let last = 0;
  while (at(`${signal}[${last + 1}]`) >= 0) last++;
  return last;
}

function list(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, i) => from + i * by);
}
