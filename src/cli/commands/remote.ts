import { Command } from "commander";
import type { Deployed } from "../../chain/deployment.js";
import { openVault, remoteOf } from "../../chain/deployment.js";
import type { LockMessage } from "../../chain/remote/messages.js";
import {
  bindLock,
  connectPair,
  deployOtherSide,
  parseOtherSide,
  type RemotePair,
  serialiseOtherSide,
} from "../../chain/remote/otherSide.js";
import { Remote } from "../../chain/remote/remote.js";
import { allSaid, type RemoteStatus, remoteStatus } from "../../chain/remote/said.js";
import type { Transactions } from "../../chain/transactions/transactions.js";
import { Vault } from "../../chain/vault.js";
import { formatDecimal, parseDecimal } from "../../encoding/decimal.js";
import { OutOfRangeError, UsageError } from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { isoTime, json, pairs, table } from "../format.js";
import { called, checkOutput, type Io, readInput, save } from "../io.js";
import {
  accountArgument,
  addressArgument,
  type ChainOptions,
  collect,
  connectTo,
  KEY_HELP,
  onChain,
  type SenderOptions,
  sender,
  withDeployment,
  withRpc,
  withSender,
} from "../onChain.js";
import { onPair, otherSender, withPair } from "../remotePairs.js";
import { proveCommand, relayCommand, vouchCommand } from "./remoteRelay.js";

/** `zkmargin remote`: collateral that is locked on another chain. */
export function remoteCommand(io: Io): Command {
  const command = new Command("remote").description("Collateral that is locked on another chain.");
  const commands = [
    deployCommand(io),
    bindCommand(io),
    statusCommand(io),
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

const EXITS =
  "Exit codes: 0 done, or done before; 2 and 3 wrong options or files; 8 a contract refuses, or chain, key or node.";

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
          const { journal: _, ...rest } = options;
          const transactions = await sender(io, connection, rest, options.other);
          const { address } = remoteOf(home.deployment, options.asset).remoteCollateral;
          const receipt = await bindLock(connection, transactions, other, address);
          await connectPair(home, options.asset, connection, other);
          tell(io, options, `Bound to ${address}`, receipt, { home: address });
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

function lockCommand(io: Io): Command {
  const command = new Command("lock").description("Lock tokens on the other chain for an account at home.");
  return withSender(withPair(command))
    .argument("<account>", "account at home", accountArgument)
    .argument("<amount>", "amount of the token")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Only home can release what is locked. It counts once the lock is final, proven and credited: \`zkmargin remote relay\`.

Example:
  $ zkmargin remote lock 0x… 25 --asset ETH --other-rpc https://other.example --keystore owner.json

${EXITS}`,
    )
    .action((account: string, amount: string, options) =>
      onPair(io, options, async (pair) => {
        const units = await unitsOf(pair, amount);
        const remote = new Remote(pair, { other: await otherSender(io, pair, options) });
        const { id, receipt } = await remote.lock(account, units);
        tell(io, options, `Locked as number ${id ?? "it had"}`, receipt, { id });
      }),
    );
}

function creditCommand(io: Io): Command {
  const command = new Command("credit").description(
    "Credit a lock that is verified: claims go into the vault.",
  );
  return withSender(withPair(command))
    .argument("<n>", "number of the lock", wholeNumber)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Anybody may credit a lock. Above the cap nothing is credited; the lock waits until there is room, or its owner declines it.

Example:
  $ zkmargin remote credit 1 --asset ETH --other-rpc https://other.example --keystore owner.json

${EXITS}`,
    )
    .action((id: number, options) =>
      onPair(io, options, async (pair) => {
        const home = await sender(io, pair.home.connection, options, options.deployment);
        const receipt = await new Remote(pair, { home }).credit(await lockNumbered(pair, id));
        tell(io, options, `Credited lock ${id}`, receipt, { id });
      }),
    );
}

function declineCommand(io: Io): Command {
  const command = new Command("decline").description("Send a lock back that was not credited.");
  return withSender(withPair(command))
    .argument("<n>", "number of the lock", wholeNumber)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Only the owner of the account that the lock names may; anybody, if there is no such account.

Example:
  $ zkmargin remote decline 1 --asset ETH --other-rpc https://other.example --keystore owner.json

${EXITS}`,
    )
    .action((id: number, options) =>
      onPair(io, options, async (pair) => {
        const home = await sender(io, pair.home.connection, options, options.deployment);
        const receipt = await new Remote(pair, { home }).decline(await lockNumbered(pair, id));
        tell(io, options, `Declined lock ${id}`, receipt, { id });
      }),
    );
}

function releaseCommand(io: Io): Command {
  const command = new Command("release").description(
    "Withdraw claims from the vault, and have the locks pay them out on the other chain.",
  );
  return withSender(withPair(command))
    .argument("<account>", "account at home", accountArgument)
    .argument("<amount>", "amount of the token")
    .requiredOption("--to <address>", "who gets the tokens on the other chain", addressArgument)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Run it twice. The first run requests the withdrawal from the vault. The attesters then attest a book without the amount, and
you prove that at initial margin. The second run withdraws the claims, and tells the locks. \`zkmargin remote relay\` carries that.

Example:
  $ zkmargin remote release 0x… 25 --asset ETH --to 0x… --other-rpc https://other.example --keystore owner.json

${EXITS}`,
    )
    .action((account: string, amount: string, options) =>
      onPair(io, options, async (pair) => {
        const units = await unitsOf(pair, amount);
        const home = await sender(io, pair.home.connection, options, options.deployment);
        const claims = String(pair.collateral.target);
        const vault = new Vault(pair.home, home);
        const free = await pair.collateral.releasable(account);
        if (free < units) {
          const { amount: requested } = await openVault(pair.home).withdrawalOf(account, claims);
          if (requested !== units - free) {
            const receipt = await vault.requestWithdrawal(account, claims, units - free);
            return tell(
              io,
              options,
              "Requested; have a book without it attested, prove it, and run this again",
              receipt,
              {
                step: "requested",
              },
            );
          }
          await vault.executeWithdrawal(account, claims, claims);
        }
        const messages = await new Remote(pair, { home }).release(account, units, options.to);
        const numbers = messages.map(({ id, number }) => `${id}.${number}`).join(", ");
        io.out(
          options.json
            ? json({ step: "released", messages })
            : `Released from locks ${numbers}; relay it to be paid out\n`,
        );
      }),
    );
}

function buyCommand(io: Io): Command {
  const command = new Command("buy").description(
    "Buy claims from an auction of the vault, to be paid out on the other chain.",
  );
  return withSender(withPair(command))
    .argument("<account>", "account whose claims are at auction", accountArgument)
    .argument("<amount>", "most to buy, of the token")
    .option(
      "--to <address>",
      "who gets the tokens on the other chain; the sender by default",
      addressArgument,
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
You pay the vault's present price at home. The lock pays out once home's message is final there. You bear that it never does.

Example:
  $ zkmargin remote buy 0x… 25 --asset ETH --other-rpc https://other.example --keystore bidder.json

${EXITS}`,
    )
    .action((account: string, amount: string, options) =>
      onPair(io, options, async (pair) => {
        const most = await unitsOf(pair, amount);
        const home = await sender(io, pair.home.connection, options, options.deployment);
        const bought = await new Remote(pair, { home }).buy(account, most, options.to ?? home.sender);
        const decimals = Number(await pair.collateral.decimals());
        io.out(
          options.json
            ? json(bought)
            : `Bought ${formatDecimal(bought.amount, decimals)} ${pair.asset}; relay it to be paid out\n`,
        );
      }),
    );
}

/** @throws UsageError if the other chain has no lock of that number */
async function lockNumbered(pair: RemotePair, number: number): Promise<LockMessage> {
  for (const said of await allSaid(pair))
    if (said.kind === "lock" && said.message.id === BigInt(number)) return said.message;
  throw new UsageError(`<n>: expected the number of a lock on the other chain, got ${number}`);
}

async function unitsOf({ collateral }: RemotePair, amount: string): Promise<bigint> {
  const units = parseDecimal(amount, Number(await collateral.decimals()), "<amount>");
  if (units <= 0n) throw new OutOfRangeError("<amount>", "more than 0", "0 or less");
  return units;
}

function tell(
  io: Io,
  options: { readonly json?: boolean },
  words: string,
  receipt: { readonly hash: string; readonly gasUsed: bigint } | null,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  const outcome = receipt === null ? "already" : "done";
  if (options.json)
    io.out(json({ outcome, ...fields, transaction: receipt?.hash ?? null, gas: receipt?.gasUsed ?? null }));
  else io.out(receipt === null ? `${words}: done before\n` : `${words}, ${receipt.gasUsed} gas\n`);
}
