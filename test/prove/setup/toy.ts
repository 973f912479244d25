import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pinArtefacts } from "../../../src/prove/setup/pin.js";
import type { Tier } from "../../../src/spec/tiers.js";

/** A circuit with the public signals of a tier of no assets, small enough to set up in a second. */
export const TOY: Tier = { name: "toy", assets: 0, scenarios: 0, power: 6 };

const MAIN = `pragma circom 2.1.6;
include "../lib/Square.circom";
template Toy() {
    signal input p[5];
    signal input x;
    component bits = Num2Bits(8);
    bits.in <== x;
    component square = Square();
    square.in <== x + p[1];
    square.out === p[0];
    signal rest <== p[2] * p[3];
    rest * x === p[4] + bits.out[0];
}
component main {public [p]} = Toy();
`;
const LIB = `pragma circom 2.1.6;
include "circomlib/circuits/bitify.circom";
template Square() { signal input in; signal output out <== in * in; }
`;

/** A package folder that holds the toy tier, and a home folder for its artefacts, both new. */
export interface ToyPackage {
  readonly root: string;
  readonly home: string;
  write(path: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a toy package; its pins are made too, unless `pinned` is false. */
export async function toyPackage(options: { pinned?: boolean } = {}): Promise<ToyPackage> {
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-toy-"));
  const root = join(folder, "package");
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await write("circuits/main/toy.circom", MAIN);
  await write("circuits/lib/Square.circom", LIB);
  const home = join(folder, "home");
  if (options.pinned !== false) await pinArtefacts({ home, tiers: [TOY], root });
  return { root, home, write, remove: () => rm(folder, { recursive: true, force: true }) };
}
