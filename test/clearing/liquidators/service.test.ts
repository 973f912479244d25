import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyShare } from "../../../src/clearing/liquidators/dealing.js";
import type { Message } from "../../../src/clearing/liquidators/messages.js";
import {
  combinePartials,
  decryptionContext,
  openByPartials,
  type SealedAccount,
} from "../../../src/clearing/liquidators/partials.js";
import {
  decryptionJournal,
  type HouseReader,
  type LiquidatorEvent,
  LiquidatorService,
} from "../../../src/clearing/liquidators/service.js";
import { DeploymentMismatchError, JournalError, NodeUnreachableError } from "../../../src/errors.js";
import { type ClearedOpening, keyOf, scalarOf, sealBook } from "../../../src/protocol/sealedBook.js";
import { commitCleared } from "../../../src/protocol/transition.js";
import { Random } from "../../support/cases.js";
import { randomOpening } from "../../support/clearing.js";
import { CHAIN, generated, HOSTILE_POINTS, seededBytes, type TestMember } from "../../support/liquidators.js";

const HOUSE = `0x${"33".repeat(20)}`;

describe("a liquidator's service", () => {
  let folder: string;
  let members: TestMember[];
  let opening: ClearedOpening;
  let account: SealedAccount;
  let count = 0;
  const random = seededBytes(130);
  const shareOf = (member: number) => members[member - 1]?.share as KeyShare;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "zkmargin-service-"));
    ({ members } = await generated(5, 3, 130));
    opening = randomOpening(new Random(131), 16);
    const place = {
      chainId: CHAIN,
      house: HOUSE,
      account: `0x${"ab".repeat(32)}`,
      sequence: 3n,
      listing: 8n,
    };
    const commitment = commitCleared(opening, place.listing);
    account = { ...place, commitment, sealed: sealBook(opening, shareOf(1).key.key, scalarOf(55n)) };
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A service, a house of which the test says what is frozen, and what it gave. */
  async function scene(member = 1, more: Partial<HouseReader> = {}, name = `${count++}`) {
    const frozen: SealedAccount[] = [];
    const given = new Map<string, Message<"partial">>();
    const events: LiquidatorEvent[] = [];
    const reader: HouseReader = {
      ...{ chainId: CHAIN, house: HOUSE },
      liquidatorsKey: async () => shareOf(1).key.key,
      frozenAccounts: async () => frozen,
      isFrozen: async (id) => frozen.some((each) => each.account === id),
      ...more,
    };
    const wallet = (members[member - 1] as TestMember).wallet;
    const seat = { address: wallet.address, house: HOUSE, chainId: CHAIN };
    const path = join(folder, `${name}.journal`);
    const options = {
      ...{ reader, wallet, random, clock: () => 1_700_000_000_000, interval: 5 },
      share: async () => shareOf(member),
      journal: await decryptionJournal(path, seat),
      outbox: {
        has: async (context: string, index: number) => given.has(`${context} ${index}`),
        give: async (message: Message<"partial">) => {
          given.set(`${message.body.context} ${message.from}`, message);
        },
      },
      onEvent: (event: LiquidatorEvent) => events.push(event),
    };
    return { frozen, given, events, path, options, service: new LiquidatorService(options) };
  }

  // shows: A129
  it("gives a part of what the house has frozen, once, and of nothing else", async () => {
    const { service, frozen, given, events, path, options } = await scene();
    assert.equal(await service.tick(), 0);
    assert.equal(given.size, 0);
    frozen.push(account);
    assert.equal(await service.tick(), 1);
    assert.equal(await service.tick(), 0);
    assert.deepEqual(
      events.map(({ event }) => event),
      ["started", "decrypted"],
    );
    const [message] = given.values();
    assert.deepEqual(combinePartials(shareOf(1).key, account, [message as Message]).members, [1]);
    // It journals what it decrypted, and knows no position that it could write.
    const journal = readFileSync(path, "utf8");
    assert.ok(
      journal.includes(account.account) && journal.includes(decryptionContext(shareOf(1).key, account)),
    );
    for (const text of [
      journal,
      JSON.stringify(events, (_, value) => (typeof value === "bigint" ? String(value) : value)),
    ])
      for (const number of [opening.basis, ...opening.perp.filter((q) => q > 9n || q < -9n)])
        assert.ok(!text.includes(String(number)));
    await assert.rejects(
      decryptionJournal(path, { address: `0x${"99".repeat(20)}`, house: HOUSE, chainId: CHAIN }),
      JournalError,
    );
    // Killed between the journal's line and the part, it makes the part when it starts again.
    given.clear();
    assert.equal(await new LiquidatorService(options).tick(), 1);
  });

  // shows: P75
  it("opens the book, with two others of five", async () => {
    const parts: Message[] = [];
    for (const member of [2, 4, 5]) {
      const { service, frozen, given } = await scene(member);
      frozen.push(account);
      await service.tick();
      parts.push(...given.values());
    }
    assert.deepEqual(openByPartials(shareOf(1).key, account, parts, 16), opening);
  });

  // shows: A129
  it("refuses an account whose freeze is taken back, of another house or chain, or with a hostile point", async () => {
    const hostile = HOSTILE_POINTS.map(([, ephemeral], i) => ({
      ...account,
      account: `0x${(16 + i).toString(16).repeat(32)}`,
      sealed: { ...account.sealed, ephemeral },
    }));
    for (const wrong of [
      { ...account, house: `0x${"34".repeat(20)}` },
      { ...account, chainId: 1n },
      ...hostile,
    ]) {
      const { service, frozen, given, events } = await scene();
      frozen.push(wrong);
      assert.equal(await service.tick(), 0);
      assert.equal(await service.tick(), 0);
      assert.equal(given.size, 0);
      assert.deepEqual(
        events.map(({ event }) => event),
        ["started", "refused"],
      );
    }
    const { service, frozen, given, events } = await scene(1, { isFrozen: async () => false });
    frozen.push(account);
    await service.tick();
    assert.equal(given.size, 0);
    assert.equal(events.at(-1)?.event, "refused");
  });

  // shows: A129
  it("serves no house that has another key", async () => {
    const { service, frozen, given } = await scene(1, { liquidatorsKey: async () => keyOf(5n) });
    frozen.push(account);
    await assert.rejects(service.tick(), DeploymentMismatchError);
    await assert.rejects(service.run(new AbortController().signal), DeploymentMismatchError);
    assert.equal(given.size, 0);
  });

  it("outlasts a node in trouble, and says so once", async () => {
    let troubled = true;
    const { service, events, given, frozen } = await scene(1, {
      frozenAccounts: async () => {
        if (troubled) throw new NodeUnreachableError("node 127.0.0.1: no answer");
        return frozenNow();
      },
    });
    const frozenNow = () => frozen;
    frozen.push(account);
    const stop = new AbortController();
    const running = service.run(stop.signal);
    await new Promise((done) => setTimeout(done, 40));
    troubled = false;
    for (let i = 0; given.size === 0 && i < 200; i++) await new Promise((done) => setTimeout(done, 10));
    stop.abort();
    await running;
    assert.equal(events.filter(({ event }) => event === "trouble").length, 1);
    assert.equal(given.size, 1);
    assert.equal(events.at(-1)?.event, "stopped");
  });
});
