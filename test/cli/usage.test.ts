import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { buildProgram, run } from "../../src/cli/run.js";
import { packageVersion } from "../../src/groth16/artefacts/layout.js";
import { errorOf, example, KEYS, needsKeys, SECRET, workFolder, write, zk, zkJson, zkOk } from "./support.js";

describe("cli: usage", () => {
  const work = workFolder();

  it("answers a wrong command line with exit code 2, a word on standard error, and a pointer to --help", async () => {
    for (const args of [
      ["bogus"],
      ["book", "bogus"],
      ["health"],
      ["health", "book.json"],
      ["book", "show", "book.json", "extra"],
      ["prove", "--bogus"],
      ["book", "new", "--out", work.at("book.json")],
      ["health", "b", "--market", "m", "--theta", "1.50001"],
      ["health", "b", "--market", "m", "--theta", "0x10"],
      ["health", "b", "--market", "m", "--theta", "1e4"],
      ["health", "b", "--market", "m", "--theta", "-1"],
      ["health", "b", "--market", "m", "--theta", ""],
      ["health", "b", "--market", "m", "--theta", "9007199254740993"],
      ["health", "b", "--market", "m", "--tier", "8x8"],
      ["market", "build", "--date", "2021-05-17", "--funding-rate", "-0", "--out", work.at("m")],
    ]) {
      const ran = await zk(args);
      assert.deepEqual([ran.code, ran.out], [2, ""], args.join(" "));
      assert.match(ran.err, /^error: .+\n\(add --help/, args.join(" "));
      const told = errorOf(await zk([...args, "--json"]));
      assert.equal(told.name, "UsageError");
      assert.ok(ran.err.includes(told.message), told.message);
    }
    assert.deepEqual(readdirSync(work.path), []);
  });

  it("shows help on standard error where a command is missing, on standard output where it is asked for", async () => {
    for (const command of [[], ["book"], ["market"]]) {
      const missing = await zk(command);
      assert.deepEqual([missing.code, missing.out], [2, ""]);
      const asked = await zkOk([...command, "--help"]);
      assert.equal(missing.err, asked);
    }
    assert.equal(errorOf(await zk(["book", "--json"])).name, "UsageError");
    assert.match(
      await zkOk(["--help"]),
      /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}4 .*\n {2}5 .*\n {2}6 .*\n {2}7 /,
    );
    assert.equal((await zkOk(["--version"])).trim(), packageVersion());
  });

  it("has examples in the help of every command, and --json in every command that does something", async () => {
    const program = await buildProgram({
      out() {},
      err() {},
      stdin: async () => new Uint8Array(),
      interactive: false,
      invocation: "npx zkmargin",
    });
    const visit = async (command: typeof program, path: string[]): Promise<void> => {
      if (path.length > 0)
        assert.match(await zkOk([...path, "--help"]), /Examples?:\n {2}\$ zkmargin /, path.join(" "));
      if (command.commands.length === 0)
        assert.ok(
          command.options.some(({ long }) => long === "--json"),
          path.join(" "),
        );
      for (const below of command.commands) await visit(below, [...path, below.name()]);
    };
    await visit(program, []);
  });

  // shows: A57
  it("never replaces a secret or a new book, and never an input", async () => {
    const secret = write(work.at("secret"), SECRET);
    const csv = write(work.at("book.csv"), readFileSync(example("aave-borrower.csv"), "utf8"));
    for (const args of [
      ["book", "secret", "--out", secret],
      ["book", "new", "--account", "a", "--out", secret],
      ["book", "import", csv, "--account", "a", "--sequence", "1", "--out", `${work.path}/./book.csv`],
      ["market", "build", "--date", "2021-05-17", "--funding", csv, "--out", csv],
      ["prove", csv, "--market", "m", "--secret", secret, "--out", secret],
    ]) {
      const told = errorOf(await zk([...args, "--json"]));
      assert.equal(told.name, "UnwritableError", args.join(" "));
      assert.equal(told.exitCode, 3);
    }
    assert.equal(readFileSync(secret, "utf8"), SECRET);
    assert.deepEqual(readdirSync(work.path).sort(), ["book.csv", "secret"]);
  });

  it("answers an output that cannot be written with exit code 3 and its path, before any work", async () => {
    const file = write(work.at("file"), "x");
    mkdirSync(work.at("folder"));
    for (const [out, reason] of [
      [work.at("none/out"), "a folder that does not exist"],
      [`${file}/out`, "a path that leads through a file"],
      [work.at("folder"), "a folder"],
    ] as const)
      for (const args of [
        ["book", "secret"],
        ["book", "new", "--account", "a"],
        ["book", "import", example("aave-borrower.csv"), "--account", "a", "--sequence", "1"],
        ["market", "build", "--date", "2021-05-17"],
        // Neither market nor secret exists: the output is looked at first.
        ["prove", "book", "--market", "none", "--secret", "none"],
      ]) {
        const ran = await zk([...args, "--out", out]);
        assert.equal(ran.code, 3);
        assert.equal(ran.err, `zkmargin: ${out}: expected a file that can be written, got ${reason}\n`);
      }
    assert.equal((await zk(["book", "secret", "--out", "-"])).code, 2);
    assert.deepEqual(readdirSync(work.path).sort(), ["file", "folder"]);
  });

  it("answers an input that cannot be read with exit code 3 and its path", async () => {
    for (const [path, reason] of [
      [work.at("none"), "no such file"],
      [work.path, "a folder"],
    ] as const)
      for (const args of [
        ["market", "show", path],
        ["book", "show", path],
        ["verify", path],
        ["health", "b", "--market", path],
        ["market", "build", "--date", "2021-05-17", "--history", path, "--out", work.at("m")],
      ]) {
        const ran = await zk(args);
        assert.equal(ran.code, 3);
        assert.equal(ran.err, `zkmargin: ${path}: expected a readable file, got ${reason}\n`);
      }
    const profile = [
      "market",
      "build",
      "--date",
      "2021-05-17",
      "--profile",
      "rate-perp",
      "--out",
      work.at("m"),
    ];
    assert.match(
      (await zk(profile)).err,
      /rate-perp: expected collateralised-debt, rate-perps, .* or a readable file/,
    );
    writeFileSync(work.at("bytes"), Buffer.from([0x7b, 0xff, 0x7d]));
    assert.match(
      (await zk(["market", "show", work.at("bytes")])).err,
      /bytes: expected UTF-8 text, got other bytes/,
    );
  });

  it("reads standard input once", async () => {
    const market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--out", market]);
    const book = readFileSync(example("aave-borrower.json"), "utf8");
    assert.match(await zkOk(["book", "show", "-"], book), /aave-borrower, sequence 1/);
    assert.match(await zkOk(["health", "-", "--market", market], book), /health factor/);
    const twice = await zk(["health", "-", "--market", "-"], readFileSync(market, "utf8"));
    assert.deepEqual(
      [twice.code, twice.err],
      [
        2,
        'zkmargin: expected "-", standard input, for one of <book>, --market, got it for 2; name a file instead\n',
      ],
    );
    const both = ["market", "build", "--date", "2021-05-17", "--funding", "f", "--funding-rate", "3"];
    assert.equal((await zk([...both, "--out", market])).code, 2);
  });

  // shows: P13
  it("keeps the text of an internal error to itself, as it might quote the book", async () => {
    let err = "";
    const code = await run(["book", "show", "-"], {
      out() {},
      err: (text) => {
        err += text;
      },
      stdin: () => Promise.reject(new TypeError("cannot mix 48151.62342 LINK")),
      interactive: false,
      invocation: "npx zkmargin",
    });
    assert.equal(code, 1);
    assert.match(err, /^zkmargin: TypeError: an internal error[\s\S]*^\s+at [\s\S]*please report it\.\n$/m);
    assert.ok(!err.includes("48151"));
    assert.ok(!err.includes("LINK"));
  });

  it("shows an empty book, an isolated book and every shipped profile", async () => {
    const book = work.at("book.json");
    assert.deepEqual(await zkJson(["book", "new", "--account", "a", "--isolated", "--out", book]), {
      file: book,
      account: "a",
      sequence: 0,
      isolated: true,
    });
    assert.equal(await zkOk(["book", "show", book]), "a, sequence 0, isolated margin\n\n  no positions\n");
    for (const profile of ["collateralised-debt", "rate-perps", "portfolio-margin"]) {
      const market = work.at(`${profile}.json`);
      const built = await zkJson([
        ...["market", "build", "--date", "2021-05-17", "--profile", profile],
        ...["--funding-rate", "-3", "--out", market],
      ]);
      assert.equal((await zkJson(["market", "show", market])).digest, built.digest);
      const shown = await zkOk(["market", "show", market]);
      assert.match(shown, new RegExp(`^${profile} on 2021-05-17\n`));
      assert.match(shown, /funding +−0\.03 % of each close a day/);
      assert.match(
        await zkOk(["health", book, "--market", market]),
        /health factor none: nothing is owned or owed/,
      );
    }
  });

  it("shows what a book holds to programs in quanta", async () => {
    const shown = await zkJson(["book", "show", example("isolated-perp.json")]);
    assert.deepEqual(shown.positions, [
      { asset: "USDC", decimals: 6, spot: "6500000000", perp: "0" },
      { asset: "SOL", decimals: 9, spot: "0", perp: "500000000000" },
    ]);
    assert.match(shown.basis, /^-\d+$/);
  });

  describe("of folders", () => {
    needsKeys();

    it("exports all files or none, and makes no folder for none", async () => {
      const market = work.at("market.json");
      const bundle = work.at("proof.json");
      const secret = write(work.at("secret"), SECRET);
      await zkOk([
        "market",
        "build",
        "--date",
        "2021-05-17",
        "--profile",
        "collateralised-debt",
        "--out",
        market,
      ]);
      await zkOk([
        ...["prove", example("aave-borrower.json"), "--market", market, "--secret", secret],
        ...["--out", bundle, "--home", KEYS],
      ]);
      const through = await zk(["verify", bundle, "--export", `${secret}/x`]);
      assert.deepEqual([through.code, through.out], [3, ""]);
      // The last of the three files cannot be written.
      mkdirSync(work.at("export/proof.json"), { recursive: true });
      const partly = await zk(["verify", bundle, "--export", work.at("export")]);
      assert.deepEqual([partly.code, partly.out], [3, ""]);
      assert.deepEqual(readdirSync(work.at("export")), ["proof.json"]);
      assert.deepEqual(readdirSync(work.at("export/proof.json")), []);
    });

    it("says so where keys are reused, and refuses a home that cannot be", async () => {
      assert.match(await zkOk(["setup", "--home", KEYS]), /^Reused .*16x16: all there and unaltered\n/);
      assert.equal((await zkJson(["setup", "--home", KEYS])).reused, true);
      const file = write(work.at("file"), "x");
      const told = errorOf(await zk(["setup", "--home", `${file}/keys`, "--json"]));
      assert.deepEqual([told.name, told.exitCode], ["UnwritableError", 3]);
    });
  });
});
