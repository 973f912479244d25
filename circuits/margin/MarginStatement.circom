pragma circom 2.1.6;

include "../lib/RangeCheck.circom";
include "../lib/SignedSplit.circom";
include "../lib/Spec.circom";
include "AssetRisk.circom";
include "CommitBook.circom";
include "IsolatedMargin.circom";
include "ReadClaim.circom";
include "ScenarioLoss.circom";
include "Sleeve.circom";

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
 * @input low[U]                public, attodollars per quantum, below 2^64
 * @input high[U]               public, attodollars per quantum, below 2^64
 * @input funding[U]            public, attodollars per quantum, signed
 * @input collateralFactor[U]   public, basis points
 * @input debtFactor[U]         public, basis points
 * @input perpMargin[U]         public, basis points
 * @input liquidity[U]          public, basis points
 * @input impact[U]             public, 10^-8 attodollars per quantum²
 * @input shockCap[U]           public, basis points: maxₛ |shock[s][u]|; the verifier holds it
 * @input shock[S][U]           public, signed basis points
 * @input spot[U]               private, quanta, signed
 * @input perp[U]               private, quanta, signed
 * @input basis                 private, attodollars, signed
 * @input sleeveValue           private, cents, signed
 * @input sleeveGain[S]         private, cents, signed
 * @input sleeveCharge          private, cents
 * @input sleeveSlack           private, cents
 * @input detail                private, any field element
 * @input salt                  private, any field element
 *
 * Bit budget, with k = ⌈log₂ U⌉: quantities 65, prices 64, one value 129.
 *     P (·10^4)   129 + 15 + 1 + k = 145 + k   (a(1−e), l(1+e) and funding, then the basis of 127 + 14 bits)
 *     A           max(129 + 29 + k, 145 + k + 14) + 1 = 160 + k,  A·10^4 174 + k   (support 56 + 80 bits)
 *     R           x²·impact 130 + 64 + k, the rest 161 + k:  195 + k,  θ·R 211 + k
 *     sleeve      47 + 67 bits beside the P of 145 + k and the losses, 47 + 80 beside N
 *     difference  212 + k ≤ 251
 */
template MarginStatement(U, S) {
    // Public: the account.
    signal input commitment;
    signal input claim;
    // Public: the market.
    signal input listing;
    signal input pnlFactor;
    signal input low[U];
    signal input high[U];
    signal input funding[U];
    signal input collateralFactor[U];
    signal input debtFactor[U];
    signal input perpMargin[U];
    signal input liquidity[U];
    signal input impact[U];
    signal input shockCap[U];
    signal input shock[S][U];
    // Private: the book.
    signal input spot[U];
    signal input perp[U];
    signal input basis;
    signal input sleeveValue;
    signal input sleeveGain[S];
    signal input sleeveCharge;
    signal input sleeveSlack;
    signal input detail;
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
    var spreadCharge = 0;
    var impactCharge = 0;
    for (var u = 0; u < U; u++) {
        asset[u] = AssetRisk();
        asset[u].healthy <== read.healthy;
        asset[u].envelope <== read.envelope;
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
        asset[u].shockCap <== shockCap[u];

        collateral += asset[u].collateral;
        debt += asset[u].debt;
        perpOwned += asset[u].perpOwned;
        perpOwed += asset[u].perpOwed;
        perpFunding += asset[u].perpFunding;
        rateMargin += asset[u].rateMargin;
        spreadCharge += asset[u].spreadCharge;
        impactCharge += asset[u].impactCharge;
        scenario.exposure[u] <== asset[u].exposure;
        isolatedMargin.spotPositive[u] <== asset[u].spotPositive;
        isolatedMargin.perpMagnitude[u] <== asset[u].perpMagnitude;
    }
    scenario.shock <== shock;
    isolatedMargin.isolated <== read.isolated;

    // 3. The sleeve, in cents: what is owned leans against the account in a claim of health, for it in one of ill health.
    component sleeve = Sleeve(S);
    sleeve.present <== read.sleeve;
    sleeve.value <== sleeveValue;
    sleeve.gain <== sleeveGain;
    sleeve.charge <== sleeveCharge;
    sleeve.slack <== sleeveSlack;
    sleeve.detail <== detail;
    signal slack <== (1 - read.healthy) * sleeveSlack;
    for (var s = 0; s < S; s++) {
        scenario.other[s] <== BPS() * CENT() * (sleeveGain[s] + slack);
    }

    // 4. The commitment opens to these quantities, over this listing.
    component book = CommitBook(U);
    book.listing <== listing;
    book.spot <== spot;
    book.perp <== perp;
    book.basis <== basis;
    book.sleeve <== sleeve.words;
    book.detail <== detail;
    book.salt <== salt;
    book.commitment === commitment;

    // 5. P: unrealised profit or loss, attodollars · 10^4.
    signal perpOwnedDown <== perpOwned * priceDown;
    signal perpOwedUp <== perpOwed * priceUp;
    component pnl = SignedSplit(145 + assetBits);
    pnl.in <== perpOwnedDown - perpOwedUp + BPS() * (basis - perpFunding + CENT() * (sleeveValue + slack));

    // 6. A: risk-weighted collateral.
    signal collateralDown <== collateral * priceDown;
    signal gain <== pnl.positive * pnlFactor;
    signal A <== collateralDown + gain + BPS() ** 2 * CENT() * read.supportAdded;

    // 7. D: debt.
    signal debtUp <== debt * priceUp;
    signal D <== debtUp + BPS() * pnl.negative + BPS() ** 2 * CENT() * read.supportTaken;

    // 8. N: margin on rates, the charge for the spread and for assets that move apart, impact, and the sleeve's own charge.
    signal rateMarginUp <== rateMargin * priceUp;
    signal N <== rateMarginUp + spreadCharge + impactCharge + BPS() ** 2 * CENT() * (sleeveCharge - slack);

    // 9. M, the worst scenario, and R: debt plus maintenance margin.
    signal M <== BPS() * scenario.loss;
    signal R <== D + N + M;

    // 10. The verdict: A·10^4 > θ·R if healthy, A·10^4 ≤ θ·R if not.
    signal required <== read.theta * R;
    signal headroom <== BPS() * A - required;
    RangeCheck(differenceBits)(read.healthy * (2 * headroom - 1) - headroom);
}
