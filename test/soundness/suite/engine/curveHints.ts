import { inverse, reduce } from "./field.js";
import type { HintRule } from "./hints.js";

/**
 * The hints of circomlib's curve templates and of ours, as their sources compute them: each is a quotient. A divisor of 0, which no honest
 * witness has, gives 0, as the witness generator does.
 */

const quotient = (above: bigint, below: bigint) =>
  reduce(below) === 0n ? 0n : reduce(above * inverse(below));
/** The curve's a and d, and Montgomery's A and B. */
const [EDWARDS_A, EDWARDS_D, A, B] = [168_700n, 168_696n, 168_698n, 1n];

/** A hint of one signal, in components of which `is` is true. */
function hint(
  is: (component: string, has: (signal: string) => boolean) => boolean,
  reads: readonly string[],
  write: string,
  solve: (read: readonly bigint[]) => bigint,
): HintRule {
  return {
    find: (at, has) =>
      is(at, (signal) => has(`${at}.${signal}`))
        ? { reads: reads.map((name) => `${at}.${name}`), writes: [`${at}.${write}`] }
        : undefined,
    solve: (read) => [solve(read)],
  };
}

/** Edwards2Montgomery and Montgomery2Edwards have the same signals: their names in FixedMultiple and SignedLadder tell them apart. */
const toMontgomery = (at: string) => /(^|\.)(base|montgomery)$/.test(at);
const toEdwards = (at: string) => /(^|\.)edwards$/.test(at);
const isDouble = (_: string, has: (signal: string) => boolean) => has("lamda") && has("x1_2");
const isEdwardsAdd = (_: string, has: (signal: string) => boolean) => has("tau") && has("xout");
const isZero = (_: string, has: (signal: string) => boolean) => has("inv") && has("in") && has("out");

export const curveHints: readonly HintRule[] = [
  hint(toMontgomery, ["in[1]"], "out[0]", ([y = 0n]) => quotient(1n + y, 1n - y)),
  hint(toMontgomery, ["out[0]", "in[0]"], "out[1]", ([u = 0n, x = 0n]) => quotient(u, x)),
  hint(toEdwards, ["in[0]", "in[1]"], "out[0]", ([u = 0n, v = 0n]) => quotient(u, v)),
  hint(toEdwards, ["in[0]"], "out[1]", ([u = 0n]) => quotient(u - 1n, u + 1n)),
  hint(isDouble, ["in[0]", "in[1]", "x1_2"], "lamda", ([x = 0n, y = 0n, square = 0n]) =>
    quotient(3n * square + 2n * A * x + 1n, 2n * B * y),
  ),
  hint(isEdwardsAdd, ["beta", "gamma", "tau"], "xout", ([beta = 0n, gamma = 0n, tau = 0n]) =>
    quotient(beta + gamma, 1n + EDWARDS_D * tau),
  ),
  hint(
    isEdwardsAdd,
    ["delta", "beta", "gamma", "tau"],
    "yout",
    ([delta = 0n, beta = 0n, gamma = 0n, tau = 0n]) =>
      quotient(delta + EDWARDS_A * beta - gamma, 1n - EDWARDS_D * tau),
  ),
  hint(isZero, ["in"], "inv", ([x = 0n]) => quotient(1n, x)),
];
