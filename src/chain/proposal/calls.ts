import { Interface, type Result } from "ethers";
import { FormatError } from "../../errors.js";
import { interfaceOf } from "../binding.js";
import { accessManager } from "../generated/AccessManager.js";
import { riskProfile } from "../generated/RiskProfile.js";

/** The calls that change a profile, with their arguments. Times are unix seconds, profiles contract words. */
export interface GovernanceCalls {
  readonly tighten: { readonly profile: readonly bigint[] };
  readonly setProfile: {
    readonly profile: readonly bigint[];
    readonly expiresAt: bigint;
    readonly fallbackProfile: readonly bigint[];
  };
  readonly schedule: { readonly target: string; readonly data: string; readonly when: bigint };
  readonly execute: { readonly target: string; readonly data: string };
  readonly cancel: { readonly caller: string; readonly target: string; readonly data: string };
}

const PROFILE = interfaceOf(riskProfile);
const MANAGER = interfaceOf(accessManager);
/** Of each call its contract and the names of its arguments, in their order. */
const CALLS = {
  tighten: { contract: "RiskProfile", abi: PROFILE, names: ["profile"] },
  setProfile: { contract: "RiskProfile", abi: PROFILE, names: ["profile", "expiresAt", "fallbackProfile"] },
  schedule: { contract: "AccessManager", abi: MANAGER, names: ["target", "data", "when"] },
  execute: { contract: "AccessManager", abi: MANAGER, names: ["target", "data"] },
  cancel: { contract: "AccessManager", abi: MANAGER, names: ["caller", "target", "data"] },
} as const;

/** The call data of a call. */
export function encodeCall<N extends keyof GovernanceCalls>(name: N, values: GovernanceCalls[N]): string {
  const { abi, names } = CALLS[name];
  const given: Readonly<Record<string, unknown>> = { ...values };
  return abi.encodeFunctionData(
    name,
    names.map((argument) => given[argument]),
  );
}

/** Whether call data is of a function, by its selector; its arguments may be nonsense. */
export function isCallOf(name: keyof GovernanceCalls, data: string): boolean {
  return data.startsWith(CALLS[name].abi.getFunction(name)?.selector ?? data);
}

/**
 * The arguments in call data, which must be of this call and encoded exactly as the writer does. Otherwise bytes beside
 * the arguments, or bits that a reader ignores, would go unseen.
 * @throws FormatError at `path`
 */
export function decodeCall<N extends keyof GovernanceCalls>(
  name: N,
  data: string,
  path: string,
): GovernanceCalls[N] {
  const { contract, abi, names } = CALLS[name];
  const expected = `call data of ${contract}.${name}`;
  if (!isCallOf(name, data)) throw new FormatError(path, expected, "those of another function");
  const result = argumentsOf(abi, name, data);
  const values = Object.fromEntries(names.map((argument, i) => [argument, plain(result?.[i])]));
  const decoded = values as unknown as GovernanceCalls[N];
  if (result === null || encodeCall(name, decoded) !== data)
    throw new FormatError(path, `${expected} in canonical encoding`, "other bytes");
  return decoded;
}

function argumentsOf(abi: Interface, name: string, data: string): Result | null {
  try {
    const result = abi.decodeFunctionData(name, data);
    // A value that cannot be decoded is thrown only when it is read.
    result.toArray(true);
    return result;
  } catch {
    return null;
  }
}

function plain(value: unknown): unknown {
  return Array.isArray(value) ? [...value] : value;
}
