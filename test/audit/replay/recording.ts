import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Interface, Wallet } from "ethers";
import { Openings } from "../../../src/audit/replay/openings.js";
import { type LogLine, type RunOptions, replayLog } from "../../../src/audit/replay/replayLog.js";
import type { Audit } from "../../../src/audit/result.js";
import { ANVIL_KEYS } from "../../../src/chain/anvil.js";
import { encodeAttest, signBook } from "../../../src/chain/attest.js";
import type { Deployment } from "../../../src/chain/deployment.js";
import {
  type ChainEvent,
  decodeEvent,
  encodeEvent,
  LOGGED_BINDINGS,
  type LogBlock,
  type LogConstants,
  type LogRecord,
  linesOf,
  logDigest,
  readRecord,
  recordLine,
} from "../../../src/chain/eventLog/record.js";
import { keyStory } from "../../../src/cli/commands/auditReplay.js";
import { type BatchItem, BatchVerifier, type FoldedPoint } from "../../../src/groth16/batchVerifier.js";
import type { SleeveTerms } from "../../../src/protocol/attestation.js";

/** The demo's log, as `npm run demo` recorded it; see CONTRIBUTING.md for how to record it again. */
const RECORDED = readFileSync(
  fileURLToPath(new URL("../../vectors/audit/demo-log.ndjson", import.meta.url)),
  "utf8",
)
  .trimEnd()
  .split("\n");

/** The first topic of each event, by its name: most of a log need not be decoded to find one. */
const TOPICS = new Map(
  Object.values(LOGGED_BINDINGS).flatMap(({ abi }) => {
    const topics: [string, string][] = [];
    new Interface(abi).forEachEvent(({ name, topicHash }) => topics.push([name, topicHash]));
    return topics;
  }),
);

type Name = ChainEvent["name"];
type Fields<N extends Name> = Extract<ChainEvent, { name: N }>["fields"];
type Loose<T> = { -readonly [K in keyof T]: T[K] };

/** The recorded log as somebody might alter it, with what follows from the alteration made to fit again. */
export class Recording {
  deployment: Deployment;
  derived: string | undefined;
  readonly constants: LogConstants;
  blocks: LogBlock[];
  /** The last line is as good as not there. */
  withoutEnd = false;
  /** In place of the digest that the text has. */
  digest: string | undefined;

  /**
   * @param lines how many of the recorded lines, the head included; all by default
   * @param recorded the log; the demo's by default
   */
  constructor(lines = Number.POSITIVE_INFINITY, recorded: readonly string[] = RECORDED) {
    const [head, ...rest] = recorded.slice(0, lines).map((line, i) => readRecord(line, `log:${i + 1}`));
    if (head?.kind !== "head") throw new TypeError("a log begins with its head");
    this.deployment = head.deployment;
    this.derived = head.derived;
    this.constants = structuredClone(head.constants);
    this.blocks = rest.flatMap((record) => (record.kind === "block" ? [record.block] : []));
  }

  /** The `nth` event of a name, from 0; from the end for a negative one. */
  find<N extends Name>(name: N, nth = 0) {
    const topic = TOPICS.get(name);
    const found = this.blocks.flatMap((block) =>
      block.events.flatMap((event, at) => {
        if (event.topics[0] !== topic) return [];
        const decoded = decodeEvent(event);
        return decoded?.name === name ? [{ block, at, event, fields: decoded.fields as Fields<N> }] : [];
      }),
    );
    const one = found.at(nth);
    if (one === undefined) throw new RangeError(`no event ${nth} of ${name}`);
    return one;
  }

  /** Changes fields of an event. Returns it as it is now. */
  edit<N extends Name>(name: N, nth: number, edit: (fields: Fields<N>) => Partial<Loose<Fields<N>>>) {
    const { block, at, event, fields } = this.find(name, nth);
    const edited = { role: event.role, name, fields: { ...fields, ...edit(fields) } } as ChainEvent;
    block.events[at] = { ...event, ...encodeEvent(edited) };
    return { block, at, fields: edited.fields as Fields<N> };
  }

  remove(name: Name, nth: number): void {
    const { block, at } = this.find(name, nth);
    block.events.splice(at, 1);
  }

  /** Puts an event at the end of the block that another stands in, in a transaction of its own. */
  insert(after: { readonly block: LogBlock }, event: ChainEvent): void {
    const last = after.block.events.at(-1);
    after.block.events.push({
      index: (last?.index ?? -1) + 1,
      tx: (last?.tx ?? -1) + 1,
      ...encodeEvent(event),
    });
  }

  /** Has the signers of an attested book sign it as it now is, with the keys that everybody knows. */
  async sign(
    nth: number,
    keyOf = (attester: string) => walletOf(attester),
    sleeve?: SleeveTerms,
  ): Promise<void> {
    const { block, event, fields } = this.find("BookAttested", nth);
    const { chainId, listing, contracts } = this.deployment;
    const place = { chainId, registry: contracts.bookRegistry.address, listing };
    const { account, commitment, sequence, asOf, expiresAt } = fields;
    const book = {
      account,
      commitment,
      sequence,
      asOf,
      expiresAt,
      ...(sleeve === undefined ? {} : { sleeve }),
    };
    const signed = await Promise.all(
      [...fields.signers].map((attester) => signBook(keyOf(attester), place, book, attester)),
    );
    const call = block.calls.find(({ tx }) => tx === event.tx);
    if (call === undefined) throw new RangeError("no call");
    call.data = encodeAttest(book, signed);
  }

  /** The lines of the log, its numbers and digest made to fit. */
  *lines(): Generator<LogLine> {
    let digest = "";
    const line = (record: LogRecord) => {
      const text = recordLine(record);
      if (record.kind !== "end") digest = logDigest(digest, text);
      return { text, torn: false };
    };
    const { deployment, derived, constants } = this;
    yield line({ kind: "head", deployment, ...(derived === undefined ? {} : { derived }), constants });
    for (const block of this.blocks) yield line({ kind: "block", block });
    if (this.withoutEnd) return;
    const events = this.blocks.reduce((sum, block) => sum + block.events.length, 0);
    yield line({ kind: "end", end: { blocks: this.blocks.length, events, digest: this.digest ?? digest } });
  }

  async replay(options: Partial<RunOptions> = {}): Promise<Audit> {
    const lines = (async function* (all: Generator<LogLine>) {
      yield* all;
    })(this.lines());
    return replayLog(lines, await runOptions(options));
  }
}

/** Replays the text of a log. */
export async function replayText(text: string, options: Partial<RunOptions> = {}): Promise<Audit> {
  const bytes = (async function* () {
    yield Buffer.from(text);
  })();
  const lines = linesOf(bytes, "log");
  return replayLog(lines, await runOptions(options));
}

/** Options of a replay under the pinned key, with nothing disclosed by default. */
export async function runOptions(options: Partial<RunOptions> = {}): Promise<RunOptions> {
  const key = await keyStory("16x16", undefined);
  return { key, openings: new Openings(), openingsDigest: "", composition: false, ...options };
}

/** The wallet of an address among anvil's own. */
export function walletOf(address: string): Wallet {
  const wallet = WALLETS.find((each) => each.address === address);
  if (wallet === undefined) throw new RangeError(`no key of ${address}`);
  return wallet;
}

const WALLETS = ANVIL_KEYS.map((key) => new Wallet(key));

/**
 * A verifier that remembers what it has verified: many logs differ in a line, and the other proofs are as they were. Every
 * answer is one of the real verifier.
 */
export class RememberingVerifier extends BatchVerifier {
  readonly #invalid = new Map<string, boolean>();
  readonly #folded = new Map<string, FoldedPoint>();

  override invalid(items: readonly BatchItem[]): number[] {
    const names = items.map((item) => text(item));
    const fresh = items.map((_, i) => i).filter((i) => !this.#invalid.has(names[i] as string));
    const bad = new Set(super.invalid(fresh.map((i) => items[i] as BatchItem)));
    fresh.forEach((i, at) => {
      this.#invalid.set(names[i] as string, bad.has(at));
    });
    return names.flatMap((name, i) => (this.#invalid.get(name) === true ? [i] : []));
  }

  override refold(before: FoldedPoint | null, changes: Iterable<readonly [number, bigint]>): FoldedPoint {
    const list = [...changes];
    const name = text([before, list]);
    const known = this.#folded.get(name);
    if (known !== undefined) return known;
    const folded = super.refold(before, list);
    this.#folded.set(name, folded);
    return folded;
  }
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, v) => (typeof v === "bigint" ? v.toString() : v));
}
