import { Command } from "commander";
import { type Opening, openBook } from "../../book/opening.js";
import { DEFAULT_POLICY, type GivenBook, isProvable } from "../../chain/keeper/decide.js";
import { type KeeperEvent, levelOf } from "../../chain/keeper/events.js";
import { Keeper, type Prove, type Ticked } from "../../chain/keeper/keeper.js";
import { DEFAULT_WATCH } from "../../chain/keeper/watch.js";
import { marketStatus } from "../../chain/status.js";
import {
  AccountStatusError,
  BookMismatchError,
  KeyMismatchError,
  NodeUnreachableError,
  UsageError,
} from "../../errors.js";
import { denseMarket } from "../../market/file.js";
import { worstStatus } from "../../protocol/status.js";
import { largestOfGrid } from "../../protocol/whatIf.js";
import { loadArtefacts } from "../../prove/artefacts.js";
import { ProvingSession } from "../../prove/session.js";
import { archiveOpenings } from "../archives.js";

import {
  basisPoints,
  chosenProver,
  DEFAULT_THETA,
  healthFactor,
  proverOption,
  wholeNumber,
} from "../arguments.js";
import { readBookFile, readSecretFile } from "../files.js";
import { called, type Io } from "../io.js";
import { eventJson, eventLine } from "../keeperLines.js";
import { accountAndFile, KEY_HELP, onMarket, sender, withMarket, withSender } from "../onChain.js";

/** `zkmargin keep`: a keeper of accounts. */
export function keepCommand(io: Io): Command {
  const command = new Command("keep").description(
    "Keep accounts proven: at each round prove again each account near its envelope or its age, and submit in batches.",
  );
  return withSender(withMarket(command))
    .argument("<account=book...>", "accounts and their attested books")
    .requiredOption("--secret <file>", "the institution's secret")
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
    .option("--batch <n>", "most proofs in one transaction", wholeNumber, DEFAULT_POLICY.batch)
    .option("--poke-after <seconds>", "also commit a round when the newest is that old", wholeNumber)
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

Every line has a UTC time, a level, and the account that it is about. The levels are info (nothing to do), warn (act soon)
and error (act now).

Examples:
  $ zkmargin keep 0x…=desk.json --secret desk.secret --keystore keeper.json
  $ zkmargin keep 0x…=desk-1.json 0x…=desk-2.json --secret desk.secret --poke-after 600 --keystore keeper.json

Exit codes: 0 ended by an interrupt, or with --once every account is healthy; 2 and 3 wrong options or files. 7 no circuit or
key; 8 chain or key. With 6, no account can be kept with the book given for it, or with --once not every one. With --once, by
the worst status: 10 grace, 11 margin call, 12 liquidatable, 13 unknown.`,
    )
    .action((pairs: string[], options) => {
      const log = new Log(io, options.json);
      return onMarket(log.io, options, async (open, { hash }) => {
        const secret = await readSecretFile(io, options.secret);
        const books = new Books();
        for (const pair of pairs) {
          const [account, path] = accountAndFile(pair);
          const file = await readBookFile(io, path, open.listing);
          books.add(account, openBook(file, secret, open.listing, open.tier));
        }
        if (options.archive !== undefined) {
          const epoch = Number((await marketStatus(open)).epoch);
          await archiveOpenings({ ...options, epoch }, secret, books.openings, open.listing);
        }
        const artefacts = await loadArtefacts(options.home, open.tier);
        if (artefacts.verificationKeyHash !== hash)
          throw new KeyMismatchError(
            options.home,
            `the key ${hash} of the deployment`,
            artefacts.verificationKeyHash,
            "give the folder of its key with --home",
          );
        const session = await ProvingSession.open(
          artefacts,
          chosenProver(options, { tables: !options.once }),
        );
        const stop = new AbortController();
        const end = () => stop.abort();
        process.once("SIGINT", end).once("SIGTERM", end);
        try {
          const keeper = new Keeper({
            open,
            transactions: await sender(io, open.connection, options, options.deployment),
            key: artefacts.verificationKey,
            accounts: books.accounts,
            given: (account) => publicSide(books.of(account)),
            prove: proverOf(session, books, options.theta),
            policy: {
              envelopeShare: options.envelopeShare,
              ageShare: options.ageShare,
              batch: options.batch,
              pokeAfter: options.pokeAfter ?? null,
            },
            watch: { expiryMargin: options.expiryMargin, lowBalance: options.lowBalance },
            clock: Date.now,
            onEvent: (event) => log.write(event),
            ...(options.interval === undefined ? {} : { interval: options.interval }),
          });
          log.keeper = keeper;
          if (!options.once) return await keeper.run(stop.signal);
          const failure = failureOf(await keeper.tick());
          if (failure !== undefined) throw failure;
        } finally {
          process.removeListener("SIGINT", end).removeListener("SIGTERM", end);
          await session.close();
        }
      });
    });
}

/** What a keeper says, and what is said beside it, as lines of one kind. */
class Log {
  /** Counts what repeats, once it is there. */
  keeper: Keeper | undefined;
  readonly #io: Io;
  readonly #asJson: boolean;

  constructor(io: Io, asJson = false) {
    this.#io = io;
    this.#asJson = asJson;
  }

  write(event: KeeperEvent): void {
    this.#io.out(this.#asJson ? eventJson(event) : eventLine(namedEvent(this.#io, event)));
  }

  /** As the terminal, but that what would go to standard error becomes a line of the log. */
  get io(): Io {
    return { ...this.#io, err: (text) => this.#warn(text.trimEnd()) };
  }

  #warn(message: string): void {
    if (this.keeper !== undefined) return this.keeper.waits(message);
    const now = Date.now();
    const { name } = NodeUnreachableError;
    const trouble = { event: "trouble", scope: "look", name, message, seen: 1, since: now } as const;
    this.write({ ...trouble, time: now, level: levelOf(trouble), account: null, round: null });
  }
}

/** An event whose account is shown by its name as well. */
function namedEvent(io: Io, event: KeeperEvent): KeeperEvent {
  return event.account === null ? event : { ...event, account: called(io, event.account) };
}

/** The books given, by account. */
class Books {
  readonly #openings = new Map<string, Opening>();

  /** @throws UsageError where the account has one */
  add(account: string, opening: Opening): void {
    if (this.#openings.has(account))
      throw new UsageError(`expected each account once, got ${account} twice; give its attested book`);
    this.#openings.set(account, opening);
  }

  of(account: string): Opening {
    const opening = this.#openings.get(account);
    if (opening === undefined) throw new ReferenceError(`no book of ${account}`);
    return opening;
  }

  get accounts(): string[] {
    return [...this.#openings.keys()];
  }

  get openings(): Opening[] {
    return [...this.#openings.values()];
  }
}

/** What of an opening is public, or will be. */
function publicSide({ account, sequence, commitment, isolated }: Opening): GivenBook {
  return { name: account, sequence: BigInt(sequence), commitment, isolated };
}

/**
 * Proves the attested book, in the largest envelope of the grid in which it is healthy: above what lifts a margin call
 * where it can be, and above `least` anyhow.
 */
function proverOf(session: ProvingSession, books: Books, least: number): Prove {
  return async ({ account, round, theta: wanted }) => {
    const opening = books.of(account);
    const dense = denseMarket(round.market, session.tier);
    const envelopeAt = (theta: number) => largestOfGrid(opening.book, dense, theta);
    const lifting = Math.max(wanted, least);
    const theta = envelopeAt(lifting) === null ? least : lifting;
    return session.prove({ opening, market: round.market, theta, envelope: envelopeAt(theta) ?? 0 });
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
