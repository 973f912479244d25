import { submitBatch } from "../../../chain/submit.js";
import { after, daysBetween, FIRST_DAY, OPENING } from "../calendar.js";
import { type ActorName, CAST, type PartName, spot } from "../cast.js";
import { TOKEN } from "../chain.js";
import type { RoundFigures, World } from "../world.js";

/** Maintenance margin, and what the vault asks before it releases anything; basis points. */
export const MAINTENANCE = 10_000;
export const INITIAL = 12_500;
/** What the bitcoin borrower borrows: USDC. */
export const LOAN = 350_000n * TOKEN;

/** An account as it opens. The health factor is private: the demo's books are examples. */
export interface Opened {
  readonly part: PartName;
  readonly account: string;
  readonly id: string;
  readonly owner: ActorName;
  readonly who: string;
  readonly kind: "cross" | "isolated";
  readonly attesters: readonly ActorName[];
  readonly threshold: number;
  readonly healthFactor: bigint | null;
  readonly theta: number;
  readonly envelope: number;
  readonly proveMs: number;
}

export interface Opening {
  readonly accounts: readonly Opened[];
  readonly batch: { readonly proofs: number; readonly gas: bigint };
}

/** Weeks of daily closes, a round for each. */
export async function replay(world: World, onShare: (share: number) => void): Promise<RoundFigures[]> {
  const days = daysBetween(world.history, FIRST_DAY, OPENING);
  const rounds: RoundFigures[] = [];
  for (const [i, date] of days.entries()) {
    onShare(i / days.length);
    rounds.push(await world.round(date, after(date)));
  }
  return rounds;
}

/** Four accounts open, deposit, have their first books attested, and prove them in one batch. */
export async function opening(world: World): Promise<Opening> {
  const { chain, desks } = world;
  const parts = (Object.keys(CAST) as PartName[]).filter((part) => CAST[part].joins === OPENING);
  await chain.at(after(OPENING, 0.4));
  for (const part of parts) await world.open(part);

  await chain.mint("BTC", "cedar", 12n * TOKEN);
  await chain.mint("ETH", "birch", 120n * TOKEN);
  await chain.mint("BTC", "alder", (25n * TOKEN) / 2n);
  await chain.vaultOf("cedar").deposit(desks.bitcoin.account, chain.tokens.BTC, 12n * TOKEN);
  await chain.vaultOf("birch").deposit(desks.ether.account, chain.tokens.ETH, 120n * TOKEN);
  await chain.vaultOf("alder").deposit(desks.carry.account, chain.tokens.BTC, (25n * TOKEN) / 2n);
  // The loan is in the borrower's first book already, so that it is proven with it.
  await chain.vaultOf("cedar").setCreditor(desks.bitcoin.account, chain.wallets.broker.address);
  await chain.vaultOf("cedar").requestLoan(desks.bitcoin.account, LOAN);

  await chain.at(after(OPENING, 0.5));
  await world.attestAll();
  const accounts: Opened[] = [];
  const proofs = [];
  for (const part of parts) {
    const theta = part === "bitcoin" ? INITIAL : MAINTENANCE;
    const proven = await world.prove(part, { theta, healthy: true });
    proofs.push(proven);
    accounts.push(opened(world, part, proven.claim, proven.proveMs));
  }
  const { receipt } = await submitBatch(chain.open, chain.as("keeper"), proofs);
  const batch = { proofs: proofs.length, gas: receipt?.gasUsed ?? 0n };
  world.batches.push(batch);
  await world.look();
  return { accounts, batch };
}

export function opened(
  world: World,
  part: PartName,
  { theta, envelope }: { readonly theta: number; readonly envelope: number },
  proveMs: number,
): Opened {
  const { account, owner, who, isolated, attesters, threshold } = CAST[part];
  return {
    part,
    account,
    id: world.desks[part].account,
    owner,
    who,
    kind: isolated ? "isolated" : "cross",
    attesters,
    threshold,
    healthFactor: world.healthFactor(part),
    theta,
    envelope,
    proveMs,
  };
}
