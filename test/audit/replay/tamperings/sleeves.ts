import type { DisclosedOpening } from "../../../../src/audit/disclosure.js";
import type { FindingCode } from "../../../../src/audit/findings.js";
import type { RunOptions } from "../../../../src/audit/replay/replayLog.js";
import type { SleeveArraysFile } from "../../../../src/book/sleeveFile.js";
import { disclosed } from "../openings.js";
import type { Recording } from "../recording.js";
import type { SleeveVariant } from "../sleeveStory.js";

type Opened = (name: string) => DisclosedOpening;

/** One way to alter the log of the options desks or to disclose their books, and the one kind of finding it must come to. */
export interface SleeveTampering {
  readonly code: FindingCode;
  readonly what: string;
  readonly tamper: (log: Recording, opened: Opened) => Promise<Partial<RunOptions>> | Partial<RunOptions>;
}

const first = ([gain = 0n, ...rest]: readonly bigint[], by: bigint) => [gain + by, ...rest];
const HOUR = 3_600;

/** Sleeves that their attesters signed though they should not have, and what the auditor finds once the book is disclosed. */
const FAULTY: readonly (SleeveVariant & { readonly code: FindingCode; readonly what: string })[] = [
  {
    ...{ name: "value", code: "sleeve-kind", what: "a value that is a cent more" },
    arrays: ({ value }) => ({ value: value + 1n }),
  },
  {
    ...{ name: "gain", code: "sleeve-kind", what: "a gain that is a cent more, in one scenario" },
    arrays: ({ gains }) => ({ gains: first(gains, 1n) }),
  },
  {
    ...{ name: "charge", code: "sleeve-kind", what: "a charge that is a cent less" },
    arrays: ({ charge }) => ({ charge: charge - 1n }),
  },
  {
    ...{ name: "slack", code: "sleeve-kind", what: "a slack that is a cent less, for a claim of ill health" },
    arrays: ({ slack }) => ({ slack: slack - 1n }),
  },
  {
    ...{ name: "tangent", code: "sleeve-sources", what: "a tangent that its positions do not give" },
    arrays: ({ tangents }) => ({ tangents: shifted(tangents) }),
  },
  {
    ...{ name: "band", code: "sleeve-sources", what: "a signed band that is wider than the arrays'" },
    terms: () => ({ band: 101n }),
  },
  {
    ...{ name: "until", code: "sleeve-sources", what: "a signed end that is later than the arrays'" },
    terms: ({ until }) => ({ until: until + 1n }),
  },
  {
    ...{ name: "round", code: "sleeve-sources", what: "arrays for another round than is signed" },
    terms: ({ pricedAt }) => ({ pricedAt: pricedAt - 1n }),
  },
  {
    ...{ name: "funding", code: "sleeve-sources", what: "arrays that hold only while no funding is paid" },
    band: { fundingWeight: null },
  },
  {
    ...{
      name: "early",
      code: "sleeve-sources",
      what: "volatilities that were observed after the book was attested",
    },
    observed: HOUR,
  },
];

function shifted([tangent, ...rest]: SleeveArraysFile["tangents"]): SleeveArraysFile["tangents"] {
  return tangent === undefined ? rest : [{ ...tangent, basis: tangent.basis + 1n }, ...rest];
}

/** Every desk of the story; the first is proven healthy. */
export const SLEEVE_VARIANTS: readonly SleeveVariant[] = [
  { name: "honest" },
  {
    name: "harder",
    arrays: ({ value, gains, charge, slack }) => ({
      value: value - 5n,
      gains: gains.map((gain) => gain - 7n),
      charge: charge + 3n,
      slack: slack + 7n,
    }),
  },
  ...FAULTY,
];

/** At least one for each kind of finding about a sleeve that is disclosed, or proven where it does not hold. */
export const SLEEVE_TAMPERINGS: readonly SleeveTampering[] = [
  ...FAULTY.map(({ name, code, what }) => ({
    code,
    what,
    tamper: (_: Recording, opened: Opened) => disclosed(opened(name)),
  })),
  {
    code: "sleeve-detail",
    what: "another salt than that of the detail",
    tamper: (_, opened) => withSources(opened("honest"), ({ salt }) => ({ salt: salt + 1n })),
  },
  {
    code: "sleeve-sources",
    what: "a rule that there is not",
    tamper: (_, opened) => withSources(opened("honest"), () => ({ rule: "kind" })),
  },
  {
    code: "sleeve-sources",
    what: "text in the place of positions",
    tamper: (_, opened) => withSources(opened("honest"), () => ({ sleeve: "positions" })),
  },
  {
    code: "sleeve-sources",
    what: "no surface",
    tamper: (_, opened) => withSources(opened("honest"), () => ({ surface: undefined })),
  },
  {
    code: "sleeve-sources",
    what: "a market without prices",
    tamper: (_, opened) => withSources(opened("honest"), () => ({ market: { format: "zkmargin/market@1" } })),
  },
  {
    code: "sleeve-unseen",
    what: "a book whose sleeve comes without its sources",
    tamper: (_, opened) => {
      const { sources: _without, ...rest } = opened("honest");
      return disclosed(rest);
    },
  },
  {
    code: "sleeve-outside-band",
    what: "a signed band that the market left before the round of the proof",
    tamper: (log) => resigned(log, () => ({ band: 10n })),
  },
  {
    code: "sleeve-ended",
    what: "a signed end before the proof",
    tamper: (log) => resigned(log, () => ({ until: BigInt(log.find("BookAttested", 0).block.time + 1) })),
  },
  {
    code: "sleeve-shocks",
    what: "signed shocks that are not the profile's",
    tamper: (log) => resigned(log, () => ({ shocks: `0x${"77".repeat(32)}` })),
  },
];

function withSources(
  opening: DisclosedOpening,
  edit: (sources: NonNullable<DisclosedOpening["sources"]>) => object,
): Partial<RunOptions> {
  const { sources } = opening;
  if (sources === undefined) throw new RangeError("a disclosure with sources");
  return disclosed({ ...opening, sources: { ...sources, ...edit(sources) } });
}

/** Has the first book signed with other terms of its sleeve, and asks the gate nothing. */
async function resigned(
  log: Recording,
  edit: (terms: ReturnType<typeof termsOf>) => Partial<ReturnType<typeof termsOf>>,
): Promise<Partial<RunOptions>> {
  const terms = termsOf(log);
  const changed = { ...terms, ...edit(terms) };
  log.edit("SleeveAttested", 0, () => changed);
  await log.sign(0, undefined, changed);
  for (const block of log.blocks) block.answers = [];
  return {};
}

function termsOf(log: Recording) {
  const { ledger, pricedAt, band, until, shocks } = log.find("SleeveAttested", 0).fields;
  return { ledger, pricedAt, band, until, shocks };
}
