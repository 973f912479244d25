import { Command, InvalidArgumentError } from "commander";
import { ANVIL_KEYS, Anvil } from "../../chain/anvil.js";
import { LocalMarket, type PriceMove, type RoundTried } from "../../chain/localMarket.js";
import { tokenInfo } from "../../chain/vault.js";
import { vaultTokens } from "../../chain/vaultAccount.js";
import { formatDecimal, parseDecimal, percentInBps } from "../../encoding/decimal.js";
import { UnknownAssetError, UsageError } from "../../errors.js";
import { closesOn, parseHistory } from "../../market/history.js";
import { duration, unixTime } from "../arguments.js";
import { shippedHistory } from "../files.js";
import { isoTime, json, table } from "../format.js";
import { type Io, readInput } from "../io.js";
import { addressArgument, type ChainOptions, onChain, tokenArgument, withDeployment } from "../onChain.js";
import { unitsOf } from "./vaultAuction.js";

/** Decimals of a dollar in attodollars. */
const DOLLAR = 18;
const CODES =
  "Exit codes: 0 done; 2 and 3 wrong options or files; 8 no local chain, no mock feeds, or the node fails.";

/** `zkmargin local`: a local chain, and a market on it to move at will. */
export function localCommand(io: Io): Command {
  return new Command("local")
    .description(
      "Start a local chain, and move its prices and its time: to see grace, calls and liquidations in minutes.",
    )
    .addCommand(startCommand(io))
    .addCommand(priceCommand(io))
    .addCommand(timeCommand(io))
    .addCommand(feedCommand(io))
    .addCommand(mintCommand(io))
    .addHelpText(
      "after",
      `
The commands of \`zkmargin local\` work on a deployment of \`zkmargin deploy --local\` alone. They refuse any other chain. docs/CHAIN.md
has a walk.

Examples:
  $ zkmargin local start
  $ zkmargin local price BTC -12%
  $ zkmargin local time +6h`,
    );
}

/** A command whose arguments may be moves such as -12%, which commander would take for options. */
class MovesCommand extends Command {
  override parseOptions(args: string[]) {
    return super.parseOptions(
      args.map((text) => (/^-\d+(\.\d+)?%$/.test(text) ? `−${text.slice(1)}` : text)),
    );
  }
}

function startCommand(io: Io): Command {
  return new Command("start")
    .description("Run a local chain, anvil, until it is interrupted.")
    .option("--port <n>", "port on 127.0.0.1", portNumber, 8_545)
    .option("--time <time>", "time of its first block, such as 2021-05-17T00:00Z; now by default", unixTime)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
anvil comes with the optional package @foundry-rs/anvil of your platform; the command says which where it is missing. The chain
has anvil's usual accounts, each with 10 000 ETH, whose keys everybody knows: put one into an environment variable for --key-env.

Example:
  $ zkmargin local start --time 2021-05-17T00:00Z

Exit codes: 0 ended by an interrupt; 2 wrong options; 8 no anvil, or the port is taken.`,
    )
    .action(async ({ port, time, json: asJson }) => {
      const at = time === undefined ? [] : ["--timestamp", String(time)];
      const anvil = await Anvil.startOn(port, ...at);
      try {
        const accounts = ANVIL_KEYS.slice(0, 6);
        io.out(
          asJson
            ? json({ url: anvil.url, keys: accounts })
            : `Local chain at ${anvil.url}; interrupt to end it.\n\nKeys, known to everybody:\n${accounts.map((key) => `  ${key}\n`).join("")}`,
        );
        await interrupted();
      } finally {
        await anvil.stop();
      }
    });
}

function priceCommand(io: Io): Command {
  const command = new MovesCommand("price").description(
    "Move prices of mock feeds, and commit a round with them.",
  );
  return withRound(withDeployment(command))
    .argument(
      "<moves...>",
      "an asset and its move, such as BTC -12% or BTC 42000, or several as BTC=-12% ETH=3000",
    )
    .option("--json", "print JSON; prices in dollars a unit")
    .addHelpText(
      "after",
      `
A move is a percentage of the present price, with its sign, or a price in dollars. "all" is every asset without USD in its symbol. The
ledger's low price follows a fall at once, and its high price a rise. The other one waits for the average (30 minutes).

Examples:
  $ zkmargin local price BTC -12%
  $ zkmargin local price BTC=42000 ETH=+5%
  $ zkmargin local price all -20% --no-round

${CODES}`,
    )
    .action((words: string[], options) =>
      withMarket(io, options, async (market, listing) => {
        const moves = movesOf(words, listing);
        const before = await market.feeds();
        await market.movePrices(moves);
        const tried = options.round ? await market.poke() : undefined;
        const after = await market.feeds();
        const moved = after
          .map((feed, u) => ({ asset: feed.asset, before: before[u]?.price ?? 0n, after: feed.price }))
          .filter(({ before: was, after: is }) => was !== is);
        if (options.json)
          return io.out(
            json({
              prices: moved.map((it) => ({ asset: it.asset, before: usd(it.before), after: usd(it.after) })),
              ...roundJson(tried),
            }),
          );
        io.out(
          table(
            ["asset", "was", "is"],
            moved.map((it) => [it.asset, usd(it.before), usd(it.after)]),
          ),
        );
        io.out(roundWords(tried));
      }),
    );
}

function timeCommand(io: Io): Command {
  return withRound(
    withDeployment(
      new Command("time").description("Let time pass on the local chain, with a round each proving window."),
    ),
  )
    .argument(
      "[time]",
      "how long, such as +6h, +90m or +1d12h, or until when, such as 2021-05-19T12:00Z; the chain's time is shown by default",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Feeds answer their prices again, and a round is committed, each proving window: as if a keeper poked. With --no-round the chain
jumps: after two hours without a round its market is stale, and the clocks of all accounts start again with the next round.

Examples:
  $ zkmargin local time +6h
  $ zkmargin local time 2021-05-19T12:00Z
  $ zkmargin local time +3h --no-round

${CODES}`,
    )
    .action((time: string | undefined, options) =>
      withMarket(io, options, async (market, _, now) => {
        if (time === undefined) return io.out(options.json ? json({ time: now }) : `${isoTime(now)}\n`);
        const seconds = secondsUntil(time, now);
        if (seconds <= 0n)
          throw new UsageError(`[time]: expected a time after ${isoTime(now)}, got an earlier one`);
        let tried: RoundTried[] = [];
        if (options.round) tried = await market.pass(seconds);
        else await market.skip(seconds);
        const rounds = tried.filter((it) => "round" in it).length;
        const refused = [...new Set(tried.flatMap((it) => ("refused" in it ? [it.refused] : [])))];
        const end = await market.now();
        if (options.json) return io.out(json({ from: now, to: end, rounds, refused }));
        io.out(`${isoTime(now)} to ${isoTime(end)}: ${rounds} round${rounds === 1 ? "" : "s"}\n`);
        for (const reason of refused) io.out(`The ledger refused rounds: ${reason}\n`);
      }),
    );
}

function feedCommand(io: Io): Command {
  return withDeployment(
    new Command("feed").description(
      "Show what the mock feeds answer, or have all of them answer again as of now.",
    ),
  )
    .option("--refresh", "have every feed answer its price again, as of now", false)
    .option("--date <day>", "have every feed answer the close of that day")
    .option("--history <csv>", "with --date: price history; the shipped one by default")
    .option("--json", "print JSON; prices in dollars a unit, times in Unix seconds")
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin local feed
  $ zkmargin local feed --refresh
  $ zkmargin local feed --date 2021-05-19

${CODES}`,
    )
    .action((options) =>
      withMarket(io, options, async (market, listing) => {
        if (options.history !== undefined && options.date === undefined)
          throw new UsageError("--history: expected --date with it, got none");
        if (options.date !== undefined) {
          const text = await readInput(io, options.history ?? shippedHistory(), "prices");
          await market.postPrices(closesOn(parseHistory(text), listing, options.date));
        } else if (options.refresh) await market.refresh();
        const now = await market.now();
        const feeds = (await market.feeds()).map(({ price, ...feed }) => ({ ...feed, price: usd(price) }));
        if (options.json) return io.out(json({ time: now, feeds }));
        const rows = feeds.map(({ asset, price, updatedAt, heartbeat, aggregator }) => {
          const age = now - updatedAt;
          return [asset, price, `${age} s${age > heartbeat ? ", stale" : ""}`, aggregator];
        });
        io.out(table(["asset", "price", "age", "mock feed"], rows, { text: [0, 3] }));
      }),
    );
}

function mintCommand(io: Io): Command {
  return withDeployment(new Command("mint").description("Mint a mock token of the vault to an address."))
    .argument("<symbol>", "token by symbol, address or name", tokenArgument)
    .argument("<amount>", "amount of the token")
    .requiredOption("--to <address>", "receiver", addressArgument)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Example:
  $ zkmargin local mint USDC 250000 --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8

${CODES}`,
    )
    .action((symbol: string, amount: string, options) =>
      onChain(io, options, async (open) => {
        const market = await LocalMarket.of(open);
        const tokens = await vaultTokens(open);
        const found = tokens.find((it) => it.symbol === symbol || it.token === symbol);
        if (found === undefined)
          throw new UsageError(
            `<symbol>: expected one that the vault lists (${tokens.map((it) => it.symbol).join(", ")}), got another`,
          );
        const token = await tokenInfo(open, found.token);
        await market.mint(token.token, options.to, unitsOf(amount, token));
        io.out(
          options.json
            ? json({ token: token.token, symbol: token.symbol, amount, to: options.to })
            : `Minted ${amount} ${token.symbol} to ${options.to}\n`,
        );
      }),
    );
}

/** Adds --no-round. */
function withRound(command: Command): Command {
  return command.option("--no-round", "commit no round");
}

function withMarket(
  io: Io,
  options: ChainOptions,
  work: (market: LocalMarket, listing: LocalMarket["listing"], now: bigint) => Promise<void>,
): Promise<void> {
  return onChain(io, options, async (open) => {
    const market = await LocalMarket.of(open);
    await work(market, market.listing, await market.now());
  });
}

/** `BTC -12%`, `BTC=-12% ETH=3000`, `all -5%`. @throws UsageError, UnknownAssetError */
function movesOf(words: readonly string[], listing: LocalMarket["listing"]): PriceMove[] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const at = word.indexOf("=");
    if (at > 0) pairs.push([word.slice(0, at), word.slice(at + 1)]);
    else pairs.push([word, words[++i] ?? ""]);
  }
  const moves = new Map<string, PriceMove>();
  for (const [name, text] of pairs) {
    const named =
      name === "all"
        ? listing.filter(({ symbol }) => !symbol.includes("USD"))
        : listing.filter(({ symbol }) => symbol === name);
    if (named.length === 0)
      throw new UnknownAssetError(
        "<moves>",
        "a listed asset",
        "another",
        listing.map(({ symbol }) => symbol),
      );
    for (const { symbol: asset } of named) {
      if (moves.has(asset)) throw new UsageError(`<moves>: expected each asset once, got ${asset} twice`);
      moves.set(asset, moveOf(asset, text));
    }
  }
  return [...moves.values()];
}

function moveOf(asset: string, text: string): PriceMove {
  const signed = text.replace(/^−/, "-");
  if (/^[+-]/.test(signed) || signed.endsWith("%")) {
    const by = /^[+-].+%$/.test(signed) ? percentInBps(signed) : undefined;
    if (by === undefined || by <= -10_000)
      throw new UsageError(
        `<moves>: expected for ${asset} a signed percentage above -100%, such as -12% or +3.5%, or a price, got other text`,
      );
    return { asset, by };
  }
  if (signed === "")
    throw new UsageError(`<moves>: expected for ${asset} a move such as -12% or a price, got none`);
  return { asset, to: parseDecimal(signed, DOLLAR, `<moves> ${asset}`) };
}

function roundJson(tried: RoundTried | undefined) {
  return {
    round: tried !== undefined && "round" in tried ? tried.round : null,
    ...(tried !== undefined && "refused" in tried ? { refused: tried.refused } : {}),
  };
}

function roundWords(tried: RoundTried | undefined): string {
  if (tried === undefined) return "\nNo round yet: poke to commit one.\n";
  return "round" in tried
    ? `\nRound ${tried.round} has these prices.\n`
    : `\nThe ledger refuses a round: ${tried.refused}\n`;
}

function usd(price: bigint): string {
  return formatDecimal(price, DOLLAR);
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError("Expected a port from 1 to 65535.");
  return port;
}

/** Seconds from now to a time, or of a length of time. @throws UsageError */
function secondsUntil(time: string, now: bigint): bigint {
  if (time.startsWith("+")) return BigInt(duration(time.slice(1), "[time]"));
  try {
    return BigInt(unixTime(time)) - now;
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(
      "[time]: expected a time such as +6h or 2021-05-19T12:00Z, with its zone, got other text",
    );
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve()).once("SIGTERM", () => resolve());
  });
}
