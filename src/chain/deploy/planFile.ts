import { ZeroAddress } from "ethers";
import * as z from "zod/mini";
import { address } from "../../encoding/address.js";
import { parseDecimal, parseInteger } from "../../encoding/decimal.js";
import { document, integer, printable, readBy, shaped } from "../../encoding/shape.js";
import { type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { MissingFieldError, UnknownAssetError, UnknownFieldError } from "../../errors.js";
import { TOKEN_DECIMALS_MAX } from "../../protocol/bounds.js";
import {
  DEFAULT_BLOCK_TIME,
  DEFAULT_TERMS,
  DEFAULT_TIMING,
  type GatePlan,
} from "../../protocol/deploymentTerms.js";
import type { Listing } from "../../protocol/listing.js";
import type { ListingFile } from "../../protocol/listingFile.js";
import type { RiskProfile } from "../../protocol/profile.js";
import type { Tier } from "../../protocol/tiers.js";
import type { NamedKey } from "../verificationKey.js";
import {
  type CreditPlan,
  type DaoPlan,
  DEFAULT_DELAY,
  type DeployPlan,
  type DerivedPlan,
  type FundingPlan,
  leastRotationDelay,
  type RemotePlan,
  type VaultPlan,
} from "./plan.js";
import { perQuantum, readFeeds, someSeconds, units } from "./planFeeds.js";

const FORMAT = "zkmargin/deploy-plan@1";
const seconds = integer(0, 2 ** 32 - 1);
const bps = integer(0, 65_535);

/** What a deployment takes from elsewhere. */
export interface PlanContext {
  readonly tier: Tier;
  readonly listing: Listing;
  readonly profile: RiskProfile;
  readonly key: NamedKey;
  /** What a listing file says of the assets: feeds and tokens that the plan does not name. */
  readonly assets?: ListingFile;
  /** Derived markets, whose gates' terms the plan may name. */
  readonly derived?: readonly Pick<DerivedPlan, "name" | "profile">[];
}

/**
 * Parses a deployment plan, `zkmargin/deploy-plan@1`: feeds and their limits, governance, and whatever else differs
 * from the defaults. Prices are dollars a unit, times seconds, shares basis points.
 * @throws InputError naming the field
 *
 * @example
 * ```ts
 * import { parsePlan } from "zkmargin/chain";
 *
 * const read = parsePlan(planText, { tier, listing: market.listing, profile, key: trusted });
 * console.log(read.feeds.length === market.listing.length); // true
 * ```
 */
export function parsePlan(text: string, context: PlanContext, path = "plan"): DeployPlan {
  const { assets = [], derived = [], ...plan } = context;
  const { listing } = plan;
  const names = derived.map(({ name }) => name);
  const { feeds, ...file } = shaped(planSchema(listing, names), parseStrictJson(text, path), { path });
  const { funding, sequencer, vault, credit, terms = DEFAULT_TERMS } = file;
  // A listing may have all feeds.
  if (feeds === undefined && assets.length === 0)
    throw new MissingFieldError(`${path}.feeds`, "the field", "none");
  return {
    ...plan,
    feeds: readFeeds(feeds ?? {}, `${path}.feeds`, listing, assets),
    timing: file.timing ?? DEFAULT_TIMING,
    ...(file.sleeves && { sleeves: file.sleeves }),
    terms,
    rotationDelay: file.rotationDelay ?? leastRotationDelay(context.profile, terms),
    governance: planGovernance(file.governance, file.dao !== undefined, `${path}.governance`),
    ...(file.dao && { dao: planDao(file.dao, `${path}.dao`) }),
    ...(funding && {
      funding: { ...funding, steps: listing.map(({ symbol }) => funding.steps[symbol] as bigint) },
    }),
    ...(sequencer && { sequencer }),
    ...(vault && { vault: planVault(vault, `${path}.vault`, listing, assets) }),
    ...(credit && { credit: planCredit(credit, `${path}.credit`, listing, assets) }),
    ...derivedPlans(derived, terms, file.derived),
  };
}

/**
 * What a plan says of how long a close-out takes, and nothing else of it: seconds. Without a vault, nothing is auctioned.
 * @throws InputError naming the field
 *
 * @example
 * ```ts
 * import { parsePlanTiming } from "zkmargin/chain";
 *
 * console.log(parsePlanTiming(planText).gracePeriod > 0); // true
 * ```
 */
export function parsePlanTiming(
  text: string,
  path = "plan",
): Pick<GatePlan, "gracePeriod" | "callPeriod"> & Pick<VaultPlan, "auctionPeriod" | "reliefPeriod"> {
  const { terms = DEFAULT_TERMS, vault } = shaped(timingSchema, parseStrictJson(text, path), { path });
  const { gracePeriod, callPeriod } = terms;
  const { auctionPeriod = 0, reliefPeriod = 0 } = vault ?? {};
  return { gracePeriod, callPeriod, auctionPeriod, reliefPeriod };
}

/** The plan's derived markets: with the terms that it names, or else with those of the deployment's own gate. */
export function derivedPlans(
  derived: PlanContext["derived"] = [],
  terms: GatePlan,
  named: Readonly<Record<string, GatePlan | undefined>> = {},
): Pick<DeployPlan, "derived"> {
  if (derived.length === 0) return {};
  return { derived: derived.map((market) => ({ ...market, terms: named[market.name] ?? terms })) };
}

const vaultSchema = z.strictObject({
  settlement: z.exactOptional(address),
  asset: z.string(),
  collateral: z.exactOptional(z.custom<JsonValue>()),
  remote: z.exactOptional(z.custom<JsonValue>()),
  blockTime: z._default(integer(1, 65_535), DEFAULT_BLOCK_TIME),
  minimumClose: units,
  initialMargin: bps,
  penalty: bps,
  incentive: bps,
  closeFactor: bps,
  premium: bps,
  floor: bps,
  auctionPeriod: seconds,
  reliefPeriod: seconds,
});

const creditSchema = z.strictObject({
  settlement: z.exactOptional(address),
  asset: z.string(),
  covenantMargin: bps,
  horizon: seconds,
});

/** One of these for each listed asset. */
function bySymbol<Item extends z.core.$ZodType>(listing: Listing, item: (decimals: number) => Item) {
  return z.strictObject(
    Object.fromEntries(listing.map(({ symbol, decimals }) => [symbol, item(decimals)])) as Record<
      string,
      Item
    >,
  );
}

const termsSchema = z.strictObject({
  maxProofAge: seconds,
  gracePeriod: seconds,
  callPeriod: seconds,
  callMargin: bps,
});

/** What {@link parsePlanTiming} reads. */
const timingSchema = z.looseObject({
  format: z.literal(FORMAT),
  terms: z.exactOptional(termsSchema),
  vault: z.exactOptional(z.looseObject({ auctionPeriod: seconds, reliefPeriod: seconds })),
});

/**
 * A plan for a listing; what the listing file has of its assets is read beside it.
 * @param derived names of the derived markets
 */
function planSchema(listing: Listing, derived: readonly string[]) {
  return document(FORMAT, {
    feeds: z.exactOptional(bySymbol(listing, () => z.exactOptional(z.custom<JsonValue>()))),
    governance: z.strictObject({
      governor: z.exactOptional(address),
      guardian: address,
      delay: z._default(someSeconds, DEFAULT_DELAY),
    }),
    timing: z.exactOptional(
      z.strictObject({
        twapWindow: seconds,
        minInterval: seconds,
        provingWindow: seconds,
        maxRoundAge: seconds,
      }),
    ),
    sleeves: z.exactOptional(
      z
        .array(
          z.enum(
            listing.map(({ symbol }) => symbol),
            "the symbol of a listed asset",
          ),
        )
        .check(z.refine((symbols) => new Set(symbols).size === symbols.length, "each symbol once")),
    ),
    terms: z.exactOptional(termsSchema),
    derived: z.exactOptional(
      z.strictObject(Object.fromEntries(derived.map((name) => [name, z.exactOptional(termsSchema)]))),
    ),
    rotationDelay: z.exactOptional(seconds),
    funding: z.exactOptional(
      z.strictObject({
        poster: address,
        steps: bySymbol(listing, perQuantum),
        interval: seconds,
        heartbeat: seconds,
      }),
    ),
    sequencer: z.exactOptional(z.strictObject({ uptimeFeed: address, grace: seconds })),
    vault: z.exactOptional(vaultSchema),
    credit: z.exactOptional(creditSchema),
    dao: z.exactOptional(daoSchema),
  });
}

/** Decimals of a token with votes. */
const VOTE_DECIMALS = 18;
const votes = readBy((text, path) => parseDecimal(text, VOTE_DECIMALS, path));
const daoSchema = z.strictObject({
  token: z.union([
    address,
    z.strictObject({ name: printable(64), symbol: printable(16), holders: z.record(z.string(), votes) }),
  ]),
  votingDelay: seconds,
  votingPeriod: integer(1, 2 ** 32 - 1),
  threshold: votes,
  quorum: integer(1, 100),
  timelock: seconds,
});

/** Who governs: the governor that the file names, or its DAO. */
function planGovernance(
  { governor, ...governance }: { governor?: string; readonly guardian: string; readonly delay: number },
  hasDao: boolean,
  path: string,
) {
  if (governor === undefined && !hasDao)
    throw new MissingFieldError(`${path}.governor`, "the field, or a DAO", "none");
  if (governor !== undefined && hasDao)
    throw new UnknownFieldError(`${path}.governor`, "no governor beside a DAO, whose timelock it is", "one");
  return { ...governance, governor: governor ?? ZeroAddress };
}

function planDao({ token, ...dao }: z.infer<typeof daoSchema>, path: string): DaoPlan {
  if (typeof token === "string") return { ...dao, token };
  const holders = Object.entries(token.holders).map(([holder, amount]) => ({
    holder: shaped(address, holder, { path: `${path}.token.holders` }),
    amount,
  }));
  if (holders.length === 0) throw new MissingFieldError(`${path}.token.holders`, "a holder", "none");
  return { ...dao, token: { ...token, holders } };
}

function planVault(
  vault: z.infer<typeof vaultSchema>,
  path: string,
  listing: Listing,
  assets: ListingFile,
): VaultPlan {
  const { collateral = [], remote, ...terms } = vault;
  return {
    ...terms,
    settlement: settlementOf(vault, path, listing, assets),
    collateral: readCollateral(collateral, `${path}.collateral`, listing, assets),
    ...(remote === undefined ? {} : { remote: readRemote(remote, `${path}.remote`, listing) }),
  };
}

/** Assets on other chains by their symbols. The source is one that stands, or storage proofs. */
function readRemote(value: JsonValue, path: string, listing: Listing): RemotePlan[] {
  const remotes = shaped(
    bySymbol(listing, () => z.exactOptional(remoteSchema)),
    value,
    { path },
  );
  return listing.flatMap(({ symbol }) => {
    const remote = remotes[symbol];
    if (remote === undefined) return [];
    const { source, blocks, ...terms } = remote;
    if ((source === undefined) === (blocks === undefined))
      throw new MissingFieldError(
        `${path}.${symbol}.blocks`,
        "who vouches for blocks, or the address of a message source",
        source === undefined ? "neither" : "both",
      );
    const from =
      blocks === undefined
        ? ({ kind: "deployed", address: source ?? "" } as const)
        : ({ kind: "storage-proofs", ...blocks } as const);
    return [{ ...terms, asset: symbol, source: from }];
  });
}

const remoteSchema = z.strictObject({
  chain: readBy(parseInteger),
  lock: address,
  decimals: integer(0, TOKEN_DECIMALS_MAX),
  cap: units,
  maxAge: seconds,
  source: z.exactOptional(address),
  blocks: z.exactOptional(
    z.strictObject({
      attesters: z.array(address).check(z.refine(({ length }) => length >= 1 && length <= 16, "1 to 16")),
      threshold: integer(1, 16),
      wait: seconds,
      finality: seconds,
    }),
  ),
});

function planCredit(
  credit: z.infer<typeof creditSchema>,
  path: string,
  listing: Listing,
  assets: ListingFile,
): CreditPlan {
  return { ...credit, settlement: settlementOf(credit, path, listing, assets) };
}

/** The token that is named, or that the listing file has of the asset. */
function settlementOf(
  { asset, settlement }: Pick<z.infer<typeof creditSchema>, "asset" | "settlement">,
  path: string,
  listing: Listing,
  assets: ListingFile,
): string {
  if (!listing.some(({ symbol }) => symbol === asset))
    throw new UnknownAssetError(`${path}.asset`, "the symbol of a listed asset", "another");
  const token = settlement ?? assets.find(({ symbol }) => symbol === asset)?.token;
  if (token === undefined) throw new MissingFieldError(`${path}.settlement`, "the field", "none");
  return token;
}

/** Tokens by the symbol of their listed asset, or a list of symbols whose tokens the listing file has. */
function readCollateral(value: JsonValue, path: string, listing: Listing, assets: ListingFile) {
  if (Array.isArray(value))
    return value.map((symbol: JsonValue, i) => {
      const token = assets.find((asset) => asset.symbol === symbol)?.token;
      if (typeof symbol !== "string" || token === undefined)
        throw new UnknownAssetError(
          `${path}[${i}]`,
          "the symbol of an asset whose token the listing has",
          "another",
        );
      return { asset: symbol, token };
    });
  const tokens = shaped(
    bySymbol(listing, () => z.exactOptional(address)),
    value,
    { path },
  );
  return listing.flatMap(({ symbol }) => {
    const token = tokens[symbol];
    return token === undefined ? [] : [{ asset: symbol, token }];
  });
}
