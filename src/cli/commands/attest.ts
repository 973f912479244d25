import { Command } from "commander";
import { boundsFunding } from "../../book/sleeveFile.js";
import {
  checkAccountTerms,
  openAccount,
  registryOf,
  relayBook,
  signBook,
  voidSleeve,
} from "../../chain/attest.js";
import type { OpenDeployment } from "../../chain/deployment.js";
import { marketStatus } from "../../chain/status.js";
import { parseInteger } from "../../encoding/decimal.js";
import {
  FormatError,
  MarketMismatchError,
  MissingFieldError,
  OutOfRangeError,
  UsageError,
} from "../../errors.js";
import { marketDigest } from "../../market/file.js";
import type { AttestedTerms, SleeveTerms } from "../../protocol/attestation.js";
import { FIELD_R, SLEEVE_FUNDING_WEIGHT } from "../../protocol/bounds.js";
import { profileWords, shocksHash } from "../../protocol/profileWords.js";
import { parseAttestation, serialiseAttestation } from "../../prove/attestation.js";
import { unixTime, wholeNumber } from "../arguments.js";
import { readBookFile, readMarketFile } from "../files.js";
import { json, pairs } from "../format.js";
import { called, type Io, readInput, save } from "../io.js";
import {
  accountArgument,
  addressArgument,
  collect,
  KEY_HELP,
  keyOf,
  onChain,
  sender,
  withDeployment,
  withKey,
  withSender,
} from "../onChain.js";

/** `zkmargin attest`: accounts, and the attesters' signatures that put a book in force. */
export function attestCommand(io: Io): Command {
  return new Command("attest")
    .description("Open an account, sign its book as an attester, and relay signatures to the chain.")
    .addCommand(openCommand(io))
    .addCommand(signCommand(io))
    .addCommand(relayCommand(io))
    .addCommand(voidCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin attest open --name desk-1/cross --attester 0x… --key-env OWNER_KEY
  $ zkmargin attest sign --account 0x… --commitment 123… --sequence 1 --as-of 1621382400 --key-env CUSTODIAN_KEY --out desk.attestation.json
  $ zkmargin attest relay desk.attestation.json --keystore relayer.json`,
    )
    .addHelpText("after", "\nExit codes: 0 done; 2 and 3 wrong options or files; 8 chain, key or node.");
}

function openCommand(io: Io): Command {
  const command = new Command("open").description(
    "Open an account of the sender, with the attesters who must sign its books.",
  );
  return withSender(withDeployment(command))
    .requiredOption("--name <text>", "name of the sub-account, as in the book")
    .requiredOption(
      "--attester <address...>",
      "an attester whose signature its books need; repeat it for several",
      collect(addressArgument),
    )
    .option("--threshold <n>", "signatures needed; those of all attesters by default", wholeNumber)
    .option("--isolated", "at most one perpetual and one collateral asset, for its whole life", false)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin attest open --name desk-1/cross --attester 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --key-env OWNER_KEY`,
    )
    .action((options) => {
      const { name, isolated, attester: attesters, threshold = attesters.length } = options;
      const terms = { name, isolated, attesters, threshold };
      checkAccountTerms(terms);
      return onChain(io, options, async (open) => {
        const transactions = await sender(io, open.connection, options, options.deployment);
        const account = await openAccount(open, transactions, terms);
        io.out(options.json ? json({ account, owner: transactions.sender }) : `${account}\n`);
      });
    });
}

function signCommand(io: Io): Command {
  const command = new Command("sign").description("Sign a commitment as one of the account's attesters.");
  return withKey(withDeployment(command))
    .requiredOption("--account <id>", "account (zkmargin attest open)", accountArgument)
    .requiredOption("--commitment <n>", "commitment to the book (zkmargin book commit)")
    .option(
      "--attester <contract>",
      "a contract that attests by this key's signature (EIP-1271)",
      addressArgument,
    )
    .requiredOption("--sequence <n>", "number of the book, above the last attested one", wholeNumber)
    .option(
      "--as-of <time>",
      "when you read the book's holdings: Unix seconds, as `zkmargin vault show` prints them, or ISO 8601; required",
      unixTime,
    )
    .option(
      "--valid-for <seconds>",
      "how long the book counts; the longest that the profile allows by default",
      wholeNumber,
    )
    .option("--book <file>", "of a book with a sleeve: the book, whose band and end are signed too")
    .option("--market <file>", "with --book: the round that the sleeve was priced at (zkmargin round)")
    .requiredOption("--out <file>", "attestation to write")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Sign only what you know: that this commitment opens to the account's whole book with you. Recompute the commitment first.
Date the book by when you read it, not by when you sign: it must not release a request made in between.

With a sleeve you answer for its numbers too: run zkmargin sleeve check with your own records first. What you sign names the round,
the band, the end and the shocks. Any signer can end the sleeve at once: zkmargin attest void.

Examples:
  $ zkmargin attest sign --account 0x… --commitment 123… --sequence 1 --as-of 1621382400 --key-env CUSTODIAN_KEY --out desk.attestation.json
  $ zkmargin attest sign --account 0x… --commitment 123… --sequence 2 --as-of 1621382400 --book desk.full.json --market round.json --key-env CUSTODIAN_KEY --out desk.attestation.json`,
    )
    .action((options) =>
      onChain(io, options, async (open) => {
        const { account, sequence } = options;
        const commitment = parseInteger(options.commitment, "--commitment");
        if (commitment < 0n || commitment >= FIELD_R)
          throw new OutOfRangeError("--commitment", "a number that `zkmargin book commit` prints", "another");
        const wallet = await keyOf(io, options);
        const asOf = await dated(open, account, options.asOf);
        await checkSigner(open, account, options.attester ?? wallet.address, BigInt(sequence));
        const { riskProfile, bookRegistry } = open.contracts;
        const [allowed, ever] = [await riskProfile.bookMaxAge(), await bookRegistry.longestBook()];
        const longest = allowed < ever ? allowed : ever;
        const validFor = BigInt(options.validFor ?? longest);
        if (validFor < 1n || validFor > longest)
          throw new OutOfRangeError(
            "--valid-for",
            `1 to ${longest} seconds, as the profile allows`,
            `${validFor}`,
          );
        const expiresAt = asOf + validFor;
        const sleeve = await sleeveTerms(io, open, options, BigInt(sequence));
        const terms = { account, commitment, sequence: BigInt(sequence), asOf, expiresAt };
        const book: AttestedTerms = { ...terms, ...(sleeve === undefined ? {} : { sleeve }) };
        const signed = await signBook(wallet, registryOf(open), book, options.attester);
        await save(io, options.out, serialiseAttestation(signed), "attestation");
        const { attester } = signed;
        if (options.json) return io.out(json({ file: options.out, attester, ...book }));
        io.out(
          pairs([
            ["attester", attester],
            ["expires at", `${expiresAt}`],
            ["attestation", options.out],
          ]),
        );
      }),
    );
}

/**
 * What is signed of a book's sleeve; undefined without one.
 * @throws UsageError, MissingFieldError, MarketMismatchError where book, market and chain do not fit
 */
async function sleeveTerms(
  io: Io,
  open: OpenDeployment,
  options: { readonly book?: string; readonly market?: string },
  sequence: bigint,
): Promise<SleeveTerms | undefined> {
  if ((options.book === undefined) !== (options.market === undefined))
    throw new UsageError("expected --book and --market together, got one of them");
  if (options.book === undefined || options.market === undefined) return undefined;
  const market = await readMarketFile(io, options.market);
  const book = await readBookFile(io, options.book, open.listing);
  if (book.sleeve === undefined)
    throw new MissingFieldError(
      "book.sleeve",
      "a book with a sleeve (zkmargin sleeve arrays --book-out)",
      "none",
    );
  if (BigInt(book.sequence) !== sequence)
    throw new OutOfRangeError("--sequence", `${book.sequence}, the book's`, String(sequence));
  const { source } = market;
  const ledger = await open.contracts.marketLedger.origin();
  if (!("round" in source) || source.ledger.toLowerCase() !== ledger.toLowerCase())
    throw new MarketMismatchError(
      "market.source",
      `a round of ledger ${ledger}`,
      "another market",
      "write one with zkmargin round",
    );
  if (book.sleeve.market !== marketDigest(market))
    throw new MarketMismatchError(
      "book.sleeve.market",
      marketDigest(market),
      book.sleeve.market,
      "make the arrays for this round",
    );
  const shocks = await open.contracts.riskProfile.shocksHash();
  const own = shocksHash(profileWords(market.profile, open.tier), open.tier);
  if (own !== shocks)
    throw new MarketMismatchError(
      "market.profile",
      "the shocks in force",
      "others",
      "write the newest round with zkmargin round",
    );
  const { band } = book.sleeve;
  if (!boundsFunding(band))
    throw new OutOfRangeError(
      "book.sleeve.band.fundingWeight",
      `1 to ${SLEEVE_FUNDING_WEIGHT}, as often as the ledger counts funding`,
      band.fundingWeight === null ? "none" : String(band.fundingWeight),
    );
  return {
    ledger,
    pricedAt: BigInt(source.round),
    band: BigInt(band.price),
    until: BigInt(band.until),
    shocks,
  };
}

/** When a book was read: not after the newest block, nor before the account's last book. @throws UsageError, OutOfRangeError */
async function dated(open: OpenDeployment, account: string, asOf: number | undefined): Promise<bigint> {
  if (asOf === undefined)
    throw new UsageError(
      "expected --as-of, the Unix seconds at which you read what the book holds (`zkmargin vault show` prints them), got none",
    );
  const { time } = await marketStatus(open);
  const { asOf: last } = await open.contracts.bookRegistry.bookOf(account);
  if (BigInt(asOf) > time || BigInt(asOf) < last)
    throw new OutOfRangeError(
      "--as-of",
      `${last} to ${time}: from the last book to the newest block`,
      `${asOf}`,
    );
  return BigInt(asOf);
}

/** What the registry takes. */
const SEQUENCE_MAX = 2n ** 40n - 1n;

/** What the registry would refuse anyhow is not signed. @throws FormatError, OutOfRangeError */
async function checkSigner(
  { contracts: { bookRegistry } }: OpenDeployment,
  account: string,
  attester: string,
  sequence: bigint,
): Promise<void> {
  if (BigInt(await bookRegistry.ownerOf(account)) === 0n)
    throw new FormatError("--account", "an account that is open on this chain", account);
  if (!(await bookRegistry.isAttester(account, attester)))
    throw new FormatError("--key-env, --keystore, --attester", "one of the account's attesters", attester);
  if (sequence > SEQUENCE_MAX)
    throw new OutOfRangeError("--sequence", `at most ${SEQUENCE_MAX}, as the registry takes`, `${sequence}`);
  const { sequence: newest } = await bookRegistry.bookOf(account);
  if (sequence <= newest)
    throw new FormatError("--sequence", `more than ${newest}, the newest`, `${sequence}`);
}

function voidCommand(io: Io): Command {
  const command = new Command("void").description(
    "End the sleeve of an account's book at once, as one of its signers or as its owner.",
  );
  return withSender(withDeployment(command))
    .requiredOption("--account <id>", "account (zkmargin attest open)", accountArgument)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
A voided sleeve proves no more health, and the account goes into grace. It still proves ill health within its band and time. Void a
sleeve when its numbers turn out too kind, or when a position behind it has changed.

Example:
  $ zkmargin attest void --account 0x… --key-env CUSTODIAN_KEY`,
    )
    .action((options) =>
      onChain(io, options, async (open) => {
        const { account } = options;
        await voidSleeve(open, await sender(io, open.connection, options, options.deployment), account);
        io.out(
          options.json ? json({ account, voided: true }) : `The sleeve of ${called(io, account)} is void.\n`,
        );
      }),
    );
}

function relayCommand(io: Io): Command {
  const command = new Command("relay").description(
    "Relay the attesters' signatures of one book to the chain. Anybody may.",
  );
  return withSender(withDeployment(command))
    .argument("<attestations...>", "files that zkmargin attest sign wrote, all of one book")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin attest relay desk.attestation.json --keystore relayer.json`,
    )
    .action((paths: string[], options) =>
      onChain(io, options, async (open) => {
        const signed = [];
        for (const path of paths)
          signed.push(parseAttestation(await readInput(io, path, "attestation"), path));
        await relayBook(open, await sender(io, open.connection, options, options.deployment), signed);
        const { account, sequence } = signed[0] ?? {};
        io.out(
          options.json
            ? json({ account, sequence })
            : `Book ${sequence} of ${called(io, account ?? "")} is attested.\n`,
        );
      }),
    );
}
