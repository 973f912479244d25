import assert from "node:assert/strict";
import { FINDING_CODES } from "../../../src/audit/findings.js";
import { parseAudit, serialiseAudit } from "../../../src/audit/resultFile.js";
import { AFTER_WITHDRAWAL, disclosed, openingOf } from "./openings.js";
import { Recording, RememberingVerifier, runOptions } from "./recording.js";
import { TAMPERINGS } from "./tamperings.js";

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
      [["lapsed"], ["lapsed"], ["called"], ["liquidatable"], ["liquidatable"]],
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

  for (const { code, what, lines, tamper } of TAMPERINGS)
    it(`finds ${code}, and nothing else: ${what}`, async () => {
      const log = new Recording(lines);
      const options = await tamper(log, verifier);
      const { byCode, listed } = (await log.replay({ verifier, ...options })).findings;
      assert.deepEqual(Object.keys(byCode), [code], JSON.stringify(listed.slice(0, 4), null, 1));
    });

  it("has a tampering for every kind of finding", () => {
    const tampered = new Set(TAMPERINGS.map(({ code }) => code));
    assert.deepEqual(
      FINDING_CODES.filter((code) => !tampered.has(code)),
      [],
    );
  });
});
