import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { kindOf } from "../../src/cli/fileKinds.js";
import { packageVersion } from "../../src/groth16/artefacts/layout.js";
import { errorOf, example, ROOT, SECRET, workFolder, write, zk, zkOk } from "./support.js";

const HEADER = "asset,spot,perp,entry price,entry funding\n";

describe("cli: misuse", () => {
  const work = workFolder();
  const fails = async (code: number, ...args: readonly string[]) => {
    const told = errorOf(await zk([...args, "--json"]));
    assert.equal(told.exitCode, code, `${args.join(" ")}: ${told.message}`);
    return told;
  };
  const importing = (csv: string, ...more: readonly string[]) => [
    ...["book", "import", csv, "--account", "a", "--sequence", "1", "--out", work.at("book.json")],
    ...more,
  ];

  // shows: A46
  it("names a file of another kind for what it is, and warns of a private one", async () => {
    const book = example("aave-borrower.json");
    const market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
    const secret = write(work.at("desk.secret"), `${SECRET}\n`);
    const log = join(ROOT, "test/vectors/audit/demo-log.ndjson");
    const keystore = write(work.at("k.json"), { version: 3, Crypto: {} });
    const html = write(work.at("report.html"), "<!doctype html><title>x</title>");
    const zkey = write(work.at("proving-key.zkey"), "zkey\u0001");
    writeFileSync(zkey, Buffer.concat([Buffer.from("zkey"), Buffer.from([1, 0, 0xff, 0xfe])]));
    const out = ["--out", work.at("out")];
    for (const [args, wanted, got] of [
      [["verify", book], "a proof bundle .* or a band", "a book .*; it is private: do not hand it out"],
      [["verify", market], "a proof bundle", "a market \\(zkmargin/market\\)"],
      [["verify", secret], "a proof bundle", "a secret; it is private: do not hand it out"],
      [["verify", keystore], "a proof bundle", "an encrypted JSON keystore; it is private"],
      [["verify", zkey], "UTF-8 text", "a proving key"],
      [["audit", "report", log, ...out], "an audit \\(zkmargin/audit\\)", "an event log"],
      [["audit", "report", html, ...out], "an audit", "an HTML page"],
      [["audit", "replay", "--log", log, "--disclosure", book], "a disclosure", "a book"],
      [["audit", "replay", "--log", book], "an event log", "a book .*; it is private"],
      [["health", market, "--market", market], "a book \\(zkmargin/book\\)", "a market"],
      [["health", book, "--market", book], "a market", "a book"],
      [["book", "commit", book, "--secret", book], "a secret", "a book"],
      [importing(book), "a book as CSV", "a book \\(zkmargin/book\\)"],
      [
        ["market", "build", "--date", "2021-05-17", "--history", market, ...out],
        "a price history",
        "a market",
      ],
      [["market", "build", "--date", "2021-05-17", "--profile", book, ...out], "a risk profile", "a book"],
      [["risk", "review", market], "a proposal", "a market"],
    ] as const) {
      const told = await fails(3, ...args);
      assert.match(told.message, new RegExp(`: expected ${wanted}.*, got ${got}`), args.join(" "));
      assert.ok(!told.message.includes(SECRET.slice(0, 8)));
    }
    const csv = write(work.at("book.csv"), `${HEADER}USDC,5,,,\n`);
    assert.match((await fails(3, "verify", csv)).message, /got a book as CSV; it is private/);
  });

  it("knows every format of a file", () => {
    const page = readFileSync(join(ROOT, "docs/FORMATS.md"), "utf8");
    const formats = [...page.matchAll(/^#+ .*`(zkmargin\/[a-z-]+)@\d+`/gm)].map((match) => match[1] ?? "");
    assert.ok(formats.length > 10);
    for (const format of formats)
      assert.ok(
        kindOf(JSON.stringify({ format: `${format}@1` })) !== undefined,
        `${format} is in src/cli/fileKinds.ts`,
      );
  });

  it("says what a CSV lacks", async () => {
    const empty = write(work.at("empty.csv"), HEADER);
    assert.match(
      (await fails(3, ...importing(empty))).message,
      /at least one position, or --allow-empty, got a header/,
    );
    assert.ok(!existsSync(work.at("book.json")));
    assert.match(await zkOk(importing(empty, "--allow-empty")), /^Imported 0 positions/m);
    for (const character of [";", "\t"]) {
      const csv = write(work.at("other.csv"), `${HEADER.replaceAll(",", character)}BTC${character}1,5\n`);
      assert.match((await fails(3, ...importing(csv))).message, /line2: expected 5 cells, got 2$/);
    }
    const unknown = write(work.at("unknown.csv"), `${HEADER}WAGMI,5,,,\n`);
    const { message } = await fails(3, ...importing(unknown));
    assert.match(
      message,
      /a listed asset.*, got another one; .*; listed are USDC, BTC, .*ATOM.*; .* as --market$/,
    );
    assert.ok(!message.includes("WAGMI"));
  });

  it("names the bound of a number", async () => {
    const sequence = (n: string) => ["book", "new", "--account", "a", "--sequence", n, "--out", work.at("b")];
    assert.match(
      (await fails(2, ...sequence("99999999999999999999"))).message,
      /of at most 9007199254740991\./,
    );
    assert.match((await fails(2, ...sequence("-1"))).message, /a whole number of 0 or more\./);
    assert.match((await fails(2, ...sequence("1e3"))).message, /a whole number such as 10000\./);
  });

  it("takes theta as basis points or as a ratio, and names it one way where it is neither", async () => {
    const market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
    const health = (theta: string) => [
      "health",
      example("aave-borrower.json"),
      "--market",
      market,
      "--theta",
      theta,
    ];
    assert.equal(await zkOk([...health("1.25"), "--json"]), await zkOk([...health("12500"), "--json"]));
    assert.equal(await zkOk(health("1.0")), await zkOk(health("10000")));
    const prove = ["prove", "b", "--market", "m", "--secret", "s", "--out", work.at("o"), "--theta"];
    for (const theta of ["0", "0.0", "65536", "6.5536", "1.25001", "-1", "1.", ".5", "1e4", ""])
      for (const args of [health(theta), [...prove, theta]])
        assert.match(
          (await fails(2, ...args)).message,
          /'--theta <bps>'.*Expected basis points from 1 to 65535, such as 12500, or the ratio, such as 1\.25\./,
          theta,
        );
  });

  it("says where the history begins", async () => {
    const { message } = await fails(3, "market", "build", "--date", "2019-10-01", "--out", work.at("m"));
    assert.match(
      message,
      /^date: expected a window of 3 days that begins at \d{4}-\d\d-\d\d or later, where the history begins/,
    );
  });

  it("names a misspelt option beside a missing one", async () => {
    const ran = await zk(["book", "new", "--acount", "a", "--out", work.at("b")]);
    assert.equal(ran.code, 2);
    assert.match(
      ran.err,
      /^error: required option '--account <name>' not specified, and unknown option '--acount' \(did you mean --account\?\)\n/,
    );
    // What another option takes is no option.
    const value = await fails(2, "book", "new", "--account", "--out", "--sequence", "1");
    assert.ok(!value.message.includes("unknown option"), value.message);
  });

  it("prints its version however it is asked", async () => {
    for (const asked of ["version", "-v", "-V", "--version"])
      assert.equal(await zkOk([asked]), `${packageVersion()}\n`);
  });

  it("says that standard input was named twice", async () => {
    const { message } = await fails(2, "prove", "-", "--market", "-", "--secret", "s", "--out", work.at("o"));
    assert.match(message, /^expected "-", standard input, for one of <book>, --market, got it for 2/);
  });

  it("repeats the options that were given in its advice", async () => {
    const market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
    const secret = write(work.at("desk.secret"), SECRET);
    const home = work.at("my keys");
    const { message } = await fails(
      ...([7, "prove", example("aave-borrower.json"), "--market", market, "--secret", secret] as const),
      ...["--out", work.at("o"), "--home", home],
    );
    assert.ok(message.endsWith(`run \`zkmargin setup --tier 16x16 --home '${home}'\``), message);
  });

  it("needs to be told what to deploy", async () => {
    const { message } = await fails(2, "deploy", "--key-env", "NOBODY", "--out", work.at("d"));
    assert.match(message, /^expected --local .* or --plan <file>, got neither/);
  });

  // shows: A45
  it("refuses a file that is too large before it parses it", async () => {
    const big = write(work.at("big.json"), `{"format":"zkmargin/book@2","x":"${"x".repeat(2 ** 23)}"}`);
    const size = statSync(big).size;
    assert.equal(
      (await fails(3, "book", "show", big)).message,
      `${big}: expected a book of at most 8388608 bytes, got ${size} bytes`,
    );
    const piped = errorOf(await zk(["book", "show", "-", "--json"], readFileSync(big, "utf8")));
    assert.match(piped.message, /^standard input: expected a book of at most 8388608 bytes, got more/);
    mkdirSync(work.at("home/16x16"), { recursive: true });
    truncateSync(write(work.at("home/16x16/manifest.json"), ""), 2 ** 30);
    const proving = ["prove", example("aave-borrower.json"), "--market", work.at("market.json")];
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", work.at("market.json")]);
    const secret = write(work.at("secret"), SECRET);
    const artefact = await fails(
      7,
      ...proving,
      ...["--secret", secret, "--home", work.at("home"), "--out", work.at("o")],
    );
    assert.match(
      artefact.message,
      /manifest\.json: expected a file of at most 16777216 bytes, got 1073741824 bytes/,
    );
    assert.match((await fails(3, "verify", "/dev/zero")).message, /at most 8388608 bytes, got more than/);
  });

  // shows: A56
  it("writes what is handed out for everybody and what is private for its owner, and warns of a secret others may read", async () => {
    const umask = process.umask(0o022);
    try {
      const mode = (path: string) => statSync(path).mode & 0o777;
      const secret = work.at("desk.secret");
      await zkOk(["book", "secret", "--out", secret]);
      await zkOk(["market", "build", "--date", "2021-05-17", "--out", work.at("market.json")]);
      await zkOk(["book", "new", "--account", "a", "--out", work.at("book.json")]);
      await zkOk(["archive", "keygen", "--out", work.at("auditor.key")]);
      assert.deepEqual(
        ["desk.secret", "market.json", "book.json", "auditor.key"].map((name) => mode(work.at(name))),
        [0o600, 0o644, 0o600, 0o600],
      );
      chmodSync(secret, 0o640);
      const ran = await zk(["book", "commit", work.at("book.json"), "--secret", secret]);
      assert.deepEqual(
        [ran.code, ran.err],
        [0, `zkmargin: ${secret} is private, and others may read it: chmod 600 ${secret}\n`],
      );
    } finally {
      process.umask(umask);
    }
  });

  it("never replaces what it reads on the way, such as the price history that it ships", async () => {
    mkdirSync(work.at("snarkjs"));
    const bundle = write(work.at("snarkjs/proof.json"), { format: "zkmargin/bundle@2" });
    const before = readFileSync(bundle, "utf8");
    await zk(["verify", bundle, "--export", work.at("snarkjs")]);
    assert.equal(readFileSync(bundle, "utf8"), before);
    const history = join(ROOT, "examples/prices/daily-close.csv");
    const { name } = await fails(3, "market", "build", "--date", "2021-05-17", "--out", history);
    assert.equal(name, "UnwritableError");
  });

  it("checks the version of Node before it imports anything", () => {
    const source = readFileSync(join(ROOT, "src/cli/main.ts"), "utf8");
    assert.ok(!/^import /m.test(source), "main.ts imports before it checks");
    const old = `Object.defineProperty(process.versions, "node", { value: "18.20.4" });`;
    const preload = write(work.at("old.mjs"), old);
    const args = ["--import", preload, "--import", "tsx", join(ROOT, "src/cli/main.ts"), "--version"];
    assert.throws(
      () => execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", stdio: "pipe" }),
      (error: { status: number; stderr: string }) => {
        assert.equal(error.status, 2);
        assert.equal(error.stderr, "zkmargin: needs Node 20 or later, got 18.20.4\n");
        return true;
      },
    );
  });
});
