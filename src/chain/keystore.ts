import { isError, Wallet } from "ethers";
import { KeystoreCostError, KeystoreError } from "../errors.js";

/** Where a signing key comes from: never the command line, which other processes can read. */
export type KeySource =
  | {
      /** Text of an encrypted JSON keystore (Web3 Secret Storage, version 3). */
      readonly keystore: string;
      readonly password: string;
      /** What to call it in errors. */
      readonly name: string;
    }
  | {
      /** 32 bytes as hex digits, 0x or not. */
      readonly privateKey: string;
      readonly name: string;
    };

/**
 * The wallet of a key. No error quotes the key, the password or the file.
 * @throws KeystoreError, and KeystoreCostError for a keystore that would take gigabytes or hours to open
 *
 * @example
 * ```ts
 * import { ANVIL_KEYS, unlock } from "zkmargin/chain";
 *
 * const wallet = await unlock({ privateKey: ANVIL_KEYS[0], name: "keeper" });
 * console.log(wallet.address.length); // 42
 * ```
 */
export async function unlock(source: KeySource): Promise<Wallet> {
  if ("privateKey" in source) {
    const hex = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(source.privateKey.trim())?.[1];
    return hidden(`${source.name}: expected a private key of 64 hex digits, got other text`, () => {
      if (hex === undefined) throw new TypeError();
      return new Wallet(`0x${hex}`);
    });
  }
  const { keystore, password, name } = source;
  const file = parseKeystore(keystore, name);
  checkKeystoreCost(file, name);
  checkKeystoreKind(file, name);
  try {
    const account = await Wallet.fromEncryptedJson(keystore, password);
    return new Wallet(account.privateKey);
  } catch (error) {
    throw new KeystoreError(`${name}: ${faultOf(error)}`);
  }
}

/** What keeps a keystore shut: the library names the part that it is about, and its text may quote that. */
function faultOf(error: unknown): string {
  const about = isError(error, "INVALID_ARGUMENT") ? error.argument : "";
  if (about === "password") return "the password does not open this keystore";
  if (about === "address")
    return "expected the address of the key in this keystore, got another's; the file was edited, or is another account's";
  return "expected a whole keystore, got one with a part that is missing or damaged";
}

/**
 * The text of an encrypted keystore for a wallet.
 *
 * @example
 * ```ts
 * import { ANVIL_KEYS, lock, unlock } from "zkmargin/chain";
 *
 * const wallet = await unlock({ privateKey: ANVIL_KEYS[0], name: "keeper" });
 * console.log(typeof lock(wallet, "a long password")); // object
 * ```
 */
export function lock(wallet: Wallet, password: string): Promise<string> {
  return wallet.encrypt(password);
}

function parseKeystore(text: string, name: string): object {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    // Other text is another file.
  }
  if (typeof file === "object" && file !== null && "version" in file && file.version === 3) return file;
  throw new KeystoreError(`${name}: expected an encrypted JSON keystore, got another file`);
}

/** Whatever goes wrong is told in `message`: the error of a library may quote its argument. */
async function hidden<T>(message: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw new KeystoreError(message);
  }
}

/** Bytes of memory, 128·N·r, that scrypt may take. geth and ethers write keystores of 256 MiB at most. */
const MOST_SCRYPT_MEMORY = 2 ** 30;
/** How often over, p, scrypt may do so: nothing else bounds how long it takes. */
const MOST_SCRYPT_PASSES = 16;
const MOST_PBKDF2_ITERATIONS = 10_000_000;

/**
 * Refuses a keystore that asks for more memory or time than any wallet's: a hostile file could otherwise take
 * gigabytes, or hours. The keystore's reader finds any other fault.
 * @param keystore the parsed file
 * @param name what to call it in errors, which quote nothing of it
 * @throws KeystoreCostError
 */
function checkKeystoreCost(keystore: unknown, name: string): void {
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

/** Of the ciphers and key derivations that wallets have written, those that open here. */
const CIPHERS = ["aes-128-ctr"];
const KDFS = ["scrypt", "pbkdf2"];
const PRFS = ["hmac-sha256", "hmac-sha512"];

/**
 * Refuses a keystore of another cipher or key derivation by its name, which no password opens.
 * @throws KeystoreError
 */
function checkKeystoreKind(keystore: unknown, name: string): void {
  const crypto = field(keystore, "crypto");
  const params = field(crypto, "kdfparams");
  const expect = (what: string, value: unknown, known: readonly string[]) => {
    if (typeof value === "string" && known.includes(value.toLowerCase())) return;
    // A short word of plain letters is the name of a cipher, and no secret.
    const got = typeof value === "string" && /^[a-z0-9-]{1,24}$/i.test(value) ? value : "another, or none";
    throw new KeystoreError(
      `${name}: expected the ${what} ${known.join(" or ")}, got ${got}, which is not supported; export the key again from the wallet, or with geth or cast`,
    );
  };
  expect("cipher", field(crypto, "cipher"), CIPHERS);
  const kdf = field(crypto, "kdf");
  expect("key derivation (kdf)", kdf, KDFS);
  if (String(kdf).toLowerCase() === "pbkdf2") expect("prf of pbkdf2", field(params, "prf"), PRFS);
  const length = integer(field(params, "dklen"));
  if (length !== 32)
    throw new KeystoreError(
      `${name}: expected a derived key (dklen) of 32 bytes, got ${length ?? "another"}, which is not supported`,
    );
  const n = integer(field(params, "n"));
  if (String(kdf).toLowerCase() === "scrypt" && (n === undefined || n < 2 || !Number.isInteger(Math.log2(n))))
    throw new KeystoreError(`${name}: expected n of scrypt as a power of 2, got ${n ?? "another"}`);
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
