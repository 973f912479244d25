import type { FeedReadings } from "../../../../src/chain/eventLog/record.js";
import type { BatchVerifier } from "../../../../src/groth16/batchVerifier.js";
import { refit, reprofile } from "../market.js";
import type { Recording } from "../recording.js";
import { edit, LINES, type Tampering, uncounted } from "./tampering.js";

/** Ways to alter the risk profile and the rounds. */
export const MARKET_TAMPERINGS: readonly Tampering[] = [
  // the risk profile
  edit("epoch-gap", "an epoch skipped", LINES.deployed, (log) => {
    const at = log.find("ProfileChanged", 0);
    log.insert(at, {
      role: "riskProfile",
      name: "ProfileChanged",
      fields: { ...at.fields, epoch: 3n, change: 1n },
    });
  }),
  edit("profile-fold", "another folded point", LINES.deployed, (log) =>
    log.edit("ProfileChanged", 0, () => ({ x: 1n, y: 2n })),
  ),
  edit("profile-bounds", "more collateral than there is", LINES.deployed, (log, verifier) => {
    const risky = reprofile(log, verifier, (profile) => ({
      ...profile,
      assets: profile.assets.map((asset, u) => (u === 0 ? { ...asset, collateralFactor: 12_000 } : asset)),
    }));
    log.edit("ProfileChanged", 0, () => risky);
  }),
  edit("profile-loosened", "a tightening that loosens", LINES.deployed, (log, verifier) => {
    const at = log.find("ProfileChanged", 0);
    const fields = { ...at.fields, ...looser(log, verifier), epoch: 2n, change: 1n };
    log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
  }),
  edit("profile-loosened", "an expiry of what does not expire", LINES.deployed, (log) => {
    const at = log.find("ProfileChanged", 0);
    const fallbackProfile = at.fields.profile;
    log.edit("ProfileChanged", 0, () => ({ expiresAt: 2n ** 40n, fallbackProfile }));
    const fields = { ...at.fields, epoch: 2n, change: 2n };
    log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
  }),
  edit("tightening-unbounded", "a tightening by more than one goes", LINES.deployed, (log, verifier) => {
    const at = log.find("ProfileChanged", 0);
    const far = reprofile(log, verifier, (profile) => ({
      ...profile,
      bookMaxAge: Math.floor(profile.bookMaxAge / 2) - 1,
    }));
    const fields = { ...at.fields, ...far, epoch: 2n, change: 1n };
    log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
  }),
  edit("tightening-unbounded", "a tightening right after another", LINES.deployed, (log, verifier) => {
    const at = log.find("ProfileChanged", 0);
    for (const by of [1, 2]) {
      const next = reprofile(log, verifier, (profile) => ({ ...profile, pnlFactor: profile.pnlFactor - by }));
      const fields = { ...at.fields, ...next, epoch: BigInt(1 + by), change: 1n };
      log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
    }
  }),
  edit("loosening-undelayed", "a looser profile at once", LINES.deployed, (log, verifier) => {
    const at = log.find("ProfileChanged", 0);
    const fields = { ...at.fields, ...looser(log, verifier), epoch: 2n, change: 0n };
    log.insert(at, { role: "riskProfile", name: "ProfileChanged", fields });
  }),
  // rounds
  edit("round-gap", "a round left out", LINES.rounds, (log) => {
    uncounted(log);
    log.remove("RoundCommitted", 12);
  }),
  edit("round-time", "a round of another time", LINES.rounds, (log) =>
    log.edit("RoundCommitted", 5, ({ time }) => ({ time: time + 1n })),
  ),
  edit("round-epoch", "a round of an epoch to come", LINES.rounds, (log) =>
    log.edit("RoundCommitted", -1, () => ({ epoch: 2n })),
  ),
  edit("round-too-soon", "rounds of a ledger that takes one in two days", LINES.rounds, (log) => {
    log.constants.ledger.minInterval = 2 * 86_400;
  }),
  edit("round-too-soon", "a round of a market that has not moved since the last", LINES.rounds, (log) => {
    uncounted(log);
    log.constants.ledger.minInterval = 0;
    const at = log.find("RoundCommitted", -1);
    const fields = { ...at.fields, number: at.fields.number + 1n };
    log.insert(at, { role: "marketLedger", name: "RoundCommitted", fields });
  }),
  edit("round-prices", "funding beyond its bound", LINES.rounds, (log, verifier) => {
    log.edit("RoundCommitted", -1, ({ funding }) => ({ funding: [2n ** 63n, ...funding.slice(1)] }));
    log.find("RoundCommitted", -1).block.feeds = null;
    refit(log, verifier);
  }),
  edit(
    "round-average",
    "low and high above the average, and no feeds to be asked",
    LINES.rounds,
    (log, verifier) => {
      log.edit("RoundCommitted", -1, ({ low, high }) => ({
        low: [...low].map((price) => price + 10n ** 9n),
        high: [...high].map((price) => price + 10n ** 9n),
      }));
      log.find("RoundCommitted", -1).block.feeds = null;
      refit(log, verifier);
    },
  ),
  edit("round-feeds", "a spot price that no feed said", LINES.rounds, (log, verifier) => {
    const { block, fields } = log.find("RoundCommitted", -1);
    const spots = (block.feeds?.prices ?? []).map(([reading]) => BigInt(reading?.[0] ?? 0));
    const risen = [...fields.high].findIndex((high, u) => high === spots[u] && high > (fields.low[u] ?? 0n));
    log.edit("RoundCommitted", -1, ({ high }) => ({
      high: [...high].map((price, u) => (u === risen ? price + 10n ** 6n : price)),
    }));
    refit(log, verifier);
  }),
  edit("round-feeds", "funding that its source did not say", LINES.rounds, (log, verifier) => {
    log.edit("RoundCommitted", -1, ({ funding }) => ({ funding: [1n, ...funding.slice(1)] }));
    refit(log, verifier);
  }),
  ...(["disagrees", "silent"] as const).map((check) =>
    edit(
      "median-check",
      check === "silent" ? "a pool without an answer" : "a pool that disagrees",
      LINES.rounds,
      (log) => median(log, { silent: 0, check }),
    ),
  ),
  edit("median-silent", "two sources that did not answer", LINES.rounds, (log) =>
    median(log, { silent: 0b101, check: "agrees" }),
  ),
  edit("round-fold", "another folded point", LINES.rounds, (log) =>
    log.edit("RoundCommitted", 9, () => ({ x: 1n, y: 2n })),
  ),
  edit("round-odometer", "an odometer that stood still", LINES.rounds, (log) =>
    log.edit("RoundCommitted", -1, () => ({ odometer: log.find("RoundCommitted", -2).fields.odometer })),
  ),
];

/** The same profile with a little less margin. */
function looser(log: Recording, verifier: BatchVerifier) {
  return reprofile(log, verifier, (profile) => ({
    ...profile,
    assets: profile.assets.map((asset, u) =>
      u === 1 ? { ...asset, liquidity: asset.liquidity - 1 } : asset,
    ),
  }));
}

/** As if BTC had several sources, of which this was recorded. */
function median(
  log: Recording,
  kept: Pick<NonNullable<FeedReadings["medians"]>[number], "silent" | "check">,
) {
  const { block } = log.find("RoundCommitted", -1);
  if (block.feeds === null) throw new RangeError("no feeds");
  block.feeds.medians = [{ asset: "BTC", low: "1", high: "1", ...kept }];
}
