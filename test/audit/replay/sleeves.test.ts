import assert from "node:assert/strict";
import type { DisclosedOpening } from "../../../src/audit/disclosure.js";
import { disclosed } from "./openings.js";
import { Recording, RememberingVerifier, runOptions } from "./recording.js";
import { type SleeveStory, sleeveStory } from "./sleeveStory.js";
import { SLEEVE_TAMPERINGS, SLEEVE_VARIANTS } from "./tamperings/sleeves.js";

describe("the replay of options desks whose books are disclosed", () => {
  let story: SleeveStory;
  let verifier: RememberingVerifier;
  before(async () => {
    verifier = new RememberingVerifier((await runOptions()).key.verificationKey);
    story = await sleeveStory(SLEEVE_VARIANTS);
  });

  const opened = (name: string): DisclosedOpening => story.openings.get(name) ?? assert.fail(name);

  it("finds nothing of an honest one, and computes its sleeve again to the cent", async () => {
    const log = new Recording(undefined, story.lines);
    const { findings, coverage, accounts, statement } = await log.replay({
      verifier,
      ...disclosed(opened("honest")),
    });
    assert.deepEqual(findings.listed, []);
    assert.match(statement.doesNotSay.join(), /what the options of a book with a sleeve are worth/);
    assert.equal(coverage.sleeves, SLEEVE_VARIANTS.length);
    assert.deepEqual([coverage.sleevesComputed, coverage.proofsVerified], [1, 1]);
    const [claim] = accounts[0]?.claims.items ?? [];
    assert.deepEqual([claim?.sleeve, claim?.support, claim?.asItIs], [true, "0", true]);
    assert.equal(accounts[0]?.verdicts.items[0]?.disclosed, "confirmed");
    // From the round at which it is attested on, while its sleeve holds: the last round is outside its band.
    assert.deepEqual(
      accounts[0]?.headroom.map(({ fromRound }) => fromRound),
      [3, 4],
    );
  });

  it("tells what an honest one's sleeve comes to beside its book, from the first round in which it holds", async () => {
    const log = new Recording(undefined, story.lines);
    const replayed = { verifier, ...disclosed(opened("honest")), composition: true };
    const [account] = (await log.replay(replayed)).accounts;
    const [book] = account?.composition.items ?? [];
    const { value, gains, charge, slack } = opened("honest").opening.sleeve ?? assert.fail("no sleeve");
    assert.deepEqual(book?.sleeve, {
      value: String(value),
      gains: gains.map(String),
      charge: String(charge),
      slack: String(slack),
    });
    assert.equal(book?.round, 3);
    assert.equal(book?.healthFactor, account?.headroom[0]?.least);
  });

  it("tells nothing of a book whose sleeve never holds", async () => {
    const log = new Recording(undefined, story.lines);
    const shocks =
      SLEEVE_TAMPERINGS.find(({ code }) => code === "sleeve-shocks") ?? assert.fail("no tampering");
    await shocks.tamper(log, opened);
    const replayed = { verifier, ...disclosed(opened("honest")), composition: true };
    const [account] = (await log.replay(replayed)).accounts;
    assert.deepEqual([account?.books.disclosed, account?.composition.items], [1, []]);
  });

  it("finds nothing of it in the log of a derived market either, whose rounds its sleeve is priced at as well", async () => {
    const log = new Recording(undefined, story.derived);
    const { findings, coverage } = await log.replay({ verifier, ...disclosed(opened("honest")) });
    assert.deepEqual(findings.listed, []);
    assert.deepEqual([coverage.sleevesComputed, coverage.proofsVerified], [1, 1]);
    const { byCode } = (await log.replay({ verifier, ...disclosed(opened("round")) })).findings;
    assert.deepEqual(Object.keys(byCode), ["sleeve-sources"]);
  });

  it("takes the sources from whichever of two disclosures has them", async () => {
    const { sources: _, ...without } = opened("honest");
    for (const both of [
      [without, opened("honest")],
      [opened("honest"), without],
    ]) {
      const log = new Recording(undefined, story.lines);
      const { findings, coverage } = await log.replay({ verifier, ...disclosed(...both) });
      assert.deepEqual(findings.listed, []);
      assert.equal(coverage.sleevesComputed, 1);
    }
  });

  it("finds nothing of one whose numbers are harder than they need be", async () => {
    const log = new Recording(undefined, story.lines);
    const { findings, coverage } = await log.replay({ verifier, ...disclosed(opened("harder")) });
    assert.deepEqual(findings.listed, []);
    assert.equal(coverage.sleevesComputed, 1);
  });

  it("finds nothing of any where no book is disclosed", async () => {
    const { findings, coverage } = await new Recording(undefined, story.lines).replay({ verifier });
    assert.deepEqual(findings.listed, []);
    assert.equal(coverage.sleevesComputed, 0);
  });

  // shows: A68
  for (const { code, what, tamper } of SLEEVE_TAMPERINGS)
    it(`finds ${code}, and nothing else: ${what}`, async () => {
      const log = new Recording(undefined, story.lines);
      const options = await tamper(log, opened);
      const { byCode, listed } = (await log.replay({ verifier, ...options })).findings;
      assert.deepEqual(Object.keys(byCode), [code], JSON.stringify(listed.slice(0, 4), null, 1));
      const told = listed.map(({ expected, got }) => `${expected} ${got}`).join();
      for (const amount of [...story.openings.values()].flatMap(amountsOf)) assert.ok(!told.includes(amount));
    });
});

/** The amounts of a book and its sleeve, as text; short ones are in any text. */
function amountsOf({ opening: { spot, perp, basis, sleeve } }: DisclosedOpening): string[] {
  const { value = 0n, gains = [], charge = 0n, slack = 0n } = sleeve ?? {};
  const all = [...spot, ...perp, basis, value, ...gains, charge, slack];
  return all.map((amount) => (amount < 0n ? -amount : amount).toString()).filter(({ length }) => length > 3);
}
