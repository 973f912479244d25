/**
 * Writes test/vectors/storageProof.json: what `eth_getProof` answers, with the header of its block, for a message that a
 * CollateralLock has said on an anvil whose state has as many accounts as make tries of a few levels. Run it after a change
 * of outbox or lock: `npx tsx scripts/vectors/storageProof.ts`.
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { id, toBeHex, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { interfaceOf } from "../../src/chain/binding.js";
import { collateralLock } from "../../src/chain/generated/CollateralLock.js";
import { memoryJournal } from "../../src/chain/journal.js";
import { LocalToken } from "../../src/chain/localMarket.js";
import { bindLock, deployOtherSide } from "../../src/chain/remote/otherSide.js";
import { storageProof } from "../../src/chain/remote/storageProof.js";
import { Transactions } from "../../src/chain/transactions/transactions.js";

const GENESIS = "1621296000";
const CHAIN = "1337";
const HOME_CHAIN = 31_337n;
const ACCOUNTS = 4_096;
const SLOTS = 256;
const FINALITY = 900;

const anvil = await Anvil.start("--timestamp", GENESIS, "--chain-id", CHAIN);
try {
  const connection = await anvil.connect();
  const { provider } = connection;
  const transactions = new Transactions(connection, new Wallet(ANVIL_KEYS[0]), memoryJournal());
  const token = await LocalToken.deploy(connection, transactions, "ETH", 10n ** 24n);
  const other = await deployOtherSide(connection, transactions, {
    homeChain: HOME_CHAIN,
    token: token.address,
    source: {
      kind: "storage-proofs",
      attesters: [new Wallet(ANVIL_KEYS[6] ?? "").address],
      threshold: 1,
      wait: 0,
      finality: FINALITY,
    },
  });
  const lock = other.contracts.collateralLock.address;
  // The message needs a bound lock; any address will do.
  await bindLock(connection, transactions, other, id("claims of the lock").slice(0, 42));
  for (let i = 0; i < ACCOUNTS; ++i)
    await provider.send("anvil_setBalance", [id(`account ${i}`).slice(0, 42), "0x1"]);
  for (let i = 0; i < SLOTS; ++i)
    await provider.send("anvil_setStorageAt", [lock, id(`slot ${i}`), toBeHex(1n, 32)]);
  const report = interfaceOf(collateralLock).encodeFunctionData("report");
  const receipt = await transactions.send({ key: "report", to: lock, data: report });
  const said = receipt?.logs.find(({ topics }) => topics[0] === id("MessageSent(bytes32)"));
  const digest = said?.topics[1];
  if (digest === undefined) throw new TypeError(`expected a message of ${lock}, got none`);
  await provider.send("evm_increaseTime", [FINALITY]);
  await provider.send("anvil_mine", ["0x1"]);
  const block = await provider.getBlock("latest");
  if (block?.hash == null) throw new TypeError("expected a block, got none");
  const proof = await storageProof(connection, lock, digest, BigInt(block.number));
  const vector = {
    chain: Number(CHAIN),
    number: block.number,
    hash: block.hash,
    time: block.timestamp,
    outbox: lock,
    digest,
    ...proof,
  };
  const path = fileURLToPath(new URL("../../test/vectors/storageProof.json", import.meta.url));
  await writeFile(path, `${JSON.stringify(vector, null, 1)}\n`);
  console.log(`${proof.account.length} nodes of the state, ${proof.slot.length} of the storage, in ${path}`);
  connection.close();
} finally {
  await anvil.stop();
}
