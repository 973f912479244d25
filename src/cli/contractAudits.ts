import { Command } from "commander";
import { type ContractAudit, type ContractAuditResult, replayContracts } from "../audit/contracts/replay.js";
import type { FindingCode } from "../audit/findings.js";
import type { Connection } from "../chain/connection.js";
import {
  type ContractLog,
  type ContractLogRequest,
  parseContractLog,
  readContracts,
  serialiseContractLog,
} from "../chain/contractLog.js";
import { FindingsError } from "../errors.js";
import { json, pairs, table } from "./format.js";
import { checkOutput, type Io, readInput, save, shareOn } from "./io.js";

/** Options that every audit of contracts has. */
export interface ContractAuditOptions {
  readonly log?: string;
  readonly saveLog?: string;
  readonly json?: boolean;
}

/** Adds --log, --save-log and --json, and says what they do. */
export function withContractAudit(command: Command, example: string): Command {
  return command
    .option("--log <file>", "replay this log instead of asking the chain")
    .option("--save-log <file>", "also write the log, for others to replay")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
The command reads every event of the contracts with its call data, and replays them by the reference model: each must follow from
the ones before, and the contracts' own answers at the last block must be what the replay has come to.

Example:
  $ zkmargin ${example}

Exit codes: 0 nothing found from high on; 2 and 3 wrong options or files; 8 chain or node; 9 findings from high on.`,
    );
}

/**
 * Replays a log that a file has, or that a node is asked for, and tells what was found.
 * @param ask connects to the chain, where no log is given, and says what to read
 * @param also another replay that is told with this one, which has come before it
 * @throws FindingsError for findings of critical or high severity
 */
export async function auditContracts<State>(
  io: Io,
  options: ContractAuditOptions,
  audit: ContractAudit<State>,
  ask: (
    work: (connection: Connection, request: ContractLogRequest) => Promise<ContractLog>,
  ) => Promise<ContractLog>,
  also?: { readonly name: string; readonly replay: (log: ContractLog) => ContractAuditResult | undefined },
): Promise<ContractAuditResult> {
  const log = await contractLogOf(io, options, audit.of, ask);
  const result = replayContracts(log, audit);
  const other = also?.replay(log);
  const name = also?.name ?? "";
  if (options.json) io.out(json({ ...result, ...(other && { [name]: other }) }));
  else if (other === undefined) io.out(resultText(result));
  else io.out(`${resultText(result).trimEnd()}\n\n${name}\n${resultText(other)}`);
  const [critical, high] = (["critical", "high"] as const).map((severity) =>
    [result, other].reduce((sum, one) => sum + (one?.findings.bySeverity[severity] ?? 0), 0),
  ) as [number, number];
  if (critical + high > 0)
    throw new FindingsError(
      `audit: expected nothing of severity high or critical, got ${critical} critical and ${high} high; see the findings`,
    );
  return result;
}

/** A log that a file has, or that a node is asked for; it is saved where the options say so. */
export async function contractLogOf(
  io: Io,
  { log: path, saveLog }: ContractAuditOptions,
  of: string,
  ask: (
    work: (connection: Connection, request: ContractLogRequest) => Promise<ContractLog>,
  ) => Promise<ContractLog>,
): Promise<ContractLog> {
  if (saveLog !== undefined) await checkOutput(saveLog);
  const log =
    path === undefined
      ? await ask(async (connection, request) => {
          const shown = shareOn(io, "reading events");
          const read = await readContracts(connection, { ...request, onProgress: shown.at });
          shown.end();
          return read;
        })
      : parseContractLog(await readInput(io, path, "contractLog"), of, path);
  if (saveLog !== undefined) await save(io, saveLog, serialiseContractLog(log), "contractLog");
  return log;
}

function resultText({ transactions, events, toBlock, coverage, findings }: ContractAuditResult): string {
  const facts: [string, string][] = [
    ["read", `${events} events of ${transactions} transactions, to block ${toBlock}`],
    ...Object.entries(coverage).map(([what, count]): [string, string] => [what, String(count)]),
    ["findings", String(findings.total)],
  ];
  if (findings.total === 0) return `${pairs(facts)}\n`;
  const rows = findings.listed.map(({ severity, code, block, expected, got }) => [
    severity,
    code satisfies FindingCode,
    String(block),
    `expected ${expected}, got ${got}`,
  ]);
  return `${pairs(facts)}\n${table(["severity", "finding", "block", "what"], rows, { text: [0, 1, 3] })}`;
}
