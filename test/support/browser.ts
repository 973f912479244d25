import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import npmChromium, { inflate } from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** How long to wait for what a page is to do; on a busy machine a browser can be very slow. Milliseconds. */
const PATIENCE = 120_000;

/** A page and what a reader of it would not see: each must stay empty. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, exceptions, refusals by the page's own security policy. */
  readonly complaints: string[];
  /** Addresses asked for beyond the page itself. */
  readonly requests: string[];
}

/**
 * A real headless Chromium for the tests of a suite, ended after them whatever happens. It comes from npm, with the
 * libraries it needs beyond the C library (NSS, expat) and a font; the environment variable CHROMIUM names another one.
 */
export function useBrowser(): { open(options?: BrowserContextOptions): Promise<WatchedPage> } {
  let browser: Browser | undefined;
  before(async () => {
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
  });
  return {
    async open(options = {}) {
      if (browser === undefined)
        throw new Error("expected a browser, got none: open pages inside tests only");
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(String(error)));
      page.on("request", (request) => {
        if (!request.isNavigationRequest()) requests.push(request.url());
      });
      return { page, complaints, requests };
    },
  };
}

async function launch(): Promise<Browser> {
  const given = process.env.CHROMIUM;
  if (given !== undefined && !existsSync(given))
    throw new Error(`CHROMIUM: expected the path of a Chromium, got ${given}, which is not there`);
  const args = ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"];
  const { executablePath, env } = given === undefined ? await fromNpm() : { executablePath: given, env: {} };
  try {
    return await chromium.launch({ executablePath, args, env: { ...process.env, ...env } });
  } catch (error) {
    throw new Error(
      `${executablePath}: expected a Chromium that starts, got none; delete it, so that it is unpacked again, or set CHROMIUM to one of this machine`,
      { cause: error },
    );
  }
}

/** Unpacks the Chromium of `@sparticuz/chromium` into the folder for temporary files, where it is not there yet. */
async function fromNpm(): Promise<{ executablePath: string; env: Record<string, string> }> {
  const executablePath = await npmChromium.executablePath();
  const archive = join(
    dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")),
    "../bin/al2023.tar.br",
  );
  // Made for Amazon's Linux, but they need nothing else: with them a bare Node image is enough.
  const libraries = join(await inflate(archive), "lib");
  return {
    executablePath,
    env: {
      LD_LIBRARY_PATH: [libraries, process.env.LD_LIBRARY_PATH ?? []].flat().join(":"),
      FONTCONFIG_PATH: join(dirname(executablePath), "fonts"),
    },
  };
}
