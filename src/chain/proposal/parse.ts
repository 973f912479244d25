import * as z from "zod/mini";
import { address } from "../../encoding/address.js";
import { canonicalJson } from "../../encoding/canonicalJson.js";
import { parseInteger } from "../../encoding/decimal.js";
import { document, integer, readBy, shaped } from "../../encoding/shape.js";
import { type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { OutOfRangeError } from "../../errors.js";
import { profileSchema, profileToJson } from "../../market/profile.js";
import { listingSchema } from "../../protocol/listing.js";
import { checkProfile, denseRisk, type RiskProfile } from "../../protocol/profile.js";
import { profileWords } from "../../protocol/profileWords.js";
import { leastSteps, stepsTo } from "../../risk/propose/steps.js";
import { compareProfiles, parameterName } from "../../risk/propose/tightening.js";
import { tierSchema } from "../deployment.js";
import { checkTransactions, contradiction } from "./checkTransactions.js";
import { changeToJson, PROPOSAL_FORMAT, type Proposal, signerOf } from "./file.js";
import type { ProposedStep } from "./steps.js";

/** Bits of a time: some 35 000 years. A reader of dates takes no more than 2^42 seconds. */
const TIME_BITS = 40;
const UINT32_BITS = 32;
const EPOCH_BITS = 64;
const WORD_BITS = 256;

/** A natural number below a power of two. */
const natural = (bits: number) =>
  readBy((text, path): bigint => {
    const value = parseInteger(text, path);
    if (value < 0n || value >> BigInt(bits) !== 0n)
      throw new OutOfRangeError(path, `0 to 2^${bits} − 1`, "a number outside");
    return value;
  });
const time = natural(TIME_BITS);
const transactions = z.array(
  z.strictObject({
    from: z.nullable(address),
    call: z.enum(["cancel", "tighten", "schedule", "execute"]),
    to: address,
    data: z.string().check(z.regex(/^0x([0-9a-f]{2})*$/, "0x and pairs of small hex digits")),
    notBefore: z.nullable(time),
    notAfter: z.nullable(time),
  }),
);
/** A step as a file states it, with the fields that follow from the rest of the file. */
const step = z.strictObject({
  kind: z.enum(["tighten", "set"]),
  by: z.enum(["guardian", "governor"]),
  expiresAt: time,
  changes: z.array(z.custom<JsonValue>()),
  profile: profileSchema,
  words: z.array(natural(WORD_BITS)),
  fallback: z.nullable(profileSchema),
  transactions,
});
const schema = document(PROPOSAL_FORMAT, {
  tier: tierSchema,
  listing: listingSchema,
  live: profileSchema,
  epoch: z.nullable(natural(EPOCH_BITS)),
  target: profileSchema,
  maxStep: integer(1, 10_000),
  bridge: z.boolean(),
  shocks: z.enum(["unchanged", "ramped", "at once"]),
  chain: z.nullable(
    z.strictObject({
      chainId: natural(EPOCH_BITS),
      riskProfile: address,
      accessManager: address,
      governor: address,
      guardian: z.nullable(address),
      delay: natural(UINT32_BITS),
      window: natural(UINT32_BITS),
    }),
  ),
  cancel: transactions,
  steps: z.array(step),
});

/**
 * Parses a proposal and checks that it is what it says: that its steps are those from its live profile to its target,
 * and that each transaction's call data, decoded, does its step and nothing else. proposalProgress compares it with the
 * chain.
 * @throws InputError for a field that is not as the format has it, StatementMismatchError naming the one that contradicts
 *   the others
 *
 * @example
 * ```ts
 * import { parseProposal } from "zkmargin/chain";
 *
 * const { steps, chain: on } = parseProposal(proposalText);
 * console.log(steps.map(({ kind }) => kind), on?.chainId); // ["tighten"] 31337n
 * ```
 */
export function parseProposal(text: string, path = "proposal"): Proposal {
  const { steps: written, ...rest } = shaped(schema, parseStrictJson(text, path), { path });
  const { tier, listing, live, target } = rest;
  const check = (profile: RiskProfile, at: string): void => {
    checkProfile(profile, listing, at);
    denseRisk(profile, tier, at);
  };
  check(live, `${path}.live`);
  check(target, `${path}.target`);
  written.forEach(({ profile, fallback }, i) => {
    check(profile, `${path}.steps[${i}].profile`);
    if (fallback !== null) check(fallback, `${path}.steps[${i}].fallback`);
  });
  const steps = written.map(({ by: _, changes: __, words: ___, ...step }) => step);
  const proposal: Proposal = { ...rest, steps };
  checkProposal(proposal, written, path);
  return proposal;
}

/** A step as a file states it, with the fields that follow from the rest of the file. */
export interface WrittenStep extends ProposedStep {
  readonly by: string;
  readonly changes: readonly JsonValue[];
  readonly words: readonly bigint[];
}

/**
 * Checks that the parts of a proposal agree: its steps are those from the live profile to the target, everything beside
 * them follows from them, and the transactions do them.
 * @throws StatementMismatchError naming the first field that does not agree
 */
export function checkProposal(proposal: Proposal, written: readonly WrittenStep[], path: string): void {
  const { epoch, chain } = proposal;
  if ((epoch === null) !== (chain === null))
    throw contradiction(
      `${path}.epoch`,
      chain === null ? "null, as there is no chain" : "that of the chain",
      epoch === null ? "null" : String(epoch),
    );
  checkSteps(proposal, path);
  written.forEach((step, i) => {
    checkDerived(proposal, step, proposal.steps[i - 1]?.profile ?? proposal.live, `${path}.steps[${i}]`);
    checkExpiry(step, chain !== null, `${path}.steps[${i}]`);
  });
  checkTransactions(proposal, path);
}

/** The steps are rebuilt, so an edited step needs an edited target, which people read. */
function checkSteps({ live, target, listing, steps, shocks, ...options }: Proposal, path: string): void {
  const least = leastSteps(live, target, options);
  if (steps.length < least)
    throw contradiction(`${path}.steps`, `at least ${least} from live to target`, String(steps.length));
  const ramp = stepsTo(live, target, listing, options);
  const count = ramp.steps.length;
  if (steps.length !== count)
    throw contradiction(`${path}.steps`, `${count} from live to target`, String(steps.length));
  if (shocks !== ramp.shocks) throw contradiction(`${path}.shocks`, ramp.shocks, shocks);
  ramp.steps.forEach(({ kind, profile }, i) => {
    const step = steps[i];
    if (step === undefined) return;
    const at = `${path}.steps[${i}]`;
    if (step.kind !== kind) throw contradiction(`${at}.kind`, kind, step.kind);
    if (profileText(step.profile) === profileText(profile)) return;
    const [change] = compareProfiles(profile, step.profile);
    throw contradiction(
      `${at}.profile`,
      `step ${i + 1} of ${count} from live to target`,
      change === undefined ? "other names" : `${parameterName(change)} ${change.after}, not ${change.before}`,
    );
  });
}

/** What the format writes twice. */
function checkDerived({ tier }: Proposal, step: WrittenStep, before: RiskProfile, path: string): void {
  if (step.by !== signerOf(step)) throw contradiction(`${path}.by`, signerOf(step), step.by);
  const changes = compareProfiles(before, step.profile).map(changeToJson);
  changes.forEach((change, i) => {
    const got = step.changes[i];
    if (got === undefined || canonicalJson(got) !== canonicalJson(change))
      throw contradiction(`${path}.changes[${i}]`, "what the profiles make it", got ? "another" : "none");
  });
  if (step.changes.length > changes.length)
    throw contradiction(`${path}.changes`, `${changes.length}`, String(step.changes.length));
  const words = profileWords(step.profile, tier);
  if (step.words.length !== words.length)
    throw contradiction(`${path}.words`, `${words.length}`, String(step.words.length));
  words.forEach((word, i) => {
    if (step.words[i] !== word) throw contradiction(`${path}.words[${i}]`, "that of the profile", "another");
  });
}

function checkExpiry({ kind, profile, expiresAt, fallback }: WrittenStep, onChain: boolean, path: string) {
  if (expiresAt !== 0n && (kind === "tighten" || !onChain))
    throw contradiction(
      `${path}.expiresAt`,
      kind === "tighten" ? "0, as a tightening keeps the expiry there is" : "0, as there is no chain",
      String(expiresAt),
    );
  if ((expiresAt === 0n) !== (fallback === null))
    throw contradiction(
      `${path}.fallback`,
      fallback === null ? "a profile, as the step's expires" : "null, as the step's profile does not expire",
      fallback === null ? "null" : "a profile",
    );
  const looser = fallback && compareProfiles(profile, fallback).find((c) => c.direction !== "tighter");
  if (looser)
    throw contradiction(
      `${path}.fallback`,
      "a profile nowhere looser than the step's, with its shocks",
      `${parameterName(looser)} ${looser.after}, not ${looser.before}`,
    );
}

function profileText(profile: RiskProfile): string {
  return canonicalJson(profileToJson(profile));
}
