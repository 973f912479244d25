pragma circom 2.1.6;

include "../lib/RangeCheck.circom";
include "../lib/SignedSplit.circom";
include "../lib/Spec.circom";
include "AssetRisk.circom";
include "CommitBook.circom";
include "IsolatedMargin.circom";
include "ReadClaim.circom";
include "ScenarioLoss.circom";

/**
 * The statement: the book behind `commitment` has, in this public market, a health factor above θ (a claim of
 * health, true throughout the envelope) or not above θ (a claim of ill health). It is the reference model of
 * src/protocol/statement.ts, cross-multiplied; amounts are attodollars · 10^8, exact.
 *
 * The circuit trusts the verifier for the bounds of the market.
 *
 * @param U                     number of asset slots
 * @param S                     number of scenarios
 * @input commitment            public: the commitment to the book; see CommitBook
 * @input claim                 public: the packed claim; see ReadClaim
 * @input listing               public: digest of the listed assets
 * @input pnlFactor             public, basis points
 * @input shockCap              public, basis points
 * @input low[U]                public, attodollars per quantum, below 2^64
 * @input high[U]               public, attodollars per quantum, below 2^64
 * @input funding[U]            public, attodollars per quantum, signed
 * @input collateralFactor[U]   public, basis points
 * @input debtFactor[U]         public, basis points
 * @input perpMargin[U]         public, basis points
 * @input liquidity[U]          public, basis points
 * @input impact[U]             public, 10^-8 attodollars per quantum²
 * @input shock[S][U]           public, signed basis points
 * @input spot[U]               private, quanta, signed
 * @input perp[U]               private, quanta, signed
 * @input basis                 private, attodollars, signed
 * @input salt                  private, any field element
 *
 * Bit budget, with k = ⌈log₂ U⌉: quantities 65, prices 64, one value 129.
 *     P (·10^4)   129 + 15 + 1 + k = 145 + k   (a(1−e), l(1+e) and funding, then the basis of 127 + 14 bits)
 *     A           max(129 + 29 + k, 145 + k + 14) + 1 = 160 + k,  A·10^4 174 + k
 *     R           x²·impact 130 + 64 + k, the rest 161 + k:  195 + k,  θ·R 211 + k
 *     difference  212 + k ≤ 251
 */
template MarginStatement(U, S) {
    // Public: the account.
    signal input commitment;
    signal input claim;
    // Public: the market.
    signal input listing;
    signal input pnlFactor;
    signal input shockCap;
    signal input low[U];
    signal input high[U];
    signal input funding[U];
    signal input collateralFactor[U];
    signal input debtFactor[U];
    signal input perpMargin[U];
    signal input liquidity[U];
    signal input impact[U];
    signal input shock[S][U];
    // Private: the book.
    signal input spot[U];
    signal input perp[U];
    signal input basis;
    signal input salt;

    var assetBits = 0;
    while (2 ** assetBits < U) {
        assetBits++;
    }
    var differenceBits = 212 + assetBits;
    assert(differenceBits <= 251);

    // 1. Read the claim.
    component read = ReadClaim();
    read.claim <== claim;
    var priceDown = BPS() - read.envelope;
    var priceUp = BPS() + read.envelope;

    // 2. Value every asset, and hold every quantity in range.
    component asset[U];
    component scenario = ScenarioLoss(U, S, assetBits);
    component isolatedMargin = IsolatedMargin(U);
    var collateral = 0;
    var debt = 0;
    var perpOwned = 0;
    var perpOwed = 0;
    var perpFunding = 0;
    var rateMargin = 0;
    var grossExposure = 0;
    var impactCharge = 0;
    for (var u = 0; u < U; u++) {
        asset[u] = AssetRisk();
        asset[u].healthy <== read.healthy;
        asset[u].spot <== spot[u];
        asset[u].perp <== perp[u];
        asset[u].low <== low[u];
        asset[u].high <== high[u];
        asset[u].funding <== funding[u];
        asset[u].collateralFactor <== collateralFactor[u];
        asset[u].debtFactor <== debtFactor[u];
        asset[u].perpMargin <== perpMargin[u];
        asset[u].liquidity <== liquidity[u];
        asset[u].impact <== impact[u];

        collateral += asset[u].collateral;
        debt += asset[u].debt;
        perpOwned += asset[u].perpOwned;
        perpOwed += asset[u].perpOwed;
        perpFunding += asset[u].perpFunding;
        rateMargin += asset[u].rateMargin;
        grossExposure += asset[u].grossExposure;
        impactCharge += asset[u].impactCharge;
        scenario.exposure[u] <== asset[u].exposure;
        isolatedMargin.spotPositive[u] <== asset[u].spotPositive;
        isolatedMargin.perpMagnitude[u] <== asset[u].perpMagnitude;
    }
    scenario.shock <== shock;
    isolatedMargin.isolated <== read.isolated;

    // 3. The commitment opens to these quantities, over this listing.
    component book = CommitBook(U);
    book.listing <== listing;
    book.spot <== spot;
    book.perp <== perp;
    book.basis <== basis;
    book.salt <== salt;
    book.commitment === commitment;

    // 4. P: unrealised profit or loss, attodollars · 10^4.
    signal perpOwnedDown <== perpOwned * priceDown;
    signal perpOwedUp <== perpOwed * priceUp;
    component pnl = SignedSplit(145 + assetBits);
    pnl.in <== perpOwnedDown - perpOwedUp + BPS() * (basis - perpFunding);

    // 5. A: risk-weighted collateral.
    signal collateralDown <== collateral * priceDown;
    signal gain <== pnl.positive * pnlFactor;
    signal A <== collateralDown + gain;

    // 6. D: debt.
    signal debtUp <== debt * priceUp;
    signal D <== debtUp + BPS() * pnl.negative;

    // 7. N: margin on rates, the envelope's charge for assets that move apart, and impact.
    signal rateMarginUp <== rateMargin * priceUp;
    signal envelopeShock <== read.envelope * shockCap;
    signal envelopeCharge <== grossExposure * envelopeShock;
    signal N <== rateMarginUp + envelopeCharge + impactCharge;

    // 8. M, the worst scenario, and R: debt plus maintenance margin.
    signal M <== BPS() * scenario.loss;
    signal R <== D + N + M;

    // 9. The verdict: A·10^4 > θ·R if healthy, A·10^4 ≤ θ·R if not.
    signal required <== read.theta * R;
    signal headroom <== BPS() * A - required;
    component verdict = RangeCheck(differenceBits);
    verdict.in <== read.healthy * (2 * headroom - 1) - headroom;
}
