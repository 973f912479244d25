import { grouped } from "../amounts.js";
import { FINDING_CODES, FINDINGS, SEVERITIES } from "../findings.js";
import type { Finding, FindingSummary } from "../result.js";
import { counted, timeText } from "./format.js";
import type { Identities } from "./identities.js";
import { type Content, code, html, type Markup, section, table } from "./markup.js";

/** Findings that the report shows one by one; the JSON has more of them. */
const SHOWN = 200;

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
  const left = summary.total - Math.min(worst.length, SHOWN);
  return section(
    "findings",
    "Findings",
    kinds(summary),
    table(
      "One by one, worst first",
      ["finding", "where", "expected", "got"],
      worst
        .slice(0, SHOWN)
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
