// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IFundingSource} from "../interfaces/IFundingSource.sol";

/// Cumulative funding posted by a venue. What one post can do is bounded: a largest step of each index, and a least
/// time between posts. Not for venues whose own contracts keep the index: read those.
contract FundingIndex is IFundingSource, AccessManaged {
    using SafeCast for int256;

    /// `accrued` was added to each index.
    event FundingAccrued(int128[] accrued, int128[] indices);

    error AccruedTooMuch(uint256 asset, int256 most, int256 got);
    error PostedTooSoon(uint256 earliest, uint256 time);
    error AssetsMismatch(uint256 expected, uint256 got);
    /// The index would be stale before the next post may be made.
    error HeartbeatTooShort(uint256 least, uint256 got);

    /// Seconds, both.
    uint64 public immutable interval;
    uint64 public immutable heartbeat;
    uint64 public updatedAt;
    /// Four a word, as every poke reads them; the ledger takes no wider ones.
    int64[] private _indices;
    uint64[] private _steps;

    /// @param steps_ largest change of each asset's index in a post, attodollars per quantum
    constructor(address authority, uint64[] memory steps_, uint64 interval_, uint64 heartbeat_)
        AccessManaged(authority)
    {
        if (heartbeat_ < interval_) revert HeartbeatTooShort(interval_, heartbeat_);
        (interval, heartbeat) = (interval_, heartbeat_);
        _steps = steps_;
        _indices = new int64[](steps_.length);
        updatedAt = uint64(block.timestamp);
    }

    /// Adds to each index what a long of one quantum has paid since the last post.
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
    function steps() external view returns (uint64[] memory) {
        return _steps;
    }

    function _widened() private view returns (int128[] memory indices) {
        int64[] memory narrow = _indices;
        indices = new int128[](narrow.length);
        for (uint256 u = 0; u < narrow.length; ++u) {
            indices[u] = narrow[u];
        }
    }
}
