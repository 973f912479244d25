import * as z from "zod/mini";
import { address, hex } from "../../encoding/address.js";
import { parseInteger } from "../../encoding/decimal.js";
import { type DeepReadonly, document, integer, readBy } from "../../encoding/shape.js";
import type { JsonObject, JsonValue } from "../../encoding/strictJson.js";
import { OutOfRangeError } from "../../errors.js";
import { profileSchema, profileToJson } from "../../market/profile.js";
import { listingSchema, listingToJson } from "../../protocol/listing.js";
import { profileWords } from "../../protocol/profileWords.js";
import { compareProfiles, type ParameterChange } from "../../risk/propose/tightening.js";
import { tierSchema } from "../deployment.js";

const PROPOSAL_FORMAT = "zkmargin/proposal@1";

/** Bits of a time: some 35 000 years. A reader of dates takes no more than 2^42 seconds. */
const TIME_BITS = 40;
const UINT32_BITS = 32;
const EPOCH_BITS = 64;
const WORD_BITS = 256;
/** Characters of a vote's description. */
const DESCRIPTION_MAX = 1_000;

/** A natural number below a power of two. */
const natural = (bits: number) =>
  readBy((text, path): bigint => {
    const value = parseInteger(text, path);
    if (value < 0n || value >> BigInt(bits) !== 0n)
      throw new OutOfRangeError(path, `0 to 2^${bits} − 1`, "a number outside");
    return value;
  });
const time = natural(TIME_BITS);
const callData = z.string().check(z.regex(/^0x([0-9a-f]{2})*$/, "0x and pairs of small hex digits"));
const transaction = z.strictObject({
  /** Who sends it: of the step's role. */
  from: z.nullable(address),
  call: z.enum(["cancel", "tighten", "schedule", "execute"]),
  to: address,
  data: callData,
  /**
   * Unix seconds: a schedule must be mined by `notAfter`, an execution in between, a tightening from `notBefore` on. Null
   * where there is no such bound.
   */
  notBefore: z.nullable(time),
  notAfter: z.nullable(time),
});
/** A step as a file states it, with the fields that follow from the rest of the file. */
const step = z.strictObject({
  /** What the guardian may do at once, or what the governor schedules. */
  kind: z.enum(["tighten", "set"]),
  by: z.enum(["guardian", "governor"]),
  /** Unix seconds; 0 if the profile does not expire, or keeps the expiry there is. */
  expiresAt: time,
  changes: z.array(z.custom<JsonValue>()),
  profile: profileSchema,
  words: z.array(natural(WORD_BITS)),
  /** What it falls back to then; null where it does not expire. */
  fallback: z.nullable(profileSchema),
  transactions: z.array(transaction),
});
const governance = z.strictObject({
  chainId: natural(EPOCH_BITS),
  riskProfile: address,
  accessManager: address,
  governor: address,
  guardian: z.nullable(address),
  /** Seconds between scheduling and executing. */
  delay: natural(UINT32_BITS),
  /** Seconds in which what is scheduled can be executed. */
  window: natural(UINT32_BITS),
});
/** A vote on the governor's steps. Everything but who proposes it, and in which DAO, follows from the rest of the file. */
const vote = z.strictObject({
  governor: address,
  timelock: address,
  /** Who proposes it. The description says so, and then the governor takes it from nobody else. */
  proposer: address,
  /** Seconds that the timelock makes everything wait. */
  wait: natural(UINT32_BITS),
  targets: z.array(address),
  values: z.array(natural(WORD_BITS)),
  calldatas: z.array(callData),
  description: z.string().check(z.maxLength(DESCRIPTION_MAX)),
  descriptionHash: hex(32),
  proposalId: natural(WORD_BITS),
});
/** A proposal as a file states it. */
export const proposalSchema = document(PROPOSAL_FORMAT, {
  tier: tierSchema,
  /** The assets of the profiles, in the order of the contract's words. */
  listing: listingSchema,
  live: profileSchema,
  /** Of the live profile on its chain; null without one. */
  epoch: z.nullable(natural(EPOCH_BITS)),
  target: profileSchema,
  /** How the steps were made; see RampOptions. */
  maxStep: integer(1, 10_000),
  bridge: z.boolean(),
  shocks: z.enum(["unchanged", "ramped", "at once"]),
  /** Null without a chain. */
  chain: z.nullable(governance),
  /** Cancellations to send first, of profiles scheduled earlier and not executed yet. */
  cancel: z.array(transaction),
  steps: z.array(step),
  /** Where a DAO governs: the vote that sends what is the governor's. Absent otherwise. */
  dao: z.exactOptional(vote),
});

/** One transaction, ready to be signed. */
export type ProposalTransaction = Readonly<z.infer<typeof transaction>>;
/** Governance of a profile, and the chain that it is on. */
export type ChainGovernance = Readonly<z.infer<typeof governance>>;
/** A vote as a file states it. */
export type WrittenVote = DeepReadonly<z.infer<typeof vote>>;
/** The governance of a profile: where to send transactions, who may, and how long the governor waits. */
export type Governance = Omit<ChainGovernance, "chainId">;
/** A step as a file states it, with the fields that follow from the rest of the file. */
export type WrittenStep = DeepReadonly<z.infer<typeof step>>;
/** A step and what makes it so. */
export type ProposedStep = Omit<WrittenStep, "by" | "changes" | "words">;

/** A proposal, `zkmargin/proposal@1`: the steps from the live profile to another, with their transactions. */
export type Proposal = DeepReadonly<Omit<z.infer<typeof proposalSchema>, "steps">> & {
  readonly steps: readonly ProposedStep[];
};

/**
 * The text of a proposal file.
 *
 * @example
 * ```ts
 * import { parseProposal, serialiseProposal } from "zkmargin/chain";
 *
 * console.log(parseProposal(serialiseProposal(proposal)).steps.length === proposal.steps.length); // true
 * ```
 */
export function serialiseProposal(proposal: Proposal): string {
  return `${JSON.stringify(proposalToJson(proposal), null, 2)}\n`;
}

export function proposalToJson(proposal: Proposal): JsonObject {
  const { tier, listing, live, epoch, target, maxStep, bridge, shocks, cancel, steps, chain, dao } = proposal;
  return {
    format: PROPOSAL_FORMAT,
    tier: tier.name,
    listing: listingToJson(listing),
    live: profileToJson(live),
    epoch: epoch === null ? null : epoch.toString(),
    target: profileToJson(target),
    maxStep,
    bridge,
    shocks,
    chain:
      chain === null
        ? null
        : {
            ...chain,
            chainId: chain.chainId.toString(),
            delay: chain.delay.toString(),
            window: chain.window.toString(),
          },
    cancel: cancel.map(transactionToJson),
    steps: steps.map((step, i) => ({
      kind: step.kind,
      by: signerOf(step),
      expiresAt: step.expiresAt.toString(),
      changes: compareProfiles(steps[i - 1]?.profile ?? live, step.profile).map(changeToJson),
      profile: profileToJson(step.profile),
      words: profileWords(step.profile, tier).map(String),
      fallback: step.fallback === null ? null : profileToJson(step.fallback),
      transactions: step.transactions.map(transactionToJson),
    })),
    ...(dao === undefined ? {} : { dao: voteToJson(dao) }),
  };
}

export function voteToJson({
  values,
  targets,
  calldatas,
  wait,
  proposalId,
  ...vote
}: WrittenVote): JsonObject {
  return {
    ...vote,
    wait: wait.toString(),
    targets: [...targets],
    values: values.map(String),
    calldatas: [...calldatas],
    proposalId: proposalId.toString(),
  };
}

/** The role that a step is of. */
export function signerOf({ kind }: Pick<ProposedStep, "kind">): "guardian" | "governor" {
  return kind === "tighten" ? "guardian" : "governor";
}

export function changeToJson({ before, after, ...change }: ParameterChange): JsonObject {
  return { ...change, before: before.toString(), after: after.toString() };
}

export function transactionToJson({ notBefore, notAfter, ...transaction }: ProposalTransaction): JsonObject {
  return {
    ...transaction,
    notBefore: notBefore?.toString() ?? null,
    notAfter: notAfter?.toString() ?? null,
  };
}
