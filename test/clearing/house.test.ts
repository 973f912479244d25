import assert from "node:assert/strict";
import { join } from "node:path";
import type { Interface } from "ethers";
import { clearingAudit } from "../../src/audit/contracts/clearing.js";
import { replayContracts } from "../../src/audit/contracts/replay.js";
import type { FindingCode } from "../../src/audit/findings.js";
import { interfaceOf } from "../../src/chain/binding.js";
import {
  type ContractLog,
  contractLogDigest,
  parseContractLog,
  readContracts,
  serialiseContractLog,
} from "../../src/chain/contractLog.js";
import { clearingDefaults } from "../../src/chain/generated/ClearingDefaults.js";
import { clearingHouse } from "../../src/chain/generated/ClearingHouse.js";
import { openDefaults, startable } from "../../src/clearing/account/defaults.js";
import { DefaultTransactions } from "../../src/clearing/account/defaultTransactions.js";
import { parseHalf, serialiseHalf } from "../../src/clearing/account/half.js";
import { HouseTransactions } from "../../src/clearing/account/house.js";
import { houseLog } from "../../src/clearing/account/houseLog.js";
import { type OpenHouse, parseClearing, serialiseClearing } from "../../src/clearing/account/manifest.js";
import { Member } from "../../src/clearing/account/member.js";
import { type Offer, parseOffer, randomBlind, serialiseOffer } from "../../src/clearing/account/offer.js";
import {
  HalfMismatchError,
  NotProvableError,
  OutOfRangeError,
  UnrecoverableBookError,
} from "../../src/errors.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { slotOf } from "../../src/protocol/listing.js";
import { SIDE_CODES } from "../audit/replay/sideRecording.js";
import type { LocalChain } from "../support/localChain.js";
import { type Desk, MembersChain, UNIT } from "./membersChain.js";

const HOUSE = interfaceOf(clearingHouse);
const DEFAULTS = interfaceOf(clearingDefaults);
type Logged = ContractLog["transactions"][number];

function encoded(of: Interface, name: string, args: unknown[]) {
  const { topics, data } = of.encodeEventLog(name, args);
  return { topics: topics.map(String), data };
}

function withoutRenewal(transactions: Logged[]): void {
  const topic = HOUSE.getEvent("BookRenewed")?.topicHash;
  const at = transactions.findIndex(({ events }) => events.some(({ topics }) => topics[0] === topic));
  transactions.splice(at, 1);
}

describe("members of a clearing house", function () {
  this.timeout(600_000);
  let bed: MembersChain;
  let chain: LocalChain;
  let opened: OpenHouse;
  let alice: Desk;
  let bob: Desk;
  const deadline = () => bed.deadline();

  before(async () => {
    bed = await MembersChain.start();
    ({ chain, opened } = bed);
    assert.deepEqual(parseClearing(serialiseClearing(opened.manifest)), opened.manifest);
    await bed.round();
    [alice, bob] = [await bed.join("alice", 1_000_000n), await bed.join("bob", 1_000_000n)];
  });
  after(() => bed?.close());

  async function offerOf(maker: Desk, side: "buy" | "sell", coins: bigint): Promise<Offer> {
    const asset = slotOf(opened.open.listing, "BTC") ?? 0;
    const { low, funding } = await opened.open.oracle.ledger.priceOf(BigInt(asset));
    return {
      chainId: 31_337,
      house: String(opened.house.target),
      ...{ maker: maker.account, side, symbol: "BTC" },
      note: { asset, size: coins * 10n ** 8n, quote: low - funding, blind: randomBlind() },
      expiresAt: Number(await deadline()),
    };
  }

  const btc = async ({ member, account }: Desk) => {
    const { perp } = await member.openingOf(await member.account(account));
    return perp[slotOf(opened.open.listing, "BTC") ?? 0];
  };

  it("pay in, and keep the book that follows", async () => {
    for (const { member, sender, account } of [alice, bob])
      await member.deposit(sender, account, 500_000n * UNIT, await deadline());
    const { sequence, commitment, current, stage } = await alice.member.account(alice.account);
    assert.deepEqual([sequence, current, stage], [1n, true, "open"]);
    assert.equal(alice.store.booksOf(alice.account)[0]?.commitment, commitment);
  });

  it("trade by an offer, a half and a settlement, over files", async () => {
    const offer = parseOffer(serialiseOffer(await offerOf(alice, "buy", 3n)));
    const half = parseHalf(
      serialiseHalf(
        await bob.member.accept(offer, bob.account, {
          ...{ deadline: await deadline(), now: await chain.now(), reduces: false, signer: bob.wallet },
        }),
      ),
    );
    const options = { deadline: await deadline(), reduces: false, now: await chain.now() };
    const receipt = await alice.member.settle(alice.sender, offer, half, options);
    assert.equal(receipt?.status, 1);
    assert.deepEqual([await btc(alice), await btc(bob)], [3n * 10n ** 8n, -3n * 10n ** 8n]);
  });

  it("reduce a position at the round's prices, with maintenance margin", async () => {
    const offer = await offerOf(alice, "sell", 1n);
    const half = await bob.member.accept(offer, bob.account, {
      ...{ deadline: await deadline(), now: await chain.now(), reduces: true, signer: bob.wallet },
    });
    assert.ok(half.round > 0);
    await alice.member.settle(alice.sender, offer, half, {
      ...{ deadline: await deadline(), reduces: true, now: await chain.now() },
    });
    assert.deepEqual([await btc(alice), await btc(bob)], [2n * 10n ** 8n, -2n * 10n ** 8n]);
  });

  it("are told by the reference model if a trade would leave too little margin", async () => {
    const offer = await offerOf(alice, "buy", 300n);
    const options = { deadline: await deadline(), now: await chain.now(), reduces: false };
    await assert.rejects(bob.member.accept(offer, bob.account, options), NotProvableError);
  });

  it("refuse an offer that names another asset than its note has, another house, or one that is over", async () => {
    const offer = await offerOf(alice, "buy", 1n);
    const options = { deadline: await deadline(), now: await chain.now(), reduces: false };
    const refused: [string, Offer][] = [
      ["offer.symbol", { ...offer, symbol: "DOGE" }],
      ["offer.house", { ...offer, house: bob.wallet.address }],
      ["offer.chainId", { ...offer, chainId: 1 }],
      ["offer.expiresAt", { ...offer, expiresAt: Number(options.now) - 1 }],
    ];
    for (const [field, of] of refused)
      await assert.rejects(
        bob.member.accept(of, bob.account, options),
        (error: Error) => error instanceof HalfMismatchError && error.message.startsWith(field),
      );
  });

  it("renew their books before the claim of health lapses", async () => {
    await bed.round();
    await alice.member.renew(alice.sender, alice.account);
    await bob.member.refresh(bob.sender, bob.account, await deadline());
    assert.ok((await alice.member.account(alice.account)).current);
  });

  it("read a lost store from the chain again, and go on", async () => {
    const lost = await bed.member(join(bed.folder, "lost.books"), alice.secret);
    // Its deposit and its two trades: a renewal has no book of its own.
    assert.equal(await lost.member.recover(alice.account), 3);
    const { openingOf } = Member.prototype;
    const state = await lost.member.account(alice.account);
    assert.deepEqual(await openingOf.call(lost.member, state), await alice.member.openingOf(state));
    const stranger = await bed.member(join(bed.folder, "stranger.books"), bob.secret);
    await assert.rejects(stranger.member.recover(alice.account), UnrecoverableBookError);
  });

  it("end as before or as after, whatever stops between a half and its trade", async () => {
    const offer = await offerOf(alice, "buy", 1n);
    const options = { deadline: await deadline(), now: await chain.now(), reduces: false };
    const half = await bob.member.accept(offer, bob.account, { ...options, signer: bob.wallet });
    // The maker proves its side, keeps the book, and is killed before it sends.
    const cut = new Error("killed");
    const killed = {
      settled: () => Promise.resolve(undefined),
      trade: () => Promise.reject(cut),
    } as unknown as HouseTransactions;
    await assert.rejects(alice.member.settle(killed, offer, half, options), cut);
    assert.deepEqual([await btc(alice), await btc(bob)], [2n * 10n ** 8n, -2n * 10n ** 8n]);
    // Another process of the maker's, with the store as it is, changes the book meanwhile: the half is of no use then for neither.
    const again = await bed.member(alice.path, alice.secret);
    await again.member.refresh(alice.sender, alice.account, await deadline());
    await bob.member.refresh(bob.sender, bob.account, await deadline());
    const late = again.member.settle(alice.sender, offer, half, options);
    await assert.rejects(late, /NotOwnersTransition|ProofRejected/);
    assert.deepEqual([await btc(alice), await btc(bob)], [2n * 10n ** 8n, -2n * 10n ** 8n]);
  });

  it("withdraw, and are paid after the horizon", async () => {
    await alice.member.withdraw(
      alice.sender,
      alice.account,
      1_000n * UNIT,
      alice.wallet.address,
      await deadline(),
    );
    const { asked } = await alice.member.account(alice.account);
    assert.equal(asked.amount, 1_000n * UNIT);
    await assert.rejects(alice.sender.pay(alice.account, asked.due), /PaymentNotDue/);
  });

  describe("audited", () => {
    let log: ContractLog;
    const keys = async () => ({
      key: (await pinnedVerificationKey("transition-16")).key,
      margin: (await pinnedVerificationKey("16x16")).key,
      reveal: (await pinnedVerificationKey("reveal-16")).key,
    });
    const codes = async (of: ContractLog, books = bed.disclosed()): Promise<FindingCode[]> => {
      const { findings } = replayContracts(of, clearingAudit({ ...(await keys()), disclosed: books }));
      return [...new Set(findings.listed.map(({ code }) => code))].sort();
    };
    /** The log with its transactions edited, and a digest made for them. */
    const edited = (edit: (transactions: Logged[]) => void): ContractLog => {
      const transactions: Logged[] = structuredClone([...log.transactions]);
      edit(transactions);
      const digest = contractLogDigest({ head: log.head, transactions });
      return { ...log, transactions, end: { ...log.end, digest } };
    };
    /** The log with one event of a name told otherwise. */
    const retold = (name: string, change: (args: unknown[]) => unknown[], nth = 0): ContractLog =>
      edited((transactions) => {
        const topic = HOUSE.getEvent(name)?.topicHash;
        const event = transactions.flatMap(({ events }) =>
          events.filter(({ topics }) => topics[0] === topic),
        )[nth];
        assert.ok(event, name);
        const args = HOUSE.decodeEventLog(name, event.data, event.topics).toArray(true);
        Object.assign(event, encoded(HOUSE, name, change(args)));
      });
    /** The log with an event put in before the last change of a book. */
    const inserted = (role: string, of: Interface, name: string, args: unknown[]): ContractLog =>
      edited((transactions) => {
        const topic = HOUSE.getEvent("BookChanged")?.topicHash;
        const last = transactions.findLast(({ events }) => events.some(({ topics }) => topics[0] === topic));
        assert.ok(last);
        const index = (last.events[0]?.index ?? 1) - 1;
        last.events.unshift({ index, role, ...encoded(of, name, args) });
      });
    const word =
      (place: number, value: bigint) =>
      (args: unknown[]): unknown[] =>
        args.with(3, (args[3] as bigint[]).with(place, value));

    before(async () => {
      log = await readContracts(chain.connection, houseLog(opened));
    });

    it("by a stranger and with their own books, without a finding", async () => {
      const read = parseContractLog(serialiseContractLog(log), "clearing");
      assert.deepEqual(await codes(read, []), []);
      const { coverage } = replayContracts(
        read,
        clearingAudit({ ...(await keys()), disclosed: bed.disclosed() }),
      );
      assert.deepEqual(await codes(read), []);
      const { changes, proofs, opened: books, renewals, notes } = coverage as Record<string, number>;
      // A reveal and an exit have a proof of RevealBook besides.
      assert.deepEqual([proofs, books, renewals, notes], [(changes ?? 0) + 2, changes, 1, 2]);
    });

    it("with a finding for each tampering", async () => {
      const { account } = alice;
      const last = bob.account;
      const deposited = (args: unknown[]) => args.with(2, 1n);
      const none = new Array<bigint>(16).fill(0n);
      const cases: [string, ContractLog, FindingCode[]][] = [
        ["another place", retold("BookChanged", word(1, 5n)), ["clearing-words", "proof-invalid"]],
        ["a note of one side", retold("BookChanged", word(12, 5n), 2), ["clearing-note", "proof-invalid"]],
        [
          "a payment of another amount",
          retold("ClearingDeposited", deposited),
          ["clearing-delta", "record-mismatch"],
        ],
        [
          "a payment that nobody asked for",
          inserted("clearingHouse", HOUSE, "WithdrawalPaid", [last, account.slice(0, 42), 7n]),
          ["clearing-payment"],
        ],
        [
          "a change after a default",
          inserted("clearingHouse", HOUSE, "AccountFrozen", [last, 6n, 0n]),
          ["clearing-frozen", "clearing-payment", "record-mismatch"],
        ],
        [
          "a torn-up line that stays open",
          inserted("clearingDefaults", DEFAULTS, "TornUp", [1n, 2n, none.with(1, 9n)]),
          ["clearing-torn"],
        ],
        [
          "calls that are not there",
          edited((all) => all.map((one) => Object.assign(one, { data: "0x" }))),
          ["proof-unseen"],
        ],
        ["a renewal that is left out", edited(withoutRenewal), ["clearing-words"]],
      ];
      for (const [what, tampered, expected] of cases) {
        const got = await codes(tampered, []);
        assert.deepEqual(
          expected.filter((code) => !got.includes(code)),
          [],
          `${what}: ${got}`,
        );
      }
      const payment = retold("BookChanged", word(9, 400_000n * UNIT));
      const found = new Set([
        ...cases.flatMap(([, , expected]) => expected),
        "clearing-opening",
        "clearing-unopened",
      ]);
      for (const code of SIDE_CODES.clearing) assert.ok(found.has(code), code);
      assert.deepEqual(await codes(payment), ["clearing-delta", "clearing-opening", "proof-invalid"]);
      assert.deepEqual(await codes(log, bed.disclosed().slice(1)), ["clearing-unopened"]);
    });
  });

  it("take over the lines of a member who fell silent, and leave with everything", async () => {
    const { house, margin } = opened;
    const { maxProofAge, gracePeriod } = await margin.contracts.marginGate.terms();
    // The market goes on: in an outage nobody's clock would run.
    const until = (await chain.now()) + maxProofAge + gracePeriod + 1n;
    while ((await chain.now()) < until) await bed.round();
    // Both were silent. Alice comes back, at initial margin.
    await alice.member.refresh(alice.sender, alice.account, await deadline());
    assert.deepEqual((await startable(opened, alice.account)).refusal, "healthy");
    const anybody = new DefaultTransactions(opened, chain.transactionsOf(chain.keeper));
    await assert.rejects(anybody.start(alice.account), /NotInDefault/);
    assert.deepEqual((await startable(opened, bob.account)).cause, "liquidatable");
    await anybody.start(bob.account);
    const another = new DefaultTransactions(opened, chain.transactionsOf(chain.custodian));
    assert.equal(await another.start(bob.account), null);
    assert.deepEqual((await startable(opened, bob.account)).refusal, "started");
    await assert.rejects(bob.member.refresh(bob.sender, bob.account, await deadline()), /AccountNotOpen/);
    const waits = await anybody.advance(bob.account);
    const { revealUntil } = waits.of ?? assert.fail();
    assert.deepEqual([waits.done, waits.next], [[], { step: "closeMarket", from: revealUntil + 1n }]);

    // Its owner still can open the book, and anybody passes that on.
    await anybody.reveal(await bob.member.revealed(bob.account, bed.reveal));
    const [open] = await openDefaults(opened);
    assert.deepEqual([open?.account, open?.stage, open?.auction?.left], [bob.account, "revealed", 100]);
    assert.deepEqual(open?.auction?.lines[slotOf(opened.open.listing, "BTC") ?? 0], -2n * 10n ** 8n);
    const bidding = new DefaultTransactions(opened, chain.transactionsOf(alice.wallet));
    const bid = { of: bob.account, parts: 60, deadline: await deadline(), signer: alice.wallet };
    const price = open?.auction?.price ?? assert.fail();
    await assert.rejects(
      alice.member.bid(bidding, alice.account, { ...bid, cash: price * 2n }),
      OutOfRangeError,
    );
    await assert.rejects(alice.member.bid(bidding, alice.account, { ...bid, parts: 101 }), OutOfRangeError);
    const stolen = { ...bid, signer: bob.wallet };
    await assert.rejects(alice.member.bid(bidding, alice.account, stolen), /NotOwnersTransition/);
    assert.equal((await alice.member.bid(bidding, alice.account, bid))?.status, 1);
    assert.equal((await alice.member.bid(bidding, alice.account, { ...bid, parts: 40 }))?.status, 1);
    const over = await anybody.advance(bob.account);
    assert.deepEqual([over.done.map(({ step }) => step), over.next], [["settle"], null]);
    assert.deepEqual(await openDefaults(opened), []);
    assert.equal(await btc(alice), 0n);
    assert.equal((await bob.member.account(bob.account)).stage, "settled");

    await alice.member.exit(alice.sender, alice.account, alice.wallet.address, await deadline(), bed.reveal);
    assert.ok(await house.isEmpty(alice.account));
    await chain.pass(Number(await house.horizon()) + 1);
    for (const { account, sender, member } of [alice, bob]) {
      const { asked } = await member.account(account);
      assert.ok(asked.amount > 400_000n * UNIT);
      await sender.pay(account, asked.due);
    }
    assert.deepEqual([await house.asked(), await house.held()], [0n, 0n]);
  });
});
