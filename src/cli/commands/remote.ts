import { Command } from "commander";
import { auditLock } from "../../audit/contracts/lock.js";
import { REMOTE_AUDIT } from "../../audit/contracts/remote.js";
import type { Connection } from "../../chain/connection.js";
import { type ContractLog, type ContractLogRequest, requireSameLog } from "../../chain/contractLog.js";
import { type Deployed, remoteOf } from "../../chain/deployment.js";
import { lockLog, remoteLog } from "../../chain/remote/log.js";
import {
  bindLock,
  connectPair,
  deployOtherSide,
  parseOtherSide,
  serialiseOtherSide,
} from "../../chain/remote/otherSide.js";
import { type RemoteStatus, remoteStatus } from "../../chain/remote/said.js";
import { formatDecimal } from "../../encoding/decimal.js";
import { UsageError } from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { auditContracts, contractLogOf, withContractAudit } from "../contractAudits.js";
import { isoTime, json, pairs, table } from "../format.js";
import { called, checkOutput, type Io, readInput, save } from "../io.js";
import {
  addressArgument,
  collect,
  connectTo,
  KEY_HELP,
  onChain,
  sender,
  withDeployment,
  withRpc,
  withSender,
} from "../onChain.js";
import { EXITS, onPair, otherSender, tellReceipt, withPair } from "../remotePairs.js";
import { buyCommand, creditCommand, declineCommand, lockCommand, releaseCommand } from "./remoteClaims.js";
import { proveCommand, relayCommand, vouchCommand } from "./remoteRelay.js";

/** `zkmargin remote`: collateral that is locked on another chain. */
export function remoteCommand(io: Io): Command {
  const command = new Command("remote").description("Collateral that is locked on another chain.");
  const commands = [
    deployCommand(io),
    bindCommand(io),
    statusCommand(io),
    auditCommand(io),
    lockCommand(io),
    vouchCommand(io),
    proveCommand(io),
    relayCommand(io),
    creditCommand(io),
    declineCommand(io),
    releaseCommand(io),
    buyCommand(io),
  ];
  for (const each of commands) command.addCommand(each);
  return command.addHelpText(
    "after",
    `
Tokens are locked on the other chain, and become claims in the vault at home. Each side proves to the other what it has said.

Examples:
  $ zkmargin remote lock 0x… 25 --asset ETH --keystore owner.json
  $ zkmargin remote relay --asset ETH --roots roots --keystore relayer.json
  $ zkmargin remote release 0x… 25 --asset ETH --to 0x… --keystore owner.json

Exit codes: see each command's own help.`,
  );
}

function deployCommand(io: Io): Command {
  const command = new Command("deploy").description(
    "Deploy a lock on the other chain, and who vouches there for blocks of home.",
  );
  return withSender(withRpc(command, "node of the other chain; http://127.0.0.1:8545 by default"))
    .requiredOption("--token <address>", "the token to lock", addressArgument)
    .requiredOption("--home-chain <n>", "chain id of the deployment at home", wholeNumber)
    .requiredOption(
      "--attester <address>",
      "who vouches for blocks of home. Repeat it for several",
      collect(addressArgument),
    )
    .requiredOption("--threshold <n>", "how many of them must sign a block", wholeNumber)
    .option(
      "--wait <seconds>",
      "how long a block waits, in which any attester can stop it",
      wholeNumber,
      3_600,
    )
    .option("--finality <seconds>", "how long a message must have stood at home", wholeNumber, 900)
    .requiredOption("--out <file>", "manifest of the other side to write")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
The lock takes nothing until \`zkmargin remote bind\` names its home. Between the two, deploy home with this lock in its plan.

Example:
  $ zkmargin remote deploy --rpc https://other.example --token 0x… --home-chain 1 --attester 0x… --threshold 1 --keystore deployer.json --out remote.json

Exit codes: 0 deployed; 2 and 3 wrong options or files; 8 chain, key or node fails.`,
    )
    .action(async (options) => {
      await checkOutput(options.out);
      const connection = await connectTo(io, options);
      try {
        const transactions = await sender(io, connection, options, options.out);
        const { attester: attesters, threshold, wait, finality } = options;
        const other = await deployOtherSide(connection, transactions, {
          homeChain: BigInt(options.homeChain),
          token: options.token,
          source: { kind: "storage-proofs", attesters, threshold, wait, finality },
        });
        await save(io, options.out, serialiseOtherSide(other), "otherSide");
        const parts: [string, string][] = Object.entries(other.contracts).map(([role, part]) => [
          role,
          (part as Deployed).address,
        ]);
        io.out(
          options.json
            ? json({ file: options.out, chainId: other.chainId, contracts: Object.fromEntries(parts) })
            : pairs([...parts, ["manifest", options.out]]),
        );
      } finally {
        connection.close();
      }
    });
}

function bindCommand(io: Io): Command {
  const command = new Command("bind").description(
    "Name a lock's home, once and for good, by who deployed it.",
  );
  return withSender(withPair(command))
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin remote bind --asset ETH --other-rpc https://other.example --keystore deployer.json

${EXITS}`,
    )
    .action(async (options) => {
      const other = parseOtherSide(await readInput(io, options.other, "otherSide"));
      await onChain(io, options, async (home) => {
        const connection = await connectTo(io, { ...options, rpc: options.otherRpc });
        try {
          const transactions = await otherSender(io, { connection }, options);
          const { address } = remoteOf(home.deployment, options.asset).remoteCollateral;
          const receipt = await bindLock(connection, transactions, other, address);
          await connectPair(home, options.asset, connection, other);
          tellReceipt(io, options, `Bound to ${address}`, receipt, { home: address });
        } finally {
          connection.close();
        }
      });
    });
}

function statusCommand(io: Io): Command {
  const command = new Command("status").description(
    "Show how locks, claims and messages stand on both chains.",
  );
  return withPair(command)
    .option("--json", "print JSON; amounts in units of the token")
    .addHelpText(
      "after",
      `
A lock is said, then verified at home, then credited or declined. It is stale when home has not heard of it for too long,
or when it holds less than it should. Then it counts nothing in the next book.

Example:
  $ zkmargin remote status --asset ETH --other-rpc https://other.example

Exit codes: 0 shown; 2 and 3 wrong options or files; 8 chain or node fails.`,
    )
    .action((options) =>
      onPair(io, options, async (pair) => {
        const status = await remoteStatus(pair);
        io.out(options.json ? json(status) : describe(io, status));
      }),
    );
}

type Work = (connection: Connection, request: ContractLogRequest) => Promise<ContractLog>;

/** `zkmargin remote audit`: the claims of an asset on another chain and its lock there, replayed. */
function auditCommand(io: Io): Command {
  const command = new Command("audit").description(
    "Replay every event of the claims on another chain's collateral, and of the lock there, and report findings.",
  );
  return withContractAudit(withDeployment(command), "remote audit --asset ETH --save-log eth.ndjson")
    .option("--asset <symbol>", "the listed asset that is locked on the other chain; not with --log")
    .option("--other <file>", "manifest of the other side, of remote deploy", "remote.json")
    .option(
      "--other-rpc <url>",
      "node of the other chain: audit the lock too, and hold the two to each other",
      collect((url) => url),
    )
    .option("--lock-log <file>", "audit the lock by this log; with --other-rpc it must be what that node has")
    .option("--save-lock-log <file>", "also write the lock's log")
    .addHelpText(
      "after",
      `
With --other-rpc the command reads the lock's log first, then that of the claims. What home has credited must have been locked, and what the
lock has paid out home must have told it. With --lock-log beside it, that log must be what the node has up to the log's last block.

  $ zkmargin remote audit --asset ETH --other-rpc https://other.example --save-log eth.ndjson --save-lock-log lock.ndjson
  $ zkmargin remote audit --log eth.ndjson --lock-log lock.ndjson`,
    )
    .action(async (options) => {
      const { asset, lockLog: path, saveLockLog, otherRpc, log } = options;
      if (asset === undefined && log === undefined)
        throw new UsageError("expected --asset or --log, got neither");
      if (asset === undefined && otherRpc !== undefined)
        throw new UsageError("--other-rpc: expected --asset beside it, got none");
      if (saveLockLog !== undefined && path === undefined && otherRpc === undefined)
        throw new UsageError("--save-lock-log: expected --other-rpc or --lock-log beside it, got neither");
      const ask = (toBlock?: number) => (work: Work) =>
        onPair(io, options, async (pair) =>
          work(pair.connection, { ...(await lockLog(pair)), ...(toBlock === undefined ? {} : { toBlock }) }),
        );
      const ofLock =
        path === undefined && otherRpc === undefined
          ? undefined
          : await contractLogOf(
              io,
              { ...(path && { log: path }), ...(saveLockLog && { saveLog: saveLockLog }) },
              "lock",
              ask(),
            );
      if (path !== undefined && otherRpc !== undefined && ofLock !== undefined) {
        const { end } = ofLock.end;
        requireSameLog(path, ofLock, await contractLogOf(io, {}, "lock", ask(end)), "the other chain's node");
      }
      const askHome = (work: Work) =>
        onChain(io, options, async (open) => work(open.connection, await remoteLog(open, asset)));
      const replay = (claims: ContractLog) => ofLock && auditLock(ofLock, claims);
      await auditContracts(io, options, REMOTE_AUDIT, askHome, { name: "lock", replay });
    });
}

function describe(io: Io, status: RemoteStatus): string {
  const { asset, chainId, decimals, cap, credited, heardAt, stale, held, locked, locks, messages } = status;
  const amount = (units: bigint) => `${formatDecimal(units, decimals)} ${asset}`;
  const facts: [string, string][] = [
    ["chain", String(chainId)],
    ["credited", `${amount(credited)} of at most ${amount(cap)}`],
    ["locked", `${amount(locked)}, held ${amount(held)}`],
    ["heard", heardAt === 0n ? "never" : isoTime(heardAt)],
    ["counts", stale ? "nothing: stale" : "as the vault records"],
  ];
  const rows = locks.map((lock) => [
    String(lock.id),
    called(io, lock.account),
    amount(lock.amount),
    lock.state,
    amount(lock.leftAtHome),
    amount(lock.leftAtLock),
  ]);
  const open = messages.filter(({ state }) => state === "said" || state === "verified");
  const heads = ["lock", "account", "amount", "state", "left at home", "left there"];
  const waiting = open.map(({ side, kind, digest, state }) => `${kind} from ${side}: ${state}, ${digest}\n`);
  return `${pairs(facts)}\n${table(heads, rows, { text: [1, 3] })}${waiting.join("")}`;
}
