import assert from "node:assert/strict";
import {
  DEFAULT_POLICY,
  decide,
  type KeeperPolicy,
  type KeeperState,
} from "../../src/chain/keeper/decide.js";
import type { AccountStatus, HealthClaim, MarketStatus } from "../../src/chain/status.js";
import type { ProvenClaim } from "../../src/chain/submit.js";
import { allowanceOf } from "../../src/protocol/odometer.js";
import { ACCOUNT, CLAIM, FORM_OF_PROOF, MARKET } from "../support/statuses.js";

const proof = (account: string, change: Partial<ProvenClaim> = {}): ProvenClaim => ({
  account,
  round: 7n,
  sequence: 3n,
  claim: { theta: 10_000, envelope: 100, healthy: true, isolated: false },
  proof: FORM_OF_PROOF,
  ...change,
});

describe("chain/keeper/decide", () => {
  const next = (change: Partial<KeeperState> = {}, policy: Partial<KeeperPolicy> = {}) =>
    decide(
      { market: MARKET, accounts: [ACCOUNT], ready: [], unprovable: [], ...change },
      { ...DEFAULT_POLICY, ...policy },
    );
  const reasonOf = (change: Partial<AccountStatus>, market: Partial<MarketStatus> = {}) => {
    const [action] = next({ market: { ...MARKET, ...market }, accounts: [{ ...ACCOUNT, ...change }] });
    return action === undefined ? null : action.kind === "prove" ? action.reason : action.kind;
  };

  it("does nothing where every proof holds", () => {
    assert.deepEqual(next(), []);
  });

  it("proves for each reason, and for no other", () => {
    const claim = (change: Partial<HealthClaim>) => ({ claim: { ...CLAIM, ...change } });
    assert.equal(reasonOf({ claim: null }), "first");
    assert.equal(reasonOf(claim({ sequence: 2n })), "book");
    assert.equal(reasonOf(claim({ epoch: 1n })), "epoch");
    // Half of the reach of 1 % is used up, and a unit more.
    const half = allowanceOf(100) / 2n;
    assert.equal(reasonOf(claim({ odometer: 5_000_000n - half })), null);
    assert.equal(reasonOf(claim({ odometer: 5_000_000n - half - 1n })), "envelope");
    assert.equal(reasonOf(claim({ envelope: 0 })), null);
    assert.equal(reasonOf(claim({ envelope: 0, odometer: 4_999_999n })), "envelope");
    assert.equal(reasonOf(claim({ time: 100_000n - 64_800n })), null);
    assert.equal(reasonOf(claim({ time: 100_000n - 64_801n })), "age");
    assert.equal(reasonOf({ breachRound: 6n }), "breach");
    assert.equal(reasonOf({ breachRound: 7n }), null);
    assert.equal(reasonOf({ callRound: 6n, callTheta: 10_500 }), "call");
    // A round that has a claim of this book gets no better one, whatever stands against the account.
    assert.equal(reasonOf({ ...claim({ round: 7n }), breachRound: 6n }), null);
    assert.equal(reasonOf({ ...claim({ round: 7n }), callRound: 6n, callTheta: 10_500 }), null);
    assert.equal(reasonOf({ claim: null, book: { ...ACCOUNT.book, live: false } }), null);
  });

  it("proves nothing in a market that nothing can be proven in", () => {
    assert.equal(reasonOf({ claim: null }, { usable: false }), null);
    assert.equal(reasonOf({ claim: null }, { paused: true }), null);
    assert.equal(reasonOf({ claim: null }, { round: null, usable: false }), null);
  });

  it("submits what is ready, of this round and book, in batches, and nothing else", () => {
    const accounts = ["0xa", "0xb", "0xc"].map((account) => ({ ...ACCOUNT, account, claim: null }));
    const ready = accounts.map(({ account }) => proof(account));
    assert.deepEqual(next({ accounts, ready }, { batch: 2 }), [
      { kind: "submit", proofs: ready.slice(0, 2) },
      { kind: "submit", proofs: ready.slice(2) },
    ]);
    const stale = [proof("0xa", { round: 6n }), proof("0xb", { sequence: 2n }), proof("0xc")];
    assert.deepEqual(
      next({ accounts, ready: stale }).map(({ kind }) => kind),
      ["prove", "prove", "submit"],
    );
    // Accepted meanwhile, from any sender: not submitted again.
    assert.deepEqual(next({ ready: [proof("0xa")] }), []);
  });

  it("tries what cannot be proven again at another round or with another book only", () => {
    const accounts = [{ ...ACCOUNT, claim: null }];
    const found = { account: "0xa", round: 7n, sequence: 3n };
    assert.deepEqual(next({ accounts, unprovable: [found] }), []);
    assert.equal(next({ accounts, unprovable: [{ ...found, round: 6n }] }).length, 1);
    assert.equal(next({ accounts, unprovable: [{ ...found, sequence: 2n }] }).length, 1);
  });

  it("pokes only if told to: when a round is due, none can be proven, or an epoch has none", () => {
    const pokes = (market: Partial<MarketStatus>, pokeAfter: number | null = 600) =>
      next({ market: { ...MARKET, ...market }, accounts: [] }, { pokeAfter }).length === 1;
    assert.equal(pokes({}), false);
    assert.equal(pokes({ time: 100_500n }), true);
    assert.equal(pokes({ time: 100_500n }, null), false);
    assert.equal(pokes({ usable: false }), true);
    assert.equal(pokes({ usable: false, time: 99_930n }), false);
    assert.equal(pokes({ epoch: 3n, time: 99_930n }), true);
    assert.equal(pokes({ round: null, usable: false }), true);
    assert.equal(pokes({ time: 100_500n, paused: true }), false);
  });
});
