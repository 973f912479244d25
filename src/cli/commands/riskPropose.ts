import { Command } from "commander";
import { openDao } from "../../chain/dao.js";
import type { OpenMarket } from "../../chain/deployment.js";
import { type Dao, daoVoteOf } from "../../chain/proposal/daoVote.js";
import {
  type Governance,
  type Proposal,
  type ProposedStep,
  proposalToJson,
  serialiseProposal,
  signerOf,
} from "../../chain/proposal/file.js";
import {
  cancellations,
  governanceOf,
  type LiveProfile,
  liveProfile,
  proposedSteps,
} from "../../chain/proposal/governance.js";
import { DeploymentMismatchError, OutOfRangeError, UsageError } from "../../errors.js";
import { DAY_SECONDS } from "../../market/date.js";
import type { ListedProfile } from "../../market/profile.js";
import { BPS } from "../../protocol/bounds.js";
import { committedListing } from "../../protocol/listingFile.js";
import type { RiskProfile } from "../../protocol/profile.js";
import type { Tier } from "../../protocol/tiers.js";
import { PRESETS } from "../../risk/presets.js";
import { DEFAULT_MAX_STEP, stepsTo } from "../../risk/propose/steps.js";
import { compareProfiles, type ParameterChange, PER_ASSET } from "../../risk/propose/tightening.js";
import { basisPoints, defaultTier, namingOptions, wholeNumber, withListing } from "../arguments.js";
import { chosenPartialProfile, chosenProfileOver, readListingFile } from "../files.js";
import { isoTime, json, pairs, percent, shortPercent, table } from "../format.js";
import { checkOutput, type Io, save } from "../io.js";
import { addressArgument, type NodeOptions, onMarket, withRpc } from "../onChain.js";

/** A proposal for people: what changes, which way, and in which steps. */
export function proposalText(proposal: Proposal): string {
  const { live, steps } = proposal;
  const end = steps.at(-1)?.profile ?? live;
  const changes = changesText(live, end);
  if (changes === "") return `${titleText(proposal)}\n  nothing differs\n`;
  return [titleText(proposal), changes, stepsText(proposal), pairs(notesOf(proposal))].join("\n");
}

/** From which profile a proposal leads to which. */
export function titleText({ live, target, epoch }: Proposal): string {
  return `from ${live.name}${epoch === null ? "" : " on the chain"} to ${target.name}\n`;
}

/** What changes from one profile to another, which way: tables, or no text at all. */
export function changesText(from: RiskProfile, to: RiskProfile): string {
  const changes = compareProfiles(from, to);
  return [...parameters(changes, from), ...shocks(changes, to)].join("\n");
}

function parameters(changes: readonly ParameterChange[], { assets }: RiskProfile): string[] {
  const rated = changes.filter(({ direction }) => direction !== "shock");
  const common = rated.filter(({ asset }) => asset === null);
  const columns = PER_ASSET.filter((field) => rated.some(({ parameter }) => parameter === field));
  const rows = assets.flatMap(({ asset }) => {
    const own = rated.filter((change) => change.asset === asset);
    if (own.length === 0) return [];
    return [[asset, ...columns.map((field) => changeText(own.find(({ parameter }) => parameter === field)))]];
  });
  return [
    ...(common.length === 0 ? [] : [pairs(common.map((change) => [change.parameter, changeText(change)]))]),
    ...(rows.length === 0 ? [] : [table(["asset", ...columns], rows)]),
    ...(rated.length === 0 ? [] : ["  ▲ tighter, ▼ looser; percent, bookMaxAge in seconds\n"]),
  ];
}

function changeText(change: ParameterChange | undefined): string {
  if (change === undefined) return "";
  const { parameter, before, after, direction } = change;
  const whole = parameter === "impact" || parameter === "bookMaxAge";
  const text = (value: bigint) => (whole ? String(value) : shortPercent(Number(value)));
  return `${text(before)}→${text(after)} ${direction === "tighter" ? "▲" : "▼"}`;
}

function shocks(changes: readonly ParameterChange[], { assets: risks, scenarios }: RiskProfile): string[] {
  const moved = changes.filter(({ direction }) => direction === "shock");
  if (moved.length === 0) return [];
  const assets = risks.map(({ asset }) => asset);
  // Also of scenarios that the profile has no more.
  const numbers = [...new Set(moved.map(({ scenario }) => scenario ?? 0))];
  const rows = numbers.map((s) => {
    const { name, shocks } = scenarios[s] ?? { name: `scenario ${s + 1}`, shocks: {} };
    return [
      name,
      ...assets.map((symbol) => {
        const change = moved.find(({ asset, scenario }) => asset === symbol && scenario === s);
        const after = shortPercent(shocks[symbol] ?? 0);
        return change === undefined ? after : `${shortPercent(Number(change.before))}→${after}`;
      }),
    ];
  });
  return [table(["shocks, %", ...assets], rows)];
}

function stepsText({ steps, live }: Proposal): string {
  const rows = steps.map((step, i) => {
    const before = steps[i - 1]?.profile ?? live;
    const count = (direction: ParameterChange["direction"]) =>
      compareProfiles(before, step.profile).filter((change) => change.direction === direction).length;
    return [
      String(i + 1),
      signerOf(step),
      String(count("tighter")),
      String(count("looser")),
      String(count("shock")),
      momentOf(step),
      step.expiresAt === 0n ? "" : isoTime(step.expiresAt),
    ];
  });
  return table(["step", "by", "tighter", "looser", "shocks", "from", "expires"], rows, { text: [1, 5, 6] });
}

/** How the steps were made, and who governs. */
export function notesOf({ maxStep, shocks, cancel, chain, dao }: Proposal): [string, string][] {
  const notes: [string, string][] = [["largest loosening of a step", percent(maxStep)]];
  if (shocks === "at once")
    notes.push(["shocks", "at once: in steps the margin would be below both ends on the way"]);
  if (cancel.length > 0)
    notes.push(["to cancel first", `${cancel.length} scheduled before, which would undo this`]);
  if (chain !== null) {
    notes.push(["guardian", chain.guardian ?? "none"]);
    notes.push(["governor", `${chain.governor}, after ${chain.delay} s`]);
  }
  if (dao !== undefined)
    notes.push(
      ["vote", `${dao.proposalId} in ${dao.governor}`],
      ["proposer", dao.proposer],
      ["timelock", `${dao.wait} s, before the governor's delay`],
      ["description", dao.description],
    );
  return notes;
}

function momentOf({ kind, transactions }: ProposedStep): string {
  if (kind === "tighten") {
    const from = transactions[0]?.notBefore ?? null;
    return from === null ? "at once" : isoTime(from);
  }
  const execution = transactions.find(({ call }) => call === "execute");
  return execution?.notBefore == null ? "after the delay" : isoTime(execution.notBefore);
}

/** `zkmargin risk propose`: from the live profile to another, in steps that governance can take. */
export function proposeCommand(io: Io): Command {
  const command = new Command("propose")
    .description(
      "Propose a risk profile: the difference to the live one, in bounded steps, ready to be signed.",
    )
    .option(
      "--live <name|file>",
      `the live profile: ${PRESETS.map(({ name }) => name).join(", ")}, or a profile file`,
    )
    .option(
      "--deployment <file>",
      "instead: read it from the chain of this manifest, and encode the transactions",
    )
    .option("--derived <name>", "with --deployment: the profile of a derived market of it");
  return withListing(withProposalOptions(withRpc(command)))
    .requiredOption("--to <name|file>", "the profile to go to")
    .option("--governor", "have the deployment's DAO vote on what is the governor's")
    .option("--proposer <address>", "with --governor: who proposes it to the DAO", addressArgument)
    .requiredOption("--out <file>", "proposal file to write; an existing one is replaced")
    .option("--dry-run", "show the proposal, and write nothing")
    .option("--json", "print JSON: the proposal file itself")
    .addHelpText(
      "after",
      `
The guardian tightens at once. The governor schedules what loosens, and every change of a shock, and executes it after its
delay. The command sends nothing: the file has the transactions, for the holders of the roles to sign.

With --governor the file also has the vote on the governor's steps: targets, values, call data, description and its id. Its times
leave room for the vote and the timelock. Send it with zkmargin dao propose, and end it with zkmargin dao execute.

Examples:
  $ zkmargin risk propose --live portfolio-margin --to calibrated.json --out proposal.json
  $ zkmargin risk propose --deployment deployment.json --to calibrated.json --expires-in 604800 --out proposal.json
  $ zkmargin risk propose --deployment deployment.json --to calibrated.json --governor --proposer 0x… --out proposal.json`,
    )
    .action(async (options) => {
      checkProposalOptions(options);
      await checkOutput(options.out);
      await withLive(io, options, async (live) => {
        const target = await chosenProfileOver(io, options.to, live.listing);
        const proposal = await makeProposal(io, live, target, options);
        if (!options.dryRun) await save(io, options.out, serialiseProposal(proposal), "proposal");
        const done = options.dryRun ? `Would write ${options.out}` : `Wrote ${options.out}`;
        io.out(options.json ? json(proposalToJson(proposal)) : `${done}\n\n${proposalText(proposal)}`);
      });
    });
}

/** How a change is made; times in seconds, bounds in basis points. */
export interface ProposalOptions {
  readonly maxStep: number;
  readonly bridge?: boolean;
  readonly interval: number;
  readonly lead: number;
  readonly expiresIn?: number;
  /** Name or file of a profile; the live one by default. */
  readonly safe?: string;
  /** Whether the deployment's DAO votes, and who proposes it there. */
  readonly governor?: boolean;
  readonly proposer?: string;
}

/** Seconds that are left to sign and send what is to be scheduled. */
const DEFAULT_LEAD = 3_600;

/** Adds the options of how a change is made, which propose and watch share. */
export function withProposalOptions(command: Command): Command {
  return command
    .option("--max-step <bps>", "largest loosening of one step", basisPoints, DEFAULT_MAX_STEP)
    .option("--bridge", "until wider shocks are in force, have the guardian raise liquidity by as much")
    .option("--interval <seconds>", "time between two steps of the governor", wholeNumber, DAY_SECONDS)
    .option("--lead <seconds>", "time to sign and send what is to be scheduled", wholeNumber, DEFAULT_LEAD)
    .option(
      "--expires-in <seconds>",
      "let each of the governor's profiles expire that long after it takes effect",
      wholeNumber,
    )
    .option(
      "--safe <name|file>",
      "profile than which the fallback of an expired profile is nowhere looser; the live one by default",
    );
}

/** @throws OutOfRangeError */
export function checkProposalOptions({ maxStep, interval }: ProposalOptions): void {
  if (maxStep < 1 || maxStep > BPS)
    throw new OutOfRangeError("--max-step", `1 to ${BPS} basis points`, String(maxStep));
  if (interval < 1) throw new OutOfRangeError("--interval", "1 second or more", String(interval));
}

/** Where the live profile is: a file or a shipped one's name, or a chain. */
export interface LiveOptions extends NodeOptions {
  readonly live?: string;
  readonly deployment?: string;
  readonly derived?: string;
  readonly listing?: string;
}

/** A live profile, and the chain that it is on, if any. */
interface LiveSource extends ListedProfile {
  readonly tier: Tier;
  readonly chain: { readonly open: OpenMarket; readonly live: LiveProfile } | null;
}

/**
 * Reads the live profile and runs `work` while its chain is open.
 * @throws UsageError if it is named twice or not at all
 */
export async function withLive<T>(
  io: Io,
  options: LiveOptions,
  work: (live: LiveSource) => Promise<T>,
): Promise<T> {
  const { live: name, deployment } = options;
  if (name !== undefined && deployment === undefined)
    return work({
      ...(await chosenPartialProfile(
        io,
        name,
        name,
        committedListing(await readListingFile(io, options.listing)),
      )),
      tier: defaultTier,
      chain: null,
    });
  if (name !== undefined || deployment === undefined)
    throw new UsageError(
      `expected --live or --deployment, got ${name === undefined ? "neither" : "both"}; say which profile is live`,
    );
  return onMarket(io, { ...options, deployment }, async (open) => {
    const live = await liveProfile(open);
    const { listing, tier } = open;
    return work({ profile: live.profile, listing, tier, chain: { open, live } });
  });
}

/**
 * The steps to a target, and on a chain their transactions.
 * @throws UsageError for an expiry without a chain, whose clock it is of; what reading the safe profile, stepsTo and
 *   proposedSteps throw
 */
export async function makeProposal(
  io: Io,
  { profile: live, listing, tier, chain }: LiveSource,
  target: RiskProfile,
  { maxStep, bridge = false, expiresIn, interval, lead, safe: safeName, governor, proposer }: ProposalOptions,
): Promise<Proposal> {
  if (expiresIn !== undefined && chain === null)
    throw new UsageError("--expires-in: expected --deployment with it, as an expiry is by the chain's clock");
  const safe = safeName === undefined ? live : await chosenProfileOver(io, safeName, listing);
  const ramp = namingOptions(() => stepsTo(live, target, listing, { maxStep, bridge }));
  const governed = chain && { open: chain.open, governance: await governanceOf(chain.open) };
  if ((governor === true) !== (proposer !== undefined) || (governor === true && governed === null))
    throw new UsageError(
      "--governor: expected --deployment and --proposer with it, got one without the others",
    );
  const dao = governed && proposer !== undefined ? await daoOf(governed, proposer) : undefined;
  const timing = {
    start: chain?.live.time ?? 0n,
    tightenFrom: chain?.live.tightenFrom ?? 0n,
    lead: BigInt(lead) + (dao?.takes ?? 0n),
    interval: BigInt(interval),
    expiresIn: expiresIn === undefined ? null : BigInt(expiresIn),
  };
  const proposal: Proposal = {
    tier,
    listing,
    live,
    epoch: chain?.live.epoch ?? null,
    target,
    maxStep,
    bridge,
    shocks: ramp.shocks,
    cancel: governed ? await cancellations(governed.open, governed.governance) : [],
    steps: proposedSteps(ramp.steps, safe, timing, governed?.governance ?? null, tier),
    chain: governed && { chainId: governed.open.connection.chainId, ...governed.governance },
  };
  if (dao === undefined) return proposal;
  const { later: _, ...vote } = daoVoteOf(proposal, dao.of);
  return { ...proposal, dao: vote };
}

/** The DAO that is to vote, and the seconds that a vote takes in it, from its proposal to its execution. */
async function daoOf(
  { open, governance }: { readonly open: OpenMarket; readonly governance: Governance },
  proposer: string,
): Promise<{ readonly of: Dao; readonly takes: bigint }> {
  const { deployed, governor, timelock } = openDao(open);
  const { address } = deployed.timelock;
  if (governance.governor !== address)
    throw new DeploymentMismatchError(
      `accessManager: expected the DAO's timelock ${address} as governor, got ${governance.governor}`,
    );
  const wait = await timelock.getMinDelay();
  const takes = (await governor.votingDelay()) + (await governor.votingPeriod()) + wait;
  return { of: { governor: deployed.governor.address, timelock: address, proposer, wait }, takes };
}
