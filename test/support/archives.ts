import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArchiveReader, type ArchiveReaderKey, type OpenedStep } from "../../src/audit/archive/reader.js";
import type { ArchiveHead } from "../../src/audit/archive/walk.js";
import { type DisclosedOpening, disclosedOpening } from "../../src/audit/disclosure.js";
import { openBook } from "../../src/book/opening.js";
import type { SleeveArraysFile } from "../../src/book/sleeveFile.js";
import { DEFAULT_LISTING } from "../../src/protocol/listing.js";
import { DEFAULT_TIER, findTier } from "../../src/protocol/tiers.js";

export const INSTITUTION = Uint8Array.from({ length: 32 }, (_, i) => 3 * i + 5);

/** An opening of a small book that differs by account and sequence. */
export function smallOpening(account: string, sequence: number, units = sequence + 1): DisclosedOpening {
  const tier = findTier(DEFAULT_TIER);
  if (tier === undefined) throw new Error("no tier");
  const position = { asset: "BTC", spot: String(units), perp: "0" };
  const file = { account, sequence, isolated: false, positions: [position] };
  return disclosedOpening(openBook(file, INSTITUTION, DEFAULT_LISTING, tier), DEFAULT_LISTING, 4n);
}

/** An opening of a book with a sleeve, whose sources come with positions of so many bytes. */
export function sleevedOpening(account: string, sequence: number, bytes: number): DisclosedOpening {
  const tier = findTier(DEFAULT_TIER);
  if (tier === undefined) throw new Error("no tier");
  const until = 1_621_240_000;
  const sleeve: SleeveArraysFile = {
    ...{ rule: "calibrated", market: "12".repeat(32), shocks: "34".repeat(32), pricedAt: until - 3_600 },
    band: { price: 100, volatility: 0, smile: 0, basis: 0, fundingWeight: 10, until },
    tangents: [{ asset: "BTC", perp: -5_000n, basis: 7_000n }],
    ...{ value: -90_000n, gains: [-1_000n, 2_000n], charge: 300n, slack: 40n, detail: 5n },
    sources: { salt: 6n, sleeve: { positions: "x".repeat(bytes) }, surface: {}, market: {} },
  };
  const positions = [{ asset: "BTC", spot: "1", perp: "0" }];
  const file = { account, sequence, isolated: false, positions, sleeve };
  return disclosedOpening(openBook(file, INSTITUTION, DEFAULT_LISTING, tier), DEFAULT_LISTING, 4n);
}

/** A new folder, and how to be rid of it. */
export function scratch(): { at(name: string): string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "zkmargin-archive-"));
  return { at: (name) => join(path, name), remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** What a key reads in an archive. */
export interface Readout {
  readonly openings: readonly OpenedStep[];
  /** "code:record" of each. */
  readonly findings: readonly string[];
  readonly head: ArchiveHead;
}

export async function readArchive(
  path: string,
  key: ArchiveReaderKey,
  known?: ArchiveHead,
): Promise<Readout> {
  const reader = await ArchiveReader.open(path, key);
  const openings: OpenedStep[] = [];
  const findings: string[] = [];
  for await (const step of reader.steps(known)) {
    if ("finding" in step) findings.push(`${step.finding.code}:${step.finding.record}`);
    if ("disclosed" in step) openings.push(step);
  }
  return { openings, findings, head: reader.head };
}

/** File of a record. */
export function recordFile(archive: string, number: number): string {
  return join(archive, `${String(number).padStart(8, "0")}.record`);
}

/** Everything in a folder, by name. */
export function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "latin1")]),
  );
}
