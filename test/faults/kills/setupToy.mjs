/** Sets the toy circuit up as `zkmargin setup` does a tier's: arguments are the home folder and the package's folder. */
import { setUpCircuit } from "../../../build/dist/groth16/setup/setup.js";
import { asTold } from "./asTold.mjs";

const [home, root] = process.argv.slice(2);
await asTold(() => setUpCircuit({ home, root, circuit: { name: "toy", power: 6, publicSignals: 5 } }));
