import { IncompleteLogsError, RevertedError } from "../../errors.js";
import { unpackClaim } from "../../protocol/claim.js";
import type { OpenMarket } from "../deployment.js";
import { calling } from "../transactions/revert.js";
import type { ChainEvent, LogCounts } from "./record.js";

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
      bookRegistry.standingOf(account, at),
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
    } else if ("account" in event.fields) {
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
    } else if (event.name === "ProofAccepted" && unpackClaim(event.fields.claim).healthy)
      known.health = Number(event.fields.round);
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
