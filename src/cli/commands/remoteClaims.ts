import { Command } from "commander";
import { openVault } from "../../chain/deployment.js";
import type { LockMessage } from "../../chain/remote/messages.js";
import type { RemotePair } from "../../chain/remote/otherSide.js";
import { Remote } from "../../chain/remote/remote.js";
import { allSaid } from "../../chain/remote/said.js";
import { Vault } from "../../chain/vault.js";
import { formatDecimal, parseDecimal } from "../../encoding/decimal.js";
import { OutOfRangeError, UsageError } from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { json } from "../format.js";
import type { Io } from "../io.js";
import { accountArgument, addressArgument, KEY_HELP, sender, withSender } from "../onChain.js";
import { EXITS, onPair, otherSender, tellReceipt, withPair } from "../remotePairs.js";

/** Locks tokens on the other chain. */
export function lockCommand(io: Io): Command {
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
        tellReceipt(io, options, id === null ? "Locked" : `Locked as number ${id}`, receipt, { id });
      }),
    );
}

/** Credits a lock that is verified. */
export function creditCommand(io: Io): Command {
  return lockStep(io, "credit", {
    what: "Credit a lock that is verified: claims go into the vault.",
    who: "Anybody may credit a lock. Above the cap nothing is credited; the lock waits until there is room, or its owner declines it.",
    done: "Credited",
  });
}

/** Sends a lock back that was not credited. */
export function declineCommand(io: Io): Command {
  return lockStep(io, "decline", {
    what: "Send a lock back that was not credited.",
    who: "Only the owner of the account that the lock names may; anybody, if there is no such account.",
    done: "Declined",
  });
}

/** A command that settles one lock at home. */
function lockStep(
  io: Io,
  name: "credit" | "decline",
  { what, who, done }: { readonly what: string; readonly who: string; readonly done: string },
): Command {
  return withSender(withPair(new Command(name).description(what)))
    .argument("<n>", "number of the lock", wholeNumber)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
${who}

Example:
  $ zkmargin remote ${name} 1 --asset ETH --other-rpc https://other.example --keystore owner.json

${EXITS}`,
    )
    .action((id: number, options) =>
      onPair(io, options, async (pair) => {
        const home = await sender(io, pair.home.connection, options, options.deployment);
        const receipt = await new Remote(pair, { home })[name](await lockNumbered(pair, id));
        tellReceipt(io, options, `${done} lock ${id}`, receipt, { id });
      }),
    );
}

/** Has locks pay claims out. */
export function releaseCommand(io: Io): Command {
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
            return tellReceipt(
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

/** Buys claims from an auction. */
export function buyCommand(io: Io): Command {
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
