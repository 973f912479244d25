import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { build, type Plugin } from "vite";
import type { TrustedKey } from "../../src/prove/bundleVerifier.js";

/** A file as a reader drops it. */
export interface Dropped {
  readonly name: string;
  readonly text: string;
}

/** What the page answered; `title`, `error` and `checks` of the first file, where it answered about several. */
export interface Answer {
  readonly title: string;
  /** Class of the error; null where there was none. */
  readonly error: string | null;
  /** All that it says. */
  readonly text: string;
  /** Checks and how each ended. */
  readonly checks: Readonly<Record<string, string>>;
  /** What it said of files that it did not take. */
  readonly refused: string;
  /** Each file that it answered about, with the verdict on it, in order. */
  readonly verdicts: readonly (readonly [file: string, title: string])[];
}

/**
 * Builds the page as `npm run build:web` does, into a folder for temporary files.
 * @param keys that it trusts instead of those that the package pins
 */
export async function builtPage(
  keys?: Readonly<Record<string, TrustedKey>>,
): Promise<{ folder: string; url: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "zkmargin-web-"));
  const configFile = fileURLToPath(new URL("../../web/vite.config.ts", import.meta.url));
  const plugins = keys === undefined ? [] : [trusting(keys)];
  await build({ configFile, plugins, logLevel: "silent", build: { outDir: folder } });
  return {
    folder,
    url: pathToFileURL(join(folder, "index.html")).href,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Puts other keys than the pinned ones into a page. */
function trusting(keys: Readonly<Record<string, TrustedKey>>): Plugin {
  const resolved = "\0keys-of-a-test";
  return {
    name: resolved,
    enforce: "pre",
    resolveId: (id) => (id === "virtual:trusted-keys" ? resolved : undefined),
    load: (id) => (id === resolved ? `export const TRUSTED_KEYS = ${JSON.stringify(keys)};` : undefined),
  };
}

/** Gives the page files by its button, and waits for its answer. */
export async function give(page: Page, ...files: readonly Dropped[]): Promise<Answer> {
  // What was answered before must not be taken for the answer.
  await page.evaluate("document.getElementById('result').replaceChildren()");
  await page.evaluate("document.getElementById('refused').replaceChildren()");
  await page.setInputFiles(
    "#files",
    files.map(({ name, text }) => ({ name, mimeType: "application/json", buffer: Buffer.from(text) })),
  );
  return answerOf(page);
}

/** The answer that the page comes to. */
export async function answerOf(page: Page): Promise<Answer> {
  // What was refused shows beside a notice that no verdict is given; until then the page is reading, or verifying.
  await page.locator("#result article, #result .notice:not([data-busy])").first().waitFor();
  const articles = await page.locator("#result article").all();
  const [first] = articles;
  const checks = await (first ?? page)
    .locator("[data-check]")
    .evaluateAll((items) => items.map((item) => [item.getAttribute("data-check"), item.className] as const));
  return {
    title: (await first?.locator(".verdict h2").innerText()) ?? "",
    error: (await first?.getAttribute("data-error")) ?? null,
    text: await page.locator("#result").innerText(),
    checks: Object.fromEntries(checks),
    refused: await page.locator("#refused").innerText(),
    verdicts: await Promise.all(
      articles.map(
        async (each) =>
          [
            await each.locator(".verdict .file").innerText(),
            await each.locator(".verdict h2").innerText(),
          ] as const,
      ),
    ),
  };
}
