import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { serialiseAudit } from "../../src/audit/result.js";
import { EXIT } from "../../src/errors.js";
import { packageVersion } from "../../src/groth16/artefacts/layout.js";
import { auditSample, findingsSample } from "../support/auditSample.js";
import { contents, errorOf, workFolder, write, zk, zkJson, zkOk } from "./support.js";

describe("cli: audit report", () => {
  const work = workFolder();
  const sample = auditSample({ findings: findingsSample() });
  const audit = () => write(work.at("audit.json"), serialiseAudit(sample));
  const names = (of: Record<string, string>) =>
    write(work.at("names.json"), { format: "zkmargin/names@1", names: of });

  it("writes one HTML file, and says what was found", async () => {
    const out = work.at("report.html");
    const before = Math.floor(Date.now() / 1_000);
    assert.match(
      await zkOk(["audit", "report", audit(), "--out", out]),
      /^Wrote .*report\.html, \d+ KB: 3 findings\n$/,
    );
    const html = readFileSync(out, "utf8");
    assert.match(html, /^<!doctype html>\n<html lang="en">[\s\S]*<\/html>\n$/);
    const [, time, version] = /Made<\/dt><dd>([^,]*) UTC, by zkmargin ([^<]*)</.exec(html) ?? [];
    assert.equal(version, packageVersion());
    const made = Date.parse(`${time?.replace(" ", "T")}Z`) / 1_000;
    assert.ok(made >= before && made <= Date.now() / 1_000, "made now");
  });

  it("reads standard input, and tells programs the size and the findings", async () => {
    const out = work.at("report.html");
    const said = await zkJson(["audit", "report", "-", "--out", out], serialiseAudit(auditSample()));
    assert.deepEqual(said, {
      out,
      bytes: readFileSync(out).length,
      tables: [],
      findings: { total: 0, bySeverity: { critical: 0, high: 0, medium: 0, low: 0 } },
    });
  });

  it("writes tables as well, and calls accounts by the names that it is given", async () => {
    const [account] = sample.accounts;
    const [out, tables] = [work.at("report.html"), work.at("tables")];
    const named = names({ [account?.account ?? ""]: "Treasury of A" });
    const said = await zkOk(["audit", "report", audit(), "--out", out, "--names", named, "--csv", tables]);
    const files = ["accounts.csv", "statuses.csv", "findings.csv"].map((name) => `${tables}/${name}`);
    assert.ok(said.endsWith(`Wrote ${files.join(", ")}, with 3 findings of 3\n`), said);
    assert.ok(readFileSync(out, "utf8").includes("<bdi>Treasury of A</bdi>"));
    assert.ok(files.slice(0, 2).every((file) => readFileSync(file, "utf8").includes("Treasury of A")));
  });

  it("writes nothing where the input is no audit, or would be written over", async () => {
    const out = work.at("report.html");
    const book = write(work.at("book.json"), { format: "zkmargin/book@2" });
    const error = errorOf(await zk(["audit", "report", book, "--out", out, "--json"]));
    assert.deepEqual([error.name, error.exitCode], ["FormatError", EXIT.input]);
    const given = audit();
    const wrong = names({ desk: "A" });
    const refused = errorOf(await zk(["audit", "report", given, "--names", wrong, "--out", out, "--json"]));
    assert.deepEqual([refused.name, refused.exitCode], ["FormatError", EXIT.input]);
    assert.match(refused.message, /names\.json\.names\.desk: expected the id of an account/);
    const table = write(work.at("accounts.csv"), serialiseAudit(sample));
    const right = names({});
    for (const options of [
      [given, "--out", given],
      [given, "--names", right, "--out", right],
      [table, "--out", out, "--csv", work.path],
      [given, "--out", table, "--csv", work.path],
    ]) {
      const over = errorOf(await zk(["audit", "report", ...options, "--json"]));
      assert.deepEqual([over.name, over.exitCode], ["UnwritableError", EXIT.input], options.join(" "));
    }
    assert.deepEqual(Object.keys(contents(work.path)).toSorted(), [given, book, right, table].toSorted());
  });
});
