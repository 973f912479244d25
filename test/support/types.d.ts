declare module "r1csfile" {
  type LinearCombination = Record<string, bigint>;
  interface R1cs {
    nVars: number;
    nOutputs: number;
    nPubInputs: number;
    nPrvInputs: number;
    nConstraints: number;
    constraints: [LinearCombination, LinearCombination, LinearCombination][];
  }
  export function readR1cs(
    file: string | Uint8Array,
    options: { F: unknown; loadConstraints: boolean; loadMap: boolean },
  ): Promise<R1cs>;
}

declare module "circom_runtime" {
  export function WitnessCalculatorBuilder(
    wasm: Uint8Array,
  ): Promise<{ calculateWitness(inputs: object): Promise<bigint[]> }>;
}

declare module "circomlibjs" {
  export function buildPoseidon(): Promise<{
    (inputs: readonly bigint[]): unknown;
    F: { toObject(element: unknown): bigint };
  }>;
  export function buildBabyjub(): Promise<{
    mulPointEscalar(point: readonly unknown[], scalar: bigint): unknown[];
    F: { e(value: bigint): unknown; toObject(element: unknown): bigint };
  }>;
}
