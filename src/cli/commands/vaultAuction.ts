import { Command } from "commander";
import type { OpenDeployment } from "../../chain/deployment.js";
import { type TokenInfo, tokenInfo, Vault } from "../../chain/vault.js";
import { type VaultAuction, type VaultBalance, vaultAccount, vaultTokens } from "../../chain/vaultAccount.js";
import { checksummed } from "../../encoding/address.js";
import { formatDecimal, parseDecimal } from "../../encoding/decimal.js";
import { OutOfRangeError, UsageError } from "../../errors.js";
import type { Io } from "../io.js";
import {
  type Act,
  type ActOptions,
  accountArgument,
  act,
  actCommand,
  addressArgument,
  tokenArgument,
} from "../onChain.js";

/** Which token; see {@link tokenNamed}. */
export const TOKEN_OPTION = [
  "--token <symbol>",
  "token by symbol, address or name; the settlement token by default",
  tokenArgument,
] as const;

/** A command that sends a transaction to the vault. Add its arguments and its action: see {@link onVault}. */
export function vaultAction(name: string, description: string, ...examples: readonly string[]): Command {
  return actCommand("vault", name, description, examples);
}

/** Does something in the vault as the sender that the options name, and tells the outcome. */
export function onVault(
  io: Io,
  options: ActOptions,
  work: (open: OpenDeployment, vault: Vault) => Promise<Act>,
): Promise<void> {
  return act(io, options, (open, transactions) => work(open, new Vault(open, transactions)));
}

/** The vault's token of that symbol or address; the settlement token if none is named. @throws UsageError */
export async function tokenNamed(open: OpenDeployment, vault: Vault, name?: string): Promise<TokenInfo> {
  if (name === undefined) return tokenInfo(open, await vault.settlement());
  const tokens = await vaultTokens(open);
  const address = checksummed(name);
  const found = tokens.filter(({ token, symbol }) => token === address || symbol === name);
  const [token] = found;
  if (token !== undefined && found.length === 1) return token;
  const symbols = tokens.map(({ symbol }) => symbol).join(", ");
  throw new UsageError(
    found.length === 0
      ? `--token: expected one that the vault lists (${symbols}), got another`
      : `--token: expected an address, got a symbol that ${found.length} tokens have`,
  );
}

/** An amount that a person wrote, in units of the token. @throws FormatError, PrecisionError, OutOfRangeError */
export function unitsOf(text: string, { decimals }: Pick<TokenInfo, "decimals">, path = "amount"): bigint {
  const units = parseDecimal(text, decimals, path);
  if (units <= 0n) throw new OutOfRangeError(path, "more than zero", "zero or less");
  return units;
}

/** Units of a token, for people. */
export function amountText(units: bigint, { decimals, symbol }: TokenInfo): string {
  return `${formatDecimal(units, decimals)} ${symbol}`;
}

const AUCTION_OPTION = [
  "--token <symbol>",
  "token at auction, by symbol, address or name; the only one by default",
  tokenArgument,
] as const;

/** `zkmargin vault auction`: liquidation of an account that the gate calls liquidatable. */
export function auctionCommand(io: Io): Command {
  const start = vaultAction(
    "start",
    "Auction all of a liquidatable account's collateral in one token. Anybody may.",
    "auction start 0x… --token BTC --keystore keeper.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...TOKEN_OPTION)
    .action((account: string, options) =>
      onVault(io, options, async (open, vault) => {
        const { token, symbol } = await tokenNamed(open, vault, options.token);
        const { receipt } = await vault.startAuction(account, token);
        return { words: `The ${symbol} are up for auction`, fields: { account, token }, receipt };
      }),
    );
  const close = vaultAction(
    "close",
    "End an auction that is over, or that has nothing left to raise. Anybody may.",
    "auction close 0x… --keystore keeper.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...AUCTION_OPTION)
    .action((account: string, options) =>
      onVault(io, options, async (open, vault) => {
        const { token, symbol } = await auctionNamed(open, vault, account, options.token);
        const receipt = await vault.closeAuction(account, token);
        return { words: `The auction of the ${symbol} is closed`, fields: { account, token }, receipt };
      }),
    );
  const cover = vaultAction(
    "cover",
    "Pay the debt of a liquidatable account without collateral from the insurance fund. For the creditor.",
    "auction cover 0x… --keystore keeper.json",
  )
    .argument("<account>", "account", accountArgument)
    .action((account: string, options) =>
      onVault(io, options, async (_, vault) => {
        const receipt = await vault.coverShortfall(account);
        return {
          words: "The shortfall is covered, as far as the fund reaches",
          fields: { account },
          receipt,
        };
      }),
    );
  return new Command("auction")
    .description(
      "Auction a liquidatable account's collateral, at a price that falls until somebody takes it.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin vault auction start 0x… --token BTC --keystore keeper.json
  $ zkmargin vault auction take 0x… --keystore bidder.json`,
    )
    .addCommand(start)
    .addCommand(takeCommand(io))
    .addCommand(close)
    .addCommand(cover);
}

/** The token at auction of that name, or the only one. @throws UsageError */
async function auctionNamed(
  open: OpenDeployment,
  vault: Vault,
  account: string,
  name?: string,
): Promise<VaultBalance & { readonly auction: VaultAuction }> {
  const { token: named } = name === undefined ? { token: undefined } : await tokenNamed(open, vault, name);
  const { balances } = await vaultAccount(open, account);
  const running = balances.flatMap((token) =>
    token.auction === null ? [] : [{ ...token, auction: token.auction }],
  );
  const found = named === undefined ? running : running.filter(({ token }) => token === named);
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  if (only !== undefined)
    throw new UsageError(
      `expected --token, as ${running.map(({ symbol }) => symbol).join(", ")} are at auction, got none`,
    );
  throw new UsageError(
    `expected an auction of this account${name === undefined ? "" : ` in ${name}`}, got none; start it`,
  );
}

function takeCommand(io: Io): Command {
  return vaultAction(
    "take",
    "Buy collateral at auction, at its present price. Anybody may.",
    "auction take 0x… --keystore bidder.json",
    "auction take 0x… --token BTC --most 0.5 --most-cost 14000 --keystore bidder.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...AUCTION_OPTION)
    .option("--most <amount>", "largest amount to buy; all that is left by default")
    .option(
      "--most-cost <amount>",
      "highest cost of --most, and in proportion of less; the present price by default, as it only falls",
    )
    .option("--to <address>", "receiver; the sender by default", addressArgument)
    .action((account: string, options) =>
      onVault(io, options, async (open, vault) => {
        const token = await auctionNamed(open, vault, account, options.token);
        const settlement = await tokenNamed(open, vault);
        const most = options.most === undefined ? token.auction.left : unitsOf(options.most, token, "--most");
        const { amount, cost, receipt } = await vault.take(account, token.token, most, {
          ...(options.mostCost !== undefined && {
            mostCost: unitsOf(options.mostCost, settlement, "--most-cost"),
          }),
          ...(options.to !== undefined && { to: options.to }),
        });
        const words = `Bought ${amountText(amount, token)} for ${amountText(cost, settlement)}`;
        return { words, fields: { account, token: token.token, amount, cost }, receipt };
      }),
    );
}
