import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { type MarketFile, marketDigest, serialiseMarket } from "../../src/market/file.js";
import { pinnedVerificationKey } from "../../src/prove/artefacts/pins.js";
import { type Band, bandClaim, serialiseBand } from "../../src/prove/band.js";
import { type Bundle, serialiseBundle } from "../../src/prove/bundle.js";
import { proveBand } from "../../src/prove/proveBand.js";
import { ProvingSession } from "../../src/prove/session.js";
import { bandWords, QUALIFIER } from "../../src/prove/words.js";
import { MAX_BYTES } from "../../web/intake.js";
import { useBrowser, type WatchedPage } from "../support/browser.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";
import { answerOf, builtPage, type Dropped, give } from "../support/verifierPage.js";

/** A name as a stranger might choose it. */
const HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&";

describe("the verifier's page", () => {
  const browser = useBrowser();
  let built: Awaited<ReturnType<typeof builtPage>>;
  let market: MarketFile;
  let bundle: Bundle;
  let other: Bundle;
  let hostile: Bundle;
  let band: Band;
  let watched: WatchedPage;
  let page: Page;

  before(async () => {
    built = await builtPage();
    market = marketOn("2021-05-17");
    const session = await ProvingSession.open(await defaultArtefacts());
    try {
      const request = { opening: exampleBook("cash-and-carry"), market, theta: 10_000 };
      bundle = await session.prove({ ...request, envelope: 100 });
      other = await session.prove({ ...request, envelope: 50 });
      band = await proveBand(session, { opening: request.opening, market });
      const profile = { ...market.profile, name: HOSTILE, description: `${HOSTILE}\u202e` };
      hostile = await session.prove({ ...request, market: { ...market, profile } });
    } finally {
      await session.close();
    }
  });
  after(() => built?.remove());

  beforeEach(async () => {
    watched = await browser.open();
    page = watched.page;
    await page.goto(built.url);
  });
  afterEach(async () => {
    assert.deepEqual(watched.complaints, [], "nothing in the console");
    assert.deepEqual(watched.requests, [], "nothing asked for, nothing sent");
    await page.context().close();
  });

  const desk = (edited: Partial<Bundle> = {}): Dropped => ({
    name: "desk.proof.json",
    text: serialiseBundle({ ...bundle, ...edited }),
  });
  const own = (given = market): Dropped => ({ name: "market.json", text: serialiseMarket(given) });
  /** The bundle's text with one place of it replaced. */
  const edited = (from: string | RegExp, to: string): Dropped => {
    const { name, text } = desk();
    assert.match(text, new RegExp(from));
    return { name, text: text.replace(from, to) };
  };

  it("is one file that may load and send nothing, the same from the same sources", async () => {
    assert.deepEqual(await readdir(built.folder), ["index.html"]);
    const html = await readFile(join(built.folder, "index.html"), "utf8");
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
    assert.match(answer.text, /Given by\s+you, in a file/);
    assert.match(answer.text, /What it does not say/);
    assert.ok(answer.text.includes(`That no debt was left out. The book is ${QUALIFIER}`));
    const all = ["bundle", "market", "key", "statement", "proof", "snarkjs"];
    assert.deepEqual(answer.checks, Object.fromEntries(all.map((check) => [check, "passed"])));
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
      // The bundle of before, whose key says that it is a development key.
      assert.equal((await give(page, desk())).error, "StatementMismatchError");
    } finally {
      await trusting.remove();
    }
  });

  it("says that a market which came with the bundle is its sender's word", async () => {
    const { text, checks } = await give(page, desk());
    assert.match(text, /The market came with the bundle, from whoever sent it/);
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

  it("refuses another market than the one it was proven against", async () => {
    const given = marketOn("2021-05-19");
    const { title, error, text, checks } = await give(page, desk(), own(given));
    assert.deepEqual([title, error], ["Not the market that it was proven against", "MarketMismatchError"]);
    assert.ok(text.includes(marketDigest(given)) && text.includes(bundle.marketDigest), "names both");
    assert.ok(!text.includes("What was proven"));
    assert.deepEqual([checks.key, checks.statement, checks.proof], ["passed", "failed", "not-reached"]);
  });

  const tampered: Record<string, [() => Dropped, string, string]> = {
    "another commitment": [() => desk({ commitment: bundle.commitment + 1n }), "proof", "InvalidProofError"],
    "another proof": [() => desk({ proof: other.proof }), "proof", "InvalidProofError"],
    "a wider envelope": [
      () => desk({ claim: { ...bundle.claim, envelope: 101 } }),
      "proof",
      "InvalidProofError",
    ],
    "a higher threshold": [
      () => desk({ claim: { ...bundle.claim, theta: 12_500 } }),
      "proof",
      "InvalidProofError",
    ],
    "prices and their digest": [
      () => {
        const [first, ...rest] = market.prices;
        assert.ok(first);
        const kinder = { ...market, prices: [{ ...first, high: first.high + 1n }, ...rest] };
        return desk({ market: kinder, marketDigest: marketDigest(kinder) });
      },
      "proof",
      "InvalidProofError",
    ],
    "prices alone": [() => edited(/"low": "\d+/, '"low": "1'), "bundle", "StatementMismatchError"],
    "kinder words": [() => edited("above 1.0000", "above 2.0000"), "bundle", "StatementMismatchError"],
    "numbers without the claim": [
      () => edited('"theta": 10000', '"theta": 20000'),
      "bundle",
      "StatementMismatchError",
    ],
    "a milder warning": [
      () => edited(/"warning": "[^"]*"/, '"warning": "none"'),
      "bundle",
      "StatementMismatchError",
    ],
    "a better kind of key": [
      () => desk({ key: { kind: "ceremony", phase1: "hermez" } }),
      "key",
      "StatementMismatchError",
    ],
    "another key": [() => desk({ verificationKeyHash: "0".repeat(64) }), "key", "KeyMismatchError"],
    "another tier": [() => desk({ tier: "32x16" }), "key", "KeyMismatchError"],
    "a point off the curve": [
      () => desk({ proof: { ...bundle.proof, pi_a: ["1", "1", "1"] } }),
      "proof",
      "InvalidProofError",
    ],
    "a field too many": [() => edited('"tier"', '"note": "trust me", "tier"'), "bundle", "UnknownFieldError"],
  };
  for (const [what, [file, check, error]] of Object.entries(tampered))
    it(`refuses a bundle with ${what}`, async () => {
      const answer = await give(page, file());
      assert.equal(answer.error, error);
      assert.equal(answer.checks[check], "failed");
      assert.ok(!answer.text.includes("What was proven"), "shows nothing as proven");
      // Where zkmargin refuses the proof itself, snarkjs was asked, and refused it as well.
      if (check === "proof") assert.equal(answer.checks.snarkjs, "failed");
    });

  const asBand = (edited: Partial<Band> = {}): Dropped => ({
    name: "desk.band.json",
    text: serialiseBand({ ...band, ...edited }),
  });

  it("verifies a band, and says what it says and what not", async () => {
    const { error, text, checks } = await give(page, asBand(), own());
    assert.equal(error, null);
    assert.ok(text.includes(bandWords(bandClaim(band))));
    assert.match(text, /Where in the band it lies\. Nothing is shown of positions or their sizes\./);
    assert.deepEqual([...new Set(Object.values(checks))], ["passed"]);
  });

  const tamperedBands: Record<string, [() => Dropped, string, string]> = {
    "its proofs in each other's place": [
      () => {
        const json = JSON.parse(asBand().text);
        const { aboveProof, notAboveProof } = json;
        return {
          name: "band.json",
          text: JSON.stringify({ ...json, aboveProof: notAboveProof, notAboveProof: aboveProof }),
        };
      },
      "bundle",
      "StatementMismatchError",
    ],
    "one proof of another claim": [
      () => asBand({ notAbove: { ...band.notAbove, proof: band.above.proof } }),
      "proof",
      "InvalidProofError",
    ],
    "a narrower band than was proven": [
      () =>
        asBand({
          notAbove: {
            ...band.notAbove,
            claim: { ...band.notAbove.claim, theta: band.above.claim.theta + 1 },
          },
        }),
      "proof",
      "InvalidProofError",
    ],
  };
  for (const [what, [file, check, error]] of Object.entries(tamperedBands))
    it(`refuses a band with ${what}`, async () => {
      const answer = await give(page, file());
      assert.deepEqual([answer.error, answer.checks[check]], [error, "failed"]);
      assert.ok(!answer.text.includes("What was proven"));
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
      { name: "book.json", text: '{"format": "zkmargin/book@1"}' },
      /^book\.json\.format: expected zkmargin\/bundle@1 or zkmargin\/band@1 or zkmargin\/market@1, got another format; drop a proof bundle/,
    ],
    "a format that JavaScript has a value for": [
      { name: "odd.json", text: '{"format": "constructor"}' },
      /^odd\.json\.format: expected zkmargin\/bundle@1 or/,
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

  it("keeps the answer to a good bundle when garbage follows, and says so", async () => {
    await give(page, desk());
    const { error, text, refused } = await give(page, { name: "x", text: "x" });
    assert.equal(error, null);
    assert.match(text, /What was proven/);
    assert.match(refused, /^x: expected JSON/);
  });

  it("shows names that strangers chose as text and nothing else", async () => {
    const answer = await give(page, { name: `${HOSTILE}.json`, text: serialiseBundle(hostile) });
    assert.equal(answer.error, null);
    assert.ok(answer.text.includes(HOSTILE), "the profile's name");
    assert.ok((await page.locator("#given").innerText()).includes(HOSTILE), "the file's name");
    assert.equal(await page.locator("img, #given script, #result script").count(), 0);
    // What turns the direction of writing around does so in its own element only.
    assert.equal(await page.locator("bdi").filter({ hasText: "\u202e" }).count(), 1);
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
    // An answer from the page means that it knows of whoever waits for the chooser.
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
    await page.getByRole("button", { name: "Take away the proof bundle" }).click();
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
