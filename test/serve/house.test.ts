import assert from "node:assert/strict";
import { Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { openHouse } from "../../src/clearing/account/manifest.js";
import type { ClearingView } from "../../src/serve/apiTypes.js";
import { ProxyNode } from "../support/proxyNode.js";
import { WatchedService } from "../support/watchedChain.js";
import { WatchedHouse } from "../support/watchedHouse.js";

/** Cents: the fund must hold 600 dollars. */
const FLOOR = 60_000;
const firms = [5, 6].map((i) => new Wallet(ANVIL_KEYS[i] ?? ""));

describe("serve: the default fund of a clearing house", () => {
  const watched = new WatchedService();
  let bed: WatchedHouse;
  before(async () => {
    bed = await WatchedHouse.start(FLOOR);
    await bed.round();
    const names = new Map([[firms[0]?.address.toLowerCase() ?? "", "Alpha"]]);
    await watched.start(bed.chain, { house: bed.opened, names });
  });
  after(async () => {
    await watched.stop();
    await bed?.close();
  });

  const clearing = async (): Promise<ClearingView> => {
    await watched.service.look();
    return (await watched.get("/v1/market")).json.clearing;
  };
  const metric = async (name: string) =>
    new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, "m").exec((await watched.get("/metrics")).text)?.[1];

  it("shows that it is not covered before members contribute, and that it is afterwards", async () => {
    const bare = await clearing();
    assert.deepEqual(
      [bare.fund, bare.required, bare.covered, bare.ratio, bare.state, bare.symbol],
      ["0", "600", false, 0, "open", "USDC"],
    );
    assert.deepEqual([bare.members, bare.defaults, bare.lapsed, bare.caps], [[], [], [], 0]);
    assert.equal(await metric("zkmargin_clearing_cover_ratio"), "0");
    await bed.setGroups(...firms);
    for (const [i, firm] of firms.entries()) await bed.contribute(firm, 400n + 100n * BigInt(i));
    const { fund, contributions, covered, ratio, members } = await clearing();
    assert.deepEqual([fund, contributions, covered, ratio], ["900", "900", true, 15_000]);
    assert.deepEqual(
      members
        .map(({ name, group, contribution, owed }) => [name, group, contribution, owed])
        .sort(([, a], [, b]) => Number(a) - Number(b)),
      [
        ["Alpha", 1, "400", "0"],
        [null, 2, "500", "0"],
      ],
    );
    assert.equal(await metric("zkmargin_clearing_cover_ratio"), "1.5");
    assert.equal(await metric("zkmargin_clearing_members"), "2");
    const { events } = (await watched.get("/v1/events?limit=100")).json;
    assert.ok(
      events.some(
        ({ event, contract }: Record<string, string>) => `${contract} ${event}` === "defaultFund Contributed",
      ),
    );
    const { cover, held } = {
      held: await bed.opened.fund.contributions(),
      cover: await bed.opened.fund.cover(),
    };
    assert.deepEqual([held, cover.held, cover.required], [900n * bed.unit, 90_000n, 60_000n]);
  });

  it("asks for it in the requests that a look has anyway", async () => {
    const proxy = await ProxyNode.start(bed.chain.anvil.url);
    const connection = await connect(proxy.url);
    const other = new WatchedService();
    try {
      const open = openDeployment(connection, bed.chain.open.deployment);
      await other.start(bed.chain, { open, house: await openHouse(open, bed.opened.manifest) });
      await other.service.look();
      await bed.chain.pass(1);
      proxy.heard.clear();
      await other.service.look();
      const asked = [...proxy.heard.values()].reduce((sum, heard) => sum + heard, 0);
      assert.ok(asked <= 5, `${asked} requests`);
      assert.equal((await other.get("/v1/market")).json.clearing.fund, "900");
    } finally {
      await other.stop();
      connection.close();
      await proxy.stop();
    }
  });
});
