import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { errorOf, example, workFolder, write, zk, zkJson, zkOk } from "./support.js";

describe("cli: health --fix", () => {
  const work = workFolder();
  const market = async (date = "2021-05-19") => {
    const path = work.at("market.json");
    await zkOk(["market", "build", "--date", date, "--out", path]);
    return path;
  };

  it("writes a margin call with the cheapest steps first", async () => {
    const path = await market();
    const book = example("leveraged-long.json");
    const said = await zkOk(["health", book, "--market", path, "--fix", "--by", "12:00 UTC on 20 May"]);
    assert.match(said, /^ {2}health factor 0\.6703: not above 1\.0000$/m);
    assert.match(said, /^ {2}MARGIN CALL on leveraged-long, sequence 1$/m);
    assert.match(said, /missing, and wanted by 12:00 UTC on 20 May\.$/m);
    assert.match(said, /close a part of the long BTC perpetual: sell 7\.\d+ BTC/);
    assert.match(said, /deposit \d+\.\d+ USDC/);

    const { fix, healthFactor } = await zkJson(["health", book, "--market", path, "--fix"]);
    assert.equal(healthFactor, "6703");
    assert.equal(fix.target, 10_000);
    const costs = fix.remedies.map(({ cost }: { cost: string }) => BigInt(cost));
    assert.deepEqual(
      costs,
      costs.toSorted((a: bigint, b: bigint) => (a < b ? -1 : 1)),
    );
    assert.equal(fix.remedies[0].kind, "close");
    assert.ok(fix.remedies.length > 10);
  });

  it("asks which asset is cash where USDC is not listed, and takes it", async () => {
    const built = JSON.parse(readFileSync(await market(), "utf8"));
    const text = JSON.stringify(built).replaceAll('"USDC"', '"USDT"');
    const path = write(work.at("own.json"), text);
    const book = write(
      work.at("book.json"),
      readFileSync(example("leveraged-long.json"), "utf8").replaceAll('"USDC"', '"USDT"'),
    );
    const fix = ["health", book, "--market", path, "--fix"];
    const { code, err } = await zk(fix);
    assert.equal(code, 3);
    assert.match(err, /--cash: expected a listed asset .*USDT, BTC.*got none, and USDC is not listed/);
    assert.match(await zkOk([...fix, "--cash", "USDT"]), /deposit \d+\.\d+ USDT/);
  });

  it("is right about a deposit: the book with it is above the target, and without a quantum of it is not", async () => {
    const path = await market();
    const { positions, ...rest } = JSON.parse(readFileSync(example("leveraged-long.json"), "utf8"));
    const { fix } = await zkJson(["health", example("leveraged-long.json"), "--market", path, "--fix"]);
    const deposit = fix.remedies.find(
      ({ kind, changes }: { kind: string; changes: { asset: string }[] }) =>
        kind === "deposit" && changes[0]?.asset === "USDC",
    );
    const spot = BigInt(deposit.changes[0].quanta) + 131_000_000_000n;
    for (const [quanta, healthy] of [
      [spot, true],
      [spot - 1n, false],
    ] as const) {
      const units = `${quanta / 1_000_000n}.${(quanta % 1_000_000n).toString().padStart(6, "0")}`;
      const changed = positions.map((position: { asset: string }) =>
        position.asset === "USDC" ? { ...position, spot: units } : position,
      );
      const book = write(work.at("book.json"), { ...rest, positions: changed });
      assert.equal((await zkJson(["health", book, "--market", path])).healthy, healthy);
    }
  });

  it("offers hedges, sales and repayments where they help", async () => {
    const path = await market();
    const positions = [
      { asset: "USDC", spot: "-290000" },
      { asset: "BTC", spot: "10" },
    ];
    const book = write(work.at("book.json"), {
      format: "zkmargin/book@2",
      account: "a",
      sequence: 0,
      isolated: false,
      positions,
    });
    const kinds = async (...more: string[]) => {
      const { fix } = await zkJson(["health", book, "--market", path, "--fix", ...more]);
      return new Set(fix.remedies.map(({ kind }: { kind: string }) => kind));
    };
    assert.deepEqual(await kinds(), new Set(["hedge", "sell", "repay", "deposit"]));
    const said = await zkOk(["health", book, "--market", path, "--fix"]);
    assert.match(said, /hedge: sell [\d.]+ BTC of perpetual/);
    assert.match(said, /sell [\d.]+ BTC and pay back [\d.]+ USDC/);
    assert.match(said, /pay back [\d.]+ USDC/);
    assert.match(
      await zkOk(["health", book, "--market", path, "--fix", "--target", "1"]),
      /no margin call: .* 0\.0001 already/,
    );
  });

  it("refuses what makes no sense", async () => {
    const path = await market();
    const args = ["health", example("leveraged-long.json"), "--market", path, "--json"];
    assert.equal(errorOf(await zk([...args, "--target", "11000"])).name, "UsageError");
    assert.equal(errorOf(await zk([...args, "--fix", "--target", "0"])).name, "UsageError");
    assert.equal(errorOf(await zk([...args, "--fix", "--cash", "EURC"])).name, "UnknownAssetError");
    assert.equal((await zk([...args, "--fix", "--by", "a\u001b[2J"])).code, 2);
  });
});
