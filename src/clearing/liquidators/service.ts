import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import type { TypedDataSigner } from "../../chain/externalSigner.js";
import type { Level } from "../../chain/keeper/events.js";
import { type TroubleNews, Troubles } from "../../chain/keeper/watch.js";
import { fileLines, type Lines } from "../../chain/lineFile.js";
import { hex } from "../../encoding/address.js";
import {
  ChainError,
  DeploymentMismatchError,
  JournalError,
  NodeUnreachableError,
  OutOfRangeError,
} from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import { natural } from "../notation.js";
import { keyDigest } from "./ceremony.js";
import { type RandomBytes, samePoint } from "./curve.js";
import type { KeyShare } from "./dealing.js";
import { type Message } from "./messages.js";
import { decryptionContext, makePartial, type SealedAccount } from "./partials.js";

const JOURNAL_FORMAT = "zkmargin/liquidator-journal@1";

/** What a liquidator asks of the house. All of it is read from the chain, at a block that is deep enough to stay. */
export interface HouseReader {
  readonly chainId: bigint;
  readonly house: string;
  /** The key that books are sealed to. */
  liquidatorsKey(): Promise<Point>;
  /** The accounts that a default has frozen and nobody has revealed, each with the sealed book of its last transition. */
  frozenAccounts(): Promise<readonly SealedAccount[]>;
  /** Whether the house says so of this account now: asked again before anything is decrypted. */
  isFrozen(account: string): Promise<boolean>;
}

/** Where parts of decryptions go. A part is there whole or not at all. */
export interface PartialOutbox {
  /** @param context of the decryption: {@link decryptionContext} */
  has(context: string, member: number): Promise<boolean>;
  give(message: Message<"partial">): Promise<void>;
}

const entrySchema = z.strictObject({
  key: hex(32),
  account: hex(32),
  sequence: natural,
  commitment: natural,
  /** Unix seconds. */
  at: natural,
});

/** A decryption that a liquidator has taken part in. */
export type Decryption = z.infer<typeof entrySchema>;

/** Whose decryptions a journal has. */
interface JournalSeat {
  readonly address: string;
  readonly house: string;
  readonly chainId: bigint;
}

/**
 * The journal of what a liquidator has decrypted, written before each part is made. It holds no position, as the liquidator has none.
 *
 * @example
 * ```ts
 * import { decryptionJournal } from "zkmargin/clearing";
 *
 * const seat = { address: houseMember.address, house: clearing.contracts.clearingHouse.address, chainId: 31_337n };
 * const journal = await decryptionJournal(`${folder}/l1.journal`, seat);
 * console.log(typeof journal.exclusively); // function
 * ```
 */
export function decryptionJournal(
  path: string,
  { address, house, chainId }: JournalSeat,
): Promise<Lines<Decryption>> {
  const seat = { address: address.toLowerCase(), house: house.toLowerCase(), chainId: chainId.toString() };
  return fileLines<Decryption>(path, {
    header: JSON.stringify({ format: JOURNAL_FORMAT, ...seat }),
    of: `what ${address} has decrypted of the house ${house} on chain ${chainId}`,
    read: (json) => z.safeParse(entrySchema, json).data,
    toJson: (entry) =>
      Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, String(value)])),
  });
}

/** What a liquidator's service tells. None holds a position or an amount: it sees none. */
export type LiquidatorHappening =
  | {
      readonly event: "started";
      readonly member: number;
      readonly members: number;
      readonly threshold: number;
    }
  | { readonly event: "decrypted"; readonly account: string; readonly sequence: bigint }
  /** A sealed book whose point is none, or that is no longer frozen when it is asked for again. */
  | {
      readonly event: "refused";
      readonly account: string;
      readonly sequence: bigint;
      readonly message: string;
    }
  | TroubleNews
  | { readonly event: "stopped"; readonly reason: "asked" | "failed" };

/** A happening, when it was seen, and of which account. */
export type LiquidatorEvent = LiquidatorHappening & {
  /** Unix milliseconds. */
  readonly time: number;
  readonly level: Level;
  readonly account: string | null;
};

/** The options of a liquidator's service. */
export interface LiquidatorOptions {
  readonly reader: HouseReader;
  /** Its share of the house's key, as it is now: a resharing replaces it. */
  readonly share: () => Promise<KeyShare>;
  readonly wallet: TypedDataSigner;
  readonly journal: Lines<Decryption>;
  readonly outbox: PartialOutbox;
  readonly random: RandomBytes;
  /** Now, unix milliseconds. */
  readonly clock: () => number;
  /** Milliseconds between two looks. */
  readonly interval: number;
  readonly onEvent?: (event: LiquidatorEvent) => void;
}

/**
 * A liquidator's service: it gives its part of the decryption of each account that the house has frozen, and of no other. Nobody asks
 * it for anything, so that nobody chooses what it multiplies by its share. It can be stopped and started at any moment.
 *
 * @example
 * ```ts
 * import { randomBytes } from "node:crypto";
 * import { ChainHouseReader, decryptionJournal, LiquidatorService } from "zkmargin/clearing";
 *
 * const { address: house, block: fromBlock } = clearing.contracts.clearingHouse;
 * const reader = new ChainHouseReader(houseOpen.connection, { house, fromBlock, depth: 0 });
 * const { wallet, share } = liquidators.first;
 * const seat = { address: wallet.address, house, chainId: reader.chainId };
 * const service = new LiquidatorService({
 *   ...{ reader, wallet, random: randomBytes, clock: Date.now, interval: 1_000 },
 *   share: async () => share,
 *   journal: await decryptionJournal(`${folder}/first.journal`, seat),
 *   outbox: { has: async () => false, give: async ({ from }) => console.log(`part of member ${from}`) },
 * });
 * await service.tick(); // gives its part of each book that the house has frozen; run() looks again and again
 * ```
 */
export class LiquidatorService {
  readonly #options: LiquidatorOptions;
  readonly #troubles = new Troubles();
  readonly #refused = new Map<string, string>();
  #started = false;

  /** @throws DeploymentMismatchError at the first look, if the share is not of the house's key */
  constructor(options: LiquidatorOptions) {
    this.#options = options;
  }

  /** Looks until `signal` is aborted. A node in trouble does not end it. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.tick().catch((error) => {
          const lasts = error instanceof JournalError || error instanceof DeploymentMismatchError;
          if (!(error instanceof ChainError) || lasts) throw error;
        });
        await sleep(this.#options.interval, undefined, { signal }).catch(() => undefined);
      }
      this.#tell({ event: "stopped", reason: "asked" });
    } catch (error) {
      this.#tell({ event: "stopped", reason: "failed" });
      throw error;
    }
  }

  /**
   * Looks at the house once, and gives each part that is due. Returns how many.
   * @throws ChainError for a node, key or journal in trouble
   */
  async tick(): Promise<number> {
    const { clock, journal } = this.#options;
    try {
      const given = await journal.exclusively(() => this.#look());
      this.#tell(...this.#troubles.looked(clock()));
      return given;
    } catch (error) {
      if (error instanceof ChainError) this.waits(error);
      throw error;
    }
  }

  /** Tells of a trouble: once, and then counted. */
  waits(error: ChainError): void {
    const scope = error instanceof NodeUnreachableError ? "look" : "wait";
    this.#tell(...this.#troubles.saw(scope, error, error.name, this.#options.clock()));
  }

  async #look(): Promise<number> {
    const { reader } = this.#options;
    const share = await this.#options.share();
    const { key, index } = share;
    if (!samePoint(await reader.liquidatorsKey(), key.key))
      throw new DeploymentMismatchError(
        `house ${reader.house}: expected the key of this share (${keyDigest(key)}), got another; name the store of its liquidators`,
      );
    if (!this.#started)
      this.#tell({ event: "started", member: index, members: key.members.length, threshold: key.threshold });
    this.#started = true;
    let given = 0;
    for (const account of await reader.frozenAccounts()) if (await this.#serve(account, share)) given++;
    return given;
  }

  /** Gives its part of one account's decryption, unless it is there. Journalled first. */
  async #serve(sealed: SealedAccount, share: KeyShare): Promise<boolean> {
    const { reader, wallet, journal, outbox, random, clock } = this.#options;
    const { account, sequence, commitment } = sealed;
    const key = decryptionContext(share.key, sealed);
    if (await outbox.has(key, share.index)) return false;
    const isOwn =
      sealed.chainId === reader.chainId && sealed.house.toLowerCase() === reader.house.toLowerCase();
    if (!isOwn || !(await reader.isFrozen(account))) {
      this.#refuse(sealed, "the house does not say that its decryption has begun");
      return false;
    }
    if (journal.get(key) === undefined)
      await journal.put({ key, account, sequence, commitment, at: BigInt(Math.floor(clock() / 1000)) });
    try {
      await outbox.give(await makePartial(wallet, share, sealed, random));
    } catch (error) {
      if (!(error instanceof OutOfRangeError)) throw error;
      this.#refuse(sealed, error.message);
      return false;
    }
    this.#tell({ event: "decrypted", account, sequence });
    return true;
  }

  #refuse({ account, sequence }: SealedAccount, message: string): void {
    if (this.#refused.get(account) === message) return;
    this.#refused.set(account, message);
    this.#tell({ event: "refused", account, sequence, message });
  }

  #tell(...happenings: LiquidatorHappening[]): void {
    const { onEvent, clock } = this.#options;
    for (const happening of happenings) {
      const account = "account" in happening ? happening.account : null;
      onEvent?.({ ...happening, time: clock(), level: levelOf(happening), account } as LiquidatorEvent);
    }
  }
}

function levelOf(happening: LiquidatorHappening): Level {
  if (happening.event === "refused") return "error";
  if (happening.event === "trouble") return "warn";
  return happening.event === "stopped" && happening.reason === "failed" ? "error" : "info";
}
