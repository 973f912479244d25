import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { keccak256, toUtf8Bytes, Wallet } from "ethers";
import type { DisclosedBook } from "../../src/audit/contracts/houseState.js";
import { Anvil } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { erc20Mock } from "../../src/chain/generated/index.js";
import { poke } from "../../src/chain/rounds.js";
import { deployHouse, parseClearingPlan } from "../../src/clearing/account/deployHouse.js";
import { clearedAccountId, HouseTransactions, houseTerms } from "../../src/clearing/account/house.js";
import { type OpenHouse, openHouse } from "../../src/clearing/account/manifest.js";
import { Member } from "../../src/clearing/account/member.js";
import { MemberStore } from "../../src/clearing/account/store.js";
import type { ClearingProvers, HouseTerms } from "../../src/clearing/account/transitionCall.js";
import type { CircuitArtefacts } from "../../src/groth16/artefacts/load.js";
import { keyOf } from "../../src/protocol/sealedBook.js";
import { ClearingSession, clearingArtefacts, clearingCircuit } from "../../src/prove/clearing.js";
import { ProvingSession } from "../../src/prove/session.js";
import { clearingPlanText, withStress } from "../support/clearingScene.js";
import { defaultArtefacts } from "../support/desk.js";
import { GENESIS, LocalChain } from "../support/localChain.js";
import { simulatedProver } from "../support/simulatedProver.js";

const HOME = fileURLToPath(new URL("../../build/keys", import.meta.url));
export const UNIT = 10n ** 18n;
export const HOUR = 3_600;

/** A member with one account. */
export interface Desk {
  readonly wallet: Wallet;
  readonly secret: Uint8Array;
  readonly account: string;
  /** Where its books are. */
  readonly path: string;
  readonly store: MemberStore;
  readonly member: Member;
  readonly sender: HouseTransactions;
}

/** A house on anvil with any number of members, its own keys and real proofs; its prices are the test's. */
export class MembersChain {
  readonly desks: Desk[] = [];
  /** Attodollars a unit, in the listing's order. */
  closes: readonly bigint[];

  private constructor(
    readonly chain: LocalChain,
    readonly opened: OpenHouse,
    readonly terms: HouseTerms,
    readonly provers: ClearingProvers,
    readonly reveal: ClearingSession,
    readonly folder: string,
  ) {
    this.closes = chain.closes;
  }

  /**
   * @param simulated whether proofs are made with the development key's secret: as valid, and in milliseconds
   * @param blocks of which the node keeps states and traces
   */
  static async start({ simulated = false, blocks = 64 } = {}): Promise<MembersChain> {
    const chain = await LocalChain.deploy(
      await Anvil.start("--timestamp", GENESIS, "--prune-history", `${blocks}`),
      "2021-05-17",
      withStress,
    );
    const { open } = chain;
    const house = parseClearingPlan(clearingPlanText(chain));
    const circuits = {
      transition: await clearingArtefacts(HOME, clearingCircuit("transition", 16)),
      reveal: await clearingArtefacts(HOME, clearingCircuit("reveal", 16)),
    };
    const manifest = await deployHouse(open, chain.transactionsOf(chain.deployer), house, {
      margin: chain.key,
      transition: circuits.transition.verificationKey,
      reveal: circuits.reveal.verificationKey,
      liquidators: keyOf(987_654_321n),
    });
    const margin = await defaultArtefacts();
    const by = (artefacts: Pick<CircuitArtefacts, "verificationKey">) =>
      simulated ? { prover: () => simulatedProver(artefacts) } : {};
    const provers = {
      transition: await ClearingSession.open(circuits.transition, by(circuits.transition)),
      margin: await ProvingSession.open(margin, by(margin)),
    };
    const opened = await openHouse(open, manifest);
    return new MembersChain(
      chain,
      opened,
      await houseTerms(opened),
      provers,
      await ClearingSession.open(circuits.reveal, by(circuits.reveal)),
      mkdtempSync(join(tmpdir(), "zkmargin-members-")),
    );
  }

  async close(): Promise<void> {
    const { transition, margin } = this.provers;
    await Promise.all([transition.close(), margin.close(), this.reveal.close()]);
    await this.chain.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Time passes, and a round is committed at `closes`. */
  async round(seconds = this.chain.plan.timing.provingWindow): Promise<void> {
    await this.chain.pass(seconds);
    await this.chain.feeds.post(this.closes);
    await poke(this.chain.open, this.chain.transactionsOf(this.chain.keeper));
  }

  /** A member that has a name's keys, so many dollars and an open account. */
  async join(name: string, dollars: bigint): Promise<Desk> {
    const { chain, opened } = this;
    const wallet = new Wallet(keccak256(toUtf8Bytes(`wallet ${name}`)));
    const secret = Buffer.from(keccak256(toUtf8Bytes(`secret ${name}`)).slice(2), "hex");
    const { provider } = chain.connection;
    await provider.send("anvil_setBalance", [wallet.address, "0x56bc75e2d63100000"]);
    const data = interfaceOf(erc20Mock).encodeFunctionData("mint", [wallet.address, dollars * UNIT]);
    const to = await opened.house.settlement();
    await chain.transactionsOf(chain.deployer).send({ key: `mint ${name}`, to, data });
    const sender = new HouseTransactions(opened, chain.transactionsOf(wallet));
    await sender.openAccount("desk-1");
    const account = clearedAccountId(String(opened.house.target), wallet.address, "desk-1");
    const path = join(this.folder, `${name}.books`);
    const desk = { wallet, secret, account, path, sender, ...(await this.member(path, secret)) };
    this.desks.push(desk);
    return desk;
  }

  /** A member at work with the store of a path and a secret. */
  async member(path: string, secret: Uint8Array): Promise<Pick<Desk, "store" | "member">> {
    const { chain, opened, provers } = this;
    const place = { chainId: 31_337, house: String(opened.house.target) };
    const store = await MemberStore.open(path, secret, place);
    const parts = { opened, key: chain.key, store, secret, envelope: 0 };
    return { store, member: new Member({ ...parts, provers: async () => provers }) };
  }

  /** Unix seconds, ten minutes from now. */
  async deadline(): Promise<bigint> {
    return (await this.chain.now()) + 600n;
  }

  /** What all members would disclose: every book that they kept, with its notes. */
  disclosed(desks: readonly Desk[] = this.desks): DisclosedBook[] {
    return desks.flatMap(({ account, store }) =>
      store.booksOf(account).map(({ perp, basis, salt, notes }) => ({
        account,
        opening: { perp, basis, salt },
        notes: notes.map(({ asset, size, quote, blind }) => ({ asset, size, quote, blind })),
      })),
    );
  }
}
