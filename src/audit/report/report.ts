import { createHash } from "node:crypto";
import type { Names } from "../names.js";
import type { Audit, AuditStatement } from "../result.js";
import { accounts } from "./accounts.js";
import { Identities } from "./format.js";
import { code, html, Markup, STYLE, section } from "./markup.js";
import { deployment, epochs, findings, key, type Made, summary } from "./summary.js";

/** Nothing is loaded and nothing runs; the one style is the one that stands in the page. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; img-src data:`;

/** What a report needs beside the audit. */
export interface ReportOptions extends Pick<Made, "version" | "time"> {
  /** What its reader calls accounts and addresses. */
  readonly names?: Names;
}

/**
 * An audit as one HTML file, for the screen and for paper: it needs no network and no script. Its size is bounded, however
 * long the history and however many the accounts; what it leaves out it says, and the JSON has it.
 *
 * @example
 * ```ts
 * import { auditReport, parseAudit } from "zkmargin/audit";
 *
 * const html = auditReport(parseAudit(auditText), { version: "0.1.0", time: 1_780_000_000 });
 * console.log(html.startsWith("<!doctype html>")); // true
 * ```
 */
export function auditReport(audit: Audit, { version, time, names }: ReportOptions): string {
  const { range, deployment: of } = audit;
  const who = new Identities(audit, names);
  const title = `zkmargin audit, blocks ${range.fromBlock} to ${range.toBlock} of chain ${of.chainId}`;
  const body = html`
${summary(audit, who, { version, time, names: names?.size ?? 0 })}
<main>
${findings(audit.findings, who)}
${statement(audit.statement)}
${accounts(audit, who)}
${who.section()}
${epochs(audit)}
${key(of)}
${deployment(of)}
</main>
<footer><p>To check this report, make it again: ${code("zkmargin audit replay --log")} of the record with the SHA-256 above, then ${code("zkmargin audit report")}. The same record, disclosures and names give the same report, but for the time at which it was made.</p></footer>
`;
  return page(title, body);
}

/** A whole HTML page of one file, which loads nothing and runs no script. */
export function page(title: string, body: Markup): string {
  const whole = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>${body}</body>
</html>
`;
  return `<!doctype html>\n${whole.text}`;
}

/** The exact statement of every proof, and what it rests on. */
export function statement({ words, qualifier }: AuditStatement): Markup {
  return section(
    "statement",
    "What every proof says",
    html`<blockquote>${words}</blockquote><p>Every book is <strong>${qualifier}</strong>. θ and the envelope of each proof stand with its account. What none of it says stands on the first page.</p>`,
  );
}
