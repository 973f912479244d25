// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.30;

import {Spec} from "../generated/Spec.sol";
import {CheckState, IMedianFeed, MedianTerms} from "../interfaces/IMedianFeed.sol";
import {IPriceFeed} from "../interfaces/IPriceFeed.sol";
import {CodeStore} from "../lib/CodeStore.sol";

/// The median of several feeds, each with a heartbeat and bounds of its own. See IMedianFeed for the rule.
///
/// A source cannot halt the market: it is called with a gas limit, three words of its answer are read, and whatever is
/// no price is silence. Nor can a caller silence a source: the caller must leave as much gas as a source is promised.
contract MedianFeed is IMedianFeed {
    /// What one source says.
    struct Answer {
        /// Whether it is a price.
        bool isPrice;
        /// Lower price, attodollars per quantum.
        uint64 low;
        /// Upper price, attodollars per quantum.
        uint64 high;
        /// Unix seconds of the answer.
        uint64 updatedAt;
        /// Selector of its error; 0 if it has none.
        bytes4 reason;
    }

    /// The answers that count.
    struct Counted {
        /// How many there are.
        uint256 count;
        /// Lower prices, ascending.
        uint64[] lows;
        /// Upper prices, ascending.
        uint64[] highs;
        /// Unix seconds of the oldest.
        uint64 oldest;
    }

    /// What was last recorded, in one word.
    struct Kept {
        /// Lower price, attodollars per quantum.
        uint64 low;
        /// Upper price, attodollars per quantum.
        uint64 high;
        /// Sources that did not answer, bit i for source i.
        uint8 silent;
        /// What the check said.
        CheckState checked;
    }

    /// @inheritdoc IMedianFeed
    uint256 public constant SOURCE_GAS = 400_000;

    uint256 private constant SEATS_MIN = 3;
    uint256 private constant QUORUM_MIN = 2;
    uint256 private constant SOURCES_MAX = 8;
    uint256 private constant DEAD_BAND_MAX = 500;
    uint256 private constant ADDRESS_BYTES = 20;
    /// What a call costs beside the gas that it hands on: a cold account, and the words of question and answer.
    uint256 private constant CALL_GAS = 10_000;
    uint256 private constant ANSWER_BYTES = 96;
    uint256 private constant SELECTOR_BYTES = 4;

    uint256 private immutable COUNT;
    uint256 private immutable SEATS;
    uint256 private immutable QUORUM;
    uint256 private immutable DEAD_BAND;
    uint256 private immutable TOLERANCE;
    /// The contract whose code holds the sources.
    address private immutable SOURCES;
    /// @inheritdoc IMedianFeed
    IPriceFeed public immutable check;

    Kept private _kept;

    /// @param sources_ whose prices count, in order: primaries first, then spares. 3 to 8, each once
    /// @param check_ what low and high are compared with; zero for none
    /// @param terms_ the rule: see MedianTerms for its bounds
    constructor(IPriceFeed[] memory sources_, IPriceFeed check_, MedianTerms memory terms_) {
        uint256 count = sources_.length;
        if (
            count > SOURCES_MAX || terms_.seats < SEATS_MIN || terms_.seats > count || terms_.quorum < QUORUM_MIN
                || terms_.quorum >= terms_.seats || terms_.deadBand > DEAD_BAND_MAX || terms_.tolerance > Spec.BPS
        ) {
            revert MedianTermsInvalid(terms_, count);
        }
        bytes memory data;
        for (uint256 i = 0; i < count; ++i) {
            bool isRepeated = address(sources_[i]) == address(0);
            for (uint256 j = 0; j < i; ++j) {
                if (sources_[j] == sources_[i]) isRepeated = true;
            }
            if (isRepeated) revert SourceRepeated(i);
            data = bytes.concat(data, abi.encodePacked(sources_[i]));
        }
        SOURCES = CodeStore.write(data, 0, data.length);
        (COUNT, SEATS, QUORUM) = (count, terms_.seats, terms_.quorum);
        (DEAD_BAND, TOLERANCE, check) = (terms_.deadBand, terms_.tolerance, check_);
    }

    /// @inheritdoc IMedianFeed
    function record() external {
        address[] memory list = _sources();
        Counted memory counted = _none();
        Kept memory now_ = _kept;
        Kept memory before = _kept;
        now_.silent = 0;
        for (uint256 i = 0; i < list.length; ++i) {
            Answer memory answer = _ask(list[i]);
            bool wasSilent = (before.silent >> i) & 1 != 0;
            if (answer.isPrice) {
                if (counted.count < SEATS) _count(counted, answer);
                if (wasSilent) emit SourceAnswered(i);
            } else {
                now_.silent |= uint8(1 << i);
                if (!wasSilent) emit SourceSilenced(i, answer.reason);
            }
        }
        if (counted.count >= QUORUM) {
            (now_.low, now_.high) = _banded(counted, before);
            if (now_.low != before.low || now_.high != before.high) emit BandMoved(now_.low, now_.high);
            now_.checked = _compare(now_, before.checked);
        }
        _kept = now_;
    }

    /// @inheritdoc IPriceFeed
    function read() external view returns (uint64 price, uint64 confidence, uint64 updatedAt) {
        address[] memory list = _sources();
        Counted memory counted = _none();
        for (uint256 i = 0; i < list.length && counted.count < SEATS; ++i) {
            Answer memory answer = _ask(list[i]);
            if (answer.isPrice) _count(counted, answer);
        }
        if (counted.count < QUORUM) revert QuorumMissing(QUORUM, counted.count);
        (uint64 low, uint64 high) = _banded(counted, _kept);
        // price − confidence is low, and price + confidence is high, or one more where their sum is odd.
        price = uint64((uint256(low) + high + 1) / 2);
        return (price, price - low, counted.oldest);
    }

    /// @inheritdoc IMedianFeed
    function sources() external view returns (IPriceFeed[] memory list) {
        address[] memory addresses = _sources();
        list = new IPriceFeed[](addresses.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = IPriceFeed(addresses[i]);
        }
    }

    /// @inheritdoc IMedianFeed
    function terms() external view returns (MedianTerms memory) {
        return MedianTerms(uint8(SEATS), uint8(QUORUM), uint16(DEAD_BAND), uint16(TOLERANCE));
    }

    /// @inheritdoc IMedianFeed
    function kept() external view returns (uint64 low, uint64 high, uint8 silent, CheckState checked) {
        return (_kept.low, _kept.high, _kept.silent, _kept.checked);
    }

    /// Compares the check with low and high, and emits what has changed.
    /// @param now_ low and high
    /// @param before what the check last said
    /// @return state what it says now
    function _compare(Kept memory now_, CheckState before) private returns (CheckState state) {
        if (address(check) == address(0)) return CheckState.None;
        Answer memory answer = _ask(address(check));
        uint64 price = 0;
        if (answer.isPrice) {
            bool isBelow = uint256(answer.high) * Spec.BPS < uint256(now_.low) * (Spec.BPS - TOLERANCE);
            bool isAbove = uint256(answer.low) * Spec.BPS > uint256(now_.high) * (Spec.BPS + TOLERANCE);
            state = isBelow || isAbove ? CheckState.Disagrees : CheckState.Agrees;
            price = uint64((uint256(answer.low) + answer.high) / 2);
        } else {
            state = CheckState.Silent;
        }
        if (state != before) emit CheckChanged(state, price, now_.low, now_.high);
    }

    /// Asks a source. Whatever it does, the caller goes on.
    /// @param source whom to ask
    /// @return answer what it says
    function _ask(address source) private view returns (Answer memory answer) {
        uint256 left = gasleft();
        // A call hands on at most 63 parts in 64 of the gas that is left (EIP-150).
        if (left - left / 64 < SOURCE_GAS + CALL_GAS) {
            revert SourceGasMissing((SOURCE_GAS + CALL_GAS) * 64 / 63 + 1, left);
        }
        bytes memory question = abi.encodeCall(IPriceFeed.read, ());
        bool isDone;
        uint256 length;
        uint256[3] memory words;
        // Solidity copies all that a source returns, and reverts where it cannot decode it. This reads three words.
        assembly ("memory-safe") {
            isDone := staticcall(SOURCE_GAS, source, add(question, 0x20), mload(question), words, ANSWER_BYTES)
            length := returndatasize()
        }
        if (!isDone) {
            if (length >= SELECTOR_BYTES) answer.reason = bytes4(bytes32(words[0]));
            return answer;
        }
        if (length < ANSWER_BYTES) return answer;
        (uint256 price, uint256 confidence, uint256 updatedAt) = (words[0], words[1], words[2]);
        // With the first two, no sum can overflow. The last leaves room for rounding high up.
        if (
            price > type(uint64).max || confidence >= price || price + confidence >= type(uint64).max
                || updatedAt > block.timestamp
        ) return answer;
        answer.isPrice = true;
        (answer.low, answer.high) = (uint64(price - confidence), uint64(price + confidence));
        answer.updatedAt = uint64(updatedAt);
    }

    /// Takes an answer in.
    /// @param counted the answers that count; there is room for another
    /// @param answer a price
    function _count(Counted memory counted, Answer memory answer) private pure {
        _insert(counted.lows, counted.count, answer.low);
        _insert(counted.highs, counted.count, answer.high);
        ++counted.count;
        if (answer.updatedAt < counted.oldest) counted.oldest = answer.updatedAt;
    }

    /// Inserts a price where it belongs.
    /// @param sorted prices, ascending
    /// @param length how many there are
    /// @param price the price to insert
    function _insert(uint64[] memory sorted, uint256 length, uint64 price) private pure {
        while (length > 0 && sorted[length - 1] > price) {
            sorted[length] = sorted[length - 1];
            --length;
        }
        sorted[length] = price;
    }

    /// Low and high by the rule.
    /// @param counted the answers that count, at least one
    /// @param before what was last recorded
    /// @return low attodollars per quantum
    /// @return high attodollars per quantum
    function _banded(Counted memory counted, Kept memory before) private view returns (uint64 low, uint64 high) {
        uint256 last = counted.count - 1;
        uint256 least = last / 2;
        (low, high) = (counted.lows[least], counted.highs[last - least]);
        uint256 below = Spec.BPS - DEAD_BAND;
        uint256 above = Spec.BPS + DEAD_BAND;
        if (before.low <= low && uint256(before.low) * Spec.BPS >= uint256(low) * below) low = before.low;
        if (before.high >= high && uint256(before.high) * Spec.BPS <= uint256(high) * above) high = before.high;
    }

    /// No answers yet.
    /// @return counted with room for as many as there are seats
    function _none() private view returns (Counted memory counted) {
        (counted.lows, counted.highs) = (new uint64[](SEATS), new uint64[](SEATS));
        counted.oldest = type(uint64).max;
    }

    /// Reads the sources from code.
    /// @return list their addresses, in order
    function _sources() private view returns (address[] memory list) {
        bytes memory data = SOURCES.code;
        list = new address[](COUNT);
        uint256 at = CodeStore.DATA_AT;
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 word;
            // Solidity cannot read an address out of packed bytes in memory.
            assembly ("memory-safe") {
                word := mload(add(add(data, 0x20), at))
            }
            list[i] = address(uint160(word >> 96));
            at += ADDRESS_BYTES;
        }
    }
}
