import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { useBrowser, type WatchedPage } from "../support/browser.js";
import type { LocalChain } from "../support/localChain.js";
import { type SceneAccounts, WatchedService, watchedScene } from "../support/watchedChain.js";

/** A folder for pictures, where a person wants to look at them. */
const PICTURES = process.env.BOARD_PICTURES;

/** Builds the board as `npm run build:web` does. */
async function builtBoard(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "zkmargin-board-"));
  const configFile = fileURLToPath(new URL("../../web/board/vite.config.ts", import.meta.url));
  await build({ configFile, logLevel: "silent", build: { outDir: folder } });
  const page = readFileSync(join(folder, "index.html"), "utf8");
  rmSync(folder, { recursive: true });
  return page;
}

describe("the board", () => {
  const browser = useBrowser();
  const watched = new WatchedService();
  let chain: LocalChain;
  let accounts: SceneAccounts;
  let opened: WatchedPage;
  let page: Page;

  before(async () => {
    ({ chain, accounts } = await watchedScene());
    await watched.start(chain, { names: new Map([[accounts.healthy, "alpha"]]) }, await builtBoard());
    await watched.service.look();
  });
  after(async () => {
    await watched.stop();
    await chain?.close();
  });
  const open = async (options: BrowserContextOptions = {}) => {
    opened = await browser.open(options);
    ({ page } = opened);
    await page.goto(watched.url);
    await page.locator(".row:not(.head)").first().waitFor();
  };
  afterEach(async () => {
    assert.deepEqual(opened.complaints, [], "nothing in the console");
    await page.context().close();
  });
  const picture = async (name: string) => {
    if (PICTURES !== undefined)
      await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  };

  it("shows every account with its status, proof, what is left and its clocks", async () => {
    await open({ viewport: { width: 1_280, height: 900 } });
    await page.waitForTimeout(1_500);
    await picture("light");
    const rows = await page.locator(".row:not(.head)").allInnerTexts();
    assert.equal(rows.length, 5);
    assert.match(rows[0] ?? "", /Liquidatable/);
    assert.match(rows.join("\n"), /alpha/);
  });

  it("is dark where the reader's system is, and fits a phone", async () => {
    await open({ viewport: { width: 1_280, height: 900 }, colorScheme: "dark" });
    await page.waitForTimeout(1_500);
    await picture("dark");
    await page.context().close();
    await open({ viewport: { width: 390, height: 844 } });
    await page.waitForTimeout(1_500);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth"), 390);
    await picture("phone");
    await page.locator(".row:not(.head)").first().click();
    await picture("phone-detail");
  });
});
