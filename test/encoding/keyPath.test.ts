import assert from "node:assert/strict";
import { keyPath, privateKeys, publicKeys } from "../../src/encoding/strictJson.js";

describe("keyPath", () => {
  it("quotes any short printable key of a public file", () => {
    for (const key of ["x", "A.b_c-9", "x".repeat(32)]) assert.ok(publicKeys(key), key);
    for (const key of ["", "x".repeat(33), "a b", "é", "x\n"]) assert.ok(!publicKeys(key), key);
  });

  it("quotes of a private file what is two slips from a field of six letters or more", () => {
    const quotes = privateKeys(["amount"]);
    for (const key of [
      "amount",
      "AMOUNT",
      "amou",
      "ount",
      "amnt",
      "amountxx",
      "xxamount",
      "xmounx",
      "xamounx",
    ])
      assert.ok(quotes(key), key);
    for (const key of ["", "amo", "unt", "amountxxx", "xamouxtx", "xmxunx", "xaxmoux"])
      assert.ok(!quotes(key), key);
    assert.ok(privateKeys(["Amount"])("amount"));
    assert.ok(privateKeys(["AMOUNT"])("maount"), "capitals are no slips");
  });

  it("quotes what is one slip from a shorter one", () => {
    const quotes = privateKeys(["theta"]);
    for (const key of ["theta", "heta", "thet", "thetax", "xtheta", "thxta"]) assert.ok(quotes(key), key);
    for (const key of ["eta", "the", "thetaxx", "xthetax", "thxtx", "xheta x"]) assert.ok(!quotes(key), key);
  });

  it("names what it does not quote by its position, from 1", () => {
    assert.equal(
      keyPath("file.a", "b", 0, () => true),
      "file.a.b",
    );
    assert.equal(
      keyPath("file.a", "b", 0, () => false),
      "file.a{key 1}",
    );
  });
});
