import { type Proposal, signerOf } from "../../chain/proposal/file.js";
import type { ProposedStep } from "../../chain/proposal/steps.js";
import type { RiskProfile } from "../../protocol/profile.js";
import { compareProfiles, type ParameterChange, PER_ASSET } from "../../risk/propose/tightening.js";
import { isoTime, pairs, percent, shortPercent, table } from "../format.js";

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
export function notesOf({ maxStep, shocks, cancel, chain }: Proposal): [string, string][] {
  const notes: [string, string][] = [["largest loosening of a step", percent(maxStep)]];
  if (shocks === "at once")
    notes.push(["shocks", "at once: in steps the margin would be below both ends on the way"]);
  if (cancel.length > 0)
    notes.push(["to cancel first", `${cancel.length} scheduled before, which would undo this`]);
  if (chain !== null) {
    notes.push(["guardian", chain.guardian ?? "none"]);
    notes.push(["governor", `${chain.governor}, after ${chain.delay} s`]);
  }
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
