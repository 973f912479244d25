import { recordLapse, vaultAccount } from "zkmargin/chain";
import { NotProvableError } from "zkmargin/protocol";
import { type BandUse, bandUse } from "./options.js";
import {
  ACCOUNT_KEYS,
  ACCOUNTS,
  type AccountKey,
  after,
  daysBetween,
  FALL,
  LOAN,
  MAINTENANCE,
  OPENING,
  spot,
  TOKEN,
} from "./setting.js";
import type { KeeperRun, Moment, RoundFigures, Simulation } from "./simulation.js";

/** One day: the close, how every account stood after it, and again after the keeper had run. */
export interface Day {
  readonly figures: RoundFigures;
  /** Right after the round. */
  readonly lapsed: Moment;
  /** After new books were attested. */
  readonly kept: KeeperRun;
  readonly then: Moment;
}

/** A close, and half an hour later new books and the keeper. `look` is called before the books are new. */
async function day(
  simulation: Simulation,
  date: string,
  look: () => Promise<void> = async () => undefined,
): Promise<Day> {
  const { chain } = simulation;
  const figures = await simulation.round(date, after(date));
  const lapsed = await simulation.recordStatuses();
  await look();
  await chain.at(after(date, 0.5));
  for (const part of ACCOUNT_KEYS) if (ACCOUNTS[part].joins === date) await simulation.open(part);
  await simulation.attestAll();
  const kept = await simulation.runKeeper();
  return { figures, lapsed, kept, then: await simulation.recordStatuses() };
}

/** The days from the opening to the eve of the fall. */
export async function daysBeforeFall(
  simulation: Simulation,
  onShare: (share: number) => void,
): Promise<Day[]> {
  const days = daysBetween(simulation.history, OPENING, FALL).filter((date) => date < FALL);
  const played: Day[] = [];
  for (const [i, date] of days.entries()) {
    onShare(i / days.length);
    played.push(await day(simulation, date));
  }
  return played;
}

/** Below this health factor an attester may call for margin; basis points. */
const CALL = 11_000;
/** What the holder of ether-loan adds after the margin call, units of USDC. */
const TOP_UP = 30_000n * TOKEN;

/** A proof of ill health, or why there is none. */
export interface IllHealth {
  readonly part: AccountKey;
  readonly by: string;
  /** Not above this, basis points. */
  readonly theta: number;
  readonly healthFactor: bigint | null;
  /** What the prover said, if it refused. */
  readonly refused: string | null;
  readonly gas: bigint | null;
  readonly status: string;
}

/** All that happened from the close of 19 May to the noon after it. */
export interface Fall {
  /** The keeper proves what it can; for the rest neither verdict can be proven. */
  readonly close: Day;
  readonly undecided: IllHealth;
  /** Hours later the feeds repeat their answers, and the average has caught up with them. */
  readonly settled: RoundFigures;
  readonly lapsed: Moment;
  /** How much of the options desk's band was used up at the close, and at the later round. */
  readonly bands: { readonly close: BandUse; readonly settled: BandUse };
  readonly kept: KeeperRun;
  readonly breach: IllHealth;
  readonly call: IllHealth;
  readonly marked: Moment;
  readonly topUp: bigint;
  readonly liquidation: Liquidation;
  /** Both accounts prove newer books healthy, at the same round, and so are healthy again. */
  readonly recovered: KeeperRun;
  readonly recoveredTo: Moment;
  /** The grace of the account that proved nothing is over. */
  readonly default: Moment;
  readonly noteGas: bigint;
}

/** 19 May 2021, and the morning after. */
export async function fall(simulation: Simulation): Promise<Fall> {
  const { chain, holders } = simulation;
  let atClose: BandUse | undefined;
  const close = await day(simulation, FALL, async () => {
    atClose = await bandUse(simulation);
  });
  const undecided = await illHealth(simulation, "bitcoin", MAINTENANCE, "broker");

  const settled = await simulation.round(FALL, after(FALL, 7));
  const lapsed = await simulation.recordStatuses();
  const bands = { close: atClose ?? (await bandUse(simulation)), settled: await bandUse(simulation) };
  await holders.options.attest();
  const kept = await simulation.runKeeper();
  await chain.at(after(FALL, 7.1));
  const call = await illHealth(simulation, "ether", CALL, "custodian");
  const breach = await illHealth(simulation, "bitcoin", MAINTENANCE, "broker");
  const marked = await simulation.recordStatuses();

  const liquidation = await liquidate(simulation);
  await chain.mint("USDC", "birch", TOP_UP);
  await chain.vaultOf("birch").deposit(holders.ether.account, chain.tokens.USDC.address, TOP_UP);
  holders.ether.hold(spot("USDC", "-230000"));
  await holders.ether.attest();

  await chain.at(after(FALL, 8.1));
  const recovered = await simulation.runKeeper();
  const recoveredTo = await simulation.recordStatuses();

  await chain.at(after(FALL, 12.1));
  const end = await simulation.recordStatuses();
  const recorded = await recordLapse(chain.open, chain.as("keeper"), holders.long.account);
  return {
    close,
    undecided,
    settled,
    lapsed,
    bands,
    kept,
    breach,
    marked,
    call,
    topUp: TOP_UP,
    liquidation,
    recovered,
    recoveredTo,
    default: end,
    noteGas: recorded?.gasUsed ?? 0n,
  };
}

/** An attester proves that a health factor is not above θ, if that can be proven. */
async function illHealth(
  simulation: Simulation,
  part: AccountKey,
  theta: number,
  by: "broker" | "custodian",
): Promise<IllHealth> {
  const base = { part, by, theta, healthFactor: simulation.healthFactor(part) };
  const status = async () => (await simulation.statuses())[part] ?? "unknown";
  try {
    const { gas } = await simulation.submit(part, { theta, healthy: false }, by);
    return { ...base, refused: null, gas, status: await status() };
  } catch (error) {
    if (!(error instanceof NotProvableError)) throw error;
    return { ...base, refused: error.message, gas: null, status: await status() };
  }
}

/** Seconds into the auction at which the bidder finds the price low enough. */
const PATIENCE = 420;

/** An auction from its start to its end; tokens in units of 10^-18. */
export interface Liquidation {
  readonly offered: bigint;
  /** Asked for all of it at the start. */
  readonly startCost: bigint;
  /** To be raised: a part of the debt, and the penalty. */
  readonly due: bigint;
  /** Seconds after the start. */
  readonly takenAfter: number;
  readonly sold: bigint;
  readonly paid: bigint;
  readonly repaid: bigint;
  readonly incentive: bigint;
  readonly insured: bigint;
  /** Collateral that need not be sold: it goes back to the owner's account. */
  readonly returned: bigint;
  readonly debtBefore: bigint;
  readonly debtAfter: bigint;
  readonly startGas: bigint;
  readonly takeGas: bigint;
  /** What the creditor and the keeper were paid out. */
  readonly claimed: { readonly creditor: bigint; readonly keeper: bigint };
}

/** The keeper puts the bitcoin up for auction, a bidder waits and takes, and what is left is attested. */
async function liquidate(simulation: Simulation): Promise<Liquidation> {
  const { chain, holders } = simulation;
  const { account } = holders.bitcoin;
  const token = chain.tokens.BTC.address;
  const { debt: debtBefore } = await vaultAccount(chain.open, account);
  await chain.at(after(FALL, 7.2));
  const started = await chain.vaultOf("keeper").startAuction(account, token);

  await chain.mint("USDC", "bidder", LOAN);
  await chain.pass(PATIENCE);
  const taken = await chain.vaultOf("bidder").take(account, token, 12n * TOKEN);
  if (taken.returned === null)
    throw new RangeError("auction: expected one purchase to end it, but it goes on");

  const { debt: debtAfter, balances } = await vaultAccount(chain.open, account);
  const left = balances.find((found) => found.token === token)?.balance ?? 0n;
  // Books count quanta: what is owned is rounded down, what is owed up.
  holders.bitcoin.hold(spot("BTC", units(left, 8, 0n)), spot("USDC", `-${units(debtAfter, 6, 1n)}`));
  await chain.pass(60);
  await holders.bitcoin.attest();
  return {
    offered: started.offered,
    startCost: started.startCost,
    due: started.due,
    takenAfter: PATIENCE,
    sold: taken.amount,
    paid: taken.cost,
    repaid: taken.repaid,
    incentive: taken.incentive,
    insured: taken.insured,
    returned: taken.returned,
    debtBefore,
    debtAfter,
    startGas: started.receipt?.gasUsed ?? 0n,
    takeGas: taken.receipt?.gasUsed ?? 0n,
    claimed: { creditor: await claimed(simulation, "broker"), keeper: await claimed(simulation, "keeper") },
  };
}

/** Pays out what the vault holds for somebody. */
async function claimed({ chain }: Simulation, who: "broker" | "keeper"): Promise<bigint> {
  const before = await chain.balance("USDC", who);
  await chain.vaultOf(who).claim();
  return (await chain.balance("USDC", who)) - before;
}

/** Token units as a decimal of so many places. */
function units(amount: bigint, decimals: number, up: bigint): string {
  const quantum = TOKEN / 10n ** BigInt(decimals);
  const quanta = (amount + up * (quantum - 1n)) / quantum;
  const text = quanta.toString().padStart(decimals + 1, "0");
  return `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}
