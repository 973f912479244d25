import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { serialiseAudit } from "../../src/audit/resultFile.js";
import { EXIT } from "../../src/errors.js";
import { auditSample, findingsSample } from "../support/auditSample.js";
import { contents, errorOf, workFolder, write, zk, zkJson, zkOk } from "./support.js";

describe("cli: audit report", () => {
  const work = workFolder();
  const audit = () =>
    write(work.at("audit.json"), serialiseAudit(auditSample({ findings: findingsSample() })));

  it("writes one HTML file, and says what was found", async () => {
    const out = work.at("report.html");
    assert.match(
      await zkOk(["audit", "report", audit(), "--out", out]),
      /^Wrote .*report\.html, 4\d KB: 3 findings\n$/,
    );
    assert.match(readFileSync(out, "utf8"), /^<!doctype html>\n<html lang="en">[\s\S]*<\/html>\n$/);
  });

  it("reads standard input, and tells programs the size and the findings", async () => {
    const out = work.at("report.html");
    const said = await zkJson(["audit", "report", "-", "--out", out], serialiseAudit(auditSample()));
    assert.deepEqual(said, {
      out,
      bytes: readFileSync(out).length,
      findings: { total: 0, bySeverity: { critical: 0, high: 0, medium: 0, low: 0 } },
    });
  });

  it("writes nothing where the input is no audit, or would be written over", async () => {
    const out = work.at("report.html");
    const book = write(work.at("book.json"), { format: "zkmargin/book@1" });
    const error = errorOf(await zk(["audit", "report", book, "--out", out, "--json"]));
    assert.deepEqual([error.name, error.exitCode], ["FormatError", EXIT.input]);
    const given = audit();
    const over = errorOf(await zk(["audit", "report", given, "--out", given, "--json"]));
    assert.deepEqual([over.name, over.exitCode], ["UnwritableError", EXIT.input]);
    assert.deepEqual(Object.keys(contents(work.path)).toSorted(), [given, book].toSorted());
  });
});
