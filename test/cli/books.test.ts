import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { parseBook } from "../../src/book/bookFile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import {
  errorOf,
  example,
  KEYS,
  needsKeys,
  ROOT,
  SECRET,
  workFolder,
  write,
  zk,
  zkJson,
  zkOk,
} from "./support.js";

const imports = (name: string): string => `${ROOT}/examples/imports/${name}`;

describe("book import", () => {
  const work = workFolder();
  const header = ["--account", "desk-1/um", "--sequence", "4"];
  const binance = [imports("binance-positions.json"), imports("binance-balances.json"), "--as", "USDT=USDC"];

  it("shows what it reads beside the venue's totals, and writes it only without --dry-run", async () => {
    const args = ["book", "import", ...binance, ...header];
    const dry = await zkOk([...args, "--dry-run"]);
    for (const shown of [
      "binance-positions.json: Binance",
      "BTC",
      "-1.25",
      "43127.4",
      "122607.351379",
      "317.625",
    ])
      assert.ok(dry.includes(shown), `${shown} in ${dry}`);
    assert.match(dry, /entry prices in USDC count as dollars[\s\S]*Nothing was written\.\n$/);
    assert.deepEqual(readdirSync(work.path), []);

    const book = work.at("book.json");
    const told = await zkOk([...args, "--out", book]);
    assert.equal(told.replace(/\nImported.*\n$/, ""), dry.replace(/\nNothing.*\n$/, ""));
    assert.equal(statSync(book).mode & 0o077, 0);
    const { positions, account, sequence } = parseBook(readFileSync(book, "utf8"), DEFAULT_LISTING);
    assert.deepEqual([account, sequence, positions.length], ["desk-1/um", 4, 4]);
    const asJson = await zkJson([...args, "--dry-run"]);
    assert.equal(asJson.dryRun, true);
    assert.deepEqual(asJson.positions, positions);
    assert.deepEqual(asJson.totals, [
      { name: "Binance: unrealised profit of perpetuals", unit: "$", read: "317.625", stated: "317.625" },
      {
        name: "unrealised profit of positions, beside that of balances",
        ...{ unit: "USDT", read: "317.625", stated: "317.625" },
      },
    ]);
  });

  it("reads a table of a spreadsheet in another language and in UTF-16", async () => {
    const text =
      "\uFEFFCoin;Bestand;Kontrakte;Einstand\r\nUSDC;1.250.000,5;;\r\nBTC;12,5;-3;43.127,25\r\nSumme;;;\r\n";
    const [wide, big] = [Buffer.from(text, "utf16le"), Buffer.from(text, "utf16le").swap16()];
    const maps = ["asset=Coin", "spot=Bestand", "perp=Kontrakte", "entry price=Einstand"];
    const args = ["--locale", "de", ...maps.flatMap((map) => ["--map", map]), ...header, "--dry-run"];
    for (const bytes of [Buffer.from(text), wide, big, wide.subarray(2), big.subarray(2)]) {
      const file = write(work.at("bestand.csv"), "");
      const { writeFileSync } = await import("node:fs");
      writeFileSync(file, bytes);
      const { positions } = await zkJson(["book", "import", file, ...args]);
      assert.deepEqual(positions, [
        { asset: "USDC", spot: "1250000.5", perp: "0" },
        { asset: "BTC", spot: "12.5", perp: "-3", entryPrice: "43127.25", entryFunding: "0" },
      ]);
    }
    for (const bytes of [
      [0xff, 0xfe, 0x00],
      [0xc3, 0x28],
      [0x41, 0x00, 0x00, 0x42],
      [0x50, 0x4b, 3, 4],
    ]) {
      const { writeFileSync } = await import("node:fs");
      writeFileSync(work.at("bytes.csv"), Buffer.from(bytes));
      assert.equal((await zk(["book", "import", work.at("bytes.csv"), ...args])).code, 3);
    }
  });

  it("takes the funding index of the export, of the stated file", async () => {
    const funding = write(
      work.at("funding.csv"),
      `asset,index\n${DEFAULT_LISTING.map(({ symbol }) => `${symbol},${symbol === "BTC" ? "12.5" : "0"}`).join("\n")}\n`,
    );
    const { positions } = await zkJson([
      "book",
      "import",
      ...binance,
      ...header,
      "--funding",
      funding,
      "--dry-run",
    ]);
    assert.deepEqual(
      positions.map(({ entryFunding }: { entryFunding?: string }) => entryFunding),
      [undefined, "12.5", undefined, "0"],
    );
  });

  it("refuses what it cannot hold, writes nothing, and says what to do", async () => {
    const out = ["--out", work.at("book.json"), "--json"];
    const refused = async (words: RegExp, code: number, ...args: readonly string[]) => {
      const { message, exitCode } = errorOf(await zk(["book", "import", ...args, ...header, ...out]));
      assert.match(message, words);
      assert.equal(exitCode, code);
      assert.ok(!existsSync(work.at("book.json")));
    };
    await refused(/a listed asset.*--as; |--as/, 3, imports("binance-balances.json"));
    await refused(/the size of one contract/, 3, imports("okx-positions.json"));
    await refused(/sleeve.*--set-aside options/, 3, imports("deribit-positions.json"), "--round");
    await refused(/one account at Binance.*--add/, 3, ...binance, imports("dydx.json"));
    await refused(/Expected one of asset/, 2, ...binance, "--map", "x=y");
    await refused(/Expected two symbols/, 2, imports("aave.json"), "--as", "WETH");
    await refused(/Expected an instrument and a size/, 2, imports("okx-positions.json"), "--contract", "BTC");
    await refused(/Expected of options, unlisted, isolated/, 2, imports("aave.json"), "--set-aside", "debts");
    await refused(/got neither or both/, 2, ...binance, "--dry-run");
    assert.equal((await zk(["book", "import", ...binance, ...header])).code, 2);
  });
});

describe("several books", () => {
  const work = workFolder();
  needsKeys();
  const sick = JSON.stringify({
    ...{ format: "zkmargin/book@2", account: "sick", sequence: 1, isolated: false },
    positions: [
      { asset: "USDC", spot: "-987654" },
      { asset: "BTC", spot: "1" },
    ],
  });
  let market: string;
  let folder: string;
  beforeEach(async () => {
    market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
    folder = work.at("books");
    mkdirSync(folder);
    for (const name of ["cash-and-carry", "aave-borrower"])
      write(`${folder}/${name}.json`, readFileSync(example(`${name}.json`), "utf8"));
    write(`${folder}/sick.json`, sick);
    // Neither is a book, and neither is told of.
    write(`${folder}/market.json`, readFileSync(market, "utf8"));
    write(`${folder}/package.json`, "{}");
    write(`${folder}/notes.txt`, "x");
  });

  it("have one table of health, the weakest first", async () => {
    const told = await zkOk(["health", folder, "--market", market]);
    assert.match(told, /^3 books on 2021-05-17 under portfolio-margin, 1 of them not above 1\.0000\n/);
    const names = [...told.matchAll(/([a-z-]+)\.json/g)].map((match) => match[1]);
    assert.equal(names[0], "sick");
    assert.deepEqual([...names].sort(), ["aave-borrower", "cash-and-carry", "sick"]);
    const one = `${folder}/aave-borrower.json`;
    const { books, refused } = await zkJson(["health", one, `${folder}/sick.json`, "--market", market]);
    assert.deepEqual(refused, []);
    const alone = await zkJson(["health", one, "--market", market]);
    assert.deepEqual(books[1], { file: one, ...alone });
  });

  it("are exported as a row each", async () => {
    const [csv, page] = [work.at("health.csv"), work.at("health.html")];
    await zkOk(["health", folder, "--market", market, "--csv", csv, "--html", page]);
    const [head = "", first = "", ...rest] = readFileSync(csv, "utf8").trim().split(/\r?\n/);
    assert.match(head, /^book,account,sequence,date,profile,health_factor/);
    assert.match(first, /sick\.json,sick,1,2021-05-17,portfolio-margin,0\.\d+,10000,no/);
    assert.equal(rest.length, 2);
    assert.match(readFileSync(page, "utf8"), /Health factors, the weakest first/);
  });

  it("tell of one that is refused, go on, and end with the worst code", async () => {
    write(`${folder}/broken.json`, sick.slice(0, 90));
    write(`${folder}/twice.json`, sick);
    const ran = await zk(["health", folder, "--market", market]);
    assert.equal(ran.code, 3);
    assert.match(
      ran.out,
      /^3 books[\s\S]*refused\n {2}.*broken\.json: book: expected JSON.*\n {2}.*twice\.json: book\.sequence: /,
    );
    assert.match(ran.err, /expected none of 5 to be refused, got 2/);
    assert.ok(!`${ran.out}${ran.err}`.includes("987654"));
    const none = await zk(["health", work.path, "--market", market]);
    assert.deepEqual([none.code, none.out], [3, ""]);
    assert.equal((await zk(["health", folder, "--fix", "--market", market])).code, 2);
  });

  it("are proven with one key, each to its own bundle", async () => {
    const secret = write(work.at("secret"), SECRET);
    const [out, archive] = [work.at("proofs"), work.at("desk.archive")];
    await zkOk(["archive", "init", archive, "--secret", secret]);
    const args = ["prove", folder, "--market", market, "--secret", secret, "--home", KEYS, "--out", out];
    const ran = await zk([...args, "--archive", archive, "--json"]);
    assert.equal(ran.code, 4, ran.err);
    const { proven, refused } = JSON.parse(ran.out);
    assert.deepEqual(
      refused.map(({ file, error }: { file: string; error: { exitCode: number } }) => [file, error.exitCode]),
      [[`${folder}/sick.json`, 4]],
    );
    assert.deepEqual(readdirSync(out).sort(), ["aave-borrower.proof.json", "cash-and-carry.proof.json"]);
    for (const { file } of proven) assert.match(await zkOk(["verify", file, "--market", market]), /VALID/);
    const both = [`${folder}/sick.json`, `${folder}/sick.json`];
    assert.equal((await zk(["prove", ...both, ...args.slice(2)])).code, 2);
    const told = await zk(["prove", `${folder}/sick.json`, `${folder}/aave-borrower.json`, ...args.slice(2)]);
    assert.match(told.out, /^PROVEN: 1 of 2 books[\s\S]*refused\n.*sick\.json: not healthy: HF/);
  });
});
