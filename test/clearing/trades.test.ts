import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { clearingAudit } from "../../src/audit/contracts/clearing.js";
import { replayContracts } from "../../src/audit/contracts/replay.js";
import { parseContractLog, readContracts, serialiseContractLog } from "../../src/chain/contractLog.js";
import { serialiseDisclosedBooks } from "../../src/clearing/account/disclosure.js";
import { houseLog } from "../../src/clearing/account/houseLog.js";
import { opposite } from "../../src/clearing/account/offer.js";
import { prepareTransition } from "../../src/clearing/account/transitionCall.js";
import { NotProvableError } from "../../src/errors.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import type { Note, NoteSide } from "../../src/protocol/note.js";
import { Random } from "../support/cases.js";
import { type Desk, HOUR, MembersChain, UNIT } from "./membersChain.js";

const SEED = Number(process.env.CLEARING_SEED ?? 19);
const TRADES = Number(process.env.CLEARING_TRADES ?? 20);
const ACCOUNTS = Number(process.env.CLEARING_ACCOUNTS ?? 6);
/** Minutes after which no further trade begins: none are left out without it. */
const MINUTES = Number(process.env.CLEARING_MINUTES ?? Number.POSITIVE_INFINITY);
/** Whether proofs are simulated under the development key, as test/support/simulatedProver.ts says. */
const SIMULATED = process.env.CLEARING_PROOFS === "simulated";
/** File to keep the log and the disclosed books in. */
const KEPT = process.env.CLEARING_KEPT;
/** Dollars that each account begins with. */
const DOLLARS = 1_000_000n;

/** What an account holds, by the test's own sums: a trade's note, and nothing that the package makes of it. */
interface Held {
  readonly perp: bigint[];
  basis: bigint;
}

/**
 * Random trades, deposits, withdrawals, reductions, renewals and moving prices, all with real proofs. The test keeps every account by
 * sums of its own, and holds the members' books to them.
 */
class RandomHouse {
  readonly random = new Random(SEED);
  readonly held = new Map<string, Held>();
  readonly done = {
    trades: 0,
    bundles: 0,
    reductions: 0,
    renewals: 0,
    deposits: 0,
    withdrawals: 0,
    paid: 0,
    refused: 0,
  };

  constructor(readonly bed: MembersChain) {}

  async begin(): Promise<void> {
    for (let i = 0; i < ACCOUNTS; i++) {
      const desk = await this.bed.join(`member ${i}`, 100n * DOLLARS);
      this.held.set(desk.account, { perp: new Array<bigint>(16).fill(0n), basis: 0n });
      await this.deposit(desk, DOLLARS);
    }
  }

  heldBy({ account }: Desk): Held {
    return this.held.get(account) ?? assert.fail(account);
  }

  async deposit(desk: Desk, dollars: bigint): Promise<void> {
    await desk.member.deposit(desk.sender, desk.account, dollars * UNIT, await this.bed.deadline());
    this.heldBy(desk).basis += dollars * UNIT;
    this.done.deposits++;
  }

  /** Every price moves by at most a hundredth. */
  async moveMarket(): Promise<void> {
    const { bed, random } = this;
    bed.closes = bed.closes.map((close, u) =>
      u === 0 ? close : (close * BigInt(10_000 + random.integer(-100, 100))) / 10_000n,
    );
    await bed.round(HOUR);
  }

  /** One to four trades of two members, settled together. */
  async trade(most: number): Promise<void> {
    const count = Math.min(most, this.random.pick([1, 2, 3, 4, 4]));
    const [maker, taker] = this.twoDesks();
    await (count === 1 ? this.offered(maker, taker) : this.bundle(maker, taker, count));
  }

  /** Several notes between two members, which each prove their side of all in one transition. */
  async bundle(maker: Desk, taker: Desk, count: number): Promise<void> {
    const { bed, random } = this;
    const { ledger } = bed.opened.open.oracle;
    const sides: NoteSide[] = [];
    while (sides.length < count) {
      const asset = random.integer(1, bed.opened.open.listing.length - 1);
      const { low, high, funding } = await ledger.priceOf(BigInt(asset));
      const size = (BigInt(random.integer(1, 20_000)) * UNIT) / high + 1n;
      const quote = low + BigInt(random.integer(0, 100)) * ((high - low) / 100n) - funding;
      const side = random.pick(["buy", "sell"] as const);
      sides.push({ note: { asset, size, quote, blind: random.bits(248) }, side });
    }
    const markets = await maker.member.markets();
    const deadline = await bed.deadline();
    const prepare = async (desk: Desk, own: readonly NoteSide[], signs: boolean) => {
      const state = await desk.member.account(desk.account);
      const opening = await desk.member.openingOf(state);
      const { secret, wallet } = desk;
      const theta = bed.terms.initialMargin;
      const request = { house: bed.terms, state, opening, deadline, markets, secret, theta, envelope: 0 };
      const signer = signs ? { signer: wallet } : {};
      return prepareTransition({ ...request, moves: { sides: own }, ...signer }, bed.provers);
    };
    const own = await prepare(maker, sides, false);
    const others = sides.map(({ note, side }) => ({ note, side: opposite(side) }));
    const other = await prepare(taker, others, true);
    await maker.store.keep(maker.account, own.kept);
    await taker.store.keep(taker.account, other.kept);
    const receipt = await maker.sender.trade([own.call, other.call], 0n, []);
    assert.equal(receipt?.status, 1);
    for (const { note, side } of sides) this.take(maker, taker, note, side);
    this.done.bundles++;
  }

  /** Takes in a trade, by the test's own sums. */
  take(maker: Desk, taker: Desk, { asset, size, quote }: Note, side: "buy" | "sell"): void {
    for (const [desk, sign] of [
      [maker, side === "buy" ? 1n : -1n],
      [taker, side === "buy" ? -1n : 1n],
    ] as const) {
      const held = this.heldBy(desk);
      held.perp[asset] = (held.perp[asset] ?? 0n) + sign * size;
      held.basis -= sign * size * quote;
    }
    this.done.trades++;
  }

  /** One trade by an offer and a half; half of those that can reduce a position of one of the two do. */
  async offered(maker: Desk, taker: Desk): Promise<void> {
    const { bed, random } = this;
    const { ledger } = bed.opened.open.oracle;
    const listing = bed.opened.open.listing;
    const standingIn = this.heldBy(maker).perp.flatMap((quantity, u) => (quantity === 0n ? [] : [u]));
    const again = standingIn.length > 0 && random.chance(0.4);
    const asset = again ? random.pick(standingIn) : random.integer(1, listing.length - 1);
    const { low, high, funding } = await ledger.priceOf(BigInt(asset));
    const standing = this.heldBy(maker).perp[asset] ?? 0n;
    const reduces = standing !== 0n && random.chance(0.5);
    const quote = (reduces ? low + (BigInt(random.integer(0, 100)) * (high - low)) / 100n : low) - funding;
    const dollars = BigInt(random.integer(1, 40_000)) * UNIT;
    const most = standing < 0n ? -standing : standing;
    const wanted = dollars / high + 1n;
    const size = reduces && wanted > most ? most : wanted;
    const side = reduces ? (standing > 0n ? "sell" : "buy") : random.pick(["buy", "sell"] as const);
    const blind = random.bits(248);
    // The other side may reduce as well: its position is opposite, and large enough.
    const other = this.heldBy(taker).perp[asset] ?? 0n;
    const both = reduces && (side === "sell" ? -other : other) >= size;
    const now = await bed.chain.now();
    const symbol = listing[asset]?.symbol ?? "";
    const offer = {
      ...{ chainId: 31_337, house: String(bed.opened.house.target), maker: maker.account, side, symbol },
      note: { asset, size, quote, blind },
      expiresAt: Number(now + 600n),
    };
    const deadline = await bed.deadline();
    const half = await taker.member.accept(offer, taker.account, {
      ...{ deadline, now, reduces: both, signer: taker.wallet },
    });
    const receipt = await maker.member.settle(maker.sender, offer, half, { deadline, now, reduces });
    assert.equal(receipt?.status, 1);
    this.take(maker, taker, offer.note, side);
    this.done.reductions += (reduces ? 1 : 0) + (both ? 1 : 0);
  }

  twoDesks(): [Desk, Desk] {
    const { desks } = this.bed;
    const first = this.random.integer(0, desks.length - 1);
    const second = (first + this.random.integer(1, desks.length - 1)) % desks.length;
    return [desks[first] as Desk, desks[second] as Desk];
  }

  /** Something beside a trade. */
  async other(): Promise<void> {
    const { bed, random } = this;
    const [desk] = this.twoDesks();
    const dollars = BigInt(random.integer(1, 20_000));
    const deadline = await bed.deadline();
    const what = random.pick(["deposit", "withdraw", "renew", "refresh"] as const);
    if (what === "deposit") await this.deposit(desk, dollars);
    else if (what === "renew") {
      await desk.member.renew(desk.sender, desk.account);
      this.done.renewals++;
    } else if (what === "refresh") await desk.member.refresh(desk.sender, desk.account, deadline);
    else {
      const { amount, due } = (await desk.member.account(desk.account)).asked;
      await desk.member.withdraw(
        ...([desk.sender, desk.account, dollars * UNIT, desk.wallet.address, deadline] as const),
      );
      this.heldBy(desk).basis -= dollars * UNIT;
      this.done.withdrawals++;
      // A request puts off what was asked for before, so nothing is due now; see `collect`.
      assert.ok(amount === 0n || due > 0n);
    }
  }

  /** Pays what is due, of accounts that are at initial margin now. */
  async collect(): Promise<void> {
    for (const desk of this.bed.desks) {
      const { asked } = await desk.member.account(desk.account);
      if (asked.amount === 0n || asked.due > (await this.bed.chain.now())) continue;
      const paid = await desk.sender.pay(desk.account, asked.due).catch((error: Error) => {
        // Its newest claim is of maintenance, or the market has moved since.
        if (!/MarginTooLow|NotHealthy|NotCurrent/.test(error.message)) throw error;
        return null;
      });
      if (paid !== null) this.done.paid++;
    }
  }

  async run(trades: number, onProgress: (text: string) => void): Promise<void> {
    let told = 0;
    const until = Date.now() + MINUTES * 60_000;
    while (this.done.trades < trades && Date.now() < until) {
      try {
        if (this.random.chance(0.12)) await this.moveMarket();
        if (this.random.chance(0.25)) await this.other();
        await this.trade(trades - this.done.trades);
      } catch (error) {
        // The reference model refuses what would leave too little margin: nothing was sent.
        if (!(error instanceof NotProvableError)) throw error;
        this.done.refused++;
      }
      const steps = Math.floor(this.done.trades / 50);
      if (steps === told) continue;
      told = steps;
      await this.collect();
      onProgress(JSON.stringify(this.done));
    }
  }
}

describe(`${TRADES} random trades among ${ACCOUNTS} accounts of a clearing house`, function () {
  this.timeout(4 * 3_600_000);
  let bed: MembersChain;

  before(async () => {
    bed = await MembersChain.start({ simulated: SIMULATED });
    await bed.round();
  });
  after(() => bed?.close());

  // shows: P78
  it(`are replayed without a finding, both sides to the unit (seed ${SEED})`, async () => {
    const begun = Date.now();
    const house = new RandomHouse(bed);
    await house.begin();
    await house.run(TRADES, (text) =>
      process.stderr.write(`${((Date.now() - begun) / 60_000).toFixed(1)} min ${text}\n`),
    );
    for (const desk of bed.desks) {
      const { perp, basis } = await desk.member.openingOf(await desk.member.account(desk.account));
      assert.deepEqual({ perp, basis }, house.heldBy(desk));
    }
    const log = await readContracts(bed.chain.connection, houseLog(bed.opened));
    if (KEPT !== undefined) {
      await writeFile(`${KEPT}.ndjson`, serialiseContractLog(log));
      await writeFile(`${KEPT}.cleared.json`, serialiseDisclosedBooks(bed.disclosed()));
    }
    const read = parseContractLog(serialiseContractLog(log), "clearing");
    const { key } = await pinnedVerificationKey("transition-16");
    const { key: reveal } = await pinnedVerificationKey("reveal-16");
    const { key: margin } = await pinnedVerificationKey("16x16");
    const audited = (disclosed = bed.disclosed()) =>
      replayContracts(read, clearingAudit({ key, margin, reveal, disclosed }));
    const { findings, coverage } = audited();
    assert.deepEqual(findings.listed, []);
    assert.deepEqual(audited([]).findings.listed, []);
    assert.equal(coverage.notes, house.done.trades);
    assert.equal(coverage.matched, coverage.notes);
    assert.equal(coverage.proofs, coverage.changes);
    assert.equal(coverage.opened, coverage.changes);
  });
});
