import { factorText, percentText } from "../../prove/statementWords.js";
import type { AccountRecord } from "../accountRecord.js";
import { grouped } from "../amounts.js";
import { FINDING_CODES, FINDINGS, isSerious, SEVERITIES } from "../findings.js";
import type { Audit, AuditedDeployment, Coverage, Finding, FindingSummary } from "../result.js";
import type { Identities } from "./format.js";
import { counted, durationText, finalStatusText, STATUS_WORDS, shareText, timeText } from "./format.js";
import { type Content, code, facts, foreign, html, type Markup, omitted, section, table } from "./markup.js";

/** How a report came about: of the audit alone that is not known. */
export interface Made {
  /** Of the package that makes the report. */
  readonly version: string;
  /** When, unix seconds. */
  readonly time: number;
  /** How many names the reader gave. */
  readonly names: number;
}

/** Accounts that are named for each status. */
const NAMED = 10;

/** The first page, for a reader with one minute: what was audited, the result, which accounts are in danger, what is unknown. */
export function summary(audit: Audit, who: Identities, made: Made): Markup {
  const { deployment, range, accounts, epochs, coverage: of } = audit;
  return html`<div class="first"><header><p class="brand">zkmargin audit</p><h1>${title(audit)}</h1>${verdict(audit)}${facts(
    [
      ["Made", `${timeText(made.time)} UTC, by zkmargin ${made.version}`],
      ["Chain", `${deployment.chainId}${deployment.local ? ", a local one" : ""}`],
      ["Record", `blocks ${grouped(range.fromBlock)} to ${grouped(range.toBlock)}`],
      ["Time", `${timeText(range.fromTime)} to ${timeText(range.toTime)} UTC, as are all times below`],
      [
        "Held",
        [
          `${counted(accounts.length, "account")}, ${counted(epochs.items.length + epochs.omitted, "epoch")} of the risk profile, `,
          `${counted(of.rounds, "round")}, ${counted(of.books, "book")}, ${counted(of.proofs, "accepted proof")}`,
        ],
      ],
      ["SHA-256 of the record", code(range.log)],
    ],
  )}</header>${byStatus(accounts, who)}${openFindings(audit.findings)}${coverage(of)}${limits(audit, made)}</div>`;
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
      ? ["bad", "×", `${counted(serious, "serious finding")}: the record does not hold`]
      : [
          ...(doubtful ? ["caution", "!"] : ["good", "✓"]),
          findings.total > 0
            ? `${counted(findings.total, "finding")}, none of them serious`
            : "Nothing was found that does not fit",
        ];
  return html`<div class="verdict ${tone}"><span class="mark" aria-hidden="true">${mark}</span><div><p class="words">${words}</p>${
    unchecked.length === 0 ? null : html`<p>Not everything could be checked: ${unchecked.join("; ")}.</p>`
  }${deployment.key.kind === "development" ? development() : null}</div></div>`;
}

function development(): Content {
  return html`<p><strong>DEVELOPMENT KEY:</strong> anybody can forge proofs under the key of this deployment, so its proofs show nothing about an account.</p>`;
}

/** What the record did not hold, so that the absence of findings says nothing about it. */
function uncheckedOf(coverage: Coverage): string[] {
  const missing = (all: number, checked: number, one: string, why: string) =>
    all > checked ? [`${counted(all - checked, one)} ${why}`] : [];
  return [
    ...missing(coverage.rounds, coverage.roundsWithFeeds, "round", "without what the feeds said"),
    ...missing(coverage.proofs, coverage.proofsVerified, "accepted proof", "not in the record"),
    ...missing(coverage.books, coverage.booksWithSignatures, "book", "without its signatures"),
  ];
}

/** How the accounts stand at the end, worst first, with what runs out when. */
function byStatus(accounts: readonly AccountRecord[], who: Identities): Markup {
  const statuses = (["liquidatable", "marginCall", "grace", "unknown", "healthy"] as const).map((status) => ({
    status,
    all: accounts.filter((account) => account.status === status),
  }));
  return section(
    "standing",
    "Accounts by status",
    accounts.length === 0
      ? html`<p>The record has no account.</p>`
      : table(
          "At the end of the record",
          ["status", "accounts", "which"],
          statuses
            .filter(({ all }) => all.length > 0)
            .map(({ status, all }) => [
              html`<span class="word ${status}">${STATUS_WORDS[status]}</span>`,
              grouped(all.length),
              [
                ...mostUrgent(all).map((account, i) => [
                  i === 0 ? null : html`<br />`,
                  who.of(account.account),
                  `: ${finalStatusText(account)}`,
                ]),
                all.length > NAMED ? html`<br />and ${grouped(all.length - NAMED)} more` : null,
              ],
            ]),
          [2],
        ),
  );
}

/** Those whose deadline comes first. */
function mostUrgent(accounts: readonly AccountRecord[]): AccountRecord[] {
  const deadline = (account: AccountRecord) => account.deadline ?? Number.POSITIVE_INFINITY;
  return accounts
    .toSorted((a, b) => (deadline(a) === deadline(b) ? 0 : deadline(a) - deadline(b)))
    .slice(0, NAMED);
}

function openFindings({ total, bySeverity, byCode }: Audit["findings"]): Markup {
  const kinds = (severity: (typeof SEVERITIES)[number]) =>
    FINDING_CODES.filter((each) => FINDINGS[each].severity === severity && (byCode[each] ?? 0) > 0);
  return section(
    "open",
    "Open findings by severity",
    total === 0
      ? html`<p>None. ${counted(FINDING_CODES.length, "kind")} of finding were looked for.</p>`
      : table(
          "What each of them means stands under “Findings”",
          ["severity", "findings", "of which kind"],
          SEVERITIES.map((severity) => [
            html`<span class="severity ${severity}">${severity}</span>`,
            grouped(bySeverity[severity]),
            kinds(severity).map((each, i) => [
              i === 0 ? null : ", ",
              code(each),
              ` ${grouped(byCode[each] ?? 0)}`,
            ]),
          ]),
          [2],
        ),
  );
}

/** What a reader might take from the report, and must not. */
function limits({ statement, coverage, accounts, deployment, range }: Audit, made: Made): Markup {
  const undisclosed = accounts.filter(({ books }) => books.disclosed === 0).length;
  const items: Content[] = [
    ...statement.doesNotSay,
    ...uncheckedOf(coverage).map((what) => `anything of ${what}`),
    ...(undisclosed === 0
      ? []
      : [
          `what the books of ${grouped(undisclosed)} of ${counted(accounts.length, "account")} held: none of those was disclosed`,
        ]),
    ...(coverage.contractSignatures === 0
      ? []
      : [
          `whether ${counted(coverage.contractSignatures, "signature")} of contracts (EIP-1271) are genuine: the chain's word is taken`,
        ]),
    ...(deployment.key.kind === "development"
      ? ["anything that rests on a proof: the key is a development key"]
      : []),
    `anything after ${timeText(range.toTime)} UTC`,
    made.names === 0
      ? "who is behind an account or address: names in “ ” were chosen by the accounts' owners, or come with what they disclosed"
      : "that the names are right: they come from the reader's own file, and those in “ ” from the accounts' owners",
  ];
  return section(
    "limits",
    "What this report cannot say",
    html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`,
  );
}

/** What was looked at, and how much of it could be checked: what was not can hide anything. */
export function coverage(of: Coverage): Markup {
  const sleeves: [string, number, number] = [
    "books with a sleeve, computed again where disclosed",
    of.sleeves,
    of.sleevesComputed,
  ];
  const rows: readonly [string, number, number][] = [
    ["rounds compared with what their feeds said", of.rounds, of.roundsWithFeeds],
    ["accepted proofs verified off line against the pinned key", of.proofs, of.proofsVerified],
    ["books whose signers were recovered from their signatures", of.books, of.booksWithSignatures],
    ["disclosed openings that are of a book on the chain", of.openings, of.openingsMatched],
    ...(of.sleeves === 0 ? [] : [sleeves]),
  ];
  return section(
    "coverage",
    "What was checked",
    table(
      `Out of ${grouped(of.events)} events in ${grouped(of.blocks)} blocks`,
      ["", "in all", "checked", "share"],
      rows.map(([what, all, checked]) => [what, grouped(all), grouped(checked), shareText(checked, all)]),
    ),
    html`<p>${grouped(of.statusesCompared)} answers of the gate were compared with the status that the record leads to.${
      of.contractSignatures === 0
        ? null
        : ` ${grouped(of.contractSignatures)} signatures are of contracts (EIP-1271); for those the chain's word is taken.`
    }${of.sleevesComputed === 0 ? null : " A number of a sleeve that is harder on the account than its positions give is no finding."}</p>`,
  );
}

/** Epochs that are shown; the JSON has more. */
const EPOCHS_SHOWN = 50;

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
  const shown = epochs.items.slice(-EPOCHS_SHOWN);
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

/** Findings that the report shows one by one; the JSON has more of them. */
const FINDINGS_SHOWN = 200;

/** What does not fit: every kind in numbers, worst first, then one by one. */
export function findings(summary: FindingSummary, who: Identities): Markup {
  if (summary.total === 0)
    return section(
      "findings",
      "Findings",
      html`<p>None. ${counted(FINDING_CODES.length, "kind")} of finding were looked for.</p>`,
    );
  const worst = SEVERITIES.flatMap((severity) =>
    summary.listed.filter((finding) => finding.severity === severity),
  );
  const left = summary.total - Math.min(worst.length, FINDINGS_SHOWN);
  return section(
    "findings",
    "Findings",
    kinds(summary),
    table(
      "One by one, worst first",
      ["finding", "where", "expected", "got"],
      worst
        .slice(0, FINDINGS_SHOWN)
        .map((finding) => [
          [severityMark(finding), " ", code(finding.code)],
          placeOf(finding, who),
          who.prose(finding.expected),
          who.prose(finding.got),
        ]),
      [1, 2, 3],
    ),
    left === 0
      ? null
      : html`<p class="aside">${counted(left, "finding")} more are counted above and not shown one by one.</p>`,
  );
}

function kinds({ byCode }: FindingSummary): Markup {
  const found = SEVERITIES.flatMap((severity) =>
    FINDING_CODES.filter((each) => FINDINGS[each].severity === severity && (byCode[each] ?? 0) > 0),
  );
  return table(
    "By kind",
    ["finding", "what it means", "times"],
    found.map((each) => [
      [severityMark(FINDINGS[each]), " ", code(each)],
      FINDINGS[each].says,
      grouped(byCode[each] ?? 0),
    ]),
    [1],
  );
}

function severityMark({ severity }: Pick<Finding, "severity">): Markup {
  return html`<span class="severity ${severity}">${severity}</span>`;
}

function placeOf(finding: Finding, who: Identities): Content {
  const { account, block, time, logIndex, epoch, round, sequence } = finding;
  const numbers = Object.entries({ round, epoch, sequence })
    .filter(([, value]) => value !== null)
    .map(([what, value]) => `, ${what} ${value}`);
  return [
    account === null ? null : [who.of(account), html`<br />`],
    ...(time === 0
      ? ["the deployment"]
      : [
          `block ${block}${logIndex === null ? "" : `, log ${logIndex}`}${numbers.join("")}`,
          html`<br /><span class="aside">${timeText(time)}</span>`,
        ]),
  ];
}
