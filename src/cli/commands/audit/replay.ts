import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { readDisclosure } from "../../../audit/disclosure.js";
import { Openings } from "../../../audit/replay/openings.js";
import { type LogLine, replayLog } from "../../../audit/replay/run.js";
import { type Audit, auditToJson, serialiseAudit } from "../../../audit/result.js";
import { checkDeployment } from "../../../chain/checkDeployment.js";
import { openDeployment } from "../../../chain/contracts.js";
import { parseDeployment } from "../../../chain/deployment.js";
import { logLines } from "../../../chain/eventLog/export.js";
import { type Line, linesOf } from "../../../chain/eventLog/lines.js";
import { readRecord } from "../../../chain/eventLog/record.js";
import { FindingsError, MalformedError, UnreadableError, UsageError } from "../../../errors.js";
import { wholeNumber } from "../../arguments.js";
import { keyStory } from "../../audit/keyStory.js";
import { auditText } from "../../audit/text.js";
import { connectTo, withRpc } from "../../chain/session.js";
import { json } from "../../format.js";
import { checkBeginning, checkOutput, type Io, readInput, reason, save } from "../../io.js";
import { type ShownShare, shareOn } from "../../progress.js";

interface ReplayCommandOptions {
  readonly log?: string;
  readonly rpc?: readonly string[];
  readonly timeout?: number;
  readonly patience?: number;
  readonly deployment: string;
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
    "Re-derive everything that a deployment recorded, verify every proof, and say what does not fit.",
  );
  return withRpc(command, "node to read instead of a log")
    .addOption(
      new Option("--log <file>", "log that `zkmargin audit export` or `zkmargin demo` wrote").conflicts(
        "rpc",
      ),
    )
    .option("--deployment <file>", "deployment manifest, with --rpc", "deployment.json")
    .option("--confirmations <n>", "blocks that must stand on the last one, with --rpc", wholeNumber, 0)
    .option(
      "--disclosure <file>",
      "openings that the institution disclosed; may be repeated",
      collectFiles,
      [],
    )
    .option("--composition", "have the result tell what disclosed books hold", false)
    .option(
      "--home <folder>",
      "hold the chain to the key in this folder instead of the one that zkmargin ships",
    )
    .option("--out <file>", "audit to write, zkmargin/audit@3")
    .option("--checkpoint <file>", "write down how far it has come, and carry on from there")
    .option("--json", "print the audit as JSON")
    .addHelpText(
      "after",
      `
From the log alone it rebuilds every profile, round, average, folded point, book, claim, status and liquidation, recovers who
signed each book, and verifies every accepted proof off line. What an institution disclosed is hashed and computed again, to the last unit.

Examples:
  $ zkmargin audit replay --log event-log.ndjson --out audit.json
  $ zkmargin audit replay --log event-log.ndjson --disclosure desk.disclosure --composition --out audit.json
  $ zkmargin audit replay --rpc https://… --deployment deployment.json --checkpoint audit.checkpoint --out audit.json

Exit codes: 0 nothing of severity high or critical was found, 9 something was; 2 and 3 wrong options or files, 6 a checkpoint of
another log, 7 the key, 8 node.`,
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
  const connection = await connectTo(io, options, { expected: deployment.chainId });
  try {
    const { confirmations } = options;
    const open = openDeployment(connection, deployment);
    for (const note of await checkDeployment(open, key.named)) io.err(`note: ${note}\n`);
    const lines = logLines(open, { confirmations, answers: "last" });
    return await replayLog(lines, { ...common, key, name: "chain" });
  } finally {
    connection.close();
  }
}

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
    for await (const { id, ...opening } of disclosure.openings) openings.add(opening, id);
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
