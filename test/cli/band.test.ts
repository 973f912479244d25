import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
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
      [["--envelope", "100"], 2, /a band has neither/],
      [["--unhealthy"], 2, /a band has neither/],
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
