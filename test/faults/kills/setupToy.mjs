/** Sets the toy circuit up as `zkmargin setup` does a tier's: arguments are the home folder and the package's folder. */
import { setup } from "../../../build/dist/groth16/setup/setup.js";
import { asTold } from "./asTold.mjs";

const [home, root] = process.argv.slice(2);
await asTold(() => setup({ home, root, tier: { name: "toy", assets: 0, scenarios: 0, power: 6 } }));
