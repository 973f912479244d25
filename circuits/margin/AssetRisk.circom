pragma circom 2.1.6;

include "../lib/NettedPair.circom";
include "../lib/Spec.circom";

/**
 * Values one asset's positions. Everything that is the same for all assets (1 ± e, pnlFactor, shockCap) is left
 * to the caller, who applies it once to the sums.
 *
 * Inputs:     healthy: a bit. spot, perp: quanta; constrained here to |q| < 2^65 (see NettedPair).
 *             low, high: attodollars per quantum, funding: signed; collateralFactor, debtFactor, perpMargin,
 *             liquidity: basis points; impact: 10^-8 attodollars per quantum². Public: the verifier
 *             holds their bounds.
 * Outputs:    with a the price of what is owned and l of what is owed (low and high if healthy, else high and
 *             low), and x = spot + perp:
 *             collateral = spot⁺·a·collateralFactor, debt = spot⁻·l·debtFactor,
 *             perpOwned = perp⁺·a, perpOwed = perp⁻·l, perpFunding = perp·funding,
 *             rateMargin = |perp|·l·perpMargin + |x|·l·liquidity,
 *             exposure = x·l, grossExposure = |x|·l, impactCharge = x²·impact,
 *             spotPositive = spot⁺ and perpMagnitude = |perp|, for the rule of isolated margin.
 */
template AssetRisk() {
    signal input healthy;
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

    signal output collateral;
    signal output debt;
    signal output perpOwned;
    signal output perpOwed;
    signal output perpFunding;
    signal output rateMargin;
    signal output exposure;
    signal output grossExposure;
    signal output impactCharge;
    signal output spotPositive;
    signal output perpMagnitude;

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
    grossExposure <== quantity.sumMagnitude * owed;
    signal liquidityCharge <== grossExposure * liquidity;
    rateMargin <== perpCharge + liquidityCharge;
    signal square <== quantity.sumMagnitude * quantity.sumMagnitude;
    impactCharge <== square * impact;
}
