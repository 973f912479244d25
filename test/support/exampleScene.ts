import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Wallet } from "ethers";
import { parseBook } from "../../src/book/bookFile.js";
import { denseBook, openBook } from "../../src/book/opening.js";
import { parseSecret } from "../../src/book/salt.js";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { accountId, signBook } from "../../src/chain/attest.js";
import { contractLogDigest } from "../../src/chain/contractLog.js";
import { Credit, parseLineTerms } from "../../src/chain/credit.js";
import { creator } from "../../src/chain/deploy/create.js";
import { deployCredit } from "../../src/chain/deploy/deployLending.js";
import { type OpenDeployment, openDeployment } from "../../src/chain/deployment.js";
import { type Proposal, serialiseProposal } from "../../src/chain/proposal/file.js";
import { governanceOf, liveProfile, proposedSteps } from "../../src/chain/proposal/governance.js";
import { poke } from "../../src/chain/rounds.js";
import { denseMarket, serialiseMarket } from "../../src/market/file.js";
import { parseHistory, parsePriceTable } from "../../src/market/history.js";
import { serialiseProfile } from "../../src/market/profile.js";
import { DEFAULT_TIER, findTier, type Tier } from "../../src/protocol/tiers.js";
import { loadArtefacts } from "../../src/prove/artefacts.js";
import { serialiseAttestation } from "../../src/prove/attestation.js";
import { serialiseBand } from "../../src/prove/band.js";
import { serialiseBundle } from "../../src/prove/bundle.js";
import { trustedKeyOf } from "../../src/prove/bundleVerifier.js";
import { ProvingSession, proveBand } from "../../src/prove/session.js";
import { stepsTo } from "../../src/risk/propose/steps.js";
import { KEYS, ROOT, SECRET } from "../cli/support.js";
import { ALICE, COORDINATOR, Rehearsal } from "../groth16/ceremony/rehearsal.js";
import { TOY } from "../groth16/setup/toy.js";
import { scenarioText } from "../risk/simulate/scenes.js";
import { clearingScene } from "./clearingScene.js";
import { marketOn } from "./desk.js";
import { LocalChain } from "./localChain.js";
import { withParameter } from "./profiles.js";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/**
 * What the examples in docstrings may use without declaring it, as docs/LIBRARY.md says: an institution's book, the market and
 * the proofs of a day. Its folder, to which examples may write, is the test's to name.
 */
export async function exampleScene() {
  const tier = findTier(DEFAULT_TIER) as Tier;
  const market = marketOn("2021-05-17");
  const { profile } = market;
  const bookText = read("examples/books/cash-and-carry.json");
  const book = parseBook(bookText, market.listing);
  const secretText = SECRET;
  const secret = parseSecret(secretText);
  const opening = openBook(book, secret, market.listing, tier);
  const artefacts = await loadArtefacts(KEYS, tier);
  const session = await ProvingSession.open(artefacts);
  const bundle = await session.prove({ opening, market, theta: 10_000, envelope: 100 });
  const band = await proveBand(session, { opening, market });
  const attester = new Wallet(ANVIL_KEYS[0]);
  const historyText = read("examples/prices/daily-close.csv");
  const signed = await signBook(
    attester,
    { chainId: 1n, registry: `0x${"22".repeat(20)}`, listing: market.listing },
    {
      account: accountId(attester.address, book.account),
      commitment: opening.commitment,
      sequence: 1n,
      asOf: 1_621_209_600n,
      expiresAt: 1_621_296_000n,
    },
  );
  const chain = await LocalChain.start();
  const { btc: token } = await chain.mint(1_000n);
  const account = await chain.attest(opening);
  await poke(chain.open, chain.transactionsOf(chain.keeper));
  const proven = await chain.proofOf(account, { envelope: 100 });
  const proposal = await tightening(chain.open);
  // Its circuit takes a second to set up, and the real one minutes.
  const rehearsal = await Rehearsal.make();
  await rehearsal.start();
  return {
    ...{ account, token, proven, plan: chain.plan, planText: read("examples/deploy-plan.json") },
    ...{ proposal, proposalText: serialiseProposal(proposal) },
    ...{
      rehearsal,
      ceremony: { folder: rehearsal.folder, root: rehearsal.toy.root },
      ceremonyTier: { ...TOY, assets: 0, scenarios: 0 },
    },
    ...{ ptau: rehearsal.ptau, coordinator: COORDINATOR, alice: ALICE },
    ...(await creditLine(chain, account)),
    ...(await clearingScene(KEYS, session)),
    ...{ chain, open: chain.open, rpc: chain.anvil.url, custodian: chain.custodian },
    transactions: chain.transactionsOf(chain.institution),
    ...{ folder: "", home: KEYS, tier, market, profile, book, bookText, secret, secretText, opening },
    ...{ artefacts, session, bundle, band, historyText, trusted: trustedKeyOf(artefacts) },
    marketText: serialiseMarket(market),
    profileText: serialiseProfile(profile),
    bundleText: serialiseBundle(bundle),
    bandText: serialiseBand(band),
    attestationText: serialiseAttestation(signed),
    surfaceText: read("examples/options/surface.json"),
    summaryText: read("examples/options/deribit-summary.json"),
    sleeveText: read("examples/options/sleeve.csv"),
    auditText: read("examples/audit/demo.audit.json"),
    contractLog: { ...emptyLog, end: { end: 0, answers: {}, digest: contractLogDigest(emptyLog) } },
    scenarioText: scenarioText(),
    dense: denseBook(book, market.listing, tier.assets),
    prices: denseMarket(market, tier),
    history: parseHistory(historyText),
    table: parsePriceTable(historyText),
  };
}

/** The log of claims on another chain's collateral before the first. */
const emptyLog = {
  head: { of: "remote", chainId: 31_337n, contracts: [], facts: {} },
  transactions: [],
};

/** The deployment with a registry of credit lines, and a line of the account. */
async function creditLine(chain: LocalChain, account: string) {
  const { vault } = chain.plan;
  if (vault === undefined) throw new RangeError("no vault");
  const { settlement, asset } = vault;
  const plan = { ...chain.plan, credit: { settlement, asset, covenantMargin: 11_000, horizon: 30 * 86_400 } };
  const create = creator(chain.connection, chain.transactionsOf(chain.deployer));
  const { marginGate } = chain.open.deployment.contracts;
  const creditRegistry = await deployCredit(create, plan, marginGate.address);
  if (creditRegistry === undefined) throw new RangeError("no registry of credit lines");
  const creditOpen = openDeployment(chain.connection, { ...chain.open.deployment, creditRegistry });
  const terms = parseLineTerms(read("examples/credit-terms.json"), 18);
  const credit = new Credit(creditOpen, chain.transactionsOf(chain.institution));
  const { line } = await credit.openLine(account, { ...terms, attester: chain.custodian.address });
  if (line === null) throw new RangeError("no line");
  return { creditOpen, line };
}

/** A proposal that raises the margin of one perpetual, which the guardian can do at once. */
async function tightening(open: OpenDeployment): Promise<Proposal> {
  const { profile: live, epoch, time } = await liveProfile(open);
  const [maxStep, bridge] = [250, false];
  const target = withParameter(live, "perpMargin", 1, (live.assets[1]?.perpMargin ?? 0) + 100);
  const { steps, shocks } = stepsTo(live, target, open.listing, { maxStep, bridge });
  const governance = await governanceOf(open);
  const timing = { start: time, lead: 3_600n, interval: 86_400n, expiresIn: null };
  return {
    ...{ tier: open.tier, listing: open.listing, live, epoch, target, maxStep, bridge, shocks, cancel: [] },
    steps: proposedSteps(steps, live, timing, governance, open.tier),
    chain: { chainId: open.connection.chainId, ...governance },
  };
}

/** What {@link exampleScene} makes. */
export type Scene = Awaited<ReturnType<typeof exampleScene>>;
