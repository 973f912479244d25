import { advanceAnchor, averagesOf, type Quote, sumsAt } from "../../../src/audit/replay/prices.js";
import { Replay } from "../../../src/audit/replay/replay.js";
import { encodeAttest, signBook } from "../../../src/chain/attest.js";
import {
  encodeEvent,
  type LogBlock,
  type LogRecord,
  logDigest,
  recordLine,
} from "../../../src/chain/eventLog/record.js";
import type { BatchVerifier } from "../../../src/groth16/batchVerifier.js";
import { OBSERVATIONS, ROUNDS } from "../../../src/protocol/bounds.js";
import { moveOf, quoteOf } from "../../../src/protocol/odometer.js";
import { signalLayout, toField } from "../../../src/protocol/signals.js";
import { encodeBatch, type Forger } from "./forgery.js";
import { type Recording, runOptions, walletOf } from "./recording.js";

/** How a log goes on. */
export interface Generation {
  /** Rounds to add: an hour apart, every price moving each time by as much as an early round needs. */
  readonly rounds: number;
  readonly verifier: BatchVerifier;
  /** With it, a proof of ether-loan follows each round, and a book each twentieth. */
  readonly forger?: Forger;
  readonly seed?: number;
}

const HOUR = 3_600;
const ROUNDS_A_BOOK = 20;
/** HF > 1.0000, cross margin, in no envelope. */
const CLAIM = 10_000n | (1n << 30n);
const NO_HASH = `0x${"00".repeat(32)}`;

/**
 * A recorded log, continued for as long as one likes by what the contracts would have emitted. A replay of its own computes
 * what comes next, and would not take anything that does not fit.
 */
export async function* generatedLines(
  recording: Recording,
  { rounds, verifier, forger, seed = 1 }: Generation,
): AsyncGenerator<{ readonly text: string; readonly torn: boolean }> {
  const head = { deployment: recording.deployment, constants: recording.constants };
  const options = await runOptions({
    onFinding: ({ code, expected, got }) => {
      throw new RangeError(`a generated log with a finding: ${code}, expected ${expected}, got ${got}`);
    },
  });
  const replay = new Replay(head, verifier, options);
  let [digest, blocks, events] = ["", 0, 0];
  const line = (record: LogRecord) => {
    const text = recordLine(record);
    if (record.kind !== "end") digest = logDigest(digest, text);
    if (record.kind === "block") {
      replay.block(record.block);
      blocks++;
      events += record.block.events.length;
    }
    return { text, torn: false };
  };
  yield line({ kind: "head", ...head });
  for (const block of recording.blocks) yield line({ kind: "block", block });

  const next = walk(seed);
  const spots = recording.find("RoundCommitted", -1).fields.low.map((low) => low);
  const book = recording.find("BookAttested", 2).fields;
  let [number, time] = [replay.state.last?.number ?? 0, replay.state.last?.time ?? 0];
  for (let i = 0; i < rounds; i++) {
    time += HOUR;
    spots.forEach((spot, u) => {
      const size = 120 + (next() % 41);
      spots[u] = (spot * BigInt(next() % 2 === 0 ? 10_000 + size : 10_000 - size)) / 10_000n + 1n;
    });
    yield line({ kind: "block", block: roundBlock(recording, replay, verifier, spots, (number += 2), time) });
    if (forger === undefined) continue;
    const account = replay.state.accounts.get(book.account);
    if (account === undefined) throw new RangeError("no account to prove");
    const sequence = BigInt(account.book.sequence + 1);
    if (i % ROUNDS_A_BOOK === 0) {
      const block = await bookBlock(
        recording,
        { ...book, sequence, commitment: book.commitment + sequence },
        (number += 2),
        time + 10,
      );
      yield line({ kind: "block", block });
    }
    yield line({ kind: "block", block: proofBlock(replay, forger, book.account, (number += 2), time + 20) });
  }
  yield line({ kind: "end", end: { blocks, events, digest } });
}

/** What the ledger would commit if its feeds said these spot prices. */
function roundBlock(
  { constants, deployment }: Recording,
  { state }: Replay,
  verifier: BatchVerifier,
  spots: readonly bigint[],
  block: number,
  time: number,
): LogBlock {
  // What the ledger does to its state is not to be done twice.
  const ledger = { ...state.ledger };
  const newest = ledger.newest;
  if (newest === null) throw new RangeError("no round to go on from");
  const number = newest.number + 1;
  const sums = sumsAt(ledger, time);
  const anchor = advanceAnchor(ledger, number, time, constants.ledger.twapWindow);
  const span = BigInt(time - (ledger.ring[anchor % ROUNDS]?.time ?? time));
  const quotes = spots.map((spot, u): Omit<Quote, "spot"> => {
    const area = (sums[u]?.least ?? 0n) - (ledger.sums[anchor % OBSERVATIONS]?.[u]?.least ?? 0n);
    const [average = null] = averagesOf({ least: area, most: area }, span) ?? [];
    const [low, high] = quoteOf({ spot, confidence: 0n }, average);
    return { low, high, funding: 0n };
  });
  const moves = quotes.map((quote, u) => moveOf(ledger.quotes[u], quote));
  const odometer = newest.odometer + moves.reduce((a, b) => (a > b ? a : b), 0n);
  const layout = signalLayout(deployment.tier);
  const changes = (["low", "high", "funding"] as const).flatMap((name) =>
    quotes.flatMap((quote, u) => {
      const change = quote[name] - (ledger.quotes[u]?.[name] ?? 0n);
      return change === 0n ? [] : [[(layout.get(name)?.offset ?? 0) + u, toField(change)] as const];
    }),
  );
  const { x, y } = verifier.refold(newest.folded, changes);
  const event = encodeEvent({
    role: "marketLedger",
    name: "RoundCommitted",
    fields: {
      number: BigInt(number),
      epoch: BigInt(newest.epoch),
      time: BigInt(time),
      odometer,
      x,
      y,
      low: quotes.map(({ low }) => low),
      high: quotes.map(({ high }) => high),
      funding: quotes.map(() => 0n),
    },
  });
  const feeds = { prices: spots.map((spot) => [[spot.toString(), "0"] as [string, string]]), funding: [] };
  return { ...emptyBlock(block, time), events: [{ index: 0, tx: 0, ...event }], feeds };
}

async function bookBlock(
  { deployment }: Recording,
  {
    account,
    commitment,
    sequence,
    signers,
  }: { account: string; commitment: bigint; sequence: bigint; signers: readonly string[] },
  number: number,
  time: number,
): Promise<LogBlock> {
  const { chainId, listing, contracts } = deployment;
  const asOf = BigInt(time);
  const book = { account, commitment, sequence, asOf, expiresAt: asOf + BigInt((ROUNDS_A_BOOK + 2) * HOUR) };
  const place = { chainId, registry: contracts.bookRegistry.address, listing };
  const signed = await Promise.all([...signers].map((attester) => signBook(walletOf(attester), place, book)));
  const fields = { ...book, signers: [...signers] };
  const event = encodeEvent({ role: "bookRegistry", name: "BookAttested", fields });
  const from = signers[0] ?? "";
  const call = { tx: 0, from, to: place.registry, data: encodeAttest(book, signed) };
  return { ...emptyBlock(number, time), events: [{ index: 0, tx: 0, ...event }], calls: [call] };
}

function proofBlock({ state }: Replay, forger: Forger, id: string, number: number, time: number): LogBlock {
  const round = state.ledger.newest;
  const account = state.accounts.get(id);
  if (round === null || account === undefined) throw new RangeError("nothing to prove");
  const { sequence, commitment } = account.book;
  const proof = forger.forge(round.folded, commitment, CLAIM);
  const submission = { account: id, round: BigInt(round.number), claim: CLAIM, proof };
  const fields = {
    account: id,
    round: submission.round,
    sequence: BigInt(sequence),
    claim: CLAIM,
    submitter: account.owner,
  };
  const event = encodeEvent({ role: "marginGate", name: "ProofAccepted", fields });
  const call = { tx: 0, from: account.owner, to: null, data: encodeBatch([submission]) };
  return { ...emptyBlock(number, time), events: [{ index: 0, tx: 0, ...event }], calls: [call] };
}

function emptyBlock(number: number, time: number): LogBlock {
  const hash = `0x${number.toString(16).padStart(64, "0")}`;
  return {
    number,
    hash,
    parent: NO_HASH,
    time,
    events: [],
    calls: [],
    contracts: [],
    unknown: [],
    tokens: [],
    feeds: null,
    answers: [],
    counts: null,
  };
}

/** A generator that anybody can repeat: Lehmer's. */
function walk(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
}
