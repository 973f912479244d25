import { contribute } from "../../../src/groth16/ceremony/contribute.js";
import { BOB } from "./rehearsal.js";

/**
 * A process that contributes once, to be killed or stopped: `tsx contributeOnce.ts <folder> <root> [sign]`. It prints each step
 * that it begins. With `sign` it waits where it signs.
 */
const [folder = "", root = "", stop] = process.argv.slice(2);
const onProgress = ({ label, seconds }: { readonly label: string; readonly seconds?: number }) => {
  if (seconds === undefined) process.stdout.write(`${label}\n`);
};
const waiting = {
  address: BOB.address,
  sign: () => {
    process.stdout.write("sign\n");
    return new Promise<string>((resolve) => setTimeout(resolve, 60_000, ""));
  },
};
await contribute({ folder, root, name: "Bob", signer: stop === "sign" ? waiting : BOB, onProgress });
