import assert from "node:assert/strict";
import { checkVaultPlan } from "../../src/chain/deploy/checkVaultPlan.js";
import { DEFAULT_TERMS, type DeployPlan, LOCAL_VAULT, type VaultPlan } from "../../src/chain/deploy/plan.js";
import { OutOfRangeError } from "../../src/errors.js";
import { PORTFOLIO_MARGIN } from "../../src/risk/portfolioMargin.js";

const A = `0x${"11".repeat(20)}`;
const HOUR = 3_600;
/** What a rotation leaves after a book and two graces. */
const WINDOW = 20 * HOUR;
const PLAN = {
  profile: PORTFOLIO_MARGIN,
  terms: DEFAULT_TERMS,
  rotationDelay: PORTFOLIO_MARGIN.bookMaxAge + 2 * DEFAULT_TERMS.gracePeriod + WINDOW,
  vault: { settlement: A, asset: "USDC", initialMargin: 11_000, ...LOCAL_VAULT, blockTime: 12 },
} as unknown as DeployPlan & { readonly vault: VaultPlan };

describe("chain/deploy/checkVaultPlan", () => {
  const withTerms = (terms: Partial<VaultPlan>) => ({ ...PLAN, vault: { ...PLAN.vault, ...terms } });

  it("takes terms that fit the gate's and the registry's, up to their ends", () => {
    checkVaultPlan(PLAN);
    checkVaultPlan({ ...PLAN, vault: undefined } as unknown as DeployPlan);
    checkVaultPlan(withTerms({ auctionPeriod: 120, reliefPeriod: 120 }));
    checkVaultPlan(withTerms({ auctionPeriod: WINDOW - HOUR, reliefPeriod: HOUR }));
    checkVaultPlan(withTerms({ premium: 1_000, floor: 9_090 }));
  });

  it("names the term that does not fit, and what would", () => {
    const cases: [keyof VaultPlan, Partial<VaultPlan>, RegExp][] = [
      ["initialMargin", { initialMargin: 10_999 }, /at least 11000, the gate's callMargin, got 10999$/],
      ["floor", { premium: 1_000, floor: 9_091 }, /at most 9090, .*, got 9091$/],
      ["auctionPeriod", { auctionPeriod: 119 }, /120 to 72000 seconds .*, got 119$/],
      ["auctionPeriod", { auctionPeriod: WINDOW + 1 }, /120 to 72000 seconds .*, got 72001$/],
      ["reliefPeriod", { reliefPeriod: 0 }, /120 to 68400 seconds .*, got 0$/],
      ["reliefPeriod", { reliefPeriod: WINDOW - HOUR + 1 }, /120 to 68400 seconds .*, got 68401$/],
      ["auctionPeriod", { blockTime: 361 }, /3610 to 72000 seconds .*, got 3600$/],
    ];
    for (const [term, terms, message] of cases)
      assert.throws(
        () => checkVaultPlan(withTerms(terms)),
        (error) => {
          assert.ok(error instanceof OutOfRangeError);
          assert.match(error.message, new RegExp(`^plan\\.vault\\.${term}: expected ${message.source}`));
          return true;
        },
      );
  });
});
