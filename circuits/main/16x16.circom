// Generated from src/protocol by `npm run generate`. Do not edit.
pragma circom 2.1.6;

include "../margin/MarginStatement.circom";

component main {public [
    commitment,
    claim,
    listing,
    pnlFactor,
    low,
    high,
    funding,
    collateralFactor,
    debtFactor,
    perpMargin,
    liquidity,
    impact,
    shockCap,
    shock
]} = MarginStatement(16, 16);
