import assert from "node:assert/strict";
import type { FindingCode } from "../../../src/audit/findings.js";
import { Anvil } from "../../../src/chain/anvil.js";
import { interfaceOf } from "../../../src/chain/binding.js";
import type { OpenMarket } from "../../../src/chain/deployment.js";
import { openDerived } from "../../../src/chain/derived.js";
import { LogTape, logLines } from "../../../src/chain/eventLog/export.js";
import { type ChainEvent, decodeEvent, encodeEvent, readRecord } from "../../../src/chain/eventLog/record.js";
import { riskProfile } from "../../../src/chain/generated/index.js";
import { poke, roundMarket } from "../../../src/chain/rounds.js";
import { provenClaim, submit } from "../../../src/chain/submit.js";
import { FormatError } from "../../../src/errors.js";
import type { RiskProfile } from "../../../src/protocol/profile.js";
import { exampleBook } from "../../support/desk.js";
import { GENESIS, LocalChain } from "../../support/localChain.js";
import { Recording, RememberingVerifier, runOptions } from "./recording.js";

const HOUR = 3_600;

/** A derived market in which everything happens that makes it differ from its base, and its log. */
async function story(chain: LocalChain, record: () => Promise<void>): Promise<void> {
  const initial = openDerived(chain.open, "initial");
  const anybody = chain.transactionsOf(chain.keeper);
  const custodian = chain.transactionsOf(chain.custodian);
  let sent = 0;
  const act = async ({ addresses, contracts }: OpenMarket, name: "tighten" | "pause") => {
    const words = [...(await contracts.riskProfile.profileWords())];
    words[0] = (words[0] ?? 0n) - 100n;
    const data = interfaceOf(riskProfile).encodeFunctionData(name, name === "tighten" ? [words] : []);
    await anybody.send({ key: `${name} ${sent++}`, to: addresses.riskProfile, data });
    await record();
  };
  const proveAt = async (market: OpenMarket, book: string, healthy = true) => {
    const opening = exampleBook(book);
    const { number } = await market.contracts.marketLedger.latestRound();
    const { market: priced } = await roundMarket(market, number, chain.key.key);
    const bundle = await chain.session.prove({
      opening,
      market: priced,
      theta: 10_000,
      envelope: 0,
      healthy,
    });
    const proven = await provenClaim(market, chain.accountOf(opening), bundle);
    await submit(market, healthy ? anybody : custodian, proven);
    await record();
  };
  const round = async (after: number) => {
    await chain.pass(after);
    await poke(initial, anybody);
    await record();
  };
  await round(0);
  for (const book of ["cash-and-carry", "leveraged-long"]) await chain.attest(exampleBook(book));
  await round(HOUR);
  for (const market of [chain.open, initial]) await proveAt(market, "cash-and-carry");
  await proveAt(chain.open, "leveraged-long");
  await proveAt(initial, "leveraged-long", false);
  // A round goes over to the next epoch, and is proven at again.
  await act(initial, "tighten");
  await proveAt(initial, "cash-and-carry");
  // Rounds are of no use after a change of the base, until the next.
  await act(chain.open, "tighten");
  await round(60);
  await proveAt(initial, "cash-and-carry");
  await round(HOUR);
  await act(chain.open, "pause");
  await round(HOUR);
}

describe("the replay of a derived market", () => {
  let chain: LocalChain;
  let verifier: RememberingVerifier;
  const logs = new Map<string, string[]>();

  before(async () => {
    const harsher = (profile: RiskProfile): RiskProfile => ({
      ...profile,
      assets: profile.assets.map((asset) => ({
        ...asset,
        collateralFactor: Math.floor((asset.collateralFactor * 9) / 10),
      })),
    });
    chain = await LocalChain.deploy(await Anvil.start("--timestamp", GENESIS), "2021-05-17", (plan) => ({
      ...plan,
      derived: [{ name: "initial", profile: harsher(plan.profile), terms: plan.terms }],
    }));
    const tapes = [await LogTape.start(chain.open), await LogTape.start(chain.open, "initial")] as const;
    await story(chain, async () => {
      for (const tape of tapes) await tape.advance();
    });
    for (const [i, of] of ["own", "initial"].entries())
      logs.set(of, (tapes[i]?.text() ?? "").trimEnd().split("\n"));
    verifier = new RememberingVerifier((await runOptions()).key.verificationKey);
  });
  after(() => chain?.close());

  const recording = (of = "initial") => new Recording(undefined, logs.get(of));

  /** The events of a role and name, with where they stand. */
  function* eventsOf(log: Recording, role: ChainEvent["role"], name: ChainEvent["name"]) {
    for (const block of log.blocks)
      for (const [at, event] of block.events.entries()) {
        const decoded = decodeEvent(event);
        if (decoded?.role === role && decoded.name === name) yield { block, at, event, decoded };
      }
  }

  function edit(
    log: Recording,
    role: ChainEvent["role"],
    name: ChainEvent["name"],
    nth: number,
    change: object,
  ): void {
    const { block, at, event, decoded } = [...eventsOf(log, role, name)].at(nth) ?? assert.fail(name);
    const edited = { ...decoded, fields: { ...decoded.fields, ...change } } as ChainEvent;
    block.events[at] = { ...event, ...encodeEvent(edited) };
  }

  it("finds nothing in its log, verifies its proofs and comes to its gate's every answer", async () => {
    const { findings, coverage, accounts, epochs, deployment } = await recording().replay({ verifier });
    assert.deepEqual(findings.listed, []);
    assert.deepEqual([coverage.proofs, coverage.proofsVerified], [4, 4]);
    assert.ok(coverage.statusesCompared > 10);
    assert.deepEqual(
      epochs.items.map(({ epoch, change }) => [epoch, change]),
      [
        [1, "set"],
        [2, "tightened"],
      ],
    );
    assert.equal(
      epochs.items.reduce((sum, { rounds }) => sum + rounds, 0),
      coverage.rounds,
    );
    assert.deepEqual(
      accounts.map(({ claims }) => claims.items.map(({ healthy, epoch }) => [healthy, epoch])),
      [
        [
          [true, 1],
          [true, 2],
          [true, 2],
        ],
        [[false, 1]],
      ],
    );
    const market = chain.open.deployment.derived?.initial;
    assert.equal(deployment.contracts["marginGate"], market?.marginGate.address);
    assert.equal(deployment.contracts["derivedLedger"], market?.derivedLedger.address);
  });

  it("finds nothing in the log of the deployment's own market beside it", async () => {
    const { findings, coverage } = await recording("own").replay({ verifier });
    assert.deepEqual(findings.listed, []);
    assert.deepEqual([coverage.proofs, coverage.proofsVerified], [2, 2]);
  });

  it("is the same log straight from a node", async () => {
    const lines: string[] = [];
    for await (const { text } of logLines(chain.open, {
      confirmations: 0,
      answers: "last",
      derived: "initial",
    }))
      lines.push(text);
    const straight = new Recording(undefined, lines);
    assert.deepEqual((await straight.replay({ verifier })).findings.listed, []);
    const events = (log: Recording) => log.blocks.flatMap((block) => block.events);
    assert.deepEqual(events(straight), events(recording()));
  });

  it("reads the log of a market that the deployment has, and of no other", () => {
    const [head = ""] = logs.get("initial") ?? [];
    assert.equal(readRecord(head, "log:1").kind, "head");
    const other = head.replace('"derived":"initial"', '"derived":"stress"');
    assert.notEqual(other, head);
    assert.throws(() => readRecord(other, "log:1"), FormatError);
  });

  const tamperings: readonly (readonly [FindingCode, string, (log: Recording) => unknown])[] = [
    [
      "profile-fold",
      "another point of the other profile",
      (log) => edit(log, "riskProfile", "ProfileChanged", 0, { x: 1n, y: 2n }),
    ],
    [
      "profile-fold",
      "another point of the base's profile",
      (log) => edit(log, "baseProfile", "ProfileChanged", 0, { x: 1n, y: 2n }),
    ],
    [
      "proof-invalid",
      "a proof of another epoch of the profile",
      (log) => {
        const [first, , second] = [...eventsOf(log, "marginGate", "ProofAccepted")];
        const callOf = (of = first) => of?.block.calls.find(({ tx }) => tx === of.event.tx);
        const [from, to] = [callOf(first), callOf(second)];
        assert.ok(from !== undefined && to !== undefined);
        to.data = from.data;
      },
    ],
    [
      "proof-invalid",
      "a proof that the base's gate took",
      (log) => {
        const own = new Recording(undefined, logs.get("own"));
        const [proven] = [...eventsOf(own, "marginGate", "ProofAccepted")];
        const [here] = [...eventsOf(log, "marginGate", "ProofAccepted")];
        const call = here?.block.calls.find(({ tx }) => tx === here.event.tx);
        assert.ok(call !== undefined);
        call.data = proven?.block.calls.find(({ tx }) => tx === proven.event.tx)?.data ?? "";
      },
    ],
    [
      "status-mismatch",
      "a pause of the base that the log leaves out",
      (log) => {
        const { block, at } = [...eventsOf(log, "baseProfile", "Paused")].at(0) ?? assert.fail();
        block.events.splice(at, 1);
      },
    ],
    [
      "log-incomplete",
      "fewer epochs of the base than the chain counts",
      (log) => {
        const last = log.blocks.findLast(({ counts }) => counts !== null);
        assert.ok(last?.counts !== undefined && last.counts !== null);
        last.counts.baseEpoch = 3;
      },
    ],
    [
      "code-mismatch",
      "another contract in the derived ledger's place",
      (log) => {
        log.constants.code.derivedLedger = `0x${"77".repeat(32)}`;
      },
    ],
    [
      "tie-mismatch",
      "a derived ledger of another base",
      (log) => {
        log.constants.ties["derived.initial.derivedLedger.base"] = `0x${"99".repeat(20)}`;
      },
    ],
    [
      "governance-undelayed",
      "a pause by nobody who may",
      (log) => edit(log, "baseProfile", "Paused", 0, { by: `0x${"12".repeat(20)}` }),
    ],
  ];
  // shows: A62
  for (const [code, what, tamper] of tamperings)
    it(`finds ${code}, and nothing else: ${what}`, async () => {
      const log = recording();
      await tamper(log);
      const { findings } = await log.replay({ verifier });
      assert.deepEqual(Object.keys(findings.byCode), [code], JSON.stringify(findings.listed.slice(0, 3)));
    });

  // shows: P57
  it("finds proof-round: a proof at a round that precedes the base's change, though its epoch is the gate's", async () => {
    const log = recording();
    const rounds = [...eventsOf(log, "marketLedger", "RoundCommitted")];
    const numbers = rounds.map(({ decoded }) => (decoded.fields as { readonly number: bigint }).number);
    edit(log, "marginGate", "ProofAccepted", -1, { round: numbers.at(-4) });
    const { findings } = await log.replay({ verifier });
    assert.equal(findings.byCode["proof-round"], 1);
  });

  it("finds event-impossible: an event of a base in a log of no derived market", async () => {
    const log = recording("own");
    const [at] = [...eventsOf(log, "riskProfile", "Paused")];
    log.insert(at ?? assert.fail(), {
      role: "baseProfile",
      name: "Unpaused",
      fields: { by: `0x${"12".repeat(20)}` },
    });
    const { findings } = await log.replay({ verifier });
    assert.ok(findings.byCode["event-impossible"] === 1);
  });
});
