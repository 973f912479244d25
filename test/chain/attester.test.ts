import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BookFile } from "../../src/book/bookFile.js";
import { parseBookRequest, serialiseBookRequest } from "../../src/book/bookRequest.js";
import {
  type AttesterPolicy,
  type BookSalts,
  checkHoldings,
  checkRemotes,
  checkSleeve,
  checkSlots,
  pricedBook,
  Refusal,
  type RefusalCode,
  reasonToSign,
  type SignedState,
} from "../../src/chain/attester/nextBook.js";
import { type AttesterRecord, parseAttesterRecords } from "../../src/chain/attester/records.js";
import { SignedBooks } from "../../src/chain/attester/signedBooks.js";
import { DuplicateFieldError, InputError, JournalError, MissingFieldError } from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { allowanceOf } from "../../src/protocol/odometer.js";
import { calibratedRule } from "../../src/risk/options/sleeveRules.js";
import { marketOf, randomSleeve, SPOT, seeded, surfaceOf, TIME } from "../risk/options/sleeveBooks.js";
import { assertChainFails } from "../support/chainFailure.js";

const ACCOUNT = `0x${"ab".repeat(32)}`;
const SHOCKS = `0x${"5a".repeat(32)}`;
const NOW = BigInt(TIME);
const POLICY: AttesterPolicy = {
  rule: calibratedRule(),
  band: { price: 100, volatility: 100, smile: 0, basis: 0 },
  seconds: 8 * 3_600,
  bandShare: 8_000,
  margin: 3_600,
  recordAge: 3_600,
  surfaceAge: 3_600,
};

describe("chain/attester: when a new book is due", () => {
  const sleeve = {
    ...{ pricedAt: 7n, band: 100n, until: NOW + 20_000n, shocks: SHOCKS, voidedAt: 0n, odometer: 1_000_000n },
  };
  const book: SignedState = { sequence: 3n, asOf: NOW - 100n, expiresAt: NOW + 80_000n, live: true, sleeve };
  const round = { number: 9n, time: NOW, epoch: 1n, odometer: 0n, sleeveOdometer: 1_000_000n };
  const market = { time: NOW, round, bookMaxAge: 86_400n, epochSince: 0n };
  const now = { shocks: SHOCKS, hasOptions: true };
  const reason = (change: Partial<SignedState> | null, at: Partial<typeof market> = {}, is = now) =>
    reasonToSign(change === null ? null : { ...book, ...change }, { ...market, ...at }, is, POLICY);

  it("is none while band, times, shocks and signatures hold", () => {
    assert.equal(reason({}), null);
    // To the last unit of the share of the band.
    const most = (allowanceOf(100) * 8n) / 10n;
    const at = (moved: bigint) => ({ round: { ...round, sleeveOdometer: 1_000_000n + moved } });
    assert.equal(reason({}, at(most)), null);
    assert.equal(reason({}, at(most + 1n)), "band");
  });

  it("is each of its reasons, and the more telling one where there are several", () => {
    const of = (change: Partial<NonNullable<SignedState["sleeve"]>>) => ({
      sleeve: { ...sleeve, ...change },
    });
    assert.equal(reason(null), "first");
    assert.equal(reason({ live: false }), "signers");
    assert.equal(reason({ sleeve: null }), "options");
    assert.equal(reason({}, {}, { ...now, hasOptions: false }), "options");
    assert.equal(reason(of({ voidedAt: NOW - 5n })), "void");
    assert.equal(reason(of({ shocks: `0x${"00".repeat(32)}` })), "shocks");
    assert.equal(reason(of({ odometer: null })), "band", "a round that the ledger has forgotten");
    assert.equal(reason(of({ until: NOW + 3_600n })), "end");
    assert.equal(reason(of({ until: NOW + 3_601n })), null);
    assert.equal(reason({ expiresAt: NOW + 3_600n }), "expiry");
    assert.equal(reason({ live: false, expiresAt: NOW - 1n }), "expiry");
    assert.equal(reason({ ...of({ voidedAt: 1n }), live: false }), "signers");
  });
});

describe("chain/attester: what its records confirm", () => {
  const market = marketOf(SPOT, SPOT, [
    { name: "crash", shocks: { USDC: 0, BTC: -3_000 } },
    { name: "squeeze", shocks: { USDC: 0, BTC: 2_500 } },
  ]);
  const context = { market, time: NOW, latest: NOW + 86_400n };
  const book: BookFile = {
    account: "options/cross",
    sequence: 1,
    isolated: false,
    positions: [
      { asset: "BTC", spot: "20", perp: "0" },
      { asset: "USDC", spot: "2000000", perp: "0" },
    ],
  };
  const salts: BookSalts = { book: 3n, detail: 5n };
  const options = { sleeve: randomSleeve(seeded(11), 12, { linear: false }), surface: surfaceOf() };
  const record: AttesterRecord = { readAt: NOW, book, options };
  const refused = (code: RefusalCode, text: RegExp, work: () => unknown) =>
    assert.throws(work, (error) => {
      assert(error instanceof Refusal, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, text);
      assert.doesNotMatch(error.message, /BTC|2000000/);
      return true;
    });

  it("is the book that it prices itself", () => {
    const priced = pricedBook(book, salts, record, context, POLICY);
    checkSleeve(priced, salts, record, context, POLICY);
    assert.equal(priced.sleeve?.band.until, TIME + POLICY.seconds);
    assert.equal(priced.sleeve?.sources?.salt, salts.detail);
    // The registry takes no sleeve that outlives the longest book.
    const brief = pricedBook(book, salts, record, { ...context, latest: NOW + 7_200n }, POLICY);
    assert.equal(brief.sleeve?.band.until, TIME + 7_200);
    assert.deepEqual(pricedBook(book, salts, { readAt: NOW, book }, context, POLICY), book);
  });

  // shows: A118
  it("is no more on another chain than home records", () => {
    const recorded = (units: bigint) => new Map([[1, units * 10n ** 8n]]);
    assert.equal(DEFAULT_LISTING[1]?.symbol, "BTC");
    checkRemotes(book, DEFAULT_LISTING, recorded(20n));
    checkRemotes(book, DEFAULT_LISTING, new Map([[2, 0n]]));
    refused("remote", /at most what is recorded/, () =>
      checkRemotes(book, DEFAULT_LISTING, new Map([[1, 20n * 10n ** 8n - 1n]])),
    );
    refused("remote", /at most what is recorded/, () => checkRemotes(book, DEFAULT_LISTING, recorded(0n)));
  });

  // shows: P64, A80
  it("is no sleeve with another number, band or end, and none at all without options", () => {
    const priced = pricedBook(book, salts, record, context, POLICY);
    const { sleeve } = priced;
    assert(sleeve);
    const check = (change: Partial<typeof sleeve>, policy = POLICY, own = salts) =>
      checkSleeve({ ...priced, sleeve: { ...sleeve, ...change } }, own, record, context, policy);
    refused("sleeve", /kinder value$/, () => check({ value: sleeve.value + 1n }));
    refused("sleeve", /kinder charge$/, () => check({ charge: sleeve.charge - 1n }));
    refused("sleeve", /detail$/, () => check({}, POLICY, { ...salts, detail: 6n }));
    refused("sleeve", /band\.volatility$/, () =>
      check({}, { ...POLICY, band: { ...POLICY.band, volatility: 101 } }),
    );
    refused("sleeve", /band\.until$/, () => check({}, { ...POLICY, seconds: 7_200 }));
    refused("sleeve", /band\.until/, () => check({ band: { ...sleeve.band, until: TIME } }));
    for (const fundingWeight of [null, 11])
      refused("sleeve", /band\.fundingWeight/, () => check({ band: { ...sleeve.band, fundingWeight } }));
    refused("no-round", /^book\.sleeve\.market/, () => check({ market: "ab".repeat(32) }));
    refused("sleeve", /expected none, as the records have it, got one$/, () =>
      checkSleeve(priced, salts, { readAt: NOW, book }, context, POLICY),
    );
    refused("sleeve", /expected one, as the records have it, got none$/, () =>
      checkSleeve(book, salts, record, context, POLICY),
    );
  });

  // shows: P64, A80
  it("is no other holding, account or margin", () => {
    const [btc, usdc] = book.positions;
    assert(btc && usdc);
    const check = (asked: BookFile) => checkHoldings(asked, record, market);
    check({ ...book, sequence: 9, positions: [usdc, btc] });
    refused("holdings", /another spot$/, () => check({ ...book, positions: [btc] }));
    const perp = { ...btc, perp: "1", entryPrice: String(SPOT) };
    refused("holdings", /another perp, basis$/, () => check({ ...book, positions: [perp, usdc] }));
    refused("holdings", /another account$/, () => check({ ...book, account: "other" }));
    const alone = { ...book, positions: [btc] };
    refused("holdings", /another isolated$/, () =>
      checkHoldings({ ...alone, isolated: true }, { ...record, book: alone }, market),
    );
  });

  it("is no option of an asset that uses up no band, nor one that settles in such", () => {
    const slots = (...symbols: string[]) =>
      symbols.reduce(
        (bits, symbol) => bits | (1n << BigInt(DEFAULT_LISTING.findIndex((a) => a.symbol === symbol))),
        0n,
      );
    checkSlots(record, DEFAULT_LISTING, slots("BTC"));
    refused("slots", /^sleeve/, () => checkSlots(record, DEFAULT_LISTING, slots("ETH", "USDC")));
    const linear = { ...options, sleeve: randomSleeve(seeded(5), 20) };
    checkSlots({ ...record, options: linear }, DEFAULT_LISTING, slots("BTC", "USDC"));
    refused("slots", /^sleeve/, () =>
      checkSlots({ ...record, options: linear }, DEFAULT_LISTING, slots("BTC")),
    );
    checkSlots({ readAt: NOW, book }, DEFAULT_LISTING, 0n);
  });

  it("asks and answers in files that quote nothing of a book", () => {
    const request = { account: ACCOUNT, book, salts: [salts, { book: 7n, detail: 9n }] };
    const text = serialiseBookRequest(request);
    assert.deepEqual(parseBookRequest(text, DEFAULT_LISTING), request);
    const priced = { ...request, book: pricedBook(book, salts, record, context, POLICY) };
    assert.throws(
      () => parseBookRequest(serialiseBookRequest(priced), DEFAULT_LISTING),
      /request\.salts.*one, as/,
    );
    for (const bad of [
      text.replace('"20"', '"20x"'),
      text.replace('"7"', '"-7"'),
      text.replace(/"salts": \[[^]*\]/, '"salts": []'),
    ])
      assert.throws(
        () => parseBookRequest(bad, DEFAULT_LISTING),
        (error) => error instanceof InputError && !/20x|-7|2000000/.test(error.message),
      );
  });

  it("stands in a list of files, each account once, and a sleeve never without a surface", () => {
    const list = (...accounts: object[]) =>
      JSON.stringify({ format: "zkmargin/attester-records@1", accounts });
    const one = { account: ACCOUNT, readAt: 5, book: "book.json" };
    assert.deepEqual(parseAttesterRecords(list(one)).accounts, [one]);
    assert.throws(() => parseAttesterRecords(list(one, one)), DuplicateFieldError);
    assert.throws(() => parseAttesterRecords(list({ ...one, sleeve: "a.csv" })), MissingFieldError);
    assert.throws(() => parseAttesterRecords(list({ ...one, surface: "a.json" })), MissingFieldError);
  });
});

describe("chain/attester: the journal of signed books", () => {
  const seat = { attester: `0x${"11".repeat(20)}`, registry: `0x${"22".repeat(20)}`, chainId: 31_337n };
  const terms = { account: ACCOUNT, commitment: 7n, sequence: 4n, asOf: 10n, expiresAt: 20n };
  const sleeve = { ledger: seat.registry, pricedAt: 3n, band: 100n, until: 15n, shocks: SHOCKS };
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "zkmargin-signed-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("remembers through a crash what is signed, and what was given", async () => {
    const path = join(folder, "torn");
    const signed = await SignedBooks.open(path, seat);
    await signed.put({ ...terms, sleeve });
    await signed.put({ ...terms, sequence: 5n });
    await signed.give({ ...terms, sleeve });
    await writeFile(path, '{"key":"0x', { flag: "a" });
    const again = await SignedBooks.open(path, seat);
    assert.deepEqual(again.at(terms), { key: `${ACCOUNT} 4`, terms: { ...terms, sleeve }, given: true });
    assert.equal(again.highestOf(ACCOUNT.toUpperCase().replace("0X", "0x")), 5n);
    assert.equal(again.newestGiven(ACCOUNT)?.sequence, 4n);
    assert.equal(again.highestOf(`0x${"cd".repeat(32)}`), 0n);
    assert.doesNotMatch(await readFile(path, "utf8"), /salt|position/);
  });

  // shows: P64, A80
  it("takes one book for each sequence, also from another process that has it open", async () => {
    const path = join(folder, "two");
    const [one, other] = [await SignedBooks.open(path, seat), await SignedBooks.open(path, seat)];
    await one.exclusively(() => one.put(terms));
    await assert.rejects(one.put({ ...terms, commitment: 8n }), RangeError);
    await other.exclusively(async () => {
      await assert.rejects(other.put({ ...terms, commitment: 8n }), RangeError);
    });
    assert.equal(one.at(terms)?.terms.commitment, 7n);
  });

  it("is the journal of one attester, registry and chain", async () => {
    const path = join(folder, "owned");
    await SignedBooks.open(path, seat);
    for (const other of [{ chainId: 1n }, { registry: seat.attester }, { attester: seat.registry }])
      await assertChainFails(SignedBooks.open(path, { ...seat, ...other }), {
        Class: JournalError,
        text: /expected the books that 0x\w+ signed for registry/,
      });
  });
});
