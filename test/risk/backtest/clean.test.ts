import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { parseHistory } from "../../../src/market/history.js";
import { DEFAULT_LISTING } from "../../../src/protocol/listing.js";
import { adversaries } from "../../../src/risk/backtest/adversary.js";
import { backtest } from "../../../src/risk/backtest/backtest.js";
import { backtestBooks } from "../../../src/risk/backtest/books.js";
import { calibratedRegime, fixedRegime } from "../../../src/risk/backtest/regimes.js";
import { DEFAULT_CALIBRATION } from "../../../src/risk/calibration/options.js";
import { DEPTHS } from "../../../src/risk/impact.js";
import { DEFAULT_MACRO, parseMacro } from "../../../src/risk/macro.js";
import { PRESETS } from "../../../src/risk/presets.js";
import { openSolver } from "../../../src/risk/statistics/linearProgramme.js";
import { cleanResults, withBlock } from "../../support/riskResults.js";

const PAGE = new URL("../../../docs/RISK.md", import.meta.url);
const text = (file: string) =>
  readFileSync(new URL(`../../../examples/prices/${file}`, import.meta.url), "utf8");

describe("the clean test over 2024, which no parameter has seen", () => {
  it("gives the numbers of docs/RISK.md (UPDATE_DOCS=1 to accept a change)", async () => {
    const prices = parseHistory(text("daily-close-2024.csv"));
    const listing = DEFAULT_LISTING.filter(({ symbol }) => prices.assets.includes(symbol));
    const { confidence, minimumReturns } = DEFAULT_CALIBRATION;
    const options = { ...DEFAULT_CALIBRATION, pegged: [] };
    const macro = { days: parseMacro(text("macro-daily.csv")), policy: DEFAULT_MACRO };
    const result = backtest({
      ...{ prices, listing, confidence, minimumReturns, every: 7 },
      regimes: [
        calibratedRegime("recalibrated", options),
        calibratedRegime("with the macro trigger", options, macro),
        calibratedRegime("always 10 % more", { ...options, addOn: 1_000 }),
        ...PRESETS.map((preset) => fixedRegime(preset, DEPTHS)),
      ],
      books: [...backtestBooks(), ...adversaries(await openSolver(), confidence)],
    });
    const page = readFileSync(PAGE, "utf8");
    const shown = withBlock(page, "clean test", cleanResults(result));
    if (process.env.UPDATE_DOCS) writeFileSync(PAGE, shown);
    else assert.equal(page, shown);
  });
});
