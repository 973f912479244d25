import assert from "node:assert/strict";
import {
  type BoundOpening,
  CoveredSequences,
  type DisclosedOpening,
  type DisclosureHeader,
  disclosureLines,
  readDisclosure,
} from "../../src/audit/disclosure.js";
import {
  FormatError,
  type InputError,
  MalformedError,
  OutOfRangeError,
  UnknownFieldError,
} from "../../src/errors.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { sleevedOpening } from "../support/archives.js";
import { exampleBook } from "../support/desk.js";

const { account, book, salt, commitment, isolated } = exampleBook("cash-and-carry");
const opening: DisclosedOpening = {
  account,
  sequence: 7n,
  epoch: null,
  commitment,
  listing: DEFAULT_LISTING,
  opening: { isolated, ...book, salt },
};
const header: DisclosureHeader = {
  archive: "a1",
  head: { number: 3, hash: "0".repeat(64) },
  scopes: [{ account, first: 5n, last: 8n }],
};
const ID = `0x${"ab".repeat(32)}`;
const written = (openings: readonly DisclosedOpening[]) => [...disclosureLines(header, openings)].join("");

async function read(text: string): Promise<BoundOpening[]> {
  const { openings } = await readDisclosure(text.split("\n").slice(0, -1));
  const found: BoundOpening[] = [];
  for await (const one of openings) found.push(one);
  return found;
}

const fails = (text: string, Class: new (...args: never[]) => InputError, path: string) =>
  assert.rejects(read(text), (error: InputError) => {
    assert.equal(error.constructor, Class, error.message);
    assert.equal(error.path, path);
    assert.ok(!error.message.includes(String(salt)));
    return true;
  });

describe("a disclosure file", () => {
  // shows: P14, A39
  it("comes back as it was written", async () => {
    const openings = [opening, { ...opening, sequence: 8n, epoch: 3n }];
    const bound = (id: string | null) => openings.map((each) => ({ ...each, id }));
    assert.deepEqual(await read(written(openings)), bound(null));
    const { archive, head, scopes } = await readDisclosure(written([]).split("\n"));
    assert.deepEqual({ archive, head, scopes }, header);
    const [scope] = header.scopes;
    assert.ok(scope);
    const ofAccount = { ...header, scopes: [{ ...scope, id: ID }] };
    assert.deepEqual(await read([...disclosureLines(ofAccount, openings)].join("")), bound(ID));
    const ofTwo = {
      ...header,
      scopes: [scope, { ...scope, id: ID }, { ...scope, id: ID.replace("a", "c") }],
    };
    const text = [...disclosureLines(ofTwo, openings)].join("");
    await fails(text, OutOfRangeError, "disclosure.line1.scopes[1].id");
  });

  // shows: A68
  it("carries what a sleeve was made from; one of the version before has none, and is read", async () => {
    const sleeved = { ...sleevedOpening("a", 7, 40), account };
    assert.deepEqual(await read(written([sleeved])), [{ ...sleeved, id: null }]);
    const { sources: _, ...without } = sleeved;
    const old = written([without]).replace("disclosure@2", "disclosure@1");
    assert.deepEqual(await read(old), [{ ...without, id: null }]);
    const strange = written([sleeved]).replace("disclosure@2", "disclosure@1");
    await fails(strange, FormatError, "disclosure.line2.sources");
    const { sources } = sleeved;
    assert.ok(sources !== undefined);
    await fails(written([{ ...opening, sources }]), FormatError, "disclosure.line2.sources");
    const bad = written([sleeved]).replace('"price":100', '"price":100000');
    await fails(bad, OutOfRangeError, "disclosure.line2.sources.band.price");
  });

  // shows: A54
  it("covers what any of its scopes does, however many they are", () => {
    const scopes = Array.from({ length: 20_000 }, (_, i) => ({
      account,
      first: BigInt(4 * i),
      last: BigInt(4 * i + 1),
    }));
    const within = new CoveredSequences([...scopes, { account, first: 7n, last: 9n }]);
    const covered = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 79_996, 79_999].filter((i) =>
      within.covers(account, BigInt(i)),
    );
    assert.deepEqual(covered, [0, 1, 4, 5, 7, 8, 9, 79_996]);
    assert.equal(within.covers("another", 0n), false);
  });

  it("is known for one that was cut short, or goes on", async () => {
    const text = written([opening]);
    const lines = text.split("\n").slice(0, -1);
    await fails("", MalformedError, "disclosure");
    await fails(`${lines.slice(0, 2).join("\n")}\n`, MalformedError, "disclosure");
    await fails(`${[lines[0], lines[2]].join("\n")}\n`, MalformedError, "disclosure.line2");
    await fails(`${text}${lines[1]}\n`, MalformedError, "disclosure.line4");
    await fails(text.slice(0, 900) + text.slice(-20), MalformedError, "disclosure.line2");
  });

  it("holds nothing outside its scopes, and no field that it does not know", async () => {
    await fails(written([{ ...opening, sequence: 9n }]), OutOfRangeError, "disclosure.line2");
    await fails(written([{ ...opening, account: "another" }]), OutOfRangeError, "disclosure.line2");
    await fails(written([opening]).replace('"salt"', '"salty"'), UnknownFieldError, "disclosure.line2.salty");
    await fails(written([opening]).replace('"salt":"', '"salt":"0x'), FormatError, "disclosure.line2.salt");
  });
});
