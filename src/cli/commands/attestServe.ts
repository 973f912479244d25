import { Command } from "commander";
import { MOST_SALTS, serialiseBookRequest } from "../../book/bookRequest.js";
import { deriveSalt } from "../../book/salt.js";
import { Attester, type Served } from "../../chain/attester/attester.js";
import type { AttesterEvent } from "../../chain/attester/events.js";
import type { AttesterPolicy, RefusalCode, SigningReason } from "../../chain/attester/nextBook.js";
import { SignedBooks } from "../../chain/attester/signedBooks.js";
import { AccountStatusError, FindingsError, OutOfRangeError, UsageError } from "../../errors.js";
import { worstStatus } from "../../protocol/status.js";
import { sleeveSalt } from "../../risk/options/sleeveDetail.js";
import { basisPoints, wholeNumber, withListing } from "../arguments.js";
import { outboxIn, recordsOf, requestsIn } from "../attesterFiles.js";
import { readBookFile, readListingFile, readSecretFile } from "../files.js";
import { isoTime, json, jsonLine } from "../format.js";
import { called, checkOutput, type Io, makeFolder, save, untilInterrupt } from "../io.js";
import { levelled, ServiceLog, troubleWords } from "../keeperLines.js";
import {
  accountArgument,
  addressArgument,
  KEY_HELP,
  keyOf,
  onChain,
  withDeployment,
  withKey,
} from "../onChain.js";
import {
  type BandOptions,
  bandOptions,
  DEFAULT_HOURS,
  movesOf,
  type RuleOptions,
  ruleOf,
  ruleOptions,
} from "../sleeveOptions.js";

const HOUR = 3600;
/** Books that a request has salts for where nothing else is asked: three days of one every eight hours. */
const DEFAULT_BOOKS = 9;
/** Share of a band after which a new book is signed: while what is left lasts, the owner proves it. */
const DEFAULT_BAND_SHARE = 8_000;

/** `zkmargin attest request`: what an owner asks an attester to sign. */
export function requestCommand(io: Io): Command {
  return withListing(new Command("request"))
    .description("Ask an attester to sign a book, now or whenever the account needs another.")
    .argument("<book>", "the account's book; - for standard input")
    .requiredOption("--account <id>", "account (zkmargin attest open)", accountArgument)
    .requiredOption("--secret <file>", "the institution's secret, from which the salts are derived")
    .option(
      "--books <n>",
      `books to make, from the book's sequence on; ${DEFAULT_BOOKS} by default, and 1 with a sleeve`,
      wholeNumber,
    )
    .requiredOption("--out <file>", "request to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
A book with a sleeve (zkmargin sleeve arrays --book-out) is to be checked and signed as it is. Of a book without one the attester
makes the books to come, with a sleeve by its own records, and signs each when the account needs it.

The request holds the book, and salts that open these books' commitments and no others. It holds no secret. Hand it to the attester
alone, over a channel that is encrypted.

Examples:
  $ zkmargin attest request desk.json --account 0x… --secret desk.secret --books 24 --out inbox/desk.json
  $ zkmargin attest request desk.full.json --account 0x… --secret desk.secret --out inbox/desk.json`,
    )
    .action(async (path: string, options) => {
      await checkOutput(options.out);
      const listing = await readListingFile(io, options.listing);
      const book = await readBookFile(io, path, listing);
      const secret = await readSecretFile(io, options.secret);
      const count = options.books ?? (book.sleeve === undefined ? DEFAULT_BOOKS : 1);
      if (count < 1 || count > MOST_SALTS || (book.sleeve !== undefined && count > 1))
        throw new OutOfRangeError(
          "--books",
          book.sleeve === undefined ? `1 to ${MOST_SALTS}` : "1, as the book has a sleeve",
          String(count),
        );
      const salts = Array.from({ length: count }, (_, i) => {
        const sequence = book.sequence + i;
        return {
          book: deriveSalt(secret, book.account, sequence),
          detail: sleeveSalt(secret, book.account, sequence),
        };
      });
      await save(
        io,
        options.out,
        serialiseBookRequest({ account: options.account, book, salts }),
        "bookRequest",
      );
      const [first, last] = [book.sequence, book.sequence + count - 1];
      if (options.json) return io.out(json({ file: options.out, account: options.account, first, last }));
      io.out(
        `Wrote ${options.out}\n  ${first === last ? `book ${first}` : `books ${first} to ${last}`} of ${called(io, options.account)}\n`,
      );
    });
}

/** `zkmargin attest serve`: signs books again when they need it. */
export function serveCommand(io: Io): Command {
  const command = new Command("serve").description(
    "Sign accounts' books again when they need it, by the attester's own records.",
  );
  return ruleOptions(bandOptions(withKey(withDeployment(command))), "calibrated")
    .requiredOption("--records <file>", "the attester's own records: accounts, when read, and their files")
    .requiredOption("--inbox <folder>", "folder with the owners' requests (zkmargin attest request)")
    .requiredOption("--outbox <folder>", "folder for answers")
    .option(
      "--attester <contract>",
      "a contract that attests by this key's signature (EIP-1271)",
      addressArgument,
    )
    .option("--journal <file>", "record of what was signed; by default beside the manifest")
    .option(
      "--hours <n>",
      "how long a sleeve holds, at most until its first settlement",
      wholeNumber,
      DEFAULT_HOURS,
    )
    .option(
      "--band-share <bps>",
      "share of a sleeve's band that may be used up before a new book",
      basisPoints,
      DEFAULT_BAND_SHARE,
    )
    .option("--end-margin <seconds>", "sign that long before a book or its sleeve ends", wholeNumber, HOUR)
    .option("--record-age <seconds>", "refuse holdings that were read longer ago", wholeNumber, HOUR)
    .option("--surface-age <seconds>", "refuse a surface that was observed longer ago", wholeNumber, HOUR)
    .option("--interval <ms>", "time between two checks of chain and requests", wholeNumber)
    .option("--once", "check once, sign what is due, and end", false)
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `${KEY_HELP}
The service watches the accounts of --records. It signs a new book when a sleeve's band is used up, or a sleeve or a book ends soon.
It also signs one when a sleeve was voided, the profile's shocks have changed, or signatures were revoked. It sends nothing to the
chain: the owner relays the answer, and proves it.

The records are a file zkmargin/attester-records@1: for each account when its holdings were read, and the paths of a book, a sleeve
and a surface. Make them from your own systems and never from the owner's files. Write the files under new names first and the
list last: what is signed is dated by its readAt.

For a request without a sleeve the service makes the next book, and prices its sleeve. A request with one is signed if
the records give numbers that are no worse for the account (see zkmargin sleeve check). All attesters of an account need the same surface.
An answer is a folder in --outbox: attestation.json, and book.json if the service made the book.
A request that is refused gets a file NAME.refused.json with the reason.

The journal keeps each signature to one book for each sequence, through any crash. Keep it, and do not serve an account by two journals.
Give nobody but the owners write access to --inbox: who asks chooses the salt, and who knows the salt can prove the book.
No line of the log names an asset or an amount.

Examples:
  $ zkmargin attest serve --records records.json --inbox inbox --outbox outbox --keystore custodian.json
  $ zkmargin attest serve --records records.json --inbox inbox --outbox outbox --band 200 --hours 4 --once --key-env CUSTODIAN_KEY

Exit codes: 0 ended by an interrupt, or with --once every account is healthy; 2 and 3 wrong options or files; 8 chain,
key or node. With --once, 9 if a request was refused; else by the worst status: 10 grace, 11 margin call, 12 liquidatable, 13 unknown.`,
    )
    .action(async (options) => {
      const policy = policyOf(options);
      await makeFolder(options.outbox);
      const log = new ServiceLog(io, (event: AttesterEvent) => lineOf(io, event, options.json === true));
      return onChain(log.io, options, async (open, { key }) => {
        const wallet = await keyOf(log.io, options);
        const attester = options.attester ?? wallet.address;
        const path = options.journal ?? `${options.deployment}.${attester.slice(2, 10).toLowerCase()}.signed`;
        for (const each of [path, `${path}.lock`])
          if (each !== options.journal) await io.inputs.writes({ path: each, name: "the journal" });
        const { chainId } = open.connection;
        const signed = await SignedBooks.open(path, {
          attester,
          registry: open.addresses.bookRegistry,
          chainId,
        });
        const service = new Attester({
          ...{ open, key, wallet, attester, signed, policy },
          records: () => recordsOf(log.io, options.records, open.listing),
          inbox: () => requestsIn(log.io, options.inbox, open.listing),
          outbox: outboxIn(log.io, options.outbox, open.listing),
          clock: Date.now,
          onEvent: (event) => log.write(event),
          ...(options.interval === undefined ? {} : { interval: options.interval }),
        });
        log.service = service;
        if (options.once) {
          const failure = failureOf(await service.tick());
          if (failure !== undefined) throw failure;
          return;
        }
        await untilInterrupt((signal) => service.run(signal));
      });
    });
}

interface PolicyOptions extends RuleOptions, BandOptions {
  readonly hours: number;
  readonly bandShare: number;
  readonly endMargin: number;
  readonly recordAge: number;
  readonly surfaceAge: number;
}

function policyOf(options: PolicyOptions): AttesterPolicy {
  const { bandShare, endMargin: margin, recordAge, surfaceAge } = options;
  const seconds = options.hours * HOUR;
  if (seconds <= margin)
    throw new UsageError(
      `--hours: expected more than --end-margin, ${margin} s, got ${seconds} s: each book would be due at once`,
    );
  return { rule: ruleOf(options), band: movesOf(options), seconds, bandShare, margin, recordAge, surfaceAge };
}

/** The error of a service that was to look once, if it is to end with one: a refusal before the worst status. */
function failureOf({ refusals, statuses }: Served): Error | undefined {
  if (refusals.length > 0)
    return new FindingsError(`${refusals.length} of the requests are refused; each is told with its reason`);
  const worst = worstStatus(statuses);
  return worst === "healthy" ? undefined : new AccountStatusError(worst, statuses);
}

/** An event as a line of the log. */
function lineOf(io: Io, event: AttesterEvent, asJson: boolean): string {
  const { time, level, event: name, account, ...fields } = event;
  const message = messageOf(event);
  if (asJson)
    return jsonLine({ time: new Date(time).toISOString(), level, event: name, account, message, ...fields });
  return levelled(time, level, `${account === null ? "" : `${called(io, account)} `}${message}`);
}

const REASONS: Readonly<Record<SigningReason, string>> = {
  asked: "its owner asked for it",
  first: "it had none",
  options: "its book and the records are not both with options, or both without",
  signers: "its book has lost signatures that it needs",
  void: "its sleeve was voided",
  shocks: "the profile's shocks have changed",
  band: "its sleeve's band is used up",
  end: "its sleeve ends soon",
  expiry: "its book expires soon",
};

const REFUSALS: Readonly<Record<RefusalCode, string>> = {
  unreadable: "it cannot be read",
  repeated: "there is another of this account",
  "other-account": "it is of another account",
  "not-attester": "this key is no attester of the account",
  "no-records": "there are no records of the account",
  "old-records": "the records are not new enough",
  "old-surface": "the surface is not new enough",
  holdings: "the records do not confirm its holdings",
  sleeve: "the records do not confirm its sleeve",
  slots: "its options are of assets that use up no band",
  unpriced: "the records cannot be priced",
  sequence: "its sequence is not one of the next",
  spent: "another book of its sequence was signed",
  "no-salts": "it has no salt of the next sequence: ask the owner for another request",
  "no-round": "it is of no round that can be proven",
  remote: "the book has more on another chain than home records",
  "no-later": "a new book would end no later",
};

function messageOf(event: AttesterEvent): string {
  switch (event.event) {
    case "started":
      return `the attester of ${event.accounts} account${event.accounts === 1 ? "" : "s"} looks, and signs as ${event.attester}`;
    case "signed": {
      const sleeve =
        event.pricedAt === null || event.until === null
          ? ""
          : `, with a sleeve priced at round ${event.pricedAt} until ${isoTime(event.until)}`;
      return `book ${event.sequence} is signed, dated ${isoTime(event.asOf)}${sleeve}: ${REASONS[event.reason]} (${event.answer})`;
    }
    case "refused":
      return `request ${event.request} is refused, as ${REFUSALS[event.code]}: ${event.message}`;
    case "unasked":
      return `needs a new book, as ${REASONS[event.reason]}, and no request is there: ask its owner for one`;
    case "stopped":
      return event.reason === "failed" ? "the attester ends by a failure" : "the attester ends, as asked";
    default:
      return troubleWords(event);
  }
}
