import { Command, InvalidArgumentError } from "commander";
import type { OpenDeployment } from "../../chain/deployment.js";
import {
  DEFAULT_ROUTES,
  deployLiquidator,
  findLiquidatable,
  type Liquidatable,
  type Liquidated,
  type LiquidationTerms,
  liquidatedIn,
  quoteLiquidation,
  type RouteChoice,
  type RouteQuote,
  type RouteQuotes,
  takeLiquidation,
} from "../../chain/liquidator.js";
import { quoteRoutes, quoterOf } from "../../chain/poolQuotes.js";
import type { Transactions } from "../../chain/transactions/transactions.js";
import { LAST_WAIT, orAborted, pause } from "../../chain/untilAborted.js";
import { auctionsIn, tokenInfo, Vault } from "../../chain/vault.js";
import { parseDecimal } from "../../encoding/decimal.js";
import { AccountStatusError, RevertedError, UsageError, ZkMarginError } from "../../errors.js";
import { fractionOfWhole, wholeNumber } from "../arguments.js";
import { json, jsonLine } from "../format.js";
import { called, type Io, untilInterrupt } from "../io.js";
import {
  addressArgument,
  collect,
  KEY_HELP,
  onChain,
  sender,
  withDeployment,
  withSender,
} from "../onChain.js";

/** `zkmargin liquidate`: auctions of the vault, bought and sold in pools. */
export function liquidateCommand(io: Io): Command {
  return new Command("liquidate")
    .description("Liquidate through Uniswap pools, with no capital: find, try out and take auctions.")
    .addCommand(deployLiquidatorCommand(io))
    .addCommand(runCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin liquidate deploy --factory 0x1F98431c8aD98523631AE4a59f267346ea31F984 --keystore keeper.json
  $ zkmargin liquidate run --liquidator 0x… --keystore keeper.json

Exit codes: see \`zkmargin liquidate deploy --help\` and \`zkmargin liquidate run --help\`.`,
    );
}

function deployLiquidatorCommand(io: Io): Command {
  const command = new Command("deploy").description(
    "Deploy a liquidator of the deployment's vault. Anybody may use it.",
  );
  return withSender(withDeployment(command))
    .requiredOption("--factory <address>", "factory of Uniswap v3", addressArgument)
    .option("--pool-manager <address>", "pool manager of Uniswap v4; none by default", addressArgument)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin liquidate deploy --factory 0x1F98431c8aD98523631AE4a59f267346ea31F984 --keystore keeper.json

Exit codes: 0 deployed; 2 and 3 wrong options or files; 8 chain, key or node fails.`,
    )
    .action((options) =>
      onChain(io, options, async (open) => {
        const transactions = await sender(io, open.connection, options, options.deployment);
        const { factory, poolManager } = options;
        const { address } = await deployLiquidator(open, transactions, factory, poolManager);
        io.out(options.json ? json({ address }) : `${address}\n`);
      }),
    );
}

function runCommand(io: Io): Command {
  const command = new Command("run").description(
    "Find liquidatable accounts, try every route, and take what is profitable, until an interrupt.",
  );
  return withSender(withDeployment(command))
    .requiredOption("--liquidator <address>", "the liquidator, of liquidate deploy", addressArgument)
    .option("--least-profit <amount>", "least profit of a liquidation, in the settlement token", "1")
    .option("--slippage <bps>", "how far the sale may be below the ledger's low", fractionOfWhole, 200)
    .option(
      "--fee <n>",
      "fee of a Uniswap v3 pool, millionths; 100, 500, 3000 and 10000 by default",
      collect(whole),
    )
    .option(
      "--v4 <fee:spacing>",
      "Uniswap v4 pools of this fee and tick spacing. Repeat it for several",
      collect(pool),
    )
    .option(
      "--through <address>",
      "token that a route may pass through. Repeat it for several",
      collect(addressArgument),
    )
    .option(
      "--quoter <address>",
      "Uniswap's QuoterV2, for quotes of v3 routes; where the chain is a known one, its own by default",
      addressArgument,
    )
    .option("--to <address>", "who gets the profit; the sender by default", addressArgument)
    .option("--no-start", "start no auctions: bid in those that run")
    .option("--interval <seconds>", "time between two looks", wholeNumber, 12)
    .option("--once", "look once, and end", false)
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `${KEY_HELP}
The liquidator holds nothing. A pool hands over the settlement token, that pays the vault, and the collateral pays the pool. A liquidation
reverts unless it brings the least profit, and unless the sale is within --slippage of the ledger's low.

At each look the command asks the quoter what every route of one and two v3 pools would give, for all of an auction and for parts of it. It
tells each route's sale and price impact when the impact changes. It has the node try the best by its quotes, and every route with a v4 pool. Without a
quoter it says so, and has the node try every route. It sends the most profitable, once. A quote that a trial does not bear out is told. It starts an auction where none runs: who starts one gets a share of the penalty. The price then falls, until a route pays.
It closes an auction that ended unsold, and starts another.

Each line tells what was found, closed, started or taken. Trouble with a node is told, and the next look tries again. What was sent before the trouble is
told when it is mined. An interrupt ends the command at once, or within 10 seconds while it sends.

Examples:
  $ zkmargin liquidate run --liquidator 0x… --least-profit 25 --keystore keeper.json
  $ zkmargin liquidate run --liquidator 0x… --through 0x… --v4 3000:60 --once --json --keystore keeper.json

Exit codes: 0 ended by an interrupt, or with --once nothing is left; 2 and 3 wrong options or files; 8 chain, key or node fails. With --once 12, if
something liquidatable is left of which nothing was taken.`,
    )
    .action((options) =>
      onChain(io, options, async (open) => {
        const transactions = await sender(io, open.connection, options, options.deployment);
        const settlement = await tokenInfo(open, await new Vault(open, transactions).settlement());
        const leastProfit = parseDecimal(options.leastProfit, settlement.decimals, "--least-profit");
        if (leastProfit < 0n) throw new UsageError("--least-profit: expected 0 or more, got less");
        const terms: LiquidationTerms = {
          leastProfit,
          slippage: options.slippage,
          to: options.to ?? transactions.sender,
        };
        const choice = routeChoice(options);
        const quoter = await quoterOf(open, options.liquidator, options.quoter);
        const bot = new Bot(io, open, transactions, options.liquidator, quoter, choice, terms, options);
        bot.begin();
        await untilInterrupt(async (signal) => {
          for (;;) {
            const left = await bot.look(options.once, signal);
            if (options.once && left > 0 && !signal.aborted)
              throw new AccountStatusError("liquidatable", Array(left).fill("liquidatable"));
            if (options.once || signal.aborted) return;
            await pause(options.interval * 1_000, signal);
            if (signal.aborted) return;
          }
        });
      }),
    );
}

type Receipt = Parameters<typeof liquidatedIn>[0];

/** Looks, tells, closes, starts and takes. */
class Bot {
  readonly #vault: Vault;
  /** What was told last of each matter, so that a look which finds nothing new tells nothing. */
  readonly #told = new Map<string, string>();

  constructor(
    readonly io: Io,
    readonly open: OpenDeployment,
    readonly transactions: Transactions,
    readonly liquidator: string,
    readonly quoter: string | null,
    readonly choice: RouteChoice,
    readonly terms: LiquidationTerms,
    readonly options: { readonly json?: boolean; readonly start: boolean },
  ) {
    this.#vault = new Vault(open, transactions);
  }

  /** Tells whether there will be quotes. */
  begin(): void {
    const chain = String(this.open.connection.chainId);
    if (this.quoter === null)
      this.#tell({
        event: "unquoted",
        chain,
        reason: "no --quoter, and none known of the liquidator's factory",
      });
  }

  /**
   * @param throws whether trouble ends the command
   * @param signal ends the look: what is read at once, and what is being sent a little later
   * @returns how many accounts have something liquidatable of which nothing was taken
   */
  async look(throws: boolean, signal: AbortSignal): Promise<number> {
    const left = new Set<string>();
    const sent = <T>(work: Promise<T>) => orAborted(work, signal, LAST_WAIT);
    try {
      // What was sent, and not seen mined for want of a node.
      for (const receipt of (await sent(this.transactions.resume())) ?? []) await this.#tellOf(receipt);
      const all = await orAborted(findLiquidatable(this.open), signal);
      if (all === undefined) return 0;
      for (const { account } of all) left.add(account);
      const names = all.map(({ account, token }) => `${called(this.io, account)} ${token.symbol}`).join(", ");
      this.#tell({ event: "found", found: all.length, what: names }, ["found", names]);
      for (const found of all) {
        if (signal.aborted) return left.size;
        if (found.auction !== null) {
          if (await this.#take(found, signal)) left.delete(found.account);
        } else if (this.options.start) await sent(this.#start(found));
      }
    } catch (error) {
      if (throws || !(error instanceof ZkMarginError)) throw error;
      this.#tell({ event: "trouble", name: error.name, message: error.message }, ["trouble", error.message]);
      return left.size;
    }
    this.#told.delete("trouble");
    return left.size;
  }

  /** Starts an auction, and closes one before that takes no more bids. */
  async #start({ account, token: { token }, balance, over }: Liquidatable): Promise<void> {
    try {
      if (over) await this.#tellOf(await this.#vault.closeAuction(account, token));
      if (over || balance > 0n) await this.#tellOf((await this.#vault.startAuction(account, token)).receipt);
    } catch (error) {
      // Relief, or an auction closed or started by somebody else: the next look sees it.
      if (!(error instanceof RevertedError)) throw error;
    }
  }

  /** Returns whether something was taken. */
  async #take(found: Liquidatable, signal: AbortSignal): Promise<boolean> {
    const { account, token } = found;
    const { open, liquidator, quoter, choice, terms, transactions } = this;
    const of = { account, token: token.symbol };
    const quotes = quoter === null ? null : await orAborted(quoteRoutes(open, quoter, found, choice), signal);
    if (quotes === undefined) return false;
    if (quotes !== null) this.#tellQuotes(quotes, found);
    const known = {
      quotes: quotes ?? undefined,
      onDiffers: ({ hops, most, sale, cost }: RouteQuote, simulated: bigint | string) =>
        this.#tell({ event: "differs", ...of, route: nameOf(hops), quoted: sale - cost, simulated }, [
          `differs ${account} ${token.token} ${nameOf(hops)} ${most}`,
          typeof simulated === "string" ? simulated : "profit",
        ]),
    };
    const quote = await orAborted(
      quoteLiquidation(open, liquidator, found, choice, terms, transactions.sender, known),
      signal,
    );
    if (quote === undefined) return false;
    const { startedAt, left } = found.auction ?? {};
    if (quote === null) {
      this.#tell({ event: "waits", ...of }, [`waits ${account} ${token.token}`, `${startedAt} ${left}`]);
      return false;
    }
    try {
      const taken = await orAborted(
        takeLiquidation(open, transactions, liquidator, quote, terms),
        signal,
        LAST_WAIT,
      );
      if (taken === null) this.#tell({ event: "missed", ...of });
      else if (taken !== undefined) {
        this.#tellTaken(taken, token.symbol);
        return true;
      }
    } catch (error) {
      // Somebody else was first, or the market moved in between.
      if (!(error instanceof RevertedError)) throw error;
      this.#tell({ event: "refused", ...of, reason: error.reason });
    }
    return false;
  }

  /** Tells what each route would give for the largest part that the quoter answers for, when its impact changes. */
  #tellQuotes({ routes }: RouteQuotes, { account, token }: Liquidatable): void {
    const largest = new Map<string, RouteQuote>();
    for (const quote of routes) {
      const route = nameOf(quote.hops);
      if (quote.amount > (largest.get(route)?.amount ?? 0n)) largest.set(route, quote);
    }
    for (const [route, { amount, sale, impact }] of largest)
      this.#tell({ event: "quoted", account, token: token.symbol, route, amount, sale, impactBps: impact }, [
        `quoted ${account} ${token.token} ${route}`,
        String(impact),
      ]);
  }

  /** Tells what a transaction did, be it of this look or of one before that lost its node. */
  async #tellOf(receipt: Receipt | null): Promise<void> {
    if (receipt === null) return;
    const symbolOf = async (token: string) => (await tokenInfo(this.open, token)).symbol;
    const taken = liquidatedIn(receipt, this.liquidator);
    if (taken !== null) return this.#tellTaken(taken, await symbolOf(taken.token));
    const { closed, started } = auctionsIn(receipt, this.#vault.address);
    for (const { account, token, returned } of closed)
      this.#tell({ event: "closed", account, token: await symbolOf(token), returned });
    for (const { account, token, offered, startCost } of started)
      this.#tell({ event: "started", account, token: await symbolOf(token), offered, startCost });
  }

  #tellTaken({ token: _, account, ...taken }: Liquidated, symbol: string): void {
    this.#tell({ event: "taken", account, token: symbol, ...taken });
  }

  /** @param once a matter and how it stands: told only when that changes; a line without is always told */
  #tell(
    line: Readonly<Record<string, unknown>> & { readonly event: string },
    once?: readonly [matter: string, state: string],
  ): void {
    if (once !== undefined) {
      const [matter, state] = once;
      if (this.#told.get(matter) === state) return;
      this.#told.set(matter, state);
    }
    const time = new Date().toISOString();
    const { event, ...rest } = line;
    const words = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
    this.io.out(this.options.json ? jsonLine({ time, ...line }) : `${time} ${event} ${words.join(", ")}\n`);
  }
}

function routeChoice({
  fee,
  v4 = [],
  through = [],
}: Readonly<Record<string, readonly string[] | undefined>>): RouteChoice {
  return {
    fees: fee === undefined ? DEFAULT_ROUTES.fees : fee.map(BigInt),
    v4: v4.map((text) => {
      const [of = "0", tickSpacing = "0"] = text.split(":");
      return { fee: BigInt(of), tickSpacing: BigInt(tickSpacing) };
    }),
    through,
  };
}

/** A route by its pools' fees, and by the tick spacing of v4: "v3 3000 via 0x… v4 500:10". */
function nameOf(hops: RouteQuote["hops"]): string {
  return hops
    .map(({ token, fee, tickSpacing }, i) => {
      const pool = tickSpacing === 0n ? `v3 ${fee}` : `v4 ${fee}:${tickSpacing}`;
      return i + 1 < hops.length ? `${pool} via ${token}` : pool;
    })
    .join(" ");
}

function whole(text: string): string {
  return String(wholeNumber(text));
}

function pool(text: string): string {
  if (!/^\d{1,7}:[1-9]\d{0,4}$/.test(text))
    throw new InvalidArgumentError("expected <fee>:<tick spacing>, such as 3000:60.");
  return text;
}
