import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { auditLock, type ContractAuditResult, REMOTE_AUDIT, replayContracts } from "zkmargin/audit";
import {
  accountStatus,
  allSaid,
  LogTape,
  lockLog,
  poke,
  type RelayHappening,
  type RoundMarket,
  readContracts,
  remoteLog,
  remoteStatus,
  roundMarket,
  serialiseContractLog,
  serialiseDeployment,
  serialiseOtherSide,
  submit,
} from "zkmargin/chain";
import { assess, DEFAULT_LISTING, healthFactor, NotProvableError, type StatusName } from "zkmargin/protocol";
import { type Artefacts, ProvingSession } from "zkmargin/prove";
import { closesOn, type PriceHistory, parseHistory } from "zkmargin/risk";
import { denseMarket, serialiseBundle } from "zkmargin/verify";
import { AccountHolder, type Proven } from "./accountHolder.js";
import * as report from "./chainsReport.js";
import type { Narrator, Performed } from "./narrator.js";
import { type Refusal, refused } from "./opening.js";
import { type DemoAccount, INITIAL, OPENING, spot, TOKEN } from "./setting.js";
import { ASSET, FINALITY, TwoChains, WAIT } from "./twoChains.js";

const PRICES = createRequire(import.meta.url).resolve("zkmargin/examples/prices/daily-close.csv");
/** What is locked, what is borrowed against it, and what the owner wants back; units of 10^-18. */
const LOCKED = 100n * TOKEN;
const BORROWED = 150_000n * TOKEN;
const RELEASED = 90n * TOKEN;

/** The borrower's account. It holds nothing at home. */
const BORROWER = {
  account: "bridge-loan",
  owner: "cedar",
  who: "ETH on another chain, and a loan against it",
  isolated: false,
  attesters: ["custodian", "broker"],
  threshold: 2,
  joins: OPENING,
  positions: [spot("USDC", "-150000"), spot("ETH", "100")],
} as const satisfies DemoAccount;

/** A lock from its transaction to the credit at home. Tokens in units of 10^-18. */
export interface Locking {
  readonly id: bigint;
  readonly amount: bigint;
  readonly lockGas: bigint;
  /** What relayers did, in their order. */
  readonly relayed: readonly RelayHappening[];
  /** What a second relayer and a second credit came to: nothing. */
  readonly again: { readonly left: number; readonly refusal: Refusal };
  readonly credited: bigint;
  readonly cap: bigint;
}

/** A loan against the claims. */
export interface Borrowing {
  readonly amount: bigint;
  readonly healthFactor: bigint | null;
  readonly theta: number;
  readonly proveMs: number;
  readonly submitGas: bigint;
  readonly status: StatusName;
}

/** Everything that a borrower may try before repaying, and how it is refused. */
export interface Attempt {
  readonly amount: bigint;
  /** What the prover says of the book without it. */
  readonly prover: string;
  readonly refusals: readonly Refusal[];
}

/** The loan repaid, and the lock released. */
export interface Releasing {
  readonly repaid: bigint;
  readonly messages: number;
  readonly relayed: readonly RelayHappening[];
  /** What the owner has on the other chain, before and after. */
  readonly before: bigint;
  readonly after: bigint;
  readonly leftAtHome: bigint;
  readonly leftAtLock: bigint;
}

/** A log of contracts, replayed. */
export interface Audited {
  readonly transactions: number;
  readonly events: number;
  readonly coverage: Readonly<Record<string, number>>;
  readonly findings: number;
}

/** The borrower on two chains. */
class Story {
  readonly holder: AccountHolder;
  readonly proofs: Proven[] = [];
  #round: RoundMarket | undefined;

  constructor(
    readonly chains: TwoChains,
    readonly session: ProvingSession,
    readonly history: PriceHistory,
  ) {
    const newest = () => ({ round: this.round, date: OPENING });
    this.holder = new AccountHolder(chains.home, session, BORROWER, { history, newest });
  }

  /** The newest round. */
  get round(): RoundMarket {
    if (this.#round === undefined) throw new ReferenceError("no round yet");
    return this.#round;
  }

  /** The feeds answer the day's closes, and a round is committed. */
  async openMarket(): Promise<void> {
    const { home } = this.chains;
    await this.chains.pass(home.plan.timing.minInterval);
    await home.feeds.post(closesOn(this.history, DEFAULT_LISTING, OPENING));
    const { number } = await poke(home.open, home.as("keeper"));
    this.#round = await roundMarket(home.open, number, home.plan.key.key);
  }

  /** Proves the attested book at initial margin, and submits the proof. @throws NotProvableError */
  async prove(): Promise<Proven & { readonly gas: bigint }> {
    const { home } = this.chains;
    const proven = await this.holder.prove(this.round, { theta: INITIAL, healthy: true });
    const { receipt } = await submit(home.open, home.as("cedar"), proven);
    this.proofs.push(proven);
    return { ...proven, gas: receipt?.gasUsed ?? 0n };
  }

  /** Health factor of the attested book, basis points: private, but the demo's books are examples. */
  healthFactor(): bigint | null {
    const market = denseMarket(this.round.market, this.session.tier);
    return healthFactor(assess(this.holder.opening.book, market, { healthy: true, envelope: 0 }));
  }

  /** What attesters and a relayer do until nothing is left to do. */
  async settle(told: RelayHappening[]): Promise<void> {
    await this.chains.pass(FINALITY);
    await this.chains.vouch();
    await this.chains.relayer("keeper", told).look();
    await this.chains.pass(WAIT);
    await this.chains.relayer("keeper", told).look();
  }
}

/** Tokens are locked on the other chain. One relayer proves, another credits, and a third finds nothing left. */
async function lock({ chains, holder }: Story): Promise<Locking> {
  await holder.open();
  await chains.token.mint(chains.wallet("cedar").address, LOCKED);
  const { id, receipt } = await chains.remoteOf("cedar").lock(holder.account, LOCKED);
  const told: RelayHappening[] = [];
  await chains.relayer("keeper", told).look();
  await chains.pass(FINALITY);
  await chains.vouch();
  await chains.relayer("keeper", told).look();
  await chains.pass(WAIT);
  await chains.relayer("keeper", told, { acts: false }).look();
  await chains.relayer("elm", told).look();
  const { left } = await chains.relayer("keeper", []).look();
  const [said] = await allSaid(chains.pair);
  if (said?.kind !== "lock" || id === null) throw new RangeError("expected one lock, got none");
  const { collateral } = chains.pair;
  const refusal = await refused("sent back although it is credited", () =>
    chains.remoteOf("cedar").decline(said.message),
  );
  return {
    ...{ id, amount: LOCKED, lockGas: receipt?.gasUsed ?? 0n, relayed: told, again: { left, refusal } },
    credited: await collateral.recordedBalance(holder.account),
    cap: await collateral.cap(),
  };
}

/** The broker, an attester of the account, lends against the claims once the book is proven with them. */
async function borrow(story: Story): Promise<Borrowing> {
  const { chains, holder } = story;
  const { home } = chains;
  const cedar = home.vaultOf("cedar");
  await cedar.setCreditor(holder.account, chains.wallet("broker").address);
  await cedar.requestLoan(holder.account, BORROWED);
  await chains.pass(60);
  await holder.attest();
  const { gas, proveMs, claim } = await story.prove();
  await home.mint("USDC", "broker", BORROWED);
  await home.vaultOf("broker").lend(holder.account, BORROWED);
  return {
    ...{ amount: BORROWED, healthFactor: story.healthFactor(), theta: claim.theta, proveMs, submitGas: gas },
    status: (await accountStatus(home.open, holder.account)).status,
  };
}

/** The owner wants the tokens back without repaying: at home, at the lock, and at the prover. */
async function attempt(story: Story): Promise<Attempt> {
  const { chains, holder } = story;
  const { home, claims } = chains;
  const cedar = home.vaultOf("cedar");
  const to = chains.wallet("cedar").address;
  const remote = chains.remoteOf("cedar");
  const execute = () => cedar.executeWithdrawal(holder.account, claims, claims);
  const refusals = [
    await refused("released at home while the vault holds the claims", () =>
      remote.release(holder.account, RELEASED, to),
    ),
    await refused("asked of the lock itself, with a message that home has not said", () =>
      remote.payOut({ id: 1n, number: 1n, to, amount: RELEASED }),
    ),
  ];
  await cedar.requestWithdrawal(holder.account, claims, RELEASED);
  refusals.push(await refused("withdrawn by a book older than the request", execute));
  await chains.pass(60);
  holder.hold(spot("ETH", "10"));
  await holder.attest();
  const prover = await story.prove().then(
    () => "",
    (error) => {
      if (!(error instanceof NotProvableError)) throw error;
      return error.message;
    },
  );
  refusals.push(await refused("withdrawn by a book without it, which nobody can prove", execute));
  return { amount: RELEASED, prover, refusals };
}

/** The loan is repaid, the book without debt and tokens is proven, and the lock pays out. */
async function release(story: Story): Promise<Releasing> {
  const { chains, holder } = story;
  const { home, claims } = chains;
  const cedar = home.vaultOf("cedar");
  const before = await chains.balance("cedar");
  await cedar.repay(holder.account, BORROWED);
  await chains.pass(60);
  holder.hold(spot("USDC", "0"));
  await holder.attest();
  await story.prove();
  await cedar.executeWithdrawal(holder.account, claims, claims);
  const to = chains.wallet("cedar").address;
  const messages = await chains.remoteOf("cedar").release(holder.account, RELEASED, to);
  const told: RelayHappening[] = [];
  await story.settle(told);
  const { locks } = await remoteStatus(chains.pair);
  return {
    ...{
      repaid: BORROWED,
      messages: messages.length,
      relayed: told,
      before,
      after: await chains.balance("cedar"),
    },
    leftAtHome: locks[0]?.leftAtHome ?? 0n,
    leftAtLock: locks[0]?.leftAtLock ?? 0n,
  };
}

function auditedOf({ transactions, events, coverage, findings }: ContractAuditResult): Audited {
  return { transactions, events, coverage, findings: findings.total };
}

/** Collateral on one chain and a loan on another. */
export async function twoChains(artefacts: Artefacts, { say, chapter }: Narrator): Promise<Performed> {
  const history = parseHistory(readFileSync(PRICES, "utf8"));
  const chains = await chapter("two local chains and their contracts", () =>
    TwoChains.start(artefacts, history),
  );
  try {
    const session = await ProvingSession.open(artefacts);
    try {
      const { home } = chains;
      say(report.chainsText(chains));
      const tape = await LogTape.start(home.open);
      const story = new Story(chains, session, history);
      await chapter("a market at home", () => story.openMarket());
      const locked = await chapter("a lock on the other chain", () => lock(story));
      say(report.lockText(locked));
      const borrowed = await chapter("a loan at home", () => borrow(story));
      say(report.borrowText(borrowed));
      await tape.advance();
      const attempted = await chapter("a withdrawal before repaying", () => attempt(story));
      say(report.attemptText(attempted));
      const released = await chapter("repaid and released", () => release(story));
      say(report.releaseText(released));
      await tape.advance();
      // The lock's log first: the claims then have every release that the lock has paid out.
      const lockTold = await readContracts(chains.connection, await lockLog(chains.pair));
      const log = await readContracts(home.connection, await remoteLog(home.open, ASSET));
      const audited = {
        claims: auditedOf(replayContracts(log, REMOTE_AUDIT)),
        lock: auditedOf(auditLock(lockTold, log)),
      };
      say(report.auditText(audited));
      return {
        told: { locked, borrowed, attempted, released, audited },
        files: {
          "deployment.json": serialiseDeployment(home.open.deployment),
          "remote.json": serialiseOtherSide(chains.other),
          "eth.ndjson": serialiseContractLog(log),
          "lock.ndjson": serialiseContractLog(lockTold),
          "event-log.ndjson": tape.text(),
          ...Object.fromEntries(
            story.proofs
              .slice(-1)
              .map(({ bundle }) => [`${BORROWER.account}.proof.json`, serialiseBundle(bundle)]),
          ),
        },
        farewell: report.farewell,
      };
    } finally {
      await session.close();
    }
  } finally {
    await chains.close();
  }
}
