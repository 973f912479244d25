import assert from "node:assert/strict";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { Archive } from "../../src/audit/archive/archive.js";
import { disclosedOpening } from "../../src/audit/disclosure.js";
import { type Connection, connect } from "../../src/chain/connection.js";
import { openDeployment } from "../../src/chain/deployment.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { ArchivedBooks } from "../../src/queue/openings.js";
import { OwnBooks } from "../../src/serve/ownBooks.js";
import { scratch } from "../support/archives.js";
import { useBrowser, type WatchedPage } from "../support/browser.js";
import { builtBoard } from "../support/builtBoard.js";
import { exampleBook } from "../support/desk.js";
import type { LocalChain } from "../support/localChain.js";
import { ProxyNode } from "../support/proxyNode.js";
import { type SceneAccounts, WatchedService, watchedScene } from "../support/watchedChain.js";

/** A folder for pictures, where a person wants to look at them. */
const PICTURES = process.env.BOARD_PICTURES;

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 5 * i + 9);
const TOKEN = "5a".repeat(32);
/** A name as a stranger might choose it. */
const HOSTILE = "<img src=x onerror=alert(1)>";

/** The least contrast of a text with its ground, over all texts that are seen. WCAG asks for 4.5. As text: tests know no DOM. */
const CONTRAST = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const part = (c) => { const s = c / 255; return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const ground = channels(getComputedStyle(at).backgroundColor);
      if (ground.length === 3 || ground[3] === 1) return ground;
    }
    return [255, 255, 255];
  };
  let worst = 21;
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
    if (!own || element.getClientRects().length === 0 || element.closest("option, noscript")) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(groundOf(element))].sort((x, y) => y - x);
    worst = Math.min(worst, (a + 0.05) / (b + 0.05));
  }
  return worst;
})()`;

/** Scrolls through the whole list in 120 frames, and measures them. */
const SCROLL = `(async () => {
  const grid = document.getElementById("grid");
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const times = [];
  let most = 0, blank = 0;
  let before = await frame();
  for (let i = 1; i <= 120; i++) {
    grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * i / 120;
    await frame();
    const now = await frame();
    times.push((now - before) / 2);
    before = now;
    const rows = [...grid.querySelectorAll(".row:not(.head)")];
    most = Math.max(most, rows.length);
    const { top, bottom } = grid.getBoundingClientRect();
    const middle = (top + bottom) / 2;
    if (!rows.some((row) => { const box = row.getBoundingClientRect(); return box.top <= middle && box.bottom >= middle; })) blank++;
  }
  times.sort((a, b) => a - b);
  return JSON.stringify({ median: times[60], worst: times[119], most, blank });
})()`;

describe("the board", () => {
  const browser = useBrowser();
  const watched = new WatchedService();
  let proxy: ProxyNode;
  let connection: Connection;
  let chain: LocalChain;
  let accounts: SceneAccounts;
  let opened: WatchedPage;
  let page: Page;
  const folder = scratch();

  before(async () => {
    ({ chain, accounts } = await watchedScene());
    proxy = await ProxyNode.start(chain.anvil.url);
    connection = await connect(proxy.url, { patience: 1 });
    const archive = await Archive.create(folder.at("archive"), SECRET);
    const book = exampleBook("cash-and-carry", { account: "desk-3/cross", sequence: 1 });
    await archive.add(disclosedOpening(book, DEFAULT_LISTING, null), 1_621_209_600);
    const books = await ArchivedBooks.open(folder.at("archive"), { secret: SECRET }, () => watched.now);
    await watched.start(
      chain,
      {
        open: openDeployment(connection, chain.open.deployment),
        names: new Map([[accounts.healthy, HOSTILE]]),
        own: new OwnBooks(books, chain.open.tier, TOKEN),
      },
      await builtBoard(),
    );
    await watched.service.look();
  });
  after(async () => {
    await watched.stop();
    connection?.close();
    await proxy?.stop();
    await chain?.close();
    folder.remove();
  });
  const open = async (options: BrowserContextOptions = { viewport: { width: 1_280, height: 900 } }) => {
    opened = await browser.open(options);
    ({ page } = opened);
    await page.goto(watched.url);
    await page.locator(".row:not(.head)").first().waitFor();
    await page.locator("#prices table").waitFor();
  };
  afterEach(async () => {
    assert.deepEqual(opened.complaints, [], "nothing in the console");
    const own = new URL(watched.url).host;
    assert.ok(
      opened.requests.every((url) => new URL(url).host === own || url.startsWith("data:")),
      "asks its own server alone",
    );
    await page.context().close();
  });
  const picture = async (name: string) => {
    if (PICTURES !== undefined)
      await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  };
  /** The page's own policy lets nobody evaluate a condition in it again and again: it is asked from here. */
  const until = async (holds: () => Promise<boolean>) => {
    for (let i = 0; i < 400 && !(await holds()); i++) await page.waitForTimeout(250);
    assert.ok(await holds());
  };
  const rows = () => page.locator(".row:not(.head)").allInnerTexts();

  it("shows every account with its status, proof, what is left and its clocks", async () => {
    await open();
    await picture("light");
    const all = await rows();
    assert.deepEqual(
      all.map((row) => /Liquidatable|Margin call|Grace|Healthy|Unknown/.exec(row)?.[0]),
      ["Liquidatable", "Grace", "Healthy", "Healthy", "Unknown"],
    );
    assert.match(all[0] ?? "", /in a breach since round 6/);
    assert.match(
      all[1] ?? "",
      /the market left its envelope[\s\S]*1\.0000[\s\S]*liquidatable in 1 h 2\d min/,
    );
    assert.match(all[2] ?? "", /Envelope[\s\S]*11\.3 %/);
    assert.match(all[3] ?? "", /1\.0500[\s\S]*within 2 %/);
    const counts = await page.locator("#summary button").allInnerTexts();
    assert.deepEqual(
      counts.map((text) => Number(text.match(/\d+/)?.[0])),
      [1, 0, 1, 2, 1],
    );
    assert.match(
      await page.locator("#prices").innerText(),
      /Round 12 of epoch 1[\s\S]*BTC\s+29,990\.\d\d\s+30,082\.98/,
    );
    assert.match(await page.locator("#odometer").innerText(), /It reads 97\.59 %/);
    assert.match(
      await page.locator("#auctions").innerText(),
      /2 BTC of 0x65d92e…7e28[\s\S]*90 % of the start's/,
    );
    assert.match(await page.locator("#events").innerText(), /round 12 committed, epoch 1/);
    assert.equal(await page.locator("#fund").innerText(), "Insurance of creditors\n0x3C44Cd…93BC: 0 USDC");
  });

  // shows: A48
  it("shows names that strangers chose as text and nothing else", async () => {
    await open();
    assert.ok((await rows()).some((row) => row.includes("<img src=x")));
    assert.equal(await page.locator("img, #accounts script").count(), 0);
  });

  it("counts down, finds, filters, and orders", async () => {
    await open();
    const left = async () => /liquidatable in ([^\n]*)/.exec((await rows())[1] ?? "")?.[1];
    const before = await left();
    watched.now += 61_000;
    await until(async () => (await left()) !== before);
    watched.now -= 61_000;
    await page.fill("#search", accounts.unproven.slice(0, 12));
    assert.deepEqual(
      [(await rows()).length, await page.locator(".count").innerText()],
      [1, "1 of 5 accounts"],
    );
    await page.fill("#search", "");
    await page.getByRole("button", { name: "2 Healthy: show them" }).click();
    assert.equal((await rows()).length, 2);
    await page.selectOption("#status", "");
    await page.selectOption("#order", "envelope");
    assert.match((await rows())[1] ?? "", /Envelope\s+0 %/);
  });

  it("can be used by keyboard alone, and says to a screen reader what it shows", async () => {
    await open();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.className"), "skip");
    await page.locator("#grid").focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    assert.equal(await page.locator("#grid").getAttribute("aria-activedescendant"), "row-2");
    assert.equal(await page.locator("#grid").getAttribute("aria-rowcount"), "6");
    assert.equal(await page.locator("#row-2").getAttribute("aria-rowindex"), "4");
    await page.keyboard.press("Enter");
    const dialog = page.locator("dialog[open]");
    assert.match(await dialog.innerText(), new RegExp(accounts.nearly));
    assert.equal(await page.evaluate("document.activeElement.id"), "detail-title");
    await page.keyboard.press("Escape");
    assert.equal(await dialog.count(), 0);
    assert.equal(await page.evaluate("document.activeElement.id"), "grid");
    const tree = await page.locator("body").ariaSnapshot();
    for (const words of [
      /grid "Accounts"/,
      /row .*Liquidatable/,
      /img "Envelope: 11\.3 % left"/,
      /heading "Odometer"/,
      /log "Events/,
    ])
      assert.match(tree, words);
    // Nothing that has a name is named twice.
    const ids = await page.locator("[id]").evaluateAll((elements) => elements.map(({ id }) => id));
    assert.deepEqual(ids, [...new Set(ids)]);
  });

  it("is dark where the reader's system is, with text that can be read in both, and fits a phone", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await open({ viewport: { width: 1_280, height: 900 }, colorScheme });
      if (colorScheme === "dark") await picture("dark");
      const worst = await page.evaluate(CONTRAST);
      assert.ok(Number(worst) >= 4.5, `${colorScheme}: a contrast of ${worst}`);
      await page.context().close();
    }
    await open({ viewport: { width: 390, height: 844 } });
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
    await picture("phone");
    await page.locator(".row:not(.head)").first().click();
    await picture("phone-detail");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
  });

  it("shows health factors to the holder of the token alone, until they are hidden", async () => {
    await open();
    assert.equal(await page.locator(".row .own:visible").count(), 0);
    await page.fill("#token", "0".repeat(64));
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText("This is not the token.").waitFor();
    opened.complaints.splice(0, 1);
    await page.fill("#token", TOKEN);
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByRole("columnheader", { name: "Health factor" }).waitFor();
    await page.getByText("Hide health factors").waitFor();
    const shown = await rows();
    assert.match(shown.find((row) => row.includes("<img")) ?? "", /1\.\d{4}$/);
    assert.match(shown[0] ?? "", /not your book/);
    await picture("own");
    await page.getByRole("button", { name: "Hide health factors" }).click();
    await page.locator("#token").waitFor();
    assert.equal(await page.locator(".row .own:visible").count(), 0);
    assert.equal(
      await page.evaluate("JSON.stringify([localStorage.length, sessionStorage.length, document.cookie])"),
      '[0,0,""]',
    );
  });

  it("shows alerts, and no default fund where there is none", async () => {
    opened = await browser.open({ viewport: { width: 1_280, height: 900 } });
    ({ page } = opened);
    const alert = {
      rule: "node-away",
      severity: "critical",
      subject: "node",
      detail: "for 61 s",
      since: 1,
      says: "no node answers",
      todo: "see to the node",
    };
    await page.route("**/v1/alerts", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...(await answer.json()), alerts: [alert] } });
    });
    await page.goto(watched.url);
    await page.locator("#alerts li").waitFor();
    assert.match(
      await page.locator("#alerts").innerText(),
      /Critical: no node answers: node \(for 61 s\)\. Do: see to the node\./,
    );
    assert.equal(await page.getByRole("heading", { name: "Default fund and cover" }).count(), 0);
  });

  it("hears events as they come, and shows what it knew when the node and then the service are away", async () => {
    await open();
    await chain.attest(exampleBook("cash-and-carry", { account: "desk-7/cross", sequence: 1 }));
    await watched.service.look();
    await page.getByText("account opened").nth(4).waitFor();
    await until(async () => (await rows()).length === 6);
    proxy.fate = () => ({ status: 503 });
    watched.now += 120_000;
    await watched.service.look();
    await page.getByText(/No node answers\. Shown is what was known 2 min/).waitFor();
    assert.equal((await rows()).length, 6);
    await picture("away");
    await page.route("**/v1/**", (route) => route.abort());
    await page.getByText(/The service does not answer\. Shown is what was known/).waitFor();
    assert.equal((await rows()).length, 6);
    // The browser itself tells of requests that fail.
    opened.complaints.splice(0, opened.complaints.filter((text) => text.includes("ERR_FAILED")).length);
    proxy.fate = () => "pass";
  });

  it("scrolls ten thousand accounts as ten: it draws the rows that are seen, and each of them when it is", async () => {
    proxy.fate = () => "pass";
    opened = await browser.open({ viewport: { width: 1_280, height: 900 } });
    ({ page } = opened);
    // The service's own answer, each account of it two thousand times: scripts/bench/serve.ts opens as many on a chain.
    await page.route("**/v1/accounts?*", async (route) => {
      const answer = await route.fetch();
      const json = await answer.json();
      const many = Array.from({ length: 10_000 }, (_, i) => {
        const of = json.accounts[i % json.accounts.length];
        return { ...of, account: `0x${i.toString(16).padStart(64, "0")}` };
      });
      await route.fulfill({
        response: answer,
        json: { ...json, accounts: json.accounts.length === 0 ? [] : many },
      });
    });
    await page.goto(watched.url);
    await page.getByText("10,000 accounts").waitFor();
    const { median, worst, most, blank } = JSON.parse(String(await page.evaluate(SCROLL)));
    assert.ok(most <= 40, `${most} rows drawn`);
    assert.equal(blank, 0, "frames without a row in the middle of the list");
    assert.ok(median <= 100, `a median frame of ${median} ms, a worst of ${worst} ms`);
    await page.locator("#grid").focus();
    await page.keyboard.press("End");
    await page.locator("#row-9999").waitFor();
    await page.keyboard.press("Home");
    await page.locator("#row-0").waitFor();
    await page.fill("#search", `0x${(7_777).toString(16).padStart(64, "0")}`);
    await page.getByText("1 of 10,000 accounts").waitFor();
    await picture("many");
  });
});
