import assert from "node:assert/strict";
import type { FindingCode } from "../../../src/audit/findings.js";
import type { OpenDeployment } from "../../../src/chain/deployment.js";
import { logLines } from "../../../src/chain/eventLog/export.js";
import { decodeSideEvent, encodeSideEvent, type SideEvent } from "../../../src/chain/eventLog/sides.js";
import type { BatchVerifier } from "../../../src/groth16/batchVerifier.js";
import { Recording } from "./recording.js";

/** The lines of a deployment's log, straight from its node. */
export async function linesOf(open: OpenDeployment): Promise<string[]> {
  const lines: string[] = [];
  for await (const { text } of logLines(open, { confirmations: 0, answers: "last" })) lines.push(text);
  return lines;
}

/** The events of side contracts of one name, with where they stand. */
export function sideEvents(log: Recording, name: SideEvent["name"], role?: SideEvent["role"]) {
  return log.blocks.flatMap((block) =>
    block.events.flatMap((event, at) => {
      const decoded = decodeSideEvent(event);
      return decoded?.name === name && (role ?? decoded.role) === decoded.role
        ? [{ block, at, event, decoded }]
        : [];
    }),
  );
}

function sideEvent(log: Recording, name: SideEvent["name"], nth: number) {
  return sideEvents(log, name).at(nth) ?? assert.fail(`no event ${nth} of ${name}`);
}

/** Changes fields of an event of a side contract. */
export function editSide(log: Recording, name: SideEvent["name"], nth: number, change: object): void {
  const { block, at, event, decoded } = sideEvent(log, name, nth);
  const edited = { ...decoded, fields: { ...decoded.fields, ...change } } as SideEvent;
  block.events[at] = { ...event, ...encodeSideEvent(edited) };
}

export function removeSide(log: Recording, name: SideEvent["name"], nth: number): void {
  const { block, at } = sideEvent(log, name, nth);
  block.events.splice(at, 1);
}

/** Puts an event of a side contract at the end of the block of another, in a transaction of its own. */
export function insertSide(
  log: Recording,
  after: SideEvent["name"],
  nth: number,
  event: Omit<SideEvent, "of">,
): void {
  const { block } = sideEvent(log, after, nth);
  const last = block.events.at(-1);
  const place = { index: (last?.index ?? -1) + 1, tx: (last?.tx ?? -1) + 1 };
  block.events.push({ ...place, role: event.role, ...encodeSideEvent(event as SideEvent) });
}

/** A way to alter a log, and the finding that it must come to. */
export type SideTampering = readonly [code: FindingCode, what: string, tamper: (log: Recording) => unknown];

/** A tampering that changes fields of one event. */
export function edits(
  code: FindingCode,
  what: string,
  ...[name, nth, change]: Shifted<typeof editSide>
): SideTampering {
  return [code, what, (log) => editSide(log, name, nth, change)];
}

/** A tampering that leaves one event out. */
export function removes(
  code: FindingCode,
  what: string,
  ...[name, nth]: Shifted<typeof removeSide>
): SideTampering {
  return [code, what, (log) => removeSide(log, name, nth)];
}

/** A tampering that adds one event. */
export function inserts(
  code: FindingCode,
  what: string,
  ...[after, nth, event]: Shifted<typeof insertSide>
): SideTampering {
  return [code, what, (log) => insertSide(log, after, nth, event)];
}

/** What a function takes after the log. */
type Shifted<F> = F extends (log: Recording, ...rest: infer Rest) => unknown ? Rest : never;

/** Kinds of findings that are tampered for where their chains are, in test/chain. */
export const SIDE_CODES = {
  dao: ["vote-rules", "dao-unvoted", "dao-roles"],
  medians: ["median-rule", "median-unseen"],
  liquidations: ["liquidation-sale"],
  // Of contracts with a log of their own: test/clearing/house.test.ts and replay.test.ts, test/chain/defaultFund.test.ts and
  // cliRemote.test.ts.
  clearing: [
    ...(["clearing-words", "clearing-note", "clearing-delta", "clearing-torn", "clearing-frozen"] as const),
    ...(["clearing-payment", "clearing-opening", "clearing-unopened"] as const),
  ],
  estates: [
    ...(["clearing-prices", "clearing-estate", "clearing-auction", "clearing-settlement"] as const),
    ...(["clearing-end", "clearing-owed", "clearing-sum", "clearing-health", "clearing-due"] as const),
  ],
  fund: [
    ...(["fund-uncovered", "fund-caps", "fund-liability", "fund-waterfall", "fund-assessment"] as const),
    "fund-answers",
  ],
  remote: [
    ...(["remote-lock", "remote-unproven", "remote-unseen", "remote-cap", "remote-claims"] as const),
    ...(["remote-release", "remote-report", "lock-rules", "lock-home"] as const),
  ],
} as const satisfies Record<string, readonly FindingCode[]>;

/** Tests that each tampering is found, and that there is one for every kind of finding of these. */
export function findsEach(
  of: keyof typeof SIDE_CODES,
  tamperings: readonly SideTampering[],
  lines: () => readonly string[],
  verifier: () => BatchVerifier,
): void {
  it("has a tampering for every kind of finding of its own", () => {
    const tampered = tamperings.map(([code]) => code);
    for (const code of SIDE_CODES[of]) assert.ok(tampered.includes(code), code);
  });
  for (const [code, what, tamper] of tamperings)
    it(`finds ${code}: ${what}`, async () => {
      const log = new Recording(undefined, lines());
      tamper(log);
      const { findings } = await log.replay({ verifier: verifier() });
      assert.ok((findings.byCode[code] ?? 0) > 0, JSON.stringify(findings.byCode));
    });
}
