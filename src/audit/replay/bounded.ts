/** A list of which only the newest are kept; see Bounded in result.ts. */
export interface Growing<T> {
  omitted: number;
  readonly items: T[];
}

/** Items of a list that a result keeps of each account. */
export const KEPT = 1_000;

export function newGrowing<T>(): Growing<T> {
  return { omitted: 0, items: [] };
}

export function push<T>(list: Growing<T>, item: T, kept = KEPT): void {
  list.items.push(item);
  if (list.items.length > kept) {
    list.items.shift();
    list.omitted++;
  }
}
