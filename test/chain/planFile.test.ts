import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ZeroAddress } from "ethers";
import { DEFAULT_DELAY, leastRotationDelay } from "../../src/chain/deploy/plan.js";
import { type PlanContext, parsePlan, parsePlanTiming } from "../../src/chain/deploy/planFile.js";
import {
  FormatError,
  MalformedError,
  MissingFieldError,
  OutOfRangeError,
  PrecisionError,
  UnknownAssetError,
  UnknownFieldError,
} from "../../src/errors.js";
import type { VerificationKeyPoints } from "../../src/groth16/verificationKey.js";
import { DEFAULT_TERMS, DEFAULT_TIMING } from "../../src/protocol/deploymentTerms.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { assertFails } from "../support/failure.js";

const [TIER] = TIERS;
const LISTING = [
  { symbol: "USDC", decimals: 6 },
  { symbol: "BTC", decimals: 8 },
];
const KEY = { nPublic: 404 } as VerificationKeyPoints;
const CONTEXT: PlanContext = {
  tier: TIER,
  listing: LISTING,
  profile: PORTFOLIO_MARGIN,
  key: { key: KEY, hash: "ab".repeat(32), kind: "development" },
};
const A = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const B = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc";
const ID = `0x${"e6".repeat(32)}`;
const PLAN = {
  format: "zkmargin/deploy-plan@1",
  feeds: {
    USDC: { chainlink: A, heartbeat: 86_400, least: "0.5", most: "2" },
    BTC: { pyth: A, priceId: ID, maxConfidence: 100, heartbeat: 120, least: "1000", most: "1000000" },
  },
  governance: { governor: A, guardian: B, delay: 3_600 },
  sleeves: ["BTC", "USDC"],
  timing: { twapWindow: 60, minInterval: 10, provingWindow: 120, maxRoundAge: 600 },
  terms: { maxProofAge: 600, gracePeriod: 61, callPeriod: 60, callMargin: 10_500 },
  rotationDelay: 999,
  funding: { poster: B, steps: { USDC: "0", BTC: "250" }, interval: 3_600, heartbeat: 7_200 },
  sequencer: { uptimeFeed: A, grace: 3_600 },
  vault: {
    settlement: A,
    asset: "USDC",
    collateral: { BTC: B },
    initialMargin: 12_500,
    penalty: 500,
    incentive: 2_000,
    closeFactor: 5_000,
    premium: 500,
    floor: 5_000,
    auctionPeriod: 3_600,
    reliefPeriod: 1_800,
    blockTime: 2,
    minimumClose: "340282366920938463463374607431768211455",
  },
};
type Json = Record<string, unknown>;

describe("chain/deploy/planFile", () => {
  const parse = (plan: unknown) => parsePlan(JSON.stringify(plan), CONTEXT);
  /** The plan with one field changed; undefined takes it away. */
  function changed(path: string, value: unknown): unknown {
    const plan = structuredClone(PLAN) as Json;
    const fields = path.split(".").slice(1);
    const last = fields.pop() ?? "";
    const parent = fields.reduce<Json>((object, field) => object[field] as Json, plan);
    parent[last] = value;
    return plan;
  }

  it("takes the example, whose addresses are to be replaced", () => {
    const text = readFileSync(new URL("../../examples/deploy-plan.json", import.meta.url), "utf8");
    const plan = parsePlan(text, { ...CONTEXT, listing: DEFAULT_LISTING });
    assert.deepEqual(plan.timing, DEFAULT_TIMING);
    assert.deepEqual(plan.terms, DEFAULT_TERMS);
    assert.equal(plan.feeds.length, DEFAULT_LISTING.length);
  });

  it("says how long a close-out takes, whatever else it names", () => {
    const timing = { gracePeriod: 14_400, callPeriod: 43_200, auctionPeriod: 3_600, reliefPeriod: 3_600 };
    assert.deepEqual(parsePlanTiming(readFileSync("examples/deploy-plan.json", "utf8")), timing);
    const bare = { format: "zkmargin/deploy-plan@1" };
    assert.deepEqual(parsePlanTiming(JSON.stringify(bare)), { ...timing, auctionPeriod: 0, reliefPeriod: 0 });
    const wrong = { ...bare, terms: { ...DEFAULT_TERMS, callPeriod: -1 } };
    assert.throws(() => parsePlanTiming(JSON.stringify(wrong)), OutOfRangeError);
  });

  it("gives a derived market the terms of the deployment's gate, or those that the plan names for it", () => {
    const context = { ...CONTEXT, derived: [{ name: "initial", profile: PORTFOLIO_MARGIN }] };
    const terms = { maxProofAge: 7_200, gracePeriod: 10_800, callPeriod: 10_800, callMargin: 12_000 };
    const derived = (plan: object) => parsePlan(JSON.stringify(plan), context).derived;
    assert.deepEqual(derived(PLAN), [{ ...context.derived[0], terms: PLAN.terms }]);
    assert.deepEqual(derived({ ...PLAN, derived: { initial: terms } }), [{ ...context.derived[0], terms }]);
    assert.equal(parse(PLAN).derived, undefined);
    for (const of of [context, CONTEXT])
      assertFails(
        () => parsePlan(JSON.stringify({ ...PLAN, derived: { stress: terms } }), of),
        UnknownFieldError,
        "plan.derived.stress",
      );
  });

  it("reads every field", () => {
    const plan = parse(PLAN);
    assert.deepEqual(plan.feeds, [
      {
        source: { kind: "chainlink", aggregator: A },
        heartbeat: 86_400,
        least: 5n * 10n ** 11n,
        most: 2n * 10n ** 12n,
      },
      {
        source: { kind: "pyth", pyth: A, priceId: ID, maxConfidence: 100 },
        heartbeat: 120,
        least: 10n ** 13n,
        most: 10n ** 16n,
      },
    ]);
    assert.deepEqual(plan.timing, PLAN.timing);
    assert.deepEqual(plan.sleeves, ["BTC", "USDC"]);
    assert.deepEqual(plan.terms, PLAN.terms);
    assert.equal(plan.rotationDelay, 999);
    const guardian = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
    assert.deepEqual(plan.governance, { governor: A, guardian, delay: 3_600 });
    assert.deepEqual(plan.funding, {
      poster: guardian,
      steps: [0n, 25n * 10n ** 11n],
      interval: 3_600,
      heartbeat: 7_200,
    });
    assert.deepEqual(plan.sequencer, PLAN.sequencer);
    assert.deepEqual(plan.vault, {
      ...PLAN.vault,
      collateral: [{ asset: "BTC", token: guardian }],
      minimumClose: (1n << 128n) - 1n,
    });
    const { tier, listing, profile, key } = plan;
    assert.deepEqual({ tier, listing, profile, key }, CONTEXT);
  });

  it("has a default for what need not be chosen", () => {
    const { format, feeds, governance } = PLAN;
    const { governor, guardian } = governance;
    const plan = parse({ format, feeds, governance: { governor, guardian } });
    assert.deepEqual(plan.timing, DEFAULT_TIMING);
    assert.deepEqual(plan.terms, DEFAULT_TERMS);
    assert.equal(plan.rotationDelay, leastRotationDelay(PORTFOLIO_MARGIN, DEFAULT_TERMS));
    assert.equal(plan.governance.delay, DEFAULT_DELAY);
    for (const part of ["funding", "sequencer", "vault"] as const) assert.ok(!(part in plan), part);
    const vault: Json = { ...PLAN.vault };
    delete vault["collateral"];
    delete vault["blockTime"];
    assert.deepEqual(parse(changed("plan.vault", vault)).vault?.collateral, []);
    assert.equal(parse(changed("plan.vault", vault)).vault?.blockTime, 12);
  });

  it("has a DAO in place of a governor, with a new token or one that there is", () => {
    const { format, feeds, governance } = PLAN;
    const { governor, guardian } = governance;
    const terms = { votingDelay: 60, votingPeriod: 600, threshold: "5", quorum: 4, timelock: 300 };
    const token = { name: "Votes", symbol: "VOTE", holders: { [A]: "60.5" } };
    const base = { format, feeds, governance: { guardian } };
    const plan = parse({ ...base, dao: { ...terms, token } });
    assert.equal(plan.governance.governor, ZeroAddress);
    assert.deepEqual(plan.dao, {
      ...terms,
      threshold: 5n * 10n ** 18n,
      token: { ...token, holders: [{ holder: A, amount: 605n * 10n ** 17n }] },
    });
    assert.equal(parse({ ...base, dao: { ...terms, token: A } }).dao?.token, A);
    const faults: readonly (readonly [Parameters<typeof assertFails>[1], string, object])[] = [
      [MissingFieldError, "plan.governance.governor", base],
      [
        UnknownFieldError,
        "plan.governance.governor",
        { ...base, governance: { governor, guardian }, dao: { ...terms, token } },
      ],
      [
        MissingFieldError,
        "plan.dao.token.holders",
        { ...base, dao: { ...terms, token: { ...token, holders: {} } } },
      ],
      [
        FormatError,
        "plan.dao.token.holders",
        { ...base, dao: { ...terms, token: { ...token, holders: { me: "1" } } } },
      ],
      [OutOfRangeError, "plan.dao.quorum", { ...base, dao: { ...terms, token, quorum: 101 } }],
      [OutOfRangeError, "plan.dao.votingPeriod", { ...base, dao: { ...terms, token, votingPeriod: 0 } }],
      [
        PrecisionError,
        "plan.dao.threshold",
        { ...base, dao: { ...terms, token, threshold: `0.${"0".repeat(18)}1` } },
      ],
    ];
    for (const [fault, path, file] of faults) assertFails(() => parse(file as Json), fault, path);
  });

  it("names the field of each fault", () => {
    type Case = [Parameters<typeof assertFails>[1], string, unknown];
    const { BTC, USDC } = PLAN.feeds;
    const cases: Case[] = [
      [FormatError, "plan.format", "zkmargin/deploy-plan@2"],
      [MissingFieldError, "plan.feeds", undefined],
      [FormatError, "plan.sleeves", ["BTC", "BTC"]],
      [MissingFieldError, "plan.feeds.BTC", undefined],
      [UnknownFieldError, "plan.feeds.ETH", USDC],
      [UnknownFieldError, "plan.feeds.BTC.twap", 1],
      [FormatError, "plan.feeds.BTC", { ...USDC, ...BTC }],
      [FormatError, "plan.feeds.BTC", { heartbeat: 1, least: "1", most: "2" }],
      [MissingFieldError, "plan.feeds.BTC.priceId", undefined],
      [FormatError, "plan.feeds.BTC.priceId", ID.slice(0, 64)],
      [OutOfRangeError, "plan.feeds.BTC.maxConfidence", 65_536],
      [OutOfRangeError, "plan.feeds.BTC.heartbeat", 2 ** 32],
      [OutOfRangeError, "plan.feeds.BTC.heartbeat", -1],
      [FormatError, "plan.feeds.BTC.heartbeat", "120"],
      [FormatError, "plan.feeds.BTC.least", 1_000],
      [FormatError, "plan.feeds.BTC.least", "1e3"],
      [OutOfRangeError, "plan.feeds.BTC.least", "-1"],
      [PrecisionError, "plan.feeds.BTC.least", `0.${"0".repeat(18)}1`],
      [OutOfRangeError, "plan.feeds.BTC.most", "1844674408"],
      [OutOfRangeError, "plan.feeds.BTC.most", "1000"],
      [FormatError, "plan.feeds.USDC.chainlink", A.replace("C5", "c5")],
      [FormatError, "plan.feeds.USDC.chainlink", A.slice(0, 41)],
      [FormatError, "plan.governance.governor", `0x${"0".repeat(40)}`],
      [MissingFieldError, "plan.governance.guardian", undefined],
      [OutOfRangeError, "plan.governance.delay", 0],
      [UnknownFieldError, "plan.governance.owner", A],
      [MissingFieldError, "plan.timing.minInterval", undefined],
      [FormatError, "plan.timing", []],
      [OutOfRangeError, "plan.terms.callMargin", 70_000],
      [MissingFieldError, "plan.terms.callMargin", undefined],
      [OutOfRangeError, "plan.rotationDelay", -1],
      [MissingFieldError, "plan.funding.poster", undefined],
      [MissingFieldError, "plan.funding.steps.BTC", undefined],
      [UnknownFieldError, "plan.funding.steps.ETH", "1"],
      [OutOfRangeError, "plan.funding.steps.BTC", "-250"],
      [MissingFieldError, "plan.sequencer.uptimeFeed", undefined],
      [OutOfRangeError, "plan.sequencer.grace", -1],
      [UnknownAssetError, "plan.vault.asset", "DAI"],
      [UnknownFieldError, "plan.vault.collateral.DAI", A],
      [FormatError, "plan.vault.collateral.BTC", "WBTC"],
      [OutOfRangeError, "plan.vault.minimumClose", "-1"],
      [OutOfRangeError, "plan.vault.minimumClose", (1n << 128n).toString()],
      [FormatError, "plan.vault.minimumClose", "1.5"],
      [MissingFieldError, "plan.vault.floor", undefined],
      [OutOfRangeError, "plan.vault.auctionPeriod", 2 ** 32],
      [OutOfRangeError, "plan.vault.blockTime", 0],
      [OutOfRangeError, "plan.vault.blockTime", 65_536],
      [UnknownFieldError, "plan.vaults", {}],
    ];
    for (const [Class, path, value] of cases) assertFails(() => parse(changed(path, value)), Class, path);
    assertFails(() => parsePlan("{", CONTEXT), MalformedError, "plan");
  });
});
