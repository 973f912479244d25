// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IFundingSource} from "../interfaces/IFundingSource.sol";

/// Cumulative funding posted by a venue. What one post can do is bounded: a largest step of each index, and a least
/// time between posts. Not for venues whose own contracts keep the index: read those.
contract FundingIndex is IFundingSource, AccessManaged {
    using SafeCast for int256;

    /// The poster has added to the indices.
    /// @param accrued what was added to each index, attodollars per quantum
    /// @param indices the indices from now on, attodollars per quantum
    event FundingAccrued(int128[] accrued, int128[] indices);

    /// A post would move an index by more than its largest step.
    /// @param asset slot of the asset in the listing, 0 to 15
    /// @param most largest step either way, attodollars per quantum
    /// @param got what was to be added, attodollars per quantum
    error AccruedTooMuch(uint256 asset, int256 most, int256 got);
    /// The last post is younger than the interval.
    /// @param earliest Unix seconds from which on the next post may be made
    /// @param time Unix seconds of the block
    error PostedTooSoon(uint256 earliest, uint256 time);
    /// A post does not have one number for each asset.
    /// @param expected number of assets
    /// @param got how many numbers were posted
    error AssetsMismatch(uint256 expected, uint256 got);
    /// The index would be stale before the next post may be made.
    /// @param least shortest heartbeat, seconds: the interval
    /// @param got the heartbeat that was given, seconds
    error HeartbeatTooShort(uint256 least, uint256 got);

    /// Least time between two posts, seconds.
    uint64 public immutable interval;
    /// Longest age of the last post, seconds, at least `interval`.
    uint64 public immutable heartbeat;
    /// Unix seconds of the last post, or of the deployment if there was none.
    uint64 public updatedAt;
    /// Four a word, as every poke reads them. The ledger takes no wider ones.
    int64[] private _indices;
    uint64[] private _steps;

    /// @param authority the access manager, which says who posts
    /// @param steps_ largest change of each asset's index in a post, attodollars per quantum, below 2^64
    /// @param interval_ least time between two posts, seconds
    /// @param heartbeat_ longest age of the last post, seconds, at least `interval_`
    constructor(address authority, uint64[] memory steps_, uint64 interval_, uint64 heartbeat_)
        AccessManaged(authority)
    {
        if (heartbeat_ < interval_) revert HeartbeatTooShort(interval_, heartbeat_);
        (interval, heartbeat) = (interval_, heartbeat_);
        _steps = steps_;
        _indices = new int64[](steps_.length);
        updatedAt = uint64(block.timestamp);
    }

    /// Adds to each index what a long of one quantum has paid since the last post. For the poster's role.
    /// @param accrued one for each asset, in the listing's order: attodollars per quantum, negative if a long has
    /// received, at most the asset's step either way
    function accrue(int128[] calldata accrued) external restricted {
        if (accrued.length != _indices.length) revert AssetsMismatch(_indices.length, accrued.length);
        uint256 earliest = uint256(updatedAt) + interval;
        if (block.timestamp < earliest) revert PostedTooSoon(earliest, block.timestamp);
        for (uint256 u = 0; u < accrued.length; ++u) {
            int256 step = int256(uint256(_steps[u]));
            if (accrued[u] > step || accrued[u] < -step) revert AccruedTooMuch(u, step, accrued[u]);
            _indices[u] = (int256(_indices[u]) + accrued[u]).toInt64();
        }
        updatedAt = uint64(block.timestamp);
        emit FundingAccrued(accrued, _widened());
    }

    /// @inheritdoc IFundingSource
    function read() external view returns (int128[] memory) {
        if (block.timestamp - updatedAt > heartbeat) revert FundingStale(updatedAt, heartbeat, block.timestamp);
        return _widened();
    }

    /// Largest change of each index in a post.
    /// @return one for each asset, in the listing's order, attodollars per quantum
    function steps() external view returns (uint64[] memory) {
        return _steps;
    }

    /// The indices in the width that IFundingSource has.
    /// @return indices one for each asset, attodollars per quantum
    function _widened() private view returns (int128[] memory indices) {
        int64[] memory narrow = _indices;
        indices = new int128[](narrow.length);
        for (uint256 u = 0; u < narrow.length; ++u) {
            indices[u] = narrow[u];
        }
    }
}
