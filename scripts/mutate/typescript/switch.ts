/** Which mutant is awake, and which were asked about: what instrumented sources share with those who run them. */
export interface MutationState {
  active: number;
  /** The numbers asked for since it was last emptied; absent where nobody wants to know. */
  asked: Set<number> | undefined;
}

declare global {
  var $mutation: MutationState | undefined;
}

/** Threads and child processes find the number in their environment. */
export const ACTIVE_VARIABLE = "ZKMARGIN_MUTANT";

/** The one state of this process. */
export function mutationState(): MutationState {
  globalThis.$mutation ??= { active: Number(process.env[ACTIVE_VARIABLE] ?? 0), asked: undefined };
  return globalThis.$mutation;
}

/** The text of the module that instrumented sources import: it stands alone, so that it is loaded before all of them. */
export const SWITCH_MODULE = `const state = (globalThis.$mutation ??= {
  active: Number(process.env.${ACTIVE_VARIABLE} ?? 0),
  asked: undefined,
});
export function $mutant(id: number): boolean {
  state.asked?.add(id);
  return id === state.active;
}
`;
