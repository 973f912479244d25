import type { NumberedMutant } from "../mutant.js";
import { placesOf, render } from "../places.js";

/** What instrumented sources call: whether a mutant is the one that is awake. */
export const SWITCH = "$mutant";

/**
 * A source text that holds all its mutants, each asleep until its number is the active one. Nothing is to be written or
 * compiled again from one mutant to the next.
 * @param mutants all of this text
 * @param from the module that exports {@link SWITCH}, as this text would import it
 */
export function instrument(text: string, mutants: readonly NumberedMutant[], from: string): string {
  if (mutants.length === 0) return text;
  // On the first line, so that lines keep their numbers.
  return `import { ${SWITCH} } from ${JSON.stringify(from)}; ${render(text, placesOf(text, mutants), wrap)}`;
}

function wrap(mutants: readonly NumberedMutant[], inside: string): string {
  if (mutants.every(({ form }) => form === "statement"))
    return `{${mutants.map(({ id }) => `if (!${SWITCH}(${id})) `).join("")}{${inside}}}`;
  const sleeping = mutants.map(({ id, replacement }) => `${SWITCH}(${id}) ? (${replacement}) : `);
  return `(${sleeping.join("")}(${inside}))`;
}
