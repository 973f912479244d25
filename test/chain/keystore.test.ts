import assert from "node:assert/strict";
import { encryptKeystoreJson, Wallet } from "ethers";
import { ANVIL_KEYS, Anvil } from "../../src/chain/anvil.js";
import { connect } from "../../src/chain/connection.js";
import { type KeySource, lock, unlock } from "../../src/chain/keystore.js";
import { KeystoreCostError, KeystoreError, NodeUnreachableError, WrongChainError } from "../../src/errors.js";

const KEY = ANVIL_KEYS[3];

describe("chain/keystore", () => {
  async function refused(source: KeySource, secrets: readonly string[]) {
    await assert.rejects(unlock(source), (error) => {
      assert.ok(error instanceof KeystoreError);
      const told = `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`.toLowerCase();
      for (const secret of secrets)
        assert.ok(!told.includes(secret.toLowerCase()), "the error quotes a secret");
      return true;
    });
  }

  it("opens what it has locked, and nothing with another password", async () => {
    const wallet = new Wallet(KEY);
    const keystore = await lock(wallet, "correct horse");
    assert.ok(!keystore.includes(KEY.slice(2)));
    const opened = await unlock({ keystore, password: "correct horse", name: "test" });
    assert.equal(opened.address, wallet.address);
    await refused({ keystore, password: "wrong battery", name: "test" }, ["wrong battery", KEY.slice(2)]);
  });

  // shows: P13, A42
  it("takes a key as 64 hex digits, and quotes nothing of another text", async () => {
    assert.equal((await unlock({ privateKey: `${KEY}\n`, name: "K" })).address, new Wallet(KEY).address);
    assert.equal((await unlock({ privateKey: KEY.slice(2), name: "K" })).address, new Wallet(KEY).address);
    for (const privateKey of [
      KEY.slice(0, -1),
      `${KEY}0`,
      "",
      "0x",
      KEY.replace("a", "g"),
      `0x${"f".repeat(64)}`,
    ])
      await refused({ privateKey, name: "K" }, [privateKey.slice(2, 30) || "\0", KEY.slice(2, 20)]);
  });

  // shows: A42
  it("refuses a file that is no keystore without quoting it", async () => {
    for (const keystore of ["", "{}", `{"privateKey":"${KEY}"}`, KEY])
      await refused({ keystore, password: "secret word", name: "file" }, ["secret word", KEY.slice(2)]);
  });

  it("names what is wrong with a keystore, and blames the password only where it is the password", async () => {
    const scrypt = { N: 2 ** 10, r: 8, p: 1 };
    const written = JSON.parse(await encryptKeystoreJson(new Wallet(KEY), "pass", { scrypt }));
    const { Crypto: crypto } = written;
    const told = async (file: object, password = "pass") => {
      try {
        await unlock({ keystore: JSON.stringify(file), password, name: "k" });
      } catch (error) {
        assert.ok(error instanceof KeystoreError, String(error));
        return error.message;
      }
      return "opened";
    };
    const { address: _, ...foundry } = written;
    assert.deepEqual([await told(written), await told(foundry)], ["opened", "opened"]);
    assert.equal(await told({ version: 3, address: written.address, crypto }), "opened");
    assert.equal(await told(written, "wrong"), "k: the password does not open this keystore");
    const other = new Wallet(ANVIL_KEYS[4]).address.slice(2).toLowerCase();
    assert.match(
      await told({ ...written, address: other }),
      /^k: expected the address of the key in this keystore/,
    );
    const changed = (change: object) => told({ version: 3, crypto: { ...crypto, ...change } });
    const params = (change: object) => changed({ kdfparams: { ...crypto.kdfparams, ...change } });
    const unsupported =
      ", which is not supported; export the key again from the wallet, or with geth or cast";
    assert.equal(
      await changed({ cipher: "aes-128-cbc" }),
      `k: expected the cipher aes-128-ctr, got aes-128-cbc${unsupported}`,
    );
    assert.equal(
      await changed({ kdf: "argon2id" }),
      `k: expected the key derivation (kdf) scrypt or pbkdf2, got argon2id${unsupported}`,
    );
    assert.match(await changed({ kdf: undefined }), /\(kdf\) scrypt or pbkdf2, got another, or none/);
    assert.match(
      await changed({ kdf: "pbkdf2", kdfparams: { c: 1, prf: "hmac-md5", dklen: 32, salt: "00" } }),
      /the prf of pbkdf2 hmac-sha256 or hmac-sha512, got hmac-md5/,
    );
    assert.match(await params({ n: 1000 }), /n of scrypt as a power of 2, got 1000$/);
    assert.match(await params({ dklen: 64 }), /derived key \(dklen\) of 32 bytes, got 64/);
    assert.match(await changed({ ciphertext: undefined }), /^k: expected a whole keystore/);
    // A cipher's name is told, and nothing that may be a secret in its place.
    assert.ok(!(await changed({ cipher: KEY })).includes(KEY.slice(2, 20)));
  });

  describe("of a hostile file", () => {
    const keystore = (kdfparams: object, crypto = "crypto") =>
      JSON.stringify({ version: 3, [crypto]: { kdf: "scrypt", kdfparams, Kdfparams: { n: 2, r: 1, p: 1 } } });
    const opening = (text: string) => unlock({ keystore: text, password: "secret word", name: "file" });

    it("refuses more than 1 GiB, 16 passes of scrypt or 10 million iterations of PBKDF2", async () => {
      for (const params of [
        { n: 2 ** 20, r: 9, p: 1 },
        { n: 2 ** 31, r: 8, p: 1 },
        { N: String(2 ** 21), R: "8", p: 1 },
        { n: 2, r: 8, p: 17 },
        { n: 2, r: 8, P: "1000000" },
        { c: 10_000_001 },
      ])
        for (const text of [keystore(params), keystore(params, "Crypto")])
          await assert.rejects(opening(text), KeystoreCostError, JSON.stringify(params));
    });

    it("leaves whatever is no number to be refused as no keystore", async () => {
      for (const params of [
        { n: -1, r: 8, p: 1 },
        { n: "0x10", r: 8, p: 1 },
        { n: 1.5e300, r: [], p: {} },
        [],
      ])
        await assert.rejects(opening(keystore(params)), KeystoreError, JSON.stringify(params));
    });

    it("opens what geth writes", async () => {
      const encrypted = await encryptKeystoreJson(new Wallet(KEY), "correct horse", {
        scrypt: { N: 2 ** 18, r: 8, p: 1 },
      });
      const opened = await unlock({ keystore: encrypted, password: "correct horse", name: "file" });
      assert.equal(opened.address, new Wallet(KEY).address);
    });
  });
});

describe("chain/connection", () => {
  it("knows local chains, and refuses another chain than was expected", async () => {
    const anvil = await Anvil.start("--chain-id", "31337");
    try {
      const connection = await anvil.connect();
      assert.equal(connection.chainId, 31_337n);
      assert.equal(connection.local, true);
      connection.close();
      await assert.rejects(connect(anvil.url, { expected: 1n }), WrongChainError);
    } finally {
      await anvil.stop();
    }
  });

  it("says so when there is no node, or no URL", async () => {
    const anvil = await Anvil.start();
    await anvil.stop();
    await assert.rejects(connect(anvil.url), NodeUnreachableError);
    await assert.rejects(connect("not a url"), NodeUnreachableError);
  });
});
