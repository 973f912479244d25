import assert from "node:assert/strict";
import {
  checkTerms,
  keyDigest,
  type LiquidatorsKey,
  type Terms,
} from "../../../src/clearing/liquidators/ceremony.js";
import { lagrange, Scalars } from "../../../src/clearing/liquidators/curve.js";
import {
  checkDeal,
  drawSecrets,
  type KeyShare,
  makeDeal,
} from "../../../src/clearing/liquidators/dealing.js";
import { type Body, type Message, signMessage } from "../../../src/clearing/liquidators/messages.js";
import { judge, verifyTranscript } from "../../../src/clearing/liquidators/transcript.js";
import { DuplicateFieldError, FormatError, MemberFaultError, OutOfRangeError } from "../../../src/errors.js";
import { keyOf } from "../../../src/protocol/sealedBook.js";
import {
  CHAIN,
  generated,
  playCeremony,
  seededBytes,
  stepOf,
  type TestMember,
  testMembers,
  testTerms,
} from "../../support/liquidators.js";

/** The secret that shares of any keys give, by the numbers that they have there. */
function secretOf(shares: readonly (KeyShare | undefined)[]): bigint {
  const held = shares.filter((share) => share !== undefined);
  const factors = lagrange(held.map(({ index }) => index));
  return held.reduce((sum, { value }, i) => Scalars.add(sum, Scalars.mul(factors[i] as bigint, value)), 0n);
}

describe("resharing the liquidators' key", () => {
  let old: TestMember[];
  let key: LiquidatorsKey;
  let next: TestMember[];
  let terms: Terms;
  let board: Message[];
  let reshared: LiquidatorsKey;
  let shares: KeyShare[];
  const random = seededBytes(90);
  before(async () => {
    const made = await generated(5, 3, 90);
    old = made.members;
    key = verifyTranscript(made.terms, made.board);
    // Members 4 and 5 of the old key go, 3 stays with another number, and four come: four of six.
    const newcomers = await testMembers(4, 91);
    next = [
      newcomers[0] as TestMember,
      newcomers[1] as TestMember,
      old[0] as TestMember,
      old[2] as TestMember,
      newcomers[2] as TestMember,
      newcomers[3] as TestMember,
    ];
    terms = testTerms(next, 4, { key, dealers: [1, 3, 4] });
    checkTerms(terms);
    const all = [...new Set([old[0], old[2], old[3], ...next] as TestMember[])];
    const played = await playCeremony(all, terms, 92);
    board = played.board;
    shares = played.steps.flatMap(({ share }) => share ?? []);
    reshared = verifyTranscript(terms, board);
  });

  // shows: P74
  it("keeps the key, under another threshold and other members, and deals nobody the secret", () => {
    assert.deepEqual(reshared.key, key.key);
    assert.deepEqual([reshared.generation, reshared.threshold, reshared.members.length], [1, 4, 6]);
    assert.notEqual(keyDigest(reshared), keyDigest(key));
    assert.equal(shares.length, 6);
    for (const chosen of [shares.slice(0, 4), shares.slice(2), [shares[0], shares[2], shares[3], shares[5]]])
      assert.deepEqual(keyOf(secretOf(chosen)), key.key);
    assert.notDeepEqual(keyOf(secretOf(shares.slice(0, 3))), key.key);
  });

  // shows: A125
  it("makes old shares worthless beside new ones: two old and any new do not give the secret", () => {
    const before = old.map(({ share }) => share as KeyShare);
    for (const mixed of [
      [before[0], before[1], ...shares.filter(({ index }) => index > 2).slice(0, 2)],
      [before[0], ...shares.filter(({ index }) => index > 1).slice(0, 3)],
      [before[3], before[4], ...shares.filter(({ index }) => index < 3)],
    ])
      assert.notDeepEqual(keyOf(secretOf(mixed)), key.key);
  });

  // shows: A125
  it("refuses fewer old members than the old threshold, one twice, one that is none, and a key that is not sound", () => {
    const change = (previous: Terms["previous"]) => () => checkTerms(testTerms(next, 4, previous));
    assert.throws(change({ key, dealers: [1, 3] }), OutOfRangeError);
    assert.throws(change({ key, dealers: [1, 3, 3] }), DuplicateFieldError);
    assert.throws(change({ key, dealers: [1, 3, 6] }), OutOfRangeError);
    assert.throws(change({ key: { ...key, key: keyOf(5n) }, dealers: [1, 3, 4] }), FormatError);
    assert.throws(change({ key: { ...key, chainId: 1n }, dealers: [1, 3, 4] }), FormatError);
  });

  // shows: A122
  it("names an old member that deals another number than its share", async () => {
    const deal = (share: bigint, from: number) =>
      makeDeal(terms, from, drawSecrets(terms, random, share), random);
    const own = old[0]?.share?.value ?? 0n;
    checkDeal(terms, 1, deal(own, 1));
    for (const wrong of [own + 1n, 1n, old[2]?.share?.value ?? 0n])
      assert.throws(
        () => checkDeal(terms, 1, deal(wrong, 1)),
        (error) => error instanceof MemberFaultError && error.fault === "deal" && error.member === 1,
      );
    // A blinded deal, which a generation takes, is none here.
    const blinded = makeDeal(testTerms(next, 4), 1, drawSecrets(testTerms(next, 4), random, own), random);
    assert.throws(() => checkDeal(terms, 1, blinded), MemberFaultError);
  });

  // shows: A124
  it("takes no deal of an old member that the terms do not name, or by a newcomer", async () => {
    const sign = (member: TestMember, from: number, body: Body<"deal">) =>
      signMessage(member.wallet, CHAIN, {
        ceremony: (board[0] as Message).ceremony,
        kind: "deal",
        from,
        body,
      }) as Promise<unknown> as Promise<Message>;
    const body = makeDeal(terms, 2, drawSecrets(terms, random, old[1]?.share?.value ?? 0n), random);
    const uninvited = await sign(old[1] as TestMember, 2, body);
    const newcomer = await sign(next[1] as TestMember, 1, body);
    const { ignored, key: same } = judge(terms, [uninvited, newcomer, ...board]);
    assert.equal(ignored, 2);
    assert.deepEqual(same, reshared);
  });

  // shows: A125
  it("is refused by an old member whose share is of another generation", async () => {
    const stale: TestMember = {
      ...(old[0] as TestMember),
      state: undefined,
      share: shares.find(({ index }) => index === 3),
    };
    const again = testTerms(
      next.filter((member) => member !== old[0]),
      3,
      { key, dealers: [1, 3, 4] },
    );
    await assert.rejects(
      stepOf({ ...stale, share: { ...(stale.share as KeyShare), index: 1 } }, again, [], { random }),
      OutOfRangeError,
    );
  });

  // shows: A125
  it("refreshes the shares of the same members: the thief of two old ones has nothing", async () => {
    const members = old.map((member) => ({ ...member, state: undefined }));
    const own = testTerms(members, 3, { key, dealers: [1, 2, 3] }, 3);
    const { steps } = await playCeremony(members, own, 93);
    const fresh = steps.flatMap(({ share }) => share ?? []);
    assert.deepEqual(keyOf(secretOf(fresh.slice(0, 3))), key.key);
    assert.notDeepEqual(keyOf(secretOf([old[0]?.share, old[1]?.share, fresh[2]])), key.key);
    assert.ok(fresh.every(({ value }, i) => value !== old[i]?.share?.value));
  });
});
