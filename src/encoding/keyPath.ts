/**
 * Says whether an error may quote a key that a format does not know. In a private file such a key could be an
 * asset held or an amount.
 */
export type KeyPolicy = (key: string) => boolean;

/** For public files: any short printable key may be quoted. */
export const publicKeys: KeyPolicy = (key) => /^[A-Za-z0-9._-]{1,32}$/.test(key);

/** For private files: the format's own field names, and what looks like one of them misspelled. */
export function privateKeys(fields: readonly string[]): KeyPolicy {
  return (key) =>
    fields.some((field) => {
      const slips = field.length < 6 ? 1 : 2;
      // The bound on the length also keeps a key of a megabyte away from the quadratic distance.
      return key.length <= field.length + slips && distance(key.toLowerCase(), field.toLowerCase()) <= slips;
    });
}

/** Path of the `index`-th key of the object at `path`; a key that may not be quoted is named by position. */
export function keyPath(path: string, key: string, index: number, quotable: KeyPolicy): string {
  return quotable(key) ? `${path}.${key}` : `${path}{key ${index + 1}}`;
}

/** Levenshtein distance: letters to insert, delete or replace to make one of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
