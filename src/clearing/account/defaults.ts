import { contractAt, eventsOf } from "../../chain/binding.js";
import { type ClearingDefaults, clearingDefaults } from "../../chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../chain/generated/ClearingHouse.js";
import {
  DEFAULTSTAGE_NAMES,
  type DefaultStageName,
  STAGE_NAMES,
  STATUS_NAMES,
  type StageName,
} from "../../chain/generated/enums.js";
import { pagedLogs } from "../../chain/logs.js";
import { calling } from "../../chain/transactions/revert.js";
import { AccountNotClearedError, RevertedError } from "../../errors.js";
import type { OpenHouse } from "./manifest.js";

/** The contract of a house's defaults. Sends no request to the chain. */
export function defaultsOf({ open, manifest }: Pick<OpenHouse, "open" | "manifest">): ClearingDefaults {
  return contractAt(clearingDefaults, manifest.contracts.clearingDefaults.address, open.connection.provider);
}

/** Why anybody may start a default of an account. */
export type DefaultCause =
  /** Its claim of health has lapsed and its grace is over, or it was proven unhealthy. */
  | "liquidatable"
  /** The fund has its cap on record as lapsed, and the grace of that is over. */
  | "capOverdue";
/** Why nobody may. */
export type StartRefusal =
  /** It is in default, or its default is over. */
  | "started"
  /** Its book is empty. */
  | "empty"
  /** It is not liquidatable, and its cap is not overdue. */
  | "healthy"
  /** The market has ended. */
  | "ended";

/** Whether a default of an account may be started now. */
export interface Startable {
  readonly account: string;
  readonly stage: StageName;
  /** What the house's gate says of it, such as `healthy` or `liquidatable`. */
  readonly status: string;
  /** Null where nobody may start it: then `refusal` says why. */
  readonly cause: DefaultCause | null;
  readonly refusal: StartRefusal | null;
  /** Unix seconds, the last second in which it may not be, unless its owner acts; null where no clock runs. */
  readonly until: bigint | null;
}

/**
 * Says whether anybody may start the default of an account, and why not.
 * @throws AccountNotClearedError if nobody has opened the account in the house
 *
 * @example
 * ```ts
 * import { openHouse, startable } from "zkmargin/clearing";
 *
 * const { cause, refusal } = await startable(await openHouse(houseOpen, clearing), cleared);
 * console.log(cause, refusal); // null healthy
 * ```
 */
export async function startable(opened: OpenHouse, account: string): Promise<Startable> {
  const { house, fund, margin } = opened;
  const { marginGate } = margin.contracts;
  return calling(`account ${account}`, async () => {
    const [stageWord, statusWord, overdue, empty, endedAt, deadline] = await Promise.all([
      house.stageOf(account),
      marginGate.statusOf(account),
      fund.isCapOverdue(account),
      house.isEmpty(account),
      defaultsOf(opened).endedAt(),
      marginGate.deadlineOf(account),
    ]);
    const stage = STAGE_NAMES[Number(stageWord)] ?? "none";
    if (stage === "none") throw new AccountNotClearedError(account, String(house.target));
    const status = STATUS_NAMES[Number(statusWord)] ?? "unknown";
    const cause = status === "liquidatable" ? "liquidatable" : overdue ? "capOverdue" : null;
    const refusal =
      endedAt !== 0n
        ? "ended"
        : stage !== "open"
          ? "started"
          : empty
            ? "empty"
            : cause === null
              ? "healthy"
              : null;
    const until = refusal === "healthy" && deadline !== 0n ? deadline : null;
    return { account, stage, status, cause: refusal === null ? cause : null, refusal, until };
  });
}

/** The auction of a public book. */
export interface EstateAuction {
  /** Unix seconds. */
  readonly since: bigint;
  /** Unix seconds, the last of it. */
  readonly until: bigint;
  /** Hundredths that nobody has taken, 0 to 100. */
  readonly left: number;
  /** Quanta of each asset that nobody has taken, with all tear-ups applied. */
  readonly lines: readonly bigint[];
  /** Attodollars that all of it costs now; negative if its buyer is paid. Null if nothing is for sale, or no round is fresh. */
  readonly price: bigint | null;
  /** Attodollars: the book's basis, what was paid for its lines, and what the fund paid. */
  readonly cash: bigint;
  /** Attodollars of the fund's money that the floor of the price counts. */
  readonly funded: bigint;
}

/** A default of a house. */
export interface HouseDefault {
  readonly account: string;
  readonly owner: string;
  readonly stage: "frozen" | "revealed" | "settled";
  /** Unix seconds. */
  readonly startedAt: bigint;
  /** Unix seconds, the last for a reveal before anybody may close the market. */
  readonly revealUntil: bigint;
  /** Null until the book is public. */
  readonly auction: EstateAuction | null;
  /** How far the fund has come with it. */
  readonly fund: {
    readonly stage: DefaultStageName;
    /** The fund's number of the default: members name it when they pay an assessment. */
    readonly number: bigint;
    /** Smallest units of the settlement token that members still owe of assessments. */
    readonly owed: bigint;
    /** Unix seconds, the last in which they can pay; 0 if nothing was assessed. */
    readonly until: bigint;
    /** Smallest units of the settlement token that the fund has paid. */
    readonly paid: bigint;
  };
}

/** The end of a market, as far as it has come: all unix seconds, 0 where it has not come. */
export interface MarketEnd {
  /** Closed for all but transitions that reduce. */
  readonly closedAt: bigint;
  /** From when anybody may end a closed market. */
  readonly endsFrom: bigint;
  readonly endedAt: bigint;
  /** The last second for claims. */
  readonly claimsUntil: bigint;
}

/** What is due next in a default: anybody may do it. */
export interface DefaultStep {
  readonly step: "closeMarket" | "endMarket" | "settle";
  /** Unix seconds from which on it may be sent. */
  readonly from: bigint;
}

/** Chain time at the newest block, unix seconds. */
export async function houseTime({ open }: Pick<OpenHouse, "open">): Promise<bigint> {
  return BigInt((await open.connection.provider.getBlock("latest"))?.timestamp ?? 0);
}

/**
 * How far the end of a house's market has come.
 *
 * @example
 * ```ts
 * import { marketEnd, openHouse } from "zkmargin/clearing";
 *
 * console.log((await marketEnd(await openHouse(houseOpen, clearing))).closedAt); // 0n
 * ```
 */
export async function marketEnd(opened: OpenHouse): Promise<MarketEnd> {
  const defaults = defaultsOf(opened);
  return calling("the end of the market", async () => {
    const [closedAt, endedAt, { closePeriod, claimPeriod }] = await Promise.all([
      defaults.closedAt(),
      defaults.endedAt(),
      defaults.terms(),
    ]);
    return {
      ...{ closedAt, endedAt },
      endsFrom: closedAt === 0n ? 0n : closedAt + closePeriod,
      claimsUntil: endedAt === 0n ? 0n : endedAt + claimPeriod,
    };
  });
}

/**
 * The default of an account; null if it is not in default and never was.
 *
 * @example
 * ```ts
 * import { defaultOf, openHouse } from "zkmargin/clearing";
 *
 * console.log(await defaultOf(await openHouse(houseOpen, clearing), cleared)); // null
 * ```
 */
export async function defaultOf(opened: OpenHouse, account: string): Promise<HouseDefault | null> {
  const { house, fund } = opened;
  const defaults = defaultsOf(opened);
  return calling(`default of ${account}`, async () => {
    const [estate, owner, stageWord, noted, { revealPeriod, auctionPeriod }] = await Promise.all([
      defaults.estateOf(account),
      house.ownerOf(account),
      house.stageOf(account),
      fund.defaultOf(account),
      defaults.terms(),
    ]);
    const stage = STAGE_NAMES[Number(stageWord)] ?? "none";
    if (stage === "none" || stage === "open") return null;
    const { startedAt, revealedAt, cash, funded, paid } = estate;
    const left = Number(estate.left);
    const forSale = stage === "revealed" && left > 0;
    const auction =
      revealedAt === 0n
        ? null
        : {
            ...{ since: revealedAt, until: revealedAt + auctionPeriod, left, cash, funded },
            lines: forSale ? [...(await defaults.sharesOf(account, estate.left))] : [...estate.perp],
            price: forSale ? await priceNow(defaults, account, estate.left) : null,
          };
    const { number, owed, until } = noted;
    const fundStage = DEFAULTSTAGE_NAMES[Number(noted.stage)] ?? "none";
    return {
      ...{ account, owner, stage, startedAt, revealUntil: startedAt + revealPeriod, auction },
      fund: { stage: fundStage, number, owed, until, paid },
    };
  });
}

/** The price of parts now; null while no round is fresh enough. */
async function priceNow(defaults: ClearingDefaults, account: string, parts: bigint): Promise<bigint | null> {
  try {
    return await calling(`price of ${account}`, () => defaults.priceOf(account, parts));
  } catch (error) {
    if (error instanceof RevertedError && error.reason === "RoundStale") return null;
    throw error;
  }
}

/**
 * The defaults of a house that are not over, the oldest first.
 *
 * @example
 * ```ts
 * import { openDefaults, openHouse } from "zkmargin/clearing";
 *
 * for (const { account, auction } of await openDefaults(await openHouse(houseOpen, clearing)))
 *   console.log(account, auction?.left); // hundredths that nobody has taken
 * ```
 */
export async function openDefaults(opened: OpenHouse): Promise<readonly HouseDefault[]> {
  const { open, house, manifest } = opened;
  const { address, block: fromBlock } = manifest.contracts.clearingHouse;
  const topics = house.interface.encodeFilterTopics("AccountFrozen", []);
  const logs = await pagedLogs(open.connection.provider, { address, topics, fromBlock });
  const accounts = new Set(
    eventsOf(clearingHouse, "AccountFrozen", logs).map(({ fields }) => fields.account),
  );
  const found = await Promise.all([...accounts].map((account) => defaultOf(opened, account)));
  return found.filter((one) => one !== null && one.fund.stage !== "none") as HouseDefault[];
}

/**
 * What brings a default forward next; null if it is over, as far as anybody can bring it. Reveals, bids and assessments are not among
 * these: they need more than a transaction.
 *
 * @example
 * ```ts
 * import { marketEnd, nextStep, openDefaults, openHouse } from "zkmargin/clearing";
 *
 * const opened = await openHouse(houseOpen, clearing);
 * const end = await marketEnd(opened);
 * for (const one of await openDefaults(opened)) console.log(one.account, nextStep(one, end)?.step); // what anybody may send
 * ```
 */
export function nextStep(of: HouseDefault, end: MarketEnd): DefaultStep | null {
  const { fund, stage, auction } = of;
  if (fund.stage === "none") return null;
  const wait = fund.stage === "absorbed" && fund.owed !== 0n ? fund.until + 1n : 0n;
  if (end.endedAt !== 0n) return { step: "settle", from: wait };
  if (stage === "frozen")
    return end.closedAt === 0n
      ? { step: "closeMarket", from: of.revealUntil + 1n }
      : { step: "endMarket", from: end.endsFrom };
  if (auction === null) return null;
  const over = auction.left === 0 || fund.stage !== "noted" ? 0n : auction.until + 1n;
  return { step: "settle", from: over > wait ? over : wait };
}

/** An account's claim at the end of the market, as the chain has it. */
export interface EndClaim {
  /** Attodollars; null if none was proven. */
  readonly claim: bigint | null;
  /** Smallest units of the settlement token; null if it was not paid. */
  readonly paid: bigint | null;
}

/**
 * What an account has claimed at the end of the market, and what it was paid.
 *
 * @example
 * ```ts
 * import { endClaim, openHouse } from "zkmargin/clearing";
 *
 * console.log((await endClaim(await openHouse(houseOpen, clearing), cleared)).claim); // null
 * ```
 */
export async function endClaim(opened: OpenHouse, account: string): Promise<EndClaim> {
  const { open, manifest } = opened;
  const { address, block: fromBlock } = manifest.contracts.clearingDefaults;
  const of = defaultsOf(opened).interface;
  const read = async (name: "EndClaimProven" | "EndClaimPaid") => {
    const topics = of.encodeFilterTopics(name, [account]);
    return pagedLogs(open.connection.provider, { address, topics, fromBlock });
  };
  const [proven] = eventsOf(clearingDefaults, "EndClaimProven", await read("EndClaimProven"));
  const [paid] = eventsOf(clearingDefaults, "EndClaimPaid", await read("EndClaimPaid"));
  return { claim: proven?.fields.claim ?? null, paid: paid?.fields.amount ?? null };
}
