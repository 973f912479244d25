import { FINDINGS } from "../findings.js";
import type { Names } from "../names.js";
import type { Audit } from "../result.js";
import { tokenAmount } from "./accounts.js";
import { finalStatus, Identities, isoText, worstVerdict } from "./format.js";

/** A cell of {@link csvText}. */
export type Cell = string | number | null;

/**
 * An audit as tables for a spreadsheet, by file name: how each account stands at the end, every change of status, and every
 * finding that the audit lists. RFC 4180, UTF-8, times in ISO 8601; an id always stands beside its name, in full.
 *
 * @example
 * ```ts
 * import { auditCsv, parseAudit } from "zkmargin/audit";
 *
 * console.log(Object.keys(auditCsv(parseAudit(auditText))).join()); // accounts.csv,statuses.csv,findings.csv
 * ```
 */
export function auditCsv(audit: Audit, names?: Names): Record<string, string> {
  return {
    "accounts.csv": accounts(audit, names),
    "statuses.csv": statuses(audit, names),
    "findings.csv": findings(audit, names),
  };
}

function accounts({ accounts, deployment }: Audit, names?: Names): string {
  const who = new Identities({ accounts, deployment }, names);
  const header = [
    ...["account", "name", "owner", "owner_name", "attesters", "threshold", "status", "since", "until"],
    ...[
      "worst_verdict",
      "seconds_healthy",
      "seconds_grace",
      "seconds_margin_call",
      "seconds_liquidatable",
      "seconds_unknown",
    ],
    ...["books", "books_disclosed", "proofs", "debt", "collateral"],
  ];
  return csvText(
    header,
    accounts.map((record) => {
      const { account, owner, attesters, threshold, secondsIn, books, claims, vault } = record;
      const { status, since, until } = finalStatus(record);
      const { healthy, grace, marginCall, liquidatable, unknown } = secondsIn;
      return [
        ...[
          account,
          who.name(account),
          owner,
          who.name(owner),
          attesters.map((each) => who.text(each)).join("; "),
          threshold,
        ],
        ...[status, isoText(since), isoText(until), worstVerdict(record)],
        ...[healthy, grace, marginCall, liquidatable, unknown],
        ...[books.attested, books.disclosed, claims.items.length + claims.omitted],
        vault && tokenAmount(vault.debt, deployment.settlement, deployment),
        vault && vault.balances.map(({ token, amount }) => tokenAmount(amount, token, deployment)).join("; "),
      ];
    }),
  );
}

function statuses({ accounts, deployment }: Audit, names?: Names): string {
  const who = new Identities({ accounts, deployment }, names);
  return csvText(
    ["account", "name", "time", "status", "deadline"],
    accounts.flatMap(({ account, statuses }) =>
      statuses.items.map(({ time, status, deadline }) => [
        ...[
          account,
          who.name(account),
          isoText(time),
          status,
          isoText(status === "liquidatable" ? null : deadline),
        ],
      ]),
    ),
  );
}

function findings({ accounts, deployment, findings }: Audit, names?: Names): string {
  const who = new Identities({ accounts, deployment }, names);
  return csvText(
    [
      "severity",
      "finding",
      "meaning",
      "account",
      "name",
      "time",
      "block",
      "log",
      "round",
      "epoch",
      "sequence",
      "expected",
      "got",
    ],
    findings.listed.map(
      ({ severity, code, account, time, block, logIndex, round, epoch, sequence, expected, got }) => [
        ...[
          severity,
          code,
          FINDINGS[code].says,
          account,
          account && who.name(account),
          isoText(time === 0 ? null : time),
        ],
        ...[block, logIndex, round, epoch, sequence, expected, got],
      ],
    ),
  );
}

/** A table as RFC 4180: what a spreadsheet would take for a formula is made text. */
export function csvText(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(written).join(",")}\r\n`).join("");
}

/** What a spreadsheet would take for a formula gets an apostrophe before it: names and findings are written by strangers. */
function written(cell: Cell): string {
  const text = String(cell ?? "");
  const safe = typeof cell === "string" && /^\s*[=+\-@\t\r\n＝＋－＠]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
