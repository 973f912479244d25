import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Wallet } from "ethers";
import type { Page } from "playwright-core";
import { ANVIL_KEYS } from "../../src/chain/anvil.js";
import { signBook } from "../../src/chain/attest.js";
import { pinnedVerificationKey } from "../../src/groth16/artefacts/load.js";
import { type MarketFile, marketDigest, serialiseMarket } from "../../src/market/file.js";
import { serialiseAttestation } from "../../src/prove/attestation.js";
import { type Band, bandClaim, serialiseBand } from "../../src/prove/band.js";
import { type Bundle, serialiseBundle } from "../../src/prove/bundle.js";
import { bandWords, QUALIFIER } from "../../src/prove/statementWords.js";
import { MAX_BYTES } from "../../web/givenFiles.js";
import type { WatchedPage } from "../support/browser.js";
import { marketOn } from "../support/desk.js";
import { type Answer, answerOf, builtPage, type Dropped, give } from "../support/verifierPage.js";
import { HOSTILE, type OpenedPage, usePage } from "./usePage.js";

describe("the verifier's page", () => {
  let built: OpenedPage["built"];
  let market: MarketFile;
  let bundle: Bundle;
  let other: Bundle;
  let sleeved: Bundle;
  let hostile: Bundle;
  let band: Band;
  let watched: WatchedPage;
  let page: Page;
  usePage((opened) => {
    ({ built, market, bundle, other, sleeved, hostile, band, watched, page } = opened);
  });

  const desk = (edited: Partial<Bundle> = {}): Dropped => ({
    name: "desk.proof.json",
    text: serialiseBundle({ ...bundle, ...edited }),
  });
  const own = (given = market): Dropped => ({ name: "market.json", text: serialiseMarket(given) });

  // shows: A48
  it("is one file that may load and send nothing, the same from the same sources", async () => {
    assert.deepEqual((await readdir(built.folder)).sort(), ["index.html", "index.html.sha256"]);
    const html = await readFile(join(built.folder, "index.html"), "utf8");
    assert.equal(
      await readFile(join(built.folder, "index.html.sha256"), "utf8"),
      `${createHash("sha256").update(html).digest("hex")}  index.html\n`,
    );
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    const [, code = ""] = /<script type="module">(.*)<\/script>/s.exec(html) ?? [];
    const [, css = ""] = /<style>(.*)<\/style>/s.exec(html) ?? [];
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    assert.equal(
      policy,
      `default-src 'none'; script-src ${hash(code)} 'wasm-unsafe-eval'; style-src ${hash(css)}; img-src data:; ` +
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    const again = await builtPage();
    try {
      assert.equal(await readFile(join(again.folder, "index.html"), "utf8"), html);
    } finally {
      await again.remove();
    }
  });

  // shows: A48
  it("could not send anything if it wanted to", async () => {
    const send = 'fetch("https://example.org").then(() => "sent", () => "refused")';
    assert.equal(await page.evaluate(send), "refused");
    const [complaint = ""] = watched.complaints.splice(0);
    assert.match(complaint, /example\.org.* violates the .*Content Security Policy/);
  });

  it("verifies a bundle against the reader's market, and says what was proven, with what, and what not", async () => {
    const answer = await give(page, desk(), own());
    assert.equal(answer.error, null);
    assert.match(
      answer.text,
      /The health factor of the committed book is above 1\.0000 at the prices of this market/,
    );
    assert.match(answer.text, /and at all prices within 1\.00% of them\./);
    assert.ok(answer.text.includes(String(bundle.commitment)));
    assert.ok(answer.text.includes(bundle.marketDigest));
    assert.ok(answer.text.includes(bundle.verificationKeyHash));
    assert.match(answer.text, /Given by\s+you, in a file: market\.json/);
    assert.match(answer.text, /What it does not say/);
    assert.doesNotMatch(answer.text, /sleeve's numbers|Sleeve|Support|the support/);
    assert.ok(answer.text.includes(`That no debt was left out. The book is ${QUALIFIER}`));
    const all = ["bundle", "market", "key", "statement", "proof", "snarkjs"];
    assert.deepEqual(answer.checks, Object.fromEntries(all.map((check) => [check, "passed"])));
  });

  it("says what a sleeve and a support mean, and what their attesters answer for", async () => {
    const { error, text } = await give(page, { name: "options.json", text: serialiseBundle(sleeved) });
    assert.equal(error, null);
    for (const words of [
      /with 1000\.05 dollars more owed, is above 1\.0000/,
      /Support\s+true although \$1,?000\.05 more is owed: so much is free/,
      /Sleeve\s+may hold options and other positions .* as the attesters computed them for a band of prices and until a time/,
      /That the sleeve's numbers are right\. The attesters answer for them/,
      /That the support is reserved\./,
    ])
      assert.match(text, words);
  });

  it("says loudly that a development key is worth nothing", async () => {
    const { title, text } = await give(page, desk(), own());
    assert.equal(title, "Valid, but anybody could have made it");
    assert.match(text, /DEVELOPMENT KEY: anybody can make such a proof, of anything/);
    assert.equal(await page.locator(".verdict.caution").count(), 1);
    assert.equal(await page.locator(".verdict.good").count(), 0);
  });

  it("is green for a ceremony's key and the reader's own market, and for nothing less", async () => {
    const { key, hash } = await pinnedVerificationKey("16x16");
    const worth = { kind: "ceremony", phase1: "hermez" } as const;
    const trusting = await builtPage({ "16x16": { ...worth, key, hash } });
    try {
      await page.goto(trusting.url);
      const { title, text } = await give(page, desk({ key: worth }), own());
      assert.equal(title, "Valid");
      assert.equal(await page.locator(".verdict.good").count(), 1);
      assert.match(text, /ceremony key: phase 1 is the published Hermez ceremony/);
      await page.goto(trusting.url);
      assert.equal((await give(page, desk({ key: worth }))).title, "Valid");
      assert.equal(await page.locator(".verdict.caution").count(), 1, "the market is not the reader's");
      // The earlier bundle, whose key says that it is a development key.
      assert.equal((await give(page, desk())).error, "StatementMismatchError");
    } finally {
      await trusting.remove();
    }
  });

  const attested = async (changed: object = {}, commitment = bundle.commitment): Promise<Dropped> => {
    const place = { chainId: 1n, registry: `0x${"22".repeat(20)}`, listing: market.listing };
    const terms = {
      account: `0x${"11".repeat(32)}`,
      sequence: 1n,
      asOf: 1_621_209_600n,
      expiresAt: 1_621_296_000n,
    };
    const signed = await signBook(new Wallet(ANVIL_KEYS[0]), place, { ...terms, commitment });
    return { name: "desk.attestation.json", text: serialiseAttestation({ ...signed, ...changed }) };
  };

  it("says who signed the book, for which chain and registry, and until when", async () => {
    const { text, checks } = await give(page, desk(), own(), await attested());
    assert.match(
      text,
      /Signed by 0xf39F.* for account 0x11.* in registry 0x22.* on chain 1: book 1, dated 2021-05-17/,
    );
    assert.match(text, /EXPIRED: it counted until 2021-05-18 00:00 UTC, \d+ years ago/);
    assert.match(text, /Every attestation of this book that you gave has expired\./);
    assert.match(text, /Prices of \d+ years ago\./);
    assert.equal(checks.attestation, "passed");
    const other = await give(page, await attested({}, 7n));
    assert.match(other.text, /None of the attestations that you gave is of this book\./);
    assert.equal(other.checks.attestation, undefined);
    const forged = await give(page, await attested({ sequence: 2n }));
    assert.deepEqual([forged.title, forged.error], ["Not signed by its attester", "InvalidAttestationError"]);
    assert.ok(!forged.text.includes("What was proven"));
    const torn = { name: "desk.attestation.json", text: '{"format": "zkmargin/attestation@3"}' };
    assert.equal((await give(page, torn)).title, "Not a whole attestation");
  });

  it("prints an answer as a certificate on one sheet", async () => {
    await give(page, desk(), own(), await attested());
    for (const format of ["A4", "Letter"]) {
      const pdf = (await page.pdf({ format })).toString("latin1");
      assert.equal(pdf.match(/\/Type\s*\/Page\b/g)?.length, 1, format);
    }
    await page.emulateMedia({ media: "print" });
    for (const hidden of ["#intake", ".print", "details"])
      assert.ok(!(await page.locator(hidden).first().isVisible()), hidden);
    assert.ok(await page.locator(".attested").isVisible());
  });

  it("says that a market which came with the bundle is its sender's word", async () => {
    const { text, checks } = await give(page, desk());
    assert.match(text, /The market came with the bundle, from its sender/);
    assert.match(text, /the bundle: nobody vouches for it but its sender/);
    assert.equal(checks.market, undefined);
    // The reader's own takes its place, whenever it comes.
    assert.match((await give(page, own())).text, /Given by\s+you, in a file/);
  });

  it("asks for a market where there is none, and goes on when it comes", async () => {
    const { market: _, ...bare } = bundle;
    const asked = await give(page, { name: "bare.json", text: serialiseBundle(bare) });
    assert.deepEqual([asked.title, asked.error], ["A market is missing", "MissingFieldError"]);
    assert.ok(asked.text.includes(bundle.marketDigest), "names the market that it needs");
    assert.deepEqual([asked.checks.statement, asked.checks.proof], ["missing", "not-reached"]);
    assert.equal((await give(page, own())).error, null);
  });

  // shows: A47
  it("refuses another market than the one it was proven against", async () => {
    const given = marketOn("2021-05-19");
    const { title, error, text, checks } = await give(page, desk(), own(given));
    assert.deepEqual([title, error], ["Not the market that it was proven against", "MarketMismatchError"]);
    assert.ok(text.includes(marketDigest(given)) && text.includes(bundle.marketDigest), "names both");
    assert.ok(!text.includes("What was proven"));
    assert.deepEqual([checks.key, checks.statement, checks.proof], ["passed", "failed", "not-reached"]);
  });

  const asBand = (): Dropped => ({ name: "desk.band.json", text: serialiseBand(band) });

  it("verifies a band, and says what it says and what not", async () => {
    const { error, text, checks } = await give(page, asBand(), own());
    assert.equal(error, null);
    assert.ok(text.includes(bandWords(bandClaim(band))));
    assert.match(text, /Where in the band it lies\. Nothing is shown of positions or their sizes\./);
    assert.deepEqual([...new Set(Object.values(checks))], ["passed"]);
  });

  const garbage: Record<string, [Dropped, RegExp]> = {
    "other text": [{ name: "notes.txt", text: "dear counterparty" }, /^notes\.txt: expected JSON/],
    "nothing at all": [
      { name: "empty.json", text: "" },
      /^empty\.json: expected JSON, got a text that ends early/,
    ],
    bytes: [{ name: "a.bin", text: "\u0000\u0001\uffff".repeat(99) }, /^a\.bin: expected JSON/],
    "a list": [{ name: "list.json", text: "[1]" }, /^list\.json: expected an object, got a list/],
    "a book": [
      { name: "book.json", text: '{"format": "zkmargin/book@2"}' },
      /^book\.json\.format: expected zkmargin\/bundle@2 or zkmargin\/band@1 or zkmargin\/market@1 or zkmargin\/attestation@3 or zkmargin\/attestation@2 or zkmargin\/attestation@1 or zkmargin\/bundle@1, got another format; drop a proof bundle/,
    ],
    "a format that JavaScript has a value for": [
      { name: "odd.json", text: '{"format": "constructor"}' },
      /^odd\.json\.format: expected zkmargin\/bundle@2 or/,
    ],
    "deep nesting": [
      { name: "deep.json", text: "[".repeat(100_000) },
      /^deep\.json: expected at most 64 levels/,
    ],
  };
  for (const [what, [file, message]] of Object.entries(garbage))
    it(`does not take ${what} for a bundle`, async () => {
      const { title, refused } = await give(page, file);
      assert.equal(title, "");
      assert.match(refused, message);
    });

  it("does not read a huge file", async () => {
    const { refused } = await give(page, { name: "huge.json", text: " ".repeat(MAX_BYTES + 1) });
    assert.match(refused, /^huge\.json: expected a file of at most 4 MB/);
  });

  it("takes a bundle that was cut short for what it is", async () => {
    const { refused } = await give(page, { name: "cut.json", text: desk().text.slice(0, 9_000) });
    assert.match(refused, /^cut\.json: expected JSON, got a text that ends early/);
  });

  const cut = (name: string): Dropped => ({ name, text: serialiseBundle(other).slice(0, 950) });
  const noVerdict = ({ text, verdicts }: Answer) => {
    assert.match(text, /^No verdict while a file is refused\./);
    assert.doesNotMatch(text, /Valid|What was proven/);
    assert.deepEqual(verdicts, []);
  };

  it("shows no verdict beside a refused file, and the refusal where it can be seen", async () => {
    await page.setViewportSize({ width: 800, height: 500 });
    await give(page, own(), desk());
    // Whatever its name, and whether it takes the place of a file or not.
    for (const name of ["other.proof.json", "desk.proof.json"]) {
      const answer = await give(page, cut(name));
      noVerdict(answer);
      assert.ok(answer.refused.includes(`${name}: expected JSON, got a text that ends early`));
      const [seen, box] = [await page.evaluate("innerHeight"), await page.locator("#refused").boundingBox()];
      assert.ok(box !== null && box.y >= 0 && box.y + box.height <= Number(seen), "is on the screen");
    }
    await page.getByRole("button", { name: "Take away what was refused" }).click();
    assert.equal(await page.locator("#result article").count(), 0, "the valid bundle of that name is gone");
    noVerdict(await give(page, desk(), cut("other.proof.json")));
    await page.getByRole("button", { name: "Take away the refused file: other.proof.json" }).click();
    const { verdicts, refused } = await answerOf(page);
    assert.deepEqual(
      [verdicts, refused],
      [[["desk.proof.json", "Valid, but anybody could have made it"]], ""],
    );
  });

  it("gives each bundle a verdict of its own, by its file, dropped together or one after the other", async () => {
    const bad = { ...desk({ proof: { ...bundle.proof, pi_a: other.proof.pi_a } }), name: "bad.proof.json" };
    const second = { name: "second.proof.json", text: serialiseBundle(other) };
    const together = await give(page, own(), bad, second);
    const expected = [
      ["bad.proof.json", "Not valid"],
      ["second.proof.json", "Valid, but anybody could have made it"],
    ];
    assert.deepEqual(together.verdicts, expected);
    assert.match(together.text, /^2 proof bundles, a verdict for each/);
    const { verdicts } = await give(page, desk(), { ...second, name: desk().name });
    const all = [...expected, [desk().name, expected[1]?.[1]], [desk().name, expected[1]?.[1]]];
    assert.deepEqual(verdicts, all, "also of files of one name");
    const ids = await page.locator("[id]").evaluateAll((elements) => elements.map(({ id }) => id));
    assert.deepEqual(ids, [...new Set(ids)], "no name of an element twice");
    await page.locator("#overview + ol a").nth(3).click();
    assert.equal(await page.evaluate("location.hash"), "#verdict-4");
  });

  it("verifies again whenever the market changes, and none against a market that is gone", async () => {
    const { market: _, ...bare } = bundle;
    const without = { name: "bare.json", text: serialiseBundle(bare) };
    const [valid, missing, mismatch] = [
      "Valid, but anybody could have made it",
      "A market is missing",
      "Not the market that it was proven against",
    ];
    const titles = async (...files: readonly Dropped[]) =>
      (await give(page, ...files)).verdicts.map(([, title]) => title);
    assert.deepEqual(await titles(without, { ...without, name: "again.json" }), [missing, missing]);
    assert.deepEqual(await titles(own()), [valid, valid]);
    const others = { ...own(marketOn("2021-05-19")), name: "newer.json" };
    assert.deepEqual(await titles(others), [mismatch, mismatch], "the newest market is the one");
    assert.deepEqual(await titles(own()), [valid, valid]);
    noVerdict(await give(page, { name: "market.json", text: "{" }));
    await page.getByRole("button", { name: "Take away what was refused" }).click();
    assert.deepEqual(
      (await answerOf(page)).verdicts.map(([, title]) => title),
      [missing, missing],
    );
    noVerdict(await give(page, own(), others));
    const torn = { name: "market.json", text: own().text.replace('"prices"', '"price"') };
    await page.getByRole("button", { name: "Take away what was refused" }).click();
    assert.deepEqual(await titles(torn), ["Not a whole market file", "Not a whole market file"]);
  });

  it("refuses a folder by name", async () => {
    const devtools = await page.context().newCDPSession(page);
    const data = { items: [], files: [built.folder], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await devtools.send("Input.dispatchDragEvent", { type, x: 100, y: 100, data });
    const answer = await answerOf(page);
    noVerdict(answer);
    assert.match(answer.refused, /^zkmargin-web-\S+: expected a file that this browser can read, got none/);
  });

  // shows: A48
  it("shows names that strangers chose as text and nothing else", async () => {
    const answer = await give(page, { name: `${HOSTILE}\u202e.json`, text: serialiseBundle(hostile) });
    assert.equal(answer.error, null);
    assert.ok(answer.text.includes(HOSTILE), "the profile's name");
    assert.ok((await page.locator("#given").innerText()).includes(HOSTILE), "the file's name");
    assert.equal(await page.locator("img, #given script, #result script").count(), 0);
    // What turns the direction of writing around does so in an element of its own, each time that the file is named.
    assert.equal(await page.locator("bdi").filter({ hasText: "\u202e" }).count(), 2);
  });

  it("takes what is dropped anywhere on it", async () => {
    // As text, since the tests know no types of a browser.
    const files = await page.evaluateHandle(
      `(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([${JSON.stringify(desk().text)}], "dropped.json"));
        return transfer;
      })()`,
    );
    await page.dispatchEvent("footer", "drop", { dataTransfer: files });
    assert.equal((await answerOf(page)).error, null);
  });

  it("can be used by keyboard alone", async () => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.id"), "files");
    const opened = page.waitForEvent("filechooser");
    // An answer from the page means that it knows of the test that waits for the chooser.
    await page.evaluate("document.hasFocus()");
    await page.keyboard.press("Enter");
    const chooser = await opened;
    await chooser.setFiles({
      name: "desk.json",
      mimeType: "application/json",
      buffer: Buffer.from(desk().text),
    });
    await answerOf(page);
    assert.equal(await page.evaluate("document.activeElement.id"), "verdict", "the answer is read out");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.ok(await page.locator("details[open] table").first().isVisible());
  });

  it("forgets a file that is taken away", async () => {
    await give(page, desk(), own());
    await page.getByRole("button", { name: "Take away the proof bundle: desk.proof.json" }).click();
    assert.equal(await page.locator("#result article").count(), 0);
    assert.match(await page.locator("#result").innerText(), /Now drop the proof bundle/);
  });

  it("fits a phone, with every number open", async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await give(page, desk(), own());
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 360);
    assert.match(await page.locator("table").first().innerText(), /BTC\s+4[0-9]{4}/);
  });
});
