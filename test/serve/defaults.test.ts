import assert from "node:assert/strict";
import { join } from "node:path";
import { STAGE_NAMES, STATUS_NAMES } from "../../src/chain/generated/enums.js";
import { defaultFund } from "../../src/chain/generated/index.js";
import type { AccountView, ClearingView } from "../../src/serve/apiTypes.js";
import { ReadStore } from "../../src/serve/readStore.js";
import { scratch } from "../support/archives.js";
import { useBrowser } from "../support/browser.js";
import { builtBoard } from "../support/builtBoard.js";
import { WatchedService } from "../support/watchedChain.js";
import { type Firm, WatchedHouse } from "../support/watchedHouse.js";

/** A folder for pictures, where a person wants to look at them. */
const PICTURES = process.env.BOARD_PICTURES;

describe("serve: a default of a clearing house, with real proofs", function () {
  this.timeout(900_000);
  const browser = useBrowser();
  const watched = new WatchedService();
  const folder = scratch();
  let bed: WatchedHouse;
  let [alpha, beta]: Firm[] = [];
  before(async () => {
    bed = await WatchedHouse.start(0);
    await bed.round();
    alpha = await bed.firm("alpha", 5, 1_000_000n);
    beta = await bed.firm("beta", 6, 1_000_000n);
    await bed.setGroups(alpha.wallet, beta.wallet);
    await bed.round();
    for (const { wallet } of [alpha, beta]) await bed.contribute(wallet, 400_000n);
    await watched.start(
      bed.chain,
      {
        house: bed.opened,
        names: new Map([
          [alpha.wallet.address.toLowerCase(), "Alpha"],
          [beta.account.toLowerCase(), "beta/desk-1"],
        ]),
      },
      await builtBoard(),
    );
  });
  after(async () => {
    await watched.stop();
    await bed?.close();
    folder.remove();
  });

  const clearing = async (): Promise<ClearingView> => {
    // The service's clock goes with the chain's.
    watched.now += 1_000;
    await watched.service.look();
    return (await watched.get("/v1/market")).json.clearing;
  };
  const rules = () => watched.service.alerts.map(({ rule }) => rule);
  const alert = async () => {
    const ending = new AbortController();
    const run = watched.service.run(ending.signal);
    setTimeout(() => ending.abort(), 300);
    await run;
    return rules();
  };

  /** The board with both themes and on a phone. */
  const pictures = async (name: string, words: RegExp) => {
    for (const [kind, options] of [
      ["light", { viewport: { width: 1_280, height: 900 }, colorScheme: "light" }],
      ["dark", { viewport: { width: 1_280, height: 900 }, colorScheme: "dark" }],
      ["phone", { viewport: { width: 390, height: 844 }, colorScheme: "light" }],
      ["phone-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
    ] as const) {
      const { page, complaints } = await browser.open(options);
      await page.goto(watched.url);
      await page.getByRole("heading", { name: "Default fund and cover" }).waitFor();
      assert.match(await page.locator("#fund").innerText(), words);
      assert.equal(
        await page.evaluate("document.documentElement.scrollWidth"),
        options.viewport.width,
        `${name} ${kind}: it fits`,
      );
      if (PICTURES !== undefined)
        await page.locator("#fund").screenshot({ path: join(PICTURES, `${name}-${kind}.png`) });
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  };

  it("shows the caps that a trade has set, as the fund has them", async () => {
    assert.ok(alpha && beta);
    for (const { member, sender, account } of [alpha, beta])
      await member.deposit(sender, account, 1_000_000n * bed.unit, await bed.deadline());
    await bed.trade(alpha, beta, 60n);
    const { cover, caps, members, covered, fund, required, lapsed } = await clearing();
    const chain = await bed.opened.fund.cover();
    assert.ok(chain.first > 0n, "the trade needs a cap");
    assert.deepEqual([caps, lapsed, covered], [2, [], true]);
    assert.deepEqual(
      cover.map(({ cap }) => Math.round(Number(cap) * 100)),
      [chain.first, chain.second].filter((cap) => cap > 0n).map(Number),
    );
    assert.deepEqual(
      [Number(fund) * 100, Number(required) * 100],
      [Number(chain.held), Number(chain.required)],
    );
    assert.equal(members.find(({ name }) => name === "Alpha")?.contribution, "400000");
    await pictures(
      "cover",
      /The fund covers what it must[\s\S]*Alpha[\s\S]*2 accounts have a cap, all proven/,
    );
  });

  /** Holds what is shown of both accounts to the house's own gate, and not to the deployment's. */
  const judged = async () => {
    assert.ok(alpha && beta);
    const { house, margin, open } = bed.opened;
    const views = (await watched.get("/v1/accounts")).json.accounts as AccountView[];
    const shown = [];
    for (const { account, wallet } of [alpha, beta]) {
      const view = views.find((one) => one.account === account);
      const { marginGate } = margin.contracts;
      const word = STATUS_NAMES[Number(await marginGate.statusOf(account))];
      assert.equal(view?.status, word);
      assert.equal(view?.deadline ?? 0, Number(await marginGate.deadlineOf(account)));
      assert.equal(view?.owner, wallet.address);
      assert.deepEqual(view?.cleared, {
        stage: STAGE_NAMES[Number(await house.stageOf(account))],
        current: await house.isCurrent(account),
      });
      assert.equal(STATUS_NAMES[Number(await open.contracts.marginGate.statusOf(account))], "unknown");
      shown.push([view?.status, view?.claim !== null, view?.cleared?.current]);
    }
    return shown;
  };

  it("judges an account that clears by the house's own gate", async () => {
    assert.deepEqual(await judged(), [
      ["healthy", true, true],
      ["healthy", true, true],
    ]);
  });

  it("shows the same after a restart from its state file", async () => {
    const { open } = bed.opened;
    const store = new ReadStore(folder.at("served.state"), "1", open, bed.opened);
    const shown = async () => {
      const other = await new WatchedService().start(bed.chain, { house: bed.opened, store });
      try {
        await other.service.restore();
        await other.service.look();
        await other.service.keep();
        const of = async (path: string) => (await other.get(path)).json;
        return [(await of("/v1/accounts")).accounts, (await of("/v1/market")).clearing];
      } finally {
        await other.stop();
      }
    };
    const whole = await shown();
    assert.deepEqual(await shown(), whole);
  });

  it("says which caps lapse, with and without a record, and when the grace is over", async () => {
    assert.ok(alpha && beta);
    const { maxProofAge } = await bed.opened.stress.contracts.marginGate.terms();
    const until = (await bed.chain.now()) + maxProofAge + 1n;
    while ((await bed.chain.now()) < until) await bed.round();
    const silent = await clearing();
    assert.ok(
      (await judged()).every(([, , current]) => current === false),
      "their caps are not proven",
    );
    assert.deepEqual(
      silent.lapsed.map(({ recordedAt, overdue }) => [recordedAt, overdue]),
      [
        [null, false],
        [null, false],
      ],
    );
    for (const { account } of [alpha, beta])
      await bed.send(
        bed.chain.keeper,
        defaultFund,
        String(bed.opened.fund.target),
        "recordCapLapse",
        account,
      );
    const recorded = await clearing();
    for (const { recordedAt, overdueFrom } of recorded.lapsed) {
      assert.ok(recordedAt !== null && overdueFrom !== null);
      assert.equal(overdueFrom - recordedAt, 3_600);
    }
    assert.ok((await alert()).includes("cap-lapsed"));
    await alpha.member.refresh(alpha.sender, alpha.account, await bed.deadline());
    assert.deepEqual(
      (await clearing()).lapsed.map(({ account }) => account),
      [beta.account],
    );
    for (let i = 0; i < 4; i++) await bed.round();
    assert.equal(await bed.opened.fund.isCapOverdue(beta.account), true);
    assert.deepEqual(
      (await clearing()).lapsed.map(({ overdue }) => overdue),
      [true],
    );
    assert.ok((await alert()).includes("cap-overdue"));
    await judged();
  });

  it("follows a default to its end, its price falling as the contract's does", async () => {
    assert.ok(alpha && beta);
    await alpha.member.refresh(alpha.sender, alpha.account, await bed.deadline());
    await bed.callDefaults("start", beta.account);
    const [frozen] = (await clearing()).defaults;
    assert.deepEqual([frozen?.stage, frozen?.auction, frozen?.left], ["frozen", null, 100]);
    assert.equal(Number(frozen?.until) - Number(frozen?.startedAt), 3_600);
    assert.ok((await alert()).includes("default-open"));
    await bed.reveal(beta);
    for (const seconds of [0, 600, 900, 3_600]) {
      await bed.chain.pass(seconds);
      const [estate] = (await clearing()).defaults;
      const price = await bed.defaults.priceOf(beta.account, 100n);
      // The service's clock is a second ahead of the block.
      assert.ok(estate?.auction);
      const { first, last, period } = estate.auction;
      const second = Math.abs(Number(first) - Number(last)) / period;
      assert.ok(
        Math.abs(Number(estate.auction.price) - Number(price) / 1e18) <= 2 * second + 1e-6,
        `after ${seconds}`,
      );
      if (seconds === 600)
        await pictures("default", /Open defaults[\s\S]*beta\/desk-1[\s\S]*Its lines are for sale for/);
    }
    // The price of what beta has sold is four times as high: its loss is more than the fund has, and alpha owes an assessment.
    await bed.round(bed.chain.closes.map((close, u) => (u === 0 ? close : 4n * close)));
    await bed.callDefaults("settle", beta.account);
    const [owing] = (await clearing()).defaults;
    const noted = await bed.opened.fund.defaultOf(beta.account);
    assert.ok(noted.owed > 0n);
    assert.deepEqual(
      [owing?.stage, owing?.until, owing?.auction, Number(owing?.owed)],
      ["assessments", Number(noted.until), null, Number(noted.owed / bed.unit)],
    );
    assert.ok((await alert()).includes("assessment-owed"));
    await pictures(
      "assessments",
      /Members can pay what they owe for it for[\s\S]*Members owe [\d,]+ dollars for it/,
    );
    await assert.rejects(bed.callDefaults("settle", beta.account), /EstateAssessmentsOpen/);
    await bed.chain.pass(Number(noted.until) - Number(await bed.chain.now()) - 60);
    assert.equal((await clearing()).defaults[0]?.stage, "assessments");
    await bed.chain.pass(61);
    const [over] = (await clearing()).defaults;
    assert.deepEqual([over?.stage, over?.until, over?.owed], ["settling", null, owing?.owed]);
    await bed.round();
    await bed.callDefaults("settle", beta.account);
    const { defaults, fund } = await clearing();
    assert.deepEqual(defaults, []);
    assert.equal(Number(fund) * 100, Number((await bed.opened.fund.cover()).held));
    assert.match((await watched.get("/metrics")).text, /zkmargin_clearing_defaults\{stage="frozen"\} 0/);
  });

  it("counts down to the end of a market that is closed, and of the claims after it", async () => {
    assert.ok(alpha);
    const { margin } = bed.opened;
    const end = async () => {
      const { state, until } = await clearing();
      return [state, until];
    };
    assert.deepEqual(await end(), ["open", null]);
    const { marginGate } = margin.contracts;
    for (let i = 0; i < 80; i++) {
      if (STATUS_NAMES[Number(await marginGate.statusOf(alpha.account))] === "liquidatable") break;
      await bed.round();
    }
    // Nobody reveals its book.
    await bed.callDefaults("start", alpha.account);
    await bed.chain.pass(3_601);
    await bed.callDefaults("closeMarket", alpha.account);
    const { closePeriod, claimPeriod } = await bed.defaults.terms();
    const closedAt = await bed.defaults.closedAt();
    assert.deepEqual(await end(), ["closed", Number(closedAt + closePeriod)]);
    await pictures("closed", /only what reduces passes\. It can be ended in/);
    await bed.chain.pass(Number(closePeriod));
    await bed.round();
    await bed.callDefaults("endMarket");
    const endedAt = await bed.defaults.endedAt();
    assert.deepEqual(await end(), ["ended", Number(endedAt + claimPeriod)]);
    // Nobody needs its book any more.
    assert.deepEqual(
      (await clearing()).defaults.map(({ stage, until }) => [stage, until]),
      [["settling", null]],
    );
    await pictures("ended", /The market has ended\. Claims can be proven for[\s\S]*It can be settled\./);
  });
});
