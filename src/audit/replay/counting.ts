import { LARGEST_COUNT } from "../../chain/eventLog/record.js";

/**
 * A number or time of an event, which the contracts hold in 64 bits, as a result can hold it. What is larger than any there
 * can be, such as an expiry that is never to come, is the largest.
 */
export function countOf(value: bigint): number {
  return value > BigInt(LARGEST_COUNT) ? LARGEST_COUNT : Number(value);
}
