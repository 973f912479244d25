import type { Component } from "./statistics/components.js";

/**
 * Which way every asset goes in every spread, `[k][u]` = 1 or −1: the sign of its entry in the k-th component, but no
 * two assets with the same signs in all of them, as long as there are signs enough. Two that always went together
 * would be margined as one, and a book of one against the other not at all. Where two have the same signs, the later
 * one takes those that are still free and cost least: the sum of the entries, by size, that change sign.
 * @param components one for each spread, of as many assets each
 */
export function spreadSigns(components: readonly Component[]): number[][] {
  const assets = components[0]?.direction.length ?? 0;
  const codes = 1 << Math.min(components.length, 30);
  const entry = (k: number, u: number) => components[k]?.direction[u] ?? 0;
  const taken = new Set<string>();
  const signs = components.map((): number[] => []);
  for (let u = 0; u < assets; u++) {
    const wanted = components.map((_, k) => (entry(k, u) > 0 ? 1 : -1));
    const cost = (code: readonly number[]) =>
      code.reduce((total, sign, k) => total + (sign === wanted[k] ? 0 : Math.abs(entry(k, u))), 0);
    let best: readonly number[] = wanted;
    if (taken.has(wanted.join()) && assets <= codes) {
      const free = Array.from({ length: codes }, (_, code) =>
        components.map((_, k) => (((code >> k) & 1) === 0 ? 1 : -1)),
      ).filter((code) => !taken.has(code.join()));
      best = free.reduce((least, code) => (cost(code) < cost(least) ? code : least), free[0] ?? wanted);
    }
    taken.add(best.join());
    best.forEach((sign, k) => {
      signs[k]?.push(sign);
    });
  }
  return signs;
}
