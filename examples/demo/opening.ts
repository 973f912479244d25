import { submitBatch } from "zkmargin/chain";
import { NotProvableError, RevertedError } from "zkmargin/protocol";
import {
  ACCOUNT_KEYS,
  ACCOUNTS,
  type AccountKey,
  type ActorName,
  after,
  daysBetween,
  FIRST_DAY,
  held,
  INITIAL,
  LOAN,
  MAINTENANCE,
  OPENING,
  spot,
  TOKEN,
  type TokenName,
} from "./setting.js";
import type { RoundFigures, Simulation } from "./simulation.js";

/** An account as it opens. The health factor is private: the demo's books are examples. */
export interface Opened {
  readonly part: AccountKey;
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

/** The accounts of the opening, and the batch that proved them. */
export interface Opening {
  readonly accounts: readonly Opened[];
  readonly batch: { readonly proofs: number; readonly gas: bigint };
}

/** Three weeks of daily closes, a round for each. */
export async function replay(
  simulation: Simulation,
  onShare: (share: number) => void,
): Promise<RoundFigures[]> {
  const days = daysBetween(simulation.history, FIRST_DAY, OPENING);
  const rounds: RoundFigures[] = [];
  for (const [i, date] of days.entries()) {
    onShare(i / days.length);
    rounds.push(await simulation.round(date, after(date)));
  }
  return rounds;
}

/** Four accounts open, deposit, have their first books attested, and prove them in one batch. */
export async function opening(simulation: Simulation): Promise<Opening> {
  const { chain, holders } = simulation;
  const parts = ACCOUNT_KEYS.filter((part) => ACCOUNTS[part].joins === OPENING);
  await chain.at(after(OPENING, 0.4));
  for (const part of parts) await simulation.open(part);

  await chain.mint("BTC", "cedar", 12n * TOKEN);
  await chain.mint("ETH", "birch", 120n * TOKEN);
  await chain.mint("BTC", "alder", (25n * TOKEN) / 2n);
  await chain.vaultOf("cedar").deposit(holders.bitcoin.account, chain.tokens.BTC.address, 12n * TOKEN);
  await chain.vaultOf("birch").deposit(holders.ether.account, chain.tokens.ETH.address, 120n * TOKEN);
  await chain.vaultOf("alder").deposit(holders.carry.account, chain.tokens.BTC.address, (25n * TOKEN) / 2n);
  // The loan is in the borrower's first book already, so that it is proven with it.
  await chain.vaultOf("cedar").setCreditor(holders.bitcoin.account, chain.wallets.broker.address);
  await chain.vaultOf("cedar").requestLoan(holders.bitcoin.account, LOAN);

  await chain.at(after(OPENING, 0.5));
  await simulation.attestAll();
  const accounts: Opened[] = [];
  const proofs = [];
  for (const part of parts) {
    const theta = part === "bitcoin" ? INITIAL : MAINTENANCE;
    const proven = await simulation.prove(part, { theta, healthy: true });
    proofs.push(proven);
    accounts.push(opened(simulation, part, proven.claim, proven.proveMs));
  }
  const { receipt } = await submitBatch(chain.open, chain.as("keeper"), proofs);
  const batch = { proofs: proofs.length, gas: receipt?.gasUsed ?? 0n };
  simulation.batches.push(batch);
  await simulation.recordStatuses();
  return { accounts, batch };
}

function opened(
  simulation: Simulation,
  part: AccountKey,
  { theta, envelope }: { readonly theta: number; readonly envelope: number },
  proveMs: number,
): Opened {
  const { account, owner, who, isolated, attesters, threshold } = ACCOUNTS[part];
  return {
    part,
    account,
    id: simulation.holders[part].account,
    owner,
    who,
    kind: isolated ? "isolated" : "cross",
    attesters,
    threshold,
    healthFactor: simulation.healthFactor(part),
    theta,
    envelope,
    proveMs,
  };
}

/** What the chain refused, and the name of the error by which it did. */
export interface Refusal {
  readonly when: string;
  readonly error: string;
  readonly text: string;
}

/** A loan or a withdrawal that somebody asked the vault for, and whether it released it. */
export interface Release {
  readonly what: string;
  readonly amount: bigint;
  readonly token: TokenName;
  /** What the prover said, if it refused. */
  readonly prover: string | null;
  /** In their order. */
  readonly refusals: readonly Refusal[];
  readonly released: boolean;
  /** Gas of the proof's submission; null where there was none. */
  readonly submitGas: bigint | null;
  /** Gas of the release; null where it was refused. */
  readonly gas: bigint | null;
}

/** The vault's three releases: a loan, a withdrawal that goes through, and one that does not. */
export async function releases(simulation: Simulation): Promise<Release[]> {
  return [await loan(simulation), await withdrawal(simulation), await refusal(simulation)];
}

/** The broker, an attester of the account, lends what was proven at initial margin. */
async function loan({ chain, holders }: Simulation): Promise<Release> {
  await chain.mint("USDC", "broker", LOAN);
  const receipt = await chain.vaultOf("broker").lend(holders.bitcoin.account, LOAN);
  return {
    what: "the broker lends to btc-loan",
    amount: LOAN,
    token: "USDC",
    prover: null,
    refusals: [],
    released: receipt !== null,
    submitGas: null,
    gas: gasOf(receipt),
  };
}

/** ether-loan withdraws five ether, once a book without them is attested and proven at initial margin. */
async function withdrawal(simulation: Simulation): Promise<Release> {
  const { chain, holders } = simulation;
  const { account } = holders.ether;
  const vault = chain.vaultOf("birch");
  const amount = 5n * TOKEN;
  await vault.requestWithdrawal(account, chain.tokens.ETH.address, amount);
  const execute = () => vault.executeWithdrawal(account, chain.tokens.ETH.address);
  const early = await refused("by a book older than the request", execute);
  await chain.pass(60);
  holders.ether.hold(spot("ETH", "115"));
  await holders.ether.attest();
  const proven = await simulation.submit("ether", { theta: INITIAL, healthy: true }, "birch");
  return {
    what: "ether-loan withdraws",
    amount,
    token: "ETH",
    prover: null,
    refusals: [early],
    released: true,
    submitGas: proven.gas,
    gas: gasOf(await execute()),
  };
}

/** cash-and-carry is healthy, but not at initial margin: the prover and the vault both refuse its withdrawal. */
async function refusal(simulation: Simulation): Promise<Release> {
  const { chain, holders } = simulation;
  const { carry } = holders;
  const vault = chain.vaultOf("alder");
  await vault.requestWithdrawal(carry.account, chain.tokens.BTC.address, TOKEN);
  await chain.pass(60);
  carry.hold(held("BTC", "11.5", "-12.5", "63314.011"));
  await carry.attest();
  const prover = await simulation.prove("carry", { theta: INITIAL, healthy: true }).then(
    () => null,
    (error) => {
      if (!(error instanceof NotProvableError)) throw error;
      return error.message;
    },
  );
  const unproven = await refused("before the new book is proven", () =>
    vault.executeWithdrawal(carry.account, chain.tokens.BTC.address),
  );
  const { gas } = await simulation.submit("carry", { theta: MAINTENANCE, healthy: true }, "alder");
  const low = await refused("proven at maintenance margin only", () =>
    vault.executeWithdrawal(carry.account, chain.tokens.BTC.address),
  );
  await vault.cancelWithdrawal(carry.account, chain.tokens.BTC.address);
  await chain.pass(60);
  carry.hold(held("BTC", "12.5", "-12.5", "63314.011"));
  await carry.attest();
  await simulation.runKeeper();
  return {
    what: "cash-and-carry asks to withdraw",
    amount: TOKEN,
    token: "BTC",
    prover,
    refusals: [unproven, low],
    released: false,
    submitGas: gas,
    gas: null,
  };
}

/** The error by which the chain refuses. @throws whatever else happens, success included */
export async function refused(when: string, work: () => Promise<unknown>): Promise<Refusal> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RevertedError) || error.reason === null) throw error;
    return { when, error: error.reason, text: error.message };
  }
  throw new RangeError(`${when}: expected the chain to refuse, but it did not`);
}

function gasOf(receipt: { readonly gasUsed: bigint } | null): bigint | null {
  return receipt?.gasUsed ?? null;
}
