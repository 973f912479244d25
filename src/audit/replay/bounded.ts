import { LARGEST_COUNT } from "../../chain/eventLog/record.js";

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

/**
 * A number or time of an event, which the contracts hold in 64 bits, as a result can hold it. What is larger than any there
 * can be, such as an expiry that is never to come, is the largest.
 */
export function countOf(value: bigint): number {
  return value > BigInt(LARGEST_COUNT) ? LARGEST_COUNT : Number(value);
}
