import { sha512 } from "@noble/hashes/sha2";
import { bytesToHex, concatBytes } from "@noble/hashes/utils";
import type { Point } from "../../protocol/folding.js";
import { SUBGROUP_ORDER } from "../../protocol/sealedBook.js";
import {
  challengeOf,
  encode,
  isKey,
  type Part,
  type RandomBytes,
  Scalars,
  sumOf,
  timesSecret,
  wordBytes,
} from "./curve.js";

const DOMAIN = "zkmargin/linear-proof@1";

/** A public point as a sum of secrets times bases: result = Σ secrets[i]·base. */
export interface Equation {
  readonly result: Point;
  readonly terms: readonly (readonly [secret: number, base: Point])[];
}

/** A proof that somebody knows secrets for which all equations hold. It says nothing else of them. */
export interface LinearProof {
  readonly challenge: bigint;
  readonly responses: readonly bigint[];
}

/**
 * Proves equations between points, all by the same secrets: Maurer's generalisation of Schnorr (one base), Okamoto (two bases)
 * and Chaum and Pedersen (one secret, two equations), by Fiat and Shamir. The challenge hashes the context, every base and every
 * result, so that the proof holds in no other place and of no other points.
 * @param context all that the proof is to be bound to
 * @param random a nonce is made of these bytes *and* of secrets and context: a broken source alone does not give a secret away
 */
export function proveLinear(
  context: Part,
  equations: readonly Equation[],
  secrets: readonly bigint[],
  random: RandomBytes,
): LinearProof {
  const fresh = random(32);
  const statement = encode(statementOf(context, equations));
  const nonces = secrets.map((_, i) => {
    const bytes = sha512(
      concatBytes(
        ...secrets.map((secret) => wordBytes(Scalars.create(secret))),
        fresh,
        statement,
        wordBytes(BigInt(i)),
      ),
    );
    return BigInt(`0x${bytesToHex(bytes)}`) % SUBGROUP_ORDER;
  });
  const commitments = equations.map(({ terms }) =>
    sumOf(terms.map(([secret, base]) => [1n, timesSecret(nonces[secret] as bigint, base)])),
  );
  const challenge = challengeTo(context, equations, commitments);
  const responses = secrets.map((secret, i) =>
    Scalars.create((nonces[i] as bigint) + challenge * Scalars.create(secret)),
  );
  return { challenge, responses };
}

/**
 * Whether a proof holds. False for a point that is off the curve, in the small subgroup or neutral; for a number that is not
 * below the order; for another number of responses than there are secrets; and in another context.
 */
export function verifyLinear(
  context: Part,
  equations: readonly Equation[],
  { challenge, responses }: LinearProof,
): boolean {
  const secrets = 1 + Math.max(...equations.flatMap(({ terms }) => terms.map(([secret]) => secret)));
  if (responses.length !== secrets) return false;
  if ([challenge, ...responses].some((value) => value < 0n || value >= SUBGROUP_ORDER)) return false;
  const points = equations.flatMap(({ result, terms }) => [result, ...terms.map(([, base]) => base)]);
  if (!distinct(points).every(isKey)) return false;
  const commitments = equations.map(({ result, terms }) =>
    sumOf([
      [-challenge, result],
      ...terms.map(([secret, base]) => [responses[secret] as bigint, base] as const),
    ]),
  );
  return challengeTo(context, equations, commitments) === challenge;
}

function challengeTo(context: Part, equations: readonly Equation[], commitments: readonly Point[]): bigint {
  return challengeOf(DOMAIN, statementOf(context, equations), commitments);
}

function statementOf(context: Part, equations: readonly Equation[]): Part {
  return [
    context,
    equations.map(({ result, terms }) => [result, terms.map(([secret, base]) => [secret, base])]),
  ];
}

/** Bases stand in many equations, and each point is checked once. */
function distinct(points: readonly Point[]): Point[] {
  return [...new Map(points.map((point) => [`${point.x} ${point.y}`, point])).values()];
}
