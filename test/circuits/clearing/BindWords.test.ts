import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { OutOfRangeError } from "../../../src/errors.js";
import { FIELD_R } from "../../../src/protocol/bounds.js";
import { bindWords, challengeOf, signedWord, sumAt } from "../../../src/protocol/boundWords.js";
import { makeReveal } from "../../../src/protocol/transition.js";
import { Random } from "../../support/cases.js";
import { compileTemplate, compileText, type TestCircuit } from "../../support/circuit.js";
import { asciiWord, randomTerms } from "../../support/clearing.js";
import { accepts, refuses, witnessOf } from "../../support/witness.js";

const ASSETS = 3;

describe("BindWords", () => {
  it("gives the model's hash and sum, one block or several", async () => {
    const random = new Random(3);
    for (const [n, m] of [
      [1, 1],
      [17, 17],
      [20, 3],
    ] as const) {
      const circuit = await compileTemplate("clearing/BindWords", [n, m], ["word", "hashed", "challenge"]);
      const words = Array.from({ length: n }, () => random.bits(253));
      const hashed = words.slice(0, m);
      const { hash, challenge, sum } = bindWords(words, hashed);
      const witness = await witnessOf(circuit, { word: words, hashed, challenge: [challenge] });
      assert.equal(witness[circuit.constraints.wire("main.hash")], hash);
      assert.equal(witness[circuit.constraints.wire("main.sum")], sum);
    }
  });

  it("writes a signed number in one way", () => {
    assert.equal(signedWord(-1n, 8, "x"), FIELD_R - 1n);
    assert.equal(signedWord(255n, 8, "x"), 255n);
    for (const value of [256n, -256n]) assert.throws(() => signedWord(value, 8, "x"), OutOfRangeError);
  });
});

describe("a challenge that does not bind the circuit's words", () => {
  /** RevealBook, and the same with no hash among its public signals: what an earlier draft would have been. */
  let sound: TestCircuit;
  let broken: TestCircuit;
  before(async () => {
    sound = await compileTemplate("clearing/RevealBook", [ASSETS], ["hash", "challenge", "sum"]);
    const source = readFileSync("circuits/clearing/RevealBook.circom", "utf8");
    const passage = "    hash === bind.hash;\n";
    assert.equal(source.split(passage).length, 2);
    const text = source
      .replace(passage, "")
      .replace(
        "    bind.hashed <== bind.word;\n",
        "    bind.hashed <== bind.word;\n    signal unused <== bind.hash;\n",
      )
      .replace("    signal input hash;\n", "")
      .replace(/include "(\w+)\.circom"/g, 'include "../clearing/$1.circom"');
    broken = await compileText(
      "reveal-without-hash",
      `${text}\ncomponent main {public [challenge, sum]} = RevealBook(${ASSETS});\n`,
    );
  });
  const terms = randomTerms(new Random(4));
  const opening = { perp: [5n, -7n, 0n], basis: 100n, salt: 9n };
  /** The words of a reveal that is false: the commitment is to another basis. */
  const { words, inputs } = makeReveal(opening, terms);
  const lies = words.with(5, 1_000_000n);

  // shows: A73
  it("lets a prover who knows it solve one equation for a free word, and prove anything", () => {
    // The verifier takes the challenge from its own words alone.
    const challenge = challengeOf(lies, 0n);
    const sum = sumAt(lies, challenge);
    // The circuit's words are those of the truth, but for `place`, which nothing else holds: place·challenge takes the difference.
    const missing = (sum - sumAt(words, challenge) + FIELD_R) % FIELD_R;
    const place = ((words[1] ?? 0n) + missing * inverseOf(challenge)) % FIELD_R;
    const { hash: _, ...rest } = inputs;
    const forged = { ...rest, challenge: [challenge], sum: [sum], place: [place] };
    assert.ok(accepts(broken, forged), "a basis of a million out of a hundred");
    assert.equal(lies[0], asciiWord("zkmargin/reveal@1"));
  });

  // shows: A73
  it("is no challenge of ours: the hash of the words that solve the equation is another, and the challenge with it", async () => {
    let said = bindWords(lies).hash;
    for (let round = 0; round < 4; round++) {
      const challenge = challengeOf(lies, said);
      const sum = sumAt(lies, challenge);
      const missing = (sum - sumAt(words, challenge) + FIELD_R) % FIELD_R;
      const place = ((words[1] ?? 0n) + missing * inverseOf(challenge)) % FIELD_R;
      const forged = { ...inputs, hash: [said], challenge: [challenge], sum: [sum], place: [place] };
      await refuses(sound, forged, "RevealBook");
      // Said again, the circuit's hash gives another challenge, and the equation another solution.
      said = bindWords(words.with(1, place)).hash;
      const again = challengeOf(lies, said);
      assert.notEqual(again, challenge);
      await refuses(
        sound,
        { ...forged, hash: [said], challenge: [again], sum: [sumAt(lies, again)] },
        "RevealBook",
      );
    }
    assert.ok(accepts(sound, inputs));
  });
});

/** 1/x in the field. */
function inverseOf(x: bigint): bigint {
  let [result, base] = [1n, x];
  for (let exponent = FIELD_R - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % FIELD_R;
    base = (base * base) % FIELD_R;
  }
  return result;
}
