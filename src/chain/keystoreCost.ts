import { KeystoreCostError } from "../errors.js";

/** Bytes of memory, 128·N·r, that scrypt may take. geth and ethers write keystores of 256 MiB at most. */
const MOST_SCRYPT_MEMORY = 2 ** 30;
/** How often over, p, scrypt may do so: nothing else bounds how long it takes. */
const MOST_SCRYPT_PASSES = 16;
const MOST_PBKDF2_ITERATIONS = 10_000_000;

/**
 * Refuses a keystore that asks for more memory or time than any wallet's: a hostile file could otherwise take gigabytes, or
 * hours. Whatever else is wrong with it is for the reader of the keystore to find.
 * @param keystore the parsed file
 * @param name what to call it in errors, which quote nothing of it
 * @throws KeystoreCostError
 */
export function checkKeystoreCost(keystore: unknown, name: string): void {
  const params = field(field(keystore, "crypto"), "kdfparams");
  const [n, r, p, c] = ["n", "r", "p", "c"].map((parameter) => integer(field(params, parameter)));
  const again = "encrypt the key again, with scrypt's usual N = 2^18, r = 8, p = 1";
  if (128 * (n ?? 0) * (r ?? 0) > MOST_SCRYPT_MEMORY)
    throw new KeystoreCostError(
      `${name}: expected a keystore that takes at most 1 GiB to open (128·N·r bytes of scrypt), got one that takes more; ${again}`,
    );
  if ((p ?? 0) > MOST_SCRYPT_PASSES)
    throw new KeystoreCostError(
      `${name}: expected a keystore with p of scrypt at most ${MOST_SCRYPT_PASSES}, got one with a larger p; ${again}`,
    );
  if ((c ?? 0) > MOST_PBKDF2_ITERATIONS)
    throw new KeystoreCostError(
      `${name}: expected a keystore of at most ${MOST_PBKDF2_ITERATIONS} iterations of PBKDF2, got one of more; ${again}`,
    );
}

/** The field that ethers takes: the first of that name, in capitals or not. */
function field(of: unknown, name: string): unknown {
  if (typeof of !== "object" || of === null) return undefined;
  return Object.entries(of).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** A number as ethers reads it, which takes it as text too; undefined for whatever it refuses. */
function integer(value: unknown): number | undefined {
  if (typeof value === "string" && /^-?[0-9]+$/.test(value)) return Number(value);
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
