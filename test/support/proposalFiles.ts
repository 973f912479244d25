import assert from "node:assert/strict";
import { encodeCall } from "../../src/chain/proposal/calls.js";
import { type Proposal, type ProposalTransaction, proposalToJson } from "../../src/chain/proposal/file.js";
import { fallbackWords, proposedSteps } from "../../src/chain/proposal/governance.js";
import { parseProposal } from "../../src/chain/proposal/parse.js";
import { ZkMarginError } from "../../src/errors.js";
import { profileToJson } from "../../src/market/profile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { profileWords } from "../../src/protocol/profileWords.js";
import { TIERS } from "../../src/protocol/tiers.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";
import { COLLATERALISED_DEBT } from "../../src/risk/presets.js";
import { stepsTo } from "../../src/risk/propose/steps.js";
import { withParameter } from "./profiles.js";

export const [TIER] = TIERS;
export const address = (digit: string) => `0x${digit.repeat(40)}`;
export const GOVERNANCE = {
  ...{
    riskProfile: address("1"),
    accessManager: address("2"),
    governor: address("3"),
    guardian: address("4"),
  },
  ...{ delay: 172_800n, window: 604_800n },
};
export const WHEN = 1_621_382_400n;
export const LIVE = PORTFOLIO_MARGIN;
export const TARGET = {
  ...withParameter(withParameter(LIVE, "perpMargin", 1, 400), "liquidity", 2, -40),
  name: "new",
};

/** A tightening, and two loosenings that expire; something scheduled before is cancelled. */
export function proposalOf(expiresIn: bigint | null = 259_200n, bridge = false): Proposal {
  const ramp = stepsTo(LIVE, TARGET, DEFAULT_LISTING, { maxStep: 30, bridge });
  const timing = { start: WHEN - 176_400n, lead: 3_600n, interval: 86_400n, expiresIn };
  const zeros = { expiresAt: 0n, fallbackProfile: fallbackWords(null, TIER) };
  const data = encodeCall("setProfile", { profile: profileWords(COLLATERALISED_DEBT, TIER), ...zeros });
  const cancel: ProposalTransaction = {
    from: GOVERNANCE.guardian,
    call: "cancel",
    to: GOVERNANCE.accessManager,
    data: encodeCall("cancel", { caller: address("5"), target: GOVERNANCE.riskProfile, data }),
    notBefore: null,
    notAfter: null,
  };
  return {
    ...{ tier: TIER, listing: DEFAULT_LISTING, live: LIVE, epoch: 7n, target: TARGET },
    ...{ maxStep: 30, bridge, shocks: ramp.shocks, cancel: [cancel] },
    steps: proposedSteps(ramp.steps, LIVE, timing, GOVERNANCE, TIER),
    chain: { ...GOVERNANCE, chainId: 1n },
  };
}

export type Json = Record<string, unknown>;

/** The file with the value at a path such as `steps.1.kind` made another; undefined removes the field. */
export function edited(path: string, change: (value: never) => unknown): string {
  const file = structuredClone(proposalToJson(proposalOf())) as Json;
  const keys = path.split(".");
  const last = keys.pop() as string;
  const holder = keys.reduce((object, key) => object[key] as Json, file);
  const value = change(holder[last] as never);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return JSON.stringify(file);
}

/** Asserts that an edited file is refused by the name of a field. */
export function refuses(
  path: string,
  change: (value: never) => unknown,
  field: string,
  name = "StatementMismatchError",
): void {
  assert.throws(
    () => parseProposal(edited(path, change)),
    (error) => {
      assert.ok(error instanceof ZkMarginError, String(error));
      assert.equal(error.name, name, error.message);
      assert.ok(error.message.startsWith(`proposal.${field}: `), `expected ${field}, got "${error.message}"`);
      return true;
    },
  );
}

export const plus =
  (by: bigint) =>
  (text: string): string =>
    String(BigInt(text) + by);
export const other = () => address("9");
