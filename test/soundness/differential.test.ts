import assert from "node:assert/strict";
import { shippedSources } from "./suite/differential/build.js";
import { SubjectCircuit } from "./suite/differential/circuit.js";
import { type Compared, compare, compareGroup, DifferenceError } from "./suite/differential/compare.js";
import { nettedPair } from "./suite/differential/subjects/nettedPair.js";
import { plant } from "./suite/seeded/bug.js";
import { NETTED_PAIRS } from "./suite/seeded/bugs/nettedPairs.js";

const SEED = 3;
const NO_LIES = { cases: 400, generated: 0, lies: 0 };
const LIES = { ...NO_LIES, lies: 2 };

describe("the specification differential", () => {
  const subject = nettedPair(4);
  const broken = async (id: string) => {
    const bug = NETTED_PAIRS.find((one) => one.id === id);
    assert.ok(bug);
    return SubjectCircuit.of(subject, plant(await shippedSources(), bug), { generator: false });
  };

  it("finds nothing in the template as it is, by any prover", async () => {
    const circuit = await SubjectCircuit.of(subject, await shippedSources());
    const done = compare(subject, circuit, SEED, { ...LIES, generated: 1 });
    assert.equal(done.cases, LIES.cases);
    assert.equal(done.generated, LIES.cases);
    assert.ok(done.accepted > 100 && done.accepted < 300, `${done.accepted} accepted`);
    assert.ok(done.lies > 800 && done.trueLies < done.lies / 10, JSON.stringify(done));
  });

  it("notices another figure, with the seed of the group that shows it again", async () => {
    const circuit = await broken("pair-positive-part-is-negative");
    assert.throws(
      () => compare(subject, circuit, SEED, NO_LIES),
      (error: unknown) => {
        assert.ok(error instanceof DifferenceError);
        assert.match(error.message, /expected aPositive to be \d+, got \d+/);
        const [, seed] = /replay\.ts 'lib\/NettedPair\(4\)' (\d+) 0$/.exec(error.message) ?? [];
        const done: Compared = { cases: 0, accepted: 0, lies: 0, trueLies: 0, generated: 0 };
        assert.throws(() => compareGroup(subject, circuit, Number(seed), NO_LIES, done), {
          message: error.message,
        });
        return true;
      },
    );
  });

  it("notices by a lie what no honest prover shows", async () => {
    const circuit = await broken("pair-sign-is-no-bit");
    compare(subject, circuit, SEED, NO_LIES);
    assert.throws(() => compare(subject, circuit, SEED, LIES), DifferenceError);
  });
});
