/** One group of cases alone, as a failure names it: `replay.ts '<subject>' <seed of the group> <lies for each case>`. */

import { shippedSources } from "./build.js";
import { SubjectCircuit } from "./circuit.js";
import { type Compared, compareGroup } from "./compare.js";
import { nameOf } from "./subject.js";
import { SHARES } from "./subjects/all.js";

const [name, seed, lies = "0"] = process.argv.slice(2);
const share = SHARES.find(({ subject }) => nameOf(subject) === name);
if (!share || !/^\d+$/.test(seed ?? "") || !/^\d+(\.\d+)?$/.test(lies)) {
  const names = SHARES.map(({ subject }) => nameOf(subject)).join(", ");
  console.error(`expected one of ${names}, the seed of a group of cases, and how many lies`);
  process.exit(2);
}
const circuit = await SubjectCircuit.of(share.subject, await shippedSources());
const done: Compared = { cases: 0, accepted: 0, lies: 0, trueLies: 0, generated: 0 };
compareGroup(share.subject, circuit, Number(seed), { generated: 1, lies: Number(lies) }, done);
console.log(`no difference: ${JSON.stringify(done)}`);
