import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { keyDigest, type LiquidatorsKey } from "../clearing/liquidators/ceremony.js";
import {
  type Message,
  messageDigest,
  parseMessage,
  serialiseMessage,
} from "../clearing/liquidators/messages.js";
import type { PartialOutbox } from "../clearing/liquidators/service.js";
import { InputError, UnreadableError } from "../errors.js";
import { type Io, readInput, readKept, reason, save } from "./io.js";
import { variable } from "./onChain.js";

const PASSWORD_VARIABLE = "ZKMARGIN_STORE_PASSWORD";

/** What the help of a command with a store says of it. */
export const STORE_HELP = `
The store's password comes from an environment variable or a file. Store and password together are the shares.`;

/** Which store, and where its password is: never the password itself. */
export interface StoreOptions {
  readonly store: string;
  readonly storePasswordEnv: string;
  readonly storePasswordFile?: string;
}

/** Adds --store and its password. */
export function withStore(command: Command): Command {
  return command
    .requiredOption("--store <file>", "the liquidator's store: shares, encrypted under a password")
    .option("--store-password-env <name>", "environment variable with its password", PASSWORD_VARIABLE)
    .option("--store-password-file <file>", "file with its password instead, or - for standard input");
}

/** The password of a store. @throws UsageError, KeystoreError, UnreadableError */
export async function storePassword(
  io: Io,
  { storePasswordEnv, storePasswordFile }: StoreOptions,
): Promise<string> {
  if (storePasswordFile === undefined) return variable(storePasswordEnv);
  return (await readInput(io, storePasswordFile, "password")).replace(/\r?\n$/, "");
}

/** A folder in which the members of a ceremony find each other's messages. Each is a file, and none is changed. */
export class Board {
  readonly #io: Io;
  readonly #folder: string;
  readonly #read = new Map<string, Message | null>();

  constructor(io: Io, folder: string) {
    [this.#io, this.#folder] = [io, folder];
  }

  /** All messages that are there. Files that are none count for nothing: anybody may put one there. @throws UnreadableError */
  async messages(): Promise<readonly Message[]> {
    const names = await readdir(this.#folder).catch((error) => {
      throw new UnreadableError(this.#folder, "a readable folder", reason(error, "no such folder"));
    });
    for (const name of names.filter((each) => /^[^.].*\.json$/.test(each)).sort())
      if (!this.#read.has(name)) this.#read.set(name, await messageIn(this.#io, join(this.#folder, name)));
    return [...this.#read.values()].filter((message) => message !== null);
  }

  /** Puts a message there, unless it is. */
  async publish(message: Message): Promise<void> {
    const name = `${message.kind}-${message.from}-${messageDigest(message).slice(2, 18)}.json`;
    const path = join(this.#folder, name);
    if (await exists(path)) return;
    await save(this.#io, path, serialiseMessage(message), "liquidatorMessage");
    this.#read.set(name, message);
  }
}

/** A folder of parts of decryptions, for everybody who opens a frozen book. */
export function partialsIn(io: Io, folder: string): PartialOutbox {
  const place = (context: string, member: number) => join(folder, `${context.slice(2, 34)}-${member}.json`);
  return {
    has: (context, member) => exists(place(context, member)),
    give: (message) =>
      save(io, place(message.body.context, message.from), serialiseMessage(message), "liquidatorMessage"),
  };
}

async function messageIn(io: Io, path: string): Promise<Message | null> {
  try {
    return parseMessage(await readKept(io, path, "liquidatorMessage"), path);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A key as JSON, without its points of members. */
export function keyJson(key: LiquidatorsKey) {
  const { transcript, threshold, generation, members } = key;
  const point = { x: key.key.x.toString(), y: key.key.y.toString() };
  return { key: point, digest: keyDigest(key), transcript, threshold, members: members.length, generation };
}
