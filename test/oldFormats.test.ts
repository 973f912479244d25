import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseAudit } from "../src/audit/result.js";
import { parseAttestation, serialiseAttestation } from "../src/prove/attestation.js";

const SIGNED = {
  account: `0x${"11".repeat(32)}`,
  registry: `0x${"22".repeat(20)}`,
  attester: `0x${"33".repeat(20)}`,
  signature: `0x${"44".repeat(65)}`,
  chainId: 1n,
  commitment: 5n,
  sequence: 1n,
  asOf: 10n,
  expiresAt: 20n,
};

/** An audit without what version 5 added. */
function plain(text: string): string {
  return text.replaceAll(/"(sleeves|sleevesComputed|support|sleeve|asItIs)": [^,]+,\s*/g, "");
}

/** The example audit, as if no account had had a sleeve or support. */
function example(): string {
  return readFileSync(new URL("../examples/audit/demo.audit.json", import.meta.url), "utf8")
    .replaceAll(/"(sleeves|sleevesComputed|sleeveSlots)": \d+/g, '"$1": 0')
    .replaceAll('"sleeve": true', '"sleeve": false')
    .replaceAll(/"support": "-?\d+"/g, '"support": "0"')
    .replaceAll('"asItIs": false', '"asItIs": true');
}

describe("files of versions before", () => {
  it("are read: an attestation whose signer was called attestor", () => {
    const text = serialiseAttestation(SIGNED);
    const old = text.replace("attestation@3", "attestation@1").replace('"attester"', '"attestor"');
    assert.deepEqual(parseAttestation(old), parseAttestation(text));
    assert.throws(() => parseAttestation(text.replace("attestation@3", "attestation@1")), /attester/);
    assert.throws(() => parseAttestation(text.replace('"attester"', '"attestor"')), /attestor/);
  });

  it("are read: an attestation of a book that could have no sleeve", () => {
    const terms = {
      ledger: SIGNED.registry,
      pricedAt: 5n,
      band: 100n,
      until: 30n,
      shocks: `0x${"55".repeat(32)}`,
    };
    const text = serialiseAttestation(SIGNED);
    assert.deepEqual(
      parseAttestation(text.replace("attestation@3", "attestation@2")),
      parseAttestation(text),
    );
    const sleeved = serialiseAttestation({ ...SIGNED, sleeve: terms });
    assert.deepEqual(parseAttestation(sleeved), { ...SIGNED, sleeve: terms });
    assert.throws(() => parseAttestation(sleeved.replace("attestation@3", "attestation@2")), /sleeve/);
  });

  it("are read: an audit whose accounts had attestors, and whose epochs a shock cap", () => {
    const text = example();
    const old = plain(text)
      .replace("zkmargin/audit@5", "zkmargin/audit@2")
      .replaceAll('"attesters":', '"attestors":')
      .replace(/"sleeveSlots": 0,\s*/, "")
      .replaceAll(/("pnlFactor": \d+,)/g, '$1 "shockCap": 4000,');
    assert.notEqual(old, text);
    assert.deepEqual(parseAudit(old), parseAudit(text));
    assert.throws(() => parseAudit(old.replace("zkmargin/audit@2", "zkmargin/audit@3")), /attestors/);
  });

  it("are read: an audit whose claims told of no support and no sleeve", () => {
    const text = example();
    const old = plain(text).replace("zkmargin/audit@5", "zkmargin/audit@4");
    assert.deepEqual(parseAudit(old), parseAudit(text));
    assert.throws(() => parseAudit(plain(text)), /sleeves|support/);
  });

  it("are read: an audit whose disclosed books told of no sleeve", () => {
    const audit = JSON.parse(example());
    const book = {
      ...{ sequence: 1, round: 1, time: 1, healthFactor: null, basis: "0", positions: [] },
      sleeve: null,
    };
    audit.accounts[0].composition = { omitted: 0, items: [book] };
    const now = JSON.stringify(audit, null, 2);
    const old = plain(now.replace(/,\s*"sleeve": null/, "")).replace("zkmargin/audit@5", "zkmargin/audit@4");
    assert.doesNotMatch(old, /sleeve": null/);
    assert.deepEqual(parseAudit(old), parseAudit(now));
    assert.throws(() => parseAudit(now.replace(/,\s*"sleeve": null/, "")), /sleeve/);
  });

  it("are read: an audit with a finding that had another name", () => {
    const text = example();
    const audit = JSON.parse(text);
    audit.findings = {
      total: audit.findings.total + 1,
      bySeverity: { ...audit.findings.bySeverity, critical: audit.findings.bySeverity.critical + 1 },
      byCode: { ...audit.findings.byCode, "record-mismatch": 1 },
      listed: [
        ...audit.findings.listed,
        {
          ...{ code: "record-mismatch", severity: "critical", block: 1, time: 1, logIndex: null },
          ...{
            account: null,
            epoch: null,
            round: null,
            sequence: null,
            expected: "no lapse",
            got: "one at 1",
          },
        },
      ],
    };
    const now = JSON.stringify(audit, null, 2);
    const old = plain(now)
      .replace("zkmargin/audit@5", "zkmargin/audit@4")
      .replaceAll("record-mismatch", "note-mismatch");
    assert.deepEqual(parseAudit(old), parseAudit(now));
  });
});
