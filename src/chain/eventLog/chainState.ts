import { keccak256 } from "ethers";
import { IncompleteLogsError, RevertedError } from "../../errors.js";
import { unpackClaim } from "../../protocol/claim.js";
import { contractAt } from "../binding.js";
import { bindingNamed, chunkHashes, hashWithoutImmutables, readTies } from "../checkDeployment.js";
import { creditLines } from "../credit.js";
import {
  CORE_BINDINGS,
  type Deployed,
  type OpenDeployment,
  type OpenMarket,
  openCredit,
  openVault,
} from "../deployment.js";
import { openDerived } from "../derived.js";
import { creditLine } from "../generated/CreditLine.js";
import { derivedLedger } from "../generated/DerivedLedger.js";
import type { VerifyingKey } from "../generated/MarginGate.js";
import { calling } from "../transactions/revert.js";
import { tokenAt } from "../vault.js";
import { tableChunkCount } from "../verificationKey.js";
import {
  type ChainEvent,
  type CreditConstants,
  type LineCounts,
  LOGGED_BINDINGS,
  type LogConstants,
  type LogCounts,
  type LoggedRole,
  type LogHead,
  ROLES,
  type VaultConstants,
} from "./record.js";
import { readMedianRules } from "./sides.js";

/** What the chain has of a deployment that never changes: its terms, its key and its code. @throws NodeUnreachableError */
export function readConstants(open: OpenDeployment, derived?: string): Promise<LogConstants> {
  return calling("constants", async () => {
    const { marketLedger, bookRegistry, signalTable } = open.contracts;
    const { marginGate } = marketOf(open, derived).contracts;
    const terms = await marginGate.terms();
    return {
      ledger: {
        twapWindow: Number(await marketLedger.twapWindow()),
        minInterval: Number(await marketLedger.minInterval()),
        provingWindow: Number(await marketLedger.provingWindow()),
        maxRoundAge: Number(await marketLedger.maxRoundAge()),
        sleeveSlots: Number(await marketLedger.sleeveSlots()),
      },
      gate: {
        maxProofAge: Number(terms.maxProofAge),
        gracePeriod: Number(terms.gracePeriod),
        callPeriod: Number(terms.callPeriod),
        callMargin: Number(terms.callMargin),
      },
      registry: {
        rotationDelay: Number(await bookRegistry.rotationDelay()),
        longestBook: Number(await bookRegistry.longestBook()),
      },
      vault:
        open.deployment.marginVault === undefined || derived !== undefined
          ? null
          : await vaultConstants(open),
      ...(open.deployment.creditRegistry === undefined || derived !== undefined
        ? {}
        : { credit: await creditConstants(open) }),
      key: {
        words: keyWords(await marginGate.verifyingKey()).map(String),
        table: await signalTable.hash(),
        chunks: await chunkHashes(open, tableChunkCount(open.tier)),
      },
      code: await codeHashes(open, derived),
      sources: await sourceHashes(open),
      ...(await medianRules(open)),
      ties: { ...(await readTies(open)) },
      local: open.connection.local,
    };
  });
}

/** A verifying key in a row: alpha, beta, gamma, delta, ic1, ic2. */
export function keyWords({ alpha, beta, gamma, delta, ic1, ic2 }: VerifyingKey): bigint[] {
  return [alpha.x, alpha.y, ...beta, ...gamma, ...delta, ic1.x, ic1.y, ic2.x, ic2.y];
}

/** The market that a log is of: the deployment's own, or a derived one. */
export function marketOf(open: OpenDeployment, derived: string | undefined): OpenMarket {
  return derived === undefined ? open : openDerived(open, derived);
}

/** Where each contract is whose events a log has, but for credit lines; a deployment may have no vault, and a vault is of its own gate. */
export function loggedAddresses({
  deployment,
  derived,
}: Pick<LogHead, "deployment" | "derived">): Partial<Record<LoggedRole, string>> {
  const { contracts, marginVault, creditRegistry } = deployment;
  const market = derived === undefined ? undefined : deployment.derived?.[derived];
  const deployed: Partial<Record<LoggedRole, Deployed>> =
    market === undefined
      ? {
          ...contracts,
          ...(marginVault === undefined ? {} : { marginVault }),
          ...(creditRegistry === undefined ? {} : { creditRegistry }),
        }
      : {
          ...contracts,
          riskProfile: market.riskProfile,
          marginGate: market.marginGate,
          baseProfile: contracts.riskProfile,
        };
  return Object.fromEntries(
    ROLES.flatMap((role) => {
      const address = deployed[role]?.address;
      return address === undefined ? [] : [[role, address]];
    }),
  );
}

/** Where each contract is whose code a log's head names: those with events, and those without. */
export function codeAddresses(
  head: Pick<LogHead, "deployment" | "derived">,
  credit?: Pick<CreditConstants, "implementation">,
) {
  const { deployment, derived } = head;
  const ledger = derived === undefined ? undefined : deployment.derived?.[derived]?.derivedLedger;
  return {
    ...loggedAddresses(head),
    ...(credit === undefined ? {} : { creditLine: credit.implementation }),
    signalTable: deployment.contracts.signalTable.address,
    ...(ledger === undefined ? {} : { derivedLedger: ledger.address }),
  };
}

/** The contracts whose code a log's head names. */
export const CODE_ROLES = [...ROLES, "signalTable", "derivedLedger"] as const;
export const CODE_BINDINGS = { ...LOGGED_BINDINGS, signalTable: CORE_BINDINGS.signalTable, derivedLedger };

/** None where the manifest has no median. */
async function medianRules(open: OpenDeployment): Promise<Pick<LogConstants, "medians">> {
  const medians = await readMedianRules(open);
  return Object.keys(medians).length === 0 ? {} : { medians };
}

async function vaultConstants(open: OpenDeployment): Promise<VaultConstants> {
  const vault = openVault(open);
  const terms = await vault.terms();
  return {
    settlement: await vault.settlement(),
    initialMargin: Number(terms.initialMargin),
    penalty: Number(terms.penalty),
    incentive: Number(terms.incentive),
    closeFactor: Number(terms.closeFactor),
    premium: Number(terms.premium),
    floor: Number(terms.floor),
    auctionPeriod: Number(terms.auctionPeriod),
    reliefPeriod: Number(terms.reliefPeriod),
    blockTime: Number(terms.blockTime),
    minimumClose: terms.minimumClose.toString(),
  };
}

async function creditConstants(open: OpenDeployment): Promise<CreditConstants> {
  const registry = openCredit(open);
  const settlement = await registry.settlement();
  const { covenantMargin, horizon } = await registry.terms();
  const { slot, quantumDecimals } = await registry.settlementAsset();
  return {
    settlement,
    implementation: await registry.implementation(),
    slot: Number(slot),
    quantumDecimals: Number(quantumDecimals),
    tokenDecimals: Number(await tokenAt(open, settlement).decimals()),
    covenantMargin: Number(covenantMargin),
    horizon: Number(horizon),
  };
}

/** Every credit line that was ever opened. */
export async function loggedLines(open: OpenDeployment, derived?: string): Promise<string[]> {
  if (open.deployment.creditRegistry === undefined || derived !== undefined) return [];
  return creditLines(open);
}

/** What the chain counts of these lines at the end of a block; a line that is opened later is left out. */
export async function readLines(
  open: OpenDeployment,
  lines: readonly string[],
  blockTag: number,
): Promise<LineCounts[]> {
  const { provider } = open.connection;
  const at = { blockTag };
  const found: LineCounts[] = [];
  for (const line of lines) {
    const contract = contractAt(creditLine, line, provider);
    const [state, shares, asset] = await calling("credit line", () =>
      Promise.all([contract.state(at), contract.totalSupply(at), contract.asset(at)]),
    );
    const balance = await calling("balance", () => tokenAt(open, asset).balanceOf(line, at));
    const { debt, cash, reserved } = state;
    found.push({
      line,
      debt: debt.toString(),
      cash: cash.toString(),
      reserved: reserved.toString(),
      shares: shares.toString(),
      balance: balance.toString(),
    });
  }
  return found;
}

async function codeHashes(open: OpenDeployment, derived?: string): Promise<LogConstants["code"]> {
  const hashes: LogConstants["code"] = {};
  const { deployment } = open;
  const hasLines = deployment.creditRegistry !== undefined && derived === undefined;
  const credit = hasLines ? { implementation: await openCredit(open).implementation() } : undefined;
  const addresses: Partial<Record<(typeof CODE_ROLES)[number], string>> = codeAddresses(
    { deployment, ...(derived === undefined ? {} : { derived }) },
    credit,
  );
  for (const role of CODE_ROLES) {
    const address = addresses[role];
    if (address === undefined) continue;
    const code = await open.connection.provider.getCode(address);
    hashes[role] = hashWithoutImmutables(code, CODE_BINDINGS[role].runtime.immutables);
  }
  return hashes;
}

async function sourceHashes({ connection, deployment }: OpenDeployment): Promise<LogConstants["sources"]> {
  const hashes: LogConstants["sources"] = {};
  for (const [name, { address, contract }] of Object.entries(deployment.sources)) {
    const code = await connection.provider.getCode(address);
    const immutables = bindingNamed(contract)?.runtime.immutables ?? [];
    hashes[name] = { code: keccak256(code), bare: hashWithoutImmutables(code, immutables) };
  }
  return hashes;
}

type AccountCounts = LogCounts["accounts"][number];

/** The chain's counts for these accounts at the end of a block. */
export async function readCounts(
  { contracts, oracle, derived }: OpenMarket,
  accounts: readonly string[],
  blockTag: number,
): Promise<LogCounts> {
  const { marketLedger, riskProfile, bookRegistry, marginGate } = contracts;
  const at = { blockTag };
  const latest = await calling("latestRound", () => marketLedger.latestRound(at)).catch((error) => {
    if (error instanceof RevertedError && error.reason === "RoundUnknown") return { number: 0n };
    throw error;
  });
  const found: AccountCounts[] = [];
  for (const account of accounts) {
    const [book, health, { attesters, threshold }] = await Promise.all([
      bookRegistry.bookStateOf(account, at),
      marginGate.recordOf(account, at),
      bookRegistry.attestersOf(account, at),
    ]);
    found.push({
      account,
      book: Number(book.sequence),
      health: Number(health.round),
      attesters: [...attesters],
      threshold: Number(threshold),
    });
  }
  return {
    round: Number(latest.number),
    epoch: Number(await riskProfile.epoch(at)),
    ...(derived === undefined ? {} : { baseEpoch: Number(await oracle.profile.epoch(at)) }),
    accounts: found,
  };
}

/** Counts the events of a log, for comparison with the chain's own counts. */
export class EventCounts {
  #round = 0;
  #epoch = 0;
  #baseEpoch = 0;
  readonly #accounts = new Map<string, AccountCounts>();
  /** The credit lines that were opened. */
  readonly lines: string[] = [];

  /** The accounts that were opened. */
  get accounts(): string[] {
    return [...this.#accounts.keys()];
  }

  /** Takes in an event, in the order of the chain. */
  add(event: ChainEvent): void {
    if (event.name === "RoundCommitted") this.#round = Number(event.fields.number);
    else if (event.name === "ProfileChanged" && event.role === "baseProfile")
      this.#baseEpoch = Number(event.fields.epoch);
    else if (event.name === "ProfileChanged") this.#epoch = Number(event.fields.epoch);
    else if (event.name === "AccountOpened") {
      const { account, attesters, threshold } = event.fields;
      const none = { book: 0, health: 0 };
      const set = { attesters: [...attesters], threshold: Number(threshold) };
      this.#accounts.set(account, { account, ...none, ...set });
    } else if (event.name === "LineOpened") this.lines.push(event.fields.line);
    else if ("account" in event.fields) {
      const known = this.#accounts.get(event.fields.account);
      if (known !== undefined) this.#ofAccount(event, known);
    }
  }

  /** @throws IncompleteLogsError naming what the chain counts and the events do not */
  compare(counts: LogCounts): void {
    const [different] = differences(counts, {
      round: this.#round,
      epoch: this.#epoch,
      baseEpoch: this.#baseEpoch,
      accountOf: (account) => this.#accounts.get(account),
    });
    if (different !== undefined)
      throw new IncompleteLogsError(
        `eth_getLogs: expected events up to ${different.expected}, as the contracts count, got ${different.got}; the node leaves events out: ask another, and write a new log`,
      );
  }

  #ofAccount(event: ChainEvent, known: AccountCounts): void {
    if (event.name === "BookAttested") known.book = Number(event.fields.sequence);
    else if (event.name === "AttesterRevoked")
      known.attesters = known.attesters.filter((each) => each !== event.fields.attester);
    else if (event.name === "AttestersChanged") {
      known.attesters = [...event.fields.attesters];
      known.threshold = Number(event.fields.threshold);
    } else if (event.name === "ProofAccepted") {
      const { healthy, support = 0n } = unpackClaim(event.fields.claim);
      // With dollars added it is no claim of the account as it is; with dollars taken it leaves one of a newer round.
      if (healthy && support <= 0n) known.health = Math.max(known.health, Number(event.fields.round));
    }
  }
}

/** What events came to, as it is compared with what the chain counts. */
interface Counted {
  readonly round: number;
  readonly epoch: number;
  /** Of a derived market. */
  readonly baseEpoch: number;
  readonly accountOf: (account: string) => Omit<AccountCounts, "account"> | undefined;
}

/** Where the chain's counts differ from its events', in words. */
export function* differences(counts: LogCounts, counted: Counted) {
  if (counts.round !== counted.round)
    yield { account: null, expected: `round ${counts.round}`, got: `round ${counted.round}` };
  if (counts.epoch !== counted.epoch)
    yield { account: null, expected: `epoch ${counts.epoch}`, got: `epoch ${counted.epoch}` };
  const { baseEpoch = counted.baseEpoch } = counts;
  if (baseEpoch !== counted.baseEpoch)
    yield {
      account: null,
      expected: `epoch ${baseEpoch} of the base`,
      got: `epoch ${counted.baseEpoch} of it`,
    };
  for (const { account, ...chain } of counts.accounts) {
    const events = counted.accountOf(account);
    const of = ` of account ${account}`;
    if (events === undefined) yield { account, expected: `the opening${of}`, got: "none" };
    else if (events.book !== chain.book)
      yield { account, expected: `book ${chain.book}${of}`, got: `book ${events.book}` };
    else if (events.health !== chain.health)
      yield {
        account,
        expected: `a claim of health at round ${chain.health}${of}`,
        got: `one at round ${events.health}`,
      };
    else if (
      events.threshold !== chain.threshold ||
      [...events.attesters].sort().join() !== [...chain.attesters].sort().join()
    )
      yield { account, expected: `the attesters in force${of}`, got: "others" };
  }
}
