import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import {
  type OptionPortfolio,
  type OptionRegime,
  optionMargin,
} from "../../../src/risk/options/optionMargin.js";
import { DERIVE_PMRM_1, DERIVE_PMRM_2 } from "../../../src/risk/options/regimes.js";

/**
 * Published unit tests of Derive's PMRM 2: github.com/derivexyz/v2-core, commit 7736900d,
 * test/risk-managers/unit-tests/PMRM_2/portfolio_cases. Numbers only, renamed; prices in dollars.
 */
const published: { readonly parameters: Published; readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL("../../vectors/options/derive-pmrm2.json", import.meta.url), "utf8"),
);

/** Of themselves; the published figures are of double precision. */
const TOLERANCE = 1e-8;
/**
 * Derive's published scenarios of PMRM 1 (PMRM/testAndVerifyScenarios.json, the same repository): amount, strike, call and
 * volatility of each option; then value, basis contingency, least change, maintenance and initial margin.
 */
const PMRM_1 = [
  [
    [[-1, 1500, true, 1.04788449408498624]],
    [
      -79.371585189059936, -11.275911269415125, -207.396949671304364, -301.7685348603643,
      -368.487619761755587,
    ],
  ],
  [
    [[1, 1200, true, 1.138939398828297472]],
    [305.74733444929572, -17.381590857176697, -224.417592168536834, 81.329742280758886, 14.004464630197813],
  ],
  [
    [
      [1, 500, true, 1.653152366370104064],
      [-1, 900, true, 1.32865746389711104],
    ],
    [399.93915923629834, -0.027442547681155, -36.99609290572431, 347.943066330574, 332.34423845885675],
  ],
  [
    [
      [1, 1500, true, 1.04788449408498624],
      [-1, 1500, false, 1.04788449408498624],
    ],
    [0.83327931099393, -18.77232328738198, -225.12499189664914, -224.29171258565523, -291.82921015464996],
  ],
] as const;

/** This published case has a scenario that the contracts refuse; their tests skip it. */
const SKEW_WITH_MOVE = 67;
const MOVES = { Up: "up", Down: "down", None: "none", LINEAR: "linear", ABS: "absolute" } as const;

describe("option margin", () => {
  it("ships the published numbers of PMRM 2", () => {
    const published = parametersOf({});
    const rounded = JSON.parse(
      JSON.stringify(published, (_, value) =>
        typeof value === "number" ? Math.round(value * 1e12) / 1e12 : value,
      ),
    );
    const shipped = JSON.parse(
      JSON.stringify(DERIVE_PMRM_2, (_, value) =>
        typeof value === "number" ? Math.round(value * 1e12) / 1e12 : value,
      ),
    );
    assert.deepEqual(shipped, rounded);
  });

  for (const each of published.cases.filter((each) => each.case !== SKEW_WITH_MOVE))
    it(`agrees with published case ${each.case}, ${each.kind.replaceAll("_", " ")}`, () => {
      const parameters = parametersOf(each.parameters);
      const { expected } = each;
      const margin = optionMargin(portfolioOf(each), parameters);
      const close = (got: number | undefined, want: number, what: string) =>
        assert.ok(
          got !== undefined && Math.abs(got - want) <= TOLERANCE * Math.max(1, Math.abs(want)),
          `${what}: expected ${want}, got ${got}`,
        );
      close(margin.optionValue, expected.optionMtm, "value of the options");
      close(margin.portfolioValue, expected.portfolioMtm, "value of the portfolio");
      close(margin.basisContingency, expected.basisContingency, "basis contingency");
      close(margin.maintenance, expected.maintenanceMargin, "maintenance margin");
      close(margin.initial, expected.initialMargin, "initial margin");
      const spots = [...expected.regular, ...expected.tail].map(([move, volatility, change]) => {
        const name = ["down", "none", "up"][volatility + 1];
        return {
          isOf: (spot: number, of: string) => Math.abs(spot - 1 - move) < 1e-9 && of === name,
          change,
        };
      });
      const skews = expected.skew.map(([kind, change]) => ({
        isOf: (_: number, of: string) => of === (kind === "ABS" ? "absolute" : "linear"),
        change,
      }));
      for (const { isOf, change } of [...spots, ...skews]) {
        const index = parameters.scenarios.findIndex(({ spot, volatility }) => isOf(spot, volatility));
        close(margin.changes[index], change, `scenario ${index}`);
      }
    });

  it("refuses a scenario of skew that moves the spot price, as setScenarios does", () => {
    assert.equal(published.cases.length, 93);
    const refused = published.cases.find((each) => each.case === SKEW_WITH_MOVE);
    assert.ok(refused);
    assert.throws(
      () => optionMargin(portfolioOf(refused), parametersOf(refused.parameters)),
      /RangeError: expected a scenario of skew at the spot price, got one at 1.18 of it/,
    );
  });

  PMRM_1.forEach(([options, [value, basis, least, maintenance, initial]], i) =>
    it(`agrees with published scenario ${i + 1} of PMRM 1`, () => {
      const margin = optionMargin(
        {
          ...NOTHING,
          spot: 1500,
          expiries: [
            {
              secondsToExpiry: 500_400,
              forward: 1500.8332793109938176,
              rate: 0.03,
              confidence: 1,
              options: options.map(([amount, strike, call, volatility]) => ({
                amount,
                strike,
                call,
                volatility,
              })),
            },
          ],
        },
        DERIVE_PMRM_1,
      );
      const got = [
        margin.optionValue,
        margin.basisContingency,
        Math.min(...margin.changes),
        margin.maintenance,
        margin.initial,
      ];
      [value, basis, least, maintenance, initial].forEach((want, k) =>
        assert.ok(
          Math.abs((got[k] ?? Number.NaN) - want) < 1e-8,
          `figure ${k}: expected ${want}, got ${got[k]}`,
        ),
      );
    }),
  );

  it("takes a rate below 0 as 0, as the contracts do", () => {
    const negative = published.cases.find((each) => each.case === 55);
    assert.ok(negative);
    const portfolio = portfolioOf(negative);
    const atZero = { ...portfolio, expiries: portfolio.expiries.map((book) => ({ ...book, rate: 0 })) };
    const parameters = parametersOf({});
    assert.deepEqual(optionMargin(portfolio, parameters), optionMargin(atZero, parameters));
  });

  it("takes an expired option as its payoff at the forward", () => {
    const one = (call: boolean, strike: number, secondsToExpiry: number): OptionPortfolio => ({
      ...NOTHING,
      expiries: [
        {
          secondsToExpiry,
          forward: 3000,
          rate: 0.05,
          confidence: 1,
          options: [{ strike, call, volatility: 0.5, amount: 2 }],
        },
      ],
    });
    for (const seconds of [0, -86_400]) {
      assert.equal(optionMargin(one(true, 2900, seconds), parametersOf({})).optionValue, 200);
      assert.equal(optionMargin(one(false, 2900, seconds), parametersOf({})).optionValue, 0);
    }
  });
});

const NOTHING: OptionPortfolio = {
  spot: 3000,
  spotConfidence: 1,
  stable: 1,
  cash: 0,
  collaterals: [],
  expiries: [],
};

type Numbers = Readonly<Record<string, number>>;
interface Published {
  readonly Scenarios: readonly {
    readonly SpotShock: number;
    readonly VolShockDirection: keyof typeof MOVES;
    readonly DampeningFactor: number;
  }[];
  readonly SkewShock: Numbers;
  readonly VolShock: Numbers;
  readonly Margin: Numbers;
  readonly BasisContingency: Numbers;
  readonly OtherContingency: Numbers;
}
interface Case {
  readonly case: number;
  readonly kind: string;
  readonly market: {
    readonly spot: number;
    readonly spotConfidence: number;
    readonly stable: number;
    readonly perpPrice: number;
    readonly perpConfidence: number;
    readonly expiries: readonly (Numbers & { readonly secondsToExpiry: number })[];
  };
  readonly portfolio: {
    readonly cash: number;
    readonly perps: number;
    readonly unrealisedPerpPnl: number;
    readonly unrealisedFunding: number;
    readonly collaterals: readonly (Numbers & { readonly IsRiskCancelling: boolean })[];
    readonly options: readonly {
      readonly secondsToExpiry: number;
      readonly strike: number;
      readonly call: boolean;
      readonly vol: number;
      readonly amount: number;
    }[];
  };
  /** What differs from the parameters of the first case, by path. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly expected: {
    readonly optionMtm: number;
    readonly portfolioMtm: number;
    readonly basisContingency: number;
    readonly maintenanceMargin: number;
    readonly initialMargin: number;
    readonly regular: readonly (readonly [move: number, volatility: number, change: number])[];
    readonly tail: readonly (readonly [move: number, volatility: number, change: number])[];
    readonly skew: readonly (readonly [kind: string, change: number])[];
  };
}

function portfolioOf({ market, portfolio }: Case): OptionPortfolio {
  const { spot, spotConfidence, stable } = market;
  const perp = {
    amount: portfolio.perps,
    price: market.perpPrice,
    confidence: market.perpConfidence,
    unsettled: portfolio.unrealisedPerpPnl + portfolio.unrealisedFunding,
  };
  return {
    spot,
    spotConfidence,
    stable,
    cash: portfolio.cash,
    ...(portfolio.perps === 0 ? {} : { perp }),
    collaterals: portfolio.collaterals.map((each) => ({
      amount: number(each, "Amount"),
      price: number(each, "Price"),
      confidence: number(each, "Confidence"),
      cancelsRisk: each.IsRiskCancelling,
      maintenanceHaircut: number(each, "MMHaircut"),
      initialHaircut: number(each, "IMHaircut"),
    })),
    expiries: market.expiries.map((expiry) => ({
      secondsToExpiry: expiry.secondsToExpiry,
      forward: number(expiry, "forward"),
      rate: number(expiry, "rate"),
      confidence: Math.min(
        ...["forwardConfidence", "rateConfidence", "volConfidence"].map((name) => number(expiry, name)),
      ),
      options: portfolio.options
        .filter(({ secondsToExpiry }) => secondsToExpiry === expiry.secondsToExpiry)
        .map(({ strike, call, vol, amount }) => ({ strike, call, volatility: vol, amount })),
    })),
  };
}

function parametersOf(changed: Readonly<Record<string, unknown>>): OptionRegime {
  const all = structuredClone(published.parameters) as unknown as Record<string, unknown>;
  for (const [path, value] of Object.entries(changed)) {
    const [part = "", name] = path.split(".");
    if (name === undefined) all[part] = value;
    else (all[part] as Record<string, unknown>)[name] = value;
  }
  const { Scenarios, SkewShock, VolShock, Margin, BasisContingency, OtherContingency } =
    all as unknown as Published;
  return {
    scenarios: Scenarios.map(({ SpotShock, VolShockDirection, DampeningFactor }) => ({
      spot: SpotShock,
      volatility: MOVES[VolShockDirection],
      dampening: DampeningFactor,
    })),
    volatility: {
      rangeUp: number(VolShock, "VOLRANGEUP"),
      rangeDown: number(VolShock, "VOLRANGEDOWN"),
      leastShockedUp: number(VolShock, "MIN_VOL_EVAL_SHOCKED"),
      shortTermPower: number(VolShock, "SHORTTERMPOWER"),
      longTermPower: number(VolShock, "LONGTERMPOWER"),
      leastDays: number(VolShock, "DTE_FLOOR"),
    },
    skew: {
      linearCap: number(SkewShock, "LINEAR_SCALE_CAP"),
      linearSlope: number(SkewShock, "LINEAR_CBASE"),
      absoluteCap: number(SkewShock, "ABS_SCALE_CAP"),
      absoluteSlope: number(SkewShock, "ABS_CBASE"),
      leastWidth: number(SkewShock, "MIN_K_STAR"),
      widthScale: number(SkewShock, "MIN_WIDTH_SCALE"),
      widthStatic: number(SkewShock, "VOL_PARAM_STATIC"),
      widthPerRootYear: number(SkewShock, "VOL_PARAM_SCALE"),
    },
    discounts: true,
    maintenanceFactor: number(Margin, "MM_LOSS_FACTOR"),
    initialFactor: number(Margin, "IM_LOSS_FACTOR"),
    short: {
      base: number(Margin, "BASE_STATIC_DISCOUNT_NEG"),
      rateMultiple: number(Margin, "SHORT_RATE_MULTSCALE"),
      rateAddend: number(Margin, "SHORT_RATE_ADDSCALE"),
    },
    long: {
      base: number(Margin, "BASE_STATIC_DISCOUNT"),
      rateMultiple: number(Margin, "LONG_RATE_MULTSCALE"),
      rateAddend: number(Margin, "LONG_RATE_ADDSCALE"),
    },
    basis: {
      spotUp: number(BasisContingency, "SCENARIO_SPOT_UP"),
      spotDown: number(BasisContingency, "SCENARIO_SPOT_DOWN"),
      addend: number(BasisContingency, "BASIS_CONT_ADD_FACTOR"),
      multiple: number(BasisContingency, "BASIS_CONT_MULT_FACTOR"),
    },
    pegThreshold: number(OtherContingency, "PEG_LOSS_THRESHOLD"),
    pegFactor: number(OtherContingency, "PEG_LOSS_FACTOR"),
    confidenceThreshold: number(OtherContingency, "CONF_THRESHOLD"),
    confidenceMargin: number(OtherContingency, "CONF_MARGIN"),
    maintenancePerp: number(OtherContingency, "MM_PERP_PERCENT"),
    initialPerp: number(OtherContingency, "IM_PERP_PERCENT"),
    maintenanceOption: number(OtherContingency, "MM_OPTION_PERCENT"),
    initialOption: number(OtherContingency, "IM_OPTION_PERCENT"),
  };
}

function number(of: object, name: string): number {
  const value = (of as Readonly<Record<string, unknown>>)[name];
  if (typeof value !== "number") throw new TypeError(`${name}: expected a number, got ${typeof value}`);
  return value;
}
