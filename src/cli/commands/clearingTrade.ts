import { Command } from "commander";
import { parseHalf, serialiseHalf } from "../../clearing/account/half.js";
import {
  type Offer,
  offerName,
  parseOffer,
  randomBlind,
  serialiseOffer,
} from "../../clearing/account/offer.js";
import { formatDecimal, parseDecimal } from "../../encoding/decimal.js";
import { OutOfRangeError, UnknownAssetError, UsageError } from "../../errors.js";
import { slotOf } from "../../protocol/listing.js";
import { duration } from "../arguments.js";
import { isoTime, json } from "../format.js";
import { asMember, houseSender, onHouse, withHouse, withProofs } from "../houses.js";
import { called, checkOutput, type Io, readInput, save } from "../io.js";
import { accountArgument, KEY_HELP, keyOf, tellDone, withKey, withSender } from "../onChain.js";

/** Decimals of attodollars: those of a price in dollars a unit of an asset, less the asset's own. */
const DOLLAR_DECIMALS = 18;
/** Seconds that a half is good for: until then its receiver may settle it or not. */
const HALF_DEADLINE = 60;

/** `zkmargin clearing offer`: what one side would do, in a file. */
export function offerCommand(io: Io): Command {
  const command = new Command("offer").description(
    "Write an offer to buy or sell a perpetual, for another member to accept. It binds nobody.",
  );
  return withHouse(command)
    .argument("<account>", "the account that offers", accountArgument)
    .option("--buy <amount>", "amount of the asset to buy")
    .option("--sell <amount>", "amount of the asset to sell")
    .requiredOption("--asset <symbol>", "listed asset")
    .requiredOption("--price <dollars>", "price of one unit of the asset")
    .option("--expires <time>", "how long the offer stands, such as 90m", "10m")
    .requiredOption("--out <file>", "offer to write")
    .addHelpText(
      "after",
      `
The price is one of the perpetual at the funding index of the newest round: the quote of the trade is the price less that index, which
both sides name. A reader of the file knows the trade, if it comes about: give it to the other side alone.

Example:
  $ zkmargin clearing offer 0x… --buy 1.5 --asset BTC --price 37000 --out offer.json`,
    )
    .action((maker: string, options) =>
      onHouse(io, options, async ({ open, house }) => {
        await checkOutput(options.out);
        if ((options.buy === undefined) === (options.sell === undefined))
          throw new UsageError("expected --buy or --sell, got both or neither");
        const side = options.buy === undefined ? "sell" : "buy";
        const asset = slotOf(open.listing, options.asset);
        const decimals = asset === undefined ? undefined : open.listing[asset]?.decimals;
        if (asset === undefined || decimals === undefined)
          throw new UnknownAssetError("--asset", "the symbol of a listed asset", options.asset);
        const size = parseDecimal(options.buy ?? options.sell, decimals, `--${side}`);
        if (size <= 0n) throw new OutOfRangeError(`--${side}`, "more than zero", "zero or less");
        const price = parseDecimal(options.price, DOLLAR_DECIMALS - decimals, "--price");
        const [{ funding }, block] = await Promise.all([
          open.oracle.ledger.priceOf(BigInt(asset)),
          open.connection.provider.getBlock("latest"),
        ]);
        const offer: Offer = {
          chainId: Number(open.connection.chainId),
          house: String(house.target),
          ...{ maker, side, symbol: options.asset },
          note: { asset, size, quote: price - funding, blind: randomBlind() },
          expiresAt: (block?.timestamp ?? 0) + duration(options.expires, "--expires"),
        };
        await save(io, options.out, serialiseOffer(offer), "offer");
        const { expiresAt } = offer;
        if (options.json) return io.out(json({ file: options.out, offer: offerName(offer), expiresAt }));
        io.out(
          `Wrote ${options.out}: ${offerWords(offer, decimals)}\n  it stands until ${isoTime(BigInt(expiresAt))}\n`,
        );
      }),
    );
}

/** What an offer says, for its two sides. */
function offerWords({ side, symbol, note, maker }: Offer, decimals: number): string {
  const amount = formatDecimal(note.size, decimals);
  const quote = formatDecimal(note.quote, DOLLAR_DECIMALS - decimals);
  return `${maker.slice(0, 10)}… ${side}s ${amount} ${symbol} at ${quote} dollars net of funding`;
}

/** `zkmargin clearing accept`: the other side of an offer, proven and signed. */
export function acceptCommand(io: Io): Command {
  const command = new Command("accept").description(
    "Accept an offer: prove and sign its other side, for the maker to settle. For an account's owner.",
  );
  return withKey(withProofs(command, HALF_DEADLINE))
    .argument("<offer>", "offer (zkmargin clearing offer)")
    .requiredOption("--account <account>", "the account that accepts", accountArgument)
    .option("--reduce", "say that it only reduces the account's position: maintenance margin is then enough")
    .requiredOption("--out <file>", "half of the trade to write, for the maker alone")
    .addHelpText(
      "after",
      `${KEY_HELP}
Until its deadline the maker may settle the half or not: it is a free option, so keep the deadline short. The half holds no position.

Example:
  $ zkmargin clearing accept offer.json --account 0x… --secret desk.secret --keystore owner.json --out half.json`,
    )
    .action((path: string, options) =>
      asMember(io, options, async ({ opened, member, now, deadline }) => {
        await checkOutput(options.out);
        const offer = parseOffer(await readInput(io, path, "offer"), path);
        if (await member.hasTraded(offer, options.account)) {
          const words = `${called(io, options.account)} has traded what ${path} offers`;
          return tellDone(io, options, words, { offer: offerName(offer) }, null);
        }
        const signer = await keyOf(io, options);
        const half = await member.accept(offer, options.account, {
          ...{ deadline, now, signer, reduces: options.reduce === true },
        });
        await save(io, options.out, serialiseHalf(half), "half");
        const decimals = opened.open.listing[offer.note.asset]?.decimals ?? 0;
        if (options.json)
          return io.out(json({ outcome: "done", file: options.out, offer: half.offer, deadline }));
        io.out(
          `Wrote ${options.out}: the other side of ${offerWords(offer, decimals)}\n  good until ${isoTime(deadline)}\n`,
        );
      }),
    );
}

/** `zkmargin clearing settle`: both halves of a trade, in one transaction. */
export function settleCommand(io: Io): Command {
  const command = new Command("settle").description(
    "Settle a trade: prove the maker's side of an offer, and send it with the half that accepted it.",
  );
  return withSender(withProofs(command, HALF_DEADLINE))
    .argument("<offer>", "the offer, as it was made")
    .argument("<half>", "the half that accepts it (zkmargin clearing accept)")
    .option("--reduce", "say that it only reduces the account's position: maintenance margin is then enough")
    .addHelpText(
      "after",
      `${KEY_HELP}
Example:
  $ zkmargin clearing settle offer.json half.json --secret desk.secret --keystore owner.json`,
    )
    .action((path: string, halfPath: string, options) =>
      asMember(io, options, async ({ opened, member, now, deadline }) => {
        const offer = parseOffer(await readInput(io, path, "offer"), path);
        const half = parseHalf(await readInput(io, halfPath, "half"), halfPath);
        const transactions = await houseSender(io, opened, options);
        const receipt = await member.settle(transactions, offer, half, {
          ...{ deadline, now, reduces: options.reduce === true },
        });
        const taker = half.call.account;
        const words = `Settled with ${called(io, taker)}`;
        tellDone(io, options, words, { offer: half.offer, maker: offer.maker, taker }, receipt);
      }),
    );
}
