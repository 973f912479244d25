import assert from "node:assert/strict";
import { getCreateAddress, Interface, keccak256, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { checkDeployment } from "../../src/chain/checkDeployment.js";
import { deploy } from "../../src/chain/deploy/deploy.js";
import {
  type Deployment,
  openDeployment,
  parseDeployment,
  serialiseDeployment,
} from "../../src/chain/deployment.js";
import { accessManager, marketLedger, riskProfile } from "../../src/chain/generated/index.js";
import { ROLES, roleHolders } from "../../src/chain/roles.js";
import { tableHash } from "../../src/chain/verificationKey.js";
import {
  DeploymentMismatchError,
  FormatError,
  MissingFieldError,
  UnknownFieldError,
  WrongChainError,
} from "../../src/errors.js";
import { assertChainFails, refusal } from "../support/chainFailure.js";
import { assertFails } from "../support/failure.js";
import { refusedFor } from "../support/keyFault.js";
import { LocalChain } from "../support/localChain.js";

const MANAGER = new Interface(accessManager.abi);

describe("chain/checkDeployment", () => {
  let chain: LocalChain;
  let snapshot: string;
  const governor = new Wallet(ANVIL_KEYS[4]);
  const check = (change: Partial<Deployment> = {}, key = chain.key) =>
    checkDeployment(openDeployment(chain.connection, { ...chain.open.deployment, ...change }), key);
  const mismatch = (text: RegExp) => ({ Class: DeploymentMismatchError, text });
  const send = (method: string, ...params: unknown[]) => chain.connection.provider.send(method, params);
  const codeOf = (address: string) => chain.connection.provider.getCode(address);
  /** The governor's act on the manager itself, after its delay. */
  async function govern(name: string, ...args: readonly unknown[]): Promise<void> {
    const manager = chain.open.addresses.accessManager;
    await governAt(manager, MANAGER.encodeFunctionData(name, args));
  }
  async function governAt(target: string, data: string): Promise<void> {
    const to = chain.open.addresses.accessManager;
    const transactions = chain.transactionsOf(governor);
    const act = (key: string, ...call: [string, unknown[]]) =>
      transactions.send({ key, to, data: MANAGER.encodeFunctionData(...call) });
    await act("schedule", "schedule", [target, data, 0]);
    await chain.pass(chain.plan.governance.delay + 1);
    await act("execute", "execute", [target, data]);
  }

  before(async () => {
    chain = await LocalChain.deploy(await Anvil.start(), "2021-05-17");
  });
  after(() => chain?.close());
  beforeEach(async () => {
    snapshot = await send("evm_snapshot");
  });
  afterEach(() => send("evm_revert", snapshot));

  // shows: T15
  it("leaves the guardian able to cancel what the governor would do to the rules themselves", async () => {
    const to = chain.open.addresses.accessManager;
    const stranger = new Wallet(ANVIL_KEYS[1]).address;
    for (const data of [
      MANAGER.encodeFunctionData("grantRole", [ROLES.governor, stranger, 0]),
      MANAGER.encodeFunctionData("setTargetFunctionRole", [to, ["0x12345678"], ROLES.guardian]),
      MANAGER.encodeFunctionData("updateAuthority", [chain.open.addresses.riskProfile, stranger]),
    ]) {
      const act = (wallet: Wallet, name: string, args: unknown[]) =>
        chain
          .transactionsOf(wallet)
          .send({ key: `${name} ${data}`, to, data: MANAGER.encodeFunctionData(name, args) });
      await act(governor, "schedule", [to, data, 0]);
      await act(new Wallet(ANVIL_KEYS[3]), "cancel", [governor.address, to, data]);
      await chain.pass(chain.plan.governance.delay + 1);
      await assertChainFails(act(governor, "execute", [to, data]), refusal("AccessManagerNotScheduled"));
    }
  });

  // shows: A22
  it("lets the governor get rid of a guardian who would cancel that too", async () => {
    const guardian = new Wallet(ANVIL_KEYS[3]);
    const to = chain.open.addresses.accessManager;
    const data = MANAGER.encodeFunctionData("revokeRole", [ROLES.guardian, guardian.address]);
    const schedule = MANAGER.encodeFunctionData("schedule", [to, data, 0]);
    await chain.transactionsOf(governor).send({ key: "schedule", to, data: schedule });
    const cancel = MANAGER.encodeFunctionData("cancel", [governor.address, to, data]);
    await assertChainFails(
      chain.transactionsOf(guardian).send({ key: "cancel", to, data: cancel }),
      refusal("AccessManagerUnauthorizedCancel"),
    );
  });

  it("passes what was deployed, with its key and without", async () => {
    await check();
    await checkDeployment(chain.open);
  });

  // shows: A40
  it("notices altered code, of every contract and source", async () => {
    const { contracts, marginVault, sources } = chain.open.deployment;
    const named = Object.entries(sources).map(([name, source]) => [`sources.${name}`, source] as const);
    assert.equal(named.length, chain.plan.listing.length);
    for (const [role, deployed] of [...Object.entries({ ...contracts, marginVault }), ...named]) {
      const address = deployed?.address ?? assert.fail(role);
      const code = await codeOf(address);
      // One bit of the first instruction.
      await send("anvil_setCode", address, `0x61${code.slice(4)}`);
      await assertChainFails(check(), mismatch(new RegExp(`^${role} at ${address}: expected 0x.*, got 0x`)));
      await send("anvil_setCode", address, code);
    }
    await send("anvil_setCode", contracts.marginGate.address, "0x");
    await assertChainFails(check(), mismatch(/^marginGate at .*; is this the right manifest and chain\?$/));
  });

  // shows: A40
  it("notices altered code that the manifest vouches for", async () => {
    const { contracts } = chain.open.deployment;
    const code = `${await codeOf(contracts.marginGate.address)}00`;
    await send("anvil_setCode", contracts.marginGate.address, code);
    const marginGate = { ...contracts.marginGate, codeHash: keccak256(code) };
    await assertChainFails(
      check({ contracts: { ...contracts, marginGate } }),
      mismatch(/^marginGate: code of MarginGate: .*was it deployed by another version\?$/),
    );
  });

  // shows: A40
  it("notices contracts that belong to other ones, and another listing", async () => {
    const { contracts, listing } = chain.open.deployment;
    const other = await deploy(chain.connection, chain.transactionsOf(chain.keeper), chain.plan);
    const { bookRegistry, marginGate } = other.contracts;
    await assertChainFails(
      check({ contracts: { ...contracts, bookRegistry } }),
      mismatch(/^bookRegistry\.profile: expected 0x.*another deployment\?$/),
    );
    await assertChainFails(
      check({ contracts: { ...contracts, marginGate } }),
      mismatch(/^marginGate\.profile: /),
    );
    const { marginVault } = other;
    assert.ok(marginVault);
    await assertChainFails(check({ marginVault }), mismatch(/^marginVault\.gate: /));
    const renamed = listing.map((asset, u) => (u === 3 ? { ...asset, symbol: "XBT" } : asset));
    await assertChainFails(
      check({ listing: renamed }),
      mismatch(/^riskProfile\.listing: expected \d+, got \d+/),
    );
  });

  // shows: T12, A40
  it("notices a gate with another key, and a table with other points", async () => {
    const { key } = chain.key;
    const named = (change: Partial<typeof key>) => ({ ...chain.key, key: { ...key, ...change } });
    const swap = (i: number) =>
      key.IC.map((point, at) => key.IC[at === i ? i + 1 : at === i + 1 ? i : at] ?? point);
    const cases: [RegExp, ReturnType<typeof named>][] = [
      [
        /^verificationKey\.hash: .*take the key it was deployed with$/,
        { ...chain.key, hash: "00".repeat(32) },
      ],
      [/^verificationKey\.kind: /, { ...chain.key, kind: "ceremony" }],
      [/^marginGate alpha: /, named({ vk_alpha_1: key.IC[7] ?? [] })],
      [/^marginGate beta: /, named({ vk_beta_2: key.vk_delta_2 })],
      [
        /^marginGate delta: .*do not trust it: proofs under another key/,
        named({ vk_delta_2: key.vk_beta_2 }),
      ],
      [/^marginGate ic1: /, named({ IC: swap(1) })],
      [/^marginGate ic2: /, named({ IC: swap(2) })],
      // The gate knows two points only; the rest are the table's.
      [/^signalTable\.hash: /, named({ IC: swap(0 + 3) })],
      [/^signalTable\.hash: /, named({ IC: swap(388) })],
    ];
    for (const [text, other] of cases) await assertChainFails(check({}, other), mismatch(text));
    const forgeable = named({ vk_delta_2: key.vk_gamma_2 });
    await assert.rejects(check({}, forgeable), refusedFor("gamma-is-delta"));
    assert.equal(tableHash(key), await chain.open.contracts.signalTable.hash());
    const chunk = getCreateAddress({ from: chain.open.addresses.signalTable, nonce: 2 });
    const code = await codeOf(chunk);
    const flipped = (Number.parseInt(code.slice(-1), 16) ^ 1).toString(16);
    await send("anvil_setCode", chunk, code.slice(0, -1) + flipped);
    await assertChainFails(check(), mismatch(/^signalTable chunk 1: expected 0x.*proofs under another key/));
  });

  // shows: A22
  it("notices a function that is another role's", async () => {
    const selector = new Interface(riskProfile.abi).getFunction("setProfile")?.selector;
    await govern("setTargetFunctionRole", chain.open.addresses.riskProfile, [selector], ROLES.guardian);
    await assertChainFails(
      check(),
      mismatch(/role of RiskProfile\.setProfile: expected governor, got guardian; do not trust it/),
    );
  });

  // shows: P51, A22, A24
  it("notices somebody who governs without a delay", async () => {
    await govern("grantRole", ROLES.governor, chain.keeper.address, 0);
    assert.equal((await roleHolders(chain.open)).filter(({ role }) => role === "governor").length, 2);
    await assertChainFails(
      check(),
      mismatch(new RegExp(`a delay on every governor, got none on ${chain.keeper.address}`)),
    );
  });

  // shows: A24
  it("notices a role that others than the administrators grant", async () => {
    await govern("setRoleAdmin", ROLES.governor, ROLES.guardian);
    await assertChainFails(check(), mismatch(/who grants the role governor: expected admin, got guardian/));
  });

  it("notices sources that are not the ledger's, and tells of those that governance has replaced", async () => {
    const { sources, contracts } = chain.open.deployment;
    const [btc, usdc] = [sources["BTC"] ?? assert.fail(), sources["USDC"] ?? assert.fail()];
    assert.deepEqual(await check(), []);
    await assertChainFails(
      check({ sources: { ...sources, BTC: usdc } }),
      mismatch(new RegExp(`^marketLedger\\.sources BTC: expected ${usdc.address}, got ${btc.address}; `)),
    );
    const { feeds, fundingSource, sequencerGuard } = await chain.open.contracts.marketLedger.sources();
    const replaced = feeds.map((feed) => (feed === btc.address ? usdc.address : feed));
    const data = new Interface(marketLedger.abi).encodeFunctionData("setSources", [
      ...[replaced, fundingSource, sequencerGuard],
    ]);
    await governAt(contracts.marketLedger.address, data);
    const [note, ...more] = await check();
    assert.match(
      note ?? "",
      /^sources: the ledger reads others than the manifest's of BTC, since block \d+; /,
    );
    assert.deepEqual(more, []);
  });

  it("refuses a manifest of another chain, and one that is none", async () => {
    await assertChainFails(check({ chainId: 1n }), {
      Class: WrongChainError,
      text: /^chain: expected id 1, got 31337$/,
    });
    const text = serialiseDeployment(chain.open.deployment);
    const changed = (change: object) => () =>
      parseDeployment(JSON.stringify({ ...JSON.parse(text), ...change }));
    assertFails(changed({ format: "zkmargin/deployment@2" }), FormatError, "deployment.format");
    assertFails(changed({ tier: "8x8" }), FormatError, "deployment.tier");
    assertFails(changed({ sources: [] }), FormatError, "deployment.sources");
    assertFails(changed({ contracts: {} }), MissingFieldError, "deployment.contracts.accessManager");
    assertFails(changed({ contracts: { gate: {} } }), UnknownFieldError, "deployment.contracts.gate");
    const vault = { ...chain.open.deployment.marginVault, address: `0x${"0".repeat(40)}` };
    assertFails(changed({ marginVault: vault }), FormatError, "deployment.marginVault.address");
    const key = { hash: "ab".repeat(32), kind: "none" };
    assertFails(changed({ verificationKey: key }), FormatError, "deployment.verificationKey.kind");
  });
});
