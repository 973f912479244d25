import assert from "node:assert/strict";
import { GivenFiles, MAX_BYTES, MAX_FILES } from "../../web/givenFiles.js";

/** A file whose reading ends when the test says so. */
function slow(name: string, text: string) {
  let end = () => {};
  const read = new Promise<string>((resolve) => {
    end = () => resolve(text);
  });
  return { name, size: text.length, text: () => read, end };
}

const bundle = '{"format": "zkmargin/bundle@2"}';
const market = (of: number) => `{"format": "zkmargin/market@1", "of": ${of}}`;
const file = (name: string, text: string) => ({ name, size: text.length, text: async () => text });

describe("the files that the page was given", () => {
  let changes: number;
  let given: GivenFiles;
  beforeEach(() => {
    changes = 0;
    given = new GivenFiles(() => {
      changes++;
    });
  });
  const standing = () =>
    given.all.map(({ name, state }) => `${name} ${state.is === "taken" ? state.kind : state.is}`);
  const texts = () => given.all.map(({ state }) => (state.is === "taken" ? state.text : null));
  const reasons = () => given.all.map(({ state }) => (state.is === "refused" ? state.reason : null));

  it("are announced before they are read, so that no earlier result is shown meanwhile", async () => {
    const one = slow("a.json", bundle);
    const dropped = given.drop([one]);
    assert.deepEqual([changes, standing()], [1, ["a.json reading"]]);
    one.end();
    await dropped;
    assert.deepEqual([changes, standing()], [2, ["a.json bundle"]]);
  });

  it("take the place of files of the same name, also when they are refused", async () => {
    await given.drop([file("a.json", bundle), file("b.json", bundle)]);
    await given.drop([file("a.json", bundle.slice(0, 9))]);
    assert.deepEqual(standing(), ["b.json bundle", "a.json refused"]);
    await given.drop([file("a.json", bundle)]);
    assert.deepEqual(standing(), ["b.json bundle", "a.json bundle"]);
  });

  it("all stay where one drop brings several of a name, as from several folders", async () => {
    await given.drop([file("proof.json", bundle), file("proof.json", `${bundle} `), file("proof.json", "")]);
    assert.deepEqual(standing(), ["proof.json bundle", "proof.json bundle", "proof.json refused"]);
  });

  it("have one market among them, of the newest drop, whichever was read first", async () => {
    const [first, second] = [slow("first.json", market(1)), slow("second.json", market(2))];
    const drops = [given.drop([first]), given.drop([second])];
    second.end();
    await drops[1];
    assert.deepEqual(standing(), ["first.json reading", "second.json market"]);
    first.end();
    await drops[0];
    assert.deepEqual(texts(), [market(2)]);
  });

  it("end with the newest of a name, whichever was read first", async () => {
    const [old, replaced] = [slow("a.json", bundle), slow("a.json", "torn")];
    const drops = [given.drop([old]), given.drop([replaced])];
    replaced.end();
    await drops[1];
    old.end();
    await drops[0];
    assert.deepEqual(standing(), ["a.json refused"]);
  });

  it("have none of two markets that come at once, nor the earlier one", async () => {
    await given.drop([file("old.json", market(0))]);
    await given.drop([file("one.json", market(1)), file("two.json", market(2))]);
    assert.deepEqual(reasons(), [
      "one.json: expected one market file, got 2 at once; drop the one that you trust by itself",
      "two.json: expected one market file, got 2 at once; drop the one that you trust by itself",
    ]);
    // The same market twice is one.
    given.remove(() => true);
    await given.drop([file("one.json", market(1)), file("copy.json", market(1))]);
    assert.deepEqual(standing(), ["one.json market"]);
  });

  it("are refused by name where they cannot be read, are too large or too many", async () => {
    const failing = { name: "folder", size: 4_096, text: () => Promise.reject(new Error("NotFoundError")) };
    const huge = { name: "huge.json", size: MAX_BYTES + 1, text: () => assert.fail("read it") };
    await given.drop([failing, huge]);
    assert.deepEqual(reasons(), [
      "folder: expected a file that this browser can read, got none; of a folder, drop its files",
      "huge.json: expected a file of at most 4 MB, got 4.1 MB",
    ]);
    given.remove(() => true);
    await given.drop(Array.from({ length: MAX_FILES + 1 }, (_, i) => file(`${i}.json`, bundle)));
    assert.deepEqual(
      reasons().filter((reason) => reason !== null),
      [`${MAX_FILES}.json: expected at most ${MAX_FILES} files, got one more; take others away first`],
    );
  });

  it("go when they are taken away, and nothing happens when nothing is dropped", async () => {
    await given.drop([file("a.json", bundle), file("b.json", "")]);
    given.remove(({ state }) => state.is === "refused");
    assert.deepEqual([standing(), changes], [["a.json bundle"], 3]);
    await given.drop([]);
    assert.equal(changes, 3);
  });
});
