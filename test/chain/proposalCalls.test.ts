import assert from "node:assert/strict";
import { decodeCall, encodeCall, type GovernanceCalls } from "../../src/chain/proposal/calls.js";
import { parseProposal } from "../../src/chain/proposal/parse.js";
import { profileWords } from "../../src/protocol/profileWords.js";
import { COLLATERALISED_DEBT } from "../../src/risk/presets.js";
import { withParameter } from "../support/profiles.js";
import {
  edited,
  type Json,
  other,
  plus,
  proposalOf,
  refuses,
  TARGET,
  TIER,
} from "../support/proposalFiles.js";

/** Call data with some arguments of its call made others. */
const recall =
  <N extends keyof GovernanceCalls>(
    name: N,
    change: (values: GovernanceCalls[N]) => Partial<GovernanceCalls[N]>,
  ) =>
  (data: string): string => {
    const values = decodeCall(name, data, "data");
    return encodeCall(name, { ...values, ...change(values) });
  };
/** The same for the profile that is scheduled or executed. */
const reset = (change: (values: GovernanceCalls["setProfile"]) => Partial<GovernanceCalls["setProfile"]>) =>
  recall("schedule", ({ data }) => ({ data: recall("setProfile", change)(data) }));
const LOOSE = profileWords(COLLATERALISED_DEBT, TIER);
const STEP = "steps.1.transactions";
const AT = "steps[1].transactions";

describe("transactions of a proposal file", () => {
  // shows: P52, A23
  it("are refused where a call's data are others", () => {
    refuses(
      "steps.0.transactions.0.data",
      recall("tighten", () => ({ profile: LOOSE })),
      "steps[0].transactions[0].data.profile[0]",
    );
    refuses(
      `${STEP}.0.data`,
      recall("schedule", () => ({ target: other() })),
      `${AT}[0].data.target`,
    );
    refuses(
      `${STEP}.0.data`,
      recall("schedule", ({ when }) => ({ when: when - 1n })),
      `${AT}[0].data.when`,
    );
    refuses(
      `${STEP}.0.data`,
      reset(() => ({ profile: LOOSE })),
      `${AT}[0].data.data.profile[0]`,
    );
    refuses(
      `${STEP}.0.data`,
      reset(() => ({ expiresAt: 0n })),
      `${AT}[0].data.data.expiresAt`,
    );
    refuses(
      `${STEP}.0.data`,
      reset(() => ({ fallbackProfile: LOOSE })),
      `${AT}[0].data.data.fallbackProfile[0]`,
    );
    const inner = recall("setProfile", ({ profile }) => ({ profile: profile.with(24, 1n) }));
    refuses(
      `${STEP}.1.data`,
      recall("execute", ({ data }) => ({ data: inner(data) })),
      `${AT}[1].data.data.profile[24]`,
    );
    refuses(
      `${STEP}.1.data`,
      recall("execute", () => ({ target: other() })),
      `${AT}[1].data.target`,
    );
  });

  it("say which parameter the call data has otherwise, and what stands beside the parameters", () => {
    const words = profileWords(withParameter(TARGET, "perpMargin", 1, 1), TIER);
    const calls = edited(
      "steps.0.transactions.0.data",
      recall("tighten", () => ({ profile: words })),
    );
    assert.throws(() => parseProposal(calls), /that of the profile, got perpMargin of BTC 501, not 500;/);
    const beside = (profile: readonly bigint[]) => profile.with(0, (profile[0] ?? 0n) + (1n << 200n));
    const bits = recall("tighten", ({ profile }) => ({ profile: beside(profile) }));
    assert.throws(
      () => parseProposal(edited("steps.0.transactions.0.data", bits)),
      /data\.profile\[0\]: .* got other bits beside the parameters;/,
    );
  });

  // shows: A23
  it("are refused where call data is of another function, or not in canonical encoding", () => {
    const { transactions } = proposalOf().steps[0] ?? { transactions: [] };
    const tighten = transactions[0]?.data;
    refuses(`${STEP}.0.data`, () => tighten, `${AT}[0].data`, "FormatError");
    refuses(`${STEP}.0.data`, (data: string) => `${data}00`, `${AT}[0].data`, "FormatError");
    refuses(`${STEP}.0.data`, (data: string) => data.slice(0, -64), `${AT}[0].data`, "FormatError");
    refuses(`${STEP}.0.data`, (data: string) => data.toUpperCase(), `${AT}[0].data`, "FormatError");
    // The high bits of `when`, a uint48, which some decoders pass over.
    const at = 2 + 8 + 2 * 64;
    const dirty = (data: string) => `${data.slice(0, at)}1${data.slice(at + 1)}`;
    refuses(`${STEP}.0.data`, dirty, `${AT}[0].data`, "FormatError");
    refuses(
      `${STEP}.0.data`,
      recall("schedule", () => ({ data: tighten ?? "0x" })),
      `${AT}[0].data.data`,
      "FormatError",
    );
  });

  // shows: A23
  it("are refused where who, where to or when is another", () => {
    for (const [i, field, change] of [
      [0, "from", other],
      [0, "to", other],
      [1, "from", () => null],
      [0, "notBefore", () => "5"],
      [0, "notAfter", plus(1n)],
      [1, "notAfter", plus(-1n)],
    ] as const)
      refuses(`${STEP}.${i}.${field}`, change, `${AT}[${i}].${field}`);
    // What is written as the time of execution is what the call data is held to.
    refuses(`${STEP}.1.notBefore`, plus(60n), `${AT}[0].notAfter`);
    refuses(`${STEP}.1.notBefore`, () => null, `${AT}[1].notBefore`);
    refuses("steps.0.transactions.0.to", other, "steps[0].transactions[0].to");
    refuses("chain.riskProfile", other, "cancel[0].data.target");
    refuses("chain.governor", other, `${AT}[0].from`);
    refuses("chain.delay", plus(1n), `${AT}[0].notAfter`);
    refuses("chain", () => null, "epoch");
    refuses("epoch", () => null, "epoch");
  });

  it("are refused where a cancellation is another", () => {
    refuses(
      "cancel.0.data",
      recall("cancel", () => ({ target: other() })),
      "cancel[0].data.target",
    );
    refuses(
      "cancel.0.data",
      recall("cancel", () => ({ data: "0x12345678" })),
      "cancel[0].data.data",
    );
    refuses(
      "cancel.0.data",
      () => proposalOf().steps[1]?.transactions[1]?.data,
      "cancel[0].data",
      "FormatError",
    );
    refuses("cancel.0.from", other, "cancel[0].from");
    refuses("cancel.0.call", () => "execute", "cancel[0].call");
    refuses("cancel.0.notAfter", () => "1", "cancel[0].notAfter");
    refuses("cancel", ([one]: Json[]) => [one, one], "cancel[1].data");
  });
});
