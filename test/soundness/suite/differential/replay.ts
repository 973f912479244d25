/** One group of cases alone, as a failure names it: `replay.ts '<subject>' <seed of the group>`. */

import { shippedSources } from "./build.js";
import { SubjectCircuit } from "./circuit.js";
import { type Compared, compareGroup } from "./compare.js";
import { nameOf } from "./subject.js";
import { SHARES } from "./subjects/all.js";

const [name, seed] = process.argv.slice(2);
const share = SHARES.find(({ subject }) => nameOf(subject) === name);
if (!share || !/^\d+$/.test(seed ?? "")) {
  const names = SHARES.map(({ subject }) => nameOf(subject)).join(", ");
  console.error(`expected one of ${names}, and the seed of a group of cases`);
  process.exit(2);
}
const circuit = await SubjectCircuit.of(share.subject, await shippedSources());
const done: Compared = { cases: 0, accepted: 0, lies: 0, trueLies: 0, generated: 0 };
compareGroup(share.subject, circuit, Number(seed), { generated: 1, lies: share.lies }, done);
console.log(`no difference: ${JSON.stringify(done)}`);
