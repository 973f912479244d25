// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Bn254, Sum} from "./Bn254.sol";

/// Points of G1 and the numbers of up to 64 bits that they are to be multiplied by, TERM_BYTES each in `data`.
struct Terms {
    /// How many terms were pushed so far.
    uint256 count;
    /// x, y and magnitude of each, one after the other; a negative number's point is negated.
    bytes data;
}

/// Σ scalar · point, by Straus' interleaving. An ecMul costs 6 000 gas however small its scalar; an ecAdd 150, and
/// price moves have some 40 bits. Points are taken four at a time: a table of the 15 sums of a group's points, and
/// then, from the highest bit down, one doubling for all groups and at most one addition for each.
library ManyMul {
    /// A scalar has more than 64 bits.
    /// @param scalar its magnitude
    error ScalarTooLarge(uint256 scalar);
    /// There is no room for another term.
    /// @param most how many terms there is room for
    error TermsFull(uint256 most);

    uint256 private constant GROUP = 4;
    uint256 private constant TERM_BYTES = 0x60;
    uint256 private constant TABLE_BYTES = 0x400;
    /// A group with a scalar of more bits is cheaper one by one.
    uint256 private constant LONG = 50;
    /// With fewer terms than this the doublings, which all share, cost more than is saved.
    uint256 internal constant FEW = 8;

    /// Room for `most` terms.
    /// @param most the most terms that will be pushed
    /// @return no terms, with that room
    function newTerms(uint256 most) internal pure returns (Terms memory) {
        uint256 padded = (most + GROUP - 1) / GROUP * GROUP;
        return Terms(0, new bytes(padded * TERM_BYTES));
    }

    /// Adds the term scalar · (x, y) for the point at the two words from `point`. A scalar of 0 adds nothing.
    /// @param terms the terms
    /// @param point where in memory the point begins
    /// @param scalar −2^64 < scalar < 2^64
    function push(Terms memory terms, uint256 point, int256 scalar) internal pure {
        if (scalar == 0) return;
        bytes memory data = terms.data;
        unchecked {
            uint256 magnitude = uint256(scalar < 0 ? -scalar : scalar);
            if (magnitude >> 64 != 0) revert ScalarTooLarge(magnitude);
            uint256 at = terms.count++ * TERM_BYTES;
            if (at >= data.length) revert TermsFull(data.length / TERM_BYTES);
            uint256 term;
            uint256 y;
            // With the block below it saves 170 to 190 gas a term over an array of structs.
            assembly ("memory-safe") {
                term := add(add(data, 0x20), at)
                mcopy(term, point, 0x40)
                y := mload(add(term, 0x20))
                mstore(add(term, 0x40), magnitude)
            }
            if (scalar < 0) {
                y = Bn254.negated(y);
                // See above.
                assembly ("memory-safe") {
                    mstore(add(term, 0x20), y)
                }
            }
        }
    }

    /// sum += Σ scalar · point
    /// @param terms the terms
    /// @param sum the sum to add to
    function addTo(Terms memory terms, Sum memory sum) internal view {
        uint256 first;
        bytes memory data = terms.data;
        // A term lies at a place in memory, which Solidity cannot name.
        assembly ("memory-safe") {
            first := add(data, 0x20)
        }
        if (terms.count < FEW) _addEach(sum, first, terms.count);
        else _addGroups(sum, first, (terms.count + GROUP - 1) / GROUP);
    }

    /// sum += Σ scalar · point, one multiplication a term.
    /// @param sum the sum to add to
    /// @param term where in memory the first term begins
    /// @param count number of terms
    function _addEach(Sum memory sum, uint256 term, uint256 count) private view {
        for (uint256 i = 0; i < count; ++i) {
            uint256 x;
            uint256 y;
            uint256 scalar;
            // Solidity cannot read at a place in memory.
            assembly ("memory-safe") {
                x := mload(term)
                y := mload(add(term, 0x20))
                scalar := mload(add(term, 0x40))
            }
            Bn254.addMul(sum, x, y, scalar);
            term += TERM_BYTES;
        }
    }

    /// sum += Σ scalar · point, by groups of four; a group with a long scalar one by one.
    /// @param sum the sum to add to
    /// @param term where in memory the first term begins
    /// @param groups number of groups
    function _addGroups(Sum memory sum, uint256 term, uint256 groups) private view {
        bytes memory tables = new bytes(groups * TABLE_BYTES);
        uint256 start;
        // A table lies at a place in memory, which Solidity cannot name.
        assembly ("memory-safe") {
            start := add(tables, 0x20)
        }
        uint256 end = start;
        uint256 all;
        for (uint256 g = 0; g < groups; ++g) {
            (uint256 a, uint256 b, uint256 c, uint256 d) = _scalars(term);
            uint256 any = a | b | c | d;
            if (any >> LONG == 0) {
                _tabulate(end, term, _spread(a) | (_spread(b) << 1) | (_spread(c) << 2) | (_spread(d) << 3));
                all |= any;
                unchecked {
                    end += TABLE_BYTES;
                }
            } else {
                _addEach(sum, term, GROUP);
            }
            unchecked {
                term += GROUP * TERM_BYTES;
            }
        }
        Sum memory total;
        _interleave(total, start, end, all);
        Bn254.add(sum, total.x, total.y);
    }

    /// The scalars of a group.
    /// @param term where in memory the first term begins
    /// @return a scalar of the first term
    /// @return b of the second
    /// @return c of the third
    /// @return d of the fourth
    function _scalars(uint256 term) private pure returns (uint256 a, uint256 b, uint256 c, uint256 d) {
        // Solidity cannot read at a place in memory.
        assembly ("memory-safe") {
            a := mload(add(term, 0x40))
            b := mload(add(term, 0xa0))
            c := mload(add(term, 0x100))
            d := mload(add(term, 0x160))
        }
    }

    /// Fills a group's table: entry k is the sum of those of its four points whose bits are set in k. The place of
    /// entry 0, which would be infinity, holds `columns`: for each bit of the scalars four bits, the entry it needs.
    /// @param table where in memory the table begins
    /// @param term where in memory the first term begins
    /// @param columns the group's scalars, their bits interleaved: see `_spread`
    function _tabulate(uint256 table, uint256 term, uint256 columns) private view {
        bool ok = true;
        // With `_interleave` it saves some 1 190 000 of the 1 450 000 gas that a fold of 48 terms of 40 bits costs in
        // Solidity, with arrays of points and a staticcall with abi.encode for each addition.
        assembly ("memory-safe") {
            mstore(table, columns)
            // Entries 1, 2, 4 and 8 are the points.
            mcopy(add(table, 0x40), term, 0x40)
            mcopy(add(table, 0x80), add(term, 0x60), 0x40)
            mcopy(add(table, 0x100), add(term, 0xc0), 0x40)
            mcopy(add(table, 0x200), add(term, 0x120), 0x40)
            let scratch := mload(0x40)
            // A point, and below it the entries that it is added to.
            for { let own := 0x80 } and(ok, lt(own, TABLE_BYTES)) { own := shl(1, own) } {
                mcopy(add(scratch, 0x40), add(table, own), 0x40)
                for { let other := 0x40 } and(ok, lt(other, own)) { other := add(other, 0x40) } {
                    mcopy(scratch, add(table, other), 0x40)
                    ok := staticcall(gas(), 6, scratch, 0x80, add(table, add(own, other)), 0x40)
                }
            }
        }
        if (!ok) revert Bn254.CurveOperationFailed(6);
    }

    /// Σ over bits of 2^bit · Σ of the entries that the tables from `start` to `end` have for that bit. `all` is the
    /// scalars' disjunction: it has the highest bit.
    /// @param total the sum, zero at first
    /// @param start where in memory the tables begin
    /// @param end where they end
    /// @param all the scalars' disjunction
    function _interleave(Sum memory total, uint256 start, uint256 end, uint256 all) private view {
        bool ok = true;
        // See `_tabulate`.
        assembly ("memory-safe") {
            let slot := add(total, 0x40)
            let shift := 0
            for {} shr(shr(2, shift), all) {} { shift := add(shift, 4) }
            for {} and(ok, gt(shift, 0)) {} {
                shift := sub(shift, 4)
                mcopy(slot, total, 0x40)
                ok := staticcall(gas(), 6, total, 0x80, total, 0x40)
                for { let table := start } and(ok, lt(table, end)) { table := add(table, TABLE_BYTES) } {
                    let entry := and(shr(shift, mload(table)), 15)
                    if entry {
                        mcopy(slot, add(table, shl(6, entry)), 0x40)
                        ok := staticcall(gas(), 6, total, 0x80, total, 0x40)
                    }
                }
            }
        }
        if (!ok) revert Bn254.CurveOperationFailed(6);
    }

    /// Moves bit i of a word to bit 4·i.
    /// @param word below 2^64
    /// @return the spread word
    function _spread(uint256 word) private pure returns (uint256) {
        word = (word | (word << 96)) & 0x000000000000000000000000ffffffff000000000000000000000000ffffffff;
        word = (word | (word << 48)) & 0x000000000000ffff000000000000ffff000000000000ffff000000000000ffff;
        word = (word | (word << 24)) & 0x000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff;
        word = (word | (word << 12)) & 0x000f000f000f000f000f000f000f000f000f000f000f000f000f000f000f000f;
        word = (word | (word << 6)) & 0x0303030303030303030303030303030303030303030303030303030303030303;
        return (word | (word << 3)) & 0x1111111111111111111111111111111111111111111111111111111111111111;
    }
}
