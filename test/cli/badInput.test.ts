import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deriveSalt, parseSecret } from "../../src/book/salt.js";
import {
  BOOK,
  BOOKS,
  BUNDLES,
  CSVS,
  type Edit,
  FUNDINGS,
  HISTORIES,
  type Json,
  MARKETS,
  PROFILES,
} from "./badInputCases.js";
import { contents, errorOf, KEYS, needsKeys, SECRET, workFolder, write, zk, zkOk } from "./support.js";

/** Parts of the book's private values, the asset held, and what opens the commitment. */
const CANARIES = [
  ...["7310042", "135791", "48151", "62342", "31.4", "1592653", "2718281", "LINK"],
  ...[SECRET.slice(0, 12), SECRET.slice(-12), String(deriveSalt(parseSecret(SECRET), BOOK.account, 42))],
];

const EXIT: Record<string, number> = {
  TierMismatchError: 6,
  KeyMismatchError: 6,
  MarketMismatchError: 6,
  StatementMismatchError: 6,
  InvalidProofError: 5,
  ArtefactMissingError: 7,
  ArtefactAlteredError: 7,
  NotProvableError: 4,
  UsageError: 2,
};

describe("cli: bad input", () => {
  needsKeys();
  const work = workFolder();
  let market: string;
  let secret: string;
  let book: string;
  beforeEach(async () => {
    secret = write(work.at("secret"), SECRET);
    book = write(work.at("book.json"), BOOK);
    market = work.at("market.json");
    await zkOk(["market", "build", "--date", "2021-05-17", "--window", "1", "--out", market]);
  });

  /** Asserts exit code, class and field, silence about what is private, and that no file came, went or changed. */
  async function refuses(args: readonly string[], error: string, field: string): Promise<void> {
    const before = contents(work.path);
    const asJson = await zk([...args, "--json"]);
    const asText = await zk(args);
    const what = args.join(" ");
    const told = errorOf(asJson);
    assert.deepEqual(
      { name: told.name, code: asJson.code },
      { name: error, code: EXIT[error] ?? 3 },
      `${what}: ${told.message}`,
    );
    assert.ok(told.message.startsWith(`${field}: `), `${what}: expected ${field}, got "${told.message}"`);
    assert.deepEqual(asText, { code: asJson.code, out: "", err: `zkmargin: ${told.message}\n` });
    // What is listed is public, and told in full.
    const said = asJson.err.replace(/listed are [A-Z, ]+/, "");
    for (const canary of CANARIES) {
      assert.ok(!said.includes(canary), `${what} gives away ${canary}: ${told.message}`);
    }
    assert.deepEqual(contents(work.path), before, `${what} has written`);
  }

  const edited = (valid: unknown, edit: Edit | string): unknown =>
    typeof edit === "string" ? edit : edit(structuredClone(valid) as Json);
  const out = () => ["--out", work.at("out")];

  for (const [name, edit, error, field] of BOOKS)
    it(`book: ${name}`, async () => {
      write(book, edited(BOOK, edit));
      if (error !== "NotIsolatedError") await refuses(["book", "show", book], error, field);
      await refuses(["book", "commit", book, "--secret", secret], error, field);
      await refuses(["health", book, "--market", market], error, field);
      await refuses(["prove", book, "--market", market, "--secret", secret, ...out()], error, field);
    });

  for (const [name, csv, error, field] of CSVS)
    it(`book CSV: ${name}`, async () => {
      const file = write(work.at("book.csv"), csv);
      await refuses(["book", "import", file, "--account", "a", "--sequence", "1", ...out()], error, field);
    });

  for (const [name, edit, error, field] of MARKETS)
    it(`market: ${name}`, async () => {
      write(market, edited(JSON.parse(readFileSync(market, "utf8")), edit));
      await refuses(["market", "show", market], error, field);
      await refuses(["health", book, "--market", market], error, field);
      await refuses(["prove", book, "--market", market, "--secret", secret, ...out()], error, field);
    });

  for (const [what, cases] of Object.entries({ profile: PROFILES, history: HISTORIES, funding: FUNDINGS }))
    for (const [name, edit, error, field] of cases)
      it(`${what}: ${name}`, async () => {
        const { profile } = JSON.parse(readFileSync(market, "utf8"));
        const file = write(work.at("input"), edited(profile, edit));
        await refuses(
          ["market", "build", "--date", "2021-05-17", "--window", "1", `--${what}`, file, ...out()],
          error,
          field,
        );
      });

  it("claim: θ of 0 or too large, an envelope above 1 or with ill health", async () => {
    const prove = ["prove", book, "--market", market, "--secret", secret, ...out()];
    for (const theta of ["0", "65536"])
      for (const args of [["health", book, "--market", market], prove])
        assert.match(
          errorOf(await zk([...args, "--theta", theta, "--json"])).message,
          /'--theta <bps>'.* basis points from 1 to 65535/,
        );
    await refuses([...prove, "--envelope", "10001"], "OutOfRangeError", "claim.envelope");
    await refuses([...prove, "--unhealthy", "--envelope", "5"], "OutOfRangeError", "claim.envelope");
  });

  it("secret: short, repeated, no hex, missing", async () => {
    const commit = ["book", "commit", book, "--secret", secret];
    for (const [value, error] of [
      [SECRET.slice(0, 62), "OutOfRangeError"],
      ["ab".repeat(32), "OutOfRangeError"],
      [`${SECRET.slice(0, 62)}zz`, "FormatError"],
      ["", "FormatError"],
    ] as const) {
      write(secret, value);
      await refuses(commit, error, "secret");
    }
    rmSync(secret);
    await refuses(commit, "UnreadableError", secret);
  });

  it("more assets than the tier has", async () => {
    const large = JSON.parse(readFileSync(market, "utf8"));
    large.listing.push({ symbol: "SHIB", decimals: 0 });
    large.prices.push({ asset: "SHIB", low: "1", high: "1", funding: "0" });
    large.profile.assets.push({ ...large.profile.assets[1], asset: "SHIB", impact: "0" });
    for (const { shocks } of large.profile.scenarios) shocks.SHIB = 0;
    write(market, large);
    await zkOk(["market", "show", market]);
    await refuses(["health", book, "--market", market], "TooManyError", "market.listing");
    await zkOk(["health", book, "--market", market, "--tier", "32x16"]);
    const positions = large.listing.map(({ symbol }: { symbol: string }) => ({
      asset: symbol,
      spot: "7",
      perp: "0",
    }));
    write(book, { ...BOOK, positions });
    await refuses(["health", book, "--market", market], "TooManyError", "market.listing");
    const prove = ["prove", book, "--market", market, "--secret", secret, ...out()];
    await refuses(prove, "TooManyError", "book.positions");
  });

  describe("of verify", () => {
    let bundle: string;
    beforeEach(async () => {
      bundle = work.at("proof.json");
      write(book, { ...BOOK, positions: [BOOK.positions[0]] });
      const prove = ["prove", book, "--market", market, "--secret", secret, "--out", bundle, "--home", KEYS];
      await zkOk(prove);
    });

    // shows: A49
    it("refuses each edited bundle", async () => {
      const valid = JSON.parse(readFileSync(bundle, "utf8"));
      for (const [, edit, error, field] of BUNDLES) {
        write(bundle, edited(valid, edit));
        await refuses(["verify", bundle, "--export", work.at("snarkjs")], error, field);
      }
    });

    it("refuses another market than the bundle's", async () => {
      const other = work.at("other.json");
      await zkOk(["market", "build", "--date", "2021-05-18", "--window", "1", "--out", other]);
      await refuses(["verify", bundle, "--market", other], "MarketMismatchError", "market");
    });
  });

  describe("of artefacts", () => {
    const home = () => work.at("keys");
    const inHome = (file: string) => join(home(), "16x16", file);
    beforeEach(() => cpSync(join(KEYS, "16x16"), join(home(), "16x16"), { recursive: true }));
    const refusesHome = async (error: string, file: string) => {
      const args = ["prove", book, "--market", market, "--secret", secret, ...out(), "--home", home()];
      await refuses(args, error, inHome(file));
    };

    for (const file of [
      "manifest.json",
      "circuit.r1cs",
      "circuit.wasm",
      "proving-key.zkey",
      "verification-key.json",
    ]) {
      it(`refuses a missing ${file}`, async () => {
        rmSync(inHome(file));
        await refusesHome("ArtefactMissingError", file);
      });

      it(`refuses an altered ${file}`, async () => {
        const bytes = readFileSync(inHome(file));
        bytes.writeUInt8((bytes.at(-20) ?? 0) ^ 1, bytes.length - 20);
        writeFileSync(inHome(file), bytes);
        await refusesHome("ArtefactAlteredError", file);
      });
    }

    it("refuses a tier that is not there", async () => {
      await refuses(
        [
          "prove",
          book,
          "--market",
          market,
          "--secret",
          secret,
          ...out(),
          "--home",
          home(),
          "--tier",
          "32x16",
        ],
        "ArtefactMissingError",
        join(home(), "32x16", "manifest.json"),
      );
    });
  });
});
