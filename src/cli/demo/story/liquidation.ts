import { eventsOf } from "../../../chain/binding.js";
import { openVault } from "../../../chain/contracts.js";
import { marginVault } from "../../../chain/generated/MarginVault.js";
import { after, FALL } from "../calendar.js";
import { spot } from "../cast.js";
import { TOKEN } from "../chain.js";
import type { World } from "../world.js";
import { LOAN } from "./opening.js";

/** Seconds into the auction at which the bidder finds the price low enough. */
const PATIENCE = 420;

/** An auction from its start to its end. Units of the tokens, 10^-18 of one. */
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
  /** Collateral that need not be sold, and is the owner's as before. */
  readonly returned: bigint;
  readonly debtBefore: bigint;
  readonly debtAfter: bigint;
  readonly startGas: bigint;
  readonly takeGas: bigint;
  /** What the creditor and the keeper were paid out. */
  readonly claimed: { readonly creditor: bigint; readonly keeper: bigint };
}

/** The keeper puts the bitcoin up for auction, a bidder waits and takes, and what is left is attested. */
export async function liquidate(world: World): Promise<Liquidation> {
  const { chain, desks } = world;
  const { account } = desks.bitcoin;
  const vault = openVault(chain.open);
  const debtBefore = await vault.debtOf(account);
  await chain.at(after(FALL, 7.2));
  const { receipt: start } = await chain.vaultOf("keeper").startAuction(account, chain.tokens.BTC);
  const [started] = eventsOf(marginVault, "AuctionStarted", start?.logs ?? []);

  await chain.mint("USDC", "bidder", LOAN);
  await chain.pass(PATIENCE);
  const before = await chain.connection.provider.getBlockNumber();
  await chain.vaultOf("bidder").take(account, chain.tokens.BTC, 12n * TOKEN);
  const { logs, gas } = await chain.logsSince(before, vault.target as string);
  const [taken] = eventsOf(marginVault, "Taken", logs);
  const [closed] = eventsOf(marginVault, "AuctionClosed", logs);
  if (started === undefined || taken === undefined || closed === undefined)
    throw new RangeError("auction: expected it to start, sell and close in one purchase, but it did not");

  const debtAfter = await vault.debtOf(account);
  const left = await vault.balanceOf(account, chain.tokens.BTC);
  // Books count quanta: what is owned is rounded down, what is owed up.
  desks.bitcoin.hold(spot("BTC", units(left, 8, 0n)), spot("USDC", `-${units(debtAfter, 6, 1n)}`));
  await chain.pass(60);
  await desks.bitcoin.attest();
  return {
    offered: started.fields.offered,
    startCost: started.fields.startCost,
    due: started.fields.due,
    takenAfter: PATIENCE,
    sold: taken.fields.amount,
    paid: taken.fields.cost,
    repaid: taken.fields.repaid,
    incentive: taken.fields.incentive,
    insured: taken.fields.insured,
    returned: closed.fields.returned,
    debtBefore,
    debtAfter,
    startGas: start?.gasUsed ?? 0n,
    takeGas: gas,
    claimed: { creditor: await claimed(world, "broker"), keeper: await claimed(world, "keeper") },
  };
}

/** Pays out what the vault holds for somebody. */
async function claimed({ chain }: World, who: "broker" | "keeper"): Promise<bigint> {
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
