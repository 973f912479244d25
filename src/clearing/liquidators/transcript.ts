import { InvalidProofError, MemberFaultError } from "../../errors.js";
import type { Point } from "../../protocol/folding.js";
import { BASE, checkKey } from "../../protocol/sealedBook.js";
import { checkLiquidatorsKey, type LiquidatorsKey, type Terms, termsDigest } from "./ceremony.js";
import { digestOf, evaluatePoints, lagrange, Scalars, sumOf } from "./curve.js";
import { checkDeal, dealerAddress, dealersOf, isDealt, isExtractOf, judgeComplaint } from "./dealing.js";
import { isSignedBy, type Message, type MessageKind, messageDigest } from "./messages.js";

/**
 * Judges a ceremony by its messages alone, as any of its members and any stranger does. The order in which they came does not
 * count: all members have accepted the same deals, or no key comes of them.
 */

/** How far a ceremony is. */
export interface Progress {
  /** `extract` in a generation alone; `failed` if somebody is at fault before all have accepted. */
  readonly step: "deal" | "accept" | "extract" | "done" | "failed";
  /** The numbers of those whose message this step waits for. */
  readonly missing: readonly number[];
  /** Who did what no honest member does. Of faults after all have accepted the key does not depend. */
  readonly faults: readonly MemberFaultError[];
  /** Messages that nobody of the ceremony has signed: they may come from anybody, and count for nothing. */
  readonly ignored: number;
  /** The deals, by their dealers: one each, or none where it is not there. */
  readonly deals: ReadonlyMap<number, Message<"deal">>;
  /** Dealers that have not extracted, and how many members have given their share of them. */
  readonly silent: ReadonlyMap<number, number>;
  /** The key, once it is there. */
  readonly key?: LiquidatorsKey;
}

/** Which messages there are, by kind. */
type Board = { readonly [Kind in MessageKind]: readonly Message<Kind>[] };

/**
 * Judges the messages of a ceremony.
 * @param terms checked by checkTerms
 */
export function judge(terms: Terms, messages: readonly Message[]): Progress {
  const board = boardOf(terms, messages);
  const ignored = messages.length - Object.values(board).reduce((sum, { length }) => sum + length, 0);
  const agreed = agreedDeals(terms, board);
  if (agreed === undefined) return { ...beforeAgreement(terms, board), ignored };
  const nobody = new Map<number, number>();
  const shared = { ignored, deals: agreed };
  if (terms.previous !== undefined)
    return {
      ...shared,
      step: "done",
      missing: [],
      faults: [],
      silent: nobody,
      key: resharedKey(terms, agreed),
    };
  const { at, silent, faults } = extraction(terms, agreed, board);
  if (silent.size > 0) return { ...shared, step: "extract", missing: [...silent.keys()], faults, silent };
  return { ...shared, step: "done", missing: [], faults, silent, key: generatedKey(terms, agreed, at) };
}

/**
 * The key that a ceremony's messages make, for anybody who checks it.
 * @throws MemberFaultError for the first who is at fault, InvalidProofError where messages are missing
 *
 * @example
 * ```ts
 * import { verifyTranscript } from "zkmargin/clearing";
 *
 * const { terms, board, key } = liquidators;
 * console.log(verifyTranscript(terms, board).key.x === key.key.x); // true
 * ```
 */
export function verifyTranscript(terms: Terms, messages: readonly Message[]): LiquidatorsKey {
  const { key, faults, step, missing } = judge(terms, messages);
  if (key !== undefined) return key;
  if (faults[0] !== undefined) throw faults[0];
  throw new InvalidProofError(
    `transcript: expected all messages of a ceremony, got none of "${step}" of members ${missing.join(", ")}`,
  );
}

/** Digest of a transcript: of the terms, and of the deals that all members accepted. These fix the key. */
export function transcriptDigest(terms: Terms, deals: readonly string[]): string {
  return digestOf("zkmargin/liquidators-transcript@1", termsDigest(terms), deals);
}

/** The messages that are of this ceremony and signed by whom they name; each once. */
function boardOf(terms: Terms, messages: readonly Message[]): Board {
  const ceremony = termsDigest(terms);
  const board: Record<MessageKind, Message[]> = {
    ...{ deal: [], accept: [], complaint: [], extract: [], recover: [], partial: [] },
  };
  const seen = new Set<string>();
  for (const message of messages) {
    const { kind, from } = message;
    const signer = kind === "deal" ? dealerAddress(terms, from) : terms.members[from - 1]?.address;
    if (kind === "partial" || message.ceremony !== ceremony || signer === undefined) continue;
    if (kind === "deal" && !dealersOf(terms).includes(from)) continue;
    const digest = messageDigest(message);
    if (seen.has(digest) || !once(SIGNED, message, () => isSignedBy(signer, terms.chainId, message)))
      continue;
    seen.add(digest);
    board[kind].push(message);
  }
  return board as unknown as Board;
}

/** The deals that *all* members have accepted in the same words; undefined as long as one has not. */
function agreedDeals(terms: Terms, board: Board): ReadonlyMap<number, Message<"deal">> | undefined {
  const [first, ...others] = terms.members.map((_, i) => board.accept.filter(({ from }) => from === i + 1));
  const dealers = dealersOf(terms);
  const listed = (first ?? [])
    .map(({ body }) => body.deals)
    .find((deals) =>
      others.every((accepts) => accepts.some(({ body }) => body.deals.join() === deals.join())),
    );
  if (listed === undefined || listed.length !== dealers.length) return undefined;
  const deals = dealers.map((dealer, i) => {
    const found = board.deal.find((deal) => deal.from === dealer && messageDigest(deal) === listed[i]);
    return found !== undefined && faultOfDeal(terms, found) === undefined ? found : undefined;
  });
  if (deals.includes(undefined)) return undefined;
  return new Map(deals.map((deal, i) => [dealers[i] as number, deal as Message<"deal">]));
}

function beforeAgreement(terms: Terms, board: Board): Omit<Progress, "ignored"> {
  const faults: MemberFaultError[] = [];
  const deals = new Map<number, Message<"deal">>();
  for (const dealer of dealersOf(terms)) {
    const [deal, another] = board.deal.filter(({ from }) => from === dealer);
    if (deal === undefined) continue;
    const fault = faultOfDeal(terms, deal);
    if (fault !== undefined) faults.push(fault);
    else if (another !== undefined)
      faults.push(
        new MemberFaultError(
          "two-deals",
          dealer,
          `member ${dealer}, ${dealerAddress(terms, dealer)}: expected one deal, got two that it signed`,
        ),
      );
    else deals.set(dealer, deal);
  }
  for (const complaint of board.complaint) faults.push(...judged(terms, complaint, board));
  const dealers = dealersOf(terms);
  const missingDeals = dealers.filter((dealer) => !deals.has(dealer));
  if (faults.length === 0 && missingDeals.length === 0) {
    const listed = dealers.map((dealer) => messageDigest(deals.get(dealer) as Message<"deal">)).join();
    terms.members.forEach(({ address }, i) => {
      const accepts = board.accept.filter(({ from }) => from === i + 1);
      if (accepts.length > 1)
        faults.push(
          new MemberFaultError(
            "two-accepts",
            i + 1,
            `member ${i + 1}, ${address}: expected one list of accepted deals, got two that it signed`,
          ),
        );
      else if (accepts.some(({ body }) => body.deals.join() !== listed))
        faults.push(
          new MemberFaultError(
            "accept",
            i + 1,
            `member ${i + 1}, ${address}: expected it to accept the deals that are there, got a list of others`,
          ),
        );
    });
  }
  const accepted = new Set(board.accept.map(({ from }) => from));
  const missing =
    missingDeals.length > 0
      ? missingDeals
      : terms.members.map((_, i) => i + 1).filter((member) => !accepted.has(member));
  const step = faults.length > 0 ? "failed" : missingDeals.length > 0 ? "deal" : "accept";
  return { step, missing, faults, deals, silent: new Map() };
}

/** Who is at fault by a complaint; nobody where the deal that it is of is not there. */
function judged(terms: Terms, { from, body }: Message<"complaint">, board: Board): MemberFaultError[] {
  const deal = board.deal.find((each) => each.from === body.against && messageDigest(each) === body.deal);
  if (deal === undefined || faultOfDeal(terms, deal) !== undefined) return [];
  const { against } = body;
  if (judgeComplaint(terms, from, body, deal) === "dealer")
    return [
      new MemberFaultError(
        "share",
        against,
        `member ${against}, ${dealerAddress(terms, against)}: expected a share for member ${from} in its deal, got none, as the complaint shows`,
      ),
    ];
  return [
    new MemberFaultError(
      "false-complaint",
      from,
      `member ${from}, ${terms.members[from - 1]?.address}: expected a complaint that shows a bad share of member ${against}, got one that shows none`,
    ),
  ];
}

/** What was found of messages of a ceremony. Each is looked at many times, and checking signatures and proofs is most of the work. */
const SIGNED = new WeakMap<Message, boolean>();
const FAULTS = new WeakMap<Message<"deal">, MemberFaultError | null>();
const EXTRACTS = new WeakMap<Message<"extract">, boolean>();

function once<Key extends object, T>(known: WeakMap<Key, T>, key: Key, find: () => T): T {
  if (!known.has(key)) known.set(key, find());
  return known.get(key) as T;
}

function faultOfDeal(terms: Terms, deal: Message<"deal">): MemberFaultError | undefined {
  return (
    once(FAULTS, deal, () => {
      try {
        checkDeal(terms, deal.from, deal.body);
        return null;
      } catch (error) {
        if (!(error instanceof MemberFaultError)) throw error;
        return error;
      }
    }) ?? undefined
  );
}

/** A dealer's polynomial times B, at a number. */
type Values = ReadonlyMap<number, (at: number) => Point>;

/** What dealers have extracted, or the others have recovered. Both give the same points: the deal fixes them. */
function extraction(
  terms: Terms,
  agreed: ReadonlyMap<number, Message<"deal">>,
  board: Board,
): {
  readonly at: Values;
  readonly silent: ReadonlyMap<number, number>;
  readonly faults: MemberFaultError[];
} {
  const at = new Map<number, (at: number) => Point>();
  const silent = new Map<number, number>();
  const faults: MemberFaultError[] = [];
  for (const [dealer, deal] of agreed) {
    const extracts = board.extract.filter(({ from }) => from === dealer);
    const sound = extracts.find((each) => once(EXTRACTS, each, () => isExtractOf(terms, deal, each.body)));
    if (sound !== undefined) {
      at.set(dealer, (index) => evaluatePoints(sound.body.points, index));
      continue;
    }
    if (extracts.length > 0)
      faults.push(
        new MemberFaultError(
          "extract",
          dealer,
          `member ${dealer}, ${dealerAddress(terms, dealer)}: expected the polynomial of its deal, got another`,
        ),
      );
    const given = new Map<number, bigint>();
    for (const { from, body } of board.recover.filter((each) => each.body.dealer === dealer))
      if (isDealt(terms, deal.body.commitments, from, body)) given.set(from, body.value);
      else
        faults.push(
          new MemberFaultError(
            "recover",
            from,
            `member ${from}, ${terms.members[from - 1]?.address}: expected its share of member ${dealer}'s deal, got another number`,
          ),
        );
    const known = [...given].slice(0, terms.threshold);
    if (known.length < terms.threshold) silent.set(dealer, given.size);
    else at.set(dealer, (index) => sumOf([[interpolate(known, index), BASE]]));
  }
  return { at, silent, faults };
}

function interpolate(shares: readonly (readonly [number, bigint])[], at: number): bigint {
  const factors = lagrange(
    shares.map(([index]) => index),
    at,
  );
  return shares.reduce((sum, [, value], i) => Scalars.add(sum, Scalars.mul(factors[i] as bigint, value)), 0n);
}

function generatedKey(
  terms: Terms,
  agreed: ReadonlyMap<number, Message<"deal">>,
  at: Values,
): LiquidatorsKey {
  const value = (index: number) => sumOf([...at.values()].map((of) => [1n, of(index)]));
  return keyOfValues(terms, agreed, 0, value(0), value);
}

function resharedKey(terms: Terms, agreed: ReadonlyMap<number, Message<"deal">>): LiquidatorsKey {
  const { previous } = terms as Terms & Required<Pick<Terms, "previous">>;
  const factors = lagrange([...agreed.keys()]);
  const value = (index: number) =>
    sumOf(
      [...agreed.values()].map(({ body }, i) => [
        factors[i] as bigint,
        evaluatePoints(body.commitments, index),
      ]),
    );
  return keyOfValues(terms, agreed, previous.key.generation + 1, previous.key.key, value);
}

function keyOfValues(
  terms: Terms,
  agreed: ReadonlyMap<number, Message<"deal">>,
  generation: number,
  point: Point,
  value: (index: number) => Point,
): LiquidatorsKey {
  const { chainId, threshold, members } = terms;
  checkKey(point);
  const key: LiquidatorsKey = {
    ...{ chainId, key: point, threshold, generation },
    transcript: transcriptDigest(terms, [...agreed.values()].map(messageDigest)),
    members: members.map(({ address }, i) => ({ address, share: value(i + 1) })),
  };
  checkLiquidatorsKey(key);
  return key;
}
