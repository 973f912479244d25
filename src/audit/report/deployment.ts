import { factorText, percentText } from "../../prove/statementWords.js";
import { grouped } from "../amounts.js";
import type { Audit, AuditedDeployment } from "../result.js";
import { durationText, timeText } from "./format.js";
import { code, facts, foreign, html, type Markup, omitted, section, table } from "./markup.js";

/** Epochs that are shown; the JSON has more. */
const SHOWN = 50;

/** The key and where it is from: what all proofs hang on. */
export function key({ key, tier }: AuditedDeployment): Markup {
  return section(
    "key",
    "The key, and how it came about",
    facts([
      ["Kind", html`<strong>${key.kind === "development" ? "DEVELOPMENT KEY" : "ceremony key"}</strong>`],
      ["Worth", key.warning],
      ["Circuit", tier],
      ["SHA-256", code(key.hash)],
    ]),
    key.lineage.length === 0
      ? html`<p class="aside">The record says nothing of how it was made.</p>`
      : html`<ol>${key.lineage.map((step) => html`<li>${foreign(step)}</li>`)}</ol>`,
  );
}

/** The risk profile through its epochs. */
export function epochs({ epochs }: Audit): Markup {
  const shown = epochs.items.slice(-SHOWN);
  return section(
    "epochs",
    "Epochs of the risk profile",
    table(
      "A proof of one epoch is void in the next",
      ["epoch", "by", "since", "until", "rounds", "gains counted", "oldest book"],
      shown.map((epoch) => [
        String(epoch.epoch),
        { set: "governance", tightened: "a tightening", expired: "expiry" }[epoch.change],
        timeText(epoch.since),
        epoch.until === null ? "the end" : timeText(epoch.until),
        grouped(epoch.rounds),
        percentText(epoch.pnlFactor),
        durationText(epoch.bookMaxAge),
      ]),
      [1, 2, 3],
    ),
    omitted(epochs.omitted + epochs.items.length - shown.length, "epochs"),
  );
}

/** What was deployed, where, with what terms. */
export function deployment({ contracts, terms, assets }: AuditedDeployment): Markup {
  const times = {
    "Average over": terms.twapWindow,
    "Least time between rounds": terms.minInterval,
    "Rounds can be proven against for": terms.provingWindow,
    "Oldest round": terms.maxRoundAge,
    "Oldest proof": terms.maxProofAge,
    Grace: terms.gracePeriod,
    "Margin call": terms.callPeriod,
    "Rotation of attesters": terms.rotationDelay,
  };
  return section(
    "deployment",
    "The deployment",
    facts([
      ["Assets", foreign(assets.join(", "))],
      ...Object.entries(times).map(([name, seconds]) => [name, durationText(seconds)] as const),
      ["Margin calls up to", factorText(terms.callMargin)],
      ["Initial margin", terms.initialMargin === null ? "no vault" : factorText(terms.initialMargin)],
    ]),
    table(
      "Contracts",
      ["role", "address"],
      Object.entries(contracts).map(([role, address]) => [foreign(role), code(address)]),
      [1],
    ),
  );
}
