import { type Interface, type Log, ZeroAddress } from "ethers";
import * as z from "zod/mini";
import { RevertedError } from "../../errors.js";
import { type AnyBinding, contractAt, interfaceOf } from "../binding.js";
import { hashWithoutImmutables } from "../checkDeployment.js";
import { checkOf, type OpenDeployment, openVault, sourceOf } from "../deployment.js";
import { type AmmLiquidatorEvents, ammLiquidator } from "../generated/AmmLiquidator.js";
import { chainlinkFeed } from "../generated/ChainlinkFeed.js";
import { erc20Mock } from "../generated/ERC20Mock.js";
import { type MedianFeedEvents, medianFeed } from "../generated/MedianFeed.js";
import { type RiskGovernorEvents, riskGovernor } from "../generated/RiskGovernor.js";
import { type TimelockControllerEvents, timelockController } from "../generated/TimelockController.js";
import { type VoteTokenEvents, voteToken } from "../generated/VoteToken.js";
import { calling } from "../transactions/revert.js";
import { decodeFields, type EventOf, encodeFields } from "./codec.js";

/**
 * Contracts beside the core whose events a log has as well: the medians of the manifest, its DAO, and the liquidators that bought from
 * the vault. Of medians and liquidators there are several, which `of` tells apart: by asset, and by address.
 */
export const SIDE_ROLES = ["medianFeed", "ammLiquidator", "voteToken", "timelock", "governor"] as const;
export type SideRole = (typeof SIDE_ROLES)[number];

/** An event of a side contract as a log has it. */
export interface SideRecord {
  readonly role: string;
  readonly of?: string;
  readonly topics: readonly string[];
  readonly data: string;
}

/** An event of a side contract with its fields by name. */
export type SideEvent = { readonly of: string } & (
  | EventOf<"medianFeed", MedianFeedEvents>
  | EventOf<"ammLiquidator", AmmLiquidatorEvents>
  | EventOf<"voteToken", VoteTokenEvents>
  | EventOf<"timelock", TimelockControllerEvents>
  | EventOf<"governor", RiskGovernorEvents>
);

export const SIDE_BINDINGS: Readonly<Record<SideRole, AnyBinding>> = {
  medianFeed,
  ammLiquidator,
  voteToken,
  timelock: timelockController,
  governor: riskGovernor,
};
const INTERFACES = Object.fromEntries(
  Object.entries(SIDE_BINDINGS).map(([role, binding]) => [role, interfaceOf(binding)]),
) as Record<SideRole, Interface>;

/** Whether a record's role is a side contract's. */
export function isSide({ role }: Pick<SideRecord, "role">): boolean {
  return (SIDE_ROLES as readonly string[]).includes(role);
}

/** The event of a record; undefined if no side contract has it, or not in this text. */
export function decodeSideEvent({ role, of = "", ...written }: SideRecord): SideEvent | undefined {
  const event = decodeFields(INTERFACES[role as SideRole], written);
  return event === undefined ? undefined : ({ role, of, ...event } as SideEvent);
}

/** The inverse of {@link decodeSideEvent}: to make a log that no chain has. */
export function encodeSideEvent(event: Pick<SideEvent, "role" | "name" | "fields">) {
  return encodeFields(INTERFACES[event.role], event);
}

/** Where the side contracts are that a manifest names. A token that is not this package's emits what it likes. */
export function namedSides({ deployment }: Pick<OpenDeployment, "deployment">) {
  const { dao, listing, sources } = deployment;
  const places: { readonly role: SideRole; readonly of?: string; readonly address: string }[] = [];
  for (const { symbol } of listing) {
    const source = sources[symbol];
    if (source?.contract === medianFeed.name)
      places.push({ role: "medianFeed", of: symbol, address: source.address });
  }
  if (dao === undefined) return places;
  const roles = { timelock: dao.timelock, governor: dao.governor };
  for (const [role, { address }] of Object.entries(roles)) places.push({ role: role as SideRole, address });
  if (dao.voteToken.contract === voteToken.name)
    places.push({ role: "voteToken", address: dao.voteToken.address });
  return places;
}

const whole = z.string().check(z.regex(/^(0|[1-9][0-9]{0,77})$/));
const text = z.string().check(z.maxLength(80));
const place = z.int().check(z.minimum(0), z.maximum(2 ** 41));
/** What a source answered: price and confidence, attodollars per quantum, or null for none. At the block's end, and before it. */
const answers = z.array(z.nullable(z.tuple([whole, whole])));

/** What a median's sources and its check said, in a block in which it emitted something or a round was committed. */
export const medianAnswers = z.strictObject({ asset: text, sources: z.array(answers), check: answers });
export type MedianAnswers = Readonly<z.infer<typeof medianAnswers>>;

/** A transfer of a token from or to a liquidator. */
export const transferRecord = z.strictObject({
  tx: place,
  token: text,
  from: text,
  to: text,
  amount: whole,
});
export type TransferRecord = Readonly<z.infer<typeof transferRecord>>;

/** The rule of a median, which never changes. Shares in basis points. */
export const medianRule = z.strictObject({
  seats: place,
  quorum: place,
  deadBand: place,
  tolerance: place,
});
export type MedianRule = Readonly<z.infer<typeof medianRule>>;

/** The rules of the manifest's medians, by asset. */
export async function readMedianRules(open: OpenDeployment): Promise<Record<string, MedianRule>> {
  const rules: Record<string, MedianRule> = {};
  for (const { role, of, address } of namedSides(open)) {
    if (role !== "medianFeed" || of === undefined) continue;
    const terms = await contractAt(medianFeed, address, open.connection.provider).terms();
    rules[of] = {
      seats: Number(terms.seats),
      quorum: Number(terms.quorum),
      deadBand: Number(terms.deadBand),
      tolerance: Number(terms.tolerance),
    };
  }
  return rules;
}

/** Reads what the events of side contracts alone do not tell. */
export class SideReader {
  readonly #open: OpenDeployment;
  readonly #liquidators = new Map<string, boolean>();
  #settlement: string | undefined;

  constructor(open: OpenDeployment) {
    this.#open = open;
  }

  /** What the sources of these medians said in a block; of none where the node has no state of it any more. */
  async medians(assets: readonly string[], block: number): Promise<MedianAnswers[]> {
    const { sources } = this.#open.deployment;
    try {
      const found: MedianAnswers[] = [];
      for (const asset of assets) {
        const of: MedianAnswers["sources"][number][] = [];
        for (let i = 0; sources[sourceOf(asset, i)] !== undefined; i++)
          of.push(await this.#answers(sources[sourceOf(asset, i)]?.address ?? ZeroAddress, block));
        const check = sources[checkOf(asset)];
        found.push({
          asset,
          sources: of,
          check: check === undefined ? [] : await this.#answers(check.address, block),
        });
      }
      return found;
    } catch {
      return [];
    }
  }

  /** Which bidders are liquidators of this package. */
  async liquidators(bidders: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const bidder of [...new Set(bidders)].sort()) {
      let known = this.#liquidators.get(bidder);
      if (known === undefined) {
        const code = await this.#open.connection.provider.getCode(bidder);
        const { hash, immutables } = ammLiquidator.runtime;
        known = code !== "0x" && hashWithoutImmutables(code, immutables) === hash;
        this.#liquidators.set(bidder, known);
      }
      if (known) found.push(bidder);
    }
    return found;
  }

  /** The events of liquidators in a block, and the transfers from and to them: of the settlement token and of what they bought. */
  async liquidations(
    liquidators: readonly string[],
    tokens: readonly string[],
    block: number,
  ): Promise<{ readonly logs: readonly Log[]; readonly transfers: TransferRecord[] }> {
    if (liquidators.length === 0) return { logs: [], transfers: [] };
    const { provider } = this.#open.connection;
    const at = { fromBlock: block, toBlock: block };
    const logs = await provider.getLogs({ address: [...liquidators], ...at });
    this.#settlement ??= await openVault(this.#open).settlement();
    const abi = interfaceOf(erc20Mock);
    const address = [...new Set([this.#settlement, ...tokens])];
    const topics = [abi.getEvent("Transfer")?.topicHash ?? ""];
    const sent = await provider.getLogs({ address, topics, ...at });
    const transfers = sent.flatMap((log): TransferRecord[] => {
      const [from, to, value] = abi.parseLog(log)?.args.toArray() ?? [];
      if (!liquidators.includes(from) && !liquidators.includes(to)) return [];
      return [{ tx: log.transactionIndex, token: log.address, from, to, amount: String(value) }];
    });
    return { logs, transfers };
  }

  /** All feeds answer alike, whatever is behind them. */
  async #answers(feed: string, block: number): Promise<MedianAnswers["check"]> {
    const one = async (blockTag: number): Promise<MedianAnswers["check"][number]> => {
      try {
        const source = contractAt(chainlinkFeed, feed, this.#open.connection.provider);
        const { price, confidence } = await calling("feed", () => source.read({ blockTag }));
        return [String(price), String(confidence)];
      } catch (error) {
        if (error instanceof RevertedError) return null;
        throw error;
      }
    };
    const [now, before] = [await one(block), await one(block - 1)];
    return String(now) === String(before) ? [now] : [now, before];
  }
}
