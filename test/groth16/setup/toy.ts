import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Circuit, pinArtefacts } from "../../../src/groth16/setup/setup.js";

/** A circuit of no margins, small enough to set up in a second. */
export const TOY: Circuit = { name: "toy", power: 6, publicSignals: 5 };

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

/** A package folder that holds the toy circuit, and a home folder for its artefacts, both new. */
export interface ToyPackage {
  readonly root: string;
  readonly home: string;
  write(path: string, text: string): Promise<void>;
  /** Another one, with the same files. */
  copy(): Promise<ToyPackage>;
  remove(): Promise<void>;
}

/** Makes a toy package; its pins are made too, unless `pinned` is false. */
export async function toyPackage(options: { pinned?: boolean } = {}): Promise<ToyPackage> {
  const toy = toyIn(await newFolder());
  await toy.write("circuits/main/toy.circom", MAIN);
  await toy.write("circuits/lib/Square.circom", LIB);
  if (options.pinned !== false) await pinArtefacts({ home: toy.home, circuits: [TOY], root: toy.root });
  return toy;
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "zkmargin-toy-"));
}

function toyIn(folder: string): ToyPackage {
  const root = join(folder, "package");
  return {
    root,
    home: join(folder, "home"),
    async write(path, text) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
    async copy() {
      const other = await newFolder();
      await cp(folder, other, { recursive: true });
      return toyIn(other);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
