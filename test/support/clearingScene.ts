import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { readContracts } from "../../src/chain/contractLog.js";
import type { DeployPlan } from "../../src/chain/deploy/plan.js";
import { erc20Mock } from "../../src/chain/generated/index.js";
import { poke } from "../../src/chain/rounds.js";
import { deployHouse, parseClearingPlan } from "../../src/clearing/account/deployHouse.js";
import { clearedAccountId, HouseTransactions } from "../../src/clearing/account/house.js";
import { houseLog } from "../../src/clearing/account/houseLog.js";
import { type ClearingManifest, openHouse } from "../../src/clearing/account/manifest.js";
import { Member } from "../../src/clearing/account/member.js";
import { type Offer, randomBlind } from "../../src/clearing/account/offer.js";
import { MemberStore } from "../../src/clearing/account/store.js";
import { makePartial, type SealedAccount } from "../../src/clearing/liquidators/partials.js";
import { slotOf } from "../../src/protocol/listing.js";
import type { RiskProfile } from "../../src/protocol/profile.js";
import { sealBook, sealingScalar } from "../../src/protocol/sealedBook.js";
import { commitCleared } from "../../src/protocol/transition.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../src/prove/clearing.js";
import type { ProvingSession } from "../../src/prove/session.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { Random } from "./cases.js";
import { randomOpening } from "./clearing.js";
import { defaultArtefacts } from "./desk.js";
import { generated } from "./liquidators.js";
import { GENESIS, LocalChain } from "./localChain.js";

const HOUR = 3_600;
const UNIT = 10n ** 18n;

/** A plan with a derived market for stress, under the same terms. */
export function withStress(plan: DeployPlan, profile: RiskProfile = PORTFOLIO_MARGIN): DeployPlan {
  return {
    ...plan,
    derived: [{ name: "stress", profile: { ...profile, name: "stress" }, terms: plan.terms }],
  };
}

/** The plan of a house for the local plan's times, in the text of its file. */
export function clearingPlanText({ plan }: Pick<LocalChain, "plan">): string {
  const { maxProofAge, gracePeriod, callPeriod, callMargin } = plan.terms;
  const horizon = maxProofAge + gracePeriod + 3 * HOUR;
  return JSON.stringify({
    format: "zkmargin/clearing-plan@1",
    stress: "stress",
    settlement: plan.vault?.settlement,
    initialMargin: 11_000,
    horizon,
    gate: { maxProofAge, gracePeriod, callPeriod, callMargin },
    fund: {
      ...{ alpha: 1_000, share: 500, assessment: 10_000, horizon: horizon + 1, window: HOUR },
      ...{ memoryPeriod: 30 * 24 * HOUR, grace: HOUR, assessmentPeriod: HOUR, floor: 0, leastCap: 100_000 },
    },
    defaults: {
      ...{ revealPeriod: HOUR, auctionPeriod: HOUR, settlePeriod: HOUR, closePeriod: 6 * HOUR },
      ...{ claimPeriod: 6 * HOUR, premium: 200, discount: 1_000 },
    },
  });
}

/**
 * What the examples of `zkmargin/clearing` may use: a clearing house with two members of one desk each, its liquidators with their
 * shares, and a sealed book that three of them have decrypted their parts of.
 */
export async function clearingScene(home: string, session: ProvingSession) {
  const chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), "2021-05-17", withStress);
  const houseOpen = chain.open;
  const artefacts = {
    transition: await clearingArtefacts(home, clearingCircuit("transition", 16)),
    reveal: await clearingArtefacts(home, clearingCircuit("reveal", 16)),
  };
  const liquidators = await theLiquidators();
  const planText = clearingPlanText(chain);
  const clearingPlan = parseClearingPlan(planText);
  const clearingKeys = {
    margin: chain.key,
    transition: artefacts.transition.verificationKey,
    reveal: artefacts.reveal.verificationKey,
    liquidators: liquidators.key.key,
  };
  const houseDeployer = chain.transactionsOf(chain.deployer);
  const clearing = await deployHouse(houseOpen, houseDeployer, clearingPlan, clearingKeys);
  const opened = await openHouse(houseOpen, clearing);
  await poke(houseOpen, chain.transactionsOf(chain.keeper));
  const provers = { transition: await ClearingSession.open(artefacts.transition), margin: session };
  const revealSession = await ClearingSession.open(artefacts.reveal);
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-scene-"));
  const deadline = (await chain.now()) + BigInt(24 * HOUR);
  const join_ = async (index: number, secret: Uint8Array) => {
    const wallet = new Wallet(ANVIL_KEYS[index] ?? "");
    const transactions = chain.transactionsOf(wallet);
    const data = interfaceOf(erc20Mock).encodeFunctionData("mint", [wallet.address, 10n ** 6n * UNIT]);
    await houseDeployer.send({ key: `mint ${index}`, to: clearingPlan.settlement, data });
    const sender = new HouseTransactions(opened, transactions);
    await sender.openAccount("desk-1");
    const account = clearedAccountId(String(opened.house.target), wallet.address, "desk-1");
    const place = { chainId: 31_337, house: String(opened.house.target) };
    const store = await MemberStore.open(join(folder, `${index}.books`), secret, place);
    const parts = { opened, key: chain.key, store, secret, envelope: 0 };
    const member = new Member({ ...parts, provers: async () => provers });
    await member.deposit(sender, account, 200_000n * UNIT, deadline);
    return { wallet, transactions, sender, account, store, member };
  };
  const secret = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 1);
  const maker = await join_(5, secret);
  const taker = await join_(
    6,
    Uint8Array.from({ length: 32 }, (_, i) => 5 * i + 2),
  );
  const asset = slotOf(houseOpen.listing, "BTC") ?? 0;
  const { low, funding } = await houseOpen.oracle.ledger.priceOf(BigInt(asset));
  const offer: Offer = {
    ...{ chainId: 31_337, house: String(opened.house.target), maker: maker.account },
    ...{ side: "buy", symbol: "BTC" },
    note: { asset, size: 10n ** 8n, quote: low - funding, blind: randomBlind() },
    expiresAt: Number(deadline),
  };
  const now = await chain.now();
  const half = await taker.member.accept(offer, taker.account, {
    ...{ deadline, now, reduces: false, signer: taker.wallet },
  });
  const [first] = maker.store.booksOf(maker.account);
  if (first === undefined) throw new RangeError("no book");
  const { perp, basis, salt } = first;
  const clearingLog = await readContracts(chain.connection, houseLog(opened));
  return {
    ...{ houseOpen, houseDeployer, clearing, clearingPlan, clearingPlanText: planText, clearingKeys },
    ...{ houseMember: maker.wallet, houseTransactions: maker.transactions, houseSecret: secret },
    houseGovernor: chain.transactionsOf(new Wallet(ANVIL_KEYS[4])),
    ...{ cleared: maker.account, offer, half, provers, revealSession, deadline, namedKey: chain.key },
    ...{ liquidators, clearingLog, transitionKey: artefacts.transition.verificationKey },
    revealKey: artefacts.reveal.verificationKey,
    marginKey: (await defaultArtefacts()).verificationKey,
    clearedBooks: [{ account: maker.account, opening: { perp, basis, salt }, notes: [] }],
    housePlace: placeOf(clearing),
    closeHouse: async () => {
      await Promise.all([provers.transition.close(), revealSession.close()]);
      await chain.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function placeOf({ contracts }: ClearingManifest) {
  return { chainId: 31_337, house: contracts.clearingHouse.address };
}

/** Five liquidators, their ceremony, and a book whose seal three of them open. */
async function theLiquidators() {
  const { members, terms, board } = await generated(5, 3, 18);
  const opening = randomOpening(new Random(18), 16);
  const place = { chainId: 31_337n, house: `0x${"33".repeat(20)}`, account: `0x${"ab".repeat(32)}` };
  const numbers = { sequence: 7n, listing: 5n };
  const shares = members.map(({ wallet, secret, share }) => {
    if (share === undefined) throw new RangeError("no share");
    return { wallet, secret, share };
  });
  const [first] = shares;
  if (first === undefined) throw new RangeError("no member");
  const { key } = first.share;
  const commitment = commitCleared(opening, numbers.listing);
  const scalar = sealingScalar(new Uint8Array(32), { ...place, ...numbers, commitment });
  const sealed: SealedAccount = {
    ...{ ...place, ...numbers, commitment },
    sealed: sealBook(opening, key.key, scalar),
  };
  const parts = [];
  for (const { wallet, share } of shares.slice(0, 3))
    parts.push(await makePartial(wallet, share, sealed, randomBytes));
  return { terms, board, key, first, sealed, parts };
}
