import { type Provider, ZeroAddress } from "ethers";
import { contractAt } from "./binding.js";
import { checkOf, type Deployment, type OpenDeployment, quoteOf, ratioOf, sourceOf } from "./deployment.js";
import { chainlinkFeed, medianFeed, poolTwap } from "./generated/index.js";

type Sources = Deployment["sources"];

/** The feeds of a manifest that read others of its contracts: medians, their checks, and feeds of a ratio. */
function compound(sources: Sources) {
  const named = Object.entries(sources);
  return {
    medians: named.filter(([, { contract }]) => contract === medianFeed.name),
    pools: named.filter(([, { contract }]) => contract === poolTwap.name),
    ratios: named.filter(([name]) => sources[ratioOf(name)] !== undefined),
  };
}

/** The asset whose check this is. */
const checked = (name: string) => name.slice(0, -checkOf("").length);

/** What compound feeds must answer, by `sources.name.question`. */
export function expectedSourceTies(sources: Sources): Readonly<Record<string, string>> {
  const { medians, pools, ratios } = compound(sources);
  const ties: [string, string][] = [];
  for (const [name] of medians) {
    let count = 0;
    for (let of = sources[sourceOf(name, 0)]; of !== undefined; of = sources[sourceOf(name, ++count)])
      ties.push([`sources.${name}.source ${count}`, of.address]);
    ties.push([`sources.${name}.sources`, String(count)]);
    ties.push([`sources.${name}.check`, sources[checkOf(name)]?.address ?? ZeroAddress]);
  }
  for (const [name] of pools)
    ties.push([`sources.${name}.quote`, sources[quoteOf(checked(name))]?.address ?? ZeroAddress]);
  for (const [name] of ratios)
    ties.push([`sources.${name}.aggregator`, sources[ratioOf(name)]?.address ?? ""]);
  return Object.fromEntries(ties);
}

/** What they do answer, in the newest block. */
export async function readSourceTies({
  connection: { provider },
  deployment: { sources },
}: OpenDeployment): Promise<Readonly<Record<string, string>>> {
  const { medians, pools, ratios } = compound(sources);
  const ties: [string, string][] = [];
  for (const [name, { address }] of medians) {
    const median = contractAt(medianFeed, address, provider);
    const list = await median.sources();
    for (const [i, source] of [...list].entries()) ties.push([`sources.${name}.source ${i}`, source]);
    ties.push([`sources.${name}.sources`, String(list.length)]);
    ties.push([`sources.${name}.check`, await median.check()]);
  }
  for (const [name, { address }] of pools)
    ties.push([`sources.${name}.quote`, await contractAt(poolTwap, address, provider).quote()]);
  for (const [name, { address }] of ratios)
    ties.push([
      `sources.${name}.aggregator`,
      await contractAt(chainlinkFeed, address, provider).aggregator(),
    ]);
  return Object.fromEntries(ties);
}

/** What a median has recorded. */
export interface Kept {
  /** Low and high, attodollars per quantum; 0 if nobody has recorded with a quorum. */
  readonly low: bigint;
  readonly high: bigint;
  /** Sources that did not answer, bit i for source i. */
  readonly silent: bigint;
  readonly check: CheckName;
}

export const CHECK_NAMES = ["none", "agrees", "disagrees", "silent"] as const;
/** What a check said when somebody last recorded; `none` without one. */
export type CheckName = (typeof CHECK_NAMES)[number];

/** What a median had recorded by the end of a block. */
export async function keptBy(address: string, provider: Provider, block: number): Promise<Kept> {
  const median = contractAt(medianFeed, address, provider);
  const { low, high, silent, checked } = await median.kept({ blockTag: block });
  return { low, high, silent, check: CHECK_NAMES[Number(checked)] ?? "none" };
}
