// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {HealthWord} from "./HealthWord.sol";
import {SleeveWord} from "./SleeveWord.sol";

/// The claim of health with a support that stands for an account, in two storage words. It has a round, a book, an
/// epoch and an odometer reading of its own: no other record's are ever read for it.
///
///     word 0    as in HealthWord, without a mark
///     word 1    bits 0–63 support, cents, two's complement; bits 64–255 as in SleeveWord
///
/// Both are 0 if there is none.
struct SupportedHealth {
    /// The claim but for its support.
    HealthWord health;
    /// Cents added to the collateral, or, if negative, owed besides; |support| < 2^56 and not 0.
    int64 support;
    /// How long its sleeve holds; 0 without one.
    SleeveWord sleeve;
}

/// The claims of health with a support that stand for an account, one for each sign.
struct Supports {
    /// Of negative support: dollars taken.
    SupportedHealth taken;
    /// Of positive support: dollars added.
    SupportedHealth added;
}
