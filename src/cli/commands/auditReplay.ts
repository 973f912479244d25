import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { type AccountRecord } from "../../audit/accountRecord.js";
import { readDisclosure } from "../../audit/disclosure.js";
import { FINDINGS } from "../../audit/findings.js";
import { Openings } from "../../audit/replay/openings.js";
import { type LogLine, type RunOptions, replayLog } from "../../audit/replay/replayLog.js";
import { type Audit, auditToJson, type Finding, serialiseAudit } from "../../audit/result.js";
import { parseDeployment } from "../../chain/deployment.js";
import { logLines } from "../../chain/eventLog/export.js";
import { type Line, linesOf, readRecord } from "../../chain/eventLog/record.js";
import {
  FindingsError,
  MalformedError,
  UnreadableError,
  UsageError,
  withoutUnprintable,
} from "../../errors.js";
import { keyStatement, type PhaseOneSource } from "../../groth16/artefacts/keyStatement.js";
import { pinnedVerificationKey } from "../../groth16/artefacts/load.js";
import { readProvingKeyFile } from "../../groth16/provingKeyFile.js";
import { loadArtefacts } from "../../prove/artefacts.js";
import { tierNamed, wholeNumber } from "../arguments.js";
import { factor, isoTime, json, pairs, table } from "../format.js";
import {
  checkBeginning,
  checkOutput,
  type Io,
  readInput,
  reason,
  type ShownShare,
  save,
  shareOn,
} from "../io.js";
import { onDeployment, withRpc } from "../onChain.js";

interface ReplayCommandOptions {
  readonly log?: string;
  readonly rpc?: readonly string[];
  readonly timeout?: number;
  readonly patience?: number;
  readonly deployment: string;
  readonly derived?: string;
  readonly confirmations: number;
  readonly disclosure: readonly string[];
  readonly composition: boolean;
  readonly home?: string;
  readonly out?: string;
  readonly checkpoint?: string;
  readonly json?: boolean;
}

/** `zkmargin audit replay`: re-derive everything, and say what does not fit. */
export function replayCommand(io: Io): Command {
  const command = new Command("replay").description(
    "Re-derive everything that a deployment recorded, verify every proof, and report findings.",
  );
  return withRpc(command, "node to read instead of a log")
    .addOption(
      new Option("--log <file>", "log that `zkmargin audit export` or the demo wrote").conflicts("rpc"),
    )
    .option("--deployment <file>", "deployment manifest, with --rpc", "deployment.json")
    .option("--derived <name>", "a derived market of the deployment, with --rpc; a log says which it is of")
    .option("--confirmations <n>", "blocks that must follow the last one, with --rpc", wholeNumber, 0)
    .option(
      "--disclosure <file>",
      "openings that the institution disclosed; repeat it for several files",
      collectFiles,
      [],
    )
    .option("--composition", "include the holdings of disclosed books in the result", false)
    .option(
      "--home <folder>",
      "hold the chain to the key in this folder instead of the one that zkmargin ships",
    )
    .option("--out <file>", "audit to write, zkmargin/audit@5")
    .option("--checkpoint <file>", "save the progress there, and continue from it")
    .option("--json", "print the audit as JSON")
    .addHelpText(
      "after",
      `
From the log alone the command rebuilds every profile, round, average, folded point, book, claim, status and liquidation. It
recovers who signed each book, and verifies every accepted proof off line. It hashes and computes disclosed openings again.

Examples:
  $ zkmargin audit replay --log event-log.ndjson --out audit.json
  $ zkmargin audit replay --log event-log.ndjson --disclosure desk.disclosure --composition --out audit.json
  $ zkmargin audit replay --rpc https://… --deployment deployment.json --checkpoint audit.checkpoint --out audit.json

Exit codes: 0 no finding of severity high or critical; 9 such a finding; 2 and 3 wrong options or files. 6 a checkpoint of
another log; 7 the key; 8 node.`,
    )
    .action(async (options: ReplayCommandOptions) => {
      await checkOutputs(options);
      const shown = shareOn(io, "replaying");
      const audit = await replay(io, options, shown);
      shown.end();
      if (options.out !== undefined) await save(io, options.out, serialiseAudit(audit), "audit");
      io.out(options.json ? json(auditToJson(audit)) : auditText(audit, options.out));
      const { critical, high } = audit.findings.bySeverity;
      if (critical + high > 0)
        throw new FindingsError(
          `audit: expected nothing of severity high or critical, got ${critical} critical and ${high} high; see the findings`,
        );
    });
}

async function replay(io: Io, options: ReplayCommandOptions, shown: ShownShare): Promise<Audit> {
  const { openings, digest } = await readOpenings(io, options.disclosure);
  const common = {
    openings,
    openingsDigest: digest,
    composition: options.composition,
    ...(options.checkpoint === undefined ? {} : { checkpoint: options.checkpoint }),
    onProgress: (share: number | undefined) => share !== undefined && shown.at(share),
  };
  if (options.log !== undefined) {
    const name = options.log;
    await checkBeginning(io, name, "eventLog");
    const key = await keyStory(await tierOfLog(name), options.home);
    const { size } = await stat(name);
    return replayLog(fileLines(name, size), { ...common, key, name });
  }
  if (options.rpc === undefined) throw new UsageError("expected --log or --rpc, got neither");
  const deployment = parseDeployment(await readInput(io, options.deployment, "deployment"));
  const key = await keyStory(deployment.tier.name, options.home);
  return onDeployment(io, deployment, options, [async () => key.named], (open) => {
    const { confirmations, derived } = options;
    const market = derived === undefined ? {} : { derived };
    const lines = logLines(open, { confirmations, answers: "last", ...market });
    return replayLog(lines, { ...common, key, name: "chain" });
  });
}

/** Lines of a disclosure from which on it is told how far it is read. */
const LONG = 100;

/** All openings of the disclosures, and what names them together. */
async function readOpenings(
  io: Io,
  paths: readonly string[],
): Promise<{ openings: Openings; digest: string }> {
  const openings = new Openings();
  const hash = createHash("sha256");
  for (const path of paths) {
    const text = await readInput(io, path, "disclosure");
    hash.update(createHash("sha256").update(text, "utf8").digest());
    const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
    if (lines.at(-1) === "") lines.pop();
    const disclosure = await readDisclosure(lines, path);
    openings.addScopes(disclosure.scopes);
    // Each sleeve is computed again, which takes up to a quarter of a second.
    const shown = lines.length > LONG ? shareOn(io, "reading the disclosure") : undefined;
    let read = 0;
    for await (const { id, ...opening } of disclosure.openings) {
      openings.add(opening, id);
      shown?.at(++read / lines.length);
    }
    shown?.end();
  }
  return { openings, digest: hash.digest("hex") };
}

/** The tier of a log, which says whose key it is held to. */
async function tierOfLog(path: string): Promise<string> {
  for await (const { text, torn } of opened(path)) {
    if (torn) break;
    const record = readRecord(text, `${path}:1`);
    if (record.kind === "head") return record.deployment.tier.name;
    break;
  }
  throw new MalformedError(path, "an event log", "a file without its head");
}

async function* fileLines(path: string, size: number): AsyncGenerator<LogLine> {
  for await (const { text, torn, end } of opened(path)) yield { text, torn, share: end / size };
}

async function* opened(path: string): AsyncGenerator<Line> {
  try {
    yield* linesOf(createReadStream(path), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UnreadableError(path, "a readable file", reason(error, "no such file"));
  }
}

function collectFiles(path: string, before: readonly string[]): string[] {
  return [...before, path];
}

async function checkOutputs({ out, checkpoint }: ReplayCommandOptions): Promise<void> {
  if (out !== undefined) await checkOutput(out);
  if (checkpoint !== undefined) await checkOutput(checkpoint);
}

/** Findings shown on a terminal; the rest is in the file. */
const SHOWN = 20;

/** An audit in short, for people. */
function auditText(audit: Audit, file: string | undefined): string {
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
    ...(coverage.sleeves === 0
      ? []
      : [["sleeves", `${coverage.sleeves} attested, ${coverage.sleevesComputed} computed again`] as const]),
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

const PHASE_ONE: Readonly<Record<PhaseOneSource, string>> = {
  development: "phase 1: a public beacon, whose secrets anybody can derive",
  hermez: "phase 1: the published Hermez ceremony",
  own: "phase 1: one of its owner's",
};

/** The key that a chain is held to, and how it came about: the shipped one, or that of a home folder. */
export async function keyStory(tier: string, home: string | undefined): Promise<RunOptions["key"]> {
  if (home === undefined) {
    const { key, ...named } = await pinnedVerificationKey(tier);
    const lineage = [
      PHASE_ONE[named.phase1],
      "phase 2: a public beacon, whose secret anybody can derive",
      `pinned by this package: ${named.hash}`,
    ];
    return { named: { ...named, key }, warning: keyStatement(named), lineage, verificationKey: key };
  }
  const {
    verificationKey: key,
    verificationKeyHash: hash,
    worth,
    zkey,
  } = await loadArtefacts(home, tierNamed(tier));
  const { records } = readProvingKeyFile(zkey).contributions;
  const lineage = [
    PHASE_ONE[worth.phase1],
    ...records.map(({ beacon, name }, i) => {
      const who = name === undefined || name === "" ? "" : ` by ${printable(name)}`;
      return `phase 2, contribution ${i + 1}: ${beacon === undefined ? `a person's${who}` : "a public beacon"}`;
    }),
    `key in ${home}: ${hash}`,
  ];
  return {
    named: { key, hash, kind: worth.kind },
    warning: keyStatement(worth),
    lineage,
    verificationKey: key,
  };
}

/** A contributor's name is whatever they chose. */
function printable(name: string): string {
  return withoutUnprintable(name, () => "?").slice(0, 100);
}
