import * as z from "zod/mini";
import { ArtefactAlteredError } from "../../errors.js";

const decimal = z.string().check(z.regex(/^(0|[1-9][0-9]{0,77})$/));
const pointG1 = z.array(decimal).check(z.length(3));
const pointG2 = z.array(z.array(decimal).check(z.length(2))).check(z.length(3));

const shape = z.strictObject({
  protocol: z.literal("groth16"),
  curve: z.literal("bn128"),
  nPublic: z.int().check(z.positive()),
  vk_alpha_1: pointG1,
  vk_beta_2: pointG2,
  vk_gamma_2: pointG2,
  vk_delta_2: pointG2,
  vk_alphabeta_12: z
    .array(z.array(z.array(decimal).check(z.length(2))).check(z.length(3)))
    .check(z.length(2)),
  IC: z.array(pointG1),
});

/** A Groth16 verification key in the JSON form of snarkjs: projective points, coordinates as decimal strings. */
export type VerificationKey = z.infer<typeof shape>;

/**
 * Reads a verification key.
 * @param name of the file, for the error
 * @throws {ArtefactAlteredError} when the text is not one whole key
 */
export function parseVerificationKey(text: string, name: string): VerificationKey {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ArtefactAlteredError(`${name}: expected a verification key in JSON, got other text`);
  }
  const key = shape.safeParse(value);
  if (!key.success) {
    const issue = key.error.issues[0];
    throw new ArtefactAlteredError(
      `${name}: expected a Groth16 verification key on bn128, got ${issue?.message ?? "another object"} at ${issue?.path.join(".") || "its root"}`,
    );
  }
  if (key.data.IC.length !== key.data.nPublic + 1) {
    throw new ArtefactAlteredError(
      `${name}: expected ${key.data.nPublic + 1} IC points, got ${key.data.IC.length}`,
    );
  }
  return key.data;
}

/** The text of a verification-key file. */
export function formatVerificationKey(key: VerificationKey): string {
  return `${JSON.stringify(key, null, 1)}\n`;
}
