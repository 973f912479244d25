import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { Wallet } from "ethers";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { signBook } from "../../src/chain/attest.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { serialiseAttestation } from "../../src/prove/attestation.js";
import { example, KEYS, needsKeys, SECRET, workFolder, write, zk, zkOk } from "./support.js";

describe("cli: bands", () => {
  needsKeys();
  const work = workFolder();

  it("are proven, verified and exported, and say in words what they prove", async () => {
    const [secret, market, out, folder] = ["secret", "market.json", "band.json", "exported"].map(work.at) as [
      ...[string, string, string, string],
    ];
    write(secret, SECRET);
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
    const prove = [
      "prove",
      example("cash-and-carry.json"),
      "--market",
      market,
      "--secret",
      secret,
      "--home",
      KEYS,
    ];
    const band = [...prove, "--statement", "band", "--out", out];
    const proven = JSON.parse(await zkOk([...band, "--json"]));
    assert.deepEqual(proven.band, { above: 11_000, notAbove: 12_500, isolated: false });
    const verified = JSON.parse(
      await zkOk(["verify", out, "--market", market, "--export", folder, "--json"]),
    );
    assert.deepEqual([verified.band, verified.words], [proven.band, proven.words]);
    assert.deepEqual(readdirSync(folder).sort(), [
      ...["above.proof.json", "above.public.json", "not-above.proof.json", "not-above.public.json"],
      "verification_key.json",
    ]);
    assert.match(
      await zkOk(["verify", out]),
      /^VALID\. The health factor .* above 1\.1000 .* not above 1\.2500/,
    );

    const wallet = new Wallet(ANVIL_KEYS[0]);
    const place = { chainId: 1n, registry: `0x${"22".repeat(20)}`, listing: DEFAULT_LISTING };
    const terms = {
      account: `0x${"11".repeat(32)}`,
      sequence: 1n,
      asOf: 1_621_209_600n,
      expiresAt: 1_621_296_000n,
    };
    const attest = async (name: string, commitment: bigint) => {
      write(work.at(name), serialiseAttestation(await signBook(wallet, place, { ...terms, commitment })));
      return work.at(name);
    };
    const own = await attest("own.json", BigInt(verified.commitment));
    const said = await zkOk(["verify", out, "--attestation", own]);
    assert.match(
      said,
      /\n {2}attested +Signed by 0xf39F.* on chain 1: book 1, dated 2021-05-17 .*; EXPIRED: /,
    );
    assert.match(said, /\n {2}prices +of \d+ years ago\n/);
    const read = JSON.parse(await zkOk(["verify", out, "--attestation", own, own, "--json"]));
    assert.deepEqual(
      read.attestations.map((one: Record<string, unknown>) => [
        one.attester,
        one.chainId,
        one.expired,
        one.signature,
      ]),
      Array(2).fill([wallet.address, "1", true, undefined]),
    );
    assert.equal((await zk(["verify", out, "--attestation", await attest("other.json", 7n)])).code, 6);
    write(work.at("forged.json"), readFileSync(own, "utf8").replace('"sequence": "1"', '"sequence": "2"'));
    const forged = await zk(["verify", out, "--attestation", work.at("forged.json")]);
    assert.deepEqual([forged.code, forged.out], [5, ""]);

    const text = readFileSync(out, "utf8");
    write(out, text.replace('"notAbove": 12500', '"notAbove": 11500'));
    assert.equal((await zk(["verify", out])).code, 6);

    const cases: [string[], number, RegExp][] = [
      [
        ["--theta", "12500", "--not-above", "15000"],
        4,
        /^not healthy: HF \d\.\d{4}, needs more than 1\.2500\n/,
      ],
      [
        ["--theta", "9000", "--not-above", "10000"],
        4,
        /^not unhealthy: HF \d\.\d{4}, needs at most 1\.0000\n/,
      ],
      [["--theta", "11000"], 2, /expected --theta and --not-above, or neither, got one/],
      [["--not-above", "11000"], 2, /expected --theta and --not-above, or neither, got one/],
      [["--envelope", "100"], 2, /a band has none of them/],
      [["--unhealthy"], 2, /a band has none of them/],
      [["--theta", "11000", "--not-above", "11000"], 3, /--not-above: expected more than 11000/],
    ];
    for (const [options, code, message] of cases) {
      const ran = await zk([...band, ...options]);
      assert.equal(ran.code, code, ran.err);
      assert.match(ran.err.replace(/^zkmargin: /, ""), message);
    }
    const alone = await zk([...prove, "--out", out, "--not-above", "12500"]);
    assert.equal(alone.code, 2);
  });
});
