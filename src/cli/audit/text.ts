import { FINDINGS } from "../../audit/findings.js";
import type { AccountRecord, Audit, Finding } from "../../audit/result.js";
import { factor, pairs, table } from "../format.js";
import { isoTime } from "../time.js";

/** Findings shown on a terminal; the rest is in the file. */
const SHOWN = 20;

/** An audit in short, for people. */
export function auditText(audit: Audit, file: string | undefined): string {
  const { range, coverage, deployment, findings } = audit;
  const { critical, high, medium, low } = findings.bySeverity;
  const head = pairs([
    ["log", range.log],
    [
      "blocks",
      `${range.fromBlock} to ${range.toBlock}, ${isoTime(BigInt(range.fromTime))} to ${isoTime(BigInt(range.toTime))}`,
    ],
    [
      "rounds",
      `${coverage.rounds}, every one folded again; ${coverage.roundsWithFeeds} compared with their feeds`,
    ],
    ["proofs", `${coverage.proofs} accepted, ${coverage.proofsVerified} verified`],
    ["books", `${coverage.books} attested, the signers of ${coverage.booksWithSignatures} recovered`],
    [
      "disclosed",
      `${coverage.openings} openings, ${coverage.openingsMatched} of them of a book on the chain`,
    ],
    ["statuses", `${coverage.statusesCompared} answers of the gate compared`],
    ["key", `${deployment.key.hash}`],
    ["", deployment.key.warning.replace(/^development key/, "DEVELOPMENT KEY")],
  ]);
  const accounts =
    audit.accounts.length === 0 ? "  none\n" : table(ACCOUNT_COLUMNS, audit.accounts.flatMap(rowsOf));
  const found =
    findings.total === 0
      ? "\nNothing that does not fit.\n"
      : `\n${findings.total} findings: ${critical} critical, ${high} high, ${medium} medium, ${low} low\n${findings.listed.slice(0, SHOWN).map(line).join("")}${findings.total > SHOWN ? `  … and ${findings.total - Math.min(SHOWN, findings.listed.length)} more\n` : ""}`;
  const written = file === undefined ? "" : `\nWrote ${file}\n`;
  return `${head}\nVerdicts\n${accounts}${found}${written}\nWhat was proven is ${audit.statement.qualifier}.\n`;
}

const ACCOUNT_COLUMNS = ["account", "epoch", "verdict", "proofs", "books", "disclosed", "least HF"];

function rowsOf({ account, name, verdicts }: AccountRecord): string[][] {
  const called = name.startsWith("0x") ? `${account.slice(0, 10)}…` : name;
  return verdicts.items.map((verdict) => [
    called,
    String(verdict.epoch),
    verdict.verdict,
    String(verdict.proofsOfHealth + verdict.proofsOfIllHealth),
    String(verdict.books),
    verdict.disclosed,
    verdict.leastHealthFactor === null ? "" : factor(BigInt(verdict.leastHealthFactor)),
  ]);
}

function line({ code, severity, block, account, round, sequence, expected, got }: Finding): string {
  const where = [
    `block ${block}`,
    ...(account === null ? [] : [`account ${account.slice(0, 10)}…`]),
    ...(round === null ? [] : [`round ${round}`]),
    ...(sequence === null ? [] : [`book ${sequence}`]),
  ].join(", ");
  return `  ${severity.padEnd(8)}  ${code}: ${FINDINGS[code].says}\n            ${where}: expected ${expected}, got ${got}\n`;
}
