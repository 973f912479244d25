import assert from "node:assert/strict";
import { cell, parseCsv } from "../../src/encoding/sheet.js";
import { MalformedError } from "../../src/errors.js";
import { assertFails } from "../support/failure.js";

describe("parseCsv", () => {
  it("splits lines and cells, whatever the line ends", () => {
    const expected = {
      header: ["a", "b"],
      rows: [
        { path: "file.line2", cells: ["1", ""] },
        { path: "file.line3", cells: ["", "2"] },
      ],
    };
    for (const text of ["a,b\n1,\n,2", "a,b\n1,\n,2\n", "a,b\r\n1,\r\n,2\r\n", "\uFEFFa,b\n1,\n,2\n"])
      assert.deepEqual(parseCsv(text, "file"), expected);
  });

  it("takes a byte-order mark for one at the very beginning only", () => {
    assert.deepEqual(parseCsv("a\uFEFF,b\n", "file").header, ["a\uFEFF", "b"]);
  });

  it("refuses what is not a table, naming the line and quoting nothing", () => {
    assertFails(() => parseCsv("", "file"), MalformedError, "file.line1");
    assertFails(() => parseCsv("a,b\n1\n", "file"), MalformedError, "file.line2");
    assertFails(() => parseCsv("a,b\n1,2\n1,2,3\n", "file"), MalformedError, "file.line3");
    assertFails(() => parseCsv("a,b\n\n1,2\n", "file"), MalformedError, "file.line2");
    assertFails(() => parseCsv("a,b\n1,2\n\n", "file"), MalformedError, "file.line3");
    assertFails(() => parseCsv('a,b\n"12345",2\n', "file"), MalformedError, "file.line2", ["12345"]);
    assertFails(() => parseCsv("a,b\r1,2\r", "file"), MalformedError, "file.line1");
  });

  it("gives the cells that there are", () => {
    const row = { path: "file.line2", cells: ["1", ""] };
    assert.deepEqual([cell(row, 0), cell(row, 1)], ["1", ""]);
    assertFails(() => cell(row, 2), MalformedError, "file.line2");
  });
});
