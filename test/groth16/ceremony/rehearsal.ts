import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet } from "ethers";
import { applyBeacon, contribute } from "../../../src/groth16/ceremony/contribute.js";
import { finishCeremony } from "../../../src/groth16/ceremony/finish.js";
import type { TextSigner } from "../../../src/groth16/ceremony/signedRecords.js";
import { startCircuitCeremony } from "../../../src/groth16/ceremony/start.js";
import { buildBases } from "../../../src/groth16/setup/fixedBase.js";
import { TOY, type ToyPackage, toyPackage } from "../setup/toy.js";
import { ownPhaseOne } from "./ownPhaseOne.js";

export const BEACON = "5e".repeat(32);
export const SOURCE = "the hash of block 23 900 000 of Ethereum";

/** A signer whose key everybody knows. */
export function signer(number: number): TextSigner {
  const wallet = new Wallet(`0x${String(number).padStart(64, "0")}`);
  return { address: wallet.address, sign: (text) => wallet.signMessage(text) };
}
export const [COORDINATOR, ALICE, BOB, CAROL] = [1, 2, 3, 4].map(signer) as [
  TextSigner,
  TextSigner,
  TextSigner,
  TextSigner,
];

/** A ceremony of the toy circuit, in a folder that is copied for every test. */
export class Rehearsal {
  private constructor(
    readonly toy: ToyPackage,
    readonly folder: string,
    readonly ptau: string,
  ) {}

  /** A package and a phase 1, and nothing started. */
  static async make(): Promise<Rehearsal> {
    const toy = await toyPackage();
    const ptau = join(toy.root, "own.ptau");
    await writeFile(ptau, await ownPhaseOne(await buildBases(), TOY.power));
    return new Rehearsal(toy, join(toy.root, "ceremony"), ptau);
  }

  start(ptau = this.ptau) {
    const { folder, toy } = this;
    return startCircuitCeremony({
      folder,
      circuit: TOY.name,
      ptau,
      beaconSource: SOURCE,
      signer: COORDINATOR,
      root: toy.root,
    });
  }

  contribute(name: string, by: TextSigner, entropy?: string) {
    const { folder, toy } = this;
    return contribute({
      folder,
      root: toy.root,
      name,
      signer: by,
      ...(entropy === undefined ? {} : { entropy }),
    });
  }

  beacon(value = BEACON, by = COORDINATOR) {
    return applyBeacon({ folder: this.folder, root: this.toy.root, value, signer: by });
  }

  finish(by = COORDINATOR) {
    return finishCeremony({ folder: this.folder, root: this.toy.root, signer: by });
  }

  /** The same package with another copy of the ceremony's folder. */
  async copy(): Promise<Rehearsal> {
    const folder = join(await mkdtemp(join(tmpdir(), "zkmargin-ceremony-")), "ceremony");
    await cp(this.folder, folder, { recursive: true });
    return new Rehearsal(this.toy, folder, this.ptau);
  }

  /** Removes a copy's folder. */
  async drop(): Promise<void> {
    await rm(join(this.folder, ".."), { recursive: true, force: true });
  }
}
