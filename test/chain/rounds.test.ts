import assert from "node:assert/strict";
import { Interface, toBeHex } from "ethers";
import { connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { riskProfile } from "../../src/chain/generated/index.js";
import { poke, roundMarket } from "../../src/chain/rounds.js";
import { accountStatus, marketStatus } from "../../src/chain/status.js";
import { submit } from "../../src/chain/submit.js";
import { RoundMismatchError } from "../../src/errors.js";
import { profileWords } from "../../src/protocol/profileWords.js";
import { Random } from "../support/cases.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { exampleBook } from "../support/desk.js";
import { LocalChain } from "../support/localChain.js";
import { laggingBlock } from "../support/nodeFaults.js";
import { ProxyNode } from "../support/proxyNode.js";

const PROFILE = new Interface(riskProfile.abi);

describe("chain/rounds", () => {
  let chain: LocalChain;
  const poked = async () => (await poke(chain.open, chain.transactionsOf(chain.keeper))).number;
  const market = (number: bigint) => roundMarket(chain.open, number, chain.key.key);

  before(async () => {
    chain = await LocalChain.start();
  });
  after(() => chain?.close());

  it("shows a market and an account before there is any round", async () => {
    const { round, usable, epoch } = await marketStatus(chain.open);
    assert.deepEqual([round, usable, epoch], [null, false, 1n]);
    const account = await chain.attest(exampleBook("cash-and-carry"));
    const { status, claim, deadline } = await accountStatus(chain.open, account);
    assert.deepEqual([status, claim, deadline], ["unknown", null, 0n]);
    await assertChainFails(market(1n), {
      Class: RoundMismatchError,
      text: /^round 1: expected it on the chain, got none; was the chain re-organised\?$/,
    });
  });

  // shows: P33
  it("rebuilds a round under the profile of its epoch, after another has begun", async () => {
    const first = await poked();
    const before = await market(first);
    const { profile } = chain.plan;
    const tighter = { ...profile, pnlFactor: profile.pnlFactor - 100 };
    const data = PROFILE.encodeFunctionData("tighten", [profileWords(tighter, chain.plan.tier)]);
    const to = chain.open.addresses.riskProfile;
    await chain.transactionsOf(chain.keeper).send({ key: "tighten", to, data });
    assert.equal((await marketStatus(chain.open)).usable, false);
    const second = await poked();
    const after = await market(second);
    assert.deepEqual([before.epoch, after.epoch], [1n, 2n]);
    assert.equal(after.market.profile.pnlFactor, before.market.profile.pnlFactor - 100);
    assert.deepEqual(await market(first), before);
  });

  it("is found by a node that names an older block as its newest", async () => {
    await chain.pass(1_000);
    const number = await poked();
    const proxy = await ProxyNode.start(chain.anvil.url);
    const connection = await connect(proxy.url);
    try {
      let lagging = 2;
      const behind = laggingBlock(1, 1, new Random(1));
      proxy.fate = (method, params) =>
        method === "eth_blockNumber" && lagging-- > 0 ? behind(method, params) : "pass";
      const open = openDeployment(connection, chain.open.deployment);
      assert.deepEqual(await roundMarket(open, number, chain.key.key), await market(number));
      assert.ok(lagging < 0);
    } finally {
      connection.close();
      await proxy.stop();
    }
  });

  // shows: A41
  it("rebuilds a round that the ring has forgotten, and says that it cannot be used", async () => {
    await chain.pass(1_000);
    const number = await poked();
    const proven = await chain.proofOf(chain.accountOf(exampleBook("cash-and-carry")));
    const { provider } = chain.connection;
    const { marketLedger } = chain.open.addresses;
    const { time } = await chain.open.contracts.marketLedger.latestRound();
    const before = await market(number);
    // The round's place in the ring is found by its number and time, and given to one that came 2 048 later.
    for (let slot = 0n; slot < 64n; slot++) {
      const word = BigInt(await provider.getStorage(marketLedger, slot));
      if (word >> 176n !== (number << 40n) + time) continue;
      const later = toBeHex(word + (2_048n << 216n), 32);
      await provider.send("anvil_setStorageAt", [marketLedger, toBeHex(slot, 32), later]);
    }
    assert.equal(await chain.open.contracts.marketLedger.usable(number), false);
    assert.deepEqual(await market(number), before);
    await assertChainFails(submit(chain.open, chain.transactionsOf(chain.keeper), proven), {
      ...refusal("RoundNotUsable"),
      text: /the contract refused: RoundNotUsable\(4\); prove against the newest round$/,
    });
  });
});
