import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import {
  checkTerms,
  keyDigest,
  type LiquidatorsKey,
  makeCard,
  parseLiquidatorCard,
  parseLiquidatorsKey,
  parseLiquidatorTerms,
  serialiseLiquidatorCard,
  serialiseLiquidatorsKey,
  serialiseLiquidatorTerms,
  type Terms,
  termsDigest,
} from "../../clearing/liquidators/ceremony.js";
import { randomScalar } from "../../clearing/liquidators/curve.js";
import { takeStep } from "../../clearing/liquidators/member.js";
import { LiquidatorStore } from "../../clearing/liquidators/store.js";
import { type Progress, verifyTranscript } from "../../clearing/liquidators/transcript.js";
import { FormatError, KeyMismatchError, OutOfRangeError } from "../../errors.js";
import { wholeNumber } from "../arguments.js";
import { json, pairs } from "../format.js";
import { checkNewOutput, checkOutput, type Io, makeFolder, readInput, save, untilInterrupt } from "../io.js";
import {
  Board,
  keyJson,
  STORE_HELP,
  type StoreOptions,
  storePassword,
  withStore,
} from "../liquidatorFiles.js";
import { KEY_HELP, type KeyOptions, keyOf, withKey } from "../onChain.js";
import { serveCommand, statusCommand } from "./clearingDecrypt.js";

/** Milliseconds between two looks at a board. */
const DEFAULT_INTERVAL = 2_000;

/** `zkmargin clearing liquidator`: a share of the key that cleared books are sealed to. */
export function liquidatorCommand(io: Io): Command {
  return new Command("liquidator")
    .description(
      "Hold a share of the key that cleared books are sealed to: make it, reshare it, decrypt with it.",
    )
    .addCommand(keygenCommand(io))
    .addCommand(termsCommand(io))
    .addCommand(joinCommand(io))
    .addCommand(checkCommand(io))
    .addCommand(serveCommand(io))
    .addCommand(statusCommand(io))
    .addHelpText(
      "after",
      `
Examples:
  $ zkmargin clearing liquidator keygen --store l1.store --chain-id 1 --out l1.card.json --keystore l1.json
  $ zkmargin clearing liquidator terms l*.card.json --threshold 3 --out terms.json
  $ zkmargin clearing liquidator join terms.json --store l1.store --board board --out liquidators.json --keystore l1.json

Anybody checks the result:
  $ zkmargin clearing liquidator check terms.json --board board --key liquidators.json`,
    );
}

/** `zkmargin clearing liquidator keygen`: a store, and a card for one ceremony. */
function keygenCommand(io: Io): Command {
  return withKey(withStore(new Command("keygen")))
    .description(
      "Make a card for one ceremony, with a key of its own; and the store, where there is none yet.",
    )
    .requiredOption("--chain-id <n>", "chain of the clearing house", wholeNumber)
    .requiredOption("--out <file>", "card to write, for everybody; an existing one is never replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}${STORE_HELP}

Shares are sealed to the card's key. Its secret stays in the store until the ceremony is over, and is dropped then: so each
ceremony needs a new card. The signing key is that of the address that is bonded.

Example:
  $ zkmargin clearing liquidator keygen --store l1.store --chain-id 1 --out l1.card.json --keystore l1.json`,
    )
    .action(async (options) => {
      await checkNewOutput(options.out);
      const password = await storePassword(io, options);
      const wallet = await keyOf(io, options);
      const chainId = BigInt(options.chainId);
      if (!(await exists(options.store))) {
        await checkOutput(options.store);
        await LiquidatorStore.create(options.store, password, { address: wallet.address, chainId });
      }
      const secret = randomScalar(randomBytes);
      const card = await makeCard(wallet, chainId, secret, randomBytes);
      await LiquidatorStore.exclusively(options.store, password, async (store) => {
        checkOwner(store, wallet.address, chainId);
        await store.addSecret(secret);
      });
      await save(io, options.out, serialiseLiquidatorCard(chainId, card), "liquidatorCard");
      if (options.json)
        return io.out(json({ store: options.store, card: options.out, address: wallet.address }));
      io.out(
        `Made ${options.out}, the card of ${wallet.address}. Give it to the one who writes the terms.\n`,
      );
    });
}

/** @throws KeyMismatchError for a store of another address or chain */
function checkOwner({ address, chainId }: LiquidatorStore, wanted: string, chain: bigint): void {
  if (address.toLowerCase() === wanted.toLowerCase() && chainId === chain) return;
  throw new KeyMismatchError(
    "store",
    `that of ${wanted} on chain ${chain}`,
    `that of ${address} on chain ${chainId}`,
    "name the store of this key",
  );
}

/** `zkmargin clearing liquidator terms`: what a ceremony is to make. */
function termsCommand(io: Io): Command {
  return new Command("terms")
    .description("Write the terms of a key, or of its resharing: of whose cards, with which threshold.")
    .argument(
      "<cards...>",
      "cards of all members, in the order of their numbers (clearing liquidator keygen)",
    )
    .requiredOption("--threshold <n>", "members that decrypt together: more than half of them", wholeNumber)
    .option("--previous <file>", "key to reshare, as it stands; without it a new key is generated")
    .option(
      "--dealer <n>",
      "with --previous: number of an old member that deals its share. Repeat it, at least as often as the old threshold says",
      memberNumbers,
    )
    .requiredOption("--out <file>", "terms to write; an existing file is replaced")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
At least four members, and a threshold above half of them. Each member reads the terms before it joins: they say who can read
every book. After a resharing the key is the same, and old shares do not mix with new ones.

Examples:
  $ zkmargin clearing liquidator terms l*.card.json --threshold 3 --out terms.json
  $ zkmargin clearing liquidator terms new*.card.json --threshold 4 --previous liquidators.json --dealer 1 --dealer 2 --dealer 5 --out terms.json`,
    )
    .action(async (paths: string[], options) => {
      const cards = [];
      for (const path of paths)
        cards.push(parseLiquidatorCard(await readInput(io, path, "liquidatorCard"), path));
      const [first] = cards;
      if (first === undefined) throw new OutOfRangeError("cards", "at least four", "none");
      const other = cards.findIndex(({ chainId }) => chainId !== first.chainId);
      if (other >= 0) throw new FormatError(paths[other] ?? "card", `chain ${first.chainId}`, "another");
      const previous = await previousOf(io, options);
      const terms: Terms = {
        chainId: first.chainId,
        nonce: `0x${randomBytes(32).toString("hex")}`,
        threshold: options.threshold,
        members: cards.map(({ card }) => card),
        ...(previous === undefined ? {} : { previous }),
      };
      checkTerms(terms);
      await save(io, options.out, serialiseLiquidatorTerms(terms), "liquidatorTerms");
      if (options.json) return io.out(json({ file: options.out, digest: termsDigest(terms) }));
      io.out(`Wrote ${options.out}\n${termsText(terms)}`);
    });
}

async function previousOf(
  io: Io,
  { previous, dealer = [] }: { readonly previous?: string; readonly dealer?: readonly number[] },
): Promise<Terms["previous"]> {
  if (previous === undefined) {
    if (dealer.length > 0) throw new FormatError("--dealer", "it with --previous", "it alone");
    return undefined;
  }
  const key = parseLiquidatorsKey(await readInput(io, previous, "liquidatorsKey"), previous);
  return { key, dealers: dealer };
}

function termsText(terms: Terms): string {
  const { threshold, members, previous } = terms;
  return pairs([
    ["digest", termsDigest(terms)],
    [
      "key",
      previous === undefined
        ? "new"
        : `reshared by members ${previous.dealers.join(", ")} of generation ${previous.key.generation}`,
    ],
    ["threshold", `${threshold} of ${members.length}`],
    ...members.map(({ address }, i): [string, string] => [`member ${i + 1}`, address]),
  ]);
}

/** `zkmargin clearing liquidator join`: one member's part in a ceremony. */
function joinCommand(io: Io): Command {
  return withKey(withStore(new Command("join")))
    .description(
      "Take part in a ceremony: deal, check the deals of others, and keep the share that comes of it.",
    )
    .argument("<terms>", "its terms (clearing liquidator terms)")
    .requiredOption("--board <folder>", "folder that all members see; messages go there")
    .requiredOption(
      "--out <file>",
      "the liquidators' key to write when it is there; an existing file is replaced",
    )
    .option(
      "--recover <n>",
      "number of a member that stays silent after all have accepted: publish this member's share of its part. Repeat it",
      memberNumbers,
    )
    .option("--interval <ms>", "time between two looks at the board", wholeNumber, DEFAULT_INTERVAL)
    .option("--once", "look once, do what is due, and end", false)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${KEY_HELP}${STORE_HELP}

Read the terms first: their digest is printed, and all members must have the same. The command can be stopped and run again at
any moment. What it has signed is in the store, so that it never deals or accepts twice.

A member that deals a bad share, or accuses an honest one, is named, and no key comes of it: begin again without that member.
After all have accepted, nobody can change the key. A member that is silent then is replaced by --recover of the threshold of
others.

Example:
  $ zkmargin clearing liquidator join terms.json --store l1.store --board board --out liquidators.json --keystore l1.json

Exit codes: 0 the key is there, or with --once what was due is done; 2 and 3 wrong options or files; 8 key or store; 9 a member is
at fault.`,
    )
    .action(async (path: string, options: JoinOptions) => {
      await checkOutput(options.out);
      const terms = parseLiquidatorTerms(await readInput(io, path, "liquidatorTerms"), path);
      const password = await storePassword(io, options);
      const wallet = await keyOf(io, options);
      await makeFolder(options.board);
      if (options.json !== true) io.err(termsText(terms));
      const board = new Board(io, options.board);
      const look = () => takePart(board, terms, { options, password, wallet });
      await untilInterrupt(async (signal) => {
        for (let told = ""; !signal.aborted; ) {
          const { progress, index } = await look();
          const words = progressWords(progress);
          if (words !== told && options.json !== true) io.err(`${words}\n`);
          told = words;
          if (progress.key !== undefined) return finished(io, options, progress.key, index);
          if (progress.step === "failed" && progress.faults[0] !== undefined) throw progress.faults[0];
          if (options.once) {
            if (options.json) io.out(json({ step: progress.step, missing: progress.missing }));
            return;
          }
          await sleep(options.interval, undefined, { signal }).catch(() => undefined);
        }
      });
    });
}

interface JoinOptions extends StoreOptions, KeyOptions {
  readonly board: string;
  readonly out: string;
  readonly recover?: readonly number[];
  readonly interval: number;
  readonly once: boolean;
  readonly json?: boolean;
}

/** One look at the board: what is due is signed, kept and published. */
function takePart(
  board: Board,
  terms: Terms,
  {
    options,
    password,
    wallet,
  }: {
    readonly options: JoinOptions;
    readonly password: string;
    readonly wallet: Awaited<ReturnType<typeof keyOf>>;
  },
): Promise<{ readonly progress: Progress; readonly index: number }> {
  return LiquidatorStore.exclusively(options.store, password, async (store) => {
    checkOwner(store, wallet.address, terms.chainId);
    const kept = store.ceremony(terms);
    const messages = await board.messages();
    if (kept?.done) {
      for (const message of kept.sent) await board.publish(message);
      const key = verifyTranscript(terms, [...kept.sent, ...messages]);
      const progress = {
        step: "done",
        missing: [],
        faults: [],
        ignored: 0,
        deals: new Map(),
        silent: new Map(),
        key,
      } as const;
      return { progress, index: store.shareOf(key.key)?.index ?? 0 };
    }
    const secret = store.secretFor(terms);
    const share = terms.previous === undefined ? undefined : store.shareOf(terms.previous.key.key);
    const step = await takeStep({ sent: [], ...kept, terms }, messages, {
      ...{ wallet, random: randomBytes, keep: (state) => store.keep(state) },
      recover: options.recover ?? [],
      ...(secret === undefined ? {} : { secret }),
      ...(share === undefined ? {} : { share }),
    });
    for (const message of step.publish) await board.publish(message);
    const { key } = step.progress;
    if (key !== undefined) await store.finish({ terms, sent: step.publish }, key, step.share);
    return { progress: step.progress, index: step.share?.index ?? 0 };
  });
}

async function finished(io: Io, options: JoinOptions, key: LiquidatorsKey, index: number): Promise<void> {
  await save(io, options.out, serialiseLiquidatorsKey(key), "liquidatorsKey");
  if (options.json)
    return io.out(json({ file: options.out, ...keyJson(key), member: index === 0 ? null : index }));
  io.out(`Wrote ${options.out}\n${keyText(key)}`);
  io.out(
    index === 0
      ? "This liquidator has no share of it any more.\n"
      : `The share of member ${index} is in ${options.store}.\n`,
  );
}

function progressWords({ step, missing, faults, silent }: Progress): string {
  const of =
    missing.length > 0 ? ` of ${missing.length === 1 ? "member" : "members"} ${missing.join(", ")}` : "";
  const shares = [...silent].map(([member, count]) => `; ${count} shares of member ${member}`).join("");
  if (step === "failed") return faults.map(({ message }) => message).join("\n");
  return step === "done"
    ? "the key is there"
    : `waiting for the ${step}${of}${step === "extract" ? shares : ""}`;
}

function keyText(key: LiquidatorsKey): string {
  return pairs([
    ["key", `${key.key.x} ${key.key.y}`],
    ["digest", keyDigest(key)],
    ["transcript", key.transcript],
    ["threshold", `${key.threshold} of ${key.members.length}`],
    ["generation", String(key.generation)],
  ]);
}

/** `zkmargin clearing liquidator check`: what a ceremony's messages make. */
function checkCommand(io: Io): Command {
  return new Command("check")
    .description("Check a ceremony by its messages: which key they make, or who is at fault.")
    .argument("<terms>", "its terms")
    .requiredOption("--board <folder>", "folder with all messages")
    .option("--key <file>", "the key that they are to have made")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Anybody can do this: it takes no store and no key. Compare what it prints with the key of the clearing house.

Example:
  $ zkmargin clearing liquidator check terms.json --board board --key liquidators.json

Exit codes: 0 they make a key; 2 and 3 wrong options or files; 5 messages are missing; 6 they make another key; 9 a member is at
fault.`,
    )
    .action(async (path: string, options) => {
      const terms = parseLiquidatorTerms(await readInput(io, path, "liquidatorTerms"), path);
      const key = verifyTranscript(terms, await new Board(io, options.board).messages());
      if (options.key !== undefined) {
        const stated = parseLiquidatorsKey(await readInput(io, options.key, "liquidatorsKey"), options.key);
        if (keyDigest(stated) !== keyDigest(key))
          throw new KeyMismatchError(
            "key",
            keyDigest(key),
            keyDigest(stated),
            "ask for the key of these messages",
          );
      }
      io.out(options.json ? json(keyJson(key)) : keyText(key));
    });
}

/** Numbers of members, one each time the option is given. For commander. */
function memberNumbers(text: string, before: readonly number[] = []): number[] {
  return [...before, wholeNumber(text)];
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
