// SPDX-License-Identifier: MIT
// Generated from src/protocol by `npm run generate`. Do not edit.
pragma solidity >=0.8.20 <0.9.0;

/// Bounds, units and the order of the public signals of tier 16x16. Signal i has the point IC[i + 1].
library Spec {
    uint256 internal constant BPS = 10000;
    uint256 internal constant PRICE_BITS = 64;
    uint256 internal constant FACTOR_BITS = 15;
    uint256 internal constant IMPACT_BITS = 64;
    uint256 internal constant THETA_BITS = 16;
    uint256 internal constant ENVELOPE_BITS = 14;
    uint256 internal constant ENVELOPE_SHIFT = 16;
    uint256 internal constant HEALTHY_SHIFT = 30;
    uint256 internal constant ISOLATED_SHIFT = 31;
    uint256 internal constant SLEEVE_SHIFT = 32;
    uint256 internal constant TAKEN_SHIFT = 33;
    uint256 internal constant SUPPORT_SHIFT = 34;
    uint256 internal constant SUPPORT_BITS = 56;
    uint256 internal constant PLAIN_CLAIM_BITS = 32;
    uint256 internal constant CLAIM_BITS = 90;
    uint256 internal constant ODOMETER_UNIT = 100000000;
    uint256 internal constant SLEEVE_BAND_MAX = 2000;
    uint256 internal constant SLEEVE_FUNDING_WEIGHT = 10;
    uint256 internal constant MAX_DECIMALS = 10;
    uint256 internal constant USD_DECIMALS = 18;
    uint256 internal constant LEAST_MOVE = 1000000;
    uint256 internal constant TIGHTENING_INTERVAL = 86400;
    uint256 internal constant TIGHTENING_STEP = 1000;
    uint256 internal constant TIGHTENING_RATE_STEP = 10000;
    uint256 internal constant BORROW_RATE_MAX = 1000000;
    uint256 internal constant YEAR_SECONDS = 31536000;
    uint256 internal constant FIELD_R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 internal constant FIELD_Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583;
    uint256 internal constant ASSETS = 16;
    uint256 internal constant SCENARIOS = 16;
    uint256 internal constant SIGNALS = 404;
    uint256 internal constant SIGNAL_COMMITMENT = 0;
    uint256 internal constant SIGNAL_CLAIM = 1;
    uint256 internal constant SIGNAL_LISTING = 2;
    uint256 internal constant SIGNAL_PNL_FACTOR = 3;
    uint256 internal constant SIGNAL_LOW = 4;
    uint256 internal constant SIGNAL_HIGH = 20;
    uint256 internal constant SIGNAL_FUNDING = 36;
    uint256 internal constant SIGNAL_COLLATERAL_FACTOR = 52;
    uint256 internal constant SIGNAL_DEBT_FACTOR = 68;
    uint256 internal constant SIGNAL_PERP_MARGIN = 84;
    uint256 internal constant SIGNAL_LIQUIDITY = 100;
    uint256 internal constant SIGNAL_IMPACT = 116;
    uint256 internal constant SIGNAL_SHOCK_CAP = 132;
    uint256 internal constant SIGNAL_SHOCK = 148;
}
