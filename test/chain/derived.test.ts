import assert from "node:assert/strict";
import type { Opening } from "../../src/book/opening.js";
import { Anvil } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { checkDeployment } from "../../src/chain/checkDeployment.js";
import {
  type Deployment,
  type OpenMarket,
  openDeployment,
  parseDeployment,
  serialiseDeployment,
} from "../../src/chain/deployment.js";
import { openDerived } from "../../src/chain/derived.js";
import { riskProfile } from "../../src/chain/generated/index.js";
import { Keeper } from "../../src/chain/keeper/keeper.js";
import { foldMarket, poke, roundMarket } from "../../src/chain/rounds.js";
import { accountStatus, marketStatus } from "../../src/chain/status.js";
import { encodeSubmit, type ProvenClaim, provenClaim, submit, submitBatch } from "../../src/chain/submit.js";
import {
  DeploymentMismatchError,
  MarketMismatchError,
  NotProvableError,
  RoundMismatchError,
} from "../../src/errors.js";
import { denseMarket } from "../../src/market/file.js";
import { healthOf } from "../../src/protocol/health.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { profileWords } from "../../src/protocol/profileWords.js";
import { ProvingSession } from "../../src/prove/session.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { defaultArtefacts, exampleBook } from "../support/desk.js";
import { closesOn, GENESIS, LocalChain } from "../support/localChain.js";

const MAINTENANCE = 10_000;
/** Initial margin: collateral counts for nine tenths of what it does for maintenance. */
const INITIAL: RiskProfile = {
  ...PORTFOLIO_MARGIN,
  name: "initial",
  assets: PORTFOLIO_MARGIN.assets.map((asset) => ({
    ...asset,
    collateralFactor: Math.floor((asset.collateralFactor * 9) / 10),
  })),
};

describe("a derived market, on anvil, with real proofs", () => {
  let chain: LocalChain;
  let initial: OpenMarket;
  let session: ProvingSession;
  let sent = 0;

  before(async () => {
    chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), "2021-05-17", (plan) => ({
      ...plan,
      derived: [{ name: "initial", profile: INITIAL, terms: plan.terms }],
    }));
    initial = openDerived(chain.open, "initial");
    session = await ProvingSession.open(await defaultArtefacts());
  });
  after(async () => {
    await session?.close();
    await chain?.close();
  });

  const thin = exampleBook("leveraged-long");
  const sound = exampleBook("cash-and-carry");
  const custodian = () => chain.transactionsOf(chain.custodian);
  const anybody = () => chain.transactionsOf(chain.keeper);
  const newest = async (market: OpenMarket) => (await market.contracts.marketLedger.latestRound()).number;
  const marketOf = async (market: OpenMarket) =>
    (await roundMarket(market, await newest(market), chain.key.key)).market;
  const statusAt = async (market: OpenMarket, opening: Opening) =>
    (await accountStatus(market, chain.accountOf(opening))).status;

  /** A real proof of a book in the newest round of a market. */
  async function prove(market: OpenMarket, opening: Opening, healthy = true): Promise<ProvenClaim> {
    const [envelope, theta] = [0, MAINTENANCE];
    const bundle = await session.prove({ opening, market: await marketOf(market), theta, envelope, healthy });
    return provenClaim(market, chain.accountOf(opening), bundle);
  }

  /** Sends a proof whatever the gate has. */
  async function send({ addresses }: OpenMarket, proven: ProvenClaim): Promise<void> {
    const data = encodeSubmit(proven);
    await anybody().send({ key: `forced ${sent++}`, to: addresses.marginGate, data });
  }

  /** A round after the newest book. */
  async function nextRound(): Promise<void> {
    await chain.pass(chain.plan.timing.provingWindow);
    await poke(initial, anybody());
  }

  /** The guardian takes a point off what profits count for. */
  async function tighten({ contracts, addresses }: OpenMarket): Promise<void> {
    const words = [...(await contracts.riskProfile.profileWords())];
    words[0] = (words[0] ?? 0n) - 100n;
    const data = interfaceOf(riskProfile).encodeFunctionData("tighten", [words]);
    await anybody().send({ key: `tighten ${sent++}`, to: addresses.riskProfile, data });
  }

  it("stands in the manifest, and is held to it", async () => {
    const { deployment } = chain.open;
    const text = serialiseDeployment(deployment);
    assert.deepEqual(parseDeployment(text), deployment);
    assert.deepEqual(await checkDeployment(chain.open, chain.key), []);
    const words = await initial.contracts.riskProfile.profileWords();
    assert.deepEqual([...words], profileWords(INITIAL, chain.open.tier));
    assert.throws(
      () => openDerived(chain.open, "stress"),
      (error) => error instanceof DeploymentMismatchError && /got initial$/.test(error.message),
    );
    assert.throws(() => openDerived(chain.open, "toString"), DeploymentMismatchError);
    assert.throws(() => parseDeployment(text.replaceAll('"initial"', '"In itial"')), /derived/);
  });

  // shows: A62
  it("is refused with a contract that is another's", async () => {
    const { deployment, connection } = chain.open;
    const market = deployment.derived?.initial ?? assert.fail();
    const changed = (part: Partial<typeof market>): Deployment => ({
      ...deployment,
      derived: { initial: { ...market, ...part } },
    });
    for (const [other, text] of [
      [
        { riskProfile: deployment.contracts.riskProfile },
        /^derived\.initial\.derivedLedger\.other: expected/,
      ],
      [{ marginGate: deployment.contracts.marginGate }, /^derived\.initial\.marginGate\.ledger: expected/],
      [{ derivedLedger: deployment.contracts.marketLedger }, /^derived\.initial\.derivedLedger: code of/],
    ] as const)
      await assertChainFails(checkDeployment(openDeployment(connection, changed(other))), {
        Class: DeploymentMismatchError,
        text,
      });
  });

  // shows: P56
  it("has the prices of the base's round and the other profile", async () => {
    assert.equal((await marketStatus(initial)).round, null);
    const { number } = await poke(initial, anybody());
    const [own, derived] = [await marketOf(chain.open), await marketOf(initial)];
    assert.deepEqual(derived.prices, own.prices);
    assert.deepEqual(
      derived.profile.assets.map(({ collateralFactor }) => collateralFactor),
      INITIAL.assets.map(({ collateralFactor }) => collateralFactor),
    );
    const round = await initial.contracts.marketLedger.usableRound(number);
    assert.deepEqual(foldMarket(derived, chain.key.key, chain.open.tier), {
      x: round.folded.x,
      y: round.folded.y,
    });
    const { usable, epoch, pokeFrom, paused, expired } = await marketStatus(initial);
    assert.deepEqual([usable, epoch, paused, expired], [true, 1n, false, false]);
    assert.equal(pokeFrom, (await marketStatus(chain.open)).pokeFrom);
  });

  // shows: P56
  it("proves one book healthy under one profile and unhealthy under the other, in one round", async () => {
    for (const book of [thin, sound]) await chain.attest(book);
    await nextRound();
    const factor = async (market: OpenMarket, { book }: Opening) =>
      healthOf(book, denseMarket(await marketOf(market), chain.open.tier), MAINTENANCE).healthFactor ??
      assert.fail();
    assert.ok((await factor(chain.open, thin)) > MAINTENANCE);
    assert.ok((await factor(initial, thin)) < MAINTENANCE);
    assert.ok((await factor(initial, sound)) > MAINTENANCE);
    await assert.rejects(prove(initial, thin), NotProvableError);

    const healthy = await prove(chain.open, thin);
    const unhealthy = await prove(initial, thin, false);
    assert.equal(healthy.round, unhealthy.round);
    // Neither gate takes the other's proof.
    await assertChainFails(submit(initial, custodian(), healthy), refusal("ProofRejected"));
    await assertChainFails(submit(chain.open, custodian(), unhealthy), refusal("ProofRejected"));
    assert.equal((await submit(chain.open, anybody(), healthy)).outcome, "accepted");
    assert.equal((await submit(initial, custodian(), unhealthy)).outcome, "accepted");
    assert.equal(await statusAt(chain.open, thin), "healthy");
    assert.equal(await statusAt(initial, thin), "liquidatable");

    const proofs = [await prove(initial, sound), await prove(chain.open, sound)];
    assert.equal((await submitBatch(initial, anybody(), proofs.slice(0, 1))).results[0]?.outcome, "accepted");
    assert.equal((await submit(chain.open, anybody(), proofs[1] ?? assert.fail())).outcome, "accepted");
    assert.deepEqual(
      [await statusAt(chain.open, sound), await statusAt(initial, sound)],
      ["healthy", "healthy"],
    );
  });

  it("takes no bundle of the other market", async () => {
    const bundle = await session.prove({
      opening: sound,
      market: await marketOf(initial),
      theta: MAINTENANCE,
      envelope: 0,
    });
    await assert.rejects(provenClaim(chain.open, chain.accountOf(sound), bundle), MarketMismatchError);
    await provenClaim(initial, chain.accountOf(sound), bundle);
  });

  // shows: P57
  it("lapses by a change of its own profile, and the base does not", async () => {
    const number = await newest(initial);
    const stale = await prove(initial, sound);
    await tighten(initial);
    assert.deepEqual(
      [await statusAt(chain.open, sound), await statusAt(initial, sound)],
      ["healthy", "grace"],
    );
    const { epoch, usable, round } = await marketStatus(initial);
    assert.deepEqual([epoch, usable, round?.epoch], [2n, true, 2n]);
    // The round stays, under the new parameters: a proof of the old ones is of nothing now, and a new one needs no poke.
    const again = await prove(initial, sound);
    assert.equal(again.round, number);
    await assertChainFails(() => send(initial, stale), refusal("ProofRejected"));
    assert.equal((await submit(initial, anybody(), again)).outcome, "accepted");
    assert.equal(await statusAt(initial, sound), "healthy");
  });

  // shows: P57
  it("does not lapse by a change of the base's profile, which makes the rounds before it unusable", async () => {
    const before = await newest(initial);
    const stale = await prove(initial, sound);
    await tighten(chain.open);
    assert.deepEqual(
      [await statusAt(chain.open, sound), await statusAt(initial, sound)],
      ["unknown", "healthy"],
    );
    const { usable, epoch, pokeFrom } = await marketStatus(initial);
    assert.deepEqual([usable, epoch, pokeFrom], [false, 2n, 0n]);
    await assertChainFails(marketOf(initial), {
      Class: RoundMismatchError,
      text: /^round \d+: expected one of the newest epoch .*, got an earlier one; poke$/,
    });
    await assertChainFails(() => send(initial, stale), refusal("RoundNotUsable"));
    await poke(initial, anybody());
    assert.ok((await newest(initial)) > before);
    assert.deepEqual(
      [await statusAt(chain.open, sound), await statusAt(initial, sound)],
      ["grace", "healthy"],
    );
    assert.equal((await submit(initial, anybody(), await prove(initial, sound))).outcome, "accepted");
  });

  it("is kept by a keeper of its own", async () => {
    await chain.pass(Number((await initial.contracts.marginGate.terms()).maxProofAge) - 3_600);
    const account = await chain.attest(exampleBook("cash-and-carry", { sequence: 2 }));
    await chain.feeds.post(closesOn("2021-05-17"));
    await poke(initial, anybody());
    assert.equal((await accountStatus(initial, account)).status, "grace");
    const keeper = new Keeper({
      open: initial,
      transactions: anybody(),
      key: chain.key.key,
      accounts: [account],
      given: chain.given,
      prove: chain.prove,
      clock: Date.now,
    });
    await keeper.tick();
    assert.equal((await accountStatus(initial, account)).status, "healthy");
    assert.notEqual((await accountStatus(chain.open, account)).status, "healthy");
  });
});
