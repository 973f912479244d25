import assert from "node:assert/strict";
import {
  checkTerms,
  type LiquidatorsKey,
  parseLiquidatorsKey,
  parseLiquidatorTerms,
  serialiseLiquidatorsKey,
  serialiseLiquidatorTerms,
  type Terms,
} from "../../../src/clearing/liquidators/ceremony.js";
import { lagrange, randomScalar, Scalars, sumOf } from "../../../src/clearing/liquidators/curve.js";
import {
  checkDeal,
  drawSecrets,
  makeComplaint,
  makeDeal,
  makeExtract,
  proveDeal,
} from "../../../src/clearing/liquidators/dealing.js";
import {
  type Body,
  type Message,
  type MessageKind,
  messageDigest,
  parseMessage,
  serialiseMessage,
  signMessage,
} from "../../../src/clearing/liquidators/messages.js";
import { judge, verifyTranscript } from "../../../src/clearing/liquidators/transcript.js";
import {
  DuplicateFieldError,
  FormatError,
  InputError,
  InvalidAttestationError,
  type MemberFault,
  MemberFaultError,
  OutOfRangeError,
} from "../../../src/errors.js";
import { BASE, keyOf, SUBGROUP_ORDER, sharedPoint } from "../../../src/protocol/sealedBook.js";
import {
  CHAIN,
  generated,
  HOSTILE_POINTS,
  playCeremony,
  seededBytes,
  stepOf,
  type TestMember,
  testMembers,
  testTerms,
} from "../../support/liquidators.js";

const isFault = (fault: MemberFault, member: number) => (error: unknown) =>
  error instanceof MemberFaultError && error.fault === fault && error.member === member;

describe("generating the liquidators' key", () => {
  let members: TestMember[];
  let terms: Terms;
  let board: Message[];
  let key: LiquidatorsKey;
  const random = seededBytes(80);
  before(async () => {
    ({ members, terms, board } = await generated(5, 3, 80));
    key = verifyTranscript(terms, board);
  });
  const of = <Kind extends MessageKind>(kind: Kind, from: number) =>
    board.find(
      (message): message is Message<Kind> => message.kind === kind && message.from === from,
    ) as Message<Kind>;
  const signed = <Kind extends MessageKind>(
    from: number,
    kind: Kind,
    body: Body<Kind>,
    ceremony = of("deal", 1).ceremony,
  ) =>
    signMessage((members[from - 1] as TestMember).wallet, CHAIN, {
      ceremony,
      kind,
      from,
      body,
    }) as Promise<unknown> as Promise<Message>;
  const secretOf = (indices: readonly number[]) => {
    const factors = lagrange(indices);
    return indices.reduce(
      (sum, index, i) =>
        Scalars.add(sum, Scalars.mul(factors[i] as bigint, members[index - 1]?.share?.value ?? 0n)),
      0n,
    );
  };

  // shows: P74
  it("gives every member a share, of which any three of five make the one secret that nobody has", () => {
    for (let a = 1; a <= 5; a++)
      for (let b = a + 1; b <= 5; b++)
        for (let c = b + 1; c <= 5; c++) assert.deepEqual(keyOf(secretOf([a, b, c])), key.key);
    assert.deepEqual(
      members.map(({ share }) => share?.key),
      members.map(() => key),
    );
    // No dealer's own number is the key, nor the sum of those of two.
    const constants = members.map(({ state }) => state?.secrets?.coefficients[0] as bigint);
    assert.equal(
      constants.reduce((sum, each) => Scalars.add(sum, each)),
      secretOf([1, 2, 3]),
    );
  });

  // shows: P74
  it("comes of its transcript alone, for anybody and in any order of messages", () => {
    for (const order of [board.toReversed(), [...board.slice(7), ...board.slice(0, 7)], [...board, ...board]])
      assert.deepEqual(verifyTranscript(terms, order), key);
    for (const kind of ["deal", "accept", "extract"])
      assert.throws(() =>
        verifyTranscript(
          terms,
          board.filter((message) => message !== board.find((each) => each.kind === kind)),
        ),
      );
    const texts = board.map(serialiseMessage);
    assert.deepEqual(
      verifyTranscript(
        parseLiquidatorTerms(serialiseLiquidatorTerms(terms)),
        texts.map((text) => parseMessage(text)),
      ),
      key,
    );
    assert.deepEqual(parseLiquidatorsKey(serialiseLiquidatorsKey(key)), key);
  });

  // shows: A119
  it("leaves two of five members with shares that fit every secret alike (seed 80)", () => {
    for (const candidate of [
      0n,
      1n,
      SUBGROUP_ORDER - 1n,
      ...Array.from({ length: 20 }, () => randomScalar(random)),
    ])
      for (const pair of [
        [1, 2],
        [2, 5],
        [3, 4],
      ]) {
        // The polynomial through the candidate and both shares exists, and is of the right degree.
        const values = [candidate, ...pair.map((index) => members[index - 1]?.share?.value ?? 0n)];
        const xs = [0, ...pair];
        const at = (x: number) => interpolated(xs, values, x);
        assert.equal(at(0), candidate);
        assert.deepEqual(pair.map(at), values.slice(1));
        // It gives the other members other shares, each of which fits as well.
        const others = [1, 2, 3, 4, 5].filter((index) => !pair.includes(index));
        assert.equal(
          interpolated([...pair, others[0] as number], [...values.slice(1), at(others[0] as number)], 0),
          candidate,
        );
      }
    // And two do not make the secret by themselves.
    const two = lagrange([1, 2]);
    assert.notDeepEqual(
      keyOf(
        Scalars.add(
          Scalars.mul(two[0] as bigint, members[0]?.share?.value ?? 0n),
          Scalars.mul(two[1] as bigint, members[1]?.share?.value ?? 0n),
        ),
      ),
      key.key,
    );
  });

  // shows: A120
  it("hides each dealer's part until all deals are fixed: one part has as many commitments as there are blinds", () => {
    const secrets = drawSecrets(terms, random, 5n);
    const deals = [1, 2].map(() =>
      makeDeal(terms, 1, { ...secrets, blinds: drawSecrets(terms, random).blinds }, random),
    );
    assert.notDeepEqual(deals[0]?.commitments[0], deals[1]?.commitments[0]);
    for (const deal of deals) assert.notDeepEqual(deal.commitments[0], keyOf(5n));
  });

  // shows: A120
  it("is not moved by a member that sees the others' parts and falls silent: they recover its part from its deal", async () => {
    const others = members.filter((_, i) => i !== 1);
    const silent = (message: Message) =>
      message.kind === "extract" && message.from === 2 ? undefined : message;
    const rerun = await replayed(silent, []);
    assert.equal(rerun.progress.step, "extract");
    assert.deepEqual(rerun.progress.missing, [2]);
    const recovered = await replayed(silent, [2]);
    assert.deepEqual(recovered.progress.key, key);
    assert.equal(others.length, 4);
  });

  // shows: A121
  it("recovers no more dealers than leave three closed, though their silence is claimed", async () => {
    const deaf = (message: Message) => (message.kind === "extract" ? undefined : message);
    await assert.rejects(replayed(deaf, [2, 3, 4]), OutOfRangeError);
    const { progress } = await replayed(deaf, [2, 3]);
    assert.equal(progress.silent.size, 5 - 2);
  });

  /** The same deals and accepts again, and what comes after them as `tamper` leaves it. */
  async function replayed(tamper: (message: Message) => Message | undefined, recover: readonly number[]) {
    const kept = board.filter(({ kind }) => kind === "deal" || kind === "accept");
    let shown: Message[] = [...kept];
    for (let round = 0; round < 2; round++)
      for (const member of members) {
        const state = { ...(member.state as NonNullable<TestMember["state"]>) };
        const own: TestMember = {
          ...member,
          state: { ...state, sent: state.sent.filter(({ kind }) => kind !== "extract") },
        };
        const { publish } = await stepOf(own, terms, shown, { random, recover });
        shown = [...shown, ...publish.map(tamper).filter((message) => message !== undefined)];
      }
    return { progress: judge(terms, shown) };
  }

  // shows: A122
  it("names a dealer whose share is none, by a complaint that anybody can check", async () => {
    const bad = await testMembers(5, 81);
    const own = testTerms(bad, 3);
    const { board: shown, steps } = await playCeremony(bad, own, 81, async (message) => {
      if (message.kind !== "deal" || message.from !== 2) return message;
      // The box of member 4 holds the share of another polynomial; the proof of the deal is over these boxes.
      const secrets = bad[1]?.state?.secrets as NonNullable<NonNullable<TestMember["state"]>["secrets"]>;
      const lie = makeDeal(
        own,
        2,
        { ...secrets, coefficients: secrets.coefficients.map((each) => each + 1n) },
        seededBytes(5),
      );
      const { boxes } = (message as Message<"deal">).body;
      const body = dealWithBoxes(own, 2, secrets, boxes.with(3, lie.boxes[3] as string));
      return resign(bad, message, body);
    });
    const { progress } = steps[0] as (typeof steps)[number];
    assert.equal(progress.step, "failed");
    assert.ok(progress.faults.some(isFault("share", 2)), progress.faults.join());
    assert.equal(progress.key, undefined);
    assert.throws(() => verifyTranscript(own, shown), isFault("share", 2));
    // No other member accepted what the complaint is of once it was there, and the complaint opened one box alone.
    assert.equal(shown.filter(({ kind }) => kind === "complaint").length, 1);
  });

  // shows: A122
  it("names a member that complains of a sound share, or without a proof", async () => {
    const deal = of("deal", 1);
    const waiting = board.filter(({ kind }) => kind === "deal");
    const honest = makeComplaint(terms, 3, deal, (members[2] as TestMember).secret, random);
    const stranger = sharedPoint(77n, deal.body.ephemeral);
    const complaints: Body<"complaint">[] = [
      honest,
      { ...honest, shared: stranger },
      { ...honest, proof: makeComplaint(terms, 4, deal, (members[3] as TestMember).secret, random).proof },
      makeComplaint(terms, 2, deal, (members[2] as TestMember).secret, random),
    ];
    for (const complaint of complaints) {
      const { step, faults } = judge(terms, [...waiting, await signed(3, "complaint", complaint)]);
      assert.equal(step, "failed");
      assert.deepEqual(
        faults.map(({ fault, member }) => [fault, member]),
        [["false-complaint", 3]],
      );
    }
    // One about a deal that is not there says nothing, and one after all have accepted comes too late.
    const absent = { ...honest, deal: `0x${"11".repeat(32)}` };
    assert.equal(judge(terms, [...waiting, await signed(3, "complaint", absent)]).faults.length, 0);
    assert.deepEqual(judge(terms, [...board, await signed(3, "complaint", honest)]).key, key);
  });

  // shows: A123
  it("refuses a copy of another's deal or boxes, with which a complaint would open the other's shares", async () => {
    const { body } = of("deal", 1);
    assert.throws(() => checkDeal(terms, 2, body), isFault("deal", 2));
    const own = drawSecrets(terms, random);
    const mine = makeDeal(terms, 2, own, random);
    // The ephemeral point of another, whose scalar the copyist does not know: alone, and moved by a scalar that it knows.
    const moved = sumOf([
      [1n, body.ephemeral],
      [9n, BASE],
    ]);
    for (const ephemeral of [body.ephemeral, moved])
      assert.throws(() => checkDeal(terms, 2, { ...mine, ephemeral, boxes: body.boxes }), isFault("deal", 2));
    assert.throws(() => checkDeal(terms, 2, { ...mine, commitments: body.commitments }), isFault("deal", 2));
    assert.throws(() => checkDeal(terms, 2, { ...mine, boxes: body.boxes }), isFault("deal", 2));
  });

  // shows: A122
  it("names a dealer of two deals, of too few commitments or boxes; and an accepter of two lists, or of another", async () => {
    const waiting = board.filter(({ kind }) => kind === "deal");
    const again = await signed(2, "deal", makeDeal(terms, 2, drawSecrets(terms, random), random));
    assert.deepEqual(
      judge(terms, [...waiting, again]).faults.map(({ fault, member }) => [fault, member]),
      [["two-deals", 2]],
    );
    const { body } = of("deal", 3);
    for (const short of [
      { ...body, commitments: body.commitments.slice(1) },
      { ...body, commitments: [...body.commitments, BASE] },
      { ...body, boxes: body.boxes.slice(1) },
    ]) {
      const others = waiting.filter(({ from }) => from !== 3);
      assert.ok(isFault("deal", 3)(judge(terms, [...others, await signed(3, "deal", short)]).faults[0]));
    }
    const list = of("accept", 1).body.deals;
    const other = await signed(4, "accept", { deals: list.toReversed() });
    assert.ok(isFault("accept", 4)(judge(terms, [...waiting, other]).faults[0]));
    const one = await signed(4, "accept", { deals: list });
    assert.ok(isFault("two-accepts", 4)(judge(terms, [...waiting, one, other]).faults[0]));
    // What is fixed stays fixed: a second deal or list after all have accepted changes no key.
    assert.deepEqual(judge(terms, [again, other, ...board]).key, key);
  });

  // shows: A122
  it("names a member that extracts another polynomial, or gives a wrong share of a silent member", async () => {
    const without = board.filter(({ kind, from }) => kind !== "extract" || from !== 2);
    const deal = of("deal", 2);
    const wrong = await signed(2, "extract", makeExtract(terms, deal, drawSecrets(terms, random), random));
    const { step, faults } = judge(terms, [...without, wrong]);
    assert.equal(step, "extract");
    assert.deepEqual(
      faults.map(({ fault, member }) => [fault, member]),
      [["extract", 2]],
    );
    const recovered = judge(terms, [
      ...without,
      await signed(3, "recover", { dealer: 2, value: 1n, blind: 2n }),
    ]);
    assert.ok(isFault("recover", 3)(recovered.faults[0]));
    assert.equal(recovered.silent.get(2), 0);
  });

  // shows: A124
  it("takes no message of another ceremony, of another sender, or with a signature for another chain", async () => {
    const elsewhere = testTerms(members, 3, undefined, 2);
    assert.equal(judge(elsewhere, board).ignored, board.length);
    const deal = of("deal", 1);
    const stolen = await signed(2, "deal", deal.body);
    const posing = { ...stolen, from: 1 };
    const [wallet] = await testMembers(1, 99);
    const foreign = {
      ...deal,
      signature: (await signMessage(wallet?.wallet as TestMember["wallet"], CHAIN, deal)).signature,
    };
    const chain = {
      ...deal,
      signature: (await signMessage((members[0] as TestMember).wallet, 1n, deal)).signature,
    };
    for (const message of [
      posing,
      foreign,
      chain,
      { ...deal, kind: "accept" },
      { ...deal, ceremony: `0x${"12".repeat(32)}` },
    ])
      assert.equal(judge(terms, [message as unknown as Message]).ignored, 1);
    assert.equal(messageDigest(deal), messageDigest({ ...deal }));
    // A deal that was signed for the other ceremony does not hold in this one.
    assert.throws(() => checkDeal(elsewhere, 1, deal.body), isFault("deal", 1));
  });

  // shows: A124
  it("reads no message with a hostile point, or with a number that is not below the order", () => {
    const deal = JSON.parse(serialiseMessage(of("deal", 1)));
    const accepts = (change: (body: Record<string, unknown>) => void) => {
      const copy = structuredClone(deal);
      change(copy.body);
      return parseMessage(JSON.stringify(copy));
    };
    accepts(() => undefined);
    for (const [name, { x, y }] of HOSTILE_POINTS) {
      const text = { x: String(x), y: String(y) };
      assert.throws(() => accepts((body) => (body.ephemeral = text)), InputError, name);
      assert.throws(() => accepts((body) => ((body.commitments as unknown[])[0] = text)), InputError, name);
    }
    for (const number of [SUBGROUP_ORDER, -1n, 1n << 256n])
      assert.throws(
        () => accepts((body) => (body.proof = { challenge: String(number), responses: ["0"] })),
        InputError,
      );
    assert.throws(() => accepts((body) => (body.boxes = ["0x00"])), InputError);
    assert.throws(() => accepts((body) => (body.more = 1)), InputError);
  });

  // shows: A121
  it("takes more than three members alone, a threshold above half of them, and each address and key once", async () => {
    const six = await testMembers(6, 82);
    const bad: [Terms, new (...args: never[]) => Error][] = [
      [testTerms(six.slice(0, 3), 2), OutOfRangeError],
      [testTerms(six, 3), OutOfRangeError],
      [testTerms(six, 7), OutOfRangeError],
      [testTerms([...six.slice(0, 5), six[0] as TestMember], 4), DuplicateFieldError],
    ];
    for (const [wrong, kind] of bad) assert.throws(() => checkTerms(wrong), kind);
    checkTerms(testTerms(six, 4));
    const [first, second] = six as [TestMember, TestMember];
    const copied = { ...first.card, encryptionKey: second.card.encryptionKey };
    for (const card of [
      copied,
      { ...second.card, address: first.card.address },
      { ...first.card, proof: second.card.proof },
    ])
      assert.throws(
        () => checkTerms({ ...testTerms(six, 4), members: [card, ...six.slice(2).map((each) => each.card)] }),
        InvalidAttestationError,
      );
    assert.throws(() => checkTerms({ ...testTerms(six, 4), chainId: 1n }), InvalidAttestationError);
  });

  it("says a key against itself: shares and key of one polynomial", () => {
    const [first, ...others] = key.members as [
      LiquidatorsKey["members"][number],
      ...LiquidatorsKey["members"][number][],
    ];
    for (const wrong of [
      { ...key, key: keyOf(3n) },
      { ...key, members: [{ ...first, share: keyOf(3n) }, ...others] },
      {
        ...key,
        members: [
          ...key.members.slice(0, 4),
          { ...first, address: `0x${"45".repeat(20)}`, share: keyOf(3n) },
        ],
      },
    ])
      assert.throws(() => parseLiquidatorsKey(serialiseLiquidatorsKey(wrong)), FormatError);
  });
});

/** A deal of these secrets and of other boxes, with a proof over them, as a cheating dealer makes it. */
function dealWithBoxes(
  terms: Terms,
  from: number,
  secrets: Parameters<typeof makeDeal>[2],
  boxes: readonly string[],
): Body<"deal"> {
  return proveDeal(terms, from, secrets, boxes, seededBytes(6));
}

async function resign(
  members: readonly TestMember[],
  message: Message,
  body: Body<"deal">,
): Promise<Message> {
  const { ceremony, kind, from } = message;
  const wallet = (members[from - 1] as TestMember).wallet;
  return (await signMessage(wallet, CHAIN, {
    ceremony,
    kind: kind as "deal",
    from,
    body,
  })) as unknown as Message;
}

function interpolated(xs: readonly number[], values: readonly bigint[], at: number): bigint {
  return xs.reduce((sum, x, i) => {
    let factor = values[i] as bigint;
    for (const other of xs)
      if (other !== x)
        factor = Scalars.mul(
          factor,
          Scalars.div(Scalars.create(BigInt(at - other)), Scalars.create(BigInt(x - other))),
        );
    return Scalars.add(sum, factor);
  }, 0n);
}
