import { isError, Wallet } from "ethers";
import { KeystoreError } from "../errors.js";
import { checkKeystoreCost, checkKeystoreKind } from "./keystoreCost.js";

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
 * The wallet of a key. Nothing that any error here says is of the key, the password or the file.
 * @throws KeystoreError, and KeystoreCostError for a keystore that would take gigabytes or hours to open
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

/** The text of an encrypted keystore for a wallet. */
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
