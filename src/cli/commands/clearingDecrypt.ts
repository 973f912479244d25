import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { Command } from "commander";
import type { Connection } from "../../chain/connection.js";
import { parseLiquidatorsKey, termsDigest } from "../../clearing/liquidators/ceremony.js";
import { type KeyShare } from "../../clearing/liquidators/dealing.js";
import { assetsOf, ChainHouseReader } from "../../clearing/liquidators/houseReader.js";
import { combinePartials } from "../../clearing/liquidators/partials.js";
import { revealBook, sendReveal, serialiseReveal } from "../../clearing/liquidators/reveal.js";
import {
  decryptionJournal,
  type LiquidatorEvent,
  LiquidatorService,
} from "../../clearing/liquidators/service.js";
import { LiquidatorStore } from "../../clearing/liquidators/store.js";
import {
  DeploymentMismatchError,
  KeyMismatchError,
  MemberFaultError,
  NodeUnreachableError,
} from "../../errors.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../prove/clearing.js";
import { chosenProver, homeOption, proverOption, wholeNumber } from "../arguments.js";
import { json, jsonLine, pairs } from "../format.js";
import {
  called,
  checkOutput,
  type Io,
  makeFolder,
  progressOn,
  readInput,
  save,
  untilInterrupt,
} from "../io.js";
import { levelled, ServiceLog, troubleWords } from "../keeperLines.js";
import { Board, keyJson, partialsIn, STORE_HELP, storePassword, withStore } from "../liquidatorFiles.js";
import {
  accountArgument,
  addressArgument,
  connectTo,
  KEY_HELP,
  keyOf,
  type NodeOptions,
  sender,
  withKey,
  withRpc,
  withSender,
} from "../onChain.js";

const DEFAULT_DEPTH = 12;

/** Where a house is. */
interface HouseOptions extends NodeOptions {
  readonly house: string;
  readonly fromBlock: number;
  readonly depth: number;
}

/** Adds --house and how it is read. */
function withHouse(command: Command): Command {
  return withRpc(command)
    .requiredOption("--house <address>", "the clearing house", addressArgument)
    .option("--from-block <n>", "block that the house was made in: no event of it is before", wholeNumber, 0)
    .option(
      "--depth <n>",
      "blocks that must follow a freeze before its account is decrypted",
      wholeNumber,
      DEFAULT_DEPTH,
    );
}

/** Reads a house by the options' node. */
async function onHouse<T>(
  io: Io,
  options: HouseOptions,
  work: (reader: ChainHouseReader, connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connectTo(io, options);
  try {
    return await work(new ChainHouseReader(connection, options), connection);
  } finally {
    connection.close();
  }
}

/** `zkmargin clearing liquidator serve`: parts of decryptions of what the house has frozen. */
export function serveCommand(io: Io): Command {
  return withHouse(withKey(withStore(new Command("serve"))))
    .description("Give this liquidator's part of the decryption of each account that the house has frozen.")
    .requiredOption("--outbox <folder>", "folder for the parts: share it with those who reveal")
    .option("--journal <file>", "record of what was decrypted; by default beside the store")
    .option("--interval <ms>", "time between two looks at the chain", wholeNumber)
    .option("--once", "look once, give what is due, and end", false)
    .option("--json", "print one JSON object a line")
    .addHelpText(
      "after",
      `${KEY_HELP}${STORE_HELP}

The service decrypts an account's newest book once the house says that its default has begun, and nothing else: nobody can ask it
for anything. It takes the point that it multiplies from the chain, so give the right --house and a node of your own. A part opens
nothing by itself, and the service sees no position. The journal has each decryption before its part is made.

After a resharing the service takes the new share by itself.

Example:
  $ zkmargin clearing liquidator serve --store l1.store --house 0x… --outbox partials --keystore l1.json

Exit codes: 0 ended by an interrupt, or with --once everything due is given; 2 and 3 wrong options or files; 8 chain, key, store or
node, or the house has another key.`,
    )
    .action(async (options) => {
      const log = new ServiceLog<LiquidatorEvent>(io, (event) => lineOf(io, event, options.json));
      const password = await storePassword(log.io, options);
      const wallet = await keyOf(log.io, options);
      await makeFolder(options.outbox);
      const path = options.journal ?? `${options.store}.journal`;
      for (const each of [path, `${path}.lock`])
        if (each !== options.journal) await io.inputs.writes({ path: each, name: "the journal" });
      await onHouse(log.io, options, async (reader, { pollingInterval }) => {
        const { house, chainId } = reader;
        const service = new LiquidatorService({
          ...{ reader, wallet, random: randomBytes, clock: Date.now },
          share: sharesIn(options.store, password, reader),
          journal: await decryptionJournal(path, { address: wallet.address, house, chainId }),
          outbox: partialsIn(io, options.outbox),
          interval: options.interval ?? pollingInterval,
          onEvent: (event) => log.write(event),
        });
        log.service = { waits: (line) => service.waits(new NodeUnreachableError(line)) };
        if (options.once) await service.tick();
        else await untilInterrupt((signal) => service.run(signal));
      });
    });
}

/** The store's share of the house's key, read again when its file changes. */
function sharesIn(path: string, password: string, reader: ChainHouseReader): () => Promise<KeyShare> {
  let known: { readonly mark: string; readonly share: KeyShare } | undefined;
  return async () => {
    const found = await stat(path).catch(() => undefined);
    const mark = `${found?.ino} ${found?.mtimeMs}`;
    if (known?.mark === mark) return known.share;
    const store = await LiquidatorStore.open(path, password);
    const share = store.shareOf(await reader.liquidatorsKey());
    if (share === undefined)
      throw new DeploymentMismatchError(
        `${path}: expected a share of the key of the house ${reader.house}, got none; join its ceremony, or name another store`,
      );
    known = { mark, share };
    return share;
  };
}

function lineOf(io: Io, event: LiquidatorEvent, asJson: boolean): string {
  const { time, level, event: name, account, ...fields } = event;
  const message = messageOf(event);
  if (asJson)
    return jsonLine({ time: new Date(time).toISOString(), level, event: name, account, message, ...fields });
  return levelled(time, level, `${account === null ? "" : `${called(io, account)} `}${message}`);
}

function messageOf(event: LiquidatorEvent): string {
  switch (event.event) {
    case "started":
      return `member ${event.member} of ${event.members} looks; ${event.threshold} decrypt together`;
    case "decrypted":
      return `book ${event.sequence} is frozen, and this member's part of its decryption is given`;
    case "refused":
      return `book ${event.sequence} is not decrypted: ${event.message}`;
    case "stopped":
      return event.reason === "failed" ? "the liquidator ends by a failure" : "the liquidator ends, as asked";
    default:
      return troubleWords(event);
  }
}

/** `zkmargin clearing liquidator status`: what a store has. */
export function statusCommand(io: Io): Command {
  return withStore(new Command("status"))
    .description("Say which shares a store has, and which ceremonies are under way. It prints no share.")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `${STORE_HELP}

Example:
  $ zkmargin clearing liquidator status --store l1.store`,
    )
    .action(async (options) => {
      const store = await LiquidatorStore.open(options.store, await storePassword(io, options));
      const shares = store.shares.map(({ key, index }) => ({ member: index, ...keyJson(key) }));
      const ceremonies = store.ceremonies.map(({ terms, sent, done }) => ({
        terms: termsDigest(terms),
        done,
        signed: sent.map(({ kind }) => kind),
      }));
      const { address, chainId } = store;
      if (options.json) return io.out(json({ address, chainId: chainId.toString(), shares, ceremonies }));
      io.out(
        pairs([
          ["address", address],
          ["chain", String(chainId)],
          ...shares.map((share): [string, string] => [
            "share",
            `member ${share.member}, ${share.threshold} of ${share.members}, generation ${share.generation}, key ${share.digest}`,
          ]),
          ...ceremonies.map((each): [string, string] => [
            "ceremony",
            `${each.terms}: ${each.done ? "over" : each.signed.length === 0 ? "not begun" : `signed ${each.signed.join(", ")}`}`,
          ]),
        ]),
      );
    });
}

/** `zkmargin clearing reveal`: a frozen book, opened by parts, with the proof that the house takes. */
export function revealCommand(io: Io): Command {
  return withSender(withHouse(new Command("reveal")))
    .description(
      "Open a frozen account's book by the liquidators' parts, and prove that its commitment hides it.",
    )
    .argument("<account>", "account that the house has frozen", accountArgument)
    .requiredOption("--key <file>", "the liquidators' key (clearing liquidator join)")
    .requiredOption("--partials <folder>", "folder with the liquidators' parts (clearing liquidator serve)")
    .requiredOption("--out <file>", "reveal to write; an existing file is replaced")
    .addOption(homeOption("folder of circuits and keys: those of the reveal are made there on first use"))
    .addOption(proverOption())
    .option("--submit", "send the reveal to the house as well, which makes the book public", false)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Anybody who has the threshold of sound parts can do this. Parts that do not hold are named, with the member that signed them. The
reveal has the whole book: it is public as soon as it is sent. Without --submit nothing is signed or sent, and no key is needed.
${KEY_HELP}
Example:
  $ zkmargin clearing reveal 0x… --house 0x… --key liquidators.json --partials partials --out reveal.json --submit --keystore l1.json

Exit codes: 0 revealed; 2 and 3 wrong options or files, or too few sound parts; 5 what opens is not the commitment's book; 6 a key
of another house; 7 no circuit or key; 8 chain or node.`,
    )
    .action(async (account: string, options) => {
      await checkOutput(options.out);
      const key = parseLiquidatorsKey(await readInput(io, options.key, "liquidatorsKey"), options.key);
      await onHouse(io, options, async (reader, connection) => {
        const { x } = await reader.liquidatorsKey();
        if (x !== key.key.x)
          throw new KeyMismatchError(
            "--key",
            `the key of the house ${reader.house}`,
            "another",
            "ask its liquidators",
          );
        await reader.frozenAccounts();
        const sealed = await reader.sealedAccount(account);
        const messages = await new Board(io, options.partials).messages();
        for (const refused of combinePartials(key, sealed, messages).refused)
          if (refused instanceof MemberFaultError) io.err(`${refused.message}\n`);
        const assets = assetsOf(sealed.sealed);
        const artefacts = await clearingArtefacts(
          options.home,
          clearingCircuit("reveal", assets),
          progressOn(io),
        );
        const session = await ClearingSession.open(artefacts, chosenProver(options));
        try {
          const revealed = await revealBook(key, sealed, messages, { session, assets });
          await save(io, options.out, serialiseReveal(reader, revealed), "clearingReveal");
          if (options.submit) {
            const transactions = await sender(io, connection, options, options.out);
            await sendReveal(connection, reader.house, transactions, revealed);
          }
          const { sequence, members } = { sequence: revealed.sequence, members: key.members.length };
          if (options.json) return io.out(json({ file: options.out, account, sequence: String(sequence) }));
          io.out(
            `Wrote ${options.out}: book ${sequence} of ${called(io, account)}, opened by ${key.threshold} of ${members}\n`,
          );
        } finally {
          await session.close();
        }
      });
    });
}
