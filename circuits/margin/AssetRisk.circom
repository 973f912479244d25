pragma circom 2.1.6;

include "../lib/NettedPair.circom";
include "../lib/Spec.circom";

/**
 * Values one asset's positions. What is the same for all assets (1 ± e, pnlFactor) is left to the caller, who applies
 * it once to the sums; the spread charge alone has e inside.
 *
 * The verifier holds the bounds of the public inputs. In the outputs a is the price of what is owned and l that of
 * what is owed (low and high if healthy, else high and low), and x = spot + perp.
 *
 * @input healthy            a bit: {binary}
 * @input envelope           basis points, at most 10^4; 0 where not healthy
 * @input spot               quanta; constrained here to |spot| < 2^65 (see NettedPair)
 * @input perp               likewise
 * @input low                public, attodollars per quantum, below 2^64
 * @input high               public, attodollars per quantum, below 2^64
 * @input funding            public, attodollars per quantum, signed
 * @input collateralFactor   public, basis points
 * @input debtFactor         public, basis points
 * @input perpMargin         public, basis points
 * @input liquidity          public, basis points
 * @input impact             public, 10^-8 attodollars per quantum²
 * @input shockCap           public, basis points, at most 10^4: the largest |shock| of this asset
 * @output collateral        spot⁺·a·collateralFactor
 * @output debt              spot⁻·l·debtFactor
 * @output perpOwned         perp⁺·a
 * @output perpOwed          perp⁻·l
 * @output perpFunding       perp·funding
 * @output rateMargin        |perp|·l·perpMargin + |x|·l·liquidity
 * @output exposure          x·l, of at most 129 bits and a sign: {maxbit_abs}
 * @output spreadCharge      |x|·(l·e + (l − a)·10^4)·shockCap; not positive in a claim of ill health
 * @output impactCharge      x²·impact
 * @output spotPositive      spot⁺, for the rule of isolated margin: {maxbit}
 * @output perpMagnitude     |perp|, likewise: {maxbit}
 */
template AssetRisk() {
    signal input {binary} healthy;
    signal input envelope;
    signal input spot;
    signal input perp;
    signal input low;
    signal input high;
    signal input funding;
    signal input collateralFactor;
    signal input debtFactor;
    signal input perpMargin;
    signal input liquidity;
    signal input impact;
    signal input shockCap;

    signal output collateral;
    signal output debt;
    signal output perpOwned;
    signal output perpOwed;
    signal output perpFunding;
    signal output rateMargin;
    signal output {maxbit_abs} exposure;
    signal output spreadCharge;
    signal output impactCharge;
    signal output {maxbit} spotPositive;
    signal output {maxbit} perpMagnitude;
    exposure.maxbit_abs = QUANTITY_BITS() + 1 + PRICE_BITS();

    // 1. Price against the account in a claim of health, for it in a claim of ill health.
    signal owned <== high + healthy * (low - high);
    signal owed <== low + high - owned;

    // 2. Signs and magnitudes.
    component quantity = NettedPair(QUANTITY_BITS());
    quantity.a <== spot;
    quantity.b <== perp;
    spotPositive <== quantity.aPositive;
    perpMagnitude <== quantity.bMagnitude;

    // 3. Spot: collateral and debt.
    signal spotOwned <== quantity.aPositive * owned;
    collateral <== spotOwned * collateralFactor;
    signal spotOwed <== (quantity.aPositive - spot) * owed;
    debt <== spotOwed * debtFactor;

    // 4. Perpetuals: what they are worth, and what funding they have paid.
    perpOwned <== quantity.bPositive * owned;
    perpOwed <== (quantity.bPositive - perp) * owed;
    perpFunding <== perp * funding;

    // 5. Margin and charges.
    signal perpNotional <== quantity.bMagnitude * owed;
    signal perpCharge <== perpNotional * perpMargin;
    exposure <== (spot + perp) * owed;
    signal grossExposure <== quantity.sumMagnitude * owed;
    signal liquidityCharge <== grossExposure * liquidity;
    rateMargin <== perpCharge + liquidityCharge;
    signal square <== quantity.sumMagnitude * quantity.sumMagnitude;
    impactCharge <== square * impact;

    // 6. What the worst scenario can hide by pricing all of x at one price: the other side's distance, and the envelope.
    signal owedMove <== owed * envelope;
    signal spread <== quantity.sumMagnitude * (owedMove + BPS() * (owed - owned));
    spreadCharge <== spread * shockCap;
}
