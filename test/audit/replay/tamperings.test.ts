import assert from "node:assert/strict";
import { Wallet } from "ethers";
import { ACCOUNTS } from "../../../examples/demo/setting.js";
import { FINDING_CODES } from "../../../src/audit/findings.js";
import { parseAudit, serialiseAudit } from "../../../src/audit/result.js";
import { ANVIL_KEYS } from "../../../src/chain/anvil.js";
import { submissionsIn } from "../../../src/chain/eventLog/calls.js";
import { OutOfRangeError, UnknownFieldError } from "../../../src/errors.js";
import { encodeBatch } from "./forgery.js";
import { AFTER_WITHDRAWAL, accountIdOf, disclosed, disclosedWithin, openingOf } from "./openings.js";
import { Recording, RememberingVerifier, replayText, runOptions } from "./recording.js";
import { SIDE_CODES } from "./sideRecording.js";
import { BOOK_TAMPERINGS } from "./tamperings/books.js";
import { CREDIT_TAMPERINGS } from "./tamperings/credit.js";
import { governanceTamperings } from "./tamperings/governance.js";
import { MARKET_TAMPERINGS } from "./tamperings/market.js";
import { attestAltered, OPENING_TAMPERINGS } from "./tamperings/openings.js";
import { PROOF_TAMPERINGS } from "./tamperings/proofs.js";
import { RECORD_TAMPERINGS } from "./tamperings/record.js";
import { SLEEVE_TAMPERINGS } from "./tamperings/sleeves.js";
import { LINES } from "./tamperings/tampering.js";

/** Ways to alter the demo's log or to disclose something else: at least one for each kind of finding. */
const TAMPERINGS = [
  ...RECORD_TAMPERINGS,
  ...governanceTamperings(LINES.rounds),
  ...MARKET_TAMPERINGS,
  ...BOOK_TAMPERINGS,
  ...PROOF_TAMPERINGS,
  ...OPENING_TAMPERINGS,
];

describe("the replay of the demo's log", () => {
  let verifier: RememberingVerifier;

  before(async () => {
    const { key } = await runOptions();
    verifier = new RememberingVerifier(key.verificationKey);
  });

  it("finds nothing, and checks everything", async () => {
    const audit = await new Recording().replay({ verifier });
    assert.deepEqual(audit.findings.listed, []);
    const { rounds, roundsWithFeeds, proofs, proofsVerified, books, booksWithSignatures, statusesCompared } =
      audit.coverage;
    assert.ok(rounds > 30 && proofs > 45 && books > 45 && statusesCompared > 45);
    assert.equal(roundsWithFeeds, rounds);
    assert.equal(proofsVerified, proofs);
    assert.equal(booksWithSignatures, books);
    assert.deepEqual(
      audit.accounts.map(({ verdicts }) => verdicts.items.map(({ verdict }) => verdict)),
      [["lapsed"], ["lapsed"], ["called"], ["liquidatable"], ["liquidatable"], ["lapsed"]],
    );
    for (const { claims } of audit.accounts) assert.ok(claims.items.every(({ verified }) => verified));
    assert.deepEqual(parseAudit(serialiseAudit(audit)), audit);
  });

  it("confirms what is disclosed, to the last unit", async () => {
    const { openings } = disclosed(
      ...[openingOf("carry", 1), openingOf("ether", 1), openingOf("sol", 1)],
      ...[2, 3, 4].map((sequence) => openingOf("ether", sequence, AFTER_WITHDRAWAL)),
    );
    const audit = await new Recording().replay({ verifier, openings, composition: true });
    assert.deepEqual(audit.findings.listed, []);
    assert.equal(audit.coverage.openingsMatched, 6);
    const ether = audit.accounts.find(({ name }) => name === "ether-loan");
    assert.equal(ether?.books.disclosed, 4);
    assert.equal(ether?.verdicts.items[0]?.disclosed, "confirmed");
    assert.ok((ether?.headroom.length ?? 0) >= 2);
    assert.deepEqual(
      ether?.composition.items[0]?.positions.map(({ asset, spot }) => [asset, spot]),
      [
        ["USDC", "-260000000000"],
        ["BTC", "300000000"],
        ["ETH", "120000000000"],
      ],
    );
  });

  // shows: A39
  it("lets nobody spoil a disclosure that says which account it is of, by another account of its name", async () => {
    const log = new Recording(42);
    await attestAltered(log);
    const scope = { account: ACCOUNTS.carry.account, id: accountIdOf(log, "carry"), first: 0n, last: 9n };
    const { openings } = disclosedWithin([scope], openingOf("carry", 1));
    const { findings, coverage } = await log.replay({ verifier, openings });
    assert.deepEqual(findings.listed, []);
    assert.equal(coverage.openingsMatched, 1);
  });

  it("takes a proof and signatures that follow others of the same book and claim which the chain refused", async () => {
    const log = new Recording(43);
    const proven = log.find("ProofAccepted", 0);
    const submitted = proven.block.calls.find(({ tx }) => tx === proven.event.tx);
    const submissions = submissionsIn(submitted?.data ?? "");
    const [first, second] = submissions;
    assert.ok(submitted !== undefined && first !== undefined && second !== undefined);
    const refused = encodeBatch([{ ...first, proof: second.proof }]);
    submitted.data = `${refused}${submitted.data.slice(2)}`;

    const { block, event } = log.find("BookAttested", 0);
    const attested = block.calls.find(({ tx }) => tx === event.tx);
    assert.ok(attested !== undefined);
    const honest = attested.data;
    await log.sign(0, () => new Wallet(ANVIL_KEYS[8]));
    attested.data = `${attested.data}${honest.slice(2)}`;

    const { findings, coverage } = await log.replay({ verifier });
    assert.deepEqual(findings.listed, []);
    assert.equal(coverage.proofsVerified, coverage.proofs);
  });

  for (const [what, tamper] of Object.entries({
    "time that goes back": (log: Recording) => {
      log.find("ProofAccepted", 0).block.time -= 10 * 86_400;
    },
    "an expiry that never comes": (log: Recording) => {
      const fallbackProfile = log.find("ProfileChanged", 0).fields.profile;
      log.edit("ProfileChanged", 0, () => ({ expiresAt: 2n ** 64n - 1n, fallbackProfile }));
    },
    "numbers beyond any there can be": (log: Recording) => {
      const largest = 2n ** 64n - 1n;
      log.edit("RoundCommitted", -1, () => ({ number: largest, epoch: largest, time: largest }));
      log.edit("BookAttested", 0, () => ({ sequence: largest, asOf: largest, expiresAt: largest }));
    },
  }))
    it(`comes to a result that can be read again: ${what}`, async () => {
      const log = new Recording(43);
      tamper(log);
      const audit = await log.replay({ verifier });
      assert.deepEqual(parseAudit(serialiseAudit(audit)), audit);
    });

  for (const [what, after] of Object.entries({
    "an early end": (lines: readonly string[]) => lines.slice(6),
    "other text": () => ["as good as nothing"],
    "a blank line": () => [" "],
  }))
    it(`finds log-altered, and nothing else: ${what} before or after the last line`, async () => {
      const whole = [...new Recording(8).lines()].map(({ text }) => text);
      const early = [...new Recording(6).lines()].map(({ text }) => text);
      const text = [...early, ...after(whole)].join("\n");
      for (const end of ["\n", ""]) {
        const { findings } = await replayText(text + end, { verifier });
        assert.deepEqual(Object.keys(findings.byCode), ["log-altered"]);
      }
    });

  it("refuses times of beyond all dates, and code of contracts that there are not", async () => {
    const late = new Recording(8);
    Object.assign(late.blocks.at(-1) as object, { time: 2 ** 53 - 1 });
    await assert.rejects(late.replay({ verifier }), OutOfRangeError);
    const strange = new Recording(8);
    Object.assign(strange.constants.code, { constructor: `0x${"99".repeat(32)}` });
    await assert.rejects(strange.replay({ verifier }), UnknownFieldError);
  });

  for (const { code, what, lines, tamper } of TAMPERINGS)
    it(`finds ${code}, and nothing else: ${what}`, async () => {
      const log = new Recording(lines);
      const options = await tamper(log, verifier);
      const { byCode, listed } = (await log.replay({ verifier, ...options })).findings;
      assert.deepEqual(Object.keys(byCode), [code], JSON.stringify(listed.slice(0, 4), null, 1));
    });

  // shows: A24
  it("has a tampering for every kind of finding", () => {
    const here = [...TAMPERINGS, ...SLEEVE_TAMPERINGS, ...CREDIT_TAMPERINGS].map(({ code }) => code);
    const tampered = new Set<string>([...here, ...Object.values(SIDE_CODES).flat()]);
    assert.deepEqual(
      FINDING_CODES.filter((code) => !tampered.has(code)),
      [],
    );
  });
});
