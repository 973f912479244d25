import { contribute } from "../../../src/prove/ceremony/contribute.js";
import { BOB } from "./rehearsal.js";

/** A process that contributes once, to be killed: `tsx contributeOnce.ts <folder> <root>`. */
const [folder = "", root = ""] = process.argv.slice(2);
await contribute({ folder, root, name: "Bob", signer: BOB });
