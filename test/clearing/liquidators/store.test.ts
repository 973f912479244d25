import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCard } from "../../../src/clearing/liquidators/ceremony.js";
import { takeStep } from "../../../src/clearing/liquidators/member.js";
import type { Message } from "../../../src/clearing/liquidators/messages.js";
import { LiquidatorStore } from "../../../src/clearing/liquidators/store.js";
import { FormatError, InputError, KeystoreError, OutOfRangeError } from "../../../src/errors.js";
import {
  CHAIN,
  generated,
  playCeremony,
  seededBytes,
  type TestMember,
  testMembers,
  testTerms,
} from "../../support/liquidators.js";

const PASSWORD = "a long password of a store";

describe("a liquidator's store", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const newStore = async (name: string, member: TestMember) => {
    const store = await LiquidatorStore.create(at(name), PASSWORD, {
      address: member.wallet.address,
      chainId: CHAIN,
    });
    await store.addSecret(member.secret);
    return store;
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "zkmargin-store-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  // shows: A96
  it("keeps its shares under the password, in no plain text, for its owner alone", async () => {
    const { members, terms, board } = await generated(4, 3, 120);
    const member = members[0] as TestMember;
    const store = await newStore("a.store", member);
    const kept = { terms, sent: board.filter(({ from }) => from === 1) };
    await store.keep({
      ...kept,
      secrets: member.state?.secrets as NonNullable<NonNullable<TestMember["state"]>["secrets"]>,
    });
    await store.finish(kept, (member.share as NonNullable<TestMember["share"]>).key, member.share);
    const again = await LiquidatorStore.open(at("a.store"), PASSWORD);
    assert.deepEqual(again.shareOf((member.share as NonNullable<TestMember["share"]>).key.key), member.share);
    assert.deepEqual(again.ceremony(terms)?.sent, kept.sent);
    const text = readFileSync(at("a.store"), "utf8");
    const value = (member.share as NonNullable<TestMember["share"]>).value;
    for (const secret of [value, member.secret])
      assert.ok(!text.includes(String(secret)) && !text.includes(secret.toString(16)));
    if (process.platform !== "win32") assert.equal(statSync(at("a.store")).mode & 0o077, 0);
    await assert.rejects(LiquidatorStore.open(at("a.store"), "another long password"), KeystoreError);
    // A bit that has changed, a part that is missing, another salt: none opens, and none is quoted.
    const json = JSON.parse(text);
    const flipped = json.sealed.slice(0, -1) + (json.sealed.endsWith("0") ? "1" : "0");
    for (const broken of [
      { sealed: flipped },
      { sealed: json.sealed.slice(0, -2) },
      { sealed: "0x00" },
      { salt: `0x${"00".repeat(32)}` },
    ]) {
      writeFileSync(at("broken.store"), JSON.stringify({ ...json, ...broken }));
      await assert.rejects(LiquidatorStore.open(at("broken.store"), PASSWORD), KeystoreError);
    }
    writeFileSync(at("broken.store"), text.slice(0, 100));
    await assert.rejects(LiquidatorStore.open(at("broken.store"), PASSWORD), InputError);
    await assert.rejects(
      newStore("a.store2", member).then(() => LiquidatorStore.open(at("a.store2"), "short")),
      FormatError,
    );
  });

  // shows: A87
  it("drops what could open an old share: the secrets of a ceremony that is over, and the share that a resharing replaces", async () => {
    const { members, terms, board } = await generated(4, 3, 121);
    const member = members[1] as TestMember;
    const first = member.share as NonNullable<TestMember["share"]>;
    const store = await newStore("b.store", member);
    await store.keep(member.state as NonNullable<TestMember["state"]>);
    assert.ok(store.ceremony(terms)?.secrets !== undefined && store.secretFor(terms) === member.secret);
    await store.finish({ terms, sent: board.filter(({ from }) => from === 2) }, first.key, first);
    assert.equal(store.ceremony(terms)?.secrets, undefined);
    assert.equal(store.secretFor(terms), undefined);

    const again = await testMembers(4, 122);
    const next = members.map(({ wallet, share }, i) => ({ ...(again[i] as TestMember), wallet, share }));
    const cards = await Promise.all(
      next.map(async (each) => {
        return { ...each, card: await makeCard(each.wallet, CHAIN, each.secret, seededBytes(7)) };
      }),
    );
    const reshare = testTerms(cards, 3, { key: first.key, dealers: [1, 2, 3] }, 9);
    const { board: shown, steps } = await playCeremony(cards, reshare, 123);
    const fresh = steps[1]?.share as NonNullable<TestMember["share"]>;
    await store.addSecret((cards[1] as TestMember).secret);
    await store.finish({ terms: reshare, sent: shown.filter(({ from }) => from === 2) }, fresh.key, fresh);
    const opened = await LiquidatorStore.open(at("b.store"), PASSWORD);
    assert.deepEqual(opened.shares, [fresh]);
    await assert.rejects(opened.finish({ terms, sent: [] }, first.key, first), OutOfRangeError);
    // A member that goes has no share any more.
    const leaving = await newStore("c.store", members[0] as TestMember);
    await leaving.finish({ terms, sent: [] }, first.key, members[0]?.share);
    await leaving.finish({ terms: reshare, sent: [] }, fresh.key, undefined);
    assert.deepEqual((await LiquidatorStore.open(at("c.store"), PASSWORD)).shares, []);
  });

  // shows: A84
  it("lets a member that was killed say again what it has signed, and nothing else", async () => {
    const members = await testMembers(4, 124);
    const terms = testTerms(members, 3);
    const member = members[0] as TestMember;
    const random = seededBytes(125);
    const step = (store: LiquidatorStore, board: readonly Message[]) =>
      takeStep({ sent: [], ...store.ceremony(terms), terms }, board, {
        ...{ wallet: member.wallet, secret: member.secret, random, keep: (state) => store.keep(state) },
      });
    const first = await step(await newStore("d.store", member), []);
    const again = await step(await LiquidatorStore.open(at("d.store"), PASSWORD), []);
    assert.deepEqual(again.publish, first.publish);
    assert.deepEqual(
      again.publish.map(({ kind }) => kind),
      ["deal"],
    );
  });
});
