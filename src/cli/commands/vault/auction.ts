import { Command } from "commander";
import { tokenInfo } from "../../../chain/token.js";
import { vaultStanding } from "../../../chain/vaultStanding.js";
import { UsageError } from "../../../errors.js";
import { accountArgument, addressArgument } from "../../chain/session.js";
import type { Io } from "../../io.js";
import { act, amountText, TOKEN_OPTION, tokenNamed, unitsOf, vaultAction } from "./act.js";

/** `zkmargin vault auction`: liquidation of an account that the gate calls liquidatable. */
export function auctionCommand(io: Io): Command {
  const start = vaultAction(
    "start",
    "Put all of a liquidatable account's collateral in a token up for auction. Anybody may.",
    "auction start 0x… --token BTC --keystore keeper.json",
  )
    .argument("<account>", "account", accountArgument)
    .option(...TOKEN_OPTION)
    .action((account: string, options) =>
      act(io, options, async (open, vault) => {
        const { token, symbol } = await tokenNamed(open, vault, options.token);
        const receipt = await vault.startAuction(account, token);
        return { words: `The ${symbol} are up for auction`, fields: { account, token }, receipt };
      }),
    );
  const simple = (
    name: string,
    description: string,
    words: string,
    method: "closeAuction" | "coverShortfall",
  ) =>
    vaultAction(name, description, `auction ${name} 0x… --keystore keeper.json`)
      .argument("<account>", "account", accountArgument)
      .action((account: string, options) =>
        act(io, options, async (_, vault) => {
          const receipt = await vault[method](account);
          return { words, fields: { account }, receipt };
        }),
      );
  return new Command("auction")
    .description("Auctions of a liquidatable account's collateral. The price falls until it is taken.")
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin vault auction start 0x… --token BTC --keystore keeper.json
  $ zkmargin vault auction take 0x… --keystore bidder.json`,
    )
    .addCommand(start)
    .addCommand(takeCommand(io))
    .addCommand(
      simple(
        "close",
        "End an auction whose time is over, or that has nothing left to raise. Anybody may.",
        "The auction is closed",
        "closeAuction",
      ),
    )
    .addCommand(
      simple(
        "cover",
        "Pay what a liquidatable account without collateral owes from the insurance fund. The creditor's.",
        "The shortfall is covered, as far as the fund reaches",
        "coverShortfall",
      ),
    );
}

function takeCommand(io: Io): Command {
  return vaultAction(
    "take",
    "Buy at the price of the moment. Anybody may.",
    "auction take 0x… --keystore bidder.json",
    "auction take 0x… --most 0.5 --most-cost 14000 --keystore bidder.json",
  )
    .argument("<account>", "account", accountArgument)
    .option("--most <amount>", "buy no more than that; all there is by default")
    .option(
      "--most-cost <amount>",
      "pay no more than that; by default what it costs now, as the price only falls",
    )
    .option("--to <address>", "receiver; the sender by default", addressArgument)
    .action((account: string, options) =>
      act(io, options, async (open, vault) => {
        const { auction, settlement } = await vaultStanding(open, account);
        if (auction === null) throw new UsageError("expected an auction of this account, got none; start it");
        const token = await tokenInfo(open, auction.token);
        const most = options.most === undefined ? auction.left : unitsOf(options.most, token, "--most");
        const { amount, cost, receipt } = await vault.take(account, most, {
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
