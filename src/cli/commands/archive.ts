import { Command, InvalidArgumentError } from "commander";
import { Archive } from "../../audit/archive/archive.js";
import { LAST_SEQUENCE } from "../../audit/archive/keys.js";
import type { ArchiveReader, ArchiveStep, OpenedStep } from "../../audit/archive/reader.js";
import { newKeyPair, parseAuditorPublicKey, serialiseAuditorKey } from "../../audit/archive/seal.js";
import { ARCHIVE_FINDINGS, type ArchiveFinding, type ArchiveHead } from "../../audit/archive/walk.js";
import { covers, type DisclosedOpening, disclosureLines, type Scope } from "../../audit/disclosure.js";
import { checkHeader } from "../../book/bookFile.js";
import { accountId } from "../../chain/attest.js";
import { ArchiveKeyError, FindingsError, UsageError } from "../../errors.js";
import { openReader, withReadingKey } from "../archives.js";
import { wholeNumber } from "../arguments.js";
import { readSecretFile } from "../files.js";
import { isoMinute, json, pairs, table, unixSeconds } from "../format.js";
import { checkNewOutput, checkOutput, type Io, progressOn, save } from "../io.js";
import { addressArgument } from "../onChain.js";

/** `zkmargin archive`: the sealed openings of all commitments. */
export function archiveCommand(io: Io): Command {
  return new Command("archive")
    .description("Keep the openings of all commitments, sealed, and disclose parts of them to auditors.")
    .addCommand(initCommand(io))
    .addCommand(keygenCommand(io))
    .addCommand(grantCommand(io))
    .addCommand(listCommand(io))
    .addCommand(exportCommand(io))
    .addCommand(verifyCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin archive init desk.archive --secret desk.secret
  $ zkmargin book commit desk.json --secret desk.secret --archive desk.archive
  $ zkmargin archive grant desk.archive --secret desk.secret --to 3b6a… --account desk-1/cross --from 1 --through 90

The auditor, with a copy of the archive:
  $ zkmargin archive keygen --out auditor.key
  $ zkmargin archive verify desk.archive --key auditor.key
  $ zkmargin archive export desk.archive --key auditor.key --out desk.disclosure`,
    );
}

/** `zkmargin archive init`: a new archive. */
function initCommand(io: Io): Command {
  return new Command("init")
    .description("Make an empty archive.")
    .argument("<archive>", "folder to make; it must be new or empty")
    .requiredOption("--secret <file>", "the institution's secret (zkmargin book secret)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Its keys are derived from the secret: anyone with the secret and a copy of the folder can read every book.

Example:
  $ zkmargin archive init desk.archive --secret desk.secret`,
    )
    .action(async (path: string, options) => {
      const secret = await readSecretFile(io, options.secret);
      const { identity } = await Archive.create(path, secret);
      if (options.json) return io.out(json({ archive: path, identity }));
      io.out(
        `Made ${path}. Give it to every command that commits to a book: --archive ${path}\nidentity  ${identity}\n`,
      );
    });
}

/** `zkmargin archive keygen`: an auditor's key pair. */
function keygenCommand(io: Io): Command {
  return new Command("keygen")
    .description("Make an auditor's key pair, and print its public key.")
    .requiredOption("--out <file>", "file to make, readable by you alone; an existing one is never replaced")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  $ zkmargin archive keygen --out auditor.key")
    .action(async ({ out, json: asJson }) => {
      await checkNewOutput(out);
      const pair = newKeyPair();
      await save(io, out, serialiseAuditorKey(pair), "auditorKey");
      const publicKey = Buffer.from(pair.publicKey).toString("hex");
      if (asJson) return io.out(json({ file: out, publicKey }));
      io.out(
        `Made ${out}, readable by you alone. Give its public key to the institution:\npublic key  ${publicKey}\n`,
      );
    });
}

/** `zkmargin archive grant`: a range of an account's books to an auditor. */
function grantCommand(io: Io): Command {
  return new Command("grant")
    .description("Give an auditor the keys of a range of an account's books.")
    .argument("<archive>", "folder of the archive")
    .requiredOption("--secret <file>", "the institution's secret")
    .requiredOption("--to <key>", "public key of the auditor (zkmargin archive keygen)")
    .requiredOption("--account <name>", "margin account, as its books name it")
    .requiredOption("--from <n>", "first sequence", wholeNumber)
    .requiredOption("--through <n>", "last sequence", wholeNumber)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The keys open these books, archived already or later, and no others. You cannot revoke them. The command puts them into
the archive, sealed to the auditor: hand over a copy of the archive.

Example:
  $ zkmargin archive grant desk.archive --secret desk.secret --to 3b6a… --account desk-1/cross --from 1 --through 90`,
    )
    .action(async (path: string, options) => {
      const { account, from, through, to } = options;
      checkHeader({ account, sequence: from }, "--account");
      if (through < from)
        throw new UsageError(`--through: expected ${from} or more, as --from says, got ${through}`);
      const auditor = parseAuditorPublicKey(to, "--to");
      const archive = await Archive.open(path, await readSecretFile(io, options.secret));
      const scope = { account, first: BigInt(from), last: BigInt(through) };
      const record = await archive.grant(auditor, scope, unixSeconds());
      if (options.json) return io.out(json({ archive: path, record, auditor: to, account, from, through }));
      io.out(`Granted ${account}, sequences ${from} to ${through}, to ${to}: record ${record} of ${path}\n`);
    });
}

/** `zkmargin archive list`: what is in an archive, as far as a key opens it. */
function listCommand(io: Io): Command {
  return withReadingKey(
    new Command("list")
      .description("List the commitments in an archive, and what was granted.")
      .argument("<archive>", "folder of the archive"),
  )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Prints no position. With an auditor's key it lists what was granted to it.

Examples:
  $ zkmargin archive list desk.archive --secret desk.secret
  $ zkmargin archive list desk.archive --key auditor.key`,
    )
    .action(async (path: string, options) => {
      const reader = await openReader(io, path, options);
      const steps: ArchiveStep[] = [];
      for await (const step of stepsShown(io, reader)) steps.push(step);
      const openings = steps.flatMap((step) => ("disclosed" in step ? [opening(step)] : []));
      const grants = steps.flatMap((step) =>
        "grant" in step ? [{ record: step.number, ...step.grant }] : [],
      );
      const findings = steps.flatMap((step) => ("finding" in step ? [step.finding] : []));
      const scopes = reader.scopes;
      if (options.json) {
        const granted = scopes === null ? { grants } : { scopes };
        io.out(json({ archive: path, identity: reader.archive, openings, ...granted, findings }));
        return endWithFindings(path, findings);
      }
      io.out(countLine(openings.length, "opening"));
      if (openings.length > 0)
        io.out(
          table(
            ["record", "archived, UTC", "account", "sequence", "epoch", "commitment"],
            openings.map(({ record, time, account, sequence, epoch, commitment }) =>
              [record, isoMinute(time), account, sequence, epoch ?? "", commitment].map(String),
            ),
            { text: [1, 2] },
          ),
        );
      if (scopes !== null) io.out(`granted to this key: ${scopes.map(scopeText).join("; ")}\n`);
      else if (grants.length > 0) {
        io.out(countLine(grants.length, "grant"));
        io.out(
          table(
            ["record", "granted, UTC", "account", "sequences", "auditor"],
            grants.map((grant) => [
              String(grant.record),
              isoMinute(grant.time),
              grant.account,
              rangeText(grant),
              grant.auditor,
            ]),
            { text: [1, 2, 3, 4] },
          ),
        );
      }
      endWithFindings(path, findings, io);
    });
}

function opening({ number, time, disclosed }: OpenedStep) {
  const { account, sequence, epoch, commitment } = disclosed;
  return { record: number, time, account, sequence, epoch, commitment };
}

function scopeText(scope: Scope): string {
  return `${scope.account}, sequences ${rangeText(scope)}`;
}

function rangeText({ first, last }: Scope): string {
  return last === LAST_SEQUENCE ? `from ${first}` : `${first} to ${last}`;
}

/** What of an archive is wanted. */
interface Limits {
  readonly account?: string;
  readonly from: number;
  readonly through?: number;
}

/** `zkmargin archive export`: openings, for an audit. */
export function exportCommand(io: Io): Command {
  return withReadingKey(
    new Command("export")
      .description("Write the openings that a key opens to a disclosure file, for zkmargin audit replay.")
      .argument("<archive>", "folder of the archive"),
  )
    .option("--account <name>", "this account only")
    .option("--from <n>", "first sequence", wholeNumber, 0)
    .option("--through <n>", "last sequence", wholeNumber)
    .option(
      "--owner <address>",
      "owner of the accounts on the chain; binds the disclosure to them, not to other accounts of the same names",
      addressArgument,
    )
    .requiredOption("--out <file>", "disclosure file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The file holds books in the clear, readable by you alone. The command reports and omits a damaged record, and exits with 9.

Examples:
  $ zkmargin archive export desk.archive --key auditor.key --out desk.disclosure
  $ zkmargin archive export desk.archive --secret desk.secret --owner 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account desk-1/cross --from 1 --through 90 --out q1.disclosure`,
    )
    .action(async (path: string, options) => {
      const { out, account, from, through, owner } = options;
      if (through !== undefined && through < from)
        throw new UsageError(`--through: expected ${from} or more, as --from says, got ${through}`);
      await checkOutput(out);
      const reader = await openReader(io, path, options);
      const limits = { account, from, ...(through !== undefined && { through }) };
      const wanted = reader.scopes === null ? null : limited(reader.scopes, limits, path);
      const openings: DisclosedOpening[] = [];
      const seen = new Set<string>();
      const findings: ArchiveFinding[] = [];
      for await (const step of stepsShown(io, reader)) {
        if ("finding" in step) findings.push(step.finding);
        if (!("disclosed" in step)) continue;
        const { disclosed } = step;
        const scopes = wanted ?? limited([everythingOf(disclosed.account)], limits);
        if (!scopes.some((scope) => covers(scope, disclosed))) continue;
        // A commitment is there twice where its record was damaged, and archived again.
        const { sequence, commitment } = disclosed;
        const key = [disclosed.account, sequence, commitment].join();
        if (!seen.has(key)) openings.push(disclosed);
        seen.add(key);
      }
      const names = account === undefined ? [...new Set(openings.map(({ account }) => account))] : [account];
      const told = wanted ?? limited(names.map(everythingOf), limits);
      const scopes =
        owner === undefined ? told : told.map((scope) => ({ ...scope, id: accountId(owner, scope.account) }));
      const header = { archive: reader.archive, head: reader.head, scopes };
      await save(io, out, [...disclosureLines(header, openings)].join(""), "disclosure");
      if (options.json) io.out(json({ file: out, ...header, openings: openings.length, findings }));
      else
        io.out(
          `${countLine(openings.length, "opening").trim()} in ${out}, in the clear and readable by you alone.\n`,
        );
      endWithFindings(path, findings, options.json ? undefined : io);
    });
}

/** Scopes as far as they lie within the limits. @throws ArchiveKeyError if nothing of them does, where a path is given */
function limited(scopes: readonly Scope[], { account, from, through }: Limits, path?: string): Scope[] {
  const [first, last] = [BigInt(from), through === undefined ? LAST_SEQUENCE : BigInt(through)];
  const inside = scopes
    .filter((scope) => account === undefined || scope.account === account)
    .map((scope) => ({
      account: scope.account,
      first: scope.first > first ? scope.first : first,
      last: scope.last < last ? scope.last : last,
    }))
    .filter((scope) => scope.first <= scope.last);
  if (inside.length === 0 && path !== undefined)
    throw new ArchiveKeyError(
      path,
      "a grant that reaches what is asked for",
      "others",
      "zkmargin archive list shows what was granted",
    );
  return inside;
}

function everythingOf(account: string): Scope {
  return { account, first: 0n, last: LAST_SEQUENCE };
}

/** `zkmargin archive verify`: whether an archive is as it was written. */
export function verifyCommand(io: Io): Command {
  return withReadingKey(
    new Command("verify")
      .description("Check an archive: every signature, the chain, and with a key what it opens.")
      .argument("<archive>", "folder of the archive"),
  )
    .option("--head <head>", "a head noted earlier: that record must be there unchanged", headArgument)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Without a key the command checks that nobody changed, moved, repeated or removed a record. It can notice records cut off at
the end only by a head noted earlier: note the one that it prints. With a key it also checks that each opening hashes to
its commitment.

Examples:
  $ zkmargin archive verify desk.archive
  $ zkmargin archive verify desk.archive --key auditor.key --head 17:9f86d0…

Exit codes: 0 sound; 9 the archive has findings, which are printed; 6 the key opens nothing of it.`,
    )
    .action(async (path: string, options) => {
      const reader = await openReader(io, path, options, false);
      const findings: ArchiveFinding[] = [];
      let opened = 0;
      for await (const step of stepsShown(io, reader, options.head)) {
        if ("finding" in step) findings.push(step.finding);
        if ("disclosed" in step) opened++;
      }
      const records = await reader.count();
      const { archive: identity, head } = reader;
      const sound = findings.length === 0;
      if (options.json) {
        const told = findings.map((finding) => ({ ...finding, says: ARCHIVE_FINDINGS[finding.code] }));
        io.out(json({ archive: path, identity, sound, records, opened, head, findings: told }));
        return endWithFindings(path, findings);
      }
      io.out(`${sound ? "SOUND" : "NOT SOUND"}. ${path}\n`);
      io.out(
        pairs([
          ["records", String(records)],
          ["opened", String(opened)],
          ["head", `${head.number}:${head.hash}`],
          ["identity", identity],
        ]),
      );
      endWithFindings(path, findings, io);
    });
}

function headArgument(text: string): ArchiveHead {
  const match = /^(0|[1-9]\d{0,7}):([0-9a-f]{64})$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError(
      "Expected a number, a colon and 64 hex digits, as zkmargin archive verify prints.",
    );
  return { number: Number(match[1]), hash: match[2] as string };
}

/** "12 openings", as a line. */
function countLine(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}\n`;
}

/**
 * Tells people what is wrong with an archive, and ends the command with the exit code of an audit that has found something.
 * @throws FindingsError if there is a finding
 */
function endWithFindings(path: string, findings: readonly ArchiveFinding[], io?: Io): void {
  if (findings.length === 0) return;
  for (const { code, record } of findings)
    io?.out(`  record ${record}: ${code}: ${ARCHIVE_FINDINGS[code]}\n`);
  throw new FindingsError(
    `${path}: expected a sound archive, got ${countLine(findings.length, "finding").trim()}; ` +
      "every other record is as readable as before: restore the damaged ones from a copy",
  );
}

/** Records between two words of progress. */
const PROGRESS_EVERY = 1_000;

/** All that a reader comes upon, with progress shown: a long archive takes a while. */
async function* stepsShown(
  io: Io,
  reader: ArchiveReader,
  known?: ArchiveHead,
): AsyncGenerator<ArchiveStep, void> {
  const records = await reader.count();
  const show = progressOn(io);
  let done = 0;
  for await (const step of reader.steps(known)) {
    if (done > 0 && done % PROGRESS_EVERY === 0)
      show({ label: `record ${done} of ${records}`, fraction: done / records });
    done++;
    yield step;
  }
  if (io.interactive && done > PROGRESS_EVERY) io.err("\r\u001b[K");
}
