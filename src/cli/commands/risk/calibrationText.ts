import { DAY_SECONDS } from "../../../market/date.js";
import type { RiskProfile } from "../../../protocol/profile.js";
import type { CalibrationReport } from "../../../risk/calibrate.js";
import type { Omission } from "../../../risk/returns.js";
import { pairs, percent, shortPercent, table } from "../../format.js";

/** A calibration for people: what was found, what was made of it, and what was not there. */
export function calibrationText(
  profile: RiskProfile,
  report: CalibrationReport,
  leftOut: readonly Omission[],
): string {
  return [
    `${profile.name}, from ${report.stepSeconds === DAY_SECONDS ? "daily" : "hourly"} closes of ${report.from} to ${report.to}\n`,
    volatilities(report),
    correlation(report),
    parameters(profile),
    scenarios(profile, report),
    omissions(report, leftOut),
  ].join("\n");
}

const share = (fraction: number) => percent(Math.round(fraction * 10_000));

function volatilities({ assets }: CalibrationReport): string {
  return (
    table(
      ["asset", "returns", "EWMA", "GARCH", "floor", "used", "tail down", "tail up", "market"],
      assets.map((asset) => [
        asset.asset,
        String(asset.returns),
        share(asset.ewma),
        share(asset.garch),
        `${asset.raised > 1 ? `x${asset.raised.toFixed(2)} ` : ""}${share(asset.longRun * asset.raised)}`,
        share(asset.volatility),
        asset.tailDown.toFixed(2),
        asset.tailUp.toFixed(2),
        asset.market === null ? "pegged" : asset.market.toFixed(2),
      ]),
    ) +
    "  volatility over the horizon; floor: whole history, raised for what the market did before a listing (x);\n" +
    "  tails in volatilities; market: correlation with the first component\n"
  );
}

function correlation({
  correlation: { observations, intensity, average, shares },
}: CalibrationReport): string {
  return pairs([
    ["correlations from", `${observations} rows in which every risky asset has a return`],
    ["mean correlation", average.toFixed(2)],
    ["shrunk to it by", share(intensity)],
    ["components explain", shares.slice(0, 5).map(share).join(", ")],
  ]);
}

function parameters({ assets, shockCap, pnlFactor }: RiskProfile): string {
  return (
    table(
      ["asset", "collateral", "debt", "perp margin", "liquidity", "impact"],
      assets.map((risk) => [
        risk.asset,
        percent(risk.collateralFactor),
        percent(risk.debtFactor),
        percent(risk.perpMargin),
        percent(risk.liquidity),
        String(risk.impact),
      ]),
    ) + `  gains counted ${percent(pnlFactor)}; shock cap ${percent(shockCap)}\n`
  );
}

function scenarios(profile: RiskProfile, report: CalibrationReport): string {
  const symbols = profile.assets.map(({ asset }) => asset);
  return (
    table(
      ["scenario, %", ...symbols],
      profile.scenarios.map(({ name, shocks }) => [
        name,
        ...symbols.map((symbol) => shortPercent(shocks[symbol] ?? 0)),
      ]),
    ) + `\n${pairs(report.scenarios.map(({ name, basis }) => [name, basis]))}`
  );
}

function omissions({ omitted }: CalibrationReport, leftOut: readonly Omission[]): string {
  const rows = [
    ...leftOut.map(({ asset, time, why }) => [asset, time, `not in the profile: ${why}`]),
    ...omitted.map(({ asset, time, why }) => [asset, time, why]),
  ];
  return rows.length === 0
    ? "  nothing was missing\n"
    : table(["missing", "at", "why"], rows, { text: [0, 1, 2] });
}
