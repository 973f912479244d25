import assert from "node:assert/strict";
import { clearingDefaults } from "../../src/chain/generated/index.js";
import { poke } from "../../src/chain/rounds.js";
import type { Note } from "../../src/protocol/note.js";
import { keyOf, openSeal, sharedPoint } from "../../src/protocol/sealedBook.js";
import { ClearingChain, type Member } from "../support/clearingChain.js";

const UNIT = 10n ** 18n;
/** Slot of BTC in the shipped listing, and its quanta: 10^-8. */
const BTC = 1;
const COIN = 10n ** 8n;

describe("the clearing house on anvil, with real keys and real proofs", function () {
  this.timeout(600_000);
  let bed: ClearingChain;
  let alice: Member;
  let bob: Member;
  let price = 0n;

  before(async () => {
    bed = await ClearingChain.start();
    await round();
    alice = await bed.join(5, 1_000_000n * UNIT);
    bob = await bed.join(6, 1_000_000n * UNIT);
    const { low } = await bed.house
      .ledger()
      .then(() => bed.chain.open.contracts.marketLedger.priceOf(BigInt(BTC)));
    price = low;
  });
  after(() => bed?.close());

  async function round(): Promise<void> {
    await bed.chain.pass(bed.chain.plan.timing.provingWindow);
    await bed.chain.feeds.post(bed.chain.closes);
    await poke(bed.chain.open, bed.chain.transactionsOf(bed.chain.keeper));
  }

  async function deposit(member: Member, dollars: bigint): Promise<void> {
    const { call, made } = await bed.call(member, { deltaBasis: dollars * UNIT });
    await bed.send(member.wallet, "deposit", [call, dollars * UNIT]);
    bed.took(member, made);
  }

  /** Bob takes all of alice's estate; whatever else somebody bids is refused. */
  async function auction(): Promise<void> {
    const of = alice.account;
    const share = [...(await bed.defaults.sharesOf(of, 100n))];
    const cash = await bed.defaults.priceOf(of, 100n);
    const { call, made } = await bed.call(bob, { deltaPerp: share, deltaBasis: -cash });
    const refused = (parts: bigint, pays: bigint, with_: object = call) => {
      const args = [of, parts, pays, with_];
      return bed.refusal(bed.chain.keeper.address, "bid", args, clearingDefaults, bed.addresses.defaults);
    };
    // For less than it costs, for more than there is, and for other cash or other lines than the transition moves.
    assert.equal(await refused(100n, cash - UNIT), "BidTooLow");
    assert.equal(await refused(0n, cash), "PartsOutOfRange");
    assert.equal(await refused(101n, cash), "PartsOutOfRange");
    assert.equal(await refused(100n, cash + UNIT), "NotOwnersTransition");
    assert.equal(await refused(99n, cash), "NotOwnersTransition");
    // With a note besides, with a proof of another book, and in the name of the one in default.
    const note = { asset: BTC, size: COIN, quote: price, blind: 9n };
    const noted = await bed.call(bob, {
      deltaPerp: share,
      deltaBasis: -cash,
      sides: [{ note, side: "buy" }],
    });
    assert.equal(await refused(100n, cash, noted.call), "NoteOutsideTrade");
    const other = await bed.call(bob, {});
    assert.equal(await refused(100n, cash, { ...call, initial: other.call.initial }), "ProofRejected");
    const own = await bed.call(alice, { deltaPerp: share, deltaBasis: -cash });
    assert.equal(await refused(100n, cash, own.call), "AccountNotOpen");
    await bed.anybody.bid(of, 100, cash, call);
    bed.took(bob, made);
    assert.deepEqual(bob.opening.perp[BTC], 0n);
    // Once it is sold, nothing of it is for sale.
    assert.equal(await refused(1n, cash), "PartsOutOfRange");
  }

  /** Both sides of one note, in the order that the house takes. */
  async function sides(note: Note, buyer: Member, seller: Member) {
    const buys = await bed.call(buyer, { sides: [{ note, side: "buy" }] });
    const sells = await bed.call(seller, { sides: [{ note, side: "sell" }] });
    const calls = [buys.call, sells.call].sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
    return { calls, buys: buys.made, sells: sells.made };
  }

  // shows: P68
  it("takes deposits of two members", async () => {
    await deposit(alice, 500_000n);
    await deposit(bob, 600_000n);
    assert.equal(await bed.house.held(), 1_100_000n * UNIT);
    assert.ok(await bed.house.isCurrent(alice.account));
  });

  // shows: P68
  it("passes a hidden note from one to the other, with six proofs", async () => {
    const note = { asset: BTC, size: 3n * COIN, quote: price, blind: 4_711n };
    const { calls, buys, sells } = await sides(note, alice, bob);
    const keeper = bed.chain.keeper.address;
    // A half of it, a ciphertext that is not the proven one, and the other side's proof.
    assert.equal(await bed.refusal(keeper, "trade", [calls.slice(0, 1), 0n, []]), "NoteOneSided");
    const altered = calls.map((call, i) =>
      i === 0 ? { ...call, cipher: [...call.cipher].with(2, 7n) } : call,
    );
    assert.equal(await bed.refusal(keeper, "trade", [altered, 0n, []]), "NotOwnersTransition");
    const swapped = calls.map((call, i) => ({ ...call, proof: calls[1 - i]?.proof }));
    assert.equal(await bed.refusal(keeper, "trade", [swapped, 0n, []]), "ProofRejected");
    await bed.send(bed.chain.keeper, "trade", [calls, 0n, []]);
    bed.took(alice, buys);
    bed.took(bob, sells);
    assert.deepEqual(alice.opening.perp[BTC], 3n * COIN);
    assert.deepEqual(bob.opening.perp[BTC], -3n * COIN);
    // What was mined once is of a past sequence.
    assert.equal(await bed.refusal(keeper, "trade", [calls, 0n, []]), "NotOwnersTransition");
  });

  // shows: A104
  it("refuses a transition for another house, with another key, or after its deadline", async () => {
    const owner = alice.wallet.address;
    const elsewhere = await bed.call(alice, {}, undefined, { house: bed.addresses.fund });
    assert.equal(await bed.refusal(owner, "refresh", [elsewhere.call]), "ProofRejected");
    const otherKey = await bed.call(alice, {}, undefined, { key: keyOf(5n) });
    assert.equal(await bed.refusal(owner, "refresh", [otherKey.call]), "ProofRejected");
    const late = await bed.call(alice, {}, undefined, { deadline: 1n });
    assert.equal(await bed.refusal(owner, "refresh", [late.call]), "DeadlineOver");
  });

  it("posts what the liquidators' key, and the owner's secret, open", async () => {
    const logs = await bed.chain.connection.provider.getLogs({
      address: bed.addresses.house,
      fromBlock: 0,
      topics: [bed.house.interface.getEvent("BookChanged")?.topicHash ?? "", alice.account],
    });
    const newest = logs.at(-1);
    assert.ok(newest);
    const words: readonly bigint[] = bed.house.interface.parseLog(newest)?.args.words;
    const sealed = { ephemeral: { x: words[10] ?? 0n, y: words[11] ?? 0n }, cipher: words.slice(64) };
    assert.deepEqual(openSeal(sealed, sharedPoint(bed.liquidators, sealed.ephemeral), 16), alice.opening);
  });

  // shows: P68
  it("reduces a position at the round's prices", async () => {
    const { number } = await bed.chain.open.contracts.marketLedger.latestRound();
    const quotes: bigint[] = [];
    const box = [];
    for (let u = 0n; u < 16n; u++) {
      const { low, high, funding } = await bed.chain.open.contracts.marketLedger.priceOf(u);
      if (u < BigInt(bed.chain.open.listing.length))
        quotes.push(low | (high << 64n) | (BigInt.asUintN(64, funding) << 192n));
      box.push({ low: low - funding, high: high - funding });
    }
    const note = { asset: BTC, size: COIN, quote: box[BTC]?.high ?? 0n, blind: 12n };
    const sells = await bed.call(alice, { reduces: true, sides: [{ note, side: "sell" }], box }, 10_000);
    const buys = await bed.call(bob, { sides: [{ note, side: "buy" }] });
    const calls = [sells.call, buys.call].sort((a, b) => (BigInt(a.account) < BigInt(b.account) ? -1 : 1));
    assert.equal(
      await bed.refusal(bob.wallet.address, "trade", [calls, number, quotes.with(1, 0n)]),
      "QuotesWrong",
    );
    await bed.send(bob.wallet, "trade", [calls, number, quotes]);
    bed.took(alice, sells.made);
    bed.took(bob, buys.made);
    assert.deepEqual(alice.opening.perp[BTC], 2n * COIN);
  });

  it("renews a standing book", async () => {
    await round();
    const { initial, stress, capSteps } = await bed.health(alice);
    await bed.send(alice.wallet, "renew", [alice.account, initial, stress, capSteps]);
    assert.ok(await bed.house.isCurrent(alice.account));
  });

  // shows: A135
  it("refuses a renewal by another, of another's health, for another gate, too weak, or of a book that was", async () => {
    const { account, wallet } = alice;
    const { initial, stress, capSteps } = await bed.health(alice);
    const refused = (call: readonly unknown[], by = wallet.address) => bed.refusal(by, "renew", call);
    const own = [account, initial, stress, capSteps];
    assert.equal(await refused(own, bob.wallet.address), "NotOwnersTransition");
    const bobs = await bed.health(bob);
    assert.equal(await refused([account, bobs.initial, stress, capSteps]), "ProofRejected");
    assert.equal(await refused([account, initial, bobs.stress, capSteps]), "ProofRejected");
    // Each claim is for its own gate, and says at least θ = 1.
    assert.equal(await refused([account, stress, initial, capSteps]), "ProofRejected");
    const weak = await bed.health(alice, 9_000);
    assert.equal(await refused([account, weak.initial, stress, capSteps]), "NotHealthy");
    assert.equal(await refused([account, initial, { ...stress, claim: 0n }, capSteps]), "NotHealthy");
    // A transition before it makes it one of a book that was.
    const { call, made } = await bed.call(alice, {});
    await bed.send(wallet, "refresh", [call]);
    bed.took(alice, made);
    assert.equal(await refused(own), "ProofRejected");
  });

  // shows: P69
  it("debits a withdrawal at once and pays it after the horizon", async () => {
    const { call, made } = await bed.call(alice, { deltaBasis: -100_000n * UNIT });
    assert.equal(
      await bed.refusal(bob.wallet.address, "withdraw", [call, 100_000n * UNIT, bob.wallet.address]),
      "NotOwnersTransition",
    );
    assert.equal(
      await bed.refusal(alice.wallet.address, "withdraw", [call, 90_000n * UNIT, alice.wallet.address]),
      "ProofRejected",
    );
    await bed.send(alice.wallet, "withdraw", [call, 100_000n * UNIT, alice.wallet.address]);
    bed.took(alice, made);
    assert.equal(await bed.house.held(), 1_000_000n * UNIT);
    assert.equal(await bed.refusal(bob.wallet.address, "pay", [alice.account]), "PaymentNotDue");
  });

  // shows: P71, A134
  it("freezes a silent account, reveals its book by proof and sells it by proof", async () => {
    const { maxProofAge, gracePeriod } = bed.chain.plan.terms;
    const until = (await bed.chain.now()) + BigInt(maxProofAge + gracePeriod + 1);
    // An outage of the market would start the clocks again.
    while ((await bed.chain.now()) <= until) {
      await bed.chain.pass(bed.chain.plan.timing.maxRoundAge - 2 * bed.chain.plan.timing.provingWindow);
      await round();
    }
    // Both were silent. Bob comes back, at initial margin.
    const back = await bed.call(bob, {});
    await bed.send(bob.wallet, "refresh", [back.call]);
    bed.took(bob, back.made);
    await bed.anybody.start(alice.account);
    const late = await bed.call(alice, {});
    assert.equal(await bed.refusal(alice.wallet.address, "refresh", [late.call]), "AccountNotOpen");
    await bed.anybody.reveal(await bed.reveal(alice));
    await auction();
    await bed.anybody.settle(alice.account);
    assert.equal(await bed.house.openDefaults(), 0n);
    const { amount } = await bed.house.withdrawalOf(alice.account);
    // Bob's book and alice's claim are all that there is.
    assert.equal(bob.opening.basis + amount + (await bed.defaults.dust()), 1_100_000n * UNIT);
  });
});
