import { Command } from "commander";
import { type Opening, openBook } from "../../book/opening.js";
import { DEFAULT_POLICY } from "../../chain/keeper/decide.js";
import { Keeper, type KeeperEvent, type Prove } from "../../chain/keeper/keeper.js";
import { marketStatus } from "../../chain/status.js";
import { KeyMismatchError, NotProvableError } from "../../errors.js";
import { largestOfGrid } from "../../margin/whatIf.js";
import { denseMarket } from "../../market/dense.js";
import { loadArtefacts } from "../../prove/artefacts/load.js";
import { ProvingSession } from "../../prove/session.js";
import { archiveOpenings } from "../archives.js";
import { DEFAULT_THETA, wholeNumber } from "../arguments.js";
import { accountAndFile, KEY_HELP, onChain, sender, withDeployment, withSender } from "../chain/session.js";
import { readBookFile, readSecretFile } from "../files.js";
import { factor, percent } from "../format.js";
import type { Io } from "../io.js";

/** `zkmargin keep`: a keeper of accounts. */
export function keepCommand(io: Io): Command {
  const command = new Command("keep").description(
    "Keep accounts proven: at each round prove again what is near its envelope or its age, and submit in batches.",
  );
  return withSender(withDeployment(command))
    .argument("<account=book...>", "accounts and their attested books")
    .requiredOption("--secret <file>", "the institution's secret")
    .option("--archive <folder>", "archive the openings first (zkmargin archive init)")
    .option("--theta <bps>", "health factor to exceed", wholeNumber, DEFAULT_THETA)
    .option(
      "--envelope-share <bps>",
      "share of an envelope to use up",
      wholeNumber,
      DEFAULT_POLICY.envelopeShare,
    )
    .option(
      "--age-share <bps>",
      "share of a proof's greatest age to use up",
      wholeNumber,
      DEFAULT_POLICY.ageShare,
    )
    .option("--batch <n>", "most proofs in one transaction", wholeNumber, DEFAULT_POLICY.batch)
    .option("--poke-after <seconds>", "also make a round when the newest is that old", wholeNumber)
    .option("--interval <ms>", "time between two looks at the chain", wholeNumber)
    .option("--once", "look once, do what is to be done, and end", false)
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `${KEY_HELP}
It can be ended and started at any moment, and lives through a node that goes away. Books stay in this process: what
leaves it is proofs.

Examples:
  $ zkmargin keep 0x…=desk.json --secret desk.secret --keystore keeper.json
  $ zkmargin keep 0x…=desk-1.json 0x…=desk-2.json --secret desk.secret --poke-after 600 --keystore keeper.json

Exit codes: 0 ended by an interrupt, or with --once; 2 and 3 wrong options or files, 7 no circuit or key, 8 chain or key.`,
    )
    .action((pairs: string[], options) =>
      onChain(io, options, async (open) => {
        const secret = await readSecretFile(io, options.secret);
        const books = new Map<string, Opening>();
        for (const pair of pairs) {
          const [account, path] = accountAndFile(pair);
          const file = await readBookFile(io, path, open.listing);
          books.set(account, openBook(file, secret, open.listing, open.tier));
        }
        if (options.archive !== undefined) {
          const epoch = Number((await marketStatus(open)).epoch);
          await archiveOpenings({ ...options, epoch }, secret, [...books.values()], open.listing);
        }
        const artefacts = await loadArtefacts(options.home, open.tier);
        const { hash } = open.deployment.verificationKey;
        if (artefacts.verificationKeyHash !== hash)
          throw new KeyMismatchError(
            options.home,
            `the key ${hash} of the deployment`,
            artefacts.verificationKeyHash,
            "give the folder of its key with --home",
          );
        const session = await ProvingSession.open(artefacts);
        const stop = new AbortController();
        const end = () => stop.abort();
        process.once("SIGINT", end).once("SIGTERM", end);
        try {
          const keeper = new Keeper({
            open,
            transactions: await sender(io, open.connection, options, options.deployment),
            key: artefacts.verificationKey,
            accounts: [...books.keys()],
            prove: proverOf(session, books, options.theta),
            policy: {
              envelopeShare: options.envelopeShare,
              ageShare: options.ageShare,
              batch: options.batch,
              pokeAfter: options.pokeAfter ?? null,
            },
            onEvent: (event) => io.out(options.json ? line(event) : describe(event)),
            ...(options.interval === undefined ? {} : { interval: options.interval }),
          });
          if (options.once) await keeper.tick();
          else await keeper.run(stop.signal);
        } finally {
          process.removeListener("SIGINT", end).removeListener("SIGTERM", end);
          await session.close();
        }
      }),
    );
}

const OTHER_BOOK = "the book given is not the one that is attested";

/**
 * Proves the attested book, in the largest envelope of the grid in which it is healthy: above what lifts a margin call
 * where it can be, and above `least` anyhow.
 */
function proverOf(session: ProvingSession, books: ReadonlyMap<string, Opening>, least: number): Prove {
  return async ({ account, sequence, commitment, round, theta: wanted }) => {
    const opening = books.get(account);
    if (opening === undefined || opening.commitment !== commitment || BigInt(opening.sequence) !== sequence)
      throw new NotProvableError(OTHER_BOOK);
    const dense = denseMarket(round.market, session.tier);
    const envelopeAt = (theta: number) => largestOfGrid(opening.book, dense, theta);
    const lifting = Math.max(wanted, least);
    const theta = envelopeAt(lifting) === null ? least : lifting;
    return session.prove({ opening, market: round.market, theta, envelope: envelopeAt(theta) ?? 0 });
  };
}

/** Why, without the book's own figures, which stay here. */
function reasonOf(why: string): string {
  return why === OTHER_BOOK
    ? `${OTHER_BOOK}; give the attested one`
    : "it is not healthy; `zkmargin health` shows why";
}

function describe(event: KeeperEvent): string {
  switch (event.kind) {
    case "poked":
      return `round ${event.round}\n`;
    case "proven":
      return `${event.account} proven above ${factor(event.claim.theta)}, within ${percent(event.claim.envelope)} (${event.reason})\n`;
    case "unprovable":
      return `${event.account} cannot be proven at round ${event.round}: ${reasonOf(event.why)}\n`;
    case "submitted": {
      const { results, receipt } = event.batch;
      const refused = results.filter(({ outcome }) => outcome === "refused").length;
      return `${results.length - refused} proofs at the gate, ${refused} refused, ${receipt?.gasUsed ?? 0n} gas\n`;
    }
    case "trouble":
      return `${event.error.name}: ${event.error.message}; looking again\n`;
  }
}

/** One event as one line of JSON. What is not provable carries the book's own figures, which stay here. */
function line(event: KeeperEvent): string {
  const told =
    event.kind === "trouble"
      ? { kind: event.kind, name: event.error.name, message: event.error.message }
      : event.kind === "unprovable"
        ? { kind: event.kind, account: event.account, round: event.round, reason: reasonOf(event.why) }
        : event.kind === "submitted"
          ? {
              kind: event.kind,
              results: event.batch.results.map(({ proven: { account, round }, outcome, reason }) => ({
                account,
                round,
                outcome,
                reason,
              })),
              gas: event.batch.receipt?.gasUsed ?? null,
            }
          : event;
  return `${JSON.stringify(told, (_, value) => (typeof value === "bigint" ? value.toString() : value))}\n`;
}
