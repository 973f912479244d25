import type { NumberedMutant } from "../mutant.js";

/** What instrumented sources call: whether a mutant is the one that is switched on. */
export const SWITCH = "$mutant";

interface Place {
  readonly start: number;
  readonly end: number;
  readonly mutants: NumberedMutant[];
  readonly inner: Place[];
}

/**
 * A source text that holds all its mutants, each asleep until its number is the active one. Nothing is to be written or
 * compiled again from one mutant to the next.
 * @param mutants all of this text
 * @param from the module that exports {@link SWITCH}, as this text would import it
 */
export function instrument(text: string, mutants: readonly NumberedMutant[], from: string): string {
  if (mutants.length === 0) return text;
  const whole: Place = { start: 0, end: text.length, mutants: [], inner: [] };
  const byPlace = new Map<string, Place>();
  for (const mutant of [...mutants].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const key = `${mutant.start}-${mutant.end}`;
    const place = byPlace.get(key) ?? { start: mutant.start, end: mutant.end, mutants: [], inner: [] };
    if (!byPlace.has(key)) insert(whole, place);
    byPlace.set(key, place);
    place.mutants.push(mutant);
  }
  // On the first line, so that lines keep their numbers.
  return `import { ${SWITCH} } from ${JSON.stringify(from)}; ${render(text, whole)}`;
}

/** Places come from left to right and the larger first, so the one around a new place is the last that holds it. */
function insert(around: Place, place: Place): void {
  const last = around.inner.at(-1);
  if (last !== undefined && place.end <= last.end) insert(last, place);
  else around.inner.push(place);
}

function render(text: string, place: Place): string {
  let [inside, at] = ["", place.start];
  for (const inner of place.inner) {
    inside += text.slice(at, inner.start) + render(text, inner);
    at = inner.end;
  }
  inside += text.slice(at, place.end);
  if (place.mutants.length === 0) return inside;
  if (place.mutants.every(({ form }) => form === "statement"))
    return `{${place.mutants.map(({ id }) => `if (!${SWITCH}(${id})) `).join("")}{${inside}}}`;
  const sleeping = place.mutants.map(({ id, replacement }) => `${SWITCH}(${id}) ? (${replacement}) : `);
  return `(${sleeping.join("")}(${inside}))`;
}
