import assert from "node:assert/strict";
import { auditReport } from "../../../src/audit/report/report.js";
import { parseAudit, serialiseAudit } from "../../../src/audit/result.js";
import { QUALIFIER } from "../../../src/prove/statementWords.js";
import { auditSample, findingsSample } from "../../support/auditSample.js";
import { MADE, useReports } from "../../support/reportPage.js";
import { disclosed, openingOf } from "../replay/openings.js";
import { Recording } from "../replay/recording.js";

describe("the report of an audit", () => {
  const open = useReports();

  it("has every section, and the words that everything rests on", async () => {
    const page = await open(auditSample());
    assert.deepEqual(await page.locator("h2").allInnerTexts(), [
      "Accounts by status",
      "Open findings by severity",
      "What was checked",
      "What this report cannot say",
      "Findings",
      "What every proof says",
      "Accounts",
      "“desk-2/leveraged-long” 0xaaaa…aaa2",
      "“treasury” 0xaaaa…aaa0",
      "“desk-1/cross” 0xaaaa…aaa1",
      "Who is who",
      "Epochs of the risk profile",
      "The key, and how it came about",
      "The deployment",
    ]);
    const text = await page.locator("body").innerText();
    for (const words of [
      "Nothing was found that does not fit",
      `Every book is ${QUALIFIER}.`,
      "The health factor of the committed book is above θ at the prices of this market",
      "The health factor of the committed book is not above 1.0400 at the prices of this market.",
      "DEVELOPMENT KEY: anybody can forge proofs",
      "Phase 2: one contribution, by a public beacon.",
      "1 accepted proof not in the record",
      "the market left the envelope",
      "never below 1.1655; never less than 0.1655 above what was proven",
      "health factor 1.5803",
      "Its sleeve is worth −$12,500.50 or more beside this table. It loses $300.00 at most in a scenario",
    ])
      assert.ok(text.includes(words), words);
    assert.match(text, /Made\s+2021-05-26 03:33:20 UTC, by zkmargin 1\.2\.3/);
    const holds = await page.locator("[aria-labelledby=account-3] tr").allInnerTexts();
    assert.ok(holds.some((row) => /BTC\s+12\.5\s+\$493,750\.00\s+−12\.5\s+−\$493,812\.50/.test(row)));
  });

  it("says which claims had dollars added or taken, and which of them count of the account as it is", async () => {
    const page = await open(auditSample());
    const claims = page.getByRole("group", { name: "Proven with dollars added or taken, newest first" });
    assert.match(await claims.innerText(), /\$25,000\.50\s+added\s+above 1\.2000\s+2\.00%\s+no/);
    // It is not the newest claim of the account as it is, whose words are quoted.
    const account = page.locator("[aria-labelledby=account-3]").first();
    assert.match(await account.locator("blockquote").innerText(), /is above 1\.0000 at the prices/);
    const checked = await page.locator("[aria-labelledby=coverage]").first().innerText();
    assert.match(checked, /books with a sleeve, computed again where disclosed\s+3\s+2\s+66\.6 %/);
  });

  it("draws every account: what was proven, what was disclosed, envelope, lapses and status", async () => {
    const page = await open(auditSample());
    assert.equal(await page.locator(".plot svg.wide[role=img]").count(), 3);
    for (const [kind, account] of [
      ["proven", 3],
      ["disclosed", 3],
      ["headroom", 3],
      ["envelope", 3],
      ["status.healthy", 3],
      ["ill", 1],
      ["lapse", 1],
      ["status.liquidatable", 1],
    ] as const) {
      const box = await page
        .locator(`[aria-labelledby=account-${account}] .plot .wide path.${kind}`)
        .last()
        .boundingBox();
      assert.ok(box !== null && box.width >= 1, `${kind} is drawn`);
    }
    const words = await page.locator("#account-3-words").textContent();
    assert.match(words ?? "", /30 proofs of health and 0 proofs of ill health/);
  });

  it("reports a real record: the demo's, with two of its accounts disclosed", async () => {
    const shown = [
      ...Array.from({ length: 10 }, (_, i) => openingOf("bitcoin", i + 1)),
      ...Array.from({ length: 4 }, (_, i) => openingOf("long", i + 1)),
    ];
    const audit = await new Recording().replay({ ...disclosed(...shown), composition: true });
    const page = await open(audit);
    const text = await page.locator("body").innerText();
    assert.match(text, /Nothing was found that does not fit/);
    assert.match(text, /54 accepted proofs/);
    assert.equal(await page.locator(".plot svg.wide[role=img]").count(), 6);
    assert.equal(
      await page.locator(".plot .wide path.disclosed").count(),
      4,
      "two accounts, each with its legend",
    );
    const lender = page.locator("section").filter({ has: page.locator("h2", { hasText: "btc-loan" }) });
    const words = await lender.innerText();
    assert.match(words, /the market left the envelope/);
    assert.match(words, /confirm the proofs\s+0\.8943/);
    assert.match(words, /BTC\s+12\s+\$/);
  });

  it("puts findings first, the worst before the others", async () => {
    const page = await open(auditSample({ findings: findingsSample() }));
    assert.equal(
      await page.locator(".verdict.bad .words").innerText(),
      "1 serious finding: the record does not hold",
    );
    const listed = page.getByRole("group", { name: "One by one, worst first" });
    assert.deepEqual(await listed.locator("tbody th code").allInnerTexts(), [
      "round-fold",
      "proof-unseen",
      "sequence-gap",
    ]);
    assert.match(
      await listed.innerText(),
      /“desk-1\/cross” 0xaaaa…aaa1\s+block 1301, log 4, round 58, epoch 1, sequence 3/,
    );
    assert.match(
      await page.locator("body").innerText(),
      /A round's folded point is not that of its prices and profile\./,
    );
  });

  it("is green only where nothing is in doubt", async () => {
    const { deployment, coverage } = auditSample();
    const key = { ...deployment.key, kind: "ceremony" as const };
    const whole = { ...coverage, proofsVerified: coverage.proofs };
    const page = await open(auditSample({ deployment: { ...deployment, key }, coverage: whole }));
    assert.equal(await page.locator(".verdict.good").count(), 1);
    for (const doubt of [{ coverage: whole }, { deployment: { ...deployment, key } }])
      assert.equal(await (await open(auditSample(doubt))).locator(".verdict.caution").count(), 1);
  });

  // shows: A48
  it("writes what strangers chose as text and nothing else", async () => {
    const hostile = `<script>alert(1)</script><img src=x onerror=alert(2)>"'&\u202e`;
    const { accounts, deployment } = auditSample();
    const findings = findingsSample();
    const page = await open(
      auditSample({
        accounts: accounts.map((account) => ({ ...account, name: hostile })),
        deployment: {
          ...deployment,
          assets: [hostile],
          contracts: { [hostile]: `0x${"1".repeat(40)}` },
          key: { ...deployment.key, warning: hostile, lineage: [hostile] },
        },
        findings: {
          ...findings,
          listed: findings.listed.map((each) => ({ ...each, expected: hostile, got: hostile })),
        },
        statement: { words: hostile, qualifier: hostile, doesNotSay: [hostile] },
      }),
    );
    assert.equal(await page.locator("script, img, [onerror]").count(), 0);
    assert.equal(await page.locator("h2 bdi").filter({ hasText: hostile }).count(), 3);
    assert.equal((await page.locator("bdi").filter({ hasText: hostile }).count()) > 10, true);
  });

  it("prints: every drawing in vectors, nothing cut off", async () => {
    const page = await open(auditSample({ findings: findingsSample() }));
    const pdf = (await page.pdf({ format: "A4" })).toString("latin1");
    const pages = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
    assert.ok(pages >= 4 && pages <= 10, `${pages} pages`);
    assert.doesNotMatch(pdf, /\/Subtype\s*\/Image/, "no raster images");
    // The width of the paper between its margins, at 96 pixels an inch.
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 688, height: 900 });
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 688);
    // 297 mm less 32 of margins.
    const first = await page.locator(".first").boundingBox();
    assert.ok(first !== null && first.height <= 1_001, `the first page is one page, ${first?.height} pixels`);
    assert.equal(await page.evaluate("getComputedStyle(document.body).color"), "rgb(0, 0, 0)");
    assert.equal(
      await page.evaluate("getComputedStyle(document.body).backgroundColor"),
      "rgb(255, 255, 255)",
    );
  });

  it("is of bounded size, whatever the length of history and the number of accounts", async () => {
    const { accounts } = auditSample();
    const busy = accounts[1];
    assert.ok(busy);
    const [claim] = busy.claims.items;
    const [stretch] = busy.headroom;
    assert.ok(claim && stretch);
    const many = {
      ...busy,
      claims: {
        omitted: 9_000_000,
        items: Array.from({ length: 1_000 }, (_, i) => ({
          ...{
            ...claim,
            time: claim.time + 900 * i,
            lapsedAt: claim.time + 900 * i + 700,
            lapsedBy: "price" as const,
          },
          theta: 10_000 + (i % 7) * 100,
        })),
      },
      headroom: Array.from({ length: 512 }, (_, i) => ({
        ...{
          ...stretch,
          fromTime: stretch.fromTime + 1_900 * i,
          toTime: stretch.fromTime + 1_900 * i + 1_000,
        },
        greatest: i % 50 === 0 ? null : "99999999",
      })),
    };
    const audit = auditSample({ accounts: Array.from({ length: 2_000 }, () => many) });
    const html = auditReport(audit, MADE);
    assert.ok(html.length < 6_000_000, `${html.length} characters`);
    const page = await open(audit);
    const text = await page.locator("[aria-labelledby=accounts]").innerText();
    assert.match(text, /1,500 accounts more are not listed; the JSON has them\./);
    assert.match(text, /460 accounts more are listed, and not shown by themselves/);
    assert.equal(await page.locator(".plot svg.wide").count(), 40);
    assert.match(
      await page.locator("[aria-labelledby=account-1]").innerText(),
      /9000980 older claims and lapses are left out/,
    );
  });

  it("is the same, byte for byte, for the same audit, before and after the file", () => {
    const audit = auditSample({ findings: findingsSample() });
    assert.equal(auditReport(parseAudit(serialiseAudit(audit)), MADE), auditReport(audit, MADE));
  });

  it("takes an account of which nothing is known, and times that are no dates", async () => {
    const { accounts, range } = auditSample();
    const [some] = accounts;
    assert.ok(some);
    const none = { omitted: 0, items: [] };
    const empty = {
      ...some,
      verdicts: none,
      claims: none,
      statuses: none,
      deadline: Number.MAX_SAFE_INTEGER,
    };
    const page = await open(auditSample({ accounts: [empty], range: { ...range, toTime: range.fromTime } }));
    const text = await page.locator("[aria-labelledby=account-1]").innerText();
    assert.match(text, /Nothing was proven of this account\./);
    assert.match(text, /until 9007199254740991 s/);
    assert.equal(await (await open(auditSample({ accounts: [] }))).locator(".plot").count(), 0);
  });
});
