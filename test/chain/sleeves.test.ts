import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAudit } from "../../src/audit/result.js";
import { ChainDesk, ROOT } from "../support/chainDesk.js";

const SLEEVE = join(ROOT, "examples/options/sleeve.csv");
const SURFACE = join(ROOT, "examples/options/surface.json");
/** When the local chain begins, midnight UTC; its surface is observed then. */
const GENESIS = 1_621_209_600;

describe("an options desk on chain, from the command line", () => {
  const account = { id: "", name: "options/cross" };
  let desk: ChainDesk;
  before(async () => {
    desk = await ChainDesk.start();
  });
  after(() => desk?.close());

  const secret = () => ["--secret", desk.file("desk.secret")];
  const owned = () => ["--account", account.id];
  const statusOf = async () => {
    const { accounts } = JSON.parse(await desk.ok("status", ...desk.at, account.id));
    return accounts[0];
  };
  /** A book with arrays for the newest round, and the attestation of its custodian. */
  const attested = async (sequence: number, until: number) => {
    const [linear, full] = [desk.file("linear.json"), desk.file(`full-${sequence}.json`)];
    const book = { format: "zkmargin/book@2", account: account.name, sequence, isolated: false };
    const positions = [
      { asset: "BTC", spot: "20" },
      { asset: "USDC", spot: "2000000" },
    ];
    await writeFile(linear, JSON.stringify({ ...book, positions }));
    const round = desk.file(`round-${sequence}.json`);
    await desk.ok("round", ...desk.at, "--out", round);
    const surface = JSON.parse(await readFile(SURFACE, "utf8"));
    await writeFile(desk.file("surface.json"), JSON.stringify({ ...surface, time: GENESIS }));
    const priced = ["--surface", desk.file("surface.json"), "--market", round, "--book", linear, ...secret()];
    const outs = ["--out", desk.file("arrays.json"), "--book-out", full];
    await desk.ok("sleeve", "arrays", SLEEVE, ...priced, "--until", String(until), ...outs);
    const archived = ["--archive", desk.file("desk.archive"), "--epoch", "1"];
    const { commitment } = await desk.json("book", "commit", full, ...secret(), ...archived);
    const terms = [...owned(), "--commitment", commitment, "--sequence", String(sequence)];
    const out = desk.file(`signed-${sequence}.json`);
    const by = [...desk.by("ZKM_CUSTODIAN"), "--out", out, "--as-of", await desk.now()];
    return { full, round, out, sign: ["attest", "sign", ...desk.at, ...terms, ...by] };
  };

  it("is proven healthy with its sleeve, within the band that its attester signed", async () => {
    await desk.json(...desk.deployArguments());
    const named = ["--name", account.name, "--attester", desk.custodian];
    account.id = (await desk.json("attest", "open", ...desk.at, ...named, ...desk.by("ZKM_OWNER"))).account;
    await desk.json("poke", ...desk.at, ...desk.by("ZKM_KEEPER"));
    await desk.ok("archive", "init", desk.file("desk.archive"), ...secret());
    const { full, round, out, sign } = await attested(1, GENESIS + 8 * 3_600);
    const refused = await desk.fails(2, ...sign, "--book", full);
    assert.match(refused.message, /expected --book and --market together/);
    const loose = JSON.parse(await readFile(full, "utf8"));
    loose.sleeve.band.fundingWeight = null;
    await writeFile(desk.file("loose.json"), JSON.stringify(loose));
    const unbound = await desk.fails(3, ...sign, "--book", desk.file("loose.json"), "--market", round);
    assert.match(unbound.message, /band\.fundingWeight: expected 1 to 10/);
    await desk.ok(...sign, "--book", full, "--market", round);
    assert.equal(JSON.parse(await readFile(out, "utf8")).sleeve.pricedAt, "1");
    await desk.json("attest", "relay", ...desk.at, out, ...desk.by("ZKM_KEEPER"));
    const proof = await desk.prove(full, "--envelope", "500");
    const submitted = await desk.json(
      "submit",
      ...desk.at,
      `${account.id}=${proof}`,
      ...desk.by("ZKM_KEEPER"),
    );
    assert.equal(submitted.results[0]?.outcome, "accepted");
    const { status, book, claim } = await statusOf();
    assert.deepEqual([status, book.sleeve.band, book.sleeve.pricedAt], ["healthy", 100, "1"]);
    assert.equal(claim.sleeve.until, book.sleeve.until);
    const { out: shown } = await desk.run("status", ...desk.at, account.id);
    assert.match(shown, /sleeve +within 1\.00 % of the prices of round 1, until 2021-05-17T08:00:00Z\n/);
    assert.match(shown, /band used +0\.00 %\n/);
  });

  it("goes into grace when prices leave the band, though not the envelope, and a keeper asks for a new book", async () => {
    await desk.ok("local", "price", "BTC", "+1.5%", ...desk.at);
    assert.equal((await statusOf()).status, "grace");
    const { out: shown } = await desk.run("status", ...desk.at, account.id);
    assert.match(shown, /band used +all\n/);
    const full = desk.file("full-1.json");
    const proof = await desk.prove(full, "--envelope", "500");
    const late = await desk.fails(
      8,
      "submit",
      ...desk.at,
      `${account.id}=${proof}`,
      ...desk.by("ZKM_KEEPER"),
    );
    assert.match(late.message, /SleeveBandLeft/);
    const keep = [
      "keep",
      ...desk.at,
      `${account.id}=${full}`,
      ...secret(),
      "--once",
      ...desk.by("ZKM_KEEPER"),
    ];
    const kept = await desk.run(...keep, "--home", join(ROOT, "build/keys"));
    assert.match(kept.out, /its band is used up/);
  });

  it("is healthy again with a new book, until a signer voids its sleeve", async () => {
    const { full, round, out, sign } = await attested(2, GENESIS + 8 * 3_600);
    await desk.ok(...sign, "--book", full, "--market", round);
    await desk.json("attest", "relay", ...desk.at, out, ...desk.by("ZKM_KEEPER"));
    const proof = await desk.prove(full, "--envelope", "500");
    await desk.json("submit", ...desk.at, `${account.id}=${proof}`, ...desk.by("ZKM_KEEPER"));
    assert.equal((await statusOf()).status, "healthy");
    await desk.ok("attest", "void", ...desk.at, ...owned(), ...desk.by("ZKM_CUSTODIAN"));
    await desk.ok("attest", "void", ...desk.at, ...owned(), ...desk.by("ZKM_CUSTODIAN"));
    const { status, book } = await statusOf();
    assert.equal(status, "grace");
    assert.notEqual(book.sleeve.voidedAt, "0");
  });

  it("cannot pass off a sleeve as a book without one", async () => {
    const { full, out, sign } = await attested(3, GENESIS + 8 * 3_600);
    await desk.ok(...sign);
    await desk.json("attest", "relay", ...desk.at, out, ...desk.by("ZKM_KEEPER"));
    const proof = await desk.prove(full);
    const refused = await desk.fails(
      8,
      "submit",
      ...desk.at,
      `${account.id}=${proof}`,
      ...desk.by("ZKM_KEEPER"),
    );
    assert.match(refused.message, /NoSleeve/);
  });

  it("is audited with nothing but its archive: each sleeve is computed again, and nothing is found", async () => {
    const [disclosure, audit] = [desk.file("desk.disclosure"), desk.file("audit.json")];
    const exported = ["archive", "export", desk.file("desk.archive"), ...secret()];
    await desk.ok(...exported, "--owner", desk.owner, "--out", disclosure);
    const replayed = ["audit", "replay", ...desk.at, "--disclosure", disclosure, "--out", audit];
    const { out } = await desk.run(...replayed);
    assert.match(out, /sleeves +2 attested, 2 computed again\n/);
    assert.match(out, /Nothing that does not fit\./);
    const { findings, coverage, accounts } = parseAudit(await readFile(audit, "utf8"));
    assert.equal(findings.total, 0);
    assert.deepEqual([coverage.openingsMatched, coverage.proofsVerified], [3, 2]);
    assert.ok(accounts[0]?.claims.items.every(({ sleeve, verified }) => sleeve && verified));
    assert.equal(accounts[0]?.verdicts.items[0]?.disclosed, "confirmed");
    // The positions are in the disclosure, and in no audit.
    assert.match(await readFile(disclosure, "utf8"), /BTC-28MAY21-48000-C/);
    assert.doesNotMatch(await readFile(audit, "utf8"), /28MAY21/);
  });

  it("is audited with a disclosure of the version before, of which no sleeve can be computed again", async () => {
    const text = await readFile(desk.file("desk.disclosure"), "utf8");
    const lines = text
      .trimEnd()
      .split("\n")
      .map((line) => {
        const { sources: _, ...rest } = JSON.parse(line);
        return JSON.stringify(rest).replace("disclosure@2", "disclosure@1");
      });
    await writeFile(desk.file("old.disclosure"), `${lines.join("\n")}\n`);
    const replayed = ["audit", "replay", ...desk.at, "--disclosure", desk.file("old.disclosure"), "--json"];
    const { findings } = JSON.parse(await desk.ok(...replayed));
    assert.deepEqual(findings.byCode, { "sleeve-unseen": 2 });
  });
});
