import { Command } from "commander";
import { LAST_SEQUENCE } from "../../../audit/archive/keyTree.js";
import type { ArchiveFinding } from "../../../audit/archive/walk.js";
import { covers, type DisclosedOpening, disclosureLines, type Scope } from "../../../audit/disclosure.js";
import { accountId } from "../../../chain/attest.js";
import { ArchiveKeyError, UsageError } from "../../../errors.js";
import { openReader, withReadingKey } from "../../archives.js";
import { wholeNumber } from "../../arguments.js";
import { addressArgument } from "../../chain/session.js";
import { json } from "../../format.js";
import { checkOutput, type Io, save } from "../../io.js";
import { countLine, endWithFindings, stepsShown } from "./telling.js";

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
      "owner of the accounts on the chain: binds the disclosure to these accounts, and not to others of their names",
      addressArgument,
    )
    .requiredOption("--out <file>", "disclosure file to write; an existing one is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The file holds books in the clear, readable by you alone. A damaged record is told and left out; the exit code is then 9.

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
