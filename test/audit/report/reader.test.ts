import assert from "node:assert/strict";
import { auditSample, findingsSample } from "../../support/auditSample.js";
import { useReports } from "../../support/reportPage.js";

describe("the report of an audit, to its reader", () => {
  const open = useReports();

  it("fits a phone, by dark as well, whatever the names", async () => {
    const endless = "W".repeat(100);
    const { accounts, deployment } = auditSample();
    const [first] = accounts;
    const findings = findingsSample();
    assert.ok(first);
    const audit = auditSample({
      deployment: { ...deployment, assets: [endless], contracts: { [endless]: `0x${"1".repeat(40)}` } },
      findings: {
        ...findings,
        listed: findings.listed.map((each) => ({
          ...each,
          expected: endless,
          got: `${first.account}${endless}`,
        })),
      },
      accounts: accounts.map((account) => ({ ...account, name: endless })),
    });
    const phone = { viewport: { width: 360, height: 740 }, colorScheme: "dark" as const };
    for (const names of [undefined, new Map([[first.account, endless]])]) {
      const page = await open(audit, phone, names);
      const tooWide = await page.evaluate(`[...document.querySelectorAll("html, body, body *")]
        .filter((one) => one.scrollWidth > one.clientWidth && one.clientWidth > 1)
        .map((one) => one.outerHTML.slice(0, 200))`);
      assert.deepEqual(tooWide, []);
      assert.equal(await page.evaluate("getComputedStyle(document.body).color"), "rgb(236, 232, 223)");
    }
    const page = await open(auditSample({ findings: findingsSample() }), phone);
    const plot = await page.locator("[aria-labelledby=account-1] .plot svg:visible").boundingBox();
    assert.ok(plot !== null && plot.x >= 0 && plot.x + plot.width <= 360, "the drawing is seen whole");
  });

  it("has a first page with verdict, accounts by status with their deadlines, findings, and what it cannot say", async () => {
    const { accounts, range } = auditSample();
    const [some, other] = accounts;
    assert.ok(some && other);
    const called = {
      ...{ ...some, account: `0x${"c".repeat(64)}`, name: "called", status: "marginCall" as const },
      ...{ deadline: range.toTime + 3_600, statuses: { omitted: 0, items: [] } },
    };
    // The deadline of a liquidatable account has passed: since when it is so is what counts.
    const late = { ...accounts[2], deadline: range.toTime - 3_600 } as typeof some;
    const page = await open(
      auditSample({ accounts: [some, other, late, called], findings: findingsSample() }),
    );
    const first = page.locator(".first");
    assert.match(await first.innerText(), /^zkmargin audit\s+Margin accounts from/);
    const rows = await first.locator("[aria-labelledby=standing] tbody tr").allInnerTexts();
    assert.deepEqual(
      rows.map((row) => row.replace(/\s+/g, " ").trim()),
      [
        "liquidatable 1 “desk-2/leveraged-long” 0xaaaa…aaa2: liquidatable since 2021-05-19 09:00:00",
        "margin call 1 “called” 0xcccc…cccc: margin call until 2021-05-24 01:00:00",
        "healthy 2 “treasury” 0xaaaa…aaa0: healthy since 2021-05-19 04:00:00 “desk-1/cross” 0xaaaa…aaa1: healthy since 2021-05-19 04:00:00",
      ],
    );
    assert.doesNotMatch(await page.locator("body").innerText(), /liquidatable,? until/);
    assert.deepEqual(
      await first
        .locator("[aria-labelledby=open] tbody tr")
        .allInnerTexts()
        .then((all) => all.map((row) => row.replace(/\s+/g, " ").trim())),
      ["critical 1 round-fold 1", "high 0", "medium 1 proof-unseen 1", "low 1 sequence-gap 1"],
    );
    const limits = await first.locator("[aria-labelledby=limits] li").allInnerTexts();
    for (const words of [
      "That nothing was left out of a book: only that its registered attesters signed it.",
      "anything of 1 accepted proof not in the record",
      "what the books of 3 of 4 accounts held: none of those was disclosed",
      "anything after 2021-05-24 00:00:00 UTC",
    ])
      assert.ok(limits.includes(words), words);
  });

  it("tells amounts in units and symbols, and never in smallest units", async () => {
    const page = await open(auditSample());
    const text = await page.locator("[aria-labelledby=account-3]").innerText();
    assert.match(text, /Debt\s+350,000 USDC/);
    assert.match(text, /Collateral\s+12\.5 BTC/);
    assert.match(text, /5 BTC\s+2\.1 BTC\s+82,000 USDC\s+80,000 USDC/);
    assert.doesNotMatch(text.split("In the vault")[1] ?? "", /smallest|\d{9}/);
    const { deployment } = auditSample();
    const tokens = deployment.tokens.map((token) => ({ ...token, decimals: null }));
    const unknown = await open(auditSample({ deployment: { ...deployment, tokens } }));
    const words = await unknown.locator("[aria-labelledby=account-3]").innerText();
    assert.match(words, /Debt\s+an amount of a token whose decimals the record does not say/);
  });

  it("calls everybody by one name, with the id beside it, in every table, drawing and finding", async () => {
    const { accounts } = auditSample();
    const [treasury, lender] = accounts;
    assert.ok(treasury && lender?.vault?.creditor);
    const attester = lender.attesters[0] ?? "";
    const names = new Map([
      [treasury.account, "Treasury of A"],
      [lender.vault.creditor, "Alpha Bank"],
      [attester, "Beta Audit"],
    ]);
    const findings = findingsSample();
    const listed = findings.listed.map((each) => ({
      ...each,
      account: treasury.account,
      expected: `a loan by ${lender.vault?.creditor}`,
      got: `by ${attester}, or 0x${"9".repeat(40)}`,
    }));
    const page = await open(auditSample({ findings: { ...findings, listed } }), {}, names);
    const id = (of: string) => `${of.slice(0, 6)}…${of.slice(-4)}`;
    const treasuryName = `Treasury of A ${id(treasury.account)}`;
    for (const place of [
      "[aria-labelledby=standing]",
      "[aria-labelledby=accounts]",
      "[aria-labelledby=findings]",
      "h2",
    ])
      assert.ok((await page.locator(place).allInnerTexts()).join("\n").includes(treasuryName), place);
    assert.equal(
      await page
        .locator("svg title")
        .filter({ hasText: `${treasuryName}: health` })
        .count(),
      2,
    );
    const found = await page.locator("[aria-labelledby=findings]").innerText();
    assert.ok(found.includes(`a loan by Alpha Bank ${id(lender.vault.creditor)}`));
    assert.ok(
      found.includes(`by Beta Audit ${id(attester)}, or 0x${"9".repeat(40)}`),
      "a stranger's stays whole",
    );
    assert.match(await page.locator("[aria-labelledby=account-3]").innerText(), /Creditor\s+Alpha Bank 0x/);
    assert.match(
      await page.locator("[aria-labelledby=account-3]").innerText(),
      /Attesters\s+1 of Beta Audit 0x/,
    );
    const whole = page.locator("[aria-labelledby=identities] tr").filter({ hasText: "Alpha Bank" });
    assert.ok((await whole.innerText()).includes(lender.vault.creditor), "the id in full, once");
    // A name that an owner chose cannot pass for one of the reader's.
    const posing = accounts.map((account) => ({ ...account, name: "Treasury of A" }));
    const posed = await open(auditSample({ accounts: posing }), {}, names);
    assert.deepEqual(await posed.locator("h2 bdi").allInnerTexts(), [
      "“Treasury of A”",
      "Treasury of A",
      "“Treasury of A”",
    ]);
  });

  it("draws the prices that moved most beside the health, of the assets in disclosed books where there are any", async () => {
    const page = await open(auditSample());
    const drawn = async (account: number) => [
      await page.locator(`[aria-labelledby=account-${account}] .wide path.price`).count(),
      await page.locator(`[aria-labelledby=account-${account}] p.aside`).first().innerText(),
    ];
    const of = "Prices beside its health: those that moved most of";
    assert.deepEqual(await drawn(1), [3, `${of} all listed assets, SOL, ETH, BTC.`]);
    assert.deepEqual(await drawn(3), [3, `${of} the assets in its disclosed books, ETH, BTC, USDC.`]);
    const [btc] = await page.locator("[aria-labelledby=account-3] .wide path.price-2").all();
    const box = await btc?.boundingBox();
    assert.ok(box && box.height > 10, "a fall is to be seen");
    const without = await open(auditSample({ prices: [] }));
    assert.match(
      await without.locator("[aria-labelledby=account-1]").innerText(),
      /No prices of all listed assets are in the record\./,
    );
  });
});
