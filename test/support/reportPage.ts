import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";
import type { Names } from "../../src/audit/names.js";
import { auditReport } from "../../src/audit/report/report.js";
import type { Audit } from "../../src/audit/result.js";
import { useBrowser, type WatchedPage } from "./browser.js";

/** By what, and when, the reports of tests are made: 26 May 2021. */
export const MADE = { version: "1.2.3", time: 1_622_000_000 };

/** Opens reports as a reader does, from a file; after each test their consoles must be empty and nothing asked for. */
export function useReports(): (
  audit: Audit,
  options?: BrowserContextOptions,
  names?: Names,
) => Promise<Page> {
  const browser = useBrowser();
  let folder: string;
  const opened: WatchedPage[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-report-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(async () => {
    for (const { page, complaints, requests } of opened.splice(0)) {
      assert.deepEqual(complaints, [], "nothing in the console");
      assert.deepEqual(requests, [], "nothing asked for");
      await page.context().close();
    }
  });
  return async (audit, options = {}, names) => {
    const path = join(folder, "report.html");
    await writeFile(path, auditReport(audit, { ...MADE, ...(names && { names }) }));
    const watched = await browser.open(options);
    opened.push(watched);
    await watched.page.goto(pathToFileURL(path).href);
    return watched.page;
  };
}
