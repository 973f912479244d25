import type { NumberedMutant } from "./mutant.js";

/** A stretch of a text with the mutants that stand exactly there, and the places inside. */
export interface Place {
  readonly start: number;
  readonly end: number;
  readonly mutants: NumberedMutant[];
  readonly inner: Place[];
}

/** The whole of a text as a place, with those of its mutants in it. */
export function placesOf(text: string, mutants: readonly NumberedMutant[]): Place {
  const whole: Place = { start: 0, end: text.length, mutants: [], inner: [] };
  const byPlace = new Map<string, Place>();
  for (const mutant of [...mutants].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const key = `${mutant.start}-${mutant.end}`;
    const place = byPlace.get(key) ?? { start: mutant.start, end: mutant.end, mutants: [], inner: [] };
    if (!byPlace.has(key)) insert(whole, place);
    byPlace.set(key, place);
    place.mutants.push(mutant);
  }
  return whole;
}

/** Places come from left to right and the larger first, so the one around a new place is the last that holds it. */
function insert(around: Place, place: Place): void {
  const last = around.inner.at(-1);
  if (last !== undefined && place.end <= last.end) insert(last, place);
  else around.inner.push(place);
}

/**
 * A place's text, each place in it wrapped from the inside out.
 * @param wrap what a place's mutants make of its text
 */
export function render(
  text: string,
  place: Place,
  wrap: (mutants: readonly NumberedMutant[], inside: string) => string,
): string {
  let [inside, at] = ["", place.start];
  for (const inner of place.inner) {
    inside += text.slice(at, inner.start) + render(text, inner, wrap);
    at = inner.end;
  }
  inside += text.slice(at, place.end);
  return place.mutants.length === 0 ? inside : wrap(place.mutants, inside);
}
