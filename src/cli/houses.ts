import type { Command } from "commander";
import { type TokenInfo, tokenInfo } from "../chain/vault.js";
import type { NamedKey } from "../chain/verificationKey.js";
import { HouseTransactions } from "../clearing/account/house.js";
import { type OpenHouse, openHouse, parseClearing } from "../clearing/account/manifest.js";
import { Member } from "../clearing/account/member.js";
import { MemberStore } from "../clearing/account/store.js";
import type { ClearingProvers } from "../clearing/account/transitionCall.js";
import { loadArtefacts } from "../prove/artefacts.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../prove/clearing.js";
import { ProvingSession } from "../prove/session.js";
import { basisPoints, chosenProver, DEFAULT_HOME, wholeNumber } from "./arguments.js";
import { readSecretFile } from "./files.js";
import { type Io, progressOn, readInput } from "./io.js";
import { type ChainOptions, onChain, type SenderOptions, sender, withDeployment } from "./onChain.js";

const DEFAULT_MANIFEST = "clearing.json";
const DEFAULT_STORE = "clearing.books";
const DEFAULT_ENVELOPE = 100;
/** Seconds in which a transaction of the owner's may be mined. */
const DEFAULT_DEADLINE = 300;

/** Which house, whose books, and how they are proven. */
export interface ClearingOptions extends ChainOptions {
  readonly clearing: string;
  readonly secret: string;
  readonly store: string;
  readonly envelope: number;
  readonly deadline: number;
  readonly json?: boolean;
}

/** Adds the options of every command that reads or changes an account's book. */
export function withBooks(command: Command): Command {
  return withHouse(command)
    .requiredOption("--secret <file>", "the owner's secret, which opens its books (zkmargin book secret)")
    .option("--store <file>", "the owner's books, encrypted under the secret", DEFAULT_STORE);
}

/** Adds the options of every command about a house. */
export function withHouse(command: Command): Command {
  return withManifest(command).option("--json", "print JSON");
}

/** As {@link withHouse}, without --json. */
export function withManifest(command: Command): Command {
  return withDeployment(command).option(
    "--clearing <file>",
    "manifest of the clearing house",
    DEFAULT_MANIFEST,
  );
}

/** Adds the options of every command that proves a change of a book. */
export function withProofs(command: Command, seconds = DEFAULT_DEADLINE): Command {
  return withBooks(command)
    .option(
      "--envelope <bps>",
      "price move through which the claims of health hold, basis points",
      basisPoints,
      DEFAULT_ENVELOPE,
    )
    .option("--deadline <seconds>", "longest time until it is mined", wholeNumber, seconds);
}

/** A member at work: the house, its books, and what the command needs of the chain. */
export interface MemberAtHouse {
  readonly opened: OpenHouse;
  readonly key: NamedKey;
  readonly member: Member;
  readonly store: MemberStore;
  readonly token: TokenInfo;
  /** Unix seconds of the newest block. */
  readonly now: bigint;
  /** The deadline that the options ask for, unix seconds. */
  readonly deadline: bigint;
  /** Loads the circuit of reveals. */
  readonly reveal: () => Promise<ClearingSession>;
}

/** Opens the house that the options name, and closes everything afterwards. */
export function onHouse<T>(
  io: Io,
  options: Omit<ClearingOptions, "secret" | "store" | "envelope" | "deadline">,
  work: (opened: OpenHouse, key: NamedKey) => Promise<T>,
): Promise<T> {
  return onChain(io, options, async (open, key) => {
    const manifest = parseClearing(await readInput(io, options.clearing, "clearing"), options.clearing);
    return work(await openHouse(open, manifest), key);
  });
}

/** As {@link onHouse}, with the member's secret and books. */
export function asMember<T>(
  io: Io,
  options: ClearingOptions,
  work: (member: MemberAtHouse) => Promise<T>,
): Promise<T> {
  return onHouse(io, options, async (opened, key) => {
    const { open, house } = opened;
    const { home = DEFAULT_HOME, envelope = DEFAULT_ENVELOPE, deadline = DEFAULT_DEADLINE } = options;
    const secret = await readSecretFile(io, options.secret);
    const store = await MemberStore.open(options.store, secret, {
      chainId: Number(open.connection.chainId),
      house: String(house.target),
    });
    const sessions: { close(): Promise<void> }[] = [];
    const kept = <S extends { close(): Promise<void> }>(session: S): S => {
      sessions.push(session);
      return session;
    };
    const clearing = async (statement: "transition" | "reveal") => {
      const artefacts = await clearingArtefacts(
        home,
        clearingCircuit(statement, open.tier.assets),
        progressOn(io),
      );
      return kept(await ClearingSession.open(artefacts));
    };
    let loaded: Promise<ClearingProvers> | undefined;
    const provers = () => {
      loaded ??= (async () => {
        const opened = loadArtefacts(home, open.tier).then((artefacts) =>
          ProvingSession.open(artefacts, chosenProver({})),
        );
        const [transition, margin] = await Promise.all([clearing("transition"), opened.then(kept)]);
        return { transition, margin };
      })();
      return loaded;
    };
    const member = new Member({ opened, key, store, secret, provers, envelope });
    const [token, block] = await Promise.all([
      tokenInfo(open, await house.settlement()),
      open.connection.provider.getBlock("latest"),
    ]);
    const now = BigInt(block?.timestamp ?? 0);
    const parts = { opened, key, member, store, token, now, deadline: now + BigInt(deadline) };
    try {
      return await work({ ...parts, reveal: () => clearing("reveal") });
    } finally {
      await Promise.all(sessions.map((session) => session.close()));
    }
  });
}

/** The sender that the options name, in a house. */
export async function houseSender(
  io: Io,
  opened: OpenHouse,
  options: SenderOptions & ChainOptions,
): Promise<HouseTransactions> {
  return new HouseTransactions(opened, await sender(io, opened.open.connection, options, options.deployment));
}
