import type { TextSigner } from "../../../groth16/ceremony/signedText.js";
import { type KeyOptions, keyOf } from "../../chain/session.js";
import type { Io } from "../../io.js";

export const SIGNER_HELP = `
The key signs a text and sends nothing; it comes from an encrypted keystore, whose password is in an environment variable
or a file, or from an environment variable itself; never from the command line.
`;

/** Signs texts with the key that the options name. @throws UsageError, KeystoreError, UnreadableError */
export async function signerOf(io: Io, options: KeyOptions): Promise<TextSigner> {
  const wallet = await keyOf(io, options);
  return { address: wallet.address, sign: (text) => wallet.signMessage(text) };
}
