import assert from "node:assert/strict";
import { auditCsv } from "../../../src/audit/report/csv.js";
import { auditSample, findingsSample } from "../../support/auditSample.js";

/** Rows as a reader of RFC 4180 has them. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let at = 0;
  for (const [whole, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end !== ",") rows.push([]);
    at += whole.length;
  }
  assert.equal(at, text.length, "nothing is left over");
  return rows.slice(0, -1);
}

describe("an audit as tables", () => {
  const audit = auditSample({ findings: findingsSample() });
  const tables = auditCsv(audit, new Map([[audit.accounts[0]?.account ?? "", "Treasury of A"]]));
  const rows = (name: string, of = tables) => (of[name] ?? "").split("\r\n").slice(0, -1);

  it("has how each account stands, with names, deadlines and amounts in units", () => {
    const [header = "", treasury = "", lender = "", long = ""] = rows("accounts.csv");
    assert.match(
      header,
      /^account,name,owner,owner_name,attesters,threshold,status,since,until,worst_verdict,/,
    );
    assert.match(treasury, /^0xa{63}0,Treasury of A,0x0{39}a,,.*,healthy,2021-05-19T04:00:00Z,,lapsed,/);
    assert.match(lender, /^0xa{63}1,“desk-1\/cross”,.*,4,4,31,"350,000 USDC",12\.5 BTC$/);
    assert.match(long, /,liquidatable,2021-05-19T09:00:00Z,,liquidatable,/);
  });

  it("has every change of status and every finding that is listed", () => {
    assert.equal(rows("statuses.csv").length, 1 + 3 + 3 + 4);
    assert.deepEqual(
      rows("statuses.csv")
        .slice(-2)
        .map((row) => row.slice(67)),
      [
        "“desk-2/leveraged-long”,2021-05-19T03:00:00Z,marginCall,2021-05-19T09:00:00Z",
        "“desk-2/leveraged-long”,2021-05-19T09:00:00Z,liquidatable,",
      ],
    );
    assert.match(
      rows("findings.csv")[1] ?? "",
      /^low,sequence-gap,An account's books skip .*,0xa{63}1,“desk-1\/cross”,2021-05-19T04:00:00Z,1301,4,58,1,3,sequence 2,sequence 3$/,
    );
  });

  it("is by RFC 4180 whatever strangers write, and no spreadsheet takes it for a formula", () => {
    const [finding] = audit.findings.listed;
    assert.ok(finding);
    const hostile = [
      '=HYPERLINK("http://x","y")',
      "+1",
      "-1+cmd|' /C calc'!A0",
      "@SUM(A1)",
      " =1",
      "＝1",
      'a "b", c',
    ];
    const listed = hostile.map((text) => ({ ...finding, expected: text, got: text }));
    const accounts = audit.accounts.map((account, i) => ({ ...account, name: hostile[i] ?? "" }));
    const of = auditCsv(
      { ...audit, accounts, findings: { ...audit.findings, listed } },
      new Map([[accounts[0]?.account ?? "", "=1+1"]]),
    );
    for (const [name, text] of Object.entries(of)) {
      const [header = [], ...rows] = readCsv(text);
      for (const cells of rows) {
        assert.equal(cells.length, header.length, name);
        for (const cell of cells) assert.doesNotMatch(cell, /^\s*[=+\-@＝]/u);
      }
    }
    assert.ok(of["findings.csv"]?.includes(`"'=HYPERLINK(""http://x"",""y"")"`));
    assert.ok(of["accounts.csv"]?.includes(",'=1+1,"));
  });
});
