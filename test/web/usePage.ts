import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { fullSleeve } from "../../scripts/bench/sleeve.js";
import { benchStatement } from "../../scripts/bench/statement.js";
import type { MarketFile } from "../../src/market/file.js";
import type { Band } from "../../src/prove/band.js";
import type { Bundle } from "../../src/prove/bundle.js";
import { ProvingSession, proveBand } from "../../src/prove/session.js";
import { useBrowser, type WatchedPage } from "../support/browser.js";
import { defaultArtefacts, exampleBook, marketOn } from "../support/desk.js";
import { builtPage } from "../support/verifierPage.js";

/** A name as a stranger might choose it. */
export const HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'&";

/** What the page is given in tests. */
interface Proofs {
  readonly market: MarketFile;
  /** Above 1.0000, with an envelope of 1%. */
  readonly bundle: Bundle;
  /** Of the same book, with a narrower envelope. */
  readonly other: Bundle;
  /** Of a book with a sleeve, with 1 000.05 dollars more owed. */
  readonly sleeved: Bundle;
  /** In a market whose profile has a hostile name. */
  readonly hostile: Bundle;
  readonly band: Band;
}

/** The page, open in a browser, and what it may be given. */
export interface OpenedPage extends Proofs {
  readonly built: Awaited<ReturnType<typeof builtPage>>;
  readonly watched: WatchedPage;
  readonly page: Page;
}

/** Opens the page again for each test of a suite, and holds each to leave the console and the network silent. */
export function usePage(take: (opened: OpenedPage) => void): void {
  const browser = useBrowser();
  let built: OpenedPage["built"];
  let proofs: Proofs;
  let watched: WatchedPage;
  before(async () => {
    built = await builtPage();
    proofs = await prove();
  });
  after(() => built?.remove());
  beforeEach(async () => {
    watched = await browser.open();
    await watched.page.goto(built.url);
    take({ ...proofs, built, watched, page: watched.page });
  });
  afterEach(async () => {
    assert.deepEqual(watched.complaints, [], "nothing in the console");
    assert.deepEqual(watched.requests, [], "nothing asked for, nothing sent");
    await watched.page.context().close();
  });
}

async function prove(): Promise<Proofs> {
  const market = marketOn("2021-05-17");
  const session = await ProvingSession.open(await defaultArtefacts());
  try {
    const request = { opening: exampleBook("cash-and-carry"), market, theta: 10_000 };
    const profile = { ...market.profile, name: HOSTILE, description: HOSTILE };
    return {
      market,
      bundle: await session.prove({ ...request, envelope: 100 }),
      other: await session.prove({ ...request, envelope: 50 }),
      sleeved: await session.prove({ ...benchStatement(session.tier, fullSleeve), support: -100_005n }),
      hostile: await session.prove({ ...request, market: { ...market, profile } }),
      band: await proveBand(session, { opening: request.opening, market }),
    };
  } finally {
    await session.close();
  }
}
