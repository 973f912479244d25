import { readAddress } from "../../encoding/address.js";
import { canonicalJson } from "../../encoding/canonicalJson.js";
import { parseInteger } from "../../encoding/decimal.js";
import { asList, ObjectReader } from "../../encoding/objectReader.js";
import { type JsonValue, parseStrictJson } from "../../encoding/strictJson.js";
import { FormatError, OutOfRangeError } from "../../errors.js";
import { profileToJson, readProfile } from "../../market/profile.js";
import { readListing } from "../../protocol/listing.js";
import { denseRisk, type RiskProfile } from "../../protocol/profile.js";
import { profileWords } from "../../protocol/profileWords.js";
import { leastSteps, stepsTo } from "../../risk/propose/steps.js";
import { compareProfiles, parameterName } from "../../risk/propose/tightening.js";
import { readTier } from "../deployment.js";
import type { ProposalTransaction } from "./calls.js";
import { checkTransactions, contradiction } from "./checkTransactions.js";
import { changeToJson, PROPOSAL_FORMAT, type Proposal, signerOf } from "./file.js";
import type { ProposedStep } from "./steps.js";

const FIELDS = [
  ...["tier", "listing", "live", "epoch", "target", "maxStep"],
  ...["bridge", "shocks", "chain", "cancel", "steps"],
];
const CHAIN_FIELDS = ["chainId", "riskProfile", "accessManager", "governor", "guardian", "delay", "window"];
const STEP_FIELDS = ["kind", "by", "expiresAt", "changes", "profile", "words", "fallback", "transactions"];
const TRANSACTION_FIELDS = ["from", "call", "to", "data", "notBefore", "notAfter"];

/** Bits of a time: some 35 000 years. A reader of dates takes no more than 2^42 seconds. */
const TIME_BITS = 40;
const UINT32_BITS = 32;
const EPOCH_BITS = 64;
const WORD_BITS = 256;

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
  const file = ObjectReader.document(parseStrictJson(text, path), path, PROPOSAL_FORMAT, FIELDS);
  const tier = readTier(file);
  const listing = readListing(file.value("listing"), file.at("listing"));
  const profile = (value: JsonValue, at: string): RiskProfile => {
    const read = readProfile(value, at, listing);
    denseRisk(read, tier, at);
    return read;
  };
  const written = file.list("steps", (value, at) => readStep(value, at, profile));
  const proposal: Proposal = {
    tier,
    listing,
    live: profile(file.value("live"), file.at("live")),
    epoch: orNull(file, "epoch", () => natural(file, "epoch", EPOCH_BITS)),
    target: profile(file.value("target"), file.at("target")),
    maxStep: file.integer("maxStep", { min: 1, max: 10_000 }),
    bridge: file.boolean("bridge"),
    shocks: file.oneOf("shocks", ["unchanged", "ramped", "at once"]),
    cancel: file.list("cancel", readTransaction),
    steps: written.map(({ by: _, changes: __, words: ___, ...step }) => step),
    chain: orNull(file, "chain", () => readChain(file.value("chain"), file.at("chain"))),
  };
  checkProposal(proposal, written, path);
  return proposal;
}

function readChain(value: JsonValue, path: string): NonNullable<Proposal["chain"]> {
  const chain = ObjectReader.of(value, path, CHAIN_FIELDS);
  return {
    chainId: natural(chain, "chainId", EPOCH_BITS),
    riskProfile: readAddress(chain, "riskProfile"),
    accessManager: readAddress(chain, "accessManager"),
    governor: readAddress(chain, "governor"),
    guardian: orNull(chain, "guardian", () => readAddress(chain, "guardian")),
    delay: natural(chain, "delay", UINT32_BITS),
    window: natural(chain, "window", UINT32_BITS),
  };
}

function readStep(
  value: JsonValue,
  path: string,
  profile: (value: JsonValue, path: string) => RiskProfile,
): WrittenStep {
  const step = ObjectReader.of(value, path, STEP_FIELDS);
  return {
    kind: step.oneOf("kind", ["tighten", "set"]),
    by: step.oneOf("by", ["guardian", "governor"]),
    expiresAt: natural(step, "expiresAt", TIME_BITS),
    changes: asList(step.value("changes"), step.at("changes")),
    profile: profile(step.value("profile"), step.at("profile")),
    words: step.list("words", (word, at) => bounded(textOf(word, at), at, WORD_BITS)),
    fallback: orNull(step, "fallback", () => profile(step.value("fallback"), step.at("fallback"))),
    transactions: step.list("transactions", readTransaction),
  };
}

function readTransaction(value: JsonValue, path: string): ProposalTransaction {
  const transaction = ObjectReader.of(value, path, TRANSACTION_FIELDS);
  const data = transaction.string("data");
  if (!/^0x([0-9a-f]{2})*$/.test(data))
    throw new FormatError(transaction.at("data"), "0x and pairs of small hex digits", "other text");
  const time = (field: "notBefore" | "notAfter") =>
    orNull(transaction, field, () => natural(transaction, field, TIME_BITS));
  return {
    from: orNull(transaction, "from", () => readAddress(transaction, "from")),
    call: transaction.oneOf("call", ["cancel", "tighten", "schedule", "execute"]),
    to: readAddress(transaction, "to"),
    data,
    notBefore: time("notBefore"),
    notAfter: time("notAfter"),
  };
}

function orNull<T>(reader: ObjectReader, field: string, read: () => T): T | null {
  return reader.value(field) === null ? null : read();
}

function natural(reader: ObjectReader, field: string, bits: number): bigint {
  return bounded(reader.string(field), reader.at(field), bits);
}

/** @throws FormatError, OutOfRangeError */
function bounded(text: string, path: string, bits: number): bigint {
  const value = parseInteger(text, path);
  if (value < 0n || value >> BigInt(bits) !== 0n)
    throw new OutOfRangeError(path, `0 to 2^${bits} − 1`, "a number outside");
  return value;
}

function textOf(value: JsonValue, path: string): string {
  if (typeof value !== "string") throw new FormatError(path, "text", "another kind");
  return value;
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
