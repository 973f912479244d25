// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {IPyth} from "@pythnetwork/pyth-sdk-solidity/IPyth.sol";
import {PythStructs} from "@pythnetwork/pyth-sdk-solidity/PythStructs.sol";
import {Spec} from "../generated/Spec.sol";
import {BoundedFeed, FeedLimits} from "./BoundedFeed.sol";
import {IPriceFeed} from "../interfaces/IPriceFeed.sol";

/// A Pyth USD price. Somebody must have pushed it to the chain: send an update with the poke. This feed's own heartbeat
/// decides whether a price is stale, not Pyth's.
contract PythFeed is BoundedFeed {
    /// The widest confidence is more than half the price.
    /// @param most highest maxConfidence, basis points: 5 000
    /// @param got the maxConfidence that was given, basis points
    error MaxConfidenceTooWide(uint256 most, uint256 got);

    /// Half the price: a low near 0 would make every later move an immense one.
    uint256 private constant MAX_CONFIDENCE = 5_000;

    /// The Pyth contract.
    IPyth public immutable pyth;
    /// Pyth's id of the price.
    bytes32 public immutable priceId;
    /// Widest confidence of a price, basis points of the price, 0 to 5 000.
    uint256 public immutable maxConfidence;

    /// @param pyth_ the Pyth contract
    /// @param priceId_ Pyth's id of the price
    /// @param maxConfidence_ widest confidence of a price, basis points of the price, 0 to 5 000
    /// @param limits_ what the feed is held to: see FeedLimits for their bounds
    constructor(IPyth pyth_, bytes32 priceId_, uint256 maxConfidence_, FeedLimits memory limits_) BoundedFeed(limits_) {
        if (maxConfidence_ > MAX_CONFIDENCE) revert MaxConfidenceTooWide(MAX_CONFIDENCE, maxConfidence_);
        (pyth, priceId, maxConfidence) = (pyth_, priceId_, maxConfidence_);
    }

    /// @inheritdoc IPriceFeed
    function read() external view returns (uint64 price, uint64 confidence, uint64 updatedAt) {
        PythStructs.Price memory quote = pyth.getPriceUnsafe(priceId);
        (price, confidence) = _scaled(quote.price, quote.conf, quote.expo, quote.publishTime);
        uint256 widest = uint256(price) * maxConfidence / Spec.BPS;
        if (confidence > widest) revert ConfidenceTooWide(widest, confidence);
        updatedAt = uint64(quote.publishTime);
    }
}
