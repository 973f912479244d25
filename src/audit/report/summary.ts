import { isSerious, SEVERITIES } from "../findings.js";
import type { Audit } from "../result.js";
import { facts } from "./elements.js";
import { type Content, code, html, type Markup } from "./markup.js";
import { counted, grouped, timeText } from "./words.js";

/** What was audited, and what came of it, before everything else. */
export function summary(audit: Audit): Markup {
  const { deployment, range, accounts, epochs, coverage } = audit;
  return html`<header><p class="brand">zkmargin audit</p><h1>${title(audit)}</h1>${verdict(audit)}${facts([
    ["Chain", `${deployment.chainId}${deployment.local ? ", a local one" : ""}`],
    ["Record", `blocks ${grouped(range.fromBlock)} to ${grouped(range.toBlock)}`],
    ["Time", `${timeText(range.fromTime)} to ${timeText(range.toTime)} UTC, as are all times below`],
    [
      "Held",
      [
        `${counted(accounts.length, "account")}, ${counted(epochs.items.length + epochs.omitted, "epoch")} of the risk profile, `,
        `${counted(coverage.rounds, "round")}, ${counted(coverage.books, "book")}, ${counted(coverage.proofs, "accepted proof")}`,
      ],
    ],
    ["SHA-256 of the record", code(range.log)],
  ])}</header>`;
}

function title({ range }: Audit): string {
  const [from, to] = [timeText(range.fromTime).slice(0, 10), timeText(range.toTime).slice(0, 10)];
  return from === to ? `Margin accounts on ${from}` : `Margin accounts from ${from} to ${to}`;
}

/** Said by a mark and in words; the colour only repeats it. */
function verdict({ findings, deployment, coverage }: Audit): Markup {
  const serious = SEVERITIES.filter(isSerious).reduce((sum, each) => sum + findings.bySeverity[each], 0);
  const unchecked = uncheckedOf(coverage);
  const doubtful = findings.total > 0 || unchecked.length > 0 || deployment.key.kind === "development";
  const [tone = "", mark = "", words = ""] =
    serious > 0
      ? ["bad", "✕", `${counted(serious, "serious finding")}: the record does not hold`]
      : [
          ...(doubtful ? ["caution", "!"] : ["good", "✓"]),
          findings.total > 0
            ? `${counted(findings.total, "finding")}, none of them serious`
            : "Nothing was found that does not fit",
        ];
  const bySeverity = SEVERITIES.filter((each) => findings.bySeverity[each] > 0)
    .map((each) => `${grouped(findings.bySeverity[each])} ${each}`)
    .join(", ");
  return html`<div class="verdict ${tone}"><span class="mark" aria-hidden="true">${mark}</span><div><p class="words">${words}</p>${
    findings.total === 0 ? null : html`<p>By severity: ${bySeverity}.</p>`
  }${unchecked.length === 0 ? null : html`<p>Not everything could be checked: ${unchecked.join("; ")}.</p>`}${
    deployment.key.kind === "development" ? development() : null
  }</div></div>`;
}

function development(): Content {
  return html`<p><strong>DEVELOPMENT KEY:</strong> anybody can forge proofs under the key of this deployment, so its proofs show nothing about an account.</p>`;
}

/** What the record did not hold, so that the absence of findings says nothing about it. */
function uncheckedOf(coverage: Audit["coverage"]): string[] {
  const missing = (all: number, checked: number, one: string, why: string) =>
    all > checked ? [`${counted(all - checked, one)} ${why}`] : [];
  return [
    ...missing(coverage.rounds, coverage.roundsWithFeeds, "round", "without what the feeds said"),
    ...missing(coverage.proofs, coverage.proofsVerified, "accepted proof", "not in the record"),
    ...missing(coverage.books, coverage.booksWithSignatures, "book", "without its signatures"),
  ];
}
