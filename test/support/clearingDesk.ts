import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { getAddress, Interface, Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { erc20Mock, marginVault } from "../../src/chain/generated/index.js";
import { ChainDesk, type Who } from "./chainDesk.js";

const HOUR = 3_600;
const VAULT = new Interface(marginVault.abi);
const TOKEN = new Interface(erc20Mock.abi);
/** Members of the house: whose key each has, and its secret. */
const MEMBERS = {
  maker: { by: "ZKM_OWNER", key: 1, secret: "ab12" },
  taker: { by: "ZKM_BIDDER", key: 4, secret: "cd34" },
} as const satisfies Record<string, { by: Who; key: number; secret: string }>;
/** A member of the house, by the part that it plays in trades. */
export type MemberName = keyof typeof MEMBERS;

/** A clearing house of two members who never meet, for the command line: each has its own secret, store and journal. */
export class ClearingDesk {
  readonly accounts: Record<MemberName, string> = { maker: "", taker: "" };

  private constructor(readonly desk: ChainDesk) {}

  /** A market with its derived one under stress, tokens for both members, and the plan of a house. */
  static async start(): Promise<ClearingDesk> {
    const desk = await ChainDesk.start();
    await desk.ok(...desk.deployArguments(), "--derived", "stress=portfolio-margin");
    for (const [name, { secret }] of Object.entries(MEMBERS))
      await writeFile(desk.file(`${name}.secret`), `${secret.repeat(16)}\n`);
    const { marginVault: vault } = JSON.parse(await readFile(desk.file("deployment.json"), "utf8"));
    const { provider, close } = await desk.anvil.connect();
    const data = VAULT.encodeFunctionData("settlement");
    const settlement = getAddress(`0x${(await provider.call({ to: vault.address, data })).slice(-40)}`);
    const deployer = new Wallet(ANVIL_KEYS[0], provider);
    for (const { key } of Object.values(MEMBERS)) {
      const of = new Wallet(ANVIL_KEYS[key]).address;
      const minted = TOKEN.encodeFunctionData("mint", [of, 1_000_000n * 10n ** 18n]);
      await (await deployer.sendTransaction({ to: settlement, data: minted })).wait();
    }
    close();
    const plan = {
      format: "zkmargin/clearing-plan@1",
      stress: "stress",
      settlement,
      initialMargin: 11_000,
      horizon: 48 * HOUR,
      gate: { maxProofAge: 6 * HOUR, gracePeriod: 3 * HOUR, callPeriod: 6 * HOUR, callMargin: 11_000 },
      fund: {
        ...{ alpha: 1_000, share: 500, assessment: 10_000, horizon: 49 * HOUR, window: HOUR },
        ...{ memoryPeriod: 30 * 24 * HOUR, grace: HOUR, assessmentPeriod: HOUR, floor: 0, leastCap: 100_000 },
      },
      defaults: {
        ...{ revealPeriod: HOUR, auctionPeriod: HOUR, settlePeriod: HOUR, closePeriod: 6 * HOUR },
        ...{ claimPeriod: 6 * HOUR, premium: 200, discount: 1_000 },
      },
    };
    await writeFile(desk.file("house.json"), JSON.stringify(plan));
    await desk.ok("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    return new ClearingDesk(desk);
  }

  /** Deploys the house for a liquidators' key, in `key.json`. */
  async deploy(liquidators: string): Promise<void> {
    const { desk } = this;
    await writeFile(desk.file("key.json"), liquidators);
    await desk.ok(
      ...["clearing", "deploy", "--plan", desk.file("house.json"), "--liquidators", desk.file("key.json")],
      ...[...desk.at, ...desk.by("ZKM_DEPLOYER"), "--out", this.manifest],
    );
  }

  /** Opens an account of each member. */
  async open(): Promise<void> {
    for (const [name, { by }] of Object.entries(MEMBERS)) {
      const opened = await this.desk.json("clearing", "open", "desk-1", ...this.house, ...this.desk.by(by));
      this.accounts[name as MemberName] = opened.account;
    }
  }

  /** Pays into both accounts. */
  async deposit(dollars: number): Promise<void> {
    for (const [name, account] of Object.entries(this.accounts)) {
      const paid = ["clearing", "deposit", account, String(dollars), ...this.proofs(name as MemberName)];
      assert.equal((await this.desk.json(...paid)).outcome, "done");
    }
  }

  /** Trades by an offer, a half and a settlement: the maker buys. */
  async trade(coins: string, price: string): Promise<void> {
    await this.offer(coins, price);
    await this.desk.ok(...this.accepts());
    assert.equal((await this.desk.json(...this.settles())).outcome, "done");
  }

  async offer(coins: string, price: string, side: "--buy" | "--sell" = "--buy"): Promise<void> {
    const { desk, accounts } = this;
    await desk.ok(
      ...["clearing", "offer", accounts.maker, side, coins, "--asset", "BTC", "--price", price],
      ...[...this.house, "--out", desk.file("offer.json")],
    );
  }

  /** The command line by which the taker accepts. */
  accepts(): string[] {
    const { desk, accounts } = this;
    const of = ["clearing", "accept", desk.file("offer.json"), "--account", accounts.taker];
    return [...of, ...this.proofs("taker"), "--deadline", "600", "--out", desk.file("half.json")];
  }

  /** The command line by which the maker settles. */
  settles(): string[] {
    const { desk } = this;
    const of = ["clearing", "settle", desk.file("offer.json"), desk.file("half.json")];
    return [...of, ...this.proofs("maker"), "--deadline", "600"];
  }

  /** What an account holds, as its owner sees it. */
  async perpetuals(
    name: MemberName,
  ): Promise<readonly { readonly asset: string; readonly quantity: string }[]> {
    const told = await this.desk.ok("clearing", "book", this.accounts[name], ...this.books(name));
    return JSON.parse(told).perpetuals;
  }

  /** Lets time pass, with a round each proving window: the market goes on. */
  async pass(time: string): Promise<void> {
    await this.desk.ok("local", "time", time, ...this.desk.at);
  }

  get manifest(): string {
    return this.desk.file("clearing.json");
  }

  /** --clearing, --rpc and --deployment. */
  get house(): readonly string[] {
    return ["--clearing", this.manifest, ...this.desk.at];
  }

  /** The options of a member who reads its books. */
  books(name: MemberName): readonly string[] {
    const { desk } = this;
    const own = ["--secret", desk.file(`${name}.secret`), "--store", desk.file(`${name}.books`)];
    return [...own, ...this.house];
  }

  /** The options of a member who proves and sends. */
  proofs(name: MemberName): readonly string[] {
    return [...this.books(name), ...this.desk.by(MEMBERS[name].by), "--envelope", "0"];
  }

  close(): Promise<void> {
    return this.desk.close();
  }
}
