import assert from "node:assert/strict";
import { Wallet } from "ethers";
import { ANVIL_KEYS } from "../../../../src/chain/anvil.js";
import { Recording } from "../recording.js";
import { bookOf, edit, LINES, type Tampering } from "./tampering.js";

/** Ways to alter books, their signatures and attesters. */
export const BOOK_TAMPERINGS: readonly Tampering[] = [
  // books and attesters
  edit("attestation-forged", "a book signed by somebody else in an attester's name", LINES.books, (log) =>
    log.sign(0, () => new Wallet(ANVIL_KEYS[8])),
  ),
  edit("attestation-forged", "a signature of another book", LINES.books, async (log) => {
    log.edit("BookAttested", 0, ({ expiresAt }) => ({ expiresAt: expiresAt - 1n }));
    await log.sign(0);
    const { block, event } = log.find("BookAttested", 0);
    const call = block.calls.find(({ tx }) => tx === event.tx);
    const before = new Recording(LINES.books).find("BookAttested", 0);
    const old = before.block.calls.find(({ tx }) => tx === before.event.tx)?.data ?? "";
    // The signatures stand at the end, behind the book.
    if (call !== undefined) call.data = call.data.slice(0, 2 + 8 + 5 * 64) + old.slice(2 + 8 + 5 * 64);
  }),
  edit("attestation-stranger", "a book signed by nobody's attester", LINES.books, (log) => {
    log.edit("AccountOpened", 1, () => ({ attesters: [new Wallet(ANVIL_KEYS[9]).address] }));
  }),
  edit("attestation-too-few", "two signatures where three are asked for", LINES.books, (log) =>
    log.edit("AccountOpened", 0, () => ({ threshold: 3n })),
  ),
  edit(
    "attestation-unseen",
    "a contract's signature, of which no node could tell whether it is one",
    LINES.books,
    async (log) => {
      await log.sign(0, () => new Wallet(ANVIL_KEYS[8]));
      const { block, fields } = log.find("BookAttested", 0);
      block.unknown = [...fields.signers];
    },
  ),
  edit("attestation-unseen", "no call", LINES.books, (log) => {
    log.find("BookAttested", 0).block.calls = [];
  }),
  edit("sequence-gap", "a book numbered 2 before any other", LINES.books, async (log) => {
    log.edit("BookAttested", 0, () => ({ sequence: 2n }));
    await log.sign(0);
  }),
  edit("sequence-repeated", "the same number again", LINES.secondBook, async (log) => {
    log.edit("BookAttested", -1, () => ({ sequence: 1n }));
    await log.sign(-1);
  }),
  edit("book-times", "a book for a month", LINES.books, async (log) => {
    log.edit("BookAttested", 0, ({ expiresAt }) => ({ expiresAt: expiresAt + 30n * 86_400n }));
    await log.sign(0);
  }),
  edit("commitment-reused", "the commitment of another account's book", LINES.secondBook, async (log) => {
    const { account } = log.find("BookAttested", -1).fields;
    const { commitment } =
      [0, 1, 2].map((at) => log.find("BookAttested", at).fields).find((book) => book.account !== account) ??
      assert.fail();
    log.edit("BookAttested", -1, () => ({ commitment }));
    await log.sign(-1);
  }),
  edit("rotation-undelayed", "other attesters from now on", LINES.books, (log) => {
    const at = log.find("BookAttested", 0);
    const { account, attesters, threshold } = log.find("AccountOpened", 0).fields;
    const fields = { account, attesters, threshold, effectiveAt: BigInt(at.block.time) };
    log.insert(at, { role: "bookRegistry", name: "AttestersProposed", fields });
  }),
  edit("sleeve-terms", "a sleeve whose band is wider than any may be", LINES.books, async (log) => {
    const at = log.find("BookAttested", 0);
    const { account, sequence } = at.fields;
    const sleeve = {
      ledger: log.deployment.contracts.marketLedger.address,
      pricedAt: 1n,
      band: 9_999n,
      until: BigInt(at.block.time) + 600n,
      shocks: `0x${"11".repeat(32)}`,
    };
    await log.sign(0, undefined, sleeve);
    log.insert(at, {
      role: "bookRegistry",
      name: "SleeveAttested",
      fields: { account, sequence, ...sleeve },
    });
  }),
];
