import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { type AnyBinding, contractAt, interfaceOf } from "../../src/chain/binding.js";
import { openDerived } from "../../src/chain/derived.js";
import { clearingDefaults } from "../../src/chain/generated/ClearingDefaults.js";
import { accessManager, defaultFund, erc20Mock } from "../../src/chain/generated/index.js";
import { poke } from "../../src/chain/rounds.js";
import { proofWords } from "../../src/chain/submit.js";
import { deployHouse, parseClearingPlan } from "../../src/clearing/account/deployHouse.js";
import { clearedAccountId, HouseTransactions, houseTerms } from "../../src/clearing/account/house.js";
import { type OpenHouse, openHouse } from "../../src/clearing/account/manifest.js";
import { Member } from "../../src/clearing/account/member.js";
import { randomBlind } from "../../src/clearing/account/offer.js";
import { MemberStore } from "../../src/clearing/account/store.js";
import type { ClearingProvers } from "../../src/clearing/account/transitionCall.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { slotOf } from "../../src/protocol/listing.js";
import { keyOf } from "../../src/protocol/sealedBook.js";
import { makeReveal, placeWord, termsWord } from "../../src/protocol/transition.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../src/prove/clearing.js";
import { ProvingSession } from "../../src/prove/session.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { defaultArtefacts } from "./desk.js";
import { GENESIS, LocalChain } from "./localChain.js";

const HOME = fileURLToPath(new URL("../../build/keys", import.meta.url));
const HOUR = 3_600;
/** Perpetuals ask for thirty per cent: who trades needs a cap. */
const STRESS = {
  ...PORTFOLIO_MARGIN,
  name: "stress",
  assets: PORTFOLIO_MARGIN.assets.map((asset) => ({ ...asset, perpMargin: 3_000 })),
};

/** A firm that clears. */
export interface Firm {
  readonly wallet: Wallet;
  readonly account: string;
  readonly member: Member;
  readonly sender: HouseTransactions;
}

/** A clearing house with its fund on a local chain. What needs proofs has real ones, from keys that are made where they are missing. */
export class WatchedHouse {
  readonly #folder = mkdtempSync(join(tmpdir(), "zkmargin-watched-house-"));
  #provers: Promise<ClearingProvers & { readonly reveal: ClearingSession }> | undefined;

  private constructor(
    readonly chain: LocalChain,
    readonly opened: OpenHouse,
    readonly unit: bigint,
  ) {}

  /** @param floor cents that the fund must hold whatever the caps are */
  static async start(floor: number): Promise<WatchedHouse> {
    const anvil = await Anvil.start("--timestamp", GENESIS);
    const chain = await LocalChain.deploy(anvil, "2021-05-17", (plan) => ({
      ...plan,
      derived: [{ name: "stress", profile: STRESS, terms: plan.terms }],
    }));
    const { open, plan } = chain;
    const { maxProofAge, gracePeriod, callPeriod, callMargin } = plan.terms;
    const horizon = maxProofAge + gracePeriod + 3 * HOUR;
    const house = parseClearingPlan(
      JSON.stringify({
        ...{ format: "zkmargin/clearing-plan@1", stress: "stress", settlement: plan.vault?.settlement },
        ...{ initialMargin: 11_000, horizon },
        gate: { maxProofAge, gracePeriod, callPeriod, callMargin },
        fund: {
          ...{ alpha: 1_000, share: 500, assessment: 10_000, horizon: horizon + 1, window: HOUR },
          ...{ memoryPeriod: 30 * 24 * HOUR, grace: HOUR, assessmentPeriod: HOUR, floor, leastCap: 100_000 },
        },
        defaults: {
          ...{ revealPeriod: HOUR, auctionPeriod: HOUR, settlePeriod: HOUR, closePeriod: 6 * HOUR },
          ...{ claimPeriod: 6 * HOUR, premium: 200, discount: 1_000 },
        },
      }),
    );
    const manifest = await deployHouse(open, chain.transactionsOf(chain.deployer), house, {
      margin: chain.key,
      transition: (await pinnedVerificationKey("transition-16")).key,
      reveal: (await pinnedVerificationKey("reveal-16")).key,
      liquidators: keyOf(987_654_321n),
    });
    const opened = await openHouse(open, manifest);
    const decimals = await contractAt(
      erc20Mock,
      await opened.house.settlement(),
      chain.connection.provider,
    ).decimals();
    return new WatchedHouse(chain, opened, 10n ** BigInt(Number(decimals)));
  }

  async close(): Promise<void> {
    const provers = await this.#provers;
    await Promise.all([provers?.transition.close(), provers?.margin.close(), provers?.reveal.close()]);
    await this.chain.close();
    rmSync(this.#folder, { recursive: true });
  }

  get defaults() {
    const { address } = this.opened.manifest.contracts.clearingDefaults;
    return contractAt(clearingDefaults, address, this.chain.connection.provider);
  }

  /** The next round, at the same prices or others. */
  async round(closes: readonly bigint[] = this.chain.closes): Promise<void> {
    await this.chain.pass(this.chain.plan.timing.provingWindow);
    await this.chain.feeds.post(closes);
    await poke(this.chain.open, this.chain.transactionsOf(this.chain.keeper));
  }

  async send(wallet: Wallet, binding: AnyBinding, to: string, name: string, ...args: readonly unknown[]) {
    const data = interfaceOf(binding).encodeFunctionData(name, args as unknown[]);
    await this.chain.transactionsOf(wallet).send({ key: name, to, data });
  }

  /** Puts owners into groups, numbered from 1, after the governor's delay. */
  async setGroups(...wallets: readonly Wallet[]): Promise<void> {
    const { chain, opened } = this;
    const fund = String(opened.fund.target);
    const manager = chain.open.addresses.accessManager;
    const governor = new Wallet(ANVIL_KEYS[4]);
    const calls = wallets.map(({ address }, i) =>
      interfaceOf(defaultFund).encodeFunctionData("setGroup", [address, i + 1]),
    );
    for (const call of calls) await this.send(governor, accessManager, manager, "schedule", fund, call, 0);
    await chain.pass(chain.plan.governance.delay + 1);
    for (const call of calls) await this.send(governor, accessManager, manager, "execute", fund, call);
  }

  /** Has a member contribute, dollars. */
  async contribute(wallet: Wallet, dollars: bigint): Promise<void> {
    const { chain, opened } = this;
    const [fund, token] = [String(opened.fund.target), await opened.house.settlement()];
    const amount = dollars * this.unit;
    await this.send(chain.deployer, erc20Mock, token, "mint", wallet.address, amount);
    await this.send(wallet, erc20Mock, token, "approve", fund, amount);
    await this.send(wallet, defaultFund, fund, "contribute", amount);
  }

  /** Opens the account of a key of anvil's, with dollars in its wallet. */
  async firm(name: string, index: number, dollars: bigint): Promise<Firm> {
    const { chain, opened, unit } = this;
    const wallet = new Wallet(ANVIL_KEYS[index] ?? "");
    const secret = Uint8Array.from({ length: 32 }, (_, i) => index * 7 + i);
    const sender = new HouseTransactions(opened, chain.transactionsOf(wallet));
    await sender.openAccount("desk-1");
    const token = await opened.house.settlement();
    await this.send(chain.deployer, erc20Mock, token, "mint", wallet.address, dollars * unit);
    const place = { chainId: 31_337, house: String(opened.house.target) };
    const store = await MemberStore.open(join(this.#folder, name), secret, place);
    const parts = { opened, key: chain.key, store, secret, envelope: 0 };
    const member = new Member({ ...parts, provers: () => this.provers() });
    const account = clearedAccountId(place.house, wallet.address, "desk-1");
    return { wallet, account, member, sender };
  }

  async deadline(): Promise<bigint> {
    return (await this.chain.now()) + 600n;
  }

  /** The first buys coins of the second, at the round's low price. */
  async trade(buyer: Firm, seller: Firm, coins: bigint): Promise<void> {
    const { opened, chain } = this;
    const asset = slotOf(opened.open.listing, "BTC") ?? 0;
    const { low, funding } = await opened.open.oracle.ledger.priceOf(BigInt(asset));
    const now = await chain.now();
    const offer = {
      ...{ chainId: 31_337, house: String(opened.house.target) },
      ...{ maker: buyer.account, side: "buy" as const, symbol: "BTC", expiresAt: Number(now + 600n) },
      note: { asset, size: coins * 10n ** 8n, quote: low - funding, blind: randomBlind() },
    };
    const options = { deadline: await this.deadline(), reduces: false, now };
    const half = await seller.member.accept(offer, seller.account, { ...options, signer: seller.wallet });
    await buyer.member.settle(buyer.sender, offer, half, options);
  }

  /** Reveals the book of an account in default, as its liquidators would. */
  async reveal({ account, member }: Firm): Promise<void> {
    const state = await member.account(account);
    const opening = await member.openingOf(state);
    const terms = await houseTerms(this.opened);
    const { inputs } = makeReveal(opening, {
      place: placeWord({ chainId: terms.chainId, house: terms.house, account }),
      terms: termsWord(state.sequence, 0n),
      listing: terms.listing,
    });
    const proof = proofWords(await (await this.provers()).reveal.prove(inputs));
    await this.callDefaults("reveal", account, opening.basis, opening.perp, inputs.hash?.[0], proof);
  }

  callDefaults(name: string, ...args: readonly unknown[]): Promise<void> {
    return this.send(this.chain.keeper, clearingDefaults, String(this.defaults.target), name, ...args);
  }

  provers() {
    this.#provers ??= (async () => ({
      transition: await ClearingSession.open(
        await clearingArtefacts(HOME, clearingCircuit("transition", 16)),
      ),
      reveal: await ClearingSession.open(await clearingArtefacts(HOME, clearingCircuit("reveal", 16))),
      margin: await ProvingSession.open(await defaultArtefacts()),
    }))();
    return this.#provers;
  }
}
