import assert from "node:assert/strict";
import { bandWords, factorText, percentText, statementWords } from "../../src/prove/statementWords.js";

const claim = { theta: 10_050, envelope: 0, healthy: true, isolated: false };

describe("the words of a statement", () => {
  it("write a factor with four decimals, and a percentage with two", () => {
    assert.deepEqual([10_050n, 12_500, 1, 0].map(factorText), ["1.0050", "1.2500", "0.0001", "0.0000"]);
    assert.deepEqual([250, 205, 5, 10_000].map(percentText), ["2.50%", "2.05%", "0.05%", "100.00%"]);
  });

  it("say the verdict, the range of prices where there is one, and what the book is complete to", () => {
    const end = "The book is complete with respect to the registered attesters.";
    assert.equal(
      statementWords(claim),
      `The health factor of the committed book is above 1.0050 at the prices of this market. ${end}`,
    );
    assert.equal(
      statementWords({ ...claim, envelope: 205, isolated: true }),
      "The health factor of the committed book, isolated (at most one perpetual and one collateral asset), is above " +
        `1.0050 at the prices of this market and at all prices within 2.05% of them. ${end}`,
    );
    assert.equal(
      statementWords({ ...claim, healthy: false }),
      `The health factor of the committed book is not above 1.0050 at the prices of this market. ${end}`,
    );
  });

  it("say what is added or owed on top, to the cent, and what the attesters of a sleeve answer for", () => {
    const end = "The book is complete with respect to the registered attesters.";
    const of = (changed: string) =>
      `The health factor of the committed book${changed} is above 1.0050 at the prices of this market. `;
    assert.equal(
      statementWords({ ...claim, support: 100_005n }),
      `${of(", with 1000.05 dollars added to its collateral,")}${end}`,
    );
    assert.equal(statementWords({ ...claim, support: -1n }), `${of(", with 0.01 dollars more owed,")}${end}`);
    assert.equal(
      statementWords({ ...claim, sleeve: true }),
      `${of("")}Its options and whatever else is not linear in a price count as its attesters computed them: at prices that ` +
        `also lie within the band, and until the time, that they signed. ${end}`,
    );
  });

  it("say both halves of a band, each with its prices", () => {
    assert.equal(
      bandWords({ above: 10_000, notAbove: 12_500, isolated: false }),
      "The health factor of the committed book is, at the prices of this market, above 1.0000 priced against the account, " +
        "and not above 1.2500 priced in its favour. The book is complete with respect to the registered attesters.",
    );
  });
});
