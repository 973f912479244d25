import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as z from "zod/mini";
import type { AccountReading } from "../chain/accountReading.js";
import type { OpenDeployment } from "../chain/deployment.js";
import { serialiseDeployment } from "../chain/deployment.js";
import type { OpenHouse } from "../clearing/account/manifest.js";
import { sha256 } from "../encoding/shape.js";
import { DeploymentMismatchError } from "../errors.js";
import { writeAtomic } from "../groth16/artefacts/writeAtomic.js";
import { ROUNDS } from "../protocol/bounds.js";
import type { EventView } from "./apiTypes.js";
import { changedBetween, earlierState } from "./branches.js";
import { type ChainState, freshState, type RoundState } from "./chainState.js";
import { freshClearing } from "./clearingReader.js";

const FORMAT = "zkmargin/served@2";

/** The first line of the file: what the second is of, and its digest. */
const headSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** Of the package: another one may have read other fields. */
  version: z.string(),
  /** Digest of the deployment's manifest, which names chain and contracts. */
  deployment: sha256,
  house: z.nullable(z.string()),
  digest: sha256,
});

/** What is kept of a chain's state at a block: what events have named. */
interface KeptBlock {
  readonly block: ChainState["block"];
  readonly owners: readonly (readonly [string, string])[];
  readonly sleeved: readonly string[];
  readonly supported: readonly string[];
  readonly rounds: readonly RoundState[];
  readonly events: readonly EventView[];
  readonly tokens: readonly string[];
  readonly creditors: readonly string[];
  readonly auctioned: readonly string[];
  readonly clearing: {
    readonly capped: readonly string[];
    readonly grouped: readonly string[];
    readonly owners: readonly (readonly [string, string])[];
    readonly defaulted: readonly string[];
    readonly tornUp: number;
  };
}

/** The newest state with what the contracts answered about each account, and an earlier one, for a chain that loses the newest. */
interface Kept extends KeptBlock {
  readonly accounts: readonly (readonly [string, AccountReading])[];
  /** With the accounts whose answers are not those of the newest. */
  readonly settled: (KeptBlock & { readonly changed: readonly string[] }) | null;
}

/** What a start finds in the file: states to go on from, the oldest first, or why there is none. */
export type Restored =
  | { readonly state: ChainState; readonly states: readonly ChainState[] }
  | { readonly why: "absent" | "damaged" | "other-version" | "other-house" };

/**
 * Keeps in a file what a service has read of a chain, so that the next start reads what is new. It holds what the chain knows and nothing
 * else: no name, no book, no health factor. It is written whole or not at all, and a file that is damaged is read as none.
 */
export class ReadStore {
  readonly path: string;
  readonly #open: OpenDeployment;
  readonly #head: Omit<z.infer<typeof headSchema>, "digest">;

  /** @param version of the package */
  constructor(path: string, version: string, open: OpenDeployment, house?: OpenHouse) {
    this.path = path;
    this.#open = open;
    this.#head = {
      format: FORMAT,
      version,
      deployment: digestOf(serialiseDeployment(open.deployment)),
      house: house === undefined ? null : String(house.house.target),
    };
  }

  /**
   * What the file has. Which of its blocks are still of the chain is for the reader to ask.
   * @throws DeploymentMismatchError for the file of another deployment or chain, which stays as it is
   * @throws the file system's error for a file that is there and cannot be read
   */
  async load(): Promise<Restored> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return { why: "absent" };
      throw error;
    }
    const end = text.indexOf("\n");
    const head = headOf(text.slice(0, Math.max(0, end)));
    if (head === undefined) return { why: "damaged" };
    if (head.deployment !== this.#head.deployment)
      throw new DeploymentMismatchError(
        "--state: expected what was read of this deployment, got the file of another deployment or chain; name another file",
      );
    const body = text.slice(end + 1);
    if (digestOf(body) !== head.digest) return { why: "damaged" };
    if (head.version !== this.#head.version) return { why: "other-version" };
    if (head.house !== this.#head.house) return { why: "other-house" };
    const { settled, accounts, ...newest } = JSON.parse(body, revived) as Kept;
    const state = { ...this.#restored(newest), accounts: new Map(accounts) };
    if (settled === null) return { state, states: [state] };
    const changed = new Set(settled.changed);
    const earlier = earlierState(this.#restored(settled), state, (account) => changed.has(account));
    return { state, states: [earlier, state] };
  }

  /**
   * Writes a state, and one of an earlier block that is likely to stay.
   * @throws the file system's error; the file before is whole then
   */
  async save(state: ChainState, settled?: ChainState): Promise<void> {
    const earlier =
      settled === undefined ? null : { ...keptOf(settled), changed: changedBetween(settled, state) };
    const kept: Kept = { ...keptOf(state), accounts: [...state.accounts], settled: earlier };
    const body = JSON.stringify(kept, replaced);
    await writeAtomic(this.path, `${JSON.stringify({ ...this.#head, digest: digestOf(body) })}\n${body}`);
  }

  /** A state that goes on from what was kept. The market, the vault and the fund are read again by the first look. */
  #restored(kept: KeptBlock): ChainState {
    const fresh = freshState(this.#open.listing, this.#open.deployment.chainId);
    const ring = [...fresh.ring];
    for (const round of kept.rounds) ring[round.number % ROUNDS] = round;
    const { capped, grouped, owners, defaulted, tornUp } = kept.clearing;
    return {
      ...fresh,
      ...{ block: kept.block, rounds: kept.rounds, events: kept.events, ring },
      owners: new Map(kept.owners),
      sleeved: new Set(kept.sleeved),
      supported: new Set(kept.supported),
      tokens: new Set(kept.tokens),
      creditors: new Set(kept.creditors),
      auctioned: new Set(kept.auctioned),
      clearing: {
        ...freshClearing(),
        ...{ capped: new Set(capped), grouped: new Set(grouped), owners: new Map(owners) },
        ...{ defaulted: new Set(defaulted), tornUp },
      },
    };
  }
}

function keptOf(state: ChainState): KeptBlock {
  const { capped, grouped, owners, defaulted, tornUp } = state.clearing;
  return {
    ...{ block: state.block, rounds: state.rounds, events: state.events },
    owners: [...state.owners],
    sleeved: [...state.sleeved],
    supported: [...state.supported],
    tokens: [...state.tokens],
    creditors: [...state.creditors],
    auctioned: [...state.auctioned],
    clearing: {
      ...{ capped: [...capped], grouped: [...grouped], owners: [...owners] },
      ...{ defaulted: [...defaulted], tornUp },
    },
  };
}

function headOf(line: string): z.infer<typeof headSchema> | undefined {
  try {
    const read = headSchema.safeParse(JSON.parse(line));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A big integer as `#12`; a text that begins with `#` has another before it. */
function replaced(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return `#${value}`;
  return typeof value === "string" && value.startsWith("#") ? `#${value}` : value;
}

/** The inverse of {@link replaced}. */
function revived(_: string, value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("#")) return value;
  return value.startsWith("##") ? value.slice(1) : BigInt(value.slice(1));
}
