import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  AbiCoder,
  Contract,
  ContractFactory,
  concat,
  getBytes,
  hexlify,
  id,
  keccak256,
  NonceManager,
  randomBytes,
  solidityPackedKeccak256,
  toBeHex,
  Wallet,
  zeroPadValue,
} from "ethers";
import { auditLock } from "../../src/audit/contracts/lock.js";
import { REMOTE_AUDIT } from "../../src/audit/contracts/remote.js";
import { replayContracts } from "../../src/audit/contracts/replay.js";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import type { Connection } from "../../src/chain/connection.js";
import { readContracts } from "../../src/chain/contractLog.js";
import { erc20Mock } from "../../src/chain/generated/ERC20Mock.js";
import { hyperlaneSource } from "../../src/chain/generated/HyperlaneSource.js";
import { remoteCollateral } from "../../src/chain/generated/RemoteCollateral.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { LocalToken } from "../../src/chain/localMarket.js";
import { lockLog, remoteLog } from "../../src/chain/remote/log.js";
import { type LockMessage, remoteDigest } from "../../src/chain/remote/messages.js";
import { bindLock, connectPair, deployOtherSide, type RemotePair } from "../../src/chain/remote/otherSide.js";
import { Remote } from "../../src/chain/remote/remote.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";
import { exampleBook } from "../support/desk.js";
import { GENESIS, LocalChain } from "../support/localChain.js";

const ONE = 10n ** 18n;
const [HOME, OTHER] = [31_337n, 1_337n];
const FINALITY = 600;
const WORD = 32;

/** Hyperlane on a chain: its own mailbox, tree and module of one validator, in the code that its package publishes. */
class Mailbox {
  private constructor(
    readonly chain: bigint,
    readonly wallet: NonceManager,
    readonly mailbox: Contract,
    readonly tree: Contract,
    readonly module: string,
    readonly validator: Wallet,
  ) {}

  static async deploy({ provider }: Connection, chain: bigint, validator: Wallet): Promise<Mailbox> {
    const wallet = new NonceManager(new Wallet(ANVIL_KEYS[9], provider));
    const create = async (name: string, types: readonly string[], ...args: readonly unknown[]) => {
      const path = `../../node_modules/@hyperlane-xyz/core/dist/typechain/factories/contracts/${name}__factory.js`;
      const text = readFileSync(new URL(path, import.meta.url), "utf8");
      const code = /const _bytecode = "(0x[0-9a-f]+)"/.exec(text)?.[1] ?? assert.fail(name);
      const abi = [`constructor(${types.join(",")})`];
      const contract = await new ContractFactory(abi, code, wallet).deploy(...args);
      await contract.waitForDeployment();
      return contract.getAddress();
    };
    const module = await create(
      "isms/multisig/StorageMultisigIsm.sol/StorageMessageIdMultisigIsm",
      ["address[]", "uint8"],
      [validator.address],
      1,
    );
    const address = await create("Mailbox", ["uint32"], chain);
    const mailbox = new Contract(
      address,
      [
        "function initialize(address owner, address module, address hook, address requiredHook)",
        "function process(bytes metadata, bytes message) payable",
        "event Dispatch(address indexed sender, uint32 indexed destination, bytes32 indexed recipient, bytes message)",
      ],
      wallet,
    );
    const tree = new Contract(
      await create("hooks/MerkleTreeHook", ["address"], address),
      ["function latestCheckpoint() view returns (bytes32 root, uint32 index)"],
      wallet,
    );
    const pausable = await create("hooks/PausableHook", []);
    await (
      await mailbox.getFunction("initialize")(await wallet.getAddress(), module, pausable, tree.target)
    ).wait();
    return new Mailbox(chain, wallet, mailbox, tree, module, validator);
  }

  /** This chain's half of a source. */
  async source(other: bigint): Promise<Contract> {
    const { abi, bytecode } = hyperlaneSource;
    const factory = new ContractFactory([...abi], bytecode, this.wallet);
    const source = await factory.deploy(other, FINALITY, this.mailbox.target, this.module, other);
    await source.waitForDeployment();
    return new Contract(await source.getAddress(), [...abi], this.wallet);
  }

  /** What the validator signs of a message that is said to come from another chain. */
  sign(from: Mailbox, message: string, root: string, index: bigint): string {
    const hook = zeroPadValue(String(from.tree.target), WORD);
    const domain = solidityPackedKeccak256(["uint32", "bytes32", "string"], [from.chain, hook, "HYPERLANE"]);
    const checkpoint = solidityPackedKeccak256(
      ["bytes32", "bytes32", "uint32", "bytes32"],
      [domain, root, index, keccak256(message)],
    );
    return concat([hook, root, toBeHex(index, 4), this.validator.signMessageSync(getBytes(checkpoint))]);
  }
}

describe("chain/remote by Hyperlane, over its own mailboxes on two chains", () => {
  const validator = new Wallet(id("validator"));
  let anvil: Anvil;
  let connection: Connection;
  let early: Connection;
  let home: LocalChain;
  let pair: RemotePair;
  let token: LocalToken;
  let [here, there] = [] as unknown as [Mailbox, Mailbox];
  let sources: { here: Contract; there: Contract };
  let account: string;
  const audit = async () => {
    const lock = await readContracts(connection, await lockLog(pair));
    const claims = await readContracts(home.connection, await remoteLog(home.open, "ETH"));
    const codes = ({ findings }: ReturnType<typeof auditLock>) => findings.listed.map(({ code }) => code);
    const result = replayContracts(claims, REMOTE_AUDIT);
    return { home: codes(result), both: codes(auditLock(lock, claims)), coverage: result.coverage };
  };
  const digestOf = (message: LockMessage) =>
    remoteDigest({ kind: "lock", message }, { chain: HOME, contract: String(pair.collateral.target) });

  before(async () => {
    const at = ["--timestamp", GENESIS] as const;
    anvil = await Anvil.start(...at, "--chain-id", String(OTHER));
    connection = await anvil.connect();
    const homeAnvil = await Anvil.start(...at);
    early = await homeAnvil.connect();
    there = await Mailbox.deploy(connection, OTHER, validator);
    here = await Mailbox.deploy(early, HOME, validator);
    sources = { here: await here.source(OTHER), there: await there.source(HOME) };
    for (const [one, other] of [
      [sources.here, sources.there],
      [sources.there, sources.here],
    ] as const)
      await (await one.getFunction("bind")(other.target)).wait();
    const deployer = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
    token = await LocalToken.deploy(connection, deployer, "ETH", 10n ** 24n);
    const other = await deployOtherSide(connection, deployer, {
      homeChain: HOME,
      token: token.address,
      source: { kind: "deployed", address: String(sources.there.target) },
    });
    const remote = {
      ...{ asset: "ETH", chain: OTHER, lock: other.contracts.collateralLock.address, decimals: 18 },
      ...{ cap: 150n * ONE, maxAge: 86_400 },
      source: { kind: "deployed", address: String(sources.here.target) } as const,
    };
    home = await LocalChain.deploy(homeAnvil, "2021-05-17", (plan) => ({
      ...plan,
      ...(plan.vault && { vault: { ...plan.vault, remote: [remote] } }),
    }));
    const claims = home.open.deployment.remotes?.["ETH"]?.remoteCollateral.address ?? "";
    await bindLock(connection, deployer, other, claims);
    pair = await connectPair(home.open, "ETH", connection, other);
    account = await home.attest(exampleBook("cash-and-carry"));
  });
  after(async () => {
    await home?.close();
    connection?.close();
    early?.close();
    await anvil?.stop();
  });

  it("credits what was locked, dispatched and signed, and the audit holds it to its sender", async () => {
    const owner = home.institution;
    const senders = {
      home: home.transactionsOf(owner),
      other: new Transactions(connection, owner, memoryJournal()),
    };
    const deployer = new Transactions(connection, home.deployer, memoryJournal());
    const data = interfaceOf(erc20Mock).encodeFunctionData("mint", [owner.address, 25n * ONE]);
    await deployer.send({ key: "mint", to: token.address, data });
    const locked = await new Remote(pair, senders).lock(account, 25n * ONE);
    assert.equal(locked.id, 1n);
    const { from, amount, lockedAt } = await pair.lock.lockOf(1n);
    const said = { id: 1n, account, from, amount, lockedAt };
    const digest = digestOf(said);
    await connection.provider.send("evm_increaseTime", [FINALITY]);
    await connection.provider.send("evm_mine", []);
    const sent = await (await sources.there.getFunction("dispatch")(pair.lock.target, digest)).wait();
    const [dispatched] = sent.logs
      .map((log: { topics: string[]; data: string }) => there.mailbox.interface.parseLog(log))
      .filter((one: { name: string } | null) => one?.name === "Dispatch");
    const { root, index } = await there.tree.getFunction("latestCheckpoint")();
    const message = dispatched.args.message;
    const metadata = here.sign(there, message, root, index);
    await (await here.mailbox.getFunction("process")(metadata, message)).wait();
    await new Remote(pair, senders).credit(said);
    const told = await audit();
    assert.deepEqual([told.home, told.both], [[], []]);
    assert.deepEqual([told.coverage["locks"], told.coverage["proven"]], [1, 1]);
  });

  // shows: A133
  it("shows a validator who signs what the lock never said, in the two logs held to each other alone", async () => {
    const from = home.keeper.address;
    const lockedAt = await home.now();
    const lie: LockMessage = { id: 2n, account, from, amount: 100n * ONE, lockedAt };
    const body = AbiCoder.defaultAbiCoder().encode(["address", "bytes32"], [pair.lock.target, digestOf(lie)]);
    const word = (contract: Contract) => zeroPadValue(String(contract.target), WORD);
    // As a mailbox of version 3 writes its second message.
    const message = concat([
      ...["0x03", toBeHex(1n, 4), toBeHex(OTHER, 4), word(sources.there)],
      ...[toBeHex(HOME, 4), word(sources.here), body],
    ]);
    const root = hexlify(randomBytes(WORD));
    await (await here.mailbox.getFunction("process")(here.sign(there, message, root, 1n), message)).wait();
    const data = interfaceOf(remoteCollateral).encodeFunctionData("credit", [lie]);
    await home.transactionsOf(home.keeper).send({ key: "lie", to: String(pair.collateral.target), data });
    const told = await audit();
    assert.deepEqual(told.home, []);
    assert.deepEqual([...new Set(told.both)], ["lock-home"]);
  });
});
