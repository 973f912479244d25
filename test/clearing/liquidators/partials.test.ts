import assert from "node:assert/strict";
import { keyDigest, type LiquidatorsKey } from "../../../src/clearing/liquidators/ceremony.js";
import { lagrange, randomScalar, Scalars, sumOf } from "../../../src/clearing/liquidators/curve.js";
import type { KeyShare } from "../../../src/clearing/liquidators/dealing.js";
import {
  type Body,
  type Message,
  parseMessage,
  serialiseMessage,
  signMessage,
} from "../../../src/clearing/liquidators/messages.js";
import {
  checkPartial,
  combinePartials,
  makePartial,
  openByPartials,
  type SealedAccount,
} from "../../../src/clearing/liquidators/partials.js";
import { InvalidProofError, MemberFaultError, OutOfRangeError } from "../../../src/errors.js";
import type { Point } from "../../../src/protocol/folding.js";
import {
  BASE,
  type ClearedOpening,
  SUBGROUP_ORDER,
  scalarOf,
  sealBook,
  sharedPoint,
} from "../../../src/protocol/sealedBook.js";
import { commitCleared } from "../../../src/protocol/transition.js";
import { Random } from "../../support/cases.js";
import { randomOpening } from "../../support/clearing.js";
import { CHAIN, generated, HOSTILE_POINTS, seededBytes, type TestMember } from "../../support/liquidators.js";

const ASSETS = 16;
const LISTING = 99n;

describe("decrypting a sealed book in parts", () => {
  let members: TestMember[];
  let key: LiquidatorsKey;
  let opening: ClearedOpening;
  let account: SealedAccount;
  let partials: Message<"partial">[];
  const random = seededBytes(100);
  const sealedOf = (book: ClearedOpening, scalar: bigint, sequence = 4n, id = "ab"): SealedAccount => ({
    chainId: CHAIN,
    house: `0x${"33".repeat(20)}`,
    account: `0x${id.repeat(32)}`,
    sequence,
    commitment: commitCleared(book, LISTING),
    listing: LISTING,
    sealed: sealBook(book, key.key, scalarOf(scalar)),
  });
  const part = (member: number, of = account) => {
    const { wallet, share } = members[member - 1] as TestMember;
    return makePartial(wallet, share as KeyShare, of, random);
  };
  const signed = (member: number, body: Body<"partial">, from = member) =>
    signMessage((members[member - 1] as TestMember).wallet, CHAIN, {
      ceremony: keyDigest(key),
      kind: "partial",
      from,
      body,
    });
  before(async () => {
    ({ members } = await generated(5, 3, 100));
    key = (members[0]?.share as KeyShare).key;
    opening = randomOpening(new Random(101), ASSETS);
    account = sealedOf(opening, 123_456_789n);
    partials = await Promise.all([1, 2, 3, 4, 5].map((member) => part(member)));
  });
  const named = (member: number) => (error: unknown) =>
    error instanceof MemberFaultError && error.fault === "partial" && error.member === member;

  // shows: P75
  it("opens the book by any three of five parts, in any order, and not by two", () => {
    for (const chosen of [
      [0, 1, 2],
      [4, 2, 0],
      [1, 3, 4],
      [0, 1, 2, 3, 4],
    ])
      assert.deepEqual(
        openByPartials(
          key,
          account,
          chosen.map((i) => partials[i] as Message),
          ASSETS,
        ),
        opening,
      );
    for (const chosen of [[], [0], [0, 1], [3, 3, 3, 4]])
      assert.throws(
        () =>
          openByPartials(
            key,
            account,
            chosen.map((i) => partials[i] as Message),
            ASSETS,
          ),
        OutOfRangeError,
      );
    const texts = partials.map((message) => parseMessage(serialiseMessage(message)));
    assert.deepEqual(openByPartials(key, account, texts, ASSETS), opening);
  });

  // shows: P75
  it("names a member whose part is wrong, and opens the book by the others", async () => {
    const { body } = partials[1] as Message<"partial">;
    const other = sharedPoint(77n, account.sealed.ephemeral);
    const lies = [
      { ...body, point: other },
      {
        ...body,
        point: sumOf([
          [1n, body.point],
          [1n, BASE],
        ]),
      },
      { ...body, proof: { ...body.proof, challenge: (body.proof.challenge + 1n) % SUBGROUP_ORDER } },
      // The sound part of another member, which it signs as its own.
      (partials[2] as Message<"partial">).body,
    ];
    for (const lie of lies) {
      const message = await signed(2, lie);
      assert.throws(() => checkPartial(key, account, message), named(2));
      const { refused, members: sound } = combinePartials(key, account, [message, ...partials.slice(2)]);
      assert.ok(named(2)(refused[0]));
      assert.deepEqual(sound, [3, 4, 5]);
      assert.deepEqual(openByPartials(key, account, [message, ...partials.slice(2)], ASSETS), opening);
    }
    // Two silent, one malicious: two sound parts are too few.
    const lie = await signed(2, lies[0] as Body<"partial">);
    assert.throws(() => openByPartials(key, account, [lie, ...partials.slice(3)], ASSETS), OutOfRangeError);
    const without = await signed(2, lies[0] as Body<"partial">);
    assert.deepEqual(openByPartials(key, account, [without, ...partials], ASSETS), opening);
  });

  // shows: A126
  it("names nobody for what no member has signed: rubbish may come from anybody", async () => {
    const [first, second] = partials as [Message<"partial">, Message<"partial">];
    const posing = await signed(1, first.body, 2);
    const foreign = { ...second, signature: first.signature };
    const beyond = await signed(1, first.body, 6);
    for (const message of [posing, foreign, beyond, { ...first, kind: "accept" } as unknown as Message])
      assert.throws(() => checkPartial(key, account, message), InvalidProofError);
    assert.equal(combinePartials(key, account, [posing, foreign, beyond]).members.length, 0);
  });

  // shows: A126
  it("takes no part of another book, account, sequence, house, chain or key, though its point be the same", () => {
    const others: SealedAccount[] = [
      { ...account, sequence: 5n },
      { ...account, account: `0x${"ac".repeat(32)}` },
      { ...account, commitment: account.commitment + 1n },
      { ...account, house: `0x${"34".repeat(20)}` },
      { ...account, chainId: 1n },
      { ...account, listing: 98n },
      { ...account, sealed: { ...account.sealed, cipher: account.sealed.cipher.toReversed() } },
    ];
    for (const other of others)
      for (const message of partials)
        assert.throws(() => checkPartial(key, other, message), InvalidProofError);
    const again = { ...key, generation: 1 };
    assert.throws(() => checkPartial(again, account, partials[0] as Message), InvalidProofError);
  });

  // shows: A126
  it("does not open what is not the commitment's book", async () => {
    const lie = { ...account, commitment: account.commitment + 1n };
    const parts = await Promise.all([1, 2, 3].map((member) => part(member, lie)));
    assert.throws(() => openByPartials(key, lie, parts, ASSETS), InvalidProofError);
    const rubbish = {
      ...account,
      sealed: { ...account.sealed, cipher: account.sealed.cipher.map((word) => word + 1n) },
    };
    const more = await Promise.all([1, 2, 3].map((member) => part(member, rubbish)));
    assert.throws(() => openByPartials(key, rubbish, more, ASSETS));
  });

  // shows: A127
  it("makes no part with a hostile ephemeral point, or a share of 0 or of the order", async () => {
    for (const [name, ephemeral] of HOSTILE_POINTS) {
      const hostile = { ...account, sealed: { ...account.sealed, ephemeral } };
      await assert.rejects(part(1, hostile), OutOfRangeError, name);
      assert.throws(() => combinePartials(key, hostile, []), OutOfRangeError, name);
    }
    const { wallet, share } = members[0] as TestMember;
    for (const value of [0n, SUBGROUP_ORDER, -1n])
      await assert.rejects(
        makePartial(wallet, { ...(share as KeyShare), value }, account, random),
        OutOfRangeError,
      );
    await assert.rejects(
      makePartial(wallet, { ...(share as KeyShare), index: 6 }, account, random),
      OutOfRangeError,
    );
  });

  // shows: A127
  it("would give another account's book away if its point came from the one who asks: parts of a sum are sums of parts", async () => {
    // Mallory asks for her own book, under the victim's point plus 5·B. She knows no scalar of it, so no transition proves it.
    const victim = account;
    const ephemeral = sumOf([
      [1n, victim.sealed.ephemeral],
      [5n, BASE],
    ]);
    const asked = { ...sealedOf(opening, 9n, 1n, "cd"), sealed: { ...account.sealed, ephemeral } };
    const parts = await Promise.all([1, 2, 3].map((member) => part(member, asked)));
    const { shared } = combinePartials(key, asked, parts);
    const found = sumOf([
      [1n, shared as Point],
      [-5n, key.key],
    ]);
    assert.deepEqual(
      found,
      combinePartials(key, victim, partials).shared,
      "why a service reads points from the chain alone",
    );
  });

  // shows: A119
  it("tells two members nothing: their parts fit every shared point alike (seed 100)", () => {
    const known = [1, 2].map((member) => (partials[member - 1] as Message<"partial">).body.point);
    const real = combinePartials(key, account, partials).shared as Point;
    for (let i = 0; i < 30; i++) {
      const candidate = i === 0 ? real : sharedPoint(randomScalar(random), BASE);
      // A third part exists that makes the candidate of these two: what a third member would have said.
      const third = thirdPart(known, candidate);
      const factors = lagrange([1, 2, 3]);
      const made = sumOf([...known, third].map((point, j) => [factors[j] as bigint, point]));
      assert.deepEqual(made, candidate);
      if (i === 0) assert.deepEqual(third, (partials[2] as Message<"partial">).body.point);
    }
    const factors = lagrange([1, 2]);
    assert.notDeepEqual(sumOf(known.map((point, j) => [factors[j] as bigint, point])), real);
  });
});

/** The part of member 3 with which those of 1 and 2 make this point: candidate = Σ factor·part. */
function thirdPart(known: readonly Point[], candidate: Point): Point {
  const [l1 = 0n, l2 = 0n, l3 = 0n] = lagrange([1, 2, 3]);
  const inverse = Scalars.inv(l3);
  const [p1, p2] = known as [Point, Point];
  return sumOf([
    [inverse, candidate],
    [-l1 * inverse, p1],
    [-l2 * inverse, p2],
  ]);
}
