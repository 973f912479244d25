import { Command } from "commander";
import { type Opening, openBook } from "../../book/opening.js";
import type { OpenMarket } from "../../chain/deployment.js";
import { DEFAULT_POLICY, type GivenBook, isProvable } from "../../chain/keeper/decide.js";
import { type KeeperEvent, levelOf } from "../../chain/keeper/events.js";
import { Keeper, type Prove, type Ticked } from "../../chain/keeper/keeper.js";
import { DEFAULT_WATCH } from "../../chain/keeper/watch.js";
import { marketStatus } from "../../chain/status.js";
import { AccountStatusError, BookMismatchError, NodeUnreachableError, UsageError } from "../../errors.js";
import { worstStatus } from "../../protocol/status.js";
import { ProvingSession } from "../../prove/session.js";
import { proveWidest } from "../../queue/worker.js";
import { archiveOpenings } from "../archives.js";
import {
  artefactsUnder,
  basisPoints,
  chosenProver,
  DEFAULT_THETA,
  healthFactor,
  proverOption,
  wholeNumber,
} from "../arguments.js";
import { readBookFile, readSecretFile } from "../files.js";
import { called, type Io, readInput, untilInterrupt } from "../io.js";
import { eventJson, eventLine, ServiceLog } from "../keeperLines.js";
import { accountList } from "../names.js";
import { accountAndFile, KEY_HELP, onMarket, sender, withMarket, withSender } from "../onChain.js";
import { hasQueue, openQueue, QUEUE_HELP, type QueueOptions, withQueue } from "../queues.js";

/** Most proofs in a transaction of a keeper with a queue: larger batches save little more gas a proof (docs/GAS.md). */
const QUEUE_BATCH = 64;

/** `zkmargin keep`: a keeper of accounts. */
export function keepCommand(io: Io): Command {
  const command = new Command("keep").description(
    "Keep accounts proven: at each round prove again each account near its envelope or its age, and submit in batches.",
  );
  return withQueue(
    withSender(withMarket(command)),
    "have workers make the proofs, by a queue in a folder or in the PostgreSQL database of this URL",
  )
    .argument("[account=book...]", "accounts and their attested books; with --queue accounts alone")
    .option("--accounts <file>", "with --queue: a list of accounts, one a line after # zkmargin/accounts@1")
    .option("--secret <file>", "the institution's secret; not needed for accounts alone")
    .option("--archive <folder>", "archive the openings first (zkmargin archive init)")
    .option("--theta <bps>", "health factor to exceed", healthFactor, DEFAULT_THETA)
    .option(
      "--envelope-share <bps>",
      "share of an envelope that may be used up before a new proof",
      basisPoints,
      DEFAULT_POLICY.envelopeShare,
    )
    .option(
      "--age-share <bps>",
      "share of a proof's greatest age that may pass before a new proof",
      basisPoints,
      DEFAULT_POLICY.ageShare,
    )
    .option(
      "--batch <n>",
      `most proofs in one transaction; ${DEFAULT_POLICY.batch} by default, with --queue ${QUEUE_BATCH}`,
      wholeNumber,
    )
    .option(
      "--poke-after <seconds>",
      "also commit a round when the newest is that old, and record the medians",
      wholeNumber,
    )
    .option(
      "--expiry-margin <seconds>",
      "warn that long before a book expires",
      wholeNumber,
      DEFAULT_WATCH.expiryMargin,
    )
    .option(
      "--low-balance <n>",
      "warn when the balance pays for fewer submissions at the present fee",
      wholeNumber,
      DEFAULT_WATCH.lowBalance,
    )
    .addOption(proverOption())
    .option("--interval <ms>", "time between two checks of the chain", wholeNumber)
    .option("--once", "check once, prove and submit what is due, and end", false)
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `${KEY_HELP}
You can end and start the keeper at any moment, and it survives a node in trouble. Books stay in this process: only proofs
leave it, and no line of its log holds a position, a salt or a secret.

At first it checks every account: the deployment has it, the book is the attested one, and it has not expired. Then it logs
each change once: of a status, a book, the market, the epoch, the fee, the balance and the node. It also logs each round,
proof, submission and refusal. It counts repeated trouble, and logs it again after 1, 2 and 4 minutes, then every hour.

With --queue the keeper holds no book and no secret: give it accounts alone, and start workers (zkmargin worker). It asks for the
proofs that are due, marks and oldest claims first. It submits them in batches, each as soon as it is full, nothing more is
awaited, or its first proof is 15 seconds old. A queue has one keeper. Give ten thousand accounts in a file (--accounts).
${QUEUE_HELP}
Every line has a UTC time, a level, and the account that it is about. The levels are info (nothing to do), warn (act soon)
and error (act now).

Examples:
  $ zkmargin keep 0x…=desk.json --secret desk.secret --keystore keeper.json
  $ zkmargin keep 0x…=desk-1.json 0x…=desk-2.json --secret desk.secret --poke-after 600 --keystore keeper.json
  $ zkmargin keep --accounts accounts.txt --keystore keeper.json --queue postgres://zkmargin@db.example/zkmargin

Exit codes: 0 ended by an interrupt, or with --once every account is healthy; 2 and 3 wrong options or files. 7 no circuit or
key; 8 chain or key. With 6, no account can be kept with the book given for it, or with --once not every one. With --once, by
the worst status: 10 grace, 11 margin call, 12 liquidatable, 13 unknown.`,
    )
    .action((pairs: string[], options) => {
      const line = (event: KeeperEvent) =>
        options.json ? eventJson(event) : eventLine(namedEvent(io, event));
      const log = new ServiceLog(io, line, early);
      return onMarket(log.io, options, async (open, { hash }) => {
        const byQueue = hasQueue(options);
        if (byQueue && options.once)
          throw new UsageError("--once: expected it without --queue, got both; a queue's proofs come later");
        const books = await booksOf(io, pairs, options, open);
        const artefacts = await artefactsUnder(hash, options.home, open.tier);
        const session = byQueue
          ? undefined
          : await ProvingSession.open(artefacts, chosenProver(options, { tables: !options.once }));
        const queue = byQueue ? await openQueue(log.io, options, "make", open) : undefined;
        await untilInterrupt(async (signal) => {
          try {
            const keeper = new Keeper({
              open,
              transactions: await sender(io, open.connection, options, options.deployment),
              key: artefacts.verificationKey,
              accounts: books.accounts,
              given: (account) => books.given(account),
              prove: queue ?? proverOf(session, books, options.theta),
              policy: {
                envelopeShare: options.envelopeShare,
                ageShare: options.ageShare,
                batch: options.batch ?? (byQueue ? QUEUE_BATCH : DEFAULT_POLICY.batch),
                pokeAfter: options.pokeAfter ?? null,
              },
              watch: { expiryMargin: options.expiryMargin, lowBalance: options.lowBalance },
              clock: Date.now,
              onEvent: (event) => log.write(event),
              ...(options.interval === undefined ? {} : { interval: options.interval }),
            });
            log.service = keeper;
            if (!options.once) return await keeper.run(signal);
            const failure = failureOf(await keeper.tick());
            if (failure !== undefined) throw failure;
          } finally {
            await session?.close();
            await queue?.close();
          }
        });
      });
    });
}

/** A line about the node, before there is a keeper to count what repeats. */
function early(message: string): KeeperEvent {
  const now = Date.now();
  const { name } = NodeUnreachableError;
  const trouble = { event: "trouble", scope: "look", name, message, seen: 1, since: now } as const;
  return { ...trouble, time: now, level: levelOf(trouble), account: null, round: null };
}

/** An event whose account is shown by its name as well. */
function namedEvent(io: Io, event: KeeperEvent): KeeperEvent {
  return event.account === null ? event : { ...event, account: called(io, event.account) };
}

/** Opens the books that the command line gives, and archives them first where an archive is named. */
async function booksOf(
  io: Io,
  pairs: readonly string[],
  options: QueueOptions & { readonly secret?: string; readonly archive?: string; readonly accounts?: string },
  open: OpenMarket,
): Promise<Books> {
  const books = new Books();
  const { accounts: list } = options;
  if (list !== undefined && !hasQueue(options))
    throw new UsageError("--accounts: expected it with --queue, got it alone; give account=book pairs");
  if (list === undefined && pairs.length === 0)
    throw new UsageError("keep: expected an account, or with --queue a list of them in --accounts, got none");
  if (list !== undefined)
    for (const account of await accountList(io, await readInput(io, list, "accounts"), list))
      books.add(account, null);
  const given = pairs.filter((pair) => pair.includes("=") || !hasQueue(options));
  for (const account of pairs.filter((pair) => !given.includes(pair))) books.add(account, null);
  if (given.length === 0) return books;
  if (options.secret === undefined)
    throw new UsageError(
      "--secret: expected the institution's secret for the books that are given, got none",
    );
  const secret = await readSecretFile(io, options.secret);
  for (const pair of given) {
    const [account, path] = accountAndFile(pair);
    const file = await readBookFile(io, path, open.listing);
    books.add(account, openBook(file, secret, open.listing, open.tier));
  }
  if (options.archive !== undefined) {
    const epoch = Number((await marketStatus(open)).epoch);
    await archiveOpenings({ archive: options.archive, epoch }, secret, books.openings, open.listing);
  }
  return books;
}

/** The books given, by account; null of an account whose book only workers have. */
class Books {
  readonly #openings = new Map<string, Opening | null>();

  /** @throws UsageError where the account has one */
  add(account: string, opening: Opening | null): void {
    if (this.#openings.has(account))
      throw new UsageError(`expected each account once, got ${account} twice; give its attested book`);
    this.#openings.set(account, opening);
  }

  of(account: string): Opening {
    const opening = this.#openings.get(account);
    if (opening === undefined || opening === null) throw new ReferenceError(`no book of ${account}`);
    return opening;
  }

  given(account: string): GivenBook | null {
    return this.#openings.get(account) == null ? null : publicSide(this.of(account));
  }

  get accounts(): string[] {
    return [...this.#openings.keys()];
  }

  get openings(): Opening[] {
    return [...this.#openings.values()].filter((opening) => opening !== null);
  }
}

/** What of an opening is public, or will be. */
function publicSide({ account, sequence, commitment, isolated }: Opening): GivenBook {
  return { name: account, sequence: BigInt(sequence), commitment, isolated };
}

/** Proves the attested book here. */
function proverOf(session: ProvingSession | undefined, books: Books, least: number): Prove {
  return ({ account, round, theta: wanted }) => {
    if (session === undefined) throw new ReferenceError("no session");
    return proveWidest(session, { opening: books.of(account), round, wanted, least });
  };
}

/** The error of a keeper that was to snapshot once, if it is to end with one: the worst status before all else. */
function failureOf({ snapshot, failures }: Ticked): Error | undefined {
  const statuses = snapshot.accounts.map(({ status }) => status);
  const kept = snapshot.books.filter(isProvable).length;
  const worst = worstStatus(statuses);
  if (worst !== "healthy") return new AccountStatusError(worst, statuses);
  if (kept < snapshot.books.length)
    return new BookMismatchError(
      "keep",
      "the attested book of every account",
      `another or none that lives for ${snapshot.books.length - kept} of ${snapshot.books.length}`,
      "see the lines above",
    );
  return failures[0];
}
