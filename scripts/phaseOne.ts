/**
 * `npm run phase-one -- <power> <file.ptau>`: writes the development phase 1 that the development keys stand on, the
 * same bytes every time. Stock `snarkjs powersoftau verify` accepts it. Its secrets are public.
 */

import { writeAtomic } from "../src/groth16/artefacts/writeAtomic.js";
import { developmentPhaseOne } from "../src/groth16/setup/development.js";
import { buildBases } from "../src/groth16/setup/fixedBase.js";
import { CLEARING_CIRCUITS, TIERS } from "../src/protocol/tiers.js";

const [powerText = "", file] = process.argv.slice(2);
const largest = Math.max(...[...TIERS, ...CLEARING_CIRCUITS].map(({ power }) => power));
const power = Number(powerText);
if (!Number.isInteger(power) || power < 1 || power > largest || file === undefined) {
  console.error(
    `expected a power from 1 to ${largest} and a file, such as: npm run phase-one -- 13 build/development.ptau`,
  );
  process.exit(2);
}
console.log(`making a DEVELOPMENT phase 1 of 2^${power} …`);
await writeAtomic(file, await developmentPhaseOne(await buildBases(), power));
console.log(`wrote ${file}; check it with: npx snarkjs powersoftau verify ${file}`);
