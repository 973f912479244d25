import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseAudit } from "../../src/audit/result.js";

describe("examples/audit", () => {
  it("is an audit of the demo's recorded log, as this version writes it", () => {
    const path = fileURLToPath(new URL("../../examples/audit/demo.audit.json", import.meta.url));
    const audit = parseAudit(readFileSync(path, "utf8"));
    assert.deepEqual(audit.findings.listed, []);
    assert.ok(audit.accounts.length > 0);
  });
});
