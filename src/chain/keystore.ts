import { Wallet } from "ethers";
import { KeystoreError } from "../errors.js";
import { checkKeystoreCost } from "./keystoreCost.js";

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
  checkKeystoreCost(parseKeystore(source.keystore, source.name), source.name);
  return hidden(`${source.name}: the password does not open this keystore`, async () => {
    const account = await Wallet.fromEncryptedJson(source.keystore, source.password);
    return new Wallet(account.privateKey);
  });
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
